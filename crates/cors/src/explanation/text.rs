//! The explanation for people: a labelled line a fact; then the change, ready to be pasted.

use std::fmt;

use super::{Explanation, HeadersReport, MethodReport, OriginReport, RuleReport, Seen};

/// Where the facts begin.
const LABEL_COLUMNS: usize = 12;

/// What a client or an owner sent goes to a terminal: without control characters.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

fn line(f: &mut fmt::Formatter<'_>, label: &str, text: impl fmt::Display) -> fmt::Result {
    writeln!(f, "{label:<LABEL_COLUMNS$}{}", clean(&text.to_string()))
}

/// As it is, a line after the other.
fn block(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    text.lines().try_for_each(|line| writeln!(f, "{}", clean(line)))
}

fn yes_no(matched: bool) -> &'static str {
    if matched { "yes" } else { "no" }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked = &self.request;
        let origin = asked.origin.as_deref().unwrap_or("no origin");
        let kind = if asked.preflight {
            format!("preflight for {}", asked.effective_method)
        } else {
            asked.effective_method.clone()
        };
        line(f, "Request", format_args!("{kind} from {origin}"))?;
        if !asked.headers.is_empty() {
            line(
                f,
                "",
                format_args!("with the headers {}", asked.headers.join(", ")),
            )?;
        }
        match self.verdict.rule {
            Some(number) => line(
                f,
                "Verdict",
                format_args!("allowed by rule {number}: {}", self.verdict.text),
            )?,
            None => line(f, "Verdict", format_args!("not allowed: {}", self.verdict.text))?,
        }
        self.verdict.seen.lines(f)?;
        for rule in &self.rules {
            rule.lines(f)?;
        }
        for advice in &self.hints {
            line(f, "Hint", &advice.text)?;
        }
        let Some(change) = &self.change else {
            return Ok(());
        };
        for (at, step) in change.steps.iter().enumerate() {
            line(f, if at == 0 { "Change" } else { "" }, step)?;
        }
        line(f, "", "that makes, as XML:")?;
        block(f, &change.xml)?;
        line(f, "", "or as JSON:")?;
        block(f, &change.json)
    }
}

impl Seen {
    fn lines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed { headers } => {
                line(f, "Answer", "the response has")?;
                headers
                    .iter()
                    .try_for_each(|(name, value)| line(f, "", format_args!("{name}: {value}")))
            }
            Self::NoHeaders => line(
                f,
                "Answer",
                "that of the operation, without CORS headers: a browser keeps it from the page",
            ),
            Self::Refused {
                status,
                code,
                message,
                elements,
            } => {
                line(f, "Answer", format_args!("{status} {code}"))?;
                line(f, "", message)?;
                elements
                    .iter()
                    .try_for_each(|(name, text)| line(f, "", format_args!("<{name}>{text}</{name}>")))
            }
        }
    }
}

impl RuleReport {
    fn lines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
        let said = match (self.decides, self.matches()) {
            (true, _) => "decides",
            (false, true) => "would match; an earlier rule decides",
            (false, false) => "does not match",
        };
        line(f, "Rule", format_args!("{}{id}: {said}", self.number))?;
        self.origin.line(f)?;
        self.method.line(f)?;
        self.headers.line(f)
    }
}

impl OriginReport {
    fn line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.by {
            Some(by) => line(f, "", format_args!("origin: yes, {by}")),
            None => line(
                f,
                "",
                format_args!("origin: no, only {}", self.allowed.join(", ")),
            ),
        }
    }
}

impl MethodReport {
    fn line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let allowed: Vec<_> = self.allowed.iter().map(|method| method.as_str()).collect();
        let only = if self.matched { "one of" } else { "only" };
        line(
            f,
            "",
            format_args!("method: {}, {only} {}", yes_no(self.matched), allowed.join(", ")),
        )
    }
}

impl HeadersReport {
    fn line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.matched {
            let names: Vec<_> = self
                .names
                .iter()
                .map(|header| match &header.by {
                    Some(by) if !by.eq_ignore_ascii_case(&header.name) => format!("{} by {by}", header.name),
                    _ => header.name.clone(),
                })
                .collect();
            let names = if names.is_empty() {
                "none requested".to_owned()
            } else {
                names.join(", ")
            };
            return line(f, "", format_args!("headers: yes, {names}"));
        }
        let missing = self.names.iter().filter(|header| header.by.is_none());
        let missing: Vec<_> = missing.map(|header| header.name.as_str()).collect();
        let missing = if missing.is_empty() {
            "they cannot be read".to_owned()
        } else {
            format!("not {}", missing.join(", "))
        };
        let only = if self.allowed.is_empty() {
            "none".to_owned()
        } else {
            self.allowed.join(", ")
        };
        line(f, "", format_args!("headers: no, {missing}; only {only}"))
    }
}

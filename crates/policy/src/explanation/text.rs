//! Explanations as people read them.

use std::fmt;

use crate::decision::{Because, By, Grant, Layer};

use super::{ElementReport, Explanation, Names, PolicyReport, StatementReport};

fn by_text(by: &By<'_>) -> String {
    let sid = by.sid.as_ref().map(|sid| format!(" ({sid})")).unwrap_or_default();
    let number = by.statement + 1;
    format!("statement {number}{sid} of {}, {}", by.source, a_policy(by.layer))
}

fn a_policy(layer: Layer) -> &'static str {
    match layer {
        Layer::Identity => "an identity-based policy",
        Layer::Boundary => "the permissions boundary",
        Layer::Session => "a session policy",
        Layer::Resource => "the resource-based policy",
    }
}

impl Because<'_> {
    /// The step in a sentence; `action` is the question's.
    pub fn text(&self, action: &str) -> String {
        match self {
            Because::ExplicitDeny(by) => format!("denied by {}: a Deny wins over every Allow", by_text(by)),
            Because::Allow(by) => format!("allowed by {}", by_text(by)),
            Because::BothSides { caller, resource } => {
                let caller = caller
                    .as_ref()
                    .map_or("its being the root user".to_owned(), by_text);
                let resource = resource.as_ref().map_or("an ACL".to_owned(), by_text);
                format!(
                    "the resource is another account's; allowed on the caller's side by {caller}, and there by {resource}"
                )
            }
            Because::Root => "the root user of the resource's account may do everything".to_owned(),
            Because::OwnersPolicy => {
                "the root user of the bucket's account always may read, replace and delete its policy"
                    .to_owned()
            }
            Because::RootsSession(by) => format!("a session of the root user, allowed by {}", by_text(by)),
            Because::Grant(Grant::Everybody) => {
                "an ACL grants it to everybody, or to all who are authenticated".to_owned()
            }
            Because::Grant(Grant::Caller | Grant::Account) => "an ACL grants it to the caller".to_owned(),
            Because::NoAllow(layer) => format!(
                "denied because no {} allows the {} action",
                layer.policy_name(),
                action
            ),
        }
    }
}

fn mark(matched: bool) -> &'static str {
    if matched { "+" } else { "-" }
}

fn element(f: &mut fmt::Formatter<'_>, part: &ElementReport) -> fmt::Result {
    write!(
        f,
        "      {} {} {}",
        mark(part.matched),
        part.element,
        part.policy.join(", ")
    )?;
    if !part.unresolved.is_empty() {
        write!(f, ": no value for {}", part.unresolved.join(", "))?;
    }
    writeln!(f)
}

fn statement(f: &mut fmt::Formatter<'_>, report: &StatementReport) -> fmt::Result {
    let sid = report
        .sid
        .as_ref()
        .map(|sid| format!(" ({sid})"))
        .unwrap_or_default();
    let matches = if report.matched {
        "matches"
    } else {
        "does not match"
    };
    writeln!(
        f,
        "    statement {}{sid}, {}: {matches}",
        report.number, report.effect
    )?;
    if let Some(part) = &report.principal {
        write!(
            f,
            "      {} {} {}",
            mark(part.matched),
            part.element,
            part.policy.join(", ")
        )?;
        match part.names {
            Names::Account => writeln!(
                f,
                ": names the caller's account, an identity policy has to allow too"
            )?,
            Names::CallerWithinSession => writeln!(f, ": boundary and session policies still limit")?,
            Names::Caller | Names::Nobody => writeln!(f)?,
        }
    }
    element(f, &report.action)?;
    if let Some(part) = &report.resource {
        element(f, part)?;
    }
    for part in &report.conditions {
        let request = match &part.request {
            Some(values) => values.join(", "),
            None => "nothing".to_owned(),
        };
        let (operator, key, policy) = (&part.operator, &part.key, part.policy.join(", "));
        writeln!(
            f,
            "      {} {operator} {key}: policy {policy}; request {request}",
            mark(part.matched)
        )?;
        writeln!(f, "        {}", part.why)?;
        if !part.unresolved.is_empty() {
            writeln!(f, "        no value for {}", part.unresolved.join(", "))?;
        }
    }
    Ok(())
}

impl Explanation {
    /// Every policy with its statements, for people: indented lines, none where no policy has a say.
    pub fn statements_text(&self) -> String {
        Statements(&self.policies).to_string()
    }
}

struct Statements<'a>(&'a [PolicyReport]);

impl fmt::Display for Statements<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for policy in self.0 {
            writeln!(f, "  {}, {}:", policy.source, a_policy(policy.layer))?;
            for report in &policy.statements {
                statement(f, report)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked = &self.asked;
        writeln!(
            f,
            "{} asks for {} on {}",
            asked.principal, asked.action, asked.resource
        )?;
        let answer = if self.verdict.allowed { "ALLOWED" } else { "DENIED" };
        writeln!(f, "{answer}: {}", self.verdict.text)?;
        Statements(&self.policies).fmt(f)?;
        if let Some(suggestion) = &self.suggestion {
            writeln!(f, "{}", suggestion.text)?;
        }
        Ok(())
    }
}

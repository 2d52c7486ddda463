//! Why a signature was refused, of a request in the journal.
//!
//! The server found it out when it refused the request ([`SignatureFact`]), because only then there were the headers
//! and the secret; here it is shown.

use std::fmt::Write as _;

use cairn_api::{FactLine, SignatureFact, TextKind};
use cairn_journal::Entry;
use cairn_protocol::auth::diagnosis::{Cause, Certainty};
use serde_json::{Value, json};

/// What was found out of a refused signature.
pub(super) struct RecordedSignature {
    fact: SignatureFact,
}

impl RecordedSignature {
    /// Of an entry; None where its signature was not refused.
    pub(super) fn of(entry: &Entry<'_>) -> Option<Self> {
        let fact = SignatureFact::decode(&entry.facts)?;
        Some(Self { fact })
    }

    /// The causes that are sure, for the list of reasons; the likely ones where none is.
    pub(super) fn meaning(&self) -> Vec<String> {
        let of = |wanted: Certainty| {
            let causes = self
                .fact
                .causes
                .iter()
                .filter(move |cause| cause.certainty == wanted);
            causes.map(said).collect::<Vec<_>>()
        };
        let proven = of(Certainty::Proven);
        if proven.is_empty() {
            of(Certainty::Likely)
        } else {
            proven
        }
    }

    /// For people: labelled lines, with their ends. `clean` takes control characters out of what is a client's.
    pub(super) fn text(&self, entry: &Entry<'_>, clean: fn(&str) -> String) -> String {
        let fact = &self.fact;
        let mut text = String::new();
        let mut line = |label: &str, shown: &str| {
            // Writing to a String cannot fail.
            let shown = format!("{label:<12}{}", clean(shown));
            let _ = writeln!(text, "{}", shown.trim_end());
        };
        let token = if fact.session_token {
            ", with a session token"
        } else {
            ", without a session token"
        };
        line("Signature", &format!("key {}{token}", fact.access_key_id));
        if let Some(scope) = &fact.scope {
            line("", &format!("scope {scope}"));
        }
        if let Some(names) = &fact.signed_headers {
            line("", &format!("signed headers {names}"));
        }
        if let Some(dated) = self.dated(entry) {
            line("", &dated);
        }
        line("", self.right());
        for cause in &fact.causes {
            line("Cause", &said(cause));
            for advice in cause.advice() {
                line("", &format!("do: {advice}"));
            }
        }
        if fact.right != Some(true) {
            for (at, shown) in self.compared().iter().enumerate() {
                line(if at == 0 { self.label() } else { "" }, shown);
            }
            for (at, shown) in self.strings().iter().enumerate() {
                line(if at == 0 { "To sign" } else { "" }, shown);
            }
            if fact.lines.iter().any(|kept| kept.signed.is_some()) {
                line(
                    "",
                    "(- is what the server computed, + what the client must have signed)",
                );
            }
            if fact.text == TextKind::Policy {
                line("To sign", "the policy's base64 text, as the form has it");
            }
        }
        if fact.cut {
            line("", "(a text was longer than the journal keeps, and ends with …)");
        }
        text
    }

    fn label(&self) -> &'static str {
        match self.fact.text {
            TextKind::CanonicalRequest => "Canonical",
            TextKind::StringToSign => "To sign",
            TextKind::Policy => "Policy",
        }
    }

    fn dated(&self, entry: &Entry<'_>) -> Option<String> {
        let until = self
            .fact
            .expires
            .map(|expires| format!("good until {}", expires.iso8601()));
        let date = self.fact.date.map(|date| {
            let (signed, server) = (date.seconds(), entry.time.seconds());
            let off = match signed.abs_diff(server) {
                0 => "at the server's clock".to_owned(),
                seconds if signed > server => format!("{seconds} s ahead of the server's clock"),
                seconds => format!("{seconds} s behind the server's clock"),
            };
            format!("dated {}, {off}", date.iso8601())
        });
        match (date, until) {
            (Some(date), Some(until)) => Some(format!("{date}; {until}")),
            (date, until) => date.or(until),
        }
    }

    fn right(&self) -> &'static str {
        match self.fact.right {
            Some(true) => "the signature itself is right",
            Some(false) => "the signature is not the key's over the request that came",
            None => "the signature could not be checked: the key's secret is not known",
        }
    }

    /// The text, a line for each of its own; where the client signed another, both. `…` stands for lines left out.
    fn compared(&self) -> Vec<String> {
        let mut shown = Vec::new();
        let mut next = 0;
        for FactLine { at, computed, signed } in &self.fact.lines {
            if *at != next {
                shown.push("  …".to_owned());
            }
            next = at.saturating_add(1);
            match signed {
                None => shown.push(format!("  {computed}")),
                Some(signed) => {
                    shown.push(format!("- {computed}"));
                    shown.extend(signed.as_ref().map(|signed| format!("+ {signed}")));
                }
            }
        }
        shown
    }

    /// SigV4's string to sign in the same way.
    fn strings(&self) -> Vec<String> {
        let Some(computed) = &self.fact.string_to_sign else {
            return Vec::new();
        };
        let signed = self.fact.signed_string.as_ref().unwrap_or(computed);
        let pairs = computed.split('\n').zip(signed.split('\n'));
        let compare = |(computed, signed): (&str, &str)| match computed == signed {
            true => vec![format!("  {computed}")],
            false => vec![format!("- {computed}"), format!("+ {signed}")],
        };
        pairs.flat_map(compare).collect()
    }

    pub(super) fn json(&self) -> Value {
        let fact = &self.fact;
        let causes: Vec<Value> = fact
            .causes
            .iter()
            .map(|cause| {
                json!({
                    "cause": cause.name(),
                    "certainty": cause.certainty,
                    "text": cause.text(),
                    "advice": cause.advice(),
                })
            })
            .collect();
        let lines: Vec<Value> = fact
            .lines
            .iter()
            .map(|line| {
                let changed = line.signed.is_some();
                let signed = line.signed.clone().unwrap_or_else(|| Some(line.computed.clone()));
                json!({ "at": line.at, "computed": line.computed, "signed": signed, "changed": changed })
            })
            .collect();
        json!({
            "access_key_id": fact.access_key_id,
            "scope": fact.scope,
            "signed_headers": fact.signed_headers,
            "date": fact.date.map(|date| date.iso8601()),
            "expires": fact.expires.map(|expires| expires.iso8601()),
            "session_token": fact.session_token,
            "right": fact.right,
            "causes": causes,
            "text": fact.text,
            "lines": lines,
            "string_to_sign": fact.string_to_sign,
            "signed_string": fact.signed_string,
            "cut": fact.cut,
        })
    }
}

fn said(cause: &Cause) -> String {
    format!("{}: {}", cause.certainty.as_str(), cause.text())
}

/// A signature that was refused though the head's is proven: then it is one of the body.
pub(super) fn of_body(entry: &Entry<'_>) -> Option<String> {
    let refused = entry.code.as_deref() == Some("SignatureDoesNotMatch") && entry.principal.is_some();
    refused.then(|| {
        "the signature of the request's head is right: that of a chunk or of the trailer in its aws-chunked body is not, \
         so the body was changed on its way, or the client signs chunks wrongly"
            .to_owned()
    })
}

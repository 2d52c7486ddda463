//! What is said of a request in the journal: the facts, and what they mean.

use std::fmt::Write as _;

use cairn_api::fact;
use cairn_journal::{Entry, Mechanism};
use cairn_protocol::id::RequestId;
use cairn_region::explanation::{Explanation, Seen};
use serde_json::{Value, json};

use super::access::RecordedAccess;
use super::cors::RecordedCors;
use super::signature::{self, RecordedSignature};

/// Reads a request's id as a person gives it.
pub(super) fn id(text: &str) -> Result<String, String> {
    RequestId::parse(text.trim())
        .map(|id| id.to_string())
        .ok_or_else(|| {
            format!(
                "{text:?} is not a request's id, which has 16 digits and capital letters: see x-amz-request-id, or \
                 <RequestId> of an error"
            )
        })
}

/// What is said of an id that is not there.
pub(super) fn not_known(id: &str) -> String {
    format!(
        "the request {id} is not in the journal: it was never here, is older than journal-age-seconds-max, was pushed \
         out by later ones (journal-bytes-max), or came in the last moment before a crash"
    )
}

/// A request of the journal, explained.
pub(crate) struct Recorded {
    entry: Entry<'static>,
    routing: Explanation,
    access: Option<RecordedAccess>,
    cors: Option<RecordedCors>,
    signature: Option<RecordedSignature>,
    /// What the answer has to do with the routing.
    meaning: Vec<String>,
}

impl Recorded {
    /// `known` says whether the request's listener is of a region that is known here.
    pub(super) fn new(
        entry: Entry<'static>,
        routing: Explanation,
        access: Option<RecordedAccess>,
        cors: Option<RecordedCors>,
        known: bool,
    ) -> Self {
        let refusal = cors.as_ref().and_then(|cors| cors.refusal(&entry));
        let signature = RecordedSignature::of(&entry);
        let found = signature
            .as_ref()
            .map(RecordedSignature::meaning)
            .unwrap_or_default();
        let denied = access.as_ref().and_then(RecordedAccess::meaning);
        let found = refusal.into_iter().chain(found).chain(denied);
        let found = found.chain(signature::of_body(&entry));
        let mut meaning = meaning(&entry, &routing, found.collect());
        if !known {
            meaning.insert(
                0,
                format!(
                    "{} is not among the regions known here, so the routing below may not be what it was: give the \
                     server's own --config or --regions",
                    entry.arrived
                ),
            );
        }
        Self {
            meaning,
            entry,
            routing,
            access,
            cors,
            signature,
        }
    }

    /// As text or as JSON, with a line's end.
    pub(super) fn render(&self, json: bool) -> String {
        if json {
            let mut text = serde_json::to_string_pretty(&self.json()).unwrap_or_default();
            text.push('\n');
            text
        } else {
            self.text()
        }
    }

    fn json(&self) -> Value {
        let entry = &self.entry;
        json!({
            "request": {
                "id": entry.request_id,
                "time": entry.time.iso8601(),
                "time_micros": entry.time.micros(),
                "peer": entry.peer.to_string(),
                "tls": entry.tls,
                "method": entry.method,
                "host": entry.host,
                "target": entry.target,
                "arrived": entry.arrived,
                "operation": entry.operation,
                "mechanism": entry.mechanism,
                "signing_region": entry.signing_region,
                "principal": entry.principal,
                "status": entry.status,
                "code": entry.code,
                "message": entry.message,
                "micros": entry.micros,
            },
            "meaning": self.meaning,
            "signature": self.signature.as_ref().map(RecordedSignature::json),
            "access": self.access.as_ref().map(RecordedAccess::json),
            "routing": self.routing,
            "cors": self.cors.as_ref().map(RecordedCors::json),
        })
    }

    fn text(&self) -> String {
        let entry = &self.entry;
        let mut text = String::new();
        let mut line = |label: &str, shown: &str| {
            let _ = writeln!(text, "{label:<12}{}", clean(shown));
        };
        line("Id", &entry.request_id);
        let code = entry.code.as_deref().unwrap_or_default();
        line("Answered", format!("{} {code}", entry.status).trim_end());
        if let Some(message) = &entry.message {
            line("", message);
        }
        line(
            "",
            &format!("at {}, after {} µs", entry.time.iso8601(), entry.micros),
        );
        let principal = entry.principal.as_deref().unwrap_or("nobody proven");
        let mechanism = entry.mechanism.map_or("not read", mechanism);
        line(
            "By",
            &format!("{principal}, from {}; signature: {mechanism}", entry.peer),
        );
        line("Operation", &entry.operation);
        for meaning in &self.meaning {
            line("Why", meaning);
        }
        if let Some(signature) = &self.signature {
            text.push_str(&signature.text(entry, clean));
        }
        text.push_str(&self.routing.to_string());
        text.push_str(&self.access.as_ref().map(RecordedAccess::text).unwrap_or_default());
        // Last, because it ends with what can be pasted.
        text.push_str(&self.cors.as_ref().map(RecordedCors::text).unwrap_or_default());
        text
    }
}

/// A client's bytes go to a terminal: no control characters.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

fn mechanism(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::Anonymous => "none",
        Mechanism::V4Header => "Version 4, in the header",
        Mechanism::V4Query => "Version 4, presigned",
        Mechanism::V2Header => "Version 2, in the header",
        Mechanism::V2Query => "Version 2, presigned",
        Mechanism::PostPolicy => "a POST policy",
    }
}

/// What explains the answer, with what is found out already.
fn meaning(entry: &Entry<'_>, routing: &Explanation, found: Vec<String>) -> Vec<String> {
    let mut meaning = found;
    for fact in &entry.facts {
        if fact.kind == fact::REGION_NOT_ENABLED {
            let region = String::from_utf8_lossy(&fact.bytes);
            meaning.push(format!(
                "the account of the key has not enabled the region {region}, whose facility therefore does not know \
                 the key: `cairn region enable {region}`"
            ));
        }
    }
    let Some(code) = entry.code.as_deref() else {
        return meaning;
    };
    match &routing.seen {
        Seen::Refused(refused) if refused.code == code => {
            meaning.extend(routing.verdict.as_ref().map(|verdict| match &entry.signing_region {
                Some(signed) if verdict.answer == "serve" && !refused.after_authentication => format!(
                    "it is signed for {signed}, but {} answers: {}",
                    verdict.facility, verdict.because
                ),
                _ => verdict.because.to_owned(),
            }));
        }
        Seen::Refused(refused) if !refused.after_authentication => meaning.push(format!(
            "routing alone would answer {} {}: the request was refused before that, or the regions are configured \
             otherwise by now",
            refused.status, refused.code
        )),
        _ if meaning.is_empty() => {
            meaning.push("routing has nothing against the request: the message says what was wrong later".to_owned());
        }
        _ => {}
    }
    meaning
}

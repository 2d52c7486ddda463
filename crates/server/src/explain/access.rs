//! What policies say of a request, not yet made or in the journal.
//!
//! `cairn-api` explains, over what it decides by. The journal has the question of then and the step that decided
//! ([`AccessFact`]); the policies of then it has not, so what follows is by those of now, and it says so where the
//! answer is another.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use cairn_api::{AccessExplanation, AccessFact, AccessQuestion, ExplainError};
use cairn_journal::Entry;
use serde_json::{Value, json};

use super::explainer::{Explainer, TEXT_BYTES_MAX};
use crate::failure::{Code, Failure};

/// Longest session policy in bytes that is read: one has 2048 characters at most (facts/05 §4).
const POLICY_BYTES_MAX: u64 = 4 * 1024;

/// Condition keys with their values, as they are given.
pub(super) fn pairs<'a>(given: impl Iterator<Item = &'a str>) -> Result<Vec<(String, String)>, String> {
    given
        .map(|pair| {
            let (key, value) = pair
                .split_once('=')
                .ok_or_else(|| format!("the context {pair:?} is not KEY=VALUE"))?;
            Ok((key.to_owned(), value.to_owned()))
        })
        .collect()
}

/// What can be said against a question before anybody is asked.
pub(super) fn check(question: &AccessQuestion) -> Result<(), String> {
    question.check()?;
    let optional = [
        &question.session_name,
        &question.made_by,
        &question.session_policy,
    ];
    let texts = [&question.principal, &question.action, &question.resource];
    let context = question.context.iter().flat_map(|(key, value)| [key, value]);
    let texts = texts
        .into_iter()
        .chain(optional.into_iter().flatten())
        .chain(context);
    // Together: they share one query.
    if texts.map(String::len).sum::<usize>() > TEXT_BYTES_MAX {
        return Err(format!(
            "the texts of a question have no more than {TEXT_BYTES_MAX} bytes here"
        ));
    }
    Ok(())
}

/// The policy in a file.
pub(super) fn read_policy(path: &Path) -> Result<String, Failure> {
    let wrong =
        |what: &dyn std::fmt::Display| Failure::usage(format!("--session-policy {}: {what}", path.display()));
    let mut text = String::new();
    let file = File::open(path).map_err(|error| wrong(&error))?;
    // One byte more than may be is enough to know.
    let read = file.take(POLICY_BYTES_MAX + 1).read_to_string(&mut text);
    read.map_err(|error| wrong(&error))?;
    if text.len() as u64 > POLICY_BYTES_MAX {
        return Err(wrong(&format!("it has more than {POLICY_BYTES_MAX} bytes")));
    }
    Ok(text)
}

/// The explanation as text or as JSON, with a line's end.
pub(super) fn render(found: &AccessExplanation, json: bool) -> String {
    if json {
        let mut text = serde_json::to_string_pretty(found).unwrap_or_default();
        text.push('\n');
        text
    } else {
        found.to_string()
    }
}

/// What was found out about the access of a request in the journal.
pub(super) struct RecordedAccess {
    fact: AccessFact,
    /// The same question by the policies of now, or why it is not asked again; of an Allow nothing.
    now: Option<Result<AccessExplanation, String>>,
}

impl Explainer {
    /// What a request would be answered now.
    pub(crate) async fn access(&self, question: &AccessQuestion) -> Result<AccessExplanation, Failure> {
        check(question).map_err(Failure::usage)?;
        let api = self.api.as_ref().map_err(Failure::data)?;
        api.explain_access(question).await.map_err(|error| match error {
            ExplainError::Usage(text) => Failure::usage(text),
            ExplainError::NotKnown(text) => Failure::new(Code::NotKnown, text),
            ExplainError::Failed(text) => Failure::data(text),
        })
    }

    /// What policies said of a request of the journal, and what they say now; `None` where they were not asked.
    pub(super) async fn recorded_access(&self, entry: &Entry<'_>) -> Option<RecordedAccess> {
        let fact = AccessFact::decode(&entry.facts)?;
        let now = match (&fact.question, &self.api) {
            (None, _) => None,
            (Some(_), Err(why)) => Some(Err(why.clone())),
            (Some(_), Ok(api)) => Some(api.explain_again(&fact).await.map_err(|error| match error {
                ExplainError::Usage(text) | ExplainError::NotKnown(text) | ExplainError::Failed(text) => text,
            })),
        };
        Some(RecordedAccess { fact, now })
    }
}

impl RecordedAccess {
    /// Why it was denied, for the list of reasons.
    pub(super) fn meaning(&self) -> Option<String> {
        (!self.fact.allowed).then(|| self.then())
    }

    /// What was decided then, in a sentence.
    fn then(&self) -> String {
        let AccessFact { action, resource, .. } = &self.fact;
        format!("{action} on {resource}: {}", self.fact.text())
    }

    /// Whether policies, ACLs and the like say something else now.
    fn changed(&self) -> bool {
        match &self.now {
            Some(Ok(now)) => !self.fact.agrees(now.allowed, &now.because),
            Some(Err(_)) | None => false,
        }
    }

    /// What to know before reading the explanation of now.
    fn notes(&self) -> Vec<String> {
        let mut notes = vec![format!("then: {}", self.then())];
        let (asked, denied) = (self.fact.asked, self.fact.denied);
        if asked > 1 {
            notes.push(format!(
                "the request asked {asked} such questions, of which {denied} were denied: this is the first {}",
                if denied > 0 { "of those" } else { "of them" }
            ));
        }
        if self.fact.missing {
            notes.push(
                "the object was not there: that is told only to those who may list the bucket (s3:ListBucket)".to_owned(),
            );
        }
        let Some(now) = &self.now else {
            return notes;
        };
        if self.fact.question.as_ref().is_some_and(|question| question.cut) {
            notes.push(
                "some of the request's condition keys or session policies were longer than the journal keeps: what \
                 follows is without their rest"
                    .to_owned(),
            );
        }
        notes.push(match now {
            Err(why) => format!("the policies are not shown: {why}"),
            Ok(now) if self.changed() => {
                let verdict = if now.allowed { "ALLOWED" } else { "denied, for another reason" };
                format!(
                    "policies, ACLs or blocks have changed since: with those of now, and the request's conditions of then, \
                     it is {verdict}"
                )
            }
            Ok(_) => "what follows is by the policies of now, with the request's conditions of then: they say the same"
                .to_owned(),
        });
        notes
    }

    /// For people: labelled lines, with their ends.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (at, note) in self.notes().iter().enumerate() {
            let label = if at == 0 { "Access" } else { "" };
            let note: String = note
                .chars()
                .map(|c| if c.is_control() { '\u{fffd}' } else { c })
                .collect();
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{label:<12}{note}");
        }
        if let Some(Ok(now)) = &self.now {
            text.push_str(&now.to_string());
        }
        text
    }

    pub(super) fn json(&self) -> Value {
        let now = self.now.as_ref();
        json!({
            "then": self.fact,
            "text": self.then(),
            "changed": self.changed(),
            "now": now.and_then(|now| now.as_ref().ok()),
            "now_unknown": now.and_then(|now| now.as_ref().err()),
        })
    }
}

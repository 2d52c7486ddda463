//! Why something is allowed or denied: every policy, every statement, every part.
//!
//! The verdict and the reports come from the one path that [`crate::decide`] takes too, looked on by an observer
//! that wants everything. An [`Explanation`] serializes for programs, and prints itself for people.

mod observer;
mod suggestion;
#[cfg(test)]
mod tests;
mod text;

use serde::Serialize;

use crate::decision::{Because, Decision, Layer, Layers, Question, evaluate};
use crate::facts::Facts;

pub use suggestion::Suggestion;

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The caller's ARN.
    pub principal: String,
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The account whose it is.
    pub resource_account: Option<String>,
    /// The context's keys with their values.
    pub context: Vec<(String, Vec<String>)>,
}

/// One policy, as it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyReport {
    /// Its layer.
    pub layer: Layer,
    /// What it is called.
    pub source: String,
    /// Its statements, in order.
    pub statements: Vec<StatementReport>,
}

/// One statement, as it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementReport {
    /// Counted from 1.
    pub number: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: &'static str,
    /// Whether all of it matches.
    pub matched: bool,
    /// `Principal`, in policies that have one.
    pub principal: Option<PrincipalReport>,
    /// `Action`.
    pub action: ElementReport,
    /// `Resource`, in policies that have one.
    pub resource: Option<ElementReport>,
    /// Its conditions, each operator and key of its own.
    pub conditions: Vec<ConditionReport>,
}

impl StatementReport {
    /// How many of its parts do not match.
    pub fn misses(&self) -> usize {
        usize::from(self.principal.as_ref().is_some_and(|part| !part.matched))
            + usize::from(!self.action.matched)
            + usize::from(self.resource.as_ref().is_some_and(|part| !part.matched))
            + self.conditions.iter().filter(|part| !part.matched).count()
    }
}

/// How a statement names the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Names {
    /// The caller itself, or everybody: nothing else is needed.
    Caller,
    /// What the caller's session is made from, or everybody: boundary and session policies still limit.
    CallerWithinSession,
    /// The caller's account, whose identity policies have to allow as well.
    Account,
    /// Not at all.
    Nobody,
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrincipalReport {
    /// Which of the two.
    pub element: &'static str,
    /// Whether the statement is about the caller.
    pub matched: bool,
    /// How it names it.
    pub names: Names,
    /// Its values.
    pub policy: Vec<String>,
}

/// `Action`, `NotAction`, `Resource` or `NotResource`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ElementReport {
    /// Which.
    pub element: &'static str,
    /// Whether it matches.
    pub matched: bool,
    /// Its values, those of variables in their places.
    pub policy: Vec<String>,
    /// Variables that have no value in this request: with one of them a resource matches nothing.
    pub unresolved: Vec<String>,
}

/// One operator over one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConditionReport {
    /// As written: `ForAnyValue:StringLikeIfExists`.
    pub operator: String,
    /// The key.
    pub key: String,
    /// Whether it is met.
    pub matched: bool,
    /// The policy's values, those of variables in their places.
    pub policy: Vec<String>,
    /// The request's; `None` where it has none.
    pub request: Option<Vec<String>>,
    /// Variables that have no value in this request: a value with one of them is equal to nothing.
    pub unresolved: Vec<String>,
    /// Why it is met or is not, in a sentence.
    pub why: String,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The step that decided.
    pub because: Because<'static>,
    /// The same in a sentence.
    pub text: String,
}

/// Why something is allowed or denied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The question.
    pub asked: Asked,
    /// The answer.
    pub verdict: Verdict,
    /// Every policy that has a say, in the order they are asked.
    pub policies: Vec<PolicyReport>,
    /// What would allow it; `None` where it is allowed.
    pub suggestion: Option<Suggestion>,
}

/// Explains.
pub fn explain(question: &Question<'_>, layers: &Layers<'_>) -> Explanation {
    let facts = Facts::of(question);
    let mut reporter = observer::Reporter::new(&facts);
    let decision = evaluate(question, layers, &mut reporter).into_owned();
    let policies = reporter.into_policies();
    let values =
        |values: &crate::Values<'_>| values.as_slice().iter().map(|value| value.to_string()).collect();
    Explanation {
        asked: Asked {
            principal: question.principal.arn(),
            action: question.action.to_owned(),
            resource: question.resource.to_owned(),
            resource_account: question.resource_account.map(|account| account.to_string()),
            context: question
                .context
                .iter()
                .map(|(name, known)| (name.to_owned(), values(known)))
                .collect(),
        },
        suggestion: suggestion::suggest(question, layers, &decision, &policies),
        verdict: verdict(question, decision),
        policies,
    }
}

fn verdict(question: &Question<'_>, decision: Decision<'static>) -> Verdict {
    Verdict {
        text: decision.because.text(question.action),
        allowed: decision.allowed,
        because: decision.because,
    }
}

//! What would allow what was denied.

use serde::Serialize;
use serde_json::json;

use crate::decision::{Because, Decision, Layer, Layers, Question, ResourceKind};
use crate::principal::Principal;

use super::{ConditionReport, ElementReport, PolicyReport, StatementReport};

/// What would allow it. One change at a time: a request that lacks an Allow in two layers is explained again after
/// the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// The layer to change.
    pub layer: Layer,
    /// The statement that denies, or the Allow that is nearest to matching.
    pub near: Option<Near>,
    /// A statement that would allow, as JSON; none where a Deny stands against it.
    pub statement: Option<String>,
    /// All of it in sentences.
    pub text: String,
}

/// A statement that decides, or almost does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Near {
    /// Its policy.
    pub source: String,
    /// Its place, counted from 1.
    pub statement: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
    /// Of an Allow: the parts that keep it from matching. Of a Deny: the conditions that would lift it, were one of
    /// them not met; none where it has none.
    pub parts: Vec<String>,
}

pub(super) fn suggest(
    question: &Question<'_>,
    layers: &Layers<'_>,
    decision: &Decision<'_>,
    policies: &[PolicyReport],
) -> Option<Suggestion> {
    match &decision.because {
        Because::ExplicitDeny(by) => {
            // Two policies of a layer may have one name: it is the one of them that denies.
            let mut named = policies
                .iter()
                .filter(|policy| policy.layer == by.layer && policy.source == by.source);
            let (policy, statement) = named.find_map(|policy| {
                let statement = policy.statements.get(by.statement)?;
                (statement.matched && statement.effect == "Deny").then_some((policy, statement))
            })?;
            Some(lift(policy, statement))
        }
        Because::NoAllow(layer) => Some(add(question, layers, *layer, policies)),
        _ => None,
    }
}

fn lift(policy: &PolicyReport, statement: &StatementReport) -> Suggestion {
    let parts: Vec<String> = statement.conditions.iter().map(condition).collect();
    let named = title(policy, statement);
    let how = if parts.is_empty() {
        "Take it out, or make its Principal, Action or Resource narrower.".to_owned()
    } else {
        format!(
            "Take it out, make it narrower, or send a request that does not meet its conditions: {}.",
            parts.join("; ")
        )
    };
    Suggestion {
        layer: policy.layer,
        near: Some(Near {
            source: policy.source.clone(),
            statement: statement.number,
            sid: statement.sid.clone(),
            parts,
        }),
        statement: None,
        text: format!("{named} denies, and a Deny wins over every Allow. {how}"),
    }
}

fn add(question: &Question<'_>, layers: &Layers<'_>, layer: Layer, policies: &[PolicyReport]) -> Suggestion {
    let allows = policies
        .iter()
        .filter(|policy| policy.layer == layer)
        .flat_map(|policy| {
            let allows = policy
                .statements
                .iter()
                .filter(|statement| statement.effect == "Allow");
            allows.map(move |statement| (policy, statement))
        });
    // One about another action says nothing about this; among the others the one that lacks least.
    let near = allows
        .filter(|(_, statement)| statement.action.matched && statement.misses() > 0)
        .min_by_key(|(_, statement)| statement.misses())
        .map(|(policy, statement)| (title(policy, statement), near(policy, statement)));
    let statement = new_statement(question, layers, layer);
    let place = match layer {
        Layer::Identity => "an identity-based policy of the caller".to_owned(),
        Layer::Boundary => "the caller's permissions boundary".to_owned(),
        Layer::Session => "the session's policies, given when it is made,".to_owned(),
        Layer::Resource if layers.resource.kind == ResourceKind::Trust => {
            "the role's trust policy".to_owned()
        }
        Layer::Resource => "the resource's policy".to_owned(),
    };
    let mut text = String::new();
    if let Some((title, near)) = &near {
        text = format!(
            "{title} almost allows it; what keeps it from matching: {}. ",
            near.parts.join("; ")
        );
    }
    text.push_str(&format!("This statement in {place} would do: {statement}"));
    Suggestion {
        layer,
        near: near.map(|(_, near)| near),
        statement: Some(statement),
        text,
    }
}

fn title(policy: &PolicyReport, statement: &StatementReport) -> String {
    let sid = statement
        .sid
        .as_ref()
        .map(|sid| format!(" ({sid})"))
        .unwrap_or_default();
    format!("Statement {}{sid} of {}", statement.number, policy.source)
}

fn near(policy: &PolicyReport, statement: &StatementReport) -> Near {
    let mut parts = Vec::new();
    if let Some(principal) = statement.principal.as_ref().filter(|part| !part.matched) {
        parts.push(format!("{} {}", principal.element, principal.policy.join(", ")));
    }
    let resource = statement.resource.as_ref();
    let elements = std::iter::once(&statement.action).chain(resource);
    parts.extend(elements.filter(|part| !part.matched).map(element));
    parts.extend(
        statement
            .conditions
            .iter()
            .filter(|part| !part.matched)
            .map(condition),
    );
    Near {
        source: policy.source.clone(),
        statement: statement.number,
        sid: statement.sid.clone(),
        parts,
    }
}

fn element(part: &ElementReport) -> String {
    let mut text = format!("{} {}", part.element, part.policy.join(", "));
    if !part.unresolved.is_empty() {
        text.push_str(&format!(" (no value for {})", part.unresolved.join(", ")));
    }
    text
}

fn condition(part: &ConditionReport) -> String {
    format!(
        "{} {} {} ({})",
        part.operator,
        part.key,
        part.policy.join(", "),
        part.why
    )
}

fn new_statement(question: &Question<'_>, layers: &Layers<'_>, layer: Layer) -> String {
    let action = question.action;
    let principal = match question.principal {
        Principal::Anonymous => json!("*"),
        Principal::WebIdentity { provider, .. } => json!({ "Federated": provider }),
        principal => json!({ "AWS": principal.principal_arn() }),
    };
    let statement = match (layer, layers.resource.kind) {
        (Layer::Resource, ResourceKind::Trust) => {
            json!({ "Effect": "Allow", "Principal": principal, "Action": action })
        }
        (Layer::Resource, ResourceKind::Plain) => {
            json!({ "Effect": "Allow", "Principal": principal, "Action": action, "Resource": question.resource })
        }
        _ => json!({ "Effect": "Allow", "Action": action, "Resource": question.resource }),
    };
    statement.to_string()
}

//! Why a call of IAM or STS was refused, for DecodeAuthorizationMessage.
//!
//! Amazon gives such messages in the errors of EC2 and few others, which are not here. So that there is something to
//! decode, Cairn puts one into the header [`HEADER`] of a refusal by policies: it tells the client nothing, and
//! whoever may call sts:DecodeAuthorizationMessage in the caller's account which statement it was.

use cairn_policy::{Because, Decision, Question};
use serde_json::{Value, json};

/// Where the message is.
pub(crate) const HEADER: &str = "x-cairn-authorization-message";
/// Longest message in bytes before it is encoded; then about 4100 characters of a header. One that is longer leaves
/// out the conditions.
pub(crate) const MESSAGE_BYTES_MAX: usize = 3000;

/// The message about a refusal, in the form that Amazon documents; nothing where not even its shorter form is short
/// enough.
pub(crate) fn message(question: &Question<'_>, decision: &Decision<'_>) -> Option<String> {
    let matched: Vec<Value> = match &decision.because {
        Because::ExplicitDeny(by) => vec![json!({
            "statementId": by.sid.as_deref().unwrap_or_default(),
            "effect": "DENY",
            "policy": by.source,
            "statement": by.statement,
        })],
        _ => Vec::new(),
    };
    let conditions = question.context.iter().map(|(key, values)| {
        let values: Vec<Value> = values
            .as_slice()
            .iter()
            .map(|value| json!({"value": value}))
            .collect();
        json!({"key": key, "values": {"items": values}})
    });
    let mut message = json!({
        "allowed": decision.allowed,
        "explicitDeny": !matched.is_empty(),
        "matchedStatements": {"items": matched},
        "failures": {"items": []},
        "context": {
            "principal": {
                "id": question.principal.user_id(),
                "arn": question.principal.arn(),
            },
            "action": question.action,
            "resource": question.resource,
            "conditions": {"items": conditions.collect::<Vec<Value>>()},
        },
    });
    if message.to_string().len() > MESSAGE_BYTES_MAX
        && let Some(items) = message.pointer_mut("/context/conditions/items")
    {
        *items = json!([]);
    }
    Some(message.to_string()).filter(|text| text.len() <= MESSAGE_BYTES_MAX)
}

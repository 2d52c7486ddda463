//! What a simulation answers.

use cairn_identity::{Permissions, SourcedPolicy};
use cairn_policy::explanation::{PolicyReport, StatementReport};
use cairn_policy::{Because, Explanation, Layer};
use cairn_protocol::xml::Writer;

use super::input::RESOURCE_POLICY;
use super::position::{self, Position};
use crate::services::iam::output;

/// A statement that decided.
struct Matched {
    policy_id: String,
    policy_type: &'static str,
    start: Position,
    end: Position,
}

/// One action on one resource.
pub(crate) struct Evaluation {
    action: String,
    resource: String,
    decision: &'static str,
    matched: Vec<Matched>,
    missing: Vec<String>,
    /// Set where there is a boundary.
    allowed_by_boundary: Option<bool>,
    /// Whether the resource was named: then what is missing is told with it.
    of_resource: bool,
}

fn matches(policy: &PolicyReport, effect: &str) -> bool {
    let mut statements = policy.statements.iter();
    statements.any(|statement| statement.matched && statement.effect == effect)
}

/// Whether conditions are all that can keep it from matching.
fn is_about(statement: &StatementReport) -> bool {
    let resource = statement.resource.as_ref().is_none_or(|part| part.matched);
    let principal = statement.principal.as_ref().is_none_or(|part| part.matched);
    statement.action.matched && resource && principal
}

impl Evaluation {
    pub(super) fn of(
        explanation: &Explanation,
        permissions: &Permissions,
        resource_policy: Option<&SourcedPolicy>,
        of_resource: bool,
    ) -> Self {
        let verdict = &explanation.verdict;
        // Which layers and statements can have decided so.
        let (decision, effect) = match (&verdict.because, verdict.allowed) {
            (_, true) => ("allowed", Some("Allow")),
            (Because::ExplicitDeny(_), false) => ("explicitDeny", Some("Deny")),
            (_, false) => ("implicitDeny", None),
        };
        let all = permissions
            .identity
            .iter()
            .chain(&permissions.boundary)
            .chain(resource_policy);
        let all: Vec<&SourcedPolicy> = all.collect();
        let mut matched = Vec::new();
        let mut missing = Vec::new();
        for policy in &explanation.policies {
            let text = all.iter().find(|known| known.source == policy.source);
            for statement in &policy.statements {
                if is_about(statement) {
                    let absent = statement
                        .conditions
                        .iter()
                        .filter(|condition| condition.request.is_none());
                    missing.extend(absent.map(|condition| condition.key.clone()));
                }
                let decides = statement.matched
                    && Some(statement.effect) == effect
                    // A boundary allows nothing by itself.
                    && (policy.layer != Layer::Boundary || statement.effect == "Deny");
                let place = text
                    .filter(|_| decides)
                    .and_then(|policy| position::of_statement(policy.policy.text(), statement.number));
                if let Some((start, end)) = place {
                    let (policy_id, policy_type) = naming(&policy.source);
                    matched.push(Matched {
                        policy_id,
                        policy_type,
                        start,
                        end,
                    });
                }
            }
        }
        missing.sort_unstable();
        missing.dedup_by(|one, other| one.eq_ignore_ascii_case(other));
        let boundary = explanation
            .policies
            .iter()
            .find(|policy| policy.layer == Layer::Boundary);
        Self {
            action: explanation.asked.action.clone(),
            resource: explanation.asked.resource.clone(),
            decision,
            matched,
            missing,
            allowed_by_boundary: boundary.map(|policy| matches(policy, "Allow") && !matches(policy, "Deny")),
            of_resource,
        }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer
            .element("EvalActionName", &self.action)
            .element("EvalResourceName", &self.resource)
            .element("EvalDecision", self.decision);
        self.write_matched(writer);
        let (above, below): (&[String], &[String]) = if self.of_resource {
            (&[], &self.missing)
        } else {
            (&self.missing, &[])
        };
        output::texts(writer, "MissingContextValues", above);
        self.write_boundary(writer);
        if self.of_resource {
            writer.nested("ResourceSpecificResults", |list| {
                list.nested("member", |member| {
                    member
                        .element("EvalResourceName", &self.resource)
                        .element("EvalResourceDecision", self.decision);
                    self.write_matched(member);
                    output::texts(member, "MissingContextValues", below);
                    self.write_boundary(member);
                });
            });
        }
    }

    fn write_boundary(&self, writer: &mut Writer) {
        if let Some(allowed) = self.allowed_by_boundary {
            writer.nested("PermissionsBoundaryDecisionDetail", |detail| {
                detail.element("AllowedByPermissionsBoundary", allowed);
            });
        }
    }

    fn write_matched(&self, writer: &mut Writer) {
        writer.nested("MatchedStatements", |list| {
            for matched in &self.matched {
                list.nested("member", |member| {
                    member
                        .element("SourcePolicyId", &matched.policy_id)
                        .element("SourcePolicyType", matched.policy_type);
                    for (name, position) in [("StartPosition", matched.start), ("EndPosition", matched.end)] {
                        member.nested(name, |place| {
                            place
                                .element("Line", position.line)
                                .element("Column", position.column);
                        });
                    }
                });
            }
        });
    }
}

/// A policy's id and type: of a managed one its name, of an inline one `user_NAME_POLICY` (believed; the types are
/// the model's).
fn naming(source: &str) -> (String, &'static str) {
    if source == RESOURCE_POLICY {
        return (source.to_owned(), "resource");
    }
    let Some((_, resource)) = source
        .strip_prefix("arn:aws:iam::")
        .and_then(|rest| rest.split_once(':'))
    else {
        return (source.to_owned(), "none");
    };
    let last = |text: &str| text.rsplit('/').next().unwrap_or_default().to_owned();
    if let Some((holder, policy)) = resource.split_once(' ') {
        for (kind, prefix) in [("user", "user/"), ("group", "group/"), ("role", "role/")] {
            if holder.starts_with(prefix) {
                return (format!("{kind}_{}_{policy}", last(holder)), kind);
            }
        }
    }
    let amazon = source.starts_with("arn:aws:iam::aws:");
    (
        last(resource),
        if amazon { "aws-managed" } else { "user-managed" },
    )
}

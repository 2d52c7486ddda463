//! The observer that writes everything down.

use crate::condition::{Condition, Outcome, Quantifier};
use crate::decision::{Layer, Named};
use crate::evaluation::Observer;
use crate::facts::Facts;
use crate::policy::{ActionElement, Effect, ResourceElement, Statement};
use crate::principal_element::{Naming, PrincipalElement};

use super::{ConditionReport, ElementReport, Names, PolicyReport, PrincipalReport, StatementReport};

pub(super) struct Reporter<'f> {
    facts: &'f Facts<'f>,
    policies: Vec<PolicyReport>,
}

impl<'f> Reporter<'f> {
    pub(super) fn new(facts: &'f Facts<'f>) -> Self {
        Self {
            facts,
            policies: Vec::new(),
        }
    }

    pub(super) fn into_policies(self) -> Vec<PolicyReport> {
        self.policies
    }

    fn current(&mut self) -> Option<&mut StatementReport> {
        self.policies.last_mut()?.statements.last_mut()
    }
}

impl Observer for Reporter<'_> {
    const EVERYTHING: bool = true;

    fn policy(&mut self, layer: Layer, named: &Named<'_>) {
        self.policies.push(PolicyReport {
            layer,
            source: named.source.to_owned(),
            statements: Vec::new(),
        });
    }

    fn statement(&mut self, index: usize, statement: &Statement) {
        if let Some(policy) = self.policies.last_mut() {
            policy.statements.push(StatementReport {
                number: index + 1,
                sid: statement.sid.as_deref().map(str::to_owned),
                effect: match statement.effect {
                    Effect::Allow => "Allow",
                    Effect::Deny => "Deny",
                },
                matched: false,
                principal: None,
                action: ElementReport {
                    element: "Action",
                    matched: false,
                    policy: Vec::new(),
                    unresolved: Vec::new(),
                },
                resource: None,
                conditions: Vec::new(),
            });
        }
    }

    fn principal(&mut self, element: &PrincipalElement, naming: Option<Naming>) {
        let report = PrincipalReport {
            element: if element.negated {
                "NotPrincipal"
            } else {
                "Principal"
            },
            matched: naming.is_some(),
            names: match naming {
                None => Names::Nobody,
                Some(Naming::Account) => Names::Account,
                Some(Naming::Limited) => Names::CallerWithinSession,
                Some(Naming::Direct) => Names::Caller,
            },
            policy: element.texts.iter().map(|text| text.to_string()).collect(),
        };
        if let Some(statement) = self.current() {
            statement.principal = Some(report);
        }
    }

    fn action(&mut self, element: &ActionElement, matched: bool) {
        let report = ElementReport {
            element: if element.negated { "NotAction" } else { "Action" },
            matched,
            policy: element
                .patterns
                .iter()
                .map(|pattern| pattern.source().to_owned())
                .collect(),
            unresolved: Vec::new(),
        };
        if let Some(statement) = self.current() {
            statement.action = report;
        }
    }

    fn resource(&mut self, element: &ResourceElement, matched: bool) {
        let facts = self.facts;
        let patterns = || element.patterns.iter();
        let report = ElementReport {
            element: if element.negated {
                "NotResource"
            } else {
                "Resource"
            },
            matched,
            policy: patterns().map(|pattern| pattern.substituted(facts)).collect(),
            unresolved: patterns().flat_map(|pattern| pattern.unresolved(facts)).collect(),
        };
        if let Some(statement) = self.current() {
            statement.resource = Some(report);
        }
    }

    fn condition(&mut self, condition: &Condition, outcome: Outcome) {
        let facts = self.facts;
        let found = facts.values(&condition.key);
        let report = ConditionReport {
            operator: condition.operator().to_owned(),
            key: condition.key.to_string(),
            matched: outcome.holds(),
            policy: condition.substituted(facts),
            request: found.map(|found| found.as_slice().iter().map(|value| value.to_string()).collect()),
            unresolved: condition.unresolved(facts),
            why: why(condition, outcome),
        };
        if let Some(statement) = self.current() {
            statement.conditions.push(report);
        }
    }

    fn matched(&mut self, matched: bool) {
        if let Some(statement) = self.current() {
            statement.matched = matched;
        }
    }
}

fn why(condition: &Condition, outcome: Outcome) -> String {
    let key = &condition.key;
    if condition.base() == "Null" {
        return match outcome {
            Outcome::Absent(_) => format!("the request has no {key}"),
            Outcome::Compared(_) => format!("the request has {key}"),
        };
    }
    match outcome {
        Outcome::Absent(holds) => {
            let rule = match condition.quantifier() {
                _ if condition.if_exists() => "IfExists does not need it",
                Some(Quantifier::All) => "of none all values match",
                Some(Quantifier::Any) => "of none no value matches",
                None if holds => "a negated operator is met without it",
                None => "the operator needs it",
            };
            format!("the request has no {key}, and {rule}")
        }
        Outcome::Compared(holds) => {
            let text = match (condition.quantifier(), condition.negated(), holds) {
                (Some(Quantifier::All), false, true) => "every value of the request is one of the policy's",
                (Some(Quantifier::All), false, false) => "a value of the request is none of the policy's",
                (Some(Quantifier::All), true, true) => "no value of the request is one of the policy's",
                (Some(Quantifier::All), true, false) => "a value of the request is one of the policy's",
                (Some(Quantifier::Any), false, true) => "a value of the request is one of the policy's",
                (Some(Quantifier::Any), false, false) => "no value of the request is one of the policy's",
                (Some(Quantifier::Any), true, true) => "a value of the request is none of the policy's",
                (Some(Quantifier::Any), true, false) => "every value of the request is one of the policy's",
                (None, false, true) | (None, true, false) => {
                    "the request's value matches one of the policy's"
                }
                (None, false, false) | (None, true, true) => {
                    "the request's value matches none of the policy's"
                }
            };
            text.to_owned()
        }
    }
}

//! Looking at policies: the one path that both [`crate::decide`] and [`crate::explain`] take.
//!
//! An [`Observer`] sees every step. The one of a decision sees nothing and lets the rest of a statement, and of a
//! layer that has denied, go unread; the one of an explanation wants all of it. What was seen is joined to a
//! verdict by [`crate::decision`], which does not know who looked.

use std::borrow::Cow;

use crate::condition::{Condition, Outcome};
use crate::decision::{By, Layer, Named};
use crate::facts::Facts;
use crate::pattern::Case;
use crate::policy::{ActionElement, Effect, ResourceElement, Statement};
use crate::principal_element::{Naming, PrincipalElement};

/// Who looks on.
pub(crate) trait Observer {
    /// Whether everything is to be looked at, also what cannot change the outcome.
    const EVERYTHING: bool;
    fn policy(&mut self, _layer: Layer, _named: &Named<'_>) {}
    fn statement(&mut self, _index: usize, _statement: &Statement) {}
    fn principal(&mut self, _element: &PrincipalElement, _naming: Option<Naming>) {}
    fn action(&mut self, _element: &ActionElement, _matched: bool) {}
    fn resource(&mut self, _element: &ResourceElement, _matched: bool) {}
    fn condition(&mut self, _condition: &Condition, _outcome: Outcome) {}
    /// The end of a statement.
    fn matched(&mut self, _matched: bool) {}
}

/// The observer of a decision.
pub(crate) struct Nobody;

impl Observer for Nobody {
    const EVERYTHING: bool = false;
}

/// What a layer's policies say.
#[derive(Debug, Default)]
pub(crate) struct Survey<'a> {
    /// The first Deny that matches.
    pub(crate) deny: Option<By<'a>>,
    /// The Allow that matches and names the caller most strongly, the first of those.
    pub(crate) allow: Option<(Naming, By<'a>)>,
}

/// Looks at the policies of one layer.
pub(crate) fn survey<'a, O: Observer>(
    layer: Layer,
    policies: &[Named<'a>],
    facts: &Facts<'_>,
    observer: &mut O,
) -> Survey<'a> {
    let mut survey = Survey::default();
    for named in policies {
        observer.policy(layer, named);
        for (index, statement) in named.policy.statements().iter().enumerate() {
            let by = || By {
                layer,
                source: Cow::Borrowed(named.source),
                statement: index,
                sid: statement.sid.as_deref().map(Cow::Borrowed),
            };
            observer.statement(index, statement);
            // After the strongest Allow there is, only a Deny can change anything.
            let settled =
                statement.effect == Effect::Allow && matches!(survey.allow, Some((Naming::Direct, _)));
            if settled && !O::EVERYTHING {
                continue;
            }
            let naming = matches(statement, facts, observer);
            observer.matched(naming.is_some());
            match (statement.effect, naming) {
                (_, None) => {}
                (Effect::Deny, Some(_)) => {
                    survey.deny.get_or_insert_with(by);
                    if !O::EVERYTHING {
                        return survey;
                    }
                }
                (Effect::Allow, Some(naming)) => {
                    let stronger = survey.allow.as_ref().is_none_or(|(known, _)| naming > *known);
                    if stronger {
                        survey.allow = Some((naming, by()));
                    }
                }
            }
        }
    }
    survey
}

/// Whether a statement is about the question, and how strongly it names the caller; one without `Principal` names
/// it directly.
fn matches<O: Observer>(statement: &Statement, facts: &Facts<'_>, observer: &mut O) -> Option<Naming> {
    let action = action_matches(&statement.action, facts);
    observer.action(&statement.action, action);
    if !action && !O::EVERYTHING {
        return None;
    }
    let mut all = action;
    let mut naming = Some(Naming::Direct);
    if let Some(element) = &statement.principal {
        naming = element.applies(statement.effect, facts.question);
        observer.principal(element, naming);
        if naming.is_none() && !O::EVERYTHING {
            return None;
        }
    }
    if let Some(element) = &statement.resource {
        let matched = resource_matches(element, facts);
        observer.resource(element, matched);
        if !matched && !O::EVERYTHING {
            return None;
        }
        all &= matched;
    }
    for condition in &statement.conditions {
        let outcome = condition.evaluate(facts);
        observer.condition(condition, outcome);
        if !outcome.holds() && !O::EVERYTHING {
            return None;
        }
        all &= outcome.holds();
    }
    if all { naming } else { None }
}

fn action_matches(element: &ActionElement, facts: &Facts<'_>) -> bool {
    let mut patterns = element.patterns.iter();
    patterns.any(|pattern| pattern.matches(facts.question.action, Case::Ignore, facts)) != element.negated
}

fn resource_matches(element: &ResourceElement, facts: &Facts<'_>) -> bool {
    let mut patterns = element.patterns.iter();
    patterns.any(|pattern| pattern.matches(facts.resource.as_ref(), facts)) != element.negated
}

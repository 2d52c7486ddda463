//! The question, made ready: what every statement asks of it, worked out once.

use std::borrow::Cow;

use cairn_types::Arn;

use crate::context::Values;
use crate::decision::Question;
use crate::key::{Derived, Key};
use crate::pattern::Lookup;

/// The values of a key that is known.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    One(Cow<'a, str>),
    Many(&'a [Cow<'a, str>]),
}

impl<'a> Found<'a> {
    pub(crate) fn as_slice(&self) -> &[Cow<'a, str>] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

pub(crate) struct Facts<'a> {
    pub(crate) question: &'a Question<'a>,
    /// The resource's parts. A question about no resource asks as `arn:aws:SERVICE:::*` would, which `*` and a
    /// pattern of all of the service's resources match.
    pub(crate) resource: Option<[&'a str; 6]>,
}

impl<'a> Facts<'a> {
    pub(crate) fn of(question: &'a Question<'a>) -> Self {
        let resource = if question.resource == "*" {
            let service = question.action.split(':').next().unwrap_or_default();
            Some(["arn", "aws", service, "", "", "*"])
        } else {
            Arn::split(question.resource)
        };
        Self { question, resource }
    }

    /// The values of a key: those of the context, or what follows from the question. An empty list is as good as
    /// no key at all.
    pub(crate) fn values(&self, key: &Key) -> Option<Found<'_>> {
        match self.question.context.find(key) {
            Some(Values::One(value)) => return Some(Found::One(Cow::Borrowed(value))),
            Some(Values::Many(values)) if values.is_empty() => return None,
            Some(Values::Many(values)) => return Some(Found::Many(values)),
            None => {}
        }
        let principal = self.question.principal;
        let value = match key.derived? {
            Derived::PrincipalArn => Cow::Owned(principal.principal_arn()?),
            Derived::PrincipalAccount => principal.account()?.as_str().into(),
            Derived::PrincipalType => principal.kind().into(),
            Derived::UserId => principal.user_id(),
            Derived::UserName => principal.user_name()?.into(),
            Derived::ResourceAccount => self.question.resource_account?.as_str().into(),
        };
        Some(Found::One(value))
    }
}

impl Lookup for Facts<'_> {
    fn single(&self, key: &Key) -> Option<Cow<'_, str>> {
        match self.values(key)? {
            Found::One(value) => Some(value),
            // facts/05 §5: only single-valued keys are variables.
            Found::Many(_) => None,
        }
    }
}

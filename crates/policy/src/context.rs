//! What is known of a request beside principal, action and resource: values of condition keys.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::key::Key;

/// The values of one condition key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Values<'a> {
    /// A single-valued key.
    One(Cow<'a, str>),
    /// A key of many values, such as `aws:TagKeys`; may be empty.
    Many(Vec<Cow<'a, str>>),
}

impl<'a> Values<'a> {
    /// All values, as a slice.
    pub fn as_slice(&self) -> &[Cow<'a, str>] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

/// Condition keys with their values. Names are compared without regard to case, except the tag's key in
/// `s3:ExistingObjectTag/key` and `s3:RequestObjectTag/key`. Values are texts: numbers and booleans as in JSON,
/// times as ISO 8601 or seconds since the epoch, binary values as base64.
///
/// `aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:PrincipalType`, `aws:userid`, `aws:username`,
/// `aws:ResourceAccount` and `s3:ResourceAccount` follow from the question and need not be set; a value that is set
/// wins, as simulations want it. So never set a key whose *name* a client chooses outside the tag prefixes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context<'a> {
    entries: Vec<(Cow<'a, str>, Values<'a>)>,
}

impl<'a> Context<'a> {
    /// Nothing known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a single-valued key. Of two values of one name the last counts.
    pub fn set(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        self.entries.push((name.into(), Values::One(value.into())));
    }

    /// Sets a key of several values.
    pub fn set_many<V: Into<Cow<'a, str>>>(
        &mut self,
        name: impl Into<Cow<'a, str>>,
        values: impl IntoIterator<Item = V>,
    ) {
        let values = values.into_iter().map(Into::into).collect();
        self.entries.push((name.into(), Values::Many(values)));
    }

    /// [`Self::set`], to build in one expression.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        self.set(name, value);
        self
    }

    /// The values of a key.
    pub fn get(&self, name: &str) -> Option<&Values<'a>> {
        self.find(&Key::parse(name)?)
    }

    /// All that is known, in the order set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Values<'a>)> {
        self.entries.iter().map(|(name, values)| (&**name, values))
    }

    /// The same with texts of its own.
    pub fn into_owned(self) -> Context<'static> {
        let owned = |text: Cow<'a, str>| Cow::<'static, str>::Owned(text.into_owned());
        let entries = self
            .entries
            .into_iter()
            .map(|(name, values)| {
                let values = match values {
                    Values::One(value) => Values::One(owned(value)),
                    Values::Many(values) => Values::Many(values.into_iter().map(owned).collect()),
                };
                (owned(name), values)
            })
            .collect();
        Context { entries }
    }

    pub(crate) fn find(&self, key: &Key) -> Option<&Values<'a>> {
        let found = self.entries.iter().rev().find(|(name, _)| key.is(name));
        found.map(|(_, values)| values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_a_name_counts() {
        let mut context = Context::new().with("aws:SourceIp", "10.0.0.1");
        context.set("AWS:SOURCEIP", "10.0.0.2");
        context.set_many("aws:TagKeys", ["a", "b"]);
        assert_eq!(context.get("aws:sourceip"), Some(&Values::One("10.0.0.2".into())));
        assert_eq!(context.get("aws:TagKeys").unwrap().as_slice().len(), 2);
        assert_eq!(context.get("aws:Nothing"), None);
        assert_eq!(context.clone().into_owned(), context);
    }
}

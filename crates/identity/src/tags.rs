//! Tags of users, roles, policies, devices, providers and sessions: up to 50, and no two keys that differ in case
//! only (facts/05 §3, §4).

use cairn_types::Tag;
use serde::{Deserialize, Serialize};

use crate::{Error, Quota};

/// A set of tags, in the order they came.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tags(Vec<Tag>);

impl Tags {
    /// Most tags in one set.
    pub const MAX: usize = 50;

    /// The tags.
    pub fn as_slice(&self) -> &[Tag] {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a key, in any case.
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|tag| tag.key.eq_ignore_ascii_case(key))?;
        Some(&found.value)
    }

    /// Adds tags; one whose key is there gets the new value.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] where two of the new ones have the same key; [`Quota::Tags`].
    pub fn add(&mut self, tags: Vec<Tag>) -> Result<(), Error> {
        for (index, tag) in tags.iter().enumerate() {
            if tags
                .iter()
                .take(index)
                .any(|earlier| earlier.key.eq_ignore_ascii_case(&tag.key))
            {
                return Err(Error::InvalidInput(
                    "Duplicate tag keys found. Please note that Tag keys are case insensitive.".to_owned(),
                ));
            }
        }
        self.overlay(&tags);
        if self.0.len() > Self::MAX {
            return Err(Error::LimitExceeded(Quota::Tags, Self::MAX));
        }
        Ok(())
    }

    /// Adds the tags of another set, which win: those of a session over its role's. Together they may be more than
    /// [`Self::MAX`].
    pub fn overlay(&mut self, tags: &[Tag]) {
        for tag in tags {
            match self
                .0
                .iter_mut()
                .find(|known| known.key.eq_ignore_ascii_case(&tag.key))
            {
                Some(known) => *known = tag.clone(),
                None => self.0.push(tag.clone()),
            }
        }
    }

    /// Removes the tags with these keys; one that is not there is no error.
    pub fn remove(&mut self, keys: &[String]) {
        self.0
            .retain(|tag| !keys.iter().any(|key| key.eq_ignore_ascii_case(&tag.key)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag {
            key: key.to_owned(),
            value: value.to_owned(),
        }
    }

    #[test]
    fn keys_are_the_same_in_any_case() {
        let mut tags = Tags::default();
        tags.add(vec![tag("Dept", "1"), tag("cost", "2")]).unwrap();
        tags.add(vec![tag("dept", "3")]).unwrap();
        assert_eq!(tags.get("DEPT"), Some("3"));
        assert_eq!(tags.as_slice().len(), 2);
        assert!(matches!(
            tags.add(vec![tag("a", ""), tag("A", "")]),
            Err(Error::InvalidInput(_))
        ));
        tags.remove(&["DEPT".to_owned(), "none".to_owned()]);
        assert_eq!(tags.get("dept"), None);
    }

    #[test]
    fn fifty_and_no_more() {
        let mut tags = Tags::default();
        tags.add((0..50).map(|n| tag(&format!("k{n}"), "")).collect())
            .unwrap();
        let one_more = tags.add(vec![tag("k50", "")]);
        assert!(matches!(one_more, Err(Error::LimitExceeded(Quota::Tags, 50))));
    }
}

//! Session tags, and how they go from a role session to the next (facts/05 §4).

use cairn_identity::{Signer, Tags};
use cairn_types::Tag;

use super::error::invalid_parameter_value;
use crate::services::query::QueryError;

/// The tags of a new session.
#[derive(Debug, Default)]
pub(super) struct SessionTags {
    pub(super) tags: Tags,
    /// Those of them that go on to the session after.
    pub(super) transitive: Vec<String>,
}

impl SessionTags {
    /// Those asked for, and those that the caller's session hands on.
    ///
    /// # Errors
    /// `InvalidParameterValue` with the three texts of facts/05 §4; `LimitExceeded` with more than 50.
    pub(super) fn new(
        caller: Option<&Signer>,
        requested: Vec<Tag>,
        transitive: Vec<String>,
    ) -> Result<Self, QueryError> {
        let is_same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        let duplicate = requested.iter().enumerate().any(|(index, tag)| {
            requested
                .iter()
                .take(index)
                .any(|earlier| is_same(&earlier.key, &tag.key))
        });
        if duplicate {
            return Err(invalid_parameter_value(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
        if !transitive
            .iter()
            .all(|key| requested.iter().any(|tag| is_same(&tag.key, key)))
        {
            return Err(invalid_parameter_value(
                "The specified transitive tag key must be included in the requested tags.",
            ));
        }
        let inherited = caller.and_then(|signer| signer.session.as_ref());
        let inherited: Vec<Tag> = inherited
            .map(|session| {
                let keys = &session.transitive_tag_keys;
                let tags = session.tags.as_slice().iter();
                tags.filter(|tag| keys.iter().any(|key| is_same(key, &tag.key)))
                    .cloned()
                    .collect()
            })
            .unwrap_or_default();
        if inherited
            .iter()
            .any(|tag| requested.iter().any(|asked| is_same(&asked.key, &tag.key)))
        {
            return Err(invalid_parameter_value(
                "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag \
                 key from the calling session.",
            ));
        }
        let mut keys: Vec<String> = inherited.iter().map(|tag| tag.key.clone()).collect();
        keys.extend(transitive);
        let mut tags = Tags::default();
        tags.add(inherited)?;
        tags.add(requested)?;
        Ok(Self {
            tags,
            transitive: keys,
        })
    }
}

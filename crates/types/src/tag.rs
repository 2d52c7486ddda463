//! Tags of buckets and objects (facts/06 §6).

use serde::{Deserialize, Serialize};

/// One tag; see [`TagSet`] for the rules its texts keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// 1 to 128 characters.
    pub key: String,
    /// 0 to 256 characters.
    pub value: String,
}

/// A validated set of tags, in the order given.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TagSet(Vec<Tag>);

/// What carries the tags: the limits and some messages differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tagged {
    /// At most 50 tags.
    Bucket,
    /// At most 10 tags.
    Object,
}

impl Tagged {
    /// Most tags in one set.
    pub fn tags_max(self) -> usize {
        match self {
            Self::Bucket => 50,
            Self::Object => 10,
        }
    }
}

/// Why a set of tags is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTagSet {
    /// More tags than [`Tagged::tags_max`].
    #[error("too many tags")]
    TooMany(Tagged),
    /// A key that is empty, too long or has a character outside the allowed set.
    #[error("the TagKey {0:?} is invalid")]
    Key(String),
    /// A value that is too long or has a character outside the allowed set: the tag's key, the value.
    #[error("the TagValue {1:?} is invalid")]
    Value(String, String),
    /// Two tags with this key.
    #[error("multiple tags with the key {0:?}")]
    Duplicate(String),
    /// A key that begins with `aws:`, which is Amazon's own.
    #[error("the key {1:?} begins with aws:")]
    System(Tagged, String),
}

fn allowed(text: &str) -> bool {
    // Unicode letters, digits, white space and + - = . _ : / @ (Amazon's documented pattern).
    text.chars()
        .all(|c| c.is_alphanumeric() || c.is_whitespace() || "+-=._:/@".contains(c))
}

impl TagSet {
    /// Longest key in characters.
    pub const KEY_CHARS_MAX: usize = 128;
    /// Longest value in characters.
    pub const VALUE_CHARS_MAX: usize = 256;

    /// Validates a set.
    pub fn new(tagged: Tagged, tags: Vec<Tag>) -> Result<Self, InvalidTagSet> {
        if tags.len() > tagged.tags_max() {
            return Err(InvalidTagSet::TooMany(tagged));
        }
        for (index, tag) in tags.iter().enumerate() {
            let chars = tag.key.chars().count();
            if chars == 0 || chars > Self::KEY_CHARS_MAX || !allowed(&tag.key) {
                return Err(InvalidTagSet::Key(tag.key.clone()));
            }
            if tag.value.chars().count() > Self::VALUE_CHARS_MAX || !allowed(&tag.value) {
                return Err(InvalidTagSet::Value(tag.key.clone(), tag.value.clone()));
            }
            if tags[..index].iter().any(|earlier| earlier.key == tag.key) {
                return Err(InvalidTagSet::Duplicate(tag.key.clone()));
            }
            if tag
                .key
                .get(..4)
                .is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
            {
                return Err(InvalidTagSet::System(tagged, tag.key.clone()));
            }
        }
        Ok(Self(tags))
    }

    /// The tags.
    pub fn as_slice(&self) -> &[Tag] {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidTagSet, Tag, TagSet, Tagged};

    fn tag(key: &str, value: &str) -> Tag {
        Tag {
            key: key.into(),
            value: value.into(),
        }
    }

    #[test]
    fn limits_and_characters() {
        let many = |n: usize| (0..n).map(|i| tag(&format!("k{i}"), "v")).collect::<Vec<_>>();
        assert!(TagSet::new(Tagged::Object, many(10)).is_ok());
        assert_eq!(
            TagSet::new(Tagged::Object, many(11)),
            Err(InvalidTagSet::TooMany(Tagged::Object))
        );
        assert!(TagSet::new(Tagged::Bucket, many(50)).is_ok());
        assert!(TagSet::new(Tagged::Bucket, many(51)).is_err());
        assert!(TagSet::new(Tagged::Object, vec![tag("grün +-=._:/@", "")]).is_ok());
        for bad in [tag("", "v"), tag("a&b", "v"), tag(&"k".repeat(129), "v")] {
            assert!(matches!(
                TagSet::new(Tagged::Object, vec![bad]),
                Err(InvalidTagSet::Key(_))
            ));
        }
        for bad in [tag("k", "v?"), tag("k", &"v".repeat(257))] {
            assert!(matches!(
                TagSet::new(Tagged::Object, vec![bad]),
                Err(InvalidTagSet::Value(_, _))
            ));
        }
        let twice = vec![tag("k", "1"), tag("k", "2")];
        assert_eq!(
            TagSet::new(Tagged::Object, twice),
            Err(InvalidTagSet::Duplicate("k".into()))
        );
        let system = TagSet::new(Tagged::Bucket, vec![tag("aws:x", "1")]);
        assert_eq!(system, Err(InvalidTagSet::System(Tagged::Bucket, "aws:x".into())));
    }
}

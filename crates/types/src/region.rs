//! Region names.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// The name of a region: 1 to 63 of `[a-z0-9-]`, a letter or digit at both ends: one DNS label, because
/// endpoint names contain it (facts/01 §1). Any such name may be configured. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct RegionName(Arc<str>);

/// Not a region name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a region name has 1 to 63 lower-case letters, digits and inner hyphens")]
pub struct InvalidRegionName;

impl RegionName {
    /// The region of the global endpoint, and the one whose buckets have an empty location.
    pub const US_EAST_1: &'static str = "us-east-1";

    /// Validates a name.
    pub fn parse(text: &str) -> Result<Self, InvalidRegionName> {
        let bytes = text.as_bytes();
        let valid = (1..=63).contains(&bytes.len())
            && bytes
                .iter()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && bytes.first() != Some(&b'-')
            && bytes.last() != Some(&b'-');
        if valid {
            Ok(Self(text.into()))
        } else {
            Err(InvalidRegionName)
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `us-east-1`, which the S3 contract treats apart.
    pub fn is_us_east_1(&self) -> bool {
        &*self.0 == Self::US_EAST_1
    }
}

impl fmt::Display for RegionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for RegionName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl TryFrom<String> for RegionName {
    type Error = InvalidRegionName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<RegionName> for String {
    fn from(name: RegionName) -> Self {
        name.0.as_ref().to_owned()
    }
}

//! Part numbers of multipart uploads (facts/06 §8).

use std::fmt;

use serde::{Deserialize, Serialize};

/// 1 to 10000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct PartNumber(u16);

/// Not a part number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Part number must be an integer between 1 and 10000, inclusive")]
pub struct InvalidPartNumber;

impl PartNumber {
    /// The first part.
    pub const MIN: Self = Self(1);
    /// The last part an upload can have.
    pub const MAX: Self = Self(10_000);

    /// Validates the number.
    pub fn new(number: u64) -> Result<Self, InvalidPartNumber> {
        match u16::try_from(number) {
            Ok(number) if (1..=10_000).contains(&number) => Ok(Self(number)),
            _ => Err(InvalidPartNumber),
        }
    }

    /// The number.
    pub fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for PartNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<u16> for PartNumber {
    type Error = InvalidPartNumber;
    fn try_from(number: u16) -> Result<Self, Self::Error> {
        Self::new(number.into())
    }
}

impl From<PartNumber> for u16 {
    fn from(number: PartNumber) -> Self {
        number.0
    }
}

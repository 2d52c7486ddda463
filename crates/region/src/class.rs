//! Launch classes: which regions came before 20 March 2019.

use std::fmt;
use std::str::FromStr;

use cairn_types::RegionName;

/// When a region was launched, which decides what a wrong endpoint answers (facts/02 §1) and whether an
/// account must enable the region first (facts/01 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LaunchClass {
    /// Launched before 2019-03-20: wrong endpoints redirect; always enabled.
    Before20190320,
    /// Launched later: wrong endpoints answer 400; accounts opt in.
    OptIn,
}

/// What is known of a region of Amazon's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Launched before 2019-03-20, and so old that a 301 shows its endpoint with a dash, `s3-R` (facts/01
    /// §3: wire captures up to 2022).
    Dashed,
    /// Launched before 2019-03-20; those of other partitions have no opt-in either.
    Old,
    /// Launched later.
    New,
}

use Kind::{Dashed, New, Old};

/// Amazon's regions (facts/01 §2).
const AMAZON: &[(&str, Kind)] = &[
    ("af-south-1", New),
    ("ap-east-1", New),
    ("ap-east-2", New),
    ("ap-northeast-1", Dashed),
    ("ap-northeast-2", Old),
    ("ap-northeast-3", Old),
    ("ap-south-1", Old),
    ("ap-south-2", New),
    ("ap-southeast-1", Dashed),
    ("ap-southeast-2", Dashed),
    ("ap-southeast-3", New),
    ("ap-southeast-4", New),
    ("ap-southeast-5", New),
    ("ap-southeast-6", New),
    ("ap-southeast-7", New),
    ("ca-central-1", Old),
    ("ca-west-1", New),
    ("cn-north-1", Old),
    ("cn-northwest-1", Old),
    ("eu-central-1", Old),
    ("eu-central-2", New),
    ("eu-north-1", Old),
    ("eu-south-1", New),
    ("eu-south-2", New),
    ("eu-west-1", Dashed),
    ("eu-west-2", Old),
    ("eu-west-3", Old),
    ("eusc-de-east-1", New),
    ("il-central-1", New),
    ("me-central-1", New),
    ("me-south-1", New),
    ("me-west-1", New),
    ("mx-central-1", New),
    ("sa-east-1", Dashed),
    ("sa-west-1", New),
    ("us-east-1", Old),
    ("us-east-2", Old),
    ("us-gov-east-1", Old),
    ("us-gov-west-1", Dashed),
    ("us-west-1", Dashed),
    ("us-west-2", Dashed),
];

fn kind(name: &RegionName) -> Option<Kind> {
    let found = AMAZON.iter().find(|(known, _)| *known == name.as_str());
    found.map(|(_, kind)| *kind)
}

/// Whether Amazon has a region of that name.
pub fn is_amazons(name: &RegionName) -> bool {
    kind(name).is_some()
}

impl LaunchClass {
    /// The class of Amazon's region of that name; a name that is not Amazon's is of the first class, so
    /// that a private region is a plain one unless it is told otherwise.
    pub fn of(name: &RegionName) -> Self {
        match kind(name) {
            Some(New) => Self::OptIn,
            Some(Old | Dashed) | None => Self::Before20190320,
        }
    }

    /// As the configuration writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Before20190320 => "before-2019-03-20",
            Self::OptIn => "opt-in",
        }
    }
}

impl fmt::Display for LaunchClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for LaunchClass {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Before20190320, Self::OptIn]
            .into_iter()
            .find(|class| class.as_str() == text)
            .ok_or_else(|| "a launch class is before-2019-03-20 or opt-in".to_owned())
    }
}

/// Whether Amazon shows this region's endpoint with a dash.
pub(crate) fn shows_dash(name: &RegionName) -> bool {
    kind(name) == Some(Dashed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> LaunchClass {
        LaunchClass::of(&RegionName::parse(name).unwrap())
    }

    /// facts/01 §2.
    #[test]
    fn amazons_regions_know_their_class() {
        assert_eq!(of("us-east-1"), LaunchClass::Before20190320);
        assert_eq!(of("ap-northeast-3"), LaunchClass::Before20190320);
        assert_eq!(of("ap-southeast-3"), LaunchClass::OptIn);
        assert_eq!(of("af-south-1"), LaunchClass::OptIn);
        assert_eq!(of("ap-east-1"), LaunchClass::OptIn);
        assert_eq!(of("basement"), LaunchClass::Before20190320);
        assert!(AMAZON.is_sorted_by_key(|(name, _)| *name));
        assert!(is_amazons(&RegionName::parse("eusc-de-east-1").unwrap()));
        assert!(!is_amazons(&RegionName::parse("basement").unwrap()));
    }

    #[test]
    fn a_class_is_written_as_it_is_read() {
        for class in [LaunchClass::Before20190320, LaunchClass::OptIn] {
            assert_eq!(class.to_string().parse(), Ok(class));
        }
        assert!("new".parse::<LaunchClass>().is_err());
    }
}

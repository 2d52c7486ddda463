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

/// Amazon's regions of the first class (facts/01 §2); those of other partitions have no opt-in either.
const BEFORE: &[&str] = &[
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// Regions whose 301 shows the endpoint with a dash, `s3-R` (facts/01 §3: wire captures up to 2022).
const DASH: &[&str] = &[
    "ap-northeast-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "eu-west-1",
    "sa-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

impl LaunchClass {
    /// The class of Amazon's region of that name; a name that is not Amazon's is of the first class, so
    /// that a private region is a plain one unless it is told otherwise.
    pub fn of(name: &RegionName) -> Self {
        let name = name.as_str();
        if BEFORE.contains(&name) || !RegionName::AMAZON.contains(&name) {
            Self::Before20190320
        } else {
            Self::OptIn
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
    DASH.contains(&name.as_str())
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
        for name in BEFORE.iter().chain(DASH) {
            assert!(RegionName::AMAZON.contains(name), "{name}");
        }
    }

    #[test]
    fn a_class_is_written_as_it_is_read() {
        for class in [LaunchClass::Before20190320, LaunchClass::OptIn] {
            assert_eq!(class.to_string().parse(), Ok(class));
        }
        assert!("new".parse::<LaunchClass>().is_err());
    }
}

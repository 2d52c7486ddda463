//! Opt-in regions: whether an account may use a region (facts/01 §2).
//!
//! Regions launched before 2019-03-20 are there for every account. Those launched later are there for
//! the accounts that enabled them; what an account that never chose has is a setting of the deployment,
//! [`OptInDefault`]. A deployment's default region is always on, whatever its class: the global endpoint
//! and the Account API itself are there, and a deployment of one opt-in region must be usable.
//!
//! The words are those of Amazon's Account API (`RegionOptStatus` of the model). Amazon takes minutes to
//! hours to enable a region; here a choice holds at once, so nothing is ever ENABLING or DISABLING.

use std::fmt;
use std::str::FromStr;

use cairn_types::RegionName;

use crate::{LaunchClass, Regions};

/// Whether an account may use a region, in the words of the Account API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OptStatus {
    /// An opt-in region that is on.
    Enabled,
    /// On its way to [`Self::Enabled`]: never so here.
    Enabling,
    /// On its way to [`Self::Disabled`]: never so here.
    Disabling,
    /// An opt-in region that is off.
    Disabled,
    /// A region that cannot be turned off.
    EnabledByDefault,
}

impl OptStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::Enabled,
        Self::Enabling,
        Self::Disabling,
        Self::Disabled,
        Self::EnabledByDefault,
    ];

    /// As the Account API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "ENABLED",
            Self::Enabling => "ENABLING",
            Self::Disabling => "DISABLING",
            Self::Disabled => "DISABLED",
            Self::EnabledByDefault => "ENABLED_BY_DEFAULT",
        }
    }

    /// Whether the account may use the region now: not before enabling has ended, nor while disabling.
    pub fn is_on(self) -> bool {
        matches!(self, Self::Enabled | Self::EnabledByDefault)
    }
}

impl fmt::Display for OptStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for OptStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| format!("not one of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

/// What an account that never chose has of opt-in regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OptInDefault {
    /// They are on.
    Enabled,
    /// They are off, as at Amazon.
    #[default]
    Disabled,
}

impl OptInDefault {
    /// As the configuration writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }
}

impl fmt::Display for OptInDefault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for OptInDefault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Enabled, Self::Disabled]
            .into_iter()
            .find(|default| default.as_str() == text)
            .ok_or_else(|| "opt-in regions are enabled or disabled".to_owned())
    }
}

/// Whether every account always has this region: nobody's choice need be looked up.
pub fn is_always_on(regions: &Regions, name: &RegionName) -> bool {
    regions.class(name) == LaunchClass::Before20190320 || regions.default_region().name == *name
}

/// The status of a region for an account whose choice is `choice` (`None`: it never chose). A choice
/// about a region that is always on says nothing; one that was made while the region had another class
/// comes to life with that class.
pub fn opt_status(
    regions: &Regions,
    name: &RegionName,
    default: OptInDefault,
    choice: Option<bool>,
) -> OptStatus {
    if is_always_on(regions, name) {
        return OptStatus::EnabledByDefault;
    }
    if choice.unwrap_or(default == OptInDefault::Enabled) {
        OptStatus::Enabled
    } else {
        OptStatus::Disabled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Region;

    fn name(name: &str) -> RegionName {
        RegionName::parse(name).unwrap()
    }

    fn regions(names: &[&str]) -> Regions {
        let regions = names.iter().map(|one| Region::new(name(one))).collect();
        Regions::new(regions, "localhost").unwrap()
    }

    #[test]
    fn every_combination_of_class_default_and_choice() {
        use OptInDefault::{Disabled, Enabled};
        let regions = regions(&["us-east-1", "eu-west-1", "ap-southeast-3"]);
        for (region, default, choice, status) in [
            ("eu-west-1", Disabled, None, OptStatus::EnabledByDefault),
            ("eu-west-1", Disabled, Some(false), OptStatus::EnabledByDefault),
            ("us-east-1", Disabled, Some(false), OptStatus::EnabledByDefault),
            ("ap-southeast-3", Disabled, None, OptStatus::Disabled),
            ("ap-southeast-3", Disabled, Some(true), OptStatus::Enabled),
            ("ap-southeast-3", Disabled, Some(false), OptStatus::Disabled),
            ("ap-southeast-3", Enabled, None, OptStatus::Enabled),
            ("ap-southeast-3", Enabled, Some(true), OptStatus::Enabled),
            ("ap-southeast-3", Enabled, Some(false), OptStatus::Disabled),
        ] {
            let found = opt_status(&regions, &name(region), default, choice);
            assert_eq!(found, status, "{region} {default} {choice:?}");
            assert_eq!(found.is_on(), found != OptStatus::Disabled);
        }
    }

    #[test]
    fn the_default_region_is_on_whatever_its_class() {
        let regions = regions(&["af-south-1", "ap-southeast-3"]);
        let status = |region| opt_status(&regions, &name(region), OptInDefault::Disabled, Some(false));
        assert_eq!(status("af-south-1"), OptStatus::EnabledByDefault);
        assert_eq!(status("ap-southeast-3"), OptStatus::Disabled);
    }

    #[test]
    fn words_are_read_as_written() {
        for status in OptStatus::ALL {
            assert_eq!(status.to_string().parse(), Ok(status));
        }
        assert!(!OptStatus::Enabling.is_on() && !OptStatus::Disabling.is_on());
        assert!("enabled".parse::<OptStatus>().is_err());
        for default in [OptInDefault::Enabled, OptInDefault::Disabled] {
            assert_eq!(default.to_string().parse(), Ok(default));
        }
        assert!("on".parse::<OptInDefault>().is_err());
    }
}

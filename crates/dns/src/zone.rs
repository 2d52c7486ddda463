//! The zone: what a name means, and what it is answered with.
//!
//! A name is read by the grammar of `Host` headers ([`Endpoints::host`]), so DNS and the server can never
//! disagree about what is an endpoint. [`Zone::locate`] finds the rule for a name and the addresses it
//! leads to; [`Zone::answer`] makes records of them. Only a bucket's global name needs the directory
//! (facts/01 §4). Nothing is cached here and nothing is stored: the zone is a function of its regions,
//! the directory, what is in service and the time.

mod records;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use cairn_protocol::address::{Endpoint, Endpoints};
use cairn_region::{Directory, DirectoryError, LaunchClass, Regions};
use cairn_types::{BucketName, Clock, RegionName, Timestamp};
use hickory_proto::rr::Name;

use crate::facilities::Facilities;
use crate::settings::Settings;

pub(crate) use records::Answer;
use records::{Identity, Rotation};

/// Why a name has the addresses it has, or has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// An endpoint of this region, or a bucket's name under it: the region's, wherever the bucket is and
    /// whether or not it exists (facts/01 §4).
    Endpoint(RegionName),
    /// An endpoint whose name means no region (`s3.DOMAIN`, `sts.DOMAIN`, `iam.DOMAIN`, …): the default
    /// region's.
    Default(RegionName),
    /// The global name of a bucket whose record is published: the home region's.
    Published {
        /// The bucket's home.
        home: RegionName,
        /// When the record was published.
        since: Timestamp,
    },
    /// The global name of a bucket whose record is not published yet: the default region's.
    Unpublished {
        /// The bucket's home.
        home: RegionName,
        /// When the record will be published.
        until: Timestamp,
        /// Where the name leads until then.
        default: RegionName,
    },
    /// The global name of a bucket in a region launched after 2019-03-20, which is never published: the
    /// default region's.
    OptInHome {
        /// The bucket's home.
        home: RegionName,
        /// Where the name leads.
        default: RegionName,
    },
    /// The global name of a bucket whose home is not a region of this deployment: the default region's.
    UnservedHome {
        /// The bucket's home.
        home: RegionName,
        /// Where the name leads.
        default: RegionName,
    },
    /// The global name of no bucket: the default region's.
    NoBucket(RegionName),
    /// A name server of the zone.
    Nameserver,
    /// The domain itself: it exists, without addresses.
    Apex,
    /// A name that exists only because there are names below it (RFC 8020): no addresses.
    Parent,
    /// There is no such name in the zone.
    NoSuchName,
    /// The name is not in the zone: this server is not the one to ask.
    Foreign,
}

impl Rule {
    /// The region whose addresses the name has; `None` where it has none of a region.
    pub fn region(&self) -> Option<&RegionName> {
        match self {
            Self::Endpoint(region)
            | Self::Default(region)
            | Self::NoBucket(region)
            | Self::Published { home: region, .. }
            | Self::Unpublished { default: region, .. }
            | Self::OptInHome { default: region, .. }
            | Self::UnservedHome { default: region, .. } => Some(region),
            Self::Nameserver | Self::Apex | Self::Parent | Self::NoSuchName | Self::Foreign => None,
        }
    }
}

/// The rule in a sentence, for the operator.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint(region) => write!(f, "the name is of an endpoint of {region}"),
            Self::Default(region) => {
                write!(
                    f,
                    "the endpoint's name means no region, so it leads to the default region {region}"
                )
            }
            Self::Published { home, since } => {
                write!(
                    f,
                    "the bucket's global name leads to its home {home}, published {since}"
                )
            }
            Self::Unpublished { home, until, default } => write!(
                f,
                "the bucket's home is {home}, which is published {until}; until then its global name leads to \
                 the default region {default}"
            ),
            Self::OptInHome { home, default } => write!(
                f,
                "the bucket's home {home} was launched after 2019-03-20, so its global name stays with the \
                 default region {default}"
            ),
            Self::UnservedHome { home, default } => write!(
                f,
                "the bucket's home {home} is not a region of this deployment, so its global name leads to the \
                 default region {default}"
            ),
            Self::NoBucket(default) => write!(
                f,
                "there is no bucket of that name, so its global name leads to the default region {default}"
            ),
            Self::Nameserver => f.write_str("the name is of a name server of the zone"),
            Self::Apex => f.write_str("the name is the domain itself, which has no addresses"),
            Self::Parent => f.write_str("the name has no records of its own, only names below it"),
            Self::NoSuchName => f.write_str("there is no such name in the zone"),
            Self::Foreign => f.write_str("the name is not in the zone"),
        }
    }
}

/// Where a name leads now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// By which rule.
    pub rule: Rule,
    /// The addresses it is answered with, IPv4 and IPv6, before rotation.
    pub addresses: Vec<IpAddr>,
}

/// What cannot be a zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidZone {
    /// The domain is not a DNS name.
    #[error("the domain {0:?} is not a DNS name")]
    Domain(String),
    /// A name server's name is not a DNS name.
    #[error("the name server {0:?} is not a DNS name")]
    Nameserver(String),
    /// A name server inside the zone has a name that means something else.
    #[error("the name server {0:?} cannot have the name of an endpoint or of the domain itself")]
    NameserverTaken(String),
    /// More than [`Settings::NAMESERVERS_MAX`].
    #[error("there are more than {max} name servers", max = Settings::NAMESERVERS_MAX)]
    NameserversMany,
    /// The contact is not a mailbox.
    #[error("the contact {0:?} is not a mailbox such as hostmaster@example.com")]
    Contact(String),
    /// A duration is over its limit.
    #[error("{0} is longer than {limit} seconds", limit = .1.as_secs())]
    TooLong(&'static str, Duration),
}

/// The zone of a deployment's domain.
pub struct Zone {
    regions: Arc<Regions>,
    directory: Arc<dyn Directory>,
    facilities: Arc<dyn Facilities>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    endpoints: Endpoints,
    apex: Name,
    identity: Identity,
    rotation: Rotation,
    /// The second in which a failure of the directory was logged last.
    logged: AtomicU64,
}

impl Zone {
    /// Most addresses of one answer; of a region with more, rotation gives each its turn.
    pub const ADDRESSES_MAX: usize = 64;

    /// The zone of `regions.domain()`.
    ///
    /// # Errors
    /// [`InvalidZone`].
    pub fn new(
        regions: Arc<Regions>,
        directory: Arc<dyn Directory>,
        facilities: Arc<dyn Facilities>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Result<Self, InvalidZone> {
        for (what, duration, max) in [
            ("the time to live", settings.ttl, Settings::TTL_MAX),
            (
                "the negative time to live",
                settings.negative_ttl,
                Settings::TTL_MAX,
            ),
            (
                "the propagation time",
                settings.propagation,
                Settings::PROPAGATION_MAX,
            ),
        ] {
            if duration > max {
                return Err(InvalidZone::TooLong(what, max));
            }
        }
        let domain = regions.domain();
        let endpoints = Endpoints::new(domain);
        let apex = name(domain).ok_or_else(|| InvalidZone::Domain(domain.to_owned()))?;
        let identity = Identity::new(&endpoints, &settings)?;
        Ok(Self {
            regions,
            directory,
            facilities,
            clock,
            settings,
            endpoints,
            apex,
            identity,
            rotation: Rotation::default(),
            logged: AtomicU64::new(0),
        })
    }

    /// Where `host` leads now, and by which rule. `host` is a name as a `Host` header has it: in any
    /// letter case, with or without a port and a trailing dot.
    ///
    /// # Errors
    /// [`DirectoryError`]: DNS answers SERVFAIL then.
    pub async fn locate(&self, host: &str) -> Result<Located, DirectoryError> {
        let host = match host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => host,
        };
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        let domain = self.endpoints.domain();
        let inside = host == domain
            || host
                .strip_suffix(domain)
                .is_some_and(|rest| rest.ends_with('.') && rest.len() > 1);
        let rule = if inside {
            self.rule(&host).await?
        } else {
            Rule::Foreign
        };
        Ok(self.located(rule, &host))
    }

    fn located(&self, rule: Rule, host: &str) -> Located {
        let addresses = match (rule.region(), &rule) {
            (Some(region), _) => self.facilities.addresses(region),
            (None, Rule::Nameserver) => self.nameserver_addresses(host),
            (None, _) => Vec::new(),
        };
        Located { rule, addresses }
    }

    /// The rule for a host at or below the domain, in lower case, without port and trailing dot.
    async fn rule(&self, host: &str) -> Result<Rule, DirectoryError> {
        if host == self.endpoints.domain() {
            return Ok(Rule::Apex);
        }
        // Whatever else a label may contain on the wire, dots and colons too, no name here contains. Nor is
        // there a name too long for the wire.
        if name(host).is_none() {
            return Ok(Rule::NoSuchName);
        }
        if self.identity.serves(host) {
            return Ok(Rule::Nameserver);
        }
        let read = self.endpoints.host(Some(host));
        if let (Endpoint::Global, Some(bucket)) = (read.endpoint(), read.prefix()) {
            return self.global_name(bucket).await;
        }
        Ok(match self.endpoint(read.endpoint()) {
            Some(rule) => rule,
            None if self.is_parent(host) => Rule::Parent,
            None => Rule::NoSuchName,
        })
    }

    /// The rule for an endpoint's name; `None` where this deployment has no such endpoint.
    fn endpoint(&self, endpoint: &Endpoint) -> Option<Rule> {
        if *endpoint == Endpoint::Own {
            return None;
        }
        if let Some(region) = self.regions.meant_by(endpoint) {
            let name = region.name.clone();
            return Some(match endpoint {
                Endpoint::Global => Rule::Default(name),
                _ => Rule::Endpoint(name),
            });
        }
        // A region that is not of this deployment has no names; an endpoint of no region is at the default,
        // and so is the Account API, whose one regional name is of us-east-1 whatever regions there are.
        let everywhere = match endpoint {
            Endpoint::Account(Some(region)) => region.is_us_east_1(),
            other => other.region().is_none(),
        };
        everywhere.then(|| Rule::Default(self.regions.default_region().name.clone()))
    }

    /// The global name of a bucket (facts/01 §4).
    async fn global_name(&self, bucket: &str) -> Result<Rule, DirectoryError> {
        let default = self.regions.default_region().name.clone();
        let Ok(bucket) = BucketName::parse(bucket) else {
            return Ok(Rule::NoBucket(default));
        };
        let limit = self.settings.directory_timeout;
        let home = tokio::time::timeout(limit, self.directory.home(&bucket))
            .await
            .map_err(|_| DirectoryError(format!("no answer within {} ms", limit.as_millis())))??;
        let Some(home) = home else {
            return Ok(Rule::NoBucket(default));
        };
        if self.regions.get(&home.region).is_none() {
            return Ok(Rule::UnservedHome {
                home: home.region,
                default,
            });
        }
        if self.regions.class(&home.region) == LaunchClass::OptIn {
            return Ok(Rule::OptInHome {
                home: home.region,
                default,
            });
        }
        let delay = u64::try_from(self.settings.propagation.as_micros()).unwrap_or(u64::MAX);
        let published = Timestamp::from_micros(home.created.micros().saturating_add(delay));
        Ok(if published <= self.clock.now() {
            Rule::Published {
                home: home.region,
                since: published,
            }
        } else {
            Rule::Unpublished {
                home: home.region,
                until: published,
                default,
            }
        })
    }

    /// Whether there are names below a host that is no name of its own. The grammar is asked, with every
    /// beginning a name can have where its rest is none: no second list of endpoint names.
    fn is_parent(&self, host: &str) -> bool {
        const BEGINNINGS: &[&str] = &[
            "s3",
            "s3-accelerate",
            "account",
            "x",
            "x.mrap",
            "x.mrap.accesspoint",
        ];
        let below = |beginning: &&str| {
            let read = self.endpoints.host(Some(&format!("{beginning}.{host}")));
            self.endpoint(read.endpoint()).is_some()
        };
        BEGINNINGS.iter().any(below) || self.identity.is_above(host)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zone")
            .field("domain", &self.endpoints.domain())
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// A name of labels of letters, digits, `-` and `_`, absolute; `None` where the text is none.
fn name(host: &str) -> Option<Name> {
    let labels = host.split('.').all(|label| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    });
    labels
        .then(|| Name::from_ascii(format!("{host}.")).ok())
        .flatten()
}

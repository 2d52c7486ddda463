//! Makes explanations, of a request not yet made and of one in the journal.

use std::net::SocketAddr;
use std::sync::Arc;

use cairn_api::{Api, purpose_of};
use cairn_dns::{InService, Rule, Zone};
use cairn_journal::{Entry, Journal, Mechanism};
use cairn_objects::Objects;
use cairn_protocol::auth::Source;
use cairn_region::explanation::{self, Asked, Dns, Explanation};
use cairn_region::{Directory, DirectoryError, Home, Purpose, Regions};
use cairn_types::{BucketName, Clock, RegionName, SystemClock, Timestamp};
use http::Method;

use super::recorded::Recorded;
use crate::config::regions::Facility;
use crate::failure::Failure;

/// Longest host, target and other text of a question, in bytes: percent-encoded, they fit in the query.
pub(super) const TEXT_BYTES_MAX: usize = 4 * 1024;

/// What explanations are made of.
pub(crate) struct Explainer {
    pub(crate) regions: Arc<Regions>,
    /// Where each region listens: an address as host tells the region.
    pub(crate) facilities: Vec<Facility>,
    pub(crate) dns: cairn_dns::Settings,
    pub(crate) dns_is_on: bool,
    pub(crate) in_service: InService,
    /// Where buckets live; None where only the journal can be read.
    pub(crate) directory: Option<Arc<dyn Directory>>,
    pub(crate) journal: Option<Journal>,
    /// What buckets are configured to; or why that cannot be read.
    pub(crate) objects: Result<Objects, String>,
    /// Who may do what; or why that cannot be read.
    pub(crate) api: Result<Arc<Api>, String>,
}

/// A request not yet made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Route {
    pub(crate) method: String,
    pub(crate) host: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) tls: bool,
    pub(crate) signing_region: Option<String>,
    pub(crate) arrived: Option<String>,
}

impl Route {
    /// What can be said against it before anybody is asked.
    pub(super) fn check(&self) -> Result<(), String> {
        if Method::from_bytes(self.method.as_bytes()).is_err() {
            return Err(format!("the method {:?} is none", self.method));
        }
        if !self.target.starts_with('/') {
            return Err("the path begins with a slash".to_owned());
        }
        let texts: [Option<&String>; 3] =
            [Some(&self.host), Some(&self.target), self.signing_region.as_ref()];
        if texts
            .into_iter()
            .flatten()
            .any(|text| text.len() > TEXT_BYTES_MAX)
        {
            return Err(format!(
                "no text of a request has more than {TEXT_BYTES_MAX} bytes here"
            ));
        }
        Ok(())
    }
}

impl Explainer {
    /// How the request would be routed now.
    pub(crate) async fn route(&self, route: &Route) -> Result<Explanation, Failure> {
        route.check().map_err(Failure::usage)?;
        let Some(directory) = &self.directory else {
            return Err(Failure::usage("the bucket directory is not open"));
        };
        let failed = |error: DirectoryError| Failure::data(error);
        let mut homes = Vec::new();
        for name in explanation::bucket_names(&self.regions, &route.host, &route.target) {
            if let Some(home) = directory.home(&name).await.map_err(failed)? {
                homes.push((name, home));
            }
        }
        let dns = self
            .locate(&route.host, Arc::clone(directory), Arc::new(SystemClock))
            .await;
        let arrived = match &route.arrived {
            Some(name) => self.region(name)?,
            None => self.arrival(&route.host, dns.as_ref()),
        };
        Ok(self.explain(route, &arrived, Source::Header, dns.as_ref(), &homes))
    }

    /// Why a request was answered as it was: as things were then.
    pub(crate) async fn recorded(&self, entry: Entry<'static>) -> Result<Recorded, Failure> {
        let home = |region: RegionName| Home {
            region,
            created: entry.bucket_created.unwrap_or(entry.time),
        };
        let homes: Vec<(BucketName, Home)> = entry
            .bucket
            .clone()
            .zip(entry.home.clone().map(home))
            .into_iter()
            .collect();
        let then = Arc::new(Then {
            now: entry.time,
            homes: homes.clone(),
        });
        let dns = self.locate(&entry.host, Arc::clone(&then) as Arc<_>, then).await;
        let route = Route {
            method: entry.method.to_string(),
            host: entry.host.to_string(),
            target: entry.target.to_string(),
            tls: entry.tls,
            signing_region: entry.signing_region.as_ref().map(ToString::to_string),
            arrived: None,
        };
        let source = match entry.mechanism {
            Some(Mechanism::V4Query | Mechanism::V2Query) => Source::Query,
            _ => Source::Header,
        };
        let explanation = self.explain(&route, &entry.arrived, source, dns.as_ref(), &homes);
        let known = self.regions.get(&entry.arrived).is_some();
        let cors = self.recorded_cors(&entry, &explanation).await;
        let access = self.recorded_access(&entry).await;
        Ok(Recorded::new(entry, explanation, access, cors, known))
    }

    fn explain(
        &self,
        route: &Route,
        arrived: &RegionName,
        source: Source,
        dns: Option<&Dns>,
        homes: &[(BucketName, Home)],
    ) -> Explanation {
        let home = |name: &BucketName| {
            homes
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, home)| home.clone())
        };
        let method = Method::from_bytes(route.method.as_bytes()).unwrap_or_default();
        let query = route.target.split_once('?').map(|(_, query)| query);
        let purpose = explanation::address(&self.regions, &route.host, &route.target, &home)
            .map_or(Purpose::Other, |address| purpose_of(&method, &address, query));
        let asked = Asked {
            method: &route.method,
            host: &route.host,
            target: &route.target,
            tls: route.tls,
            arrived,
            purpose,
            signing_region: route.signing_region.as_deref(),
            source,
            dns,
        };
        explanation::explain(&self.regions, &asked, &home)
    }

    /// What DNS answers; None for a host that is not in the zone.
    async fn locate(&self, host: &str, directory: Arc<dyn Directory>, clock: Arc<dyn Clock>) -> Option<Dns> {
        let zone = Zone::new(
            Arc::clone(&self.regions),
            directory,
            Arc::new(self.in_service.clone()),
            clock,
            self.dns.clone(),
        );
        let located = zone.ok()?.locate(host).await.ok()?;
        if located.rule == Rule::Foreign {
            return None;
        }
        let because = if self.dns_is_on {
            located.rule.to_string()
        } else {
            format!(
                "{} (if --dns-listen were on: this server answers no DNS)",
                located.rule
            )
        };
        Some(Dns {
            region: located.rule.region().cloned(),
            addresses: located.addresses,
            because,
        })
    }

    /// The listener a host leads to: by its address, or by DNS, or the default region's.
    fn arrival(&self, host: &str, dns: Option<&Dns>) -> RegionName {
        let by_address = host.parse::<SocketAddr>().ok().and_then(|address| {
            self.facilities
                .iter()
                .find(|facility| facility.listen.contains(&address))
                .map(|facility| facility.region.clone())
        });
        by_address
            .or_else(|| dns.and_then(|dns| dns.region.clone()))
            .unwrap_or_else(|| self.regions.default_region().name.clone())
    }

    fn region(&self, name: &str) -> Result<RegionName, Failure> {
        let names = || {
            let names: Vec<&str> = self.regions.iter().map(|region| region.name.as_str()).collect();
            names.join(", ")
        };
        self.regions
            .named(name)
            .map(|region| region.name.clone())
            .ok_or_else(|| Failure::usage(format!("{name} is not a region served; there are {}", names())))
    }
}

/// The explanation as text or as JSON, with a line's end.
pub(crate) fn render(explanation: &Explanation, json: bool) -> String {
    if json {
        let mut text = serde_json::to_string_pretty(explanation).unwrap_or_default();
        text.push('\n');
        text
    } else {
        explanation.to_string()
    }
}

/// The directory and the clock as they were for one request.
struct Then {
    now: Timestamp,
    homes: Vec<(BucketName, Home)>,
}

#[async_trait::async_trait]
impl Directory for Then {
    async fn home(&self, bucket: &BucketName) -> Result<Option<Home>, DirectoryError> {
        let home = self.homes.iter().find(|(name, _)| name == bucket);
        Ok(home.map(|(_, home)| home.clone()))
    }
}

impl Clock for Then {
    fn now(&self) -> Timestamp {
        self.now
    }
}

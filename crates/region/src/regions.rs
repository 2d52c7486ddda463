//! The regions of a deployment, and the names of their endpoints.

use std::collections::BTreeSet;
use std::net::IpAddr;

use cairn_protocol::address::{Endpoint, Endpoints};
use cairn_protocol::location::bucket_host;
use cairn_types::{BucketName, RegionName};

use crate::LaunchClass;
use crate::class::shows_dash;

/// One region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// The name.
    pub name: RegionName,
    /// Its class.
    pub class: LaunchClass,
    /// Whether a 301 shows its endpoint as `s3-R` instead of `s3.R` (facts/01 §3).
    pub dash: bool,
    /// The addresses DNS hands out for it.
    pub addresses: Vec<IpAddr>,
    /// The ports it is reached at, the preferred one first; empty where it is not known.
    pub ports: Vec<u16>,
}

impl Region {
    /// A region with the class and the spelling Amazon's region of that name has.
    pub fn new(name: RegionName) -> Self {
        Self {
            class: LaunchClass::of(&name),
            dash: shows_dash(&name),
            name,
            addresses: Vec::new(),
            ports: Vec::new(),
        }
    }
}

/// What cannot be a deployment's list of regions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRegions {
    /// The list is empty.
    #[error("there is no region")]
    None,
    /// The name is part of another endpoint's name, such as `website` of `s3-website`.
    #[error("{0} cannot be a region's name: it means something else in endpoint names")]
    Reserved(RegionName),
    /// A name is there more than once.
    #[error("the region {0} is there twice")]
    Twice(RegionName),
}

/// Whether the host grammar finds the region in its endpoints' names, dot and dash.
fn is_read_back(name: &RegionName) -> bool {
    let endpoints = Endpoints::new("domain");
    [format!("s3.{name}.domain"), format!("s3-{name}.domain")]
        .iter()
        .all(|host| {
            let host = endpoints.host(Some(host));
            matches!(host.endpoint(), Endpoint::Regional { region, .. } if region == name)
        })
}

/// The regions of a deployment: one or more, of different names, below one domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regions {
    regions: Vec<Region>,
    default: usize,
    domain: String,
}

impl Regions {
    /// The regions of `domain`. The default one, which the global endpoint `s3.DOMAIN` means, is
    /// us-east-1, or the first where there is no us-east-1.
    ///
    /// # Errors
    /// [`InvalidRegions`].
    pub fn new(regions: Vec<Region>, domain: &str) -> Result<Self, InvalidRegions> {
        let mut seen = BTreeSet::new();
        if let Some(twice) = regions.iter().find(|region| !seen.insert(region.name.clone())) {
            return Err(InvalidRegions::Twice(twice.name.clone()));
        }
        if regions.is_empty() {
            return Err(InvalidRegions::None);
        }
        if let Some(reserved) = regions.iter().find(|region| !is_read_back(&region.name)) {
            return Err(InvalidRegions::Reserved(reserved.name.clone()));
        }
        Ok(Self {
            default: regions
                .iter()
                .position(|region| region.name.is_us_east_1())
                .unwrap_or_default(),
            regions,
            domain: domain.trim_end_matches('.').to_ascii_lowercase(),
        })
    }

    /// All regions, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = &Region> {
        self.regions.iter()
    }

    /// The region of that name.
    pub fn get(&self, name: &RegionName) -> Option<&Region> {
        self.named(name.as_str())
    }

    /// The region of that name, which may be any word.
    pub fn named(&self, name: &str) -> Option<&Region> {
        self.regions.iter().find(|region| region.name.as_str() == name)
    }

    /// The region of the global endpoint.
    pub fn default_region(&self) -> &Region {
        // `new` lets no list without a region pass.
        &self.regions[self.default]
    }

    /// The domain all endpoint names hang off, in lower case.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The class of a region, of this deployment or not.
    pub fn class(&self, name: &RegionName) -> LaunchClass {
        self.get(name)
            .map_or_else(|| LaunchClass::of(name), |region| region.class)
    }

    /// The region that an endpoint's name means here: the global name means the default region; `None`
    /// for a name that means none, or a region that is not of this deployment.
    pub fn meant_by(&self, endpoint: &Endpoint) -> Option<&Region> {
        match endpoint {
            Endpoint::Global => Some(self.default_region()),
            other => self.get(&other.region()?),
        }
    }

    /// The bucket's own virtual host at its home, as a 307 names it: `B.s3.R.DOMAIN`, and
    /// `B.s3.DOMAIN` in us-east-1 (facts/02 §2).
    pub fn bucket_host(&self, bucket: &BucketName, home: &RegionName) -> String {
        bucket_host(bucket, home, &self.domain)
    }

    /// The same as a 301 shows it: older regions with a dash, `B.s3-R.DOMAIN` (facts/02 §2).
    pub fn shown_host(&self, bucket: &BucketName, home: &RegionName) -> String {
        let dash = self
            .get(home)
            .map_or_else(|| shows_dash(home), |region| region.dash);
        if dash && !home.is_us_east_1() {
            format!("{bucket}.s3-{home}.{}", self.domain)
        } else {
            self.bucket_host(bucket, home)
        }
    }

    /// The bucket's website endpoint at its home, `B.s3-website-R.DOMAIN` (facts/01 §5).
    pub fn website_host(&self, bucket: &BucketName, home: &RegionName) -> String {
        format!("{bucket}.s3-website-{home}.{}", self.domain)
    }

    /// `host` with the port at which `region` is reached by a client that sent `request_host`: no port
    /// where it sent none; its own where the region listens there, too; the region's first otherwise.
    pub fn with_port(&self, host: &str, region: &RegionName, request_host: &str) -> String {
        let port = request_host
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok());
        let Some(sent) = port else {
            return host.to_owned();
        };
        let ports = self.get(region).map_or(&[][..], |region| &region.ports);
        let port: u16 = match ports.first() {
            Some(first) if !ports.contains(&sent) => *first,
            _ => sent,
        };
        format!("{host}:{port}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str) -> Region {
        Region::new(RegionName::parse(name).unwrap())
    }

    fn regions(names: &[&str]) -> Regions {
        Regions::new(names.iter().map(|name| region(name)).collect(), "Example.COM.").unwrap()
    }

    #[test]
    fn the_default_region_is_us_east_1_or_the_first() {
        let default = |names: &[&str]| regions(names).default_region().name.to_string();
        assert_eq!(default(&["eu-west-1", "us-east-1"]), "us-east-1");
        assert_eq!(default(&["eu-west-1", "eu-north-1"]), "eu-west-1");
        assert_eq!(Regions::new(vec![], "x"), Err(InvalidRegions::None));
        for reserved in ["website", "external-1", "dualstack"] {
            let found = Regions::new(vec![region(reserved)], "x");
            assert!(matches!(found, Err(InvalidRegions::Reserved(_))), "{reserved}");
        }
        let twice = Regions::new(vec![region("a"), region("b"), region("a")], "x");
        assert_eq!(twice, Err(InvalidRegions::Twice(RegionName::parse("a").unwrap())));
    }

    /// facts/02 §2: dot in a 307, dash in a 301 of an older region.
    #[test]
    fn hosts_are_spelled_as_amazon_spells_them() {
        let regions = regions(&["us-east-1", "us-west-2", "eu-central-1", "af-south-1"]);
        let bucket = BucketName::parse("ant-lab").unwrap();
        let shown = |name: &str| regions.shown_host(&bucket, &RegionName::parse(name).unwrap());
        assert_eq!(shown("us-east-1"), "ant-lab.s3.example.com");
        assert_eq!(shown("us-west-2"), "ant-lab.s3-us-west-2.example.com");
        assert_eq!(shown("eu-central-1"), "ant-lab.s3.eu-central-1.example.com");
        assert_eq!(shown("af-south-1"), "ant-lab.s3.af-south-1.example.com");
        let own = regions.bucket_host(&bucket, &RegionName::parse("us-west-2").unwrap());
        assert_eq!(own, "ant-lab.s3.us-west-2.example.com");
    }

    #[test]
    fn a_port_is_kept_where_the_region_has_it() {
        let mut west = region("eu-west-1");
        west.ports = vec![9000, 9100];
        let regions = Regions::new(vec![region("us-east-1"), west], "localhost").unwrap();
        let with_port = |region: &str, sent| {
            let region = RegionName::parse(region).unwrap();
            regions.with_port("h", &region, sent)
        };
        assert_eq!(with_port("eu-west-1", "b.s3.localhost"), "h");
        assert_eq!(with_port("eu-west-1", "b.s3.localhost:9100"), "h:9100");
        assert_eq!(with_port("eu-west-1", "b.s3.localhost:80"), "h:9000");
        assert_eq!(with_port("us-east-1", "[::1]:80"), "h:80");
        assert_eq!(with_port("us-east-1", "[::1]"), "h");
    }
}

//! The host grammar, read from the right: a bucket's name may contain dots, an endpoint's may not.

use std::net::Ipv4Addr;

use cairn_types::{BucketName, RegionName};

use super::{Address, Style, bucket_name, key, us_east_1};
use crate::S3Error;
use crate::encoding::decode_path;

/// How a regional endpoint's name was spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// `s3.R.DOMAIN`
    Dot,
    /// `s3-R.DOMAIN`
    Dash,
    /// `s3.dualstack.R.DOMAIN`
    Dualstack,
    /// `s3-fips.R.DOMAIN`
    Fips,
    /// `s3-fips.dualstack.R.DOMAIN`
    FipsDualstack,
    /// `s3-external-1.DOMAIN`, which is us-east-1
    External,
}

/// Which endpoint a host names. Only the first three speak S3's REST API; the others are classes of
/// names that must not be taken for something else until they are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// `s3.DOMAIN`: us-east-1, and the redirecting endpoint of every other region.
    Global,
    /// A region's own.
    Regional {
        /// The region, configured on this server or not.
        region: RegionName,
        /// How it was written.
        spelling: Spelling,
    },
    /// A host outside the grammar: the server's own.
    Own,
    /// `s3-accelerate[.dualstack].DOMAIN`
    Accelerate,
    /// `s3-website-R.DOMAIN` or `s3-website.R.DOMAIN`
    Website(RegionName),
    /// `NAME-ACCOUNT.s3-accesspoint[.dualstack].R.DOMAIN`
    AccessPoint(RegionName),
    /// `ALIAS.mrap.accesspoint.s3-global.DOMAIN`
    MultiRegionAccessPoint,
    /// `ACCOUNT.s3-control.R.DOMAIN`
    Control(RegionName),
    /// `sts.DOMAIN` (`None`) or `sts.R.DOMAIN`
    Sts(Option<RegionName>),
    /// `iam.DOMAIN`
    Iam,
    /// `account.DOMAIN` (`None`) or `account.R.DOMAIN`: the Account API
    Account(Option<RegionName>),
}

impl Endpoint {
    /// The region the endpoint's name means; `None` where it names none (the server's own region then).
    pub fn region(&self) -> Option<RegionName> {
        match self {
            Self::Global => us_east_1(),
            Self::Regional { region, .. }
            | Self::Website(region)
            | Self::AccessPoint(region)
            | Self::Control(region) => Some(region.clone()),
            Self::Sts(region) | Self::Account(region) => region.clone(),
            Self::Own | Self::Accelerate | Self::MultiRegionAccessPoint | Self::Iam => None,
        }
    }

    /// Whether S3's REST API is spoken there.
    pub fn is_rest(&self) -> bool {
        matches!(self, Self::Global | Self::Regional { .. } | Self::Own)
    }
}

/// A `Host` header, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    endpoint: Endpoint,
    /// What stands in front of the endpoint's name, not validated.
    bucket: Option<String>,
    cname: Option<BucketName>,
}

/// Service labels that look like `s3-R` and are not.
const NOT_REGIONS: &[&str] = &[
    "accelerate",
    "accesspoint",
    "control",
    "deprecated",
    "fips",
    "global",
    "object-lambda",
    "outposts",
    "website",
];

fn region(label: &str) -> Option<RegionName> {
    if label == "dualstack" || NOT_REGIONS.contains(&label) {
        return None;
    }
    RegionName::parse(label).ok()
}

pub(super) fn read(domain: &str, header: &str) -> Host {
    let host = bare(header).to_ascii_lowercase();
    let labels = host.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.'));
    if let Some((endpoint, bucket)) = labels.and_then(endpoint) {
        return Host {
            endpoint,
            bucket: bucket.map(str::to_owned),
            cname: None,
        };
    }
    // A bucket named like the domain, a container or a machine would swallow the server's own path-style
    // endpoint, so names of one label are never a bucket's: CNAME hosting needs public DNS names anyway.
    let cname = (host != domain && host.contains('.') && host.parse::<Ipv4Addr>().is_err())
        .then(|| BucketName::parse(&host).ok())
        .flatten();
    Host {
        endpoint: Endpoint::Own,
        bucket: None,
        cname,
    }
}

/// The host without its port and one trailing dot. An IPv6 literal keeps its brackets.
fn bare(header: &str) -> &str {
    let header = header.trim();
    let host = match header.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') && port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => header,
    };
    host.strip_suffix('.').unwrap_or(host)
}

/// Reads what stands before `.DOMAIN`: the endpoint, and what stands before that.
fn endpoint(labels: &str) -> Option<(Endpoint, Option<&str>)> {
    let (rest, last) = pop(labels);
    match last {
        "s3" => return Some((Endpoint::Global, rest)),
        "s3-external-1" => {
            let endpoint = Endpoint::Regional {
                region: us_east_1()?,
                spelling: Spelling::External,
            };
            return Some((endpoint, rest));
        }
        "s3-accelerate" => return Some((Endpoint::Accelerate, rest)),
        "sts" if rest.is_none() => return Some((Endpoint::Sts(None), None)),
        "iam" if rest.is_none() => return Some((Endpoint::Iam, None)),
        "account" if rest.is_none() => return Some((Endpoint::Account(None), None)),
        "s3-global" => {
            let alias = rest?.strip_suffix(".mrap.accesspoint")?;
            return Some((Endpoint::MultiRegionAccessPoint, Some(alias)));
        }
        "dualstack" => {
            let (rest, service) = pop(rest?);
            return (service == "s3-accelerate").then_some((Endpoint::Accelerate, rest));
        }
        _ => {}
    }
    if let Some(region) = last.strip_prefix("s3-website-").and_then(region) {
        return Some((Endpoint::Website(region), rest));
    }
    if let Some(region) = last.strip_prefix("s3-").and_then(region) {
        let spelling = Spelling::Dash;
        return Some((Endpoint::Regional { region, spelling }, rest));
    }
    let region = region(last)?;
    let (rest, service) = pop(rest?);
    let regional = |spelling, rest| {
        let region = region.clone();
        Some((Endpoint::Regional { region, spelling }, rest))
    };
    match service {
        "s3" => regional(Spelling::Dot, rest),
        "s3-fips" => regional(Spelling::Fips, rest),
        "s3-website" => Some((Endpoint::Website(region), rest)),
        "s3-accesspoint" => Some((Endpoint::AccessPoint(region), rest)),
        "s3-control" => Some((Endpoint::Control(region), rest)),
        "sts" if rest.is_none() => Some((Endpoint::Sts(Some(region)), None)),
        "account" if rest.is_none() => Some((Endpoint::Account(Some(region)), None)),
        "dualstack" => {
            let (rest, service) = pop(rest?);
            match service {
                "s3" => regional(Spelling::Dualstack, rest),
                "s3-fips" => regional(Spelling::FipsDualstack, rest),
                "s3-accesspoint" => Some((Endpoint::AccessPoint(region), rest)),
                "s3-control" => Some((Endpoint::Control(region), rest)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The last label, and what stands before it.
fn pop(labels: &str) -> (Option<&str>, &str) {
    match labels.rsplit_once('.') {
        Some((rest, last)) => (Some(rest), last),
        None => (None, labels),
    }
}

impl Host {
    /// The endpoint.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What stands before the endpoint's name, in lower case and not validated: the bucket of a
    /// virtual-hosted request.
    pub fn prefix(&self) -> Option<&str> {
        self.bucket.as_deref()
    }

    /// The bucket that may carry this host as its name: look it up, and where it exists read the path
    /// with [`Self::cname_address`].
    pub fn cname_candidate(&self) -> Option<&BucketName> {
        self.cname.as_ref()
    }

    /// Reads the path (as sent, without the query): virtual-hosted where the host named a bucket, path
    /// style otherwise.
    ///
    /// # Errors
    /// `InvalidBucketName`, `InvalidURI`, `KeyTooLongError`.
    pub fn address(&self, raw_path: &str) -> Result<Address, S3Error> {
        let path = relative(raw_path)?;
        if let Some(bucket) = &self.bucket {
            return Ok(Address {
                endpoint: self.endpoint.clone(),
                style: Style::VirtualHosted,
                bucket: Some(bucket_name(bucket)?),
                key: key(path)?,
            });
        }
        let (bucket, rest) = path.split_once('/').unwrap_or((path, ""));
        if bucket.is_empty() && !rest.is_empty() {
            // "//key": a bucket without a name.
            return Err(bucket_name("").err().unwrap_or(S3Error::InternalError {}));
        }
        let bucket = if bucket.is_empty() {
            None
        } else {
            let decoded = decode_path(bucket).map_err(|_| S3Error::invalid_uri(raw_path))?;
            Some(bucket_name(&decoded)?)
        };
        Ok(Address {
            endpoint: self.endpoint.clone(),
            style: Style::Path,
            bucket,
            key: key(rest)?,
        })
    }

    /// The bucket alone, of a path whose key cannot be read: what [`Self::address`] refuses may still name one.
    pub fn bucket(&self, raw_path: &str) -> Option<BucketName> {
        if let Some(bucket) = &self.bucket {
            return BucketName::parse(bucket).ok();
        }
        let path = relative(raw_path).ok()?;
        let name = path.split_once('/').map_or(path, |(name, _)| name);
        BucketName::parse(&decode_path(name).ok()?).ok()
    }

    /// Reads the path where the bucket of [`Self::cname_candidate`] exists: all of it is the key.
    ///
    /// # Errors
    /// `InvalidURI`, `KeyTooLongError`.
    pub fn cname_address(&self, raw_path: &str) -> Result<Address, S3Error> {
        Ok(Address {
            endpoint: self.endpoint.clone(),
            style: Style::Cname,
            bucket: self.cname.clone(),
            key: key(relative(raw_path)?)?,
        })
    }
}

/// The path without its first slash; the empty path is `/` (RFC 9110 §4.2.3).
fn relative(raw_path: &str) -> Result<&str, S3Error> {
    if raw_path.is_empty() {
        return Ok("");
    }
    raw_path
        .strip_prefix('/')
        .ok_or_else(|| S3Error::invalid_uri(raw_path))
}

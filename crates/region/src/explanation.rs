//! Why a request is routed as it is: everything that was looked at, in words.
//!
//! [`explain`] asks the same questions as the server, of the same functions: the host grammar reads the
//! address, [`decide`] decides, [`redirection`] writes the answer. It adds what the client cannot see (the
//! bucket's home, what DNS says) and what to do: which host to use and which region to sign for. It is pure:
//! the caller looks up the buckets that [`bucket_names`] names, and asks DNS.
//!
//! [`Explanation`] prints itself for people, and serializes for programs.

mod text;
mod way;

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use cairn_protocol::S3Error;
use cairn_protocol::address::{Address, Endpoint, Endpoints, Host, Spelling, Style};
use cairn_protocol::auth::Source;
use cairn_types::{BucketName, RegionName};
use serde::Serialize;

use crate::refusal::{Sent, redirection};
use crate::{Answer, Decision, Home, Purpose, Question, Regions, decide};

/// What DNS says of the host now, as the caller found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dns {
    /// The region whose addresses the name has; `None` where it has none of a region.
    pub region: Option<RegionName>,
    /// The addresses.
    pub addresses: Vec<IpAddr>,
    /// Why, in a sentence.
    pub because: String,
}

/// A request, made or not yet made.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The method.
    pub method: &'a str,
    /// The host, as it is sent, with its port.
    pub host: &'a str,
    /// Path and query, as they are sent.
    pub target: &'a str,
    /// Whether it is encrypted.
    pub tls: bool,
    /// The region of the listener it arrives at.
    pub arrived: &'a RegionName,
    /// What it wants.
    pub purpose: Purpose,
    /// The region it is signed for; `None` of an unsigned request, or one signed with Version 2.
    pub signing_region: Option<&'a str>,
    /// Where the signature is.
    pub source: Source,
    /// What DNS says, where there is one to ask.
    pub dns: Option<&'a Dns>,
}

/// The reading of host and path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// Which kind of endpoint the host names, in words.
    pub endpoint: String,
    /// How a region's endpoint is spelled, as a pattern (`s3-R.DOMAIN`).
    pub spelling: Option<&'static str>,
    /// The region the name means, of this deployment or not.
    pub region: Option<RegionName>,
    /// How the bucket is named: `path`, `virtual-hosted` or `cname`.
    pub style: &'static str,
    /// The bucket.
    pub bucket: Option<BucketName>,
    /// The key, decoded.
    pub key: Option<String>,
}

/// Where the bucket lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BucketHome {
    /// The region.
    pub region: RegionName,
    /// Its launch class, as the configuration writes it.
    pub class: &'static str,
    /// When the bucket was created.
    pub created: String,
}

/// What was decided, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The region that answers: signatures must be for it.
    pub facility: RegionName,
    /// The answer's kind, such as `permanent-redirect`.
    pub answer: &'static str,
    /// The rule, by name.
    pub rule: String,
    /// The rule, in a sentence.
    pub because: &'static str,
    /// As [`decide`] gave it.
    #[serde(skip)]
    pub decision: Decision,
}

/// What the client sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Seen {
    /// The operation's own answer: routing has nothing against the request.
    Served,
    /// The host is of another service than S3's REST API: that service's answer, 501 where it is not built.
    OtherService,
    /// A refusal.
    Refused(Refused),
}

/// A refusal, as the client sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// `<Code>`.
    pub code: &'static str,
    /// `<Message>`.
    pub message: String,
    /// The headers that tell where to go.
    pub headers: Vec<(&'static str, String)>,
    /// The other children of `<Error>` before the ids.
    pub elements: Vec<(&'static str, String)>,
    /// Whether the signature must be found right before this is answered.
    pub after_authentication: bool,
}

/// A way that leads to the right answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Way {
    /// Who goes it, in words.
    pub situation: &'static str,
    /// The host to use, with its port.
    pub host: String,
    /// The path to use, as sent.
    pub path: String,
    /// The region to sign for.
    pub signing_region: RegionName,
}

/// Why a request is routed as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The method.
    pub method: String,
    /// The URL, as it is sent.
    pub url: String,
    /// The region of the listener it arrives at.
    pub arrived: RegionName,
    /// The region it is signed for.
    pub signing_region: Option<String>,
    /// The reading of the address; `None` where host and path cannot be read: `seen` tells why.
    pub address: Option<Reading>,
    /// Where the bucket lives; `None` where the request names none that exists.
    pub home: Option<BucketHome>,
    /// What DNS says of the host now.
    pub dns: Option<Dns>,
    /// What was decided; `None` where the address cannot be read.
    pub verdict: Option<Verdict>,
    /// What the client sees.
    pub seen: Seen,
    /// The ways that lead to the right answer; empty where nothing is wrong.
    pub ways: Vec<Way>,
    /// What is worth knowing beside it.
    pub notes: Vec<String>,
}

/// The buckets that the request may mean, which the caller looks up before it asks for the explanation:
/// the one that carries the host as its name comes first, and wins where it exists (facts/01 §1).
pub fn bucket_names(regions: &Regions, host: &str, target: &str) -> Vec<BucketName> {
    let host = Endpoints::new(regions.domain()).host(Some(host));
    let read = host.address(path(target)).ok();
    let named = read.and_then(|address| address.bucket);
    host.cname_candidate().cloned().into_iter().chain(named).collect()
}

/// The reading of host and target, as the server has it; `None` where it refuses them. `home` answers for
/// the names that [`bucket_names`] gave.
pub fn address(
    regions: &Regions,
    host: &str,
    target: &str,
    home: &dyn Fn(&BucketName) -> Option<Home>,
) -> Option<Address> {
    let host = Endpoints::new(regions.domain()).host(Some(host));
    locate(&host, path(target), home).ok().map(|(address, _)| address)
}

/// Explains. `home` answers for the names that [`bucket_names`] gave, and for no others.
pub fn explain(
    regions: &Regions,
    asked: &Asked<'_>,
    home: &dyn Fn(&BucketName) -> Option<Home>,
) -> Explanation {
    let scheme = if asked.tls { "https" } else { "http" };
    let mut explanation = Explanation {
        method: asked.method.to_owned(),
        url: format!("{scheme}://{}{}", asked.host, asked.target),
        arrived: asked.arrived.clone(),
        signing_region: asked.signing_region.map(str::to_owned),
        address: None,
        home: None,
        dns: asked.dns.cloned(),
        verdict: None,
        seen: Seen::Served,
        ways: Vec::new(),
        notes: Vec::new(),
    };
    let host = Endpoints::new(regions.domain()).host(Some(asked.host));
    let (address, home) = match locate(&host, path(asked.target), home) {
        Ok(located) => located,
        Err(error) => {
            explanation.seen = Seen::Refused(refused(&error, Vec::new(), false));
            return explanation;
        }
    };
    let decision = decide(
        regions,
        &Question {
            endpoint: &address.endpoint,
            style: address.style,
            arrived: asked.arrived,
            home: home.as_ref().map(|home| &home.region),
            purpose: asked.purpose,
        },
    );
    explanation.seen = seen(regions, asked, &address, home.as_ref(), &decision);
    explanation.ways = way::ways(
        regions,
        asked,
        &address,
        home.as_ref(),
        &explanation.seen,
        &decision,
    );
    explanation.notes = way::notes(regions, asked, &address, home.as_ref(), &decision);
    explanation.home = home.map(|home| BucketHome {
        class: regions.class(&home.region).as_str(),
        created: home.created.to_string(),
        region: home.region,
    });
    explanation.address = Some(reading(&address));
    explanation.verdict = Some(Verdict {
        facility: decision.facility.clone(),
        answer: answer(&decision.answer),
        rule: format!("{:?}", decision.because),
        because: decision.because.text(),
        decision,
    });
    explanation
}

/// As the pipeline does it: the bucket that carries the host as its name, or else what the path says.
fn locate(
    host: &Host,
    path: &str,
    home: &dyn Fn(&BucketName) -> Option<Home>,
) -> Result<(Address, Option<Home>), S3Error> {
    if let Some(home) = host.cname_candidate().and_then(home) {
        return Ok((host.cname_address(path)?, Some(home)));
    }
    let address = host.address(path)?;
    let home = address.bucket.as_ref().and_then(home);
    Ok((address, home))
}

fn seen(
    regions: &Regions,
    asked: &Asked<'_>,
    address: &Address,
    home: Option<&Home>,
    decision: &Decision,
) -> Seen {
    let sent = Sent {
        host: asked.host,
        target: asked.target,
        tls: asked.tls,
    };
    let bucket = address.bucket.as_ref();
    if let Some(told) = bucket.and_then(|bucket| redirection(regions, decision, bucket, &sent)) {
        let mut headers = vec![("x-amz-bucket-region", told.bucket_region.to_string())];
        headers.extend(told.location.map(|location| ("location", location)));
        return Seen::Refused(refused(&told.error, headers, false));
    }
    if !address.endpoint.is_rest() {
        return Seen::OtherService;
    }
    // A preflight is answered by the bucket's CORS, whoever signed it and whether or not there is a bucket.
    if asked.method == "OPTIONS" {
        return Seen::Served;
    }
    if let Some(signed) = asked
        .signing_region
        .filter(|region| *region != decision.facility.as_str())
    {
        let error = asked.source.wrong_region(signed, decision.facility.as_str());
        let headers = home.map(|home| ("x-amz-bucket-region", home.region.to_string()));
        return Seen::Refused(refused(&error, headers.into_iter().collect(), false));
    }
    match (bucket, home) {
        (Some(bucket), None) if asked.purpose != Purpose::CreateBucket => {
            let bucket_name = bucket.to_string();
            Seen::Refused(refused(&S3Error::NoSuchBucket { bucket_name }, Vec::new(), true))
        }
        _ => Seen::Served,
    }
}

fn refused(error: &S3Error, headers: Vec<(&'static str, String)>, after_authentication: bool) -> Refused {
    Refused {
        status: error.status().as_u16(),
        code: error.code(),
        message: error.message().into_owned(),
        headers,
        elements: error.details(),
        after_authentication,
    }
}

fn answer(answer: &Answer) -> &'static str {
    match answer {
        Answer::Serve => "serve",
        Answer::TemporaryRedirect(_) => "temporary-redirect",
        Answer::PermanentRedirect(_) => "permanent-redirect",
        Answer::Incompatible(_) => "incompatible",
        Answer::IncorrectEndpoint(_) => "incorrect-endpoint",
    }
}

fn reading(address: &Address) -> Reading {
    let (endpoint, spelling) = match &address.endpoint {
        Endpoint::Global => ("the global endpoint".to_owned(), Some("s3.DOMAIN")),
        Endpoint::Regional { region, spelling } => {
            let pattern = match spelling {
                Spelling::Dot => "s3.R.DOMAIN",
                Spelling::Dash => "s3-R.DOMAIN",
                Spelling::Dualstack => "s3.dualstack.R.DOMAIN",
                Spelling::Fips => "s3-fips.R.DOMAIN",
                Spelling::FipsDualstack => "s3-fips.dualstack.R.DOMAIN",
                Spelling::External => "s3-external-1.DOMAIN",
            };
            (format!("the endpoint of {region}"), Some(pattern))
        }
        Endpoint::Own => ("no endpoint name: the region is the listener's".to_owned(), None),
        Endpoint::Website(region) => (format!("the website endpoint of {region}"), None),
        Endpoint::Accelerate => ("an endpoint of Transfer Acceleration".to_owned(), None),
        Endpoint::AccessPoint(region) => (format!("an access point in {region}"), None),
        Endpoint::MultiRegionAccessPoint => ("a multi-region access point".to_owned(), None),
        Endpoint::Control(region) => (format!("the S3 Control endpoint of {region}"), None),
        other => (format!("another service's endpoint ({other:?})"), None),
    };
    Reading {
        endpoint,
        spelling,
        region: address.endpoint.region(),
        style: match address.style {
            Style::Path => "path",
            Style::VirtualHosted => "virtual-hosted",
            Style::Cname => "cname",
        },
        bucket: address.bucket.clone(),
        key: address.key.as_ref().map(|key| key.as_str().to_owned()),
    }
}

/// The path of a target.
fn path(target: &str) -> &str {
    target.split_once('?').map_or(target, |(path, _)| path)
}

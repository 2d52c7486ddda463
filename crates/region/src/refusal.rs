//! What a client is told that is not served: the decision as S3 writes it (facts/02 §1, §2).
//!
//! The pipeline answers with it, and the explanation shows it: there is one place that knows which error,
//! which host and which headers belong to a decision.

use cairn_protocol::S3Error;
use cairn_protocol::location::illegal_constraint;
use cairn_types::{BucketName, RegionName};

use crate::{Answer, Decision, Regions};

/// The request as far as its refusal repeats it.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// The host, as sent: its port tells by which way the client comes.
    pub host: &'a str,
    /// Path and query, as sent: `Location` keeps them.
    pub target: &'a str,
    /// Whether the connection is encrypted: `Location` keeps the scheme.
    pub tls: bool,
}

/// A request turned away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirection {
    /// The error.
    pub error: S3Error,
    /// `x-amz-bucket-region`.
    pub bucket_region: RegionName,
    /// `Location`, of a 307 only: a 301 never has one (facts/02 §2).
    pub location: Option<String>,
    /// Whether the error's document is HTML, as website endpoints answer (facts/01 §5).
    pub html: bool,
}

/// What the decision tells the client; `None` where the request is served.
pub fn redirection(
    regions: &Regions,
    decision: &Decision,
    bucket: &BucketName,
    sent: &Sent<'_>,
) -> Option<Redirection> {
    let told = |error, home: &RegionName| Redirection {
        error,
        bucket_region: home.clone(),
        location: None,
        html: false,
    };
    Some(match &decision.answer {
        Answer::Serve => return None,
        Answer::TemporaryRedirect(home) => {
            let endpoint = regions.with_port(&regions.bucket_host(bucket, home), home, sent.host);
            let scheme = if sent.tls { "https" } else { "http" };
            let location = format!("{scheme}://{endpoint}{}", sent.target);
            let bucket = bucket.to_string();
            Redirection {
                location: Some(location),
                ..told(S3Error::TemporaryRedirect { endpoint, bucket }, home)
            }
        }
        Answer::PermanentRedirect(home) => {
            let endpoint = regions.with_port(&regions.shown_host(bucket, home), home, sent.host);
            let bucket = bucket.to_string();
            told(S3Error::PermanentRedirect { endpoint, bucket }, home)
        }
        Answer::Incompatible(home) => {
            // facts/02 §1: us-east-1 has no location constraint, so the word is another.
            let word = if home.is_us_east_1() {
                "unspecified"
            } else {
                home.as_str()
            };
            told(illegal_constraint(word), home)
        }
        Answer::IncorrectEndpoint(home) => {
            let endpoint = regions.with_port(&regions.website_host(bucket, home), home, sent.host);
            Redirection {
                html: true,
                ..told(S3Error::IncorrectEndpoint { endpoint }, home)
            }
        }
    })
}

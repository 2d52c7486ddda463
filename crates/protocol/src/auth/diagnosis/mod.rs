//! Why a signature was refused: what can be told from the request, and what the client must have signed, found
//! by signing the request as a client or a proxy may have seen it.
//!
//! [`diagnose`] is for a request that was refused already, and decides nothing. It works with the real
//! secret, so its cost is bounded ([`HMACS_MAX`], [`HASHED_BYTES_MAX`]) and its result is for the operator: nothing of
//! it may reach the client, who must not be able to use it as an oracle. The texts in it are the request's own
//! and hold what the request holds, session tokens included: whoever keeps them redacts them. The secret is in
//! none of them.

mod cause;
mod form;
#[cfg(test)]
mod tests;
mod text;
mod trial;
mod v2;
mod v4;
mod variants;

use cairn_types::{SecretAccessKey, Timestamp};
use http::HeaderMap;

pub use self::cause::{
    Cause, Certainty, Change, HeaderForm, HostFound, KeyForm, PathForm, PolicyForm, QueryForm, What,
};
pub use self::form::diagnose_form;
pub use self::trial::{Edit, edited};

use self::trial::{Sign, Trial, Variant};
use super::head::RequestHead;
use super::{Authentication, SKEW_SECONDS_MAX};

/// Most HMACs spent on one refused request.
pub const HMACS_MAX: usize = 64;
/// Most bytes hashed for one refused request. A canonical request of 4 KiB, which few have, is tried in as many
/// variants as there are HMACs.
pub const HASHED_BYTES_MAX: usize = 256 * 1024;

/// Most pairs of changes tried, before the rarer keys get the rest.
const PAIRS_MAX: usize = 8;
/// Keys tried before pairs: what environment files do to a secret.
const KEYS_FIRST: usize = 2;
/// Most ways of other addressing tried.
const ADDRESSINGS_MAX: usize = 6;
const DAY_SECONDS: u64 = 24 * 60 * 60;

/// Headers that say a request came through a proxy or a CDN.
pub const PROXY_HEADERS: [&str; 9] = [
    "via",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "x-amz-cf-id",
    "cf-ray",
    "cdn-loop",
];

/// Signed headers that do not survive a proxy, or are the HTTP library's own.
const FRAGILE: [&str; 9] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "connection",
    "expect",
    "te",
    "transfer-encoding",
    "user-agent",
    "x-forwarded-for",
];

/// What the server knows beside the request.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The region of the endpoint.
    pub region: &'a str,
    /// Its service.
    pub service: &'a str,
    /// The server's clock.
    pub now: Timestamp,
    /// Whether the session token was found not to be good.
    pub token_refused: bool,
    /// The bucket that the request names.
    pub bucket: Option<&'a str>,
    /// Names of the endpoint, without ports, that a client may use for this request.
    pub names: &'a [String],
    /// Other regions of the deployment.
    pub regions: &'a [&'a str],
}

/// What a request says of its signature, as sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claim {
    /// The access key id.
    pub access_key_id: String,
    /// `YYYYMMDD/REGION/SERVICE/aws4_request`; SigV2 has none.
    pub scope: Option<String>,
    /// The names of the signed headers; SigV2 and forms have none.
    pub signed_headers: Option<String>,
    /// When it was signed.
    pub date: Option<Timestamp>,
    /// Until when a presigned request is good.
    pub expires: Option<Timestamp>,
    /// Whether there is a session token.
    pub session_token: bool,
}

/// What the server computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Computed {
    /// SigV4 of a request.
    CanonicalRequest {
        /// The canonical request.
        text: Vec<u8>,
        /// The string to sign, whose last line is the hash of it.
        string_to_sign: String,
        /// The one that the client signed instead, where that is known.
        signed_string: Option<String>,
    },
    /// SigV2 of a request.
    StringToSign(Vec<u8>),
    /// A form's policy, in base64 as sent.
    Policy(String),
}

/// What was found out.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// What the request claims.
    pub claim: Claim,
    /// What the server computed.
    pub computed: Computed,
    /// Whether the signature is the key's over the request as it came; `None` where its secret is not known.
    pub right: Option<bool>,
    /// What the client signed instead, as changes of the text computed; empty where that was not found.
    pub signed: Vec<Edit>,
    /// Why it was refused, the proven first.
    pub causes: Vec<Cause>,
    /// What it cost.
    pub hmacs: usize,
}

/// Finds out why a request was refused; `secret` is that of its access key, if there is such a key. `None` for
/// an anonymous request.
pub fn diagnose(
    authentication: &Authentication,
    head: &RequestHead<'_>,
    secret: Option<&SecretAccessKey>,
    context: &Context<'_>,
) -> Option<Diagnosis> {
    match authentication {
        Authentication::Anonymous { .. } => None,
        Authentication::V4(v4) => Some(v4::diagnose(v4, head, secret, context)),
        Authentication::V2(v2) => Some(v2::diagnose(v2, head, secret, context)),
    }
}

/// What a trial ended in.
#[derive(Debug, Default)]
struct Outcome {
    right: Option<bool>,
    found: Option<Variant>,
    hmacs: usize,
}

/// Tries the request as it came, then every change, then pairs, and the rarer keys last. What was found without a
/// change is the request as it came.
fn outcome<S: Sign>(mut trial: Trial<'_, S>, kinds: &[Vec<Variant>], keys: &[Variant]) -> Outcome {
    trial.attempt(&Variant::default());
    let (first, later) = keys.split_at_checked(KEYS_FIRST).unwrap_or((keys, &[]));
    for variant in kinds.iter().flatten().chain(first) {
        trial.attempt(variant);
    }
    trial.attempt_pairs(kinds, PAIRS_MAX);
    for variant in later {
        trial.attempt(variant);
    }
    let right = trial.found.as_ref().is_some_and(|found| found.changes.is_empty());
    Outcome {
        right: Some(right),
        found: trial.found.filter(|_| !right),
        hmacs: trial.hmacs,
    }
}

/// What follows from the claim and the key's being known.
fn of_claim(claim: &Claim, secret_known: bool, context: &Context<'_>, causes: &mut Vec<Cause>) {
    let mut proven = |what| causes.push(Cause::proven(what));
    // Amazon's prefixes: `ASIA` for temporary keys, `AKIA` for those that stay.
    let temporary = claim.access_key_id.starts_with("ASIA");
    if temporary && !claim.session_token {
        proven(What::TokenMissing);
    } else if !secret_known && !context.token_refused {
        proven(What::KeyUnknown);
    }
    if context.token_refused {
        let long_term = claim.access_key_id.starts_with("AKIA");
        proven(if long_term {
            What::TokenNotOfKey
        } else {
            What::TokenRefused
        });
    }
    let now = context.now;
    match (claim.date, claim.expires) {
        (date, Some(expires)) if now >= expires && date.is_none_or(|date| now >= date) => {
            proven(What::Expired(now.seconds().saturating_sub(expires.seconds())));
        }
        (Some(date), Some(_)) if ahead(date, now) > skew_max() => {
            proven(What::NotYetValid(date.seconds().saturating_sub(now.seconds())));
        }
        (Some(date), None) if ahead(date, now).abs() > skew_max() => proven(What::Clock(ahead(date, now))),
        _ => {}
    }
}

/// By how many seconds a date is ahead of the clock.
fn ahead(date: Timestamp, now: Timestamp) -> i64 {
    let seconds = |moment: Timestamp| i64::try_from(moment.seconds()).unwrap_or(i64::MAX);
    seconds(date).saturating_sub(seconds(now))
}

fn skew_max() -> i64 {
    i64::try_from(SKEW_SECONDS_MAX).unwrap_or(i64::MAX)
}

/// What speaks for a cause where none was proven.
fn of_headers(headers: &HeaderMap, causes: &mut Vec<Cause>) {
    let has = |name: &&str| headers.contains_key(*name);
    let proxied: Vec<String> = PROXY_HEADERS.into_iter().filter(has).map(str::to_owned).collect();
    if !proxied.is_empty() {
        causes.push(Cause::likely(What::Proxied(proxied)));
    }
}

impl Cause {
    fn proven(what: What) -> Self {
        Self {
            certainty: Certainty::Proven,
            what,
        }
    }

    fn likely(what: What) -> Self {
        Self {
            certainty: Certainty::Likely,
            what,
        }
    }
}

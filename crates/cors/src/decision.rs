//! The decision: which headers a response gets, or how a preflight is refused.
//!
//! One walk for preflights and actual requests (facts/03 §2, §4), in the order of §4's table: it finds the
//! first rule that allows origin, method and every requested header, or the first reason why there is none.
//! Only then the two kinds part: a preflight without a rule is refused, an actual request goes its way
//! without CORS headers. A rule that names every origin (`*`) is answered alike for all of them.

#[cfg(test)]
mod tests;

use cairn_protocol::S3Error;
use serde::Serialize;

use crate::request::shown;
use crate::{
    AllowedHeader, AllowedOrigin, CorsConfiguration, Limit, Method, ORIGIN_BYTES_MAX, Request, Resource, Rule,
};

/// What `Vary` says on every response that a rule matched, and on no other (facts/03 §3).
pub const VARY: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

const BUCKET_NOT_FOUND: &str = "CORSResponse: Bucket not found";
const NOT_ENABLED: &str = "CORSResponse: CORS is not enabled for this bucket.";
// The misspelling is Amazon's.
const NOT_ALLOWED: &str = "CORSResponse: This CORS request is not allowed. This is usually because the \
                           evalution of Origin, request method / Access-Control-Request-Method or \
                           Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";

/// What is known of the bucket's CORS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketCors<'a> {
    /// There is no such bucket, or the request names none [believed: not recorded].
    NoBucket,
    /// The bucket has no configuration.
    NotConfigured,
    /// It has this one.
    Configured(&'a CorsConfiguration),
}

impl<'a> From<Option<&'a CorsConfiguration>> for BucketCors<'a> {
    /// Of a bucket that exists.
    fn from(configuration: Option<&'a CorsConfiguration>) -> Self {
        configuration.map_or(Self::NotConfigured, Self::Configured)
    }
}

impl<'a> From<&'a CorsConfiguration> for BucketCors<'a> {
    fn from(configuration: &'a CorsConfiguration) -> Self {
        Self::Configured(configuration)
    }
}

/// What a rule that matched makes of the response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Allowed {
    /// Which rule: its index, from 0.
    pub rule: usize,
    /// The headers to add, in lower case, values of visible ASCII and spaces: to a preflight's 200 and to
    /// an actual response of any status.
    pub headers: Vec<(&'static str, String)>,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A rule matched.
    Allow(Allowed),
    /// An actual request without a rule: it is served, and its response gets neither CORS headers nor `Vary`.
    NoHeaders,
    /// A preflight without a rule.
    Refuse(S3Error),
}

/// Why: the first of these that holds, in this order (facts/03 §4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// There is no `Origin`: to S3 it is no CORS request.
    NoOrigin,
    /// There is no such bucket.
    NoBucket,
    /// The bucket has no CORS configuration.
    NotConfigured,
    /// A preflight without `Access-Control-Request-Method`.
    NoRequestedMethod,
    /// A preflight asks for a method that no rule can allow.
    RequestedMethod,
    /// This requested header is not a header's name.
    RequestedHeader(String),
    /// `Origin` has what no browser sends and no response header can repeat.
    OriginCharacter,
    /// A limit of this server.
    Limit(Limit),
    /// No rule allows origin, method and requested headers.
    NoRule,
    /// A rule does.
    Rule,
}

impl Because {
    /// The reason in a sentence, for people.
    pub fn text(&self) -> String {
        let text = match self {
            Self::NoOrigin => "the request has no Origin header, so it is no CORS request",
            Self::NoBucket => "there is no such bucket",
            Self::NotConfigured => "the bucket has no CORS configuration",
            Self::NoRequestedMethod => "the preflight does not say which method it asks for",
            Self::RequestedMethod => {
                "no rule can allow the method asked for: only GET, PUT, HEAD, POST and DELETE, in upper case"
            }
            Self::RequestedHeader(name) => return format!("\"{name}\" cannot be the name of a header"),
            Self::OriginCharacter => "the Origin has characters that no browser sends",
            Self::Limit(limit) => return limit.text(),
            Self::NoRule => "no rule allows the origin, the method and every requested header",
            Self::Rule => {
                "it is the first rule that allows the origin, the method and every requested header"
            }
        };
        text.to_owned()
    }
}

/// The answer, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What happens.
    pub answer: Answer,
    /// Why.
    pub because: Because,
}

impl Decision {
    /// The headers that the response gets; none without a rule.
    pub fn headers(&self) -> &[(&'static str, String)] {
        match &self.answer {
            Answer::Allow(allowed) => &allowed.headers,
            Answer::NoHeaders | Answer::Refuse(_) => &[],
        }
    }
}

/// Decides. Costs at most the requested names times the configuration's size, and both are limited.
pub fn decide<'a>(bucket: impl Into<BucketCors<'a>>, request: &Request<'_>) -> Decision {
    match find(bucket.into(), request) {
        Ok(allowed) => Decision {
            answer: Answer::Allow(allowed),
            because: Because::Rule,
        },
        Err(because) => Decision {
            answer: if request.is_preflight() {
                Answer::Refuse(refusal(&because, request))
            } else {
                Answer::NoHeaders
            },
            because,
        },
    }
}

fn find(bucket: BucketCors<'_>, request: &Request<'_>) -> Result<Allowed, Because> {
    let origin = request.origin().ok_or(Because::NoOrigin)?;
    let configuration = match bucket {
        BucketCors::NoBucket => return Err(Because::NoBucket),
        BucketCors::NotConfigured => return Err(Because::NotConfigured),
        BucketCors::Configured(configuration) => configuration,
    };
    if request.is_preflight() {
        let method = request.requested_method().ok_or(Because::NoRequestedMethod)?;
        Method::parse(method).ok_or(Because::RequestedMethod)?;
    }
    let names = request.requested_headers()?;
    check_origin(origin)?;
    let method = request.effective_method();
    for (index, rule) in configuration.rules().iter().enumerate() {
        let Some(matched) = rule.origin_for(origin) else {
            continue;
        };
        if rule.allows_method(method) && names.iter().all(|name| rule.header_for(name).is_some()) {
            return Ok(Allowed {
                rule: index,
                headers: headers(rule, matched, origin, &names),
            });
        }
    }
    Err(Because::NoRule)
}

/// Whether an origin can match at all.
pub(crate) fn check_origin(origin: &str) -> Result<(), Because> {
    if origin.len() > ORIGIN_BYTES_MAX {
        return Err(Because::Limit(Limit::OriginBytes));
    }
    if !origin.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(Because::OriginCharacter);
    }
    Ok(())
}

impl Rule {
    /// The first of its origins that allows this one.
    pub(crate) fn origin_for(&self, origin: &str) -> Option<&AllowedOrigin> {
        self.allowed_origins.iter().find(|allowed| allowed.allows(origin))
    }

    /// Whether it allows the method.
    pub(crate) fn allows_method(&self, name: &str) -> bool {
        self.allowed_methods.iter().any(|method| method.as_str() == name)
    }

    /// The first of its headers that allows this one.
    pub(crate) fn header_for(&self, name: &str) -> Option<&AllowedHeader> {
        self.allowed_headers.iter().find(|allowed| allowed.allows(name))
    }
}

/// The response's headers (facts/03 §3).
fn headers(
    rule: &Rule,
    matched: &AllowedOrigin,
    origin: &str,
    names: &[&str],
) -> Vec<(&'static str, String)> {
    let methods: Vec<_> = rule
        .allowed_methods
        .iter()
        .map(|method| method.as_str())
        .collect();
    let allowed = if matched.is_any() { "*" } else { origin };
    let mut headers = vec![
        ("access-control-allow-origin", allowed.to_owned()),
        ("access-control-allow-methods", methods.join(", ")),
    ];
    if !names.is_empty() {
        headers.push((
            "access-control-allow-headers",
            names.join(", ").to_ascii_lowercase(),
        ));
    }
    if !rule.expose_headers.is_empty() {
        let exposed: Vec<_> = rule.expose_headers.iter().map(|name| name.as_str()).collect();
        headers.push(("access-control-expose-headers", exposed.join(", ")));
    }
    if let Some(seconds) = rule.max_age_seconds {
        headers.push(("access-control-max-age", seconds.to_string()));
    }
    // With credentials a browser takes no `*` (Fetch, CORS check), so there is no use in offering them.
    if !matched.is_any() {
        headers.push(("access-control-allow-credentials", "true".to_owned()));
    }
    headers.push(("vary", VARY.to_owned()));
    headers
}

/// What a preflight is refused with (facts/03 §4, by row).
fn refusal(because: &Because, request: &Request<'_>) -> S3Error {
    let bad_request = |message: String| S3Error::BadRequest { message };
    let forbidden = |message: &str, resource: Resource| S3Error::AccessForbidden {
        message: message.into(),
        method: shown(request.effective_method()),
        resource_type: resource.as_str(),
    };
    match because {
        // Row 2.
        Because::NoOrigin => bad_request("Insufficient information. Origin request header needed.".into()),
        // Row 3.
        Because::NoBucket => forbidden(BUCKET_NOT_FOUND, Resource::Bucket),
        // Row 4: of the bucket, also where the URL names an object.
        Because::NotConfigured => forbidden(NOT_ENABLED, Resource::Bucket),
        // Rows 5 and 6.
        Because::NoRequestedMethod | Because::RequestedMethod => {
            let method = request.requested_method().map_or("null".to_owned(), shown);
            bad_request(format!("Invalid Access-Control-Request-Method: {method}"))
        }
        // Row 7.
        Because::RequestedHeader(name) => bad_request(format!(
            "Access-Control-Request-Headers \"{name}\" contains invalid character."
        )),
        // Row 8. What is beyond a limit of Cairn's own matches nothing.
        Because::OriginCharacter | Because::Limit(_) | Because::NoRule | Because::Rule => {
            forbidden(NOT_ALLOWED, request.resource)
        }
    }
}

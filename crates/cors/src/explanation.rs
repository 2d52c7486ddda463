//! Why a request is allowed by CORS, or is not: every rule, in words and as values.
//!
//! The verdict is [`decide`]'s own; the rules are looked at with the same three questions it asks, so the two
//! cannot differ (a property test holds it). To that come the smallest change of the configuration that would
//! allow the request ([`Change`]), and hints at what goes wrong outside the configuration ([`Hint`]), as
//! seeds 001 and 003 teach: what a browser does with an answer is not in the answer.
//!
//! [`Explanation`] prints itself for people, and serializes for programs. Rules are counted from 1 in it.

mod change;
mod hint;
mod origin;
#[cfg(test)]
mod tests;
mod text;

use serde::Serialize;

pub use change::Change;
pub use hint::{Advice, Hint};
pub use origin::{Difference, NearMiss};

use crate::decision::check_origin;
use crate::request::shown;
use crate::{
    Answer, Because, BucketCors, CorsConfiguration, Decision, Method, Request, Resource, Rule, decide,
};

/// What is known of the page and of the way to the server beside the request; nothing, by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Page<'a> {
    /// The response headers that its script reads.
    pub reads: &'a [&'a str],
    /// Whether it sends the request with credentials (`credentials: "include"`, `withCredentials`).
    pub credentials: bool,
    /// That the request is redirected instead of answered, as the routing decision tells.
    pub redirected: Option<Redirect<'a>>,
    /// Whether the request came through a proxy or a CDN.
    pub proxied: bool,
}

/// A request sent elsewhere by its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redirect<'a> {
    /// The host that the client uses.
    pub host: &'a str,
    /// Where it is sent: a URL or a host.
    pub to: &'a str,
}

/// The request, as the decision sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The HTTP method.
    pub method: String,
    /// Whether it is a preflight.
    pub preflight: bool,
    /// What its URL names.
    pub resource: Resource,
    /// `Origin`.
    pub origin: Option<String>,
    /// The method that a rule has to allow.
    pub effective_method: String,
    /// The headers that a rule has to allow; none where they cannot be read, which the verdict says.
    pub headers: Vec<String>,
}

/// What the client sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Seen {
    /// A response with these headers: a preflight's 200, or whatever the operation answers.
    Allowed {
        /// Name and value.
        headers: Vec<(&'static str, String)>,
    },
    /// An actual request's response, which has no CORS headers: the browser keeps it from the page.
    NoHeaders,
    /// A preflight's refusal: the browser does not send the request.
    Refused {
        /// The HTTP status.
        status: u16,
        /// `<Code>`.
        code: &'static str,
        /// `<Message>`.
        message: String,
        /// The other children of `<Error>` before the ids.
        elements: Vec<(&'static str, String)>,
    },
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether a rule allows the request.
    pub allowed: bool,
    /// Which, counted from 1.
    pub rule: Option<usize>,
    /// Why.
    pub because: Because,
    /// Why, in a sentence.
    pub text: String,
    /// What the client sees.
    pub seen: Seen,
    /// As [`decide`] gave it.
    #[serde(skip)]
    pub decision: Decision,
}

/// How one rule looks at the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleReport {
    /// Counted from 1.
    pub number: usize,
    /// The rule's `ID`.
    pub id: Option<String>,
    /// Whether it is the one that decided. Those after it were not asked, and are shown all the same.
    pub decides: bool,
    /// Origin.
    pub origin: OriginReport,
    /// Method.
    pub method: MethodReport,
    /// Requested headers.
    pub headers: HeadersReport,
}

impl RuleReport {
    /// Whether it allows the request.
    pub fn matches(&self) -> bool {
        self.origin.matched && self.method.matched && self.headers.matched
    }
}

/// Whether a rule allows the origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OriginReport {
    /// Whether it does.
    pub matched: bool,
    /// By which `AllowedOrigin`.
    pub by: Option<String>,
    /// Those it has, where none matches.
    pub allowed: Vec<String>,
    /// Those that almost match.
    pub near: Vec<NearMiss>,
}

/// Whether a rule allows the method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MethodReport {
    /// Whether it does.
    pub matched: bool,
    /// Those it has.
    pub allowed: Vec<Method>,
}

/// Whether a rule allows the requested headers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeadersReport {
    /// Whether it allows all of them; also where none is requested.
    pub matched: bool,
    /// Each, in the order requested.
    pub names: Vec<HeaderReport>,
    /// The `AllowedHeader` it has, where one is not allowed.
    pub allowed: Vec<String>,
}

/// Whether a rule allows one requested header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeaderReport {
    /// Its name, as requested.
    pub name: String,
    /// By which `AllowedHeader`; `None` where it is not allowed.
    pub by: Option<String>,
}

/// Why a request is allowed by CORS, or is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The request.
    pub request: Asked,
    /// What was decided.
    pub verdict: Verdict,
    /// Each rule, in order.
    pub rules: Vec<RuleReport>,
    /// The smallest change of the configuration that would allow the request, and let the page do what is
    /// known of it; `None` where nothing is to change or no configuration helps.
    pub change: Option<Change>,
    /// What else is worth knowing.
    pub hints: Vec<Advice>,
}

/// Explains.
pub fn explain<'a>(bucket: impl Into<BucketCors<'a>>, request: &Request<'_>, page: &Page<'_>) -> Explanation {
    let bucket = bucket.into();
    let decision = decide(bucket, request);
    let configuration = match bucket {
        BucketCors::Configured(configuration) => Some(configuration),
        BucketCors::NotConfigured | BucketCors::NoBucket => None,
    };
    let names = request.requested_headers();
    let rules = reports(configuration, request, names.as_deref().ok(), &decision);
    let change = match bucket {
        BucketCors::NoBucket => None,
        _ => change::change(configuration, request, page, &decision),
    };
    let verdict = verdict(decision);
    Explanation {
        request: Asked {
            method: request.method.to_owned(),
            preflight: request.is_preflight(),
            resource: request.resource,
            origin: request.origin().map(shown),
            effective_method: shown(request.effective_method()),
            headers: names.iter().flatten().map(|name| (*name).to_owned()).collect(),
        },
        hints: hint::hints(request, page, &verdict, configuration, &rules),
        verdict,
        rules,
        change,
    }
}

fn verdict(decision: Decision) -> Verdict {
    let (rule, seen) = match &decision.answer {
        Answer::Allow(allowed) => (
            Some(allowed.rule + 1),
            Seen::Allowed {
                headers: allowed.headers.clone(),
            },
        ),
        Answer::NoHeaders => (None, Seen::NoHeaders),
        Answer::Refuse(error) => (
            None,
            Seen::Refused {
                status: error.status().as_u16(),
                code: error.code(),
                message: error.message().into_owned(),
                elements: error.details(),
            },
        ),
    };
    Verdict {
        allowed: rule.is_some(),
        rule,
        text: decision.because.text(),
        because: decision.because.clone(),
        seen,
        decision,
    }
}

/// Each rule's look at the request; `names` is `None` where they cannot be read.
fn reports(
    configuration: Option<&CorsConfiguration>,
    request: &Request<'_>,
    names: Option<&[&str]>,
    decision: &Decision,
) -> Vec<RuleReport> {
    let decides = match &decision.answer {
        Answer::Allow(allowed) => Some(allowed.rule),
        Answer::NoHeaders | Answer::Refuse(_) => None,
    };
    let origin = request.origin().filter(|origin| check_origin(origin).is_ok());
    let rules = configuration.map(CorsConfiguration::rules).unwrap_or_default();
    rules
        .iter()
        .enumerate()
        .map(|(index, rule)| RuleReport {
            number: index + 1,
            id: rule.id.clone(),
            decides: decides == Some(index),
            origin: origin_report(rule, origin),
            method: MethodReport {
                matched: rule.allows_method(request.effective_method()),
                allowed: rule.allowed_methods.clone(),
            },
            headers: headers_report(rule, names),
        })
        .collect()
}

fn origin_report(rule: &Rule, origin: Option<&str>) -> OriginReport {
    let by = origin.and_then(|origin| rule.origin_for(origin));
    let all = || rule.allowed_origins.iter();
    let (allowed, near) = match (by, origin) {
        (Some(_), _) => (Vec::new(), Vec::new()),
        (None, origin) => (
            all().map(ToString::to_string).collect(),
            origin.map_or(Vec::new(), |origin| {
                all()
                    .filter_map(|allowed| NearMiss::of(allowed, origin))
                    .collect()
            }),
        ),
    };
    OriginReport {
        matched: by.is_some(),
        by: by.map(ToString::to_string),
        allowed,
        near,
    }
}

fn headers_report(rule: &Rule, names: Option<&[&str]>) -> HeadersReport {
    let reports: Vec<_> = names
        .unwrap_or_default()
        .iter()
        .map(|name| HeaderReport {
            name: (*name).to_owned(),
            by: rule.header_for(name).map(ToString::to_string),
        })
        .collect();
    let matched = names.is_some() && reports.iter().all(|report| report.by.is_some());
    HeadersReport {
        matched,
        names: reports,
        allowed: if matched {
            Vec::new()
        } else {
            rule.allowed_headers.iter().map(ToString::to_string).collect()
        },
    }
}

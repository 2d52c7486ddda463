//! What goes wrong beside the rules: in the origin's spelling, in the browser, on the way.

use serde::Serialize;

use super::{NearMiss, Page, RuleReport, Verdict};
use crate::request::shown;
use crate::{AllowedOrigin, Because, CorsConfiguration, Method, Request, Rule};

/// The response headers that a page may always read (Fetch, CORS-safelisted response-header name).
const SAFELISTED: &[&str] = &[
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
];

/// One thing that commonly goes wrong, and is seen to go wrong here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "hint")]
pub enum Hint {
    /// A rule's origin is almost the request's.
    OriginDiffers {
        /// The rule, counted from 1.
        rule: usize,
        /// Which, and in what.
        near: NearMiss,
    },
    /// The origin is `null`.
    NullOrigin,
    /// The method cannot be in any rule.
    MethodNotConfigurable {
        /// The method.
        method: String,
    },
    /// Rules together allow the request, no one alone does.
    SplitOverRules,
    /// The script cannot read these response headers.
    NotExposed {
        /// Their names.
        headers: Vec<String>,
    },
    /// The answer is `*`, which a browser does not take where credentials are sent.
    AnyOriginWithCredentials,
    /// The request is redirected.
    Redirected {
        /// The host it is sent to.
        host: String,
        /// Where to.
        to: String,
    },
    /// The request looks like CORS and has no `Origin`.
    OriginStripped,
    /// The answer is readable, unless a browser has kept another one to the same URL.
    CachedWithoutOrigin,
    /// There is a proxy on the way.
    Proxied,
}

impl Hint {
    /// In a sentence or two, with what to do.
    pub fn text(&self) -> String {
        match self {
            Self::OriginDiffers { rule, near } => {
                let differs: Vec<_> = near.differs.iter().map(|difference| difference.text()).collect();
                format!(
                    "rule {rule} almost allows the origin, with {}. What differs: {}. An origin is scheme, \
                     host and port, compared character by character",
                    near.allowed,
                    differs.join("; ")
                )
            }
            Self::NullOrigin => "a browser sends the origin \"null\" for pages without one: opened from a file, \
                                 in a sandboxed frame, or after a redirect to another origin. Only the \
                                 AllowedOrigin * or null matches it; rather serve the page over HTTP"
                .to_owned(),
            Self::MethodNotConfigurable { method } => format!(
                "{method} cannot be allowed: a rule has GET, PUT, HEAD, POST and DELETE, in upper case. The \
                 browser asks for OPTIONS by itself, and * is no method"
            ),
            Self::SplitOverRules => "origin, method and headers are each allowed by some rule, but by no single \
                                     one: rules are not combined"
                .to_owned(),
            Self::NotExposed { headers } => format!(
                "the page cannot read {}: a browser shows a script only the headers in ExposeHeaders, and a few \
                 that are always shown. The request itself succeeds",
                headers.join(", ")
            ),
            Self::AnyOriginWithCredentials => "the rule answers with *, which a browser does not take for a \
                                               request with credentials: name the origin in the rule, or send the \
                                               request without credentials (a presigned URL needs none)"
                .to_owned(),
            Self::Redirected { host, to } => format!(
                "a request to {host} is redirected to {to}, and a browser does not follow a redirect of a preflight: use \
                 the endpoint of the bucket's region from the start, also when presigning"
            ),
            Self::OriginStripped => "the request has no Origin: a browser always sends one with a preflight and \
                                     with requests to another origin. A proxy on the way may have removed it; \
                                     let it forward Origin, Access-Control-Request-Method and \
                                     Access-Control-Request-Headers"
                .to_owned(),
            Self::CachedWithoutOrigin => "should the page be refused all the same, its browser may have kept an \
                                          answer to an earlier request of this URL without Origin (an <img> \
                                          without crossorigin, a link that was opened): such an answer has no \
                                          CORS headers, and no Vary header that would say so. Give the element \
                                          crossorigin, or fetch with cache: \"no-store\""
                .to_owned(),
            Self::Proxied => "the request came through a proxy: it must let OPTIONS through, forward Origin, \
                              Access-Control-Request-Method and Access-Control-Request-Headers, and keep what it \
                              caches apart by these three. An answer that no rule matched has no Vary header that \
                              would say so"
                .to_owned(),
        }
    }
}

/// A hint and its sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// Which.
    #[serde(flatten)]
    pub hint: Hint,
    /// The sentence.
    pub text: String,
}

/// The headers that the page reads and a browser does not show it.
pub(super) fn not_exposed(rule: &Rule, page: &Page<'_>) -> Vec<String> {
    let shown_to_pages = |name: &str| {
        let exposed = rule.expose_headers.iter().map(|header| header.as_str());
        exposed
            .chain(SAFELISTED.iter().copied())
            .any(|header| header.eq_ignore_ascii_case(name))
    };
    let mut hidden: Vec<String> = Vec::new();
    for name in page.reads.iter().filter(|name| !shown_to_pages(name)) {
        if !hidden.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            hidden.push((*name).to_owned());
        }
    }
    hidden
}

/// The hints that apply.
pub(super) fn hints(
    request: &Request<'_>,
    page: &Page<'_>,
    verdict: &Verdict,
    configuration: Option<&CorsConfiguration>,
    rules: &[RuleReport],
) -> Vec<Advice> {
    let mut hints = Vec::new();
    if let Some(redirect) = page.redirected {
        hints.push(Hint::Redirected {
            host: shown(redirect.host),
            to: shown(redirect.to),
        });
    }
    let asks = request.is_preflight()
        || request.requested_method.is_some()
        || request.requested_headers.is_some()
        || page.proxied;
    if verdict.because == Because::NoOrigin && asks {
        hints.push(Hint::OriginStripped);
    }
    let method = request.effective_method();
    let asks_for_none = verdict.because == Because::NoRequestedMethod;
    if !verdict.allowed && !asks_for_none && Method::parse(method).is_none() {
        hints.push(Hint::MethodNotConfigurable {
            method: shown(method),
        });
    }
    match verdict
        .rule
        .and_then(|number| configuration?.rules().get(number - 1))
    {
        Some(rule) => allowed(request, page, rule, &mut hints),
        None => refused(request, rules, &mut hints),
    }
    // The last guess: only of GET do browsers keep answers, and anything seen above explains more.
    if verdict.allowed && method == "GET" && hints.is_empty() {
        hints.push(Hint::CachedWithoutOrigin);
    }
    if page.proxied {
        hints.push(Hint::Proxied);
    }
    let advice = |hint: Hint| Advice {
        text: hint.text(),
        hint,
    };
    hints.into_iter().map(advice).collect()
}

/// What keeps the page from what its request is allowed.
fn allowed(request: &Request<'_>, page: &Page<'_>, rule: &Rule, hints: &mut Vec<Hint>) {
    let by = rule.origin_for(request.origin().unwrap_or_default());
    if page.credentials && by.is_some_and(AllowedOrigin::is_any) {
        hints.push(Hint::AnyOriginWithCredentials);
    }
    let headers = not_exposed(rule, page);
    if !headers.is_empty() {
        hints.push(Hint::NotExposed { headers });
    }
}

/// What the rules were perhaps meant to say.
fn refused(request: &Request<'_>, rules: &[RuleReport], hints: &mut Vec<Hint>) {
    if request.origin() == Some("null") {
        hints.push(Hint::NullOrigin);
    }
    // A rule that lacks nothing but the origin first: it is the one that was meant.
    let meant = |rule: &&RuleReport| rule.method.matched && rule.headers.matched;
    let others = |rule: &&RuleReport| !meant(rule);
    for rule in rules.iter().filter(meant).chain(rules.iter().filter(others)) {
        for near in &rule.origin.near {
            let known =
                |hint: &Hint| matches!(hint, Hint::OriginDiffers { near: known, .. } if known == near);
            if !hints.iter().any(known) {
                hints.push(Hint::OriginDiffers {
                    rule: rule.number,
                    near: near.clone(),
                });
            }
        }
    }
    let some = |matched: fn(&RuleReport) -> bool| rules.iter().any(matched);
    let split = some(|rule| rule.origin.matched)
        && some(|rule| rule.method.matched)
        && some(|rule| rule.headers.matched);
    // A misspelt origin explains more, where there is one.
    if split
        && !hints
            .iter()
            .any(|hint| matches!(hint, Hint::OriginDiffers { .. }))
    {
        hints.push(Hint::SplitOverRules);
    }
}

//! Origins that are almost the one allowed: people write what the address bar shows, browsers send less.
//!
//! Both are taken apart into scheme, host and port. Where the hosts are the same and something else is not,
//! that is what was overlooked. A pattern whose `*` reaches over these parts cannot be taken apart, and is
//! simply no near miss.

use serde::Serialize;

use crate::AllowedOrigin;

/// What keeps an origin from matching.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Difference {
    /// `http` against `https`.
    Scheme,
    /// The rule has no `scheme://`, which an origin always has.
    NoScheme,
    /// The port; one that is the scheme's own is not sent, so the rule must not have it.
    Port,
    /// The rule ends in `/`, which an origin never does.
    SlashInRule,
    /// The request's origin ends in `/`: a browser does not send that.
    SlashInRequest,
    /// The rule has a path, which an origin never has.
    Path,
    /// Upper and lower case: browsers send lower case.
    LetterCase,
}

impl Difference {
    /// In words, after "differs:".
    pub fn text(self) -> &'static str {
        match self {
            Self::Scheme => "the scheme (http or https)",
            Self::NoScheme => "the rule lacks the scheme (http:// or https://)",
            Self::Port => "the port (none is sent where it is the scheme's own)",
            Self::SlashInRule => "the slash at the end of the rule's origin",
            Self::SlashInRequest => "the slash at the end of the request's origin",
            Self::Path => "the path in the rule's origin: an origin has none",
            Self::LetterCase => "upper and lower case",
        }
    }
}

/// An `AllowedOrigin` that does not allow the request's, for small reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NearMiss {
    /// As the rule has it.
    pub allowed: String,
    /// All that differs.
    pub differs: Vec<Difference>,
}

impl NearMiss {
    /// Looks at an `AllowedOrigin` that does not allow `origin`; `None` where they are unlike.
    pub(super) fn of(allowed: &AllowedOrigin, origin: &str) -> Option<Self> {
        let (rule, sent) = (Parts::of(allowed.as_str()), Parts::of(origin));
        sent.scheme?;
        let host = same(rule.host, sent.host);
        if !host && !same(&rule.host.to_ascii_lowercase(), &sent.host.to_ascii_lowercase()) {
            return None;
        }
        let mut differs = Vec::new();
        match (rule.scheme, sent.scheme) {
            (None, _) => differs.push(Difference::NoScheme),
            (Some(rule), sent) if !same(rule, sent.unwrap_or_default()) => differs.push(Difference::Scheme),
            _ => {}
        }
        if !same(rule.port.unwrap_or_default(), sent.port.unwrap_or_default()) {
            differs.push(Difference::Port);
        }
        match (rule.path, sent.path) {
            (Some("/"), None) => differs.push(Difference::SlashInRule),
            (None, Some("/")) => differs.push(Difference::SlashInRequest),
            (Some(_), None) => differs.push(Difference::Path),
            _ => {}
        }
        if !host {
            differs.push(Difference::LetterCase);
        }
        (!differs.is_empty()).then(|| Self {
            allowed: allowed.to_string(),
            differs,
        })
    }
}

/// One part against one part of a pattern, which has no more wildcards than the whole.
fn same(rule: &str, sent: &str) -> bool {
    AllowedOrigin::new(rule).is_ok_and(|rule| rule.allows(sent))
}

/// `scheme://host:port/path`, where each but the host may lack.
struct Parts<'a> {
    scheme: Option<&'a str>,
    host: &'a str,
    port: Option<&'a str>,
    path: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, text),
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => (&rest[..at], Some(&rest[at..])),
            None => (rest, None),
        };
        let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit() || byte == b'*');
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if is_port(port) => (host, Some(port)),
            _ => (authority, None),
        };
        Self {
            scheme,
            host,
            port,
            path,
        }
    }
}

//! What the journal keeps of a CORS request: what was asked, and which rule said what.
//!
//! Whoever explains the request later sees the verdict of then here; why each rule said what it said is worked
//! out from the configuration of then only as long as nobody changes it, so that the explanation is of the
//! configuration of now. Texts have limits, whose sum leaves room in [`cairn_journal::FACT_BYTES_MAX`].

use cairn_cors::{Answer, Because, Decision, Limit, Request};
use serde::{Deserialize, Serialize};

/// Longest `Origin` kept, in bytes. A scheme, a host name of 253 bytes and a port fit.
const ORIGIN_BYTES_MAX: usize = 288;
/// Longest `Access-Control-Request-Method` kept, in bytes.
const METHOD_BYTES_MAX: usize = 32;
/// Longest `Access-Control-Request-Headers` kept, in bytes: that of an upload by an SDK has about 200.
const HEADERS_BYTES_MAX: usize = 640;

/// A request with an `Origin`, or a preflight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorsFact {
    /// `Origin`.
    pub origin: Option<String>,
    /// `Access-Control-Request-Method`.
    pub requested_method: Option<String>,
    /// `Access-Control-Request-Headers`.
    pub requested_headers: Option<String>,
    /// Whether one of them was longer than is kept.
    pub cut: bool,
    /// Whether the request had the headers that proxies and CDNs add.
    pub proxied: bool,
    /// The rule that allowed it, counted from 1.
    pub rule: Option<u16>,
    /// Why, as a number ([`number`]); None where CORS was not asked, because the request was redirected or
    /// the configuration could not be read.
    because: Option<u8>,
}

impl CorsFact {
    /// Of a request, and what was decided, if anything was.
    pub(crate) fn new(request: &Request<'_>, decision: Option<&Decision>, proxied: bool) -> Self {
        let mut cut = false;
        let mut kept = |text: Option<&str>, bytes_max: usize| {
            let text = text?;
            cut |= text.len() > bytes_max;
            Some(text.get(..text.floor_char_boundary(bytes_max))?.to_owned())
        };
        let rule = match decision.map(|decision| &decision.answer) {
            Some(Answer::Allow(allowed)) => u16::try_from(allowed.rule + 1).ok(),
            _ => None,
        };
        Self {
            origin: kept(request.origin.as_deref(), ORIGIN_BYTES_MAX),
            requested_method: kept(request.requested_method.as_deref(), METHOD_BYTES_MAX),
            requested_headers: kept(request.requested_headers.as_deref(), HEADERS_BYTES_MAX),
            cut,
            proxied,
            rule,
            because: decision.map(|decision| number(&decision.because)),
        }
    }

    /// As the journal has it.
    pub(crate) fn encode(&self) -> Option<Vec<u8>> {
        postcard::to_stdvec(self).ok()
    }

    /// Reads a fact of kind [`super::super::fact::CORS`]; None for what is none.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }

    /// Whether CORS was asked at all.
    pub fn was_asked(&self) -> bool {
        self.because.is_some()
    }

    /// Why it was decided as it was; None where it was not, or by a reason of a later version.
    pub fn because(&self) -> Option<Because> {
        because(self.because?)
    }

    /// The same in a sentence. Which of the requested headers is no header's name is not kept twice.
    pub fn text(&self) -> Option<String> {
        Some(match self.because()? {
            Because::RequestedHeader(_) => {
                "one of the requested headers cannot be the name of a header".to_owned()
            }
            because => because.text(),
        })
    }

    /// Whether this is what was decided, and by this rule, counted from 1.
    pub fn agrees(&self, because: &Because, rule: Option<usize>) -> bool {
        self.because == Some(number(because)) && self.rule.map(usize::from) == rule
    }
}

/// A reason's number, given out once: the journal outlives the process.
fn number(because: &Because) -> u8 {
    match because {
        Because::NoOrigin => 1,
        Because::NoBucket => 2,
        Because::NotConfigured => 3,
        Because::NoRequestedMethod => 4,
        Because::RequestedMethod => 5,
        Because::RequestedHeader(_) => 6,
        Because::OriginCharacter => 7,
        Because::Limit(Limit::OriginBytes) => 8,
        Because::Limit(Limit::RequestedHeadersBytes) => 9,
        Because::Limit(Limit::RequestedHeaders) => 10,
        Because::NoRule => 11,
        Because::Rule => 12,
    }
}

/// And back, but for the name of the header that is none.
fn because(number: u8) -> Option<Because> {
    Some(match number {
        1 => Because::NoOrigin,
        2 => Because::NoBucket,
        3 => Because::NotConfigured,
        4 => Because::NoRequestedMethod,
        5 => Because::RequestedMethod,
        6 => Because::RequestedHeader(String::new()),
        7 => Because::OriginCharacter,
        8 => Because::Limit(Limit::OriginBytes),
        9 => Because::Limit(Limit::RequestedHeadersBytes),
        10 => Because::Limit(Limit::RequestedHeaders),
        11 => Because::NoRule,
        12 => Because::Rule,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use cairn_cors::{BucketCors, Resource, decide};
    use cairn_journal::FACT_BYTES_MAX;

    use super::*;

    fn request<'a>(origin: &'a str, method: &'a str, headers: &'a str) -> Request<'a> {
        Request {
            method: "OPTIONS",
            resource: Resource::Object,
            origin: Some(origin.into()),
            requested_method: Some(method.into()),
            requested_headers: Some(headers.into()),
        }
    }

    #[test]
    fn a_fact_of_any_request_fits_in_the_journal() {
        let fits = (
            "o".repeat(ORIGIN_BYTES_MAX),
            "m".repeat(METHOD_BYTES_MAX),
            "h".repeat(HEADERS_BYTES_MAX),
        );
        let whole = request(&fits.0, &fits.1, &fits.2);
        let decision = decide(BucketCors::NotConfigured, &whole);
        let fact = CorsFact::new(&whole, Some(&decision), true);
        assert!(!fact.cut);
        let bytes = fact.encode().unwrap();
        assert!(bytes.len() <= FACT_BYTES_MAX, "{}", bytes.len());
        assert_eq!(CorsFact::decode(&bytes), Some(fact.clone()));
        assert_eq!(fact.because(), Some(Because::NotConfigured));
        assert!(fact.agrees(&Because::NotConfigured, None) && !fact.agrees(&Because::NotConfigured, Some(1)));
        // One byte more, in the middle of a character.
        let long = format!("{}ü", &fits.0[1..]);
        let cut = CorsFact::new(&request(&long, "PUT", ""), None, false);
        assert!(cut.cut && !cut.was_asked());
        assert_eq!(cut.origin.as_deref(), Some(&fits.0[1..]));
    }

    #[test]
    fn every_reason_has_its_number() {
        for given in 1..=12 {
            assert_eq!(number(&because(given).unwrap()), given);
        }
        assert_eq!(because(0), None);
        assert_eq!(because(13), None);
        assert_eq!(CorsFact::decode(b"\xff"), None);
    }
}

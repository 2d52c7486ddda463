//! The condition keys that every request has, whatever it is for (facts/05 §5, global keys). What a service
//! or an operation knows beside them, it adds itself.
//!
//! `aws:PrincipalArn`, `aws:userid` and the like follow from the principal and are not set here.

use std::net::IpAddr;

use cairn_identity::Caller;
use cairn_policy::Context;
use cairn_types::{RegionName, Timestamp};
use http::HeaderMap;
use http::header::{REFERER, USER_AGENT};

/// What of a request the global keys are made of.
pub(crate) struct Circumstances<'a> {
    /// When it came.
    pub(crate) now: Timestamp,
    /// The client's address; `None` of a request that was not made.
    pub(crate) source: Option<IpAddr>,
    /// Whether it came over TLS; `None` of a request that was not made.
    pub(crate) tls: Option<bool>,
    /// The region that answers.
    pub(crate) region: &'a RegionName,
    /// Its headers.
    pub(crate) headers: &'a HeaderMap,
}

/// The global condition keys of a request.
pub(crate) fn global<'a>(caller: &'a Caller, request: &Circumstances<'a>) -> Context<'a> {
    let mut context = Context::new();
    context.set("aws:CurrentTime", request.now.iso8601());
    context.set("aws:EpochTime", request.now.seconds().to_string());
    if let Some(source) = request.source {
        context.set("aws:SourceIp", source.to_canonical().to_string());
    }
    if let Some(tls) = request.tls {
        context.set("aws:SecureTransport", if tls { "true" } else { "false" });
    }
    context.set("aws:RequestedRegion", request.region.as_str());
    context.set("aws:ViaAWSService", "false");
    for (key, header) in [("aws:UserAgent", USER_AGENT), ("aws:Referer", REFERER)] {
        if let Some(value) = request.headers.get(header).and_then(|value| value.to_str().ok()) {
            context.set(key, value);
        }
    }
    if let Some(signer) = caller.signer() {
        for tag in signer.tags.as_slice() {
            context.set(format!("aws:PrincipalTag/{}", tag.key), tag.value.as_str());
        }
        if let Some(session) = &signer.session {
            // Only temporary credentials have these: with long-term keys they are absent, which BoolIfExists tells
            // apart from `false` (facts/05 §5).
            context.set("aws:TokenIssueTime", session.issued.iso8601());
            context.set(
                "aws:MultiFactorAuthPresent",
                if session.mfa.is_some() { "true" } else { "false" },
            );
            if let Some(given) = session.mfa {
                let age = request.now.seconds().saturating_sub(given.seconds());
                context.set("aws:MultiFactorAuthAge", age.to_string());
            }
            if let Some(provider) = &session.provider {
                context.set("aws:FederatedProvider", provider.as_str());
            }
            if let Some(identity) = &session.source_identity {
                context.set("aws:SourceIdentity", identity.as_str());
            }
        }
    }
    context
}

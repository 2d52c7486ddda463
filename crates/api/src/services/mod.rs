//! Other services than S3, behind the same listeners.
//!
//! A request is another service's where its host is one of that service's names, or where the host is no
//! endpoint name (an address, `localhost`: what `--endpoint-url` has) and the signature's scope names the
//! service. A host that is a name of S3's is S3's alone, as at Amazon: there a wrong service in the scope
//! is S3's AuthorizationHeaderMalformed. Two are told apart by more: S3 Control, which shares S3's scope, by its path
//! and the account it names, and requests to STS that need no signature by their form ([`sts`]).
//!
//! What all services share is `admission`: the body is read whole, the signature over it verified, the
//! principal found. What was wrong is a fact there ([`Denied`]); each service has its own words for it.
//! A service is one directory: a table, one file an operation, one file for its errors. Adding one is a
//! variant of [`Service`] and its directory.

pub(crate) mod account;
mod admission;
mod authority;
pub(crate) mod iam;
pub(crate) mod operator;
pub(crate) mod query;
pub(crate) mod restrictions;
pub(crate) mod s3_control;
pub(crate) mod sts;

use std::net::IpAddr;
use std::sync::Arc;

use cairn_identity::Caller;
use cairn_policy::Context;
use cairn_protocol::address::Endpoint;
use cairn_protocol::auth::claimed_service;
use cairn_types::{RegionName, Timestamp};
use http::HeaderMap;
use http::request::Parts;

pub(crate) use self::admission::{Denied, Signed};
pub(crate) use self::authority::authorize;
use crate::Api;
use crate::conditions::{Circumstances, global};
use crate::payload::Payload;
use crate::response::{Ids, Response};
use crate::trace::Trace;

/// Largest body in bytes of a request to a service: a policy of 128 KiB of text, percent-encoded.
pub(crate) const SERVICE_BODY_BYTES_MAX: usize = 512 * 1024;

/// A service beside S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// AWS Account Management: opt-in regions.
    Account,
    /// Cairn's own, for the operator: accounts.
    Operator,
    /// Identity and Access Management.
    Iam,
    /// S3 Control: an account's Block Public Access.
    S3Control,
    /// Security Token Service.
    Sts,
}

impl Service {
    /// The services that a scope tells from S3.
    const BY_SCOPE: [Self; 4] = [Self::Account, Self::Operator, Self::Iam, Self::Sts];

    /// The service's name in a signature's scope.
    pub(crate) fn scope(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Operator => "cairn",
            Self::Iam => "iam",
            Self::S3Control => "s3",
            Self::Sts => "sts",
        }
    }

    /// The service a request is for; `None` where it is S3's.
    pub(crate) fn of(endpoint: &Endpoint, parts: &Parts) -> Option<Self> {
        if s3_control::is_for(endpoint, parts.uri.path(), &parts.headers) {
            return Some(Self::S3Control);
        }
        match endpoint {
            Endpoint::Account(_) => Some(Self::Account),
            Endpoint::Iam => Some(Self::Iam),
            Endpoint::Sts(_) => Some(Self::Sts),
            Endpoint::Own => match claimed_service(&parts.headers, parts.uri.query().unwrap_or_default()) {
                Some(claimed) => Self::BY_SCOPE
                    .into_iter()
                    .find(|service| service.scope() == claimed),
                None => sts::is_unsigned_request(parts).then_some(Self::Sts),
            },
            _ => None,
        }
    }
}

/// How a request to a service came.
pub(crate) struct Arrived {
    /// The host, as the client sent it.
    pub(crate) host: Arc<str>,
    /// The client's address.
    pub(crate) source: IpAddr,
    /// Whether over TLS.
    pub(crate) tls: bool,
    /// The region that answers: the one the host names, else the listener's.
    pub(crate) region: RegionName,
    /// The request's ids.
    pub(crate) ids: Ids,
}

impl Arrived {
    /// The condition keys that every request has.
    pub(crate) fn conditions<'a>(
        &'a self,
        caller: &'a Caller,
        headers: &'a HeaderMap,
        now: Timestamp,
    ) -> Context<'a> {
        global(
            caller,
            &Circumstances {
                now,
                source: Some(self.source),
                tls: Some(self.tls),
                region: &self.region,
                headers,
            },
        )
    }
}

impl Api {
    /// Answers a request to a service. Refusals are answers too, in the service's own form; their code and
    /// message are in the trace.
    pub(crate) async fn serve(
        self: &Arc<Self>,
        service: Service,
        parts: &Parts,
        arrived: Arrived,
        payload: &mut Payload,
        trace: &mut Trace,
    ) -> Response {
        match service {
            Service::Account => account::answer(self, parts, &arrived, payload, trace).await,
            Service::Operator => operator::answer(self, parts, &arrived, payload, trace).await,
            Service::Iam => query::answer(&iam::SERVICE, self, parts, arrived, payload, trace).await,
            Service::S3Control => s3_control::answer(self, parts, &arrived, payload, trace).await,
            Service::Sts => query::answer(&sts::SERVICE, self, parts, arrived, payload, trace).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use cairn_protocol::address::Endpoints;

    use super::*;

    #[test]
    fn the_host_decides_and_where_it_says_nothing_the_scope() {
        let service = |host: &str, scope: &str| {
            let value = format!("AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/{scope}/aws4_request");
            let request = http::Request::builder().header("authorization", value).body(());
            let (parts, ()) = request.unwrap().into_parts();
            Service::of(Endpoints::new("localhost").host(Some(host)).endpoint(), &parts)
        };
        let account = Some(Service::Account);
        assert_eq!(service("127.0.0.1:9000", "account"), account);
        assert_eq!(service("localhost:9000", "account"), account);
        assert_eq!(service("127.0.0.1:9000", "cairn"), Some(Service::Operator));
        assert_eq!(service("s3.localhost", "cairn"), None);
        assert_eq!(service("127.0.0.1:9000", "s3"), None);
        assert_eq!(service("127.0.0.1:9000", "route53"), None);
        assert_eq!(service("account.localhost", "s3"), account);
        assert_eq!(service("account.us-east-1.localhost:9000", "account"), account);
        assert_eq!(service("s3.localhost", "account"), None);
        assert_eq!(service("b.s3.eu-west-1.localhost", "account"), None);
        assert_eq!(service("iam.localhost", "account"), Some(Service::Iam));
        assert_eq!(service("sts.eu-west-1.localhost", "sts"), Some(Service::Sts));
        assert_eq!(service("10.0.0.1:9000", "iam"), Some(Service::Iam));
        let unsigned = |host| {
            let (parts, ()) = http::Request::new(()).into_parts();
            Service::of(Endpoints::new("localhost").host(Some(host)).endpoint(), &parts)
        };
        assert_eq!(unsigned("account.localhost"), account);
        assert_eq!(unsigned("127.0.0.1:9000"), None);
    }
}

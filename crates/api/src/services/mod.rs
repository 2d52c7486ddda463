//! Other services than S3, behind the same listeners.
//!
//! A request is another service's where its host is one of that service's names, or where the host is no
//! endpoint name (an address, `localhost`: what `--endpoint-url` has) and the signature's scope names the
//! service. A host that is a name of S3's is S3's alone, as at Amazon: there a wrong service in the scope
//! is S3's AuthorizationHeaderMalformed.
//!
//! What all services share is `admission`: the body is read whole, the signature over it verified, the
//! principal found. What was wrong is a fact there ([`Denied`]); each service has its own words for it.
//! A service is one directory: a table, one file an operation, one file for its errors. Adding one is a
//! variant of [`Service`] and its directory.

pub(crate) mod account;
mod admission;
pub(crate) mod s3_control;

use std::sync::Arc;

use cairn_protocol::address::Endpoint;
use cairn_protocol::auth::claimed_service;
use http::HeaderMap;
use http::request::Parts;

pub(crate) use self::admission::{Denied, Signed};
use crate::Api;
use crate::payload::Payload;
use crate::response::{Ids, Response};
use crate::trace::Trace;

/// Largest body in bytes of a request to a service: documents of a few names, never data.
pub(crate) const SERVICE_BODY_BYTES_MAX: usize = 16 * 1024;

/// A service beside S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// AWS Account Management: opt-in regions.
    Account,
    /// S3 Control: an account's Block Public Access.
    S3Control,
}

impl Service {
    /// The services that a scope tells from S3.
    const BY_SCOPE: [Self; 1] = [Self::Account];

    /// The service's name in a signature's scope.
    pub(crate) fn scope(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::S3Control => "s3",
        }
    }

    /// The service a request is for; `None` where it is S3's.
    pub(crate) fn of(endpoint: &Endpoint, path: &str, headers: &HeaderMap) -> Option<Self> {
        if s3_control::is_for(endpoint, path, headers) {
            return Some(Self::S3Control);
        }
        match endpoint {
            Endpoint::Account(_) => Some(Self::Account),
            Endpoint::Own => {
                let claimed = claimed_service(headers)?;
                Self::BY_SCOPE
                    .into_iter()
                    .find(|service| service.scope() == claimed)
            }
            _ => None,
        }
    }
}

impl Api {
    /// Answers a request to a service. Refusals are answers too, in the service's own form; their code and
    /// message are in the trace.
    pub(crate) async fn serve(
        self: &Arc<Self>,
        service: Service,
        parts: &Parts,
        host: &str,
        payload: &mut Payload,
        ids: &Ids,
        trace: &mut Trace,
    ) -> Response {
        match service {
            Service::S3Control => s3_control::answer(self, parts, host, payload, ids, trace).await,
            Service::Account => account::answer(self, parts, host, payload, trace).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use cairn_protocol::address::Endpoints;
    use http::HeaderValue;
    use http::header::AUTHORIZATION;

    use super::*;

    #[test]
    fn the_host_decides_and_where_it_says_nothing_the_scope() {
        let service = |host: &str, scope: &str| {
            let mut headers = HeaderMap::new();
            let value = format!("AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/{scope}/aws4_request");
            headers.insert(AUTHORIZATION, HeaderValue::from_str(&value).unwrap());
            Service::of(
                Endpoints::new("localhost").host(Some(host)).endpoint(),
                "/",
                &headers,
            )
        };
        let account = Some(Service::Account);
        assert_eq!(service("127.0.0.1:9000", "account"), account);
        assert_eq!(service("localhost:9000", "account"), account);
        assert_eq!(service("127.0.0.1:9000", "s3"), None);
        assert_eq!(service("127.0.0.1:9000", "route53"), None);
        assert_eq!(service("account.localhost", "s3"), account);
        assert_eq!(service("account.us-east-1.localhost:9000", "account"), account);
        assert_eq!(service("s3.localhost", "account"), None);
        assert_eq!(service("b.s3.eu-west-1.localhost", "account"), None);
        assert_eq!(service("iam.localhost", "account"), None);
        let unsigned = |host| {
            let headers = HeaderMap::new();
            Service::of(
                Endpoints::new("localhost").host(Some(host)).endpoint(),
                "/",
                &headers,
            )
        };
        assert_eq!(unsigned("account.localhost"), account);
        assert_eq!(unsigned("127.0.0.1:9000"), None);
    }
}

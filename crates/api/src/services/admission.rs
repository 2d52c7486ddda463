//! Who signed a request to a service: the same steps for all of them.
//!
//! The body comes first here, unlike at S3: these services' clients sign the body's hash without sending
//! it, so there is nothing to verify before the body is known. It is bounded
//! ([`SERVICE_BODY_BYTES_MAX`]), and nothing but a hash is made of it before its signer is known.
//!
//! us-east-1 and any region of the deployment may be in the scope: Amazon's clients sign the Account API
//! for us-east-1, and with `--endpoint-url` for the region the user configured; there is one set of
//! accounts for all regions. Amazon takes us-east-1 only; a deviation of docs/semantics.md.

use bytes::Bytes;
use cairn_identity::{Caller, CredentialError};
use cairn_protocol::S3Error;
use cairn_protocol::auth::{self, Authentication, RequestHead, SKEW_SECONDS_MAX, V4};
use cairn_protocol::query::Query;
use cairn_types::{RegionName, Timestamp};
use http::request::Parts;

use super::{Arrived, SERVICE_BODY_BYTES_MAX, Service};
use crate::Api;
use crate::payload::Payload;
use crate::signature::For;
use crate::trace::Trace;

/// A request to a service, whose signature was right if it had one.
pub(crate) struct Signed {
    /// Who signed it; nobody, where it has no signature: that is the service's to refuse.
    pub(crate) caller: Caller,
    /// The whole body.
    pub(crate) body: Bytes,
}

/// Why a request to a service got no further than its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Denied {
    /// It is not signed.
    NotSigned,
    /// What is there in place of a signature cannot be read; says why.
    Malformed(String),
    /// The scope names a region that is neither us-east-1 nor of this deployment.
    WrongRegion,
    /// The scope names another service than this one.
    WrongService(Service),
    /// No such access key, or one that is switched off.
    UnknownKey,
    /// The session token is none of ours, or not of this key, or missing.
    InvalidToken,
    /// The session has ended.
    ExpiredToken,
    /// Our fault.
    Failed,
    /// The request is too old or of the future, or its scope is of another day; says so.
    NotNow(String),
    /// The signature is not the key's over this request.
    SignatureDoesNotMatch,
    /// These headers are not signed and must be.
    HeadersNotSigned(String),
    /// The body is longer than [`SERVICE_BODY_BYTES_MAX`].
    TooLong,
    /// The body did not come whole, or not in time.
    Incomplete,
    /// The headers are longer than any request's may be, or there is more than one host.
    BadHead(String),
}

impl Api {
    /// Reads the body, and verifies the signature over it.
    ///
    /// # Errors
    /// What is wrong with the request first, in the order of the steps.
    pub(crate) async fn admit_to(
        &self,
        service: Service,
        parts: &Parts,
        arrived: &Arrived,
        payload: &mut Payload,
        trace: &mut Trace,
    ) -> Result<Signed, Denied> {
        self.check_limits(parts)
            .map_err(|error| Denied::BadHead(error.message().into_owned()))?;
        // Before anybody canonicalises it: the query's limits bound the work of that.
        Query::parse(parts.uri.query()).map_err(|error| Denied::BadHead(error.message().into_owned()))?;
        payload.verify_with(auth::Body::Plain);
        let body = payload
            .document(SERVICE_BODY_BYTES_MAX)
            .await
            .map_err(|error| match error {
                S3Error::MaxMessageLengthExceeded { .. } => Denied::TooLong,
                _ => Denied::Incomplete,
            })?;
        let head = RequestHead {
            method: &parts.method,
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            headers: &parts.headers,
            host: &arrived.host,
            bucket_in_host: None,
        };
        let caller = self.caller(service, &head, &body, trace).await?;
        trace.principal = caller.signer().cloned();
        Ok(Signed { caller, body })
    }

    async fn caller(
        &self,
        service: Service,
        head: &RequestHead<'_>,
        body: &[u8],
        trace: &mut Trace,
    ) -> Result<Caller, Denied> {
        let malformed = |error: S3Error| Denied::Malformed(error.message().into_owned());
        let authentication = auth::parse_with_body(head, body).map_err(malformed)?;
        trace.claim(&authentication);
        let Authentication::V4(v4) = &authentication else {
            return Ok(Caller::Anonymous);
        };
        let proven = self.prove_to(service, &authentication, v4, head).await;
        if let Err(denied) = &proven {
            // Any region of the deployment may be in the scope.
            let regions = &self.settings.regions;
            let known = regions.named(v4.region()).map(|region| region.name.clone());
            let of = For {
                region: &known.unwrap_or_else(|| regions.default_region().name.clone()),
                service: service.scope(),
                bucket: None,
                token_refused: matches!(denied, Denied::InvalidToken | Denied::ExpiredToken),
            };
            self.note_refused_signature(&authentication, head, of, trace)
                .await;
        }
        proven
    }

    async fn prove_to(
        &self,
        service: Service,
        authentication: &Authentication,
        v4: &V4,
        head: &RequestHead<'_>,
    ) -> Result<Caller, Denied> {
        if v4.service() != service.scope() {
            return Err(Denied::WrongService(service));
        }
        if v4.region() != RegionName::US_EAST_1 && self.settings.regions.named(v4.region()).is_none() {
            return Err(Denied::WrongRegion);
        }
        let found = self
            .identity
            .credential(v4.access_key_id(), v4.session_token())
            .await;
        let credential = found.map_err(|error| match error {
            CredentialError::InvalidToken | CredentialError::TokenMissing => Denied::InvalidToken,
            CredentialError::Expired => Denied::ExpiredToken,
            CredentialError::Failed(error) => {
                tracing::error!(%error, "an access key cannot be looked up");
                Denied::Failed
            }
            _ => Denied::UnknownKey,
        })?;
        v4.check_scope(v4.region(), service.scope())
            .map_err(|error| Denied::NotNow(error.message().into_owned()))?;
        let now = self.clock.now();
        v4.check_time(now)
            .map_err(|_| not_now(v4.date(), v4.expires_seconds(), now))?;
        match authentication.verify(head, &credential.secret, &self.signing_keys) {
            Ok(_) => {
                self.identity
                    .note_use(&credential.signer.key, service.scope(), v4.region());
                Ok(Caller::Signer(credential.signer))
            }
            Err(S3Error::AccessDeniedHeadersNotSigned { headers }) => Err(Denied::HeadersNotSigned(headers)),
            Err(_) => Err(Denied::SignatureDoesNotMatch),
        }
    }
}

/// Amazon's words for a date too far off (believed; seen in many bug reports). A presigned request has a life of its
/// own.
fn not_now(date: Timestamp, life: Option<u64>, now: Timestamp) -> Denied {
    let (sent, server) = (date.iso8601_basic(), now.iso8601_basic());
    let bounds = life.unwrap_or(SKEW_SECONDS_MAX);
    Denied::NotNow(if date < now {
        let bound = Timestamp::from_seconds(now.seconds().saturating_sub(bounds)).iso8601_basic();
        let minutes = bounds / 60;
        format!("Signature expired: {sent} is now earlier than {bound} ({server} - {minutes} min.)")
    } else {
        let bound = Timestamp::from_seconds(now.seconds().saturating_add(SKEW_SECONDS_MAX)).iso8601_basic();
        let minutes = SKEW_SECONDS_MAX / 60;
        format!("Signature not yet current: {sent} is still later than {bound} ({server} + {minutes} min.)")
    })
}

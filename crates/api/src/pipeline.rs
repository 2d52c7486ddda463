//! A request's way, top to bottom. Each step is a function below, in this order; the order is S3's
//! (facts/02 §1, facts/04 §1) and every step may refuse.

use std::sync::Arc;

use bytes::Bytes;
use cairn_identity::{Caller, Credential, CredentialError};
use cairn_journal::Mechanism;
use cairn_objects::Bucket;
use cairn_protocol::S3Error;
use cairn_protocol::address::{Address, Host};
use cairn_protocol::auth::{self, RequestHead, Verified};
use cairn_protocol::headers;
use cairn_protocol::query::Query;
use cairn_region::{Decision, Purpose, Question, Sent, decide, redirection};
use cairn_types::RegionName;
use http::Version;
use http::header::{HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http_body_util::BodyExt as _;

use crate::access::{self, Asking, Sender, Signature};
use crate::body::Body;
use crate::operation::{Call, Handling, IGNORED_BYTES_MAX, Reply, RequestBody};
use crate::payload::{BoxError, Payload};
use crate::record::Line;
use crate::refusal::Refusal;
use crate::response::{Ending, Ids, Response, finish};
use crate::services::{Arrived, Service};
use crate::signature::{self, For};
use crate::table::{self, Resource, Row, route};
use crate::trace::{Answered, Arrival, Trace, entry, fact};
use crate::understood::Understood;
use crate::{Api, Connection, cors, document, keep_alive};

/// The service every signature must be for.
const SERVICE: &str = "s3";

impl Api {
    /// Answers one request.
    pub async fn handle<B>(
        self: &Arc<Self>,
        request: http::Request<B>,
        connection: Connection,
    ) -> http::Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let record = self.series.start();
        let peer = connection.peer;
        let (request_id, host_id) = self.ids.next();
        let ids = Ids { request_id, host_id };
        let (parts, body) = request.into_parts();
        let body = body.map_err(Into::into).boxed_unsync();
        let host = host(&parts);
        let arrival = self.journal.is_some().then(|| Arrival {
            time: self.clock.now(),
            connection: connection.clone(),
            host: Arc::clone(&host),
        });
        let (method, version, uri) = (parts.method.clone(), parts.version, parts.uri.clone());

        let mut trace = Trace {
            journaled: arrival.is_some(),
            decided: arrival.as_ref().map(|_| Arc::default()),
            ..Trace::default()
        };
        let reply = self.answer(parts, host, body, connection, &ids, &mut trace).await;
        let reply = reply.map_err(|refusal| tell_region(refusal, &trace));
        let reply = cors::add(reply, std::mem::take(&mut trace.cors));

        let refused = reply.as_ref().err().map(|refusal| refusal.error.code());
        let message = reply.as_ref().err().filter(|_| arrival.is_some());
        let message = message.map(|refusal| refusal.error.message().into_owned());
        let message = message.or(trace.message.take());
        let ending = Ending {
            method: &method,
            version,
            ids: &ids,
            unread: trace.unread,
        };
        let response = finish(reply, &ending);
        let code = refused.or(trace.code);
        let elapsed = record.finish(&Line {
            operation: trace.operation.unwrap_or("-"),
            method: &method,
            uri: &uri,
            status: response.status(),
            code,
            principal: trace.principal.as_ref().map(|signer| signer.arn()),
            request_id: ids.request_id.as_str(),
            peer,
        });
        if let Some((journal, arrival)) = self.journal.as_ref().zip(arrival) {
            let answered = Answered {
                status: response.status().as_u16(),
                code,
                message,
                micros: u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            };
            journal.record(entry(
                &arrival,
                &method,
                &uri,
                ids.request_id.as_str(),
                &trace,
                &answered,
            ));
        }
        response
    }

    async fn answer(
        self: &Arc<Self>,
        parts: Parts,
        host: Arc<str>,
        body: crate::payload::Incoming,
        connection: Connection,
        ids: &Ids,
        trace: &mut Trace,
    ) -> Reply {
        let mut payload = Payload::unverified(body, &parts.headers, self.settings.limits.body_idle);
        if let Some(fault) = connection.fault {
            payload.drain().await;
            trace.unread = !payload.is_ended();
            let message = fault.to_owned();
            return Err(S3Error::BadRequest { message }.into());
        }
        let named = self.endpoints.host(Some(&host));
        if let Some(service) = Service::of(named.endpoint(), &parts) {
            let arrived = Arrived {
                host,
                source: connection.peer.ip(),
                tls: connection.tls,
                region: named.endpoint().region().unwrap_or(connection.region),
                ids: ids.clone(),
            };
            let response = self.serve(service, &parts, arrived, &mut payload, trace).await;
            payload.drain().await;
            trace.unread = !payload.is_ended();
            // What Amazon's SDKs show as the request's id; the same as S3's, so that it can be looked up.
            return Ok(response.header("x-amzn-requestid", ids.request_id.as_str()));
        }
        match self
            .admit(parts, host, &named, connection, trace, &mut payload)
            .await
        {
            Ok(Admission::Answered(response)) => {
                payload.drain().await;
                trace.unread = !payload.is_ended();
                Ok(*response)
            }
            Ok(Admission::Run(Admitted {
                row,
                handling,
                mut call,
            })) => {
                call.payload = payload;
                trace.operation = Some(row.name);
                if handling.long {
                    return keep_alive::run(handling, call, ids.clone()).await;
                }
                let (unread, signer) = (Arc::clone(&call.unread), Arc::clone(&call.signer));
                let reply = (handling.run)(call).await;
                if let Some(signer) = signer.get() {
                    trace.mechanism = Some(Mechanism::PostPolicy);
                    match signer {
                        Ok(signer) => trace.principal = Some(Arc::clone(signer)),
                        Err(refused) => trace.note_signature(refused),
                    }
                }
                trace.unread = unread.load(std::sync::atomic::Ordering::Relaxed);
                reply
            }
            Err(refusal) => {
                payload.drain().await;
                trace.unread = !payload.is_ended();
                Err(refusal)
            }
        }
    }

    /// Everything before the operation runs.
    async fn admit(
        self: &Arc<Self>,
        mut parts: Parts,
        host: Arc<str>,
        named: &Host,
        connection: Connection,
        trace: &mut Trace,
        payload: &mut Payload,
    ) -> Result<Admission, Refusal> {
        let Understood {
            address,
            found,
            query,
        } = self.understand(&parts, named, trace).await?;
        trace.bucket = address.bucket.clone();
        trace.bucket_region = found.as_ref().map(|bucket| bucket.region.clone());
        trace.bucket_created = found.as_ref().map(|bucket| bucket.created);
        let routed = route(&parts.method, resource(&address), &query, &parts.headers);
        trace.asked = routed.as_ref().ok().map(|row| row.name);
        let decision = decide(
            &self.settings.regions,
            &Question {
                endpoint: &address.endpoint,
                style: address.style,
                arrived: &connection.region,
                home: trace.bucket_region.as_ref(),
                purpose: purpose(routed.as_ref().ok().copied()),
            },
        );
        let facility = decision.facility.clone();
        let redirected = self.redirect(&decision, &address, &parts, &host, connection.tls);
        trace.routing = Some(decision);
        let head = RequestHead {
            method: &parts.method,
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            headers: &parts.headers,
            host: &host,
            bucket_in_host: bucket_in_host(&address),
        };
        if let Err(refusal) = redirected {
            cors::redirected(&parts, &address, trace);
            // Whose it claims to be explains a redirect, though it does not matter for it.
            if let (Some(_), Ok(claimed)) = (&self.journal, auth::parse(&head, true)) {
                trace.claim(&claimed);
            }
            return Err(refusal);
        }
        if let Some(answered) = cors::preflight(&parts, &address, found.as_deref(), trace) {
            trace.operation = table::preflight(resource(&address)).map(|row| row.name);
            return answered.map(|response| Admission::Answered(Box::new(response)));
        }
        trace.cors = cors::headers(&parts, cors::resource(&address), found.as_deref(), trace);
        let Authenticated {
            caller,
            verified,
            presigned,
            signature,
        } = if signed_inside(routed.as_ref().ok().copied()) {
            Authenticated::not_yet()?
        } else {
            self.authenticate(&head, &facility, trace).await?
        };
        if let Some(signer) = caller.signer() {
            trace.principal = Some(Arc::clone(signer));
        }
        let row = if presigned {
            headers::adopt_presigned(&query, &mut parts.headers);
            route(&parts.method, resource(&address), &query, &parts.headers)?
        } else {
            routed?
        };
        trace.operation = Some(row.name);
        let bucket = required_bucket(row, &address, found)?;
        let sender = Sender {
            signature,
            ..Sender::of(&connection)
        };
        if !row
            .handling
            .is_some_and(|handling| handling.signed_inside || handling.authorizes)
        {
            let asking = Asking {
                api: self,
                caller: &caller,
                decided: trace.decided.as_deref(),
                sender,
                facility: &facility,
                headers: &parts.headers,
                query: &query,
                tags: None,
                location: None,
            };
            let (name, key) = (address.bucket.as_ref(), address.key.as_ref());
            access::authorize(&asking, row, name, bucket.as_deref(), key).await?;
        }
        expect_owner(row, bucket.as_deref(), &parts)?;
        let handling = row.handling.ok_or_else(|| not_built(row))?;
        if handling.body != RequestBody::Stream {
            verified.payload().refuse_streaming()?;
        }
        payload.verify_with(verified.body(&parts.headers)?);
        let document = take_document(handling, payload, &parts).await?;
        let call = Call {
            api: Arc::clone(self),
            method: parts.method,
            headers: parts.headers,
            query,
            key: address.key.clone(),
            facility,
            address,
            host,
            sender,
            caller,
            decided: trace.decided.clone(),
            bucket,
            payload: Payload::none(),
            document,
            unread: Arc::default(),
            signer: Arc::default(),
        };
        Ok(Admission::Run(Admitted { row, handling, call }))
    }

    /// limits: what no request may exceed, whoever sends it. The length of the URI is bounded by the
    /// query's and the key's limits.
    pub(crate) fn check_limits(&self, parts: &Parts) -> Result<(), S3Error> {
        let max = self.settings.limits.header_bytes_max;
        let bytes: usize = parts
            .headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        if bytes > max {
            return Err(S3Error::RequestHeaderSectionTooLarge {
                max_size_allowed: max as u64,
            });
        }
        // RFC 9112 §3.2: one Host, and none only before HTTP/1.1. HTTP/2 has its own place for it.
        let hosts = parts.headers.get_all(HOST).iter().count();
        let missing = hosts == 0 && parts.version == Version::HTTP_11 && parts.uri.authority().is_none();
        if hosts > 1 || missing {
            return Err(S3Error::BadRequest {
                message: "The request must have exactly one Host header".to_owned(),
            });
        }
        Ok(())
    }

    /// redirect: what the decision says, as S3 writes it (facts/02 §1, §2).
    fn redirect(
        &self,
        decision: &Decision,
        address: &Address,
        parts: &Parts,
        host: &str,
        tls: bool,
    ) -> Result<(), Refusal> {
        let sent = Sent {
            host,
            target: parts.uri.path_and_query().map_or("/", |target| target.as_str()),
            tls,
        };
        let turned_away = address
            .bucket
            .as_ref()
            .and_then(|bucket| redirection(&self.settings.regions, decision, bucket, &sent));
        if let Some(told) = turned_away {
            let refusal = Refusal::from(told.error).with("x-amz-bucket-region", told.bucket_region.as_str());
            let refusal = match told.location {
                Some(location) => refusal.with("location", location),
                None => refusal,
            };
            return Err(if told.html { refusal.in_html() } else { refusal });
        }
        if address.endpoint.is_rest() {
            return Ok(());
        }
        Err(S3Error::NotImplemented {
            message: "This endpoint is not implemented".to_owned(),
            header: None,
            additional_message: None,
        }
        .into())
    }

    /// authenticate: scope, key, token, time, signature, in this order (facts/04 §1).
    async fn authenticate(
        &self,
        head: &RequestHead<'_>,
        facility: &RegionName,
        trace: &mut Trace,
    ) -> Result<Authenticated, S3Error> {
        let authentication = auth::parse(head, self.settings.allow_signature_v2)?;
        trace.claim(&authentication);
        if let Some(verified) = authentication.anonymous() {
            return Ok(Authenticated {
                caller: Caller::Anonymous,
                verified,
                presigned: false,
                signature: None,
            });
        }
        let proven = self.prove(&authentication, head, facility, trace).await;
        if let Err(error) = &proven {
            let bucket = trace.bucket.clone();
            let of = For {
                region: facility,
                service: SERVICE,
                bucket: bucket.as_ref().map(cairn_types::BucketName::as_str),
                token_refused: signature::is_of_token(error),
            };
            self.note_refused_signature(&authentication, head, of, trace)
                .await;
        }
        proven
    }

    async fn prove(
        &self,
        authentication: &auth::Authentication,
        head: &RequestHead<'_>,
        facility: &RegionName,
        trace: &mut Trace,
    ) -> Result<Authenticated, S3Error> {
        authentication.check_scope(facility.as_str(), SERVICE)?;
        let id = authentication.access_key_id().unwrap_or_default();
        let credential = self.known(id, authentication.session_token()).await?;
        if let Err(refused) = self.check_region(&credential, facility).await {
            trace.note(fact::REGION_NOT_ENABLED, facility.as_str().as_bytes());
            return Err(refused);
        }
        authentication.check_time(self.clock.now())?;
        let verified = authentication.verify(head, &credential.secret, &self.signing_keys)?;
        self.identity
            .note_use(&credential.signer.key, SERVICE, facility.as_str());
        let caller = Caller::Signer(credential.signer);
        Ok(Authenticated {
            caller,
            verified,
            presigned: authentication.is_presigned(),
            signature: Signature::of(authentication),
        })
    }
}

impl Api {
    /// The credential of an access key at a facility, for a request with this session token.
    ///
    /// # Errors
    /// `InvalidAccessKeyId`, also where the account has not enabled the facility's region: such a region does
    /// not know the account's keys (facts/01 §2, believed). `InvalidToken`.
    pub(crate) async fn credential(
        &self,
        id: &str,
        session_token: Option<&str>,
        facility: &RegionName,
    ) -> Result<Credential, S3Error> {
        let credential = self.known(id, session_token).await?;
        self.check_region(&credential, facility).await?;
        Ok(credential)
    }

    /// The credential of an access key, wherever it may be used.
    async fn known(&self, id: &str, session_token: Option<&str>) -> Result<Credential, S3Error> {
        let found = self.identity.credential(id, session_token).await;
        let token = session_token.unwrap_or_default();
        found.map_err(|error| match error {
            CredentialError::InvalidToken => S3Error::InvalidToken {
                token: token.to_owned(),
            },
            CredentialError::Expired => S3Error::ExpiredToken {
                token: token.to_owned(),
            },
            CredentialError::Failed(error) => {
                tracing::error!(%error, "an access key cannot be looked up");
                S3Error::InternalError {}
            }
            // A temporary key without its token is not known either (facts/04 §1).
            _ => unknown_key(id),
        })
    }

    async fn check_region(&self, credential: &Credential, facility: &RegionName) -> Result<(), S3Error> {
        if self.has_region(&credential.signer.account.id, facility).await? {
            Ok(())
        } else {
            Err(unknown_key(credential.signer.key.as_str()))
        }
    }
}

fn unknown_key(id: &str) -> S3Error {
    S3Error::InvalidAccessKeyId {
        access_key_id: id.to_owned(),
    }
}

impl Authenticated {
    /// A request that says inside its body who signed it.
    fn not_yet() -> Result<Self, S3Error> {
        let unsigned = auth::Authentication::Anonymous {
            payload: auth::Payload::Unsigned,
        };
        Ok(Self {
            caller: Caller::Anonymous,
            verified: unsigned.anonymous().ok_or(S3Error::InternalError {})?,
            presigned: false,
            signature: None,
        })
    }
}

fn signed_inside(row: Option<&Row>) -> bool {
    row.and_then(|row| row.handling)
        .is_some_and(|handling| handling.signed_inside)
}

/// A request whose signer is known.
struct Authenticated {
    caller: Caller,
    verified: Verified,
    presigned: bool,
    signature: Option<Signature>,
}

/// What becomes of a request before an operation runs.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every request may run: a box would cost each of them"
)]
enum Admission {
    /// It is answered already.
    Answered(Box<Response>),
    /// It may run.
    Run(Admitted),
}

/// A request that may run.
struct Admitted {
    row: &'static Row,
    handling: Handling,
    call: Call,
}

/// What a request wants, as far as the redirect decision asks; a request without a row is like any other.
fn purpose(row: Option<&Row>) -> Purpose {
    match row.and_then(|row| row.handling) {
        Some(handling) if handling.creates_bucket => Purpose::CreateBucket,
        Some(handling) if handling.answered_everywhere => Purpose::GetBucketLocation,
        _ => Purpose::Other,
    }
}

/// What a request of this method, address and query wants, as far as the redirect decision asks: for
/// explanations of requests that were not made.
pub fn purpose_of(method: &http::Method, address: &Address, query: Option<&str>) -> Purpose {
    let row = Query::parse(query)
        .ok()
        .and_then(|query| route(method, resource(address), &query, &http::HeaderMap::new()).ok());
    purpose(row)
}

/// The host as the client sent it: HTTP/2 has it in the request target.
fn host(parts: &Parts) -> Arc<str> {
    match parts.headers.get(HOST) {
        Some(host) => String::from_utf8_lossy(host.as_bytes()).into(),
        None => parts
            .uri
            .authority()
            .map_or("", http::uri::Authority::as_str)
            .into(),
    }
}

fn bucket_in_host(address: &Address) -> Option<&str> {
    match address.style {
        cairn_protocol::address::Style::Path => None,
        _ => address.bucket.as_ref().map(|bucket| bucket.as_str()),
    }
}

fn resource(address: &Address) -> Resource {
    match (&address.bucket, &address.key) {
        (None, _) => Resource::Service,
        (Some(_), None) => Resource::Bucket,
        (Some(_), Some(_)) => Resource::Object,
    }
}

/// The bucket the operation works on; CreateBucket alone does without.
fn required_bucket(
    row: &Row,
    address: &Address,
    found: Option<Arc<Bucket>>,
) -> Result<Option<Arc<Bucket>>, S3Error> {
    let creates = row.handling.is_some_and(|handling| handling.creates_bucket);
    match (&address.bucket, &found) {
        (Some(name), None) if !creates => Err(S3Error::NoSuchBucket {
            bucket_name: name.to_string(),
        }),
        _ => Ok(found),
    }
}

/// The owner the client expects (facts/06 §12), whoever may do what.
fn expect_owner(row: &Row, bucket: Option<&Bucket>, parts: &Parts) -> Result<(), S3Error> {
    let creates = row.handling.is_some_and(|handling| handling.creates_bucket);
    match bucket.filter(|_| !creates) {
        Some(bucket) => headers::expected_bucket_owner(&parts.headers, &bucket.owner.account),
        None => Ok(()),
    }
}

fn not_built(row: &Row) -> S3Error {
    S3Error::NotImplemented {
        message: format!("{} is not implemented", row.name),
        header: None,
        additional_message: None,
    }
}

/// document: reads a small body whole; checks that an object's has a length (facts/06 §12).
async fn take_document(handling: Handling, payload: &mut Payload, parts: &Parts) -> Result<Bytes, S3Error> {
    match handling.body {
        RequestBody::Document => document::read_checked(payload, &parts.headers).await,
        RequestBody::DocumentAboutObject => document::read(payload, &parts.headers).await,
        RequestBody::None => payload.document(IGNORED_BYTES_MAX).await.map(|_| Bytes::new()),
        RequestBody::Stream if payload.size().is_some() => Ok(Bytes::new()),
        RequestBody::Stream if parts.headers.contains_key(TRANSFER_ENCODING) => {
            Err(S3Error::NotImplemented {
                message: headers::NOT_IMPLEMENTED_HEADER.to_owned(),
                header: Some("Transfer-Encoding".to_owned()),
                additional_message: None,
            })
        }
        RequestBody::Stream => Err(S3Error::MissingContentLength {}),
    }
}

/// `x-amz-bucket-region` on the refusals that tell where a bucket is (facts/02 §3): a wrong signing
/// region, and whatever HeadBucket answers. Redirects have theirs.
fn tell_region(refusal: Refusal, trace: &Trace) -> Refusal {
    let tells = match &*refusal.error {
        S3Error::AuthorizationHeaderMalformed { region, .. }
        | S3Error::AuthorizationQueryParametersError { region, .. } => region.is_some(),
        _ => trace.operation == Some("HeadBucket"),
    };
    match &trace.bucket_region {
        Some(region) if tells => refusal.with("x-amz-bucket-region", region.as_str()),
        _ => refusal,
    }
}

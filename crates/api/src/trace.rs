//! What becomes known of a request on its way: for the answer's headers, the record, and the journal.
//!
//! Steps write down facts as they learn them; nobody decides by them. The journal keeps them as they are
//! ([`cairn_journal::Entry`]), and whoever asks later has them explained by the same functions that the
//! pipeline asked.

use std::sync::Arc;

use cairn_identity::Signer;
use cairn_journal::{Entry, Fact, Mechanism, Text};
use cairn_protocol::auth::{Authentication, Source};
use cairn_region::Decision;
use cairn_types::{BucketName, RegionName, Timestamp};
use http::Method;

use crate::access::Decided;
use crate::{Connection, SignatureFact};

/// The kinds of [`Fact`] this crate writes: a number is given out once.
pub mod fact {
    /// The region that answers is not enabled for the account of the key; the region's name follows.
    pub const REGION_NOT_ENABLED: u8 = 1;
    /// What CORS had to do with the request: a [`crate::CorsFact`].
    pub const CORS: u8 = 2;
    /// Why the signature was refused: part of a [`crate::SignatureFact`], the parts in order.
    pub const SIGNATURE: u8 = 3;
    /// What policies said of the request: part of a [`crate::AccessFact`], the parts in order.
    pub const ACCESS: u8 = 4;
}

/// What is known of a request so far.
#[derive(Default)]
pub(crate) struct Trace {
    /// The operation that was reached.
    pub(crate) operation: Option<&'static str>,
    /// The operation that was asked for, reached or not.
    pub(crate) asked: Option<&'static str>,
    /// Who asked, once proven.
    pub(crate) principal: Option<Arc<Signer>>,
    /// The bucket it names.
    pub(crate) bucket: Option<BucketName>,
    /// The region of that bucket, if there is such a bucket.
    pub(crate) bucket_region: Option<RegionName>,
    /// When that bucket was created.
    pub(crate) bucket_created: Option<Timestamp>,
    /// Who answers, and why.
    pub(crate) routing: Option<Decision>,
    /// How the request claims to be signed.
    pub(crate) mechanism: Option<Mechanism>,
    /// For which region.
    pub(crate) signing_region: Option<String>,
    /// Whether the journal will have it: without one, facts need not be worked out.
    pub(crate) journaled: bool,
    /// What was decided about the request, for the journal; `None` without one.
    pub(crate) decided: Option<Arc<Decided>>,
    /// What else explains the answer.
    pub(crate) facts: Vec<Fact>,
    /// The code of another service's refusal.
    pub(crate) code: Option<&'static str>,
    /// Its message.
    pub(crate) message: Option<String>,
    /// The CORS headers of the answer.
    pub(crate) cors: Vec<(&'static str, String)>,
    /// Whether the body was left unread.
    pub(crate) unread: bool,
}

impl Trace {
    /// What the request says of its signer, true or not.
    pub(crate) fn claim(&mut self, authentication: &Authentication) {
        self.mechanism = Some(match authentication {
            Authentication::Anonymous { .. } => Mechanism::Anonymous,
            Authentication::V4(v4) if v4.source() == Source::Query => Mechanism::V4Query,
            Authentication::V4(_) => Mechanism::V4Header,
            Authentication::V2(v2) if v2.source() == Source::Query => Mechanism::V2Query,
            Authentication::V2(_) => Mechanism::V2Header,
        });
        if let Authentication::V4(v4) = authentication {
            self.signing_region = Some(v4.region().to_owned());
        }
    }

    /// Why the signature was refused.
    pub(crate) fn note_signature(&mut self, refused: &SignatureFact) {
        self.facts.extend(refused.encode());
    }

    /// A fact that explains the answer.
    pub(crate) fn note(&mut self, kind: u8, bytes: &[u8]) {
        self.facts.push(Fact {
            kind,
            bytes: bytes.to_vec(),
        });
    }
}

/// A request as it came, kept until it is answered.
pub(crate) struct Arrival {
    pub(crate) time: Timestamp,
    pub(crate) connection: Connection,
    pub(crate) host: Arc<str>,
}

/// The answer, as the journal has it.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) code: Option<&'static str>,
    pub(crate) message: Option<String>,
    pub(crate) micros: u64,
}

/// The journal's entry of an answered request.
pub(crate) fn entry<'a>(
    arrival: &'a Arrival,
    method: &'a Method,
    uri: &'a http::Uri,
    request_id: &'a str,
    trace: &'a Trace,
    answered: &'a Answered,
) -> Entry<'a> {
    let target = uri.path_and_query().map_or("", |target| target.as_str());
    let Connection {
        peer, tls, region, ..
    } = &arrival.connection;
    let mut entry = Entry::new(request_id, arrival.time, *peer, region.clone());
    entry.tls = *tls;
    entry.method = method.as_str().into();
    entry.host = (*arrival.host).into();
    entry.target = target.into();
    entry.bucket = trace.bucket.clone();
    entry.home = trace.bucket_region.clone();
    entry.bucket_created = trace.bucket_created;
    entry.mechanism = trace.mechanism;
    entry.signing_region = trace.signing_region.as_deref().map(Text::from);
    entry.principal = trace.principal.as_ref().map(|signer| signer.arn().into());
    entry.operation = trace.operation.or(trace.asked).unwrap_or("-").into();
    entry.status = answered.status;
    entry.code = answered.code.map(Text::from);
    entry.message = answered.message.as_deref().map(Text::from);
    entry.micros = answered.micros;
    entry.facts = trace.facts.clone();
    entry
        .facts
        .extend(trace.decided.iter().flat_map(|decided| decided.facts()));
    entry
}

//! How an operation is declared.
//!
//! An operation is one type that implements [`Operation`] in one file of `operations/`, and one row in
//! the table there. The trait carries everything the rest of the pipeline needs to know about it:
//! name, route, action, what body it takes, and the three steps parse, execute, respond.

use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use cairn_identity::{Caller, Signer};
use cairn_objects::{Bucket, Objects};
use cairn_protocol::S3Error;
use cairn_protocol::address::Address;
use cairn_protocol::query::Query;
use cairn_types::{ObjectKey, RegionName};
use http::HeaderMap;

use crate::access::{Asking, Decided, Extra, Sender};
use crate::payload::Payload;
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Route};
use crate::{Api, SignatureFact};

/// What a run of an operation ends in.
pub(crate) type Reply = Result<Response, Refusal>;

/// The body an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestBody {
    /// None; one that comes all the same is verified against the signature and thrown away, up to
    /// [`IGNORED_BYTES_MAX`].
    None,
    /// A document of at most [`DOCUMENT_BYTES_MAX`](crate::document::DOCUMENT_BYTES_MAX), read and verified
    /// before `parse`.
    Document,
    /// A document, in a request whose checksum headers are about the object it makes.
    DocumentAboutObject,
    /// The bytes of an object, streamed during `execute`.
    Stream,
}

/// Most bytes of a body that an operation without one reads over.
pub(crate) const IGNORED_BYTES_MAX: usize = 64 * 1024;

/// One S3 operation.
pub(crate) trait Operation: 'static {
    /// Amazon's name of it.
    const NAME: &'static str;
    /// Which requests are its.
    const ROUTE: Route;
    /// What a policy must allow.
    const ACTION: Action;
    /// What else a policy must allow, and when.
    const EXTRA: &'static [Extra] = &[];
    /// What body it takes.
    const BODY: RequestBody = RequestBody::None;
    /// Whether it may take so long that the answer is kept alive with white space (facts/06 §7, §8).
    const LONG: bool = false;

    /// Whether it makes the bucket it names, and so runs without one.
    const CREATES_BUCKET: bool = false;

    /// Whether its signature is inside its body: the pipeline neither authenticates nor authorizes it, the
    /// operation does both (facts/04 §5).
    const SIGNED_INSIDE: bool = false;

    /// Whether its document says what is to be allowed: the operation authorizes, by
    /// [`Call::authorize`] or key by key.
    const AUTHORIZES: bool = false;

    /// Whether every region answers it, wherever the bucket lives (facts/02 §3).
    const ANSWERED_EVERYWHERE: bool = false;

    /// What `parse` reads from the request.
    type Input: Send;
    /// What `execute` finds out.
    type Output: Send;

    /// Reads the head, and the document where there is one.
    fn parse(call: &mut Call) -> Result<Self::Input, Refusal>;

    /// Does it.
    fn execute(
        call: &mut Call,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, Refusal>> + Send;

    /// Writes the answer.
    fn respond(call: &Call, output: Self::Output) -> Response;
}

/// An [`Operation`] behind a row of the table.
#[derive(Clone, Copy)]
pub(crate) struct Handling {
    /// See [`Operation::BODY`].
    pub(crate) body: RequestBody,
    /// See [`Operation::LONG`].
    pub(crate) long: bool,
    /// See [`Operation::CREATES_BUCKET`].
    pub(crate) creates_bucket: bool,
    /// See [`Operation::ANSWERED_EVERYWHERE`].
    pub(crate) answered_everywhere: bool,
    /// See [`Operation::SIGNED_INSIDE`].
    pub(crate) signed_inside: bool,
    /// See [`Operation::AUTHORIZES`].
    pub(crate) authorizes: bool,
    /// Parse, execute, respond.
    pub(crate) run: fn(Call) -> Pin<Box<dyn Future<Output = Reply> + Send>>,
}

/// One request on its way through an operation: authenticated, routed and authorized.
pub(crate) struct Call {
    /// The deployment it runs in.
    pub(crate) api: Arc<Api>,
    /// The request's head.
    pub(crate) method: http::Method,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The parsed query.
    pub(crate) query: Query,
    /// The region that answers.
    pub(crate) facility: RegionName,
    /// How the request was addressed.
    pub(crate) address: Address,
    /// The host the client asked for, as it sent it, with its port.
    pub(crate) host: Arc<str>,
    /// How it came.
    pub(crate) sender: Sender,
    /// Who made it.
    pub(crate) caller: Caller,
    /// Where decisions about it are noted for the journal, if there is one.
    pub(crate) decided: Option<Arc<Decided>>,
    /// The bucket, where the operation is one of a bucket that must exist, or of an object.
    pub(crate) bucket: Option<Arc<Bucket>>,
    /// The key, for operations of objects.
    pub(crate) key: Option<ObjectKey>,
    /// The body: for [`RequestBody::Stream`] still to be read.
    pub(crate) payload: Payload,
    /// The body of a [`RequestBody::Document`], verified.
    pub(crate) document: Bytes,
    /// Set at the end where bytes of the body are left on the connection.
    pub(crate) unread: Arc<AtomicBool>,
    /// Set by an operation that is signed inside its body: whose signature it is, or why it is refused. For the
    /// record.
    pub(crate) signer: Arc<OnceLock<Result<Arc<Signer>, Box<SignatureFact>>>>,
}

impl Call {
    /// What the request may do is asked by this.
    pub(crate) fn asking(&self) -> Asking<'_> {
        Asking {
            api: &self.api,
            caller: &self.caller,
            decided: self.decided.as_deref(),
            sender: self.sender,
            facility: &self.facility,
            headers: &self.headers,
            query: &self.query,
            tags: None,
            location: None,
        }
    }

    /// The store.
    pub(crate) fn objects(&self) -> &Objects {
        &self.api.objects
    }

    /// The region the request is served in.
    pub(crate) fn region(&self) -> &RegionName {
        &self.facility
    }

    /// The bucket the request is about.
    ///
    /// # Errors
    /// `InternalError`, if the pipeline ran an operation of a bucket without one: a row's fault.
    pub(crate) fn bucket(&self) -> Result<Arc<Bucket>, Refusal> {
        self.bucket
            .clone()
            .ok_or_else(|| Refusal::from(S3Error::InternalError {}))
    }

    /// Sets or removes one of the bucket's documents, durably.
    ///
    /// # Errors
    /// As [`Self::bucket`]; what the store has against it.
    pub(crate) async fn set_document(&self, name: &str, document: Option<Bytes>) -> Result<(), Refusal> {
        let bucket = self.bucket()?;
        let changed = self.objects().set_document(&bucket, name, document).await;
        changed.map(|_| ()).map_err(|error| self.refuse(error))
    }

    /// The key the request is about.
    ///
    /// # Errors
    /// As [`Self::bucket`].
    pub(crate) fn key(&self) -> Result<ObjectKey, Refusal> {
        self.key
            .clone()
            .ok_or_else(|| Refusal::from(S3Error::InternalError {}))
    }

    /// Who signed the request.
    ///
    /// # Errors
    /// `AccessDenied` for an anonymous request.
    pub(crate) fn signed_by(&self) -> Result<&Arc<Signer>, Refusal> {
        self.caller
            .signer()
            .ok_or_else(|| S3Error::access_denied().into())
    }

    /// A header's value as text; `None` where it is absent or not visible ASCII.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

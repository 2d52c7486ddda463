//! The S3 API: the request pipeline, the table of operations, and one file an operation.
//!
//! [`Api::handle`] takes an HTTP request and always answers. What happens in between is one list in
//! `pipeline`. The crate does no networking of its own: hyper's types come in and go out, and any
//! `http_body::Body` will do, so tests call it without a socket.

mod access;
mod authentication_failures;
mod body;
mod conditions;
mod cors;
mod document;
mod explanation;
mod keep_alive;
mod oidc;
mod operation;
mod operations;
mod operations_md;
mod opt_in;
mod payload;
mod pipeline;
mod record;
mod refusal;
mod response;
mod services;
mod signature;
mod table;
mod trace;
mod understood;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cairn_identity::Identity;
use cairn_journal::Journal;
use cairn_objects::Objects;
use cairn_protocol::address::Endpoints;
use cairn_protocol::auth::{SIGNING_KEYS_MAX, SigningKeys};
use cairn_protocol::id::IdGenerator;
use cairn_region::{OptInDefault, Regions};
use cairn_types::{Clock, RegionName, random};

pub use access::{AccessFact, Extra, FactQuestion, When};
pub use body::{Body, Interrupted};
pub use cors::{CorsFact, configuration as cors_configuration};
pub use explanation::{
    AccessExplanation, AccessQuestion, BlockReport, BucketReport, CallerReport, ExplainError, ObjectReport,
};
pub use oidc::{Fetch, FetchError, NoFetch};
pub use operations::OPERATIONS;
pub use operations_md::operations_md;
pub use pipeline::purpose_of;
pub use services::account::{ACCOUNT_OPERATIONS, AccountErrorKind, AccountRow};
pub use services::iam::IAM_OPERATIONS;
pub use services::query::QueryRow;
pub use services::s3_control::{CONTROL_OPERATIONS, ControlRow};
pub use services::sts::STS_OPERATIONS;
pub use signature::{FactLine, SignatureFact, TextKind};
pub use table::{Action, Condition, Resource, Route, Row};
pub use trace::fact;

/// What the API holds requests to.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Most bytes of a request's headers, names and values (facts/06 §1: 8 KiB).
    pub header_bytes_max: usize,
    /// Longest pause of a client while it sends a body (facts/06 §1, RequestTimeout: about 20 s).
    pub body_idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes_max: 8 * 1024,
            body_idle: Duration::from_secs(20),
        }
    }
}

/// How the deployment presents itself.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The regions served, and the domain their endpoint names hang off.
    pub regions: Arc<Regions>,
    /// What an account that never chose has of the regions launched after 2019-03-20.
    pub opt_in_default: OptInDefault,
    /// Whether Signature Version 2 is taken.
    pub allow_signature_v2: bool,
    /// Whether OpenID Connect providers are asked without TLS also where they are not on this machine.
    pub oidc_allow_http: bool,
    /// Bounds.
    pub limits: Limits,
}

impl Settings {
    /// Settings with the default limits and both signature versions.
    pub fn new(regions: Arc<Regions>) -> Self {
        Self {
            regions,
            opt_in_default: OptInDefault::default(),
            allow_signature_v2: true,
            oidc_allow_http: false,
            limits: Limits::default(),
        }
    }
}

/// Where a request came in, as the client sees it: a proxy in front that is trusted was asked already.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The client's address; port 0 where a proxy told the address alone.
    pub peer: SocketAddr,
    /// The listener's.
    pub local: SocketAddr,
    /// Whether the client's own connection is encrypted.
    pub tls: bool,
    /// The region of the listener.
    pub region: RegionName,
    /// What a trusted proxy said of the request that cannot be believed: it is answered with 400 and these words.
    pub fault: Option<&'static str>,
}

/// The S3 API over one store.
pub struct Api {
    pub(crate) settings: Settings,
    pub(crate) endpoints: Endpoints,
    pub(crate) objects: Objects,
    pub(crate) identity: Identity,
    pub(crate) policies: access::Policies,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) signing_keys: SigningKeys,
    pub(crate) ids: IdGenerator,
    pub(crate) journal: Option<Journal>,
    pub(crate) series: record::Series,
    pub(crate) oidc: oidc::Oidc,
}

impl Api {
    /// An API over `objects`, for those whom `identity` knows.
    pub fn new(settings: Settings, objects: Objects, identity: Identity, clock: Arc<dyn Clock>) -> Self {
        let seed = [
            u64::from_ne_bytes(random::bytes()),
            u64::from_ne_bytes(random::bytes()),
        ];
        Self {
            endpoints: Endpoints::new(settings.regions.domain()),
            oidc: oidc::Oidc::new(Arc::new(NoFetch), settings.oidc_allow_http),
            settings,
            objects,
            identity,
            policies: access::Policies::new(access::POLICIES_CACHED),
            clock,
            signing_keys: SigningKeys::new(SIGNING_KEYS_MAX),
            ids: IdGenerator::new(seed),
            journal: None,
            series: record::Series::default(),
        }
    }

    /// The same, leaving an entry of every request in this journal.
    pub fn with_journal(self, journal: Option<Journal>) -> Self {
        Self { journal, ..self }
    }

    /// The same, asking OpenID Connect providers for their keys by this; without it none can be asked.
    pub fn with_fetch(self, fetch: Arc<dyn Fetch>) -> Self {
        Self {
            oidc: oidc::Oidc::new(fetch, self.settings.oidc_allow_http),
            ..self
        }
    }
}

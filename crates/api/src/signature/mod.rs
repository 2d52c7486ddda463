//! Why a signature was refused, noted for whoever asks: the journal keeps it, and nobody decides by it.
//!
//! It is worked out only for a refused request, only where there is a journal, and at a bounded cost
//! ([`diagnosis::HMACS_MAX`]). The answer on the wire is made before and does not change.

mod fact;
mod kept;

use cairn_protocol::S3Error;
use cairn_protocol::auth::diagnosis::{self, Context, Diagnosis};
use cairn_protocol::auth::{Authentication, RequestHead};
use cairn_protocol::post;
use cairn_types::{RegionName, SecretAccessKey};

pub use self::fact::{FactLine, SignatureFact, TextKind};
pub(crate) use self::kept::cut;

use crate::Api;
use crate::trace::Trace;

/// The service of a request, and what it is called at an endpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct For<'a> {
    /// The region that answers.
    pub(crate) region: &'a RegionName,
    /// The service in a scope, which is also the first label of its endpoints' names.
    pub(crate) service: &'a str,
    /// The bucket that the request names.
    pub(crate) bucket: Option<&'a str>,
    /// Whether its session token was refused.
    pub(crate) token_refused: bool,
}

/// Whether an error is about the session token.
pub(crate) fn is_of_token(error: &S3Error) -> bool {
    matches!(
        error.code(),
        "InvalidToken" | "ExpiredToken" | "TokenRefreshRequired"
    )
}

impl Api {
    /// Notes why a request's signature was refused.
    pub(crate) async fn note_refused_signature(
        &self,
        authentication: &Authentication,
        head: &RequestHead<'_>,
        of: For<'_>,
        trace: &mut Trace,
    ) {
        let (true, Some(id)) = (trace.journaled, authentication.access_key_id()) else {
            return;
        };
        let secret = self.secret(id, authentication.session_token()).await;
        let found = self.in_context(of, |context| {
            diagnosis::diagnose(authentication, head, secret.as_ref(), context)
        });
        if let Some(found) = found {
            trace.note_signature(&SignatureFact::new(&found));
        }
    }

    /// The same of a form; `None` where there is no journal.
    pub(crate) async fn refused_form(
        &self,
        signature: &post::Signature,
        of: For<'_>,
    ) -> Option<SignatureFact> {
        self.journal.as_ref()?;
        let secret = self
            .secret(signature.access_key_id()?, signature.session_token())
            .await;
        let found = self.in_context(of, |context| {
            diagnosis::diagnose_form(signature, secret.as_ref(), context)
        })?;
        Some(SignatureFact::new(&found))
    }

    /// The secret that a request's signature must be made with, if that can be known: of a long-term key whatever
    /// token comes with it.
    async fn secret(&self, id: &str, session_token: Option<&str>) -> Option<SecretAccessKey> {
        let found = match self.identity.credential(id, session_token).await {
            Err(_) if session_token.is_some() => self.identity.credential(id, None).await,
            found => found,
        };
        found.ok().map(|credential| credential.secret)
    }

    fn in_context(
        &self,
        of: For<'_>,
        diagnose: impl FnOnce(&Context<'_>) -> Option<Diagnosis>,
    ) -> Option<Diagnosis> {
        let regions = &self.settings.regions;
        let names = names(regions.domain(), of);
        let others: Vec<&str> = regions.iter().map(|region| region.name.as_str()).collect();
        diagnose(&Context {
            region: of.region.as_str(),
            service: of.service,
            now: self.clock.now(),
            token_refused: of.token_refused,
            bucket: of.bucket,
            names: &names,
            regions: &others,
        })
    }
}

/// The names of the endpoint that a client is likely to have asked for, without ports.
fn names(domain: &str, of: For<'_>) -> Vec<String> {
    let service = of.service;
    let endpoints = [
        format!("{service}.{domain}"),
        format!("{service}.{}.{domain}", of.region),
    ];
    let with_bucket = of.bucket.map(|bucket| {
        endpoints
            .each_ref()
            .map(|endpoint| format!("{bucket}.{endpoint}"))
    });
    endpoints
        .into_iter()
        .chain(with_bucket.into_iter().flatten())
        .collect()
}

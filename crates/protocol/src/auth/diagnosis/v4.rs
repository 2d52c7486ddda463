//! SigV4: variants of the canonical request.

use cairn_types::SecretAccessKey;

use super::cause::{Change, KeyForm};
use super::trial::{Edit, Sign, Trial, Variant, edited, key_of};
use super::variants::{self, PATHS_MAX};
use super::{
    ADDRESSINGS_MAX, Cause, Claim, Computed, Context, Diagnosis, FRAGILE, Outcome, What, of_claim,
    of_headers, outcome,
};
use crate::auth::Source;
use crate::auth::head::RequestHead;
use crate::auth::key::SigningKey;
use crate::auth::payload::{CONTENT_SHA256, UNSIGNED_PAYLOAD};
use crate::auth::query::{self, Form};
use crate::auth::scope::{Scope, TERMINAL};
use crate::auth::v4::{Canonical, V4, canonical_request, string_to_sign};

/// The lines of a canonical request: method, path, query, headers, an empty one, their names, the payload.
const PATH: usize = 1;
const QUERY: usize = 2;
const HEADERS: usize = 3;

/// The hash of an empty body.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

pub(super) fn diagnose(
    v4: &V4,
    head: &RequestHead<'_>,
    secret: Option<&SecretAccessKey>,
    context: &Context<'_>,
) -> Diagnosis {
    let presigned = v4.source() == Source::Query;
    let query = query::canonicalise(head, presigned, Form::Encoded);
    let text = canonical_request(&Canonical {
        head,
        path: head.path,
        query: &query,
        signed_headers: &v4.signed_headers,
        payload: &v4.payload_line,
    });
    let scope = v4.scope.text().to_owned();
    let date = v4.date();
    let expires = v4
        .expires_seconds()
        .map(|life| date.seconds().saturating_add(life));
    let claim = Claim {
        access_key_id: v4.access_key_id().to_owned(),
        scope: Some(scope.clone()),
        signed_headers: Some(v4.signed_headers.clone()),
        date: Some(date),
        expires: expires.map(cairn_types::Timestamp::from_seconds),
        session_token: v4.session_token().is_some(),
    };

    let mut causes = Vec::new();
    of_claim(&claim, secret.is_some(), context, &mut causes);
    of_scope(
        &v4.scope,
        v4.date_signed.get(..8).unwrap_or_default(),
        context,
        &mut causes,
    );
    let not_signed: Vec<String> = v4
        .headers_not_signed(head.headers)
        .into_iter()
        .map(str::to_owned)
        .collect();
    if !not_signed.is_empty() {
        causes.push(Cause::proven(What::HeadersNotSigned(not_signed)));
    }
    let tried = match secret {
        Some(secret) => try_all(v4, head, &text, &query, secret, context),
        None => Outcome::default(),
    };
    let found = tried.found.unwrap_or_default();
    let signed_string = (!found.changes.is_empty()).then(|| {
        let date = date_line(v4, &found.changes);
        string_to_sign(date, &scope, &edited(&text, &found.edits))
    });
    if !found.changes.is_empty() {
        causes.insert(0, Cause::proven(What::Changed(found.changes)));
    } else if tried.right == Some(false) {
        without_proof(v4, head, &mut causes);
    }
    Diagnosis {
        claim,
        computed: Computed::CanonicalRequest {
            string_to_sign: string_to_sign(&v4.date_signed, &scope, &text),
            signed_string,
            text,
        },
        right: tried.right,
        signed: found.edits,
        causes,
        hmacs: tried.hmacs,
    }
}

/// What is wrong with the scope; forms share it.
pub(super) fn of_scope(scope: &Scope, day: &str, context: &Context<'_>, causes: &mut Vec<Cause>) {
    let differs =
        |sent: &str, expected: &str| (sent != expected).then(|| (sent.to_owned(), expected.to_owned()));
    if scope.terminal() != TERMINAL {
        causes.push(Cause::proven(What::Terminal));
    }
    if let Some((signed, expected)) = differs(scope.service(), context.service) {
        causes.push(Cause::proven(What::Service { signed, expected }));
    }
    if let Some((signed, expected)) = differs(scope.region(), context.region) {
        causes.push(Cause::proven(What::Region { signed, expected }));
    }
    if let Some((scope, date)) = differs(scope.date(), day) {
        causes.push(Cause::proven(What::Day { scope, date }));
    }
}

fn without_proof(v4: &V4, head: &RequestHead<'_>, causes: &mut Vec<Cause>) {
    let missing: Vec<String> = v4
        .signed_headers()
        .filter(|name| variants::is_missing(head.headers, name))
        .map(str::to_owned)
        .collect();
    if !missing.is_empty() {
        causes.push(Cause::likely(What::HeadersMissing(missing)));
    }
    let signs = |wanted: &str| v4.signed_headers().any(|name| name == wanted);
    if v4.source() == Source::Query && signs("content-type") {
        causes.push(Cause::likely(What::ContentType));
    }
    let fragile: Vec<String> = FRAGILE
        .into_iter()
        .filter(|name| signs(name) && !variants::is_missing(head.headers, name))
        .map(str::to_owned)
        .collect();
    if !fragile.is_empty() {
        causes.push(Cause::likely(What::HeadersFragile(fragile)));
    }
    of_headers(head.headers, causes);
    causes.push(Cause::likely(What::SecretOrElse));
}

/// Keys of SigV4, made of a scope.
pub(super) struct Keys<'a> {
    secret: &'a str,
    scope: &'a Scope,
    own: SigningKey,
}

impl<'a> Keys<'a> {
    /// HMACs that a key costs.
    pub(super) const HMACS: usize = 4;

    pub(super) fn new(secret: &'a SecretAccessKey, scope: &'a Scope) -> Self {
        Self {
            secret: secret.expose(),
            scope,
            // Not from the cache of keys, which a refused request's scope must not fill.
            own: SigningKey::derive(secret, scope.date(), scope.region(), scope.service()),
        }
    }

    pub(super) fn sign(&self, text: &[u8], form: Option<&KeyForm>) -> Vec<u8> {
        let Some(form) = form else {
            return self.own.sign(text).to_vec();
        };
        let secret = variants::secret_in(form, self.secret);
        let first = match form {
            KeyForm::NoPrefix => secret,
            _ => format!("AWS4{secret}"),
        };
        let day = match form {
            KeyForm::Day(day) => day,
            _ => self.scope.date(),
        };
        let region = match form {
            KeyForm::Region(region) => region,
            _ => self.scope.region(),
        };
        SigningKey::derive_from(&first, day, region, self.scope.service())
            .sign(text)
            .to_vec()
    }
}

/// The date as it is signed.
fn date_line<'a>(v4: &'a V4, changes: &[Change]) -> &'a str {
    match changes.contains(&Change::DateAsSent) {
        true => v4.date_sent(),
        false => &v4.date_signed,
    }
}

struct Signer<'a> {
    keys: Keys<'a>,
    scope: String,
    v4: &'a V4,
}

impl Sign for Signer<'_> {
    const HMACS: (usize, usize) = (1, 1 + Keys::HMACS);

    fn sign(&self, text: &[u8], changes: &[Change]) -> Option<Vec<u8>> {
        let text = string_to_sign(date_line(self.v4, changes), &self.scope, text);
        Some(self.keys.sign(text.as_bytes(), key_of(changes)))
    }
}

fn try_all(
    v4: &V4,
    head: &RequestHead<'_>,
    text: &[u8],
    query: &str,
    secret: &SecretAccessKey,
    context: &Context<'_>,
) -> Outcome {
    let small = v4.signature.to_ascii_lowercase();
    let signer = Signer {
        keys: Keys::new(secret, &v4.scope),
        scope: v4.scope.text().to_owned(),
        v4,
    };
    let mut trial = Trial::new(text, small.as_bytes(), signer);
    trial.hmacs = Keys::HMACS;
    for edits in as_the_verifier(head, query, v4.source() == Source::Query) {
        let changes = Vec::new();
        trial.attempt(&Variant { changes, edits });
    }
    // A name with a line's end in it, which only a hostile client lists, would count as two lines.
    let (kinds, keys) = match v4.signed_headers.contains('\n') {
        true => (Vec::new(), Vec::new()),
        false => (
            kinds(v4, head, query, context),
            variants::keys(v4.region(), v4.scope.date(), context),
        ),
    };
    let mut tried = outcome(trial, &kinds, &keys);
    if small != v4.signature && tried.right == Some(true) {
        tried.right = Some(false);
        tried.found = Some(Variant::new(Change::Capitals, Vec::new()));
    }
    tried
}

/// The forms beside the first that [`V4::verify`] takes.
fn as_the_verifier(head: &RequestHead<'_>, query: &str, presigned: bool) -> Vec<Vec<Edit>> {
    let as_sent = query::canonicalise(head, presigned, Form::AsSent);
    let as_sent = (as_sent != query).then(|| Edit::new(QUERY, as_sent));
    let path = query::reencode_path(head.path).map(|path| Edit::new(PATH, path));
    let both = as_sent
        .clone()
        .zip(path.clone())
        .map(|(query, path)| vec![query, path]);
    let one = [as_sent, path].into_iter().flatten().map(|edit| vec![edit]);
    one.chain(both).collect()
}

fn kinds(v4: &V4, head: &RequestHead<'_>, query: &str, context: &Context<'_>) -> Vec<Vec<Variant>> {
    let presigned = v4.source() == Source::Query;
    let line_of = |wanted: &str| {
        v4.signed_headers()
            .position(|name| name == wanted)
            .map(|at| HEADERS + at)
    };
    let payload_line = HEADERS + v4.signed_headers().count() + 2;

    let mut hosts = Vec::new();
    let mut addressings = Vec::new();
    if let Some(line) = line_of("host") {
        let found = variants::hosts(head, context);
        addressings = variants::other_addressing(head, context, line, &found);
        addressings.truncate(ADDRESSINGS_MAX);
        hosts.extend(found.into_iter().map(|(signed, found)| {
            let edit = Edit::new(line, format!("host:{signed}"));
            Variant::new(Change::Host { signed, found }, vec![edit])
        }));
    }
    let mut paths: Vec<Variant> = variants::paths(head, context)
        .into_iter()
        .map(|(form, path)| Variant::new(Change::Path(form), vec![Edit::new(PATH, path)]))
        .collect();
    paths.truncate(PATHS_MAX);
    let queries = variants::queries(head, presigned, query)
        .into_iter()
        .map(|(form, query)| Variant::new(Change::Query(form), vec![Edit::new(QUERY, query)]))
        .collect();
    // The payload line repeats the header's value, where that is signed.
    let payloads = [UNSIGNED_PAYLOAD, EMPTY_SHA256]
        .into_iter()
        .filter(|payload| *payload != v4.payload_line)
        .map(|payload| {
            let mut edits = vec![Edit::new(payload_line, payload)];
            if let Some(line) = line_of(CONTENT_SHA256) {
                edits.push(Edit::new(line, format!("{CONTENT_SHA256}:{payload}")));
            }
            Variant::new(Change::Payload(payload.to_owned()), edits)
        })
        .collect();
    let mut others = variants::methods(head.method.as_str());
    if v4.date_sent() != v4.date_signed {
        others.push(Variant::new(Change::DateAsSent, Vec::new()));
    }
    let headers = variants::headers(head, &v4.signed_headers, HEADERS);
    vec![hosts, paths, headers, queries, others, payloads, addressings]
}

//! Signs requests with the signer that Cairn's own clients use (`cairn_protocol::auth::sign`), which is
//! held against Amazon's published vectors, the `aws-sigv4` crate and botocore where it lives.

use cairn_protocol::auth::Payload;
use cairn_protocol::auth::chunked::ChunkSigner;
use cairn_protocol::auth::sign::{self, ChunkEncoder};
use cairn_types::{SecretAccessKey, Timestamp};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Uri};

use super::{Endpoint, Request, now};

/// What signing adds to a request.
const ADDED: [&str; 5] = [
    "x-amz-date",
    "x-amz-content-sha256",
    "x-amz-security-token",
    "date",
    "authorization",
];

/// Who signs, for where and when.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) token: Option<String>,
    pub(crate) region: String,
    pub(crate) service: String,
    pub(crate) at: Timestamp,
}

impl Signer {
    /// The root of that server, now.
    pub(crate) fn of(endpoint: &Endpoint) -> Self {
        Self {
            access_key: endpoint.access_key.clone(),
            secret_key: endpoint.secret_key.clone(),
            token: None,
            region: endpoint.region.clone(),
            service: "s3".into(),
            at: now(),
        }
    }

    /// That many seconds later, or earlier.
    pub(crate) fn shifted(mut self, seconds: i64) -> Self {
        self.at = Timestamp::from_seconds(self.at.seconds().saturating_add_signed(seconds));
        self
    }

    fn signer(&self) -> sign::Signer {
        let secret = SecretAccessKey::parse(&self.secret_key).expect("a secret access key");
        let mut signer = sign::Signer::new(&self.access_key, secret, &self.region);
        signer.session_token.clone_from(&self.token);
        signer.service.clone_from(&self.service);
        signer
    }

    /// In the header. A request that names its `x-amz-content-sha256` keeps it.
    pub(super) fn sign(&self, request: &mut Request) -> ChunkSigner {
        let payload = match request.find("x-amz-content-sha256") {
            Some(value) => Payload::parse(value).expect("a value of x-amz-content-sha256"),
            None => Payload::of(&request.body),
        };
        let mut parts = parts(request);
        let chunks = self
            .signer()
            .header_v4(&mut parts, &payload, self.at)
            .expect("a request that can be signed");
        take(request, &parts);
        chunks
    }

    /// In the query.
    pub(super) fn presign(&self, request: &mut Request, seconds: u64) {
        let parts = parts(request);
        let uri = self
            .signer()
            .presign_v4(&parts.method, &parts.uri, &parts.headers, seconds, self.at);
        request.query = uri.expect("a URI").query().map(str::to_owned);
    }

    /// Signature Version 2 in the header.
    pub(super) fn sign_v2(&self, request: &mut Request, bucket_in_host: Option<&str>) {
        let mut parts = parts(request);
        self.signer()
            .header_v2(&mut parts, bucket_in_host, self.at)
            .expect("a request that can be signed");
        take(request, &parts);
    }

    /// Signature Version 2 in the query, good until the signer's time.
    pub(super) fn presign_v2(&self, request: &mut Request, bucket_in_host: Option<&str>) {
        let parts = parts(request);
        let uri =
            self.signer()
                .presign_v2(&parts.method, &parts.uri, &parts.headers, bucket_in_host, self.at);
        request.query = uri.expect("a URI").query().map(str::to_owned);
    }

    /// Signs in the header and makes the body aws-chunked, with what `x-amz-content-sha256` says.
    pub(super) fn chunk(&self, request: &mut Request, chunks: &[&[u8]], trailers: &[(&str, &str)]) {
        let mode = request
            .find("x-amz-content-sha256")
            .expect("a streaming mode")
            .to_owned();
        let signer = self.sign(request);
        let mut encoder = if mode.starts_with("STREAMING-AWS4") {
            ChunkEncoder::signed(signer)
        } else {
            ChunkEncoder::unsigned()
        };
        request.body.clear();
        for chunk in chunks {
            encoder.chunk(chunk, &mut request.body);
        }
        encoder.finish(mode.ends_with("-TRAILER"), trailers, &mut request.body);
    }
}

/// The request as the signer wants it.
fn parts(request: &Request) -> Parts {
    let (mut parts, ()) = http::Request::new(()).into_parts();
    parts.method = request.method.parse().expect("a method");
    // The authority is the signer's source of the host; the scheme only completes the URI.
    let authority = if request.host.is_empty() {
        "none"
    } else {
        &request.host
    };
    let uri = Uri::builder()
        .scheme("http")
        .authority(authority)
        .path_and_query(request.target());
    parts.uri = uri.build().expect("a target that can be signed");
    let host = HeaderValue::from_str(&request.host).expect("a host");
    parts.headers.insert("host", host);
    for (name, value) in &request.headers {
        let name: HeaderName = name.parse().expect("a header's name");
        parts.headers.append(
            name,
            HeaderValue::from_bytes(value.as_bytes()).expect("a header's value"),
        );
    }
    parts
}

fn take(request: &mut Request, parts: &Parts) {
    for name in ADDED {
        if let Some(value) = parts.headers.get(name) {
            request.set(name, value.to_str().expect("ASCII"));
        }
    }
}

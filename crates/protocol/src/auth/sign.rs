//! The client's side: signs requests as Amazon's SDKs do. For tests, the load generator and conformance.
//!
//! The server does not use this. It shares the canonical forms with the verifier, which is why the verifier is
//! also tested against the published vectors, the `aws-sigv4` crate and botocore.

use cairn_types::{SecretAccessKey, Timestamp};
use http::header::{AUTHORIZATION, DATE, HOST, InvalidHeaderValue};
use http::request::Parts;
use http::uri::InvalidUri;
use http::{HeaderMap, HeaderValue, Method, Uri};
use sha2::{Digest, Sha256};

use super::chunked::{ChunkSigner, trailers};
use super::head::RequestHead;
use super::key::SigningKey;
use super::payload::{CONTENT_SHA256, Payload, UNSIGNED_PAYLOAD};
use super::query::{self, Form, encode};
use super::scope::TERMINAL;
use super::v2::{self, ResponseValues};
use super::v4::{ALGORITHM, Canonical, canonical_request, string_to_sign};

/// Headers that proxies and HTTP libraries change or add, and that no client signs.
const NEVER_SIGNED: [&str; 6] = [
    "authorization",
    "connection",
    "expect",
    "te",
    "transfer-encoding",
    "user-agent",
];

/// What a request cannot be signed with.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// A token or id that no header can carry.
    #[error("not a header value")]
    Header(#[from] InvalidHeaderValue),
    /// The presigned URI is none.
    #[error("not a URI")]
    Uri(#[from] InvalidUri),
}

/// Who signs, and for where.
#[derive(Debug, Clone)]
pub struct Signer {
    /// The access key id.
    pub access_key_id: String,
    /// Its secret.
    pub secret: SecretAccessKey,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
    /// The region to sign for.
    pub region: String,
    /// The service to sign for: `s3`.
    pub service: String,
}

impl Signer {
    /// A signer for S3 with long-term credentials.
    pub fn new(access_key_id: &str, secret: SecretAccessKey, region: &str) -> Self {
        Self {
            access_key_id: access_key_id.to_owned(),
            secret,
            session_token: None,
            region: region.to_owned(),
            service: "s3".to_owned(),
        }
    }

    /// SigV4 in the header. Adds `x-amz-date`, `x-amz-content-sha256`, `x-amz-security-token` and
    /// `Authorization`, and signs these, the host and every header there is but those of [`NEVER_SIGNED`].
    /// The host is the `Host` header, which is added from the URI if absent. Returns what signs the body's
    /// chunks.
    ///
    /// # Errors
    /// A credential that is no header value.
    pub fn header_v4(
        &self,
        parts: &mut Parts,
        payload: &Payload,
        now: Timestamp,
    ) -> Result<ChunkSigner, SignError> {
        let date = now.iso8601_basic();
        let payload_line = payload.header_value();
        add_host(parts)?;
        parts.headers.insert("x-amz-date", HeaderValue::from_str(&date)?);
        parts
            .headers
            .insert(CONTENT_SHA256, HeaderValue::from_str(&payload_line)?);
        if let Some(token) = &self.session_token {
            parts
                .headers
                .insert("x-amz-security-token", HeaderValue::from_str(token)?);
        }
        let signed_headers = signed_headers(&parts.headers);
        let (signature, key) = self.sign_v4(&head(parts), &date, &signed_headers, &payload_line, false);
        let scope = self.scope(&date);
        let authorization = format!(
            "{ALGORITHM} Credential={}/{scope}, SignedHeaders={signed_headers}, Signature={signature}",
            self.access_key_id
        );
        parts
            .headers
            .insert(AUTHORIZATION, HeaderValue::from_str(&authorization)?);
        Ok(ChunkSigner::new(
            key,
            &self.access_key_id,
            &date,
            &scope,
            &signature,
        ))
    }

    /// SigV4 in the query: the URI that is good for `expires_seconds`. `headers` must be sent with it; the
    /// host is the URI's, or the `Host` among them.
    ///
    /// # Errors
    /// A URI that is none.
    pub fn presign_v4(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        expires_seconds: u64,
        now: Timestamp,
    ) -> Result<Uri, SignError> {
        let date = now.iso8601_basic();
        let mut parts = parts_of(method, uri, headers);
        add_host(&mut parts)?;
        let signed_headers = signed_headers(&parts.headers);
        let mut added = format!(
            "X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={}&X-Amz-Date={date}&X-Amz-Expires={expires_seconds}\
             &X-Amz-SignedHeaders={}",
            encode(format!("{}/{}", self.access_key_id, self.scope(&date)).as_bytes()),
            encode(signed_headers.as_bytes()),
        );
        if let Some(token) = &self.session_token {
            added.push_str("&X-Amz-Security-Token=");
            added.push_str(&encode(token.as_bytes()));
        }
        parts.uri = with_query(uri, &added)?;
        let (signature, _) = self.sign_v4(&head(&parts), &date, &signed_headers, UNSIGNED_PAYLOAD, true);
        with_query(&parts.uri, &format!("X-Amz-Signature={signature}"))
    }

    /// SigV2 in the header. Adds `Date` unless there is a date already, and `Authorization`.
    ///
    /// # Errors
    /// A credential that is no header value.
    pub fn header_v2(
        &self,
        parts: &mut Parts,
        bucket_in_host: Option<&str>,
        now: Timestamp,
    ) -> Result<(), SignError> {
        add_host(parts)?;
        if !parts.headers.contains_key(DATE) && !parts.headers.contains_key("x-amz-date") {
            parts
                .headers
                .insert(DATE, HeaderValue::from_str(&now.http_date())?);
        }
        if let Some(token) = &self.session_token {
            parts
                .headers
                .insert("x-amz-security-token", HeaderValue::from_str(token)?);
        }
        let mut head = head(parts);
        head.bucket_in_host = bucket_in_host;
        let text = v2::string_to_sign(&head, None, ResponseValues::Decoded);
        let authorization = format!(
            "AWS {}:{}",
            self.access_key_id,
            v2::signature(self.secret.expose(), &text)
        );
        parts
            .headers
            .insert(AUTHORIZATION, HeaderValue::from_str(&authorization)?);
        Ok(())
    }

    /// SigV2 in the query: the URI that is good until `expires`. `headers` must be sent with it.
    ///
    /// # Errors
    /// A URI that is none.
    pub fn presign_v2(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        bucket_in_host: Option<&str>,
        expires: Timestamp,
    ) -> Result<Uri, SignError> {
        let mut parts = parts_of(method, uri, headers);
        if let Some(token) = &self.session_token {
            parts.uri = with_query(uri, &format!("x-amz-security-token={}", encode(token.as_bytes())))?;
        }
        let mut head = head(&parts);
        head.bucket_in_host = bucket_in_host;
        let expires = expires.seconds().to_string();
        let text = v2::string_to_sign(&head, Some(&expires), ResponseValues::Decoded);
        let added = format!(
            "AWSAccessKeyId={}&Expires={expires}&Signature={}",
            encode(self.access_key_id.as_bytes()),
            encode(v2::signature(self.secret.expose(), &text).as_bytes()),
        );
        with_query(&parts.uri, &added)
    }

    fn scope(&self, date: &str) -> String {
        let day = date.get(..8).unwrap_or(date);
        format!("{day}/{}/{}/{TERMINAL}", self.region, self.service)
    }

    fn sign_v4(
        &self,
        head: &RequestHead<'_>,
        date: &str,
        signed_headers: &str,
        payload: &str,
        presigned: bool,
    ) -> (String, SigningKey) {
        let canonical = canonical_request(&Canonical {
            head,
            path: head.path,
            query: &query::canonicalise(head, presigned, Form::Encoded),
            signed_headers,
            payload,
        });
        let text = string_to_sign(date, &self.scope(date), &canonical);
        let day = date.get(..8).unwrap_or(date);
        let key = SigningKey::derive(&self.secret, day, &self.region, &self.service);
        let signature = key.sign(text.as_bytes());
        (signature.iter().map(|b| char::from(*b)).collect(), key)
    }
}

/// The head of a request to be sent, as the server will see it. The host is the `Host` header's, which
/// [`Signer::header_v4`] adds; without one it is the URI's.
pub fn head(parts: &Parts) -> RequestHead<'_> {
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    RequestHead {
        method: &parts.method,
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        host: host
            .or_else(|| parts.uri.authority().map(http::uri::Authority::as_str))
            .unwrap_or_default(),
        bucket_in_host: None,
    }
}

fn parts_of(method: &Method, uri: &Uri, headers: &HeaderMap) -> Parts {
    let (mut parts, ()) = http::Request::new(()).into_parts();
    parts.method = method.clone();
    parts.uri = uri.clone();
    parts.headers = headers.clone();
    parts
}

fn add_host(parts: &mut Parts) -> Result<(), InvalidHeaderValue> {
    if !parts.headers.contains_key(HOST)
        && let Some(authority) = parts.uri.authority()
    {
        let host = HeaderValue::from_str(authority.as_str())?;
        parts.headers.insert(HOST, host);
    }
    Ok(())
}

fn signed_headers(headers: &HeaderMap) -> String {
    let mut names: Vec<&str> = headers
        .keys()
        .map(http::HeaderName::as_str)
        .filter(|name| !NEVER_SIGNED.contains(name))
        .collect();
    names.sort_unstable();
    names.join(";")
}

fn with_query(uri: &Uri, added: &str) -> Result<Uri, SignError> {
    let text = uri.to_string();
    let joint = match uri.query() {
        None => "?",
        Some("") => "",
        Some(_) => "&",
    };
    Ok(format!("{text}{joint}{added}").parse()?)
}

/// Writes an aws-chunked body.
#[derive(Debug)]
pub struct ChunkEncoder {
    signer: Option<ChunkSigner>,
}

impl ChunkEncoder {
    /// Signed chunks; `signer` is what [`Signer::header_v4`] returned.
    pub fn signed(signer: ChunkSigner) -> Self {
        Self { signer: Some(signer) }
    }

    /// Chunks without signatures.
    pub fn unsigned() -> Self {
        Self { signer: None }
    }

    /// Appends one chunk to `out`. An empty one would end the body and is left out.
    pub fn chunk(&mut self, data: &[u8], out: &mut Vec<u8>) {
        if data.is_empty() {
            return;
        }
        self.line(data, out);
        out.extend_from_slice(data);
        out.extend_from_slice(b"\r\n");
    }

    /// Appends the last chunk and the trailers, in lower case. `trailer` says whether the mode has a trailer:
    /// with signed chunks it is signed.
    pub fn finish(mut self, trailer: bool, trailers: &[(&str, &str)], out: &mut Vec<u8>) {
        self.line(b"", out);
        if trailer {
            for (name, value) in trailers {
                out.extend_from_slice(format!("{name}:{value}\r\n").as_bytes());
            }
            if let Some(signer) = &self.signer {
                let signature = signer.sign_trailer(&trailers::digest(trailers.iter().copied()));
                out.extend_from_slice(format!("x-amz-trailer-signature:{signature}\r\n").as_bytes());
            }
        }
        out.extend_from_slice(b"\r\n");
    }

    fn line(&mut self, data: &[u8], out: &mut Vec<u8>) {
        let mut line = format!("{:x}", data.len());
        if let Some(signer) = &mut self.signer {
            line.push_str(";chunk-signature=");
            line.push_str(&signer.sign_chunk(&Sha256::digest(data).into()));
        }
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

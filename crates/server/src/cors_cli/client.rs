//! The requests of `cairn cors`, and what their answers say.

use bytes::Bytes;
use cairn_cors::CorsConfiguration;
use cairn_protocol::xml;
use cairn_types::checksum::Hasher;
use cairn_types::{BucketName, ChecksumAlgorithm};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::Full;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::header_lines;
use crate::client::{Answer, Endpoint, Key, Signing, shown};
use crate::failure::{Code, Failure};

/// Who does the same over TLS.
const WITH_TLS: &str = "the aws CLI does: aws s3api put-bucket-cors --endpoint-url …";

/// What a person may write in a path and a URL cannot have. What is encoded already stays as it is.
const NOT_IN_A_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The server.
#[derive(Debug)]
pub(super) struct Client {
    endpoint: Endpoint,
}

/// A preflight to send.
pub(super) struct Preflight<'a> {
    pub(super) bucket: &'a BucketName,
    pub(super) origin: &'a str,
    pub(super) method: &'a str,
    pub(super) headers: Option<&'a str>,
    /// From the slash after the bucket's name on.
    pub(super) path: &'a str,
}

/// What it was answered.
pub(super) struct Tested {
    /// Whether a browser would go on.
    pub(super) allowed: bool,
    /// Status and headers, and what an error says.
    pub(super) text: String,
}

impl Client {
    /// For the server at `endpoint`.
    ///
    /// # Errors
    /// Not the URL of a server without TLS.
    pub(super) fn new(endpoint: &str) -> Result<Self, Failure> {
        Ok(Self {
            endpoint: Endpoint::parse(endpoint, WITH_TLS)?,
        })
    }

    pub(super) fn signing(&self, key: Key, region: &str) -> Signing {
        Signing::new(key, region, "s3")
    }

    /// The configuration's XML.
    pub(super) async fn get(&self, signing: &Signing, bucket: &BucketName) -> Result<Bytes, Failure> {
        let request = self.about(&Method::GET, bucket)?;
        Ok(self.ask(signing, bucket, request, Bytes::new()).await?.body)
    }

    pub(super) async fn put(
        &self,
        signing: &Signing,
        bucket: &BucketName,
        configuration: &CorsConfiguration,
    ) -> Result<(), Failure> {
        let body = Bytes::from(configuration.to_xml());
        let mut hasher = Hasher::new(ChecksumAlgorithm::Crc32);
        hasher.update(&body);
        let mut request = self.about(&Method::PUT, bucket)?;
        let headers = request.headers_mut();
        let xml = http::HeaderValue::from_static("application/xml");
        headers.insert(http::header::CONTENT_TYPE, xml);
        // S3 takes this document with a checksum only (facts/03 §1).
        let checksum = hasher.finish().to_string().parse().map_err(internal)?;
        headers.insert("x-amz-checksum-crc32", checksum);
        self.ask(signing, bucket, request, body).await.map(|_| ())
    }

    pub(super) async fn delete(&self, signing: &Signing, bucket: &BucketName) -> Result<(), Failure> {
        let request = self.about(&Method::DELETE, bucket)?;
        self.ask(signing, bucket, request, Bytes::new()).await.map(|_| ())
    }

    /// Sends the preflight.
    ///
    /// # Errors
    /// [`Code::Usage`]: what no request can say. [`Code::Server`]: no answer. A refusal is an answer.
    pub(super) async fn test(&self, preflight: &Preflight<'_>) -> Result<Tested, Failure> {
        if !preflight.path.starts_with('/') {
            return Err(Failure::usage("--path begins with a slash"));
        }
        let path = utf8_percent_encode(preflight.path.trim_start_matches('/'), NOT_IN_A_PATH);
        let target = match preflight.path {
            "/" => format!("/{}", preflight.bucket),
            _ => format!("/{}/{path}", preflight.bucket),
        };
        let target: Uri = target
            .parse()
            .map_err(|error| Failure::usage(format!("--path: {error}")))?;
        let mut request = Request::builder()
            .method(Method::OPTIONS)
            .uri(target.clone())
            .header("host", self.endpoint.authority())
            .header("origin", preflight.origin)
            .header("access-control-request-method", preflight.method);
        if let Some(headers) = preflight.headers {
            request = request.header("access-control-request-headers", headers);
        }
        let request = request.body(Full::new(Bytes::new()));
        let request = request.map_err(|_| {
            Failure::usage("--origin, --method and --headers are text without control characters")
        })?;
        let answer = self.endpoint.send(request).await?;
        let mut text = format!(
            "OPTIONS http://{}{target}\n{}\n{}",
            self.endpoint.authority(),
            answer.status,
            header_lines(&answer.headers)
        );
        if !answer.status.is_success() {
            text.push_str(&format!("\n{}\n", said(&answer)));
            if let Some(id) = header(&answer, "x-amz-request-id") {
                text.push_str(&format!("Why: cairn explain {id}\n"));
            }
        }
        Ok(Tested {
            allowed: answer.status.is_success(),
            text,
        })
    }

    fn about(&self, method: &Method, bucket: &BucketName) -> Result<Request<()>, Failure> {
        Request::builder()
            .method(method)
            .uri(format!("/{bucket}?cors"))
            .header("host", self.endpoint.authority())
            .body(())
            .map_err(internal)
    }

    async fn ask(
        &self,
        signing: &Signing,
        bucket: &BucketName,
        request: Request<()>,
        body: Bytes,
    ) -> Result<Answer, Failure> {
        let answer = self.endpoint.send(signing.sign(request, body)?).await?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        let mut what = said(&answer);
        if let Some(hint) = elsewhere(&answer, bucket) {
            what.push_str(&format!("; {hint}"));
        } else if answer.status == StatusCode::FORBIDDEN {
            what.push_str(&format!(" ({})", signing.told()));
        }
        Err(self.endpoint.failed(&what))
    }
}

fn internal(error: impl std::fmt::Display) -> Failure {
    Failure::new(Code::Internal, error)
}

fn header(answer: &Answer, name: &str) -> Option<String> {
    let value = answer.headers.get(name)?.to_str().ok()?;
    Some(shown(value))
}

/// The text of an element of the error document.
fn element(answer: &Answer, name: &str) -> Option<String> {
    let error = xml::parse(&answer.body, "Error").ok()?;
    let element = error.optional(name).ok()??;
    Some(shown(element.text().ok()?))
}

/// Code and message.
fn said(answer: &Answer) -> String {
    match (element(answer, "Code"), element(answer, "Message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ => format!(
            "{}, and no error document of S3's; is that an S3 listener?",
            answer.status
        ),
    }
}

/// Where the bucket is, if the answer tells that it is not here.
fn elsewhere(answer: &Answer, bucket: &BucketName) -> Option<String> {
    let region = header(answer, "x-amz-bucket-region").or_else(|| element(answer, "Region"))?;
    let location = header(answer, "location").or_else(|| element(answer, "Endpoint"));
    let host = location.as_deref().map(|location| {
        let host = location.split_once("://").map_or(location, |(_, rest)| rest);
        let host = host.split(['/', '?']).next().unwrap_or(host);
        // What is told is the bucket's own host; requests here are path style.
        host.strip_prefix(bucket.as_str())
            .and_then(|rest| rest.strip_prefix('.'))
            .unwrap_or(host)
            .to_owned()
    });
    Some(match host {
        Some(host) => format!("the bucket is in {region}: --endpoint http://{host} --region {region}"),
        None => format!("the requests here are to be signed for {region}: --region {region}"),
    })
}

#[cfg(test)]
mod tests;

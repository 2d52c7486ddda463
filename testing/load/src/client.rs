//! One connection: signs and sends a request, reads the whole answer, measures the time between.

use std::time::{Duration, Instant};

use bytes::Bytes;
use cairn_types::{Clock as _, SecretAccessKey, SystemClock};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, ETAG, HOST, RANGE};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::body::{Content, Upload};
use crate::problem::Problem;
use crate::server::Server;
use crate::signature::Signatures;
use crate::workload::{Operation, PAGE_KEYS, Payload, Workload, key};

/// Longest wait for an answer's end. A server that takes longer is broken, not slow.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);
/// Bytes of an error's body that are kept to be shown.
const ERROR_BYTES_MAX: usize = 4096;
/// Bytes of an answer that is read for what it says: a page of 1000 keys is below 1 MiB.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// SHA-256 of nothing: what requests without a body sign.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// What S3 takes instead of a body's hash.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// Where and how to send, the same for all connections.
pub(crate) struct Target {
    authority: String,
    access_key: String,
    secret: SecretAccessKey,
    region: String,
    workload: Workload,
    content: Content,
    /// A part of a multipart upload.
    part: Content,
    /// `x-amz-content-sha256` of uploads, and of parts.
    payload: String,
    part_payload: String,
}

impl Target {
    pub(crate) fn new(server: &Server, workload: &Workload) -> Result<Self, Problem> {
        let authority = server
            .endpoint
            .strip_prefix("http://")
            .map(|rest| rest.trim_end_matches('/'));
        let authority = authority.filter(|rest| !rest.is_empty() && !rest.contains('/'));
        let authority = authority.ok_or_else(|| Problem::Endpoint(server.endpoint.clone()))?;
        let parts = match workload.work {
            crate::workload::Work::Multipart { parts } => u64::from(parts.max(1)),
            _ => 1,
        };
        let (content, part) = (Content::new(workload.size), Content::new(workload.size / parts));
        let payload = |content: &Content| match workload.payload {
            Payload::Signed => content.sha256(),
            Payload::Unsigned => UNSIGNED.to_owned(),
        };
        Ok(Self {
            authority: authority.to_owned(),
            access_key: server.access_key.clone(),
            secret: SecretAccessKey::parse(&server.secret_key).map_err(|_| Problem::Secret)?,
            region: server.region.clone(),
            workload: *workload,
            payload: payload(&content),
            part_payload: payload(&part),
            content,
            part,
        })
    }

    fn object(&self, number: u64) -> String {
        let key = key(self.workload.shape, number);
        format!("/{}/{}", self.workload.bucket, utf8_percent_encode(&key, PATH))
    }

    /// Opens a connection and keeps it served.
    async fn connect(&self) -> Result<SendRequest<Upload>, Failure> {
        let has_port = |authority: &str| {
            let last = authority.rsplit(':').next();
            last.is_some_and(|port| port.parse::<u16>().is_ok())
        };
        let stream = match has_port(&self.authority) {
            true => TcpStream::connect(&self.authority).await?,
            false => TcpStream::connect((self.authority.as_str(), 80)).await?,
        };
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends when the sender is dropped or the server closes; the sender is told why.
        tokio::spawn(async {
            let _ = connection.await;
        });
        Ok(sender)
    }
}

/// What one operation came to.
pub(crate) struct Done {
    /// From the sending of its first request to the end of its last answer.
    pub(crate) time: Duration,
    /// Bytes of objects sent or received.
    pub(crate) bytes: u64,
}

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Http(#[from] hyper::Error),
    #[error("{0}")]
    Request(#[from] http::Error),
    #[error("no answer in {} s", ANSWER_LIMIT.as_secs())]
    Timeout,
    #[error("{status}: {body}")]
    Status { status: StatusCode, body: String },
    #[error("{got} bytes instead of {expected}")]
    Length { got: u64, expected: u64 },
    #[error("the answer has no {0}")]
    Missing(&'static str),
    #[error("a page of {got} instead of {PAGE_KEYS}")]
    Page { got: usize },
}

/// One connection, opened again when it breaks.
pub(crate) struct Client<'a> {
    target: &'a Target,
    signatures: Signatures,
    sender: Option<SendRequest<Upload>>,
    /// Whether a page was counted: once a connection, so that counting does not become what is measured.
    page_counted: bool,
}

/// A request to be signed and sent.
struct Plan<'a> {
    method: Method,
    path: String,
    query: String,
    payload: &'a str,
    body: Upload,
    range: Option<String>,
    /// Bytes of an object the answer's body must have, where that is known.
    expected: Option<u64>,
    sent: u64,
    /// Whether the answer's body is wanted.
    read: bool,
}

/// A request's answer.
struct Answer {
    done: Done,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl<'a> Client<'a> {
    pub(crate) fn new(target: &'a Target) -> Self {
        let signatures = Signatures::new(
            &target.access_key,
            target.secret.clone(),
            &target.region,
            &target.authority,
        );
        Self {
            target,
            signatures,
            sender: None,
            page_counted: false,
        }
    }

    /// Makes the bucket; one that is there already is as good.
    pub(crate) async fn create_bucket(&mut self) -> Result<(), Failure> {
        let plan = Plan::new(Method::PUT, format!("/{}", self.target.workload.bucket));
        match self.send(plan).await {
            Ok(_) => Ok(()),
            Err(Failure::Status {
                status: StatusCode::CONFLICT,
                ..
            }) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// Opens the connection and leaves it idle, after one request: one that never asked anything is a
    /// suspect, and may be closed. What the answer says does not matter.
    pub(crate) async fn open(&mut self) -> Result<(), Failure> {
        match self.perform(&Operation::Head { key: 0 }).await {
            Ok(_) | Err(Failure::Status { .. }) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// Does one operation.
    pub(crate) async fn perform(&mut self, operation: &Operation) -> Result<Done, Failure> {
        let target = self.target;
        let plan = match *operation {
            Operation::Put { key } => Plan {
                payload: &target.payload,
                body: target.content.upload(),
                sent: target.workload.size,
                ..Plan::new(Method::PUT, target.object(key))
            },
            Operation::Get { key } => Plan {
                expected: Some(target.workload.size),
                ..Plan::new(Method::GET, target.object(key))
            },
            Operation::Range { key, first, bytes } => Plan {
                range: Some(format!("bytes={first}-{}", first + bytes.max(1) - 1)),
                expected: Some(bytes),
                ..Plan::new(Method::GET, target.object(key))
            },
            Operation::Head { key } => Plan::new(Method::HEAD, target.object(key)),
            Operation::Delete { key } => Plan::new(Method::DELETE, target.object(key)),
            Operation::List { after } => return self.list(after).await,
            Operation::Multipart { key, parts } => return self.upload_in_parts(key, parts).await,
        };
        Ok(self.send(plan).await?.done)
    }

    async fn list(&mut self, after: Option<u64>) -> Result<Done, Failure> {
        let target = self.target;
        let query = match after {
            None => format!("delimiter=%2F&list-type=2&max-keys={PAGE_KEYS}"),
            Some(after) => format!(
                "list-type=2&max-keys={PAGE_KEYS}&start-after={}",
                utf8_percent_encode(&key(target.workload.shape, after), QUERY)
            ),
        };
        let count = !self.page_counted;
        let plan = Plan {
            query,
            read: count,
            ..Plan::new(Method::GET, format!("/{}", target.workload.bucket))
        };
        let answer = self.send(plan).await?;
        if count {
            let entry = if after.is_some() {
                "<Key>"
            } else {
                "<CommonPrefixes>"
            };
            let got = String::from_utf8_lossy(&answer.body).matches(entry).count();
            if got as u64 != PAGE_KEYS {
                return Err(Failure::Page { got });
            }
            self.page_counted = true;
        }
        Ok(answer.done)
    }

    async fn upload_in_parts(&mut self, key: u64, parts: u16) -> Result<Done, Failure> {
        let target = self.target;
        let started = Instant::now();
        let create = Plan {
            query: "uploads=".to_owned(),
            read: true,
            ..Plan::new(Method::POST, target.object(key))
        };
        let created = self.send(create).await?;
        let created = String::from_utf8_lossy(&created.body).into_owned();
        let id = between(&created, "<UploadId>", "</UploadId>").ok_or(Failure::Missing("UploadId"))?;
        let id = utf8_percent_encode(id, QUERY);
        let mut list = String::from("<CompleteMultipartUpload>");
        for number in 1..=parts {
            let part = Plan {
                query: format!("partNumber={number}&uploadId={id}"),
                payload: &target.part_payload,
                body: target.part.upload(),
                sent: target.part.size(),
                ..Plan::new(Method::PUT, target.object(key))
            };
            let headers = self.send(part).await?.headers;
            let etag = headers.get(ETAG).and_then(|etag| etag.to_str().ok());
            let etag = etag.ok_or(Failure::Missing("ETag"))?;
            list.push_str(&format!(
                "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
            ));
        }
        list.push_str("</CompleteMultipartUpload>");
        let payload = hex::encode(Sha256::digest(&list));
        let complete = Plan {
            query: format!("uploadId={id}"),
            payload: &payload,
            sent: list.len() as u64,
            body: Upload::of(Bytes::from(list)),
            read: true,
            ..Plan::new(Method::POST, target.object(key))
        };
        let completed = self.send(complete).await?;
        // It may fail after its 200 was sent (API reference, CompleteMultipartUpload).
        if !String::from_utf8_lossy(&completed.body).contains("<ETag>") {
            return Err(Failure::Missing("ETag"));
        }
        Ok(Done {
            time: started.elapsed(),
            bytes: target.workload.size,
        })
    }

    async fn send(&mut self, plan: Plan<'_>) -> Result<Answer, Failure> {
        let result = timeout(ANSWER_LIMIT, self.exchange(plan))
            .await
            .unwrap_or(Err(Failure::Timeout));
        if result
            .as_ref()
            .is_err_and(|failure| !matches!(failure, Failure::Status { .. }))
        {
            // Nobody knows what is still on its way on that connection.
            self.sender = None;
        }
        result
    }

    async fn exchange(&mut self, plan: Plan<'_>) -> Result<Answer, Failure> {
        let (expected, sent, read) = (plan.expected, plan.sent, plan.read);
        let request = self.request(plan)?;
        let mut sender = match self.sender.take() {
            Some(sender) if !sender.is_closed() => sender,
            _ => self.target.connect().await?,
        };
        sender.ready().await?;
        let started = Instant::now();
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let kept_max = match (status.is_success(), read) {
            (false, _) => ERROR_BYTES_MAX,
            (true, true) => ANSWER_BYTES_MAX,
            (true, false) => 0,
        };
        let (parts, mut body) = answer.into_parts();
        let (mut received, mut kept) = (0, Vec::new());
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame?.into_data() {
                received += data.len() as u64;
                if kept.len() < kept_max {
                    kept.extend_from_slice(&data);
                }
            }
        }
        let time = started.elapsed();
        self.sender = Some(sender);
        if !status.is_success() {
            let body = String::from_utf8_lossy(&kept).into_owned();
            return Err(Failure::Status { status, body });
        }
        match expected {
            Some(expected) if expected != received => Err(Failure::Length {
                got: received,
                expected,
            }),
            _ => Ok(Answer {
                done: Done {
                    time,
                    bytes: sent + expected.unwrap_or(0),
                },
                headers: parts.headers,
                body: kept,
            }),
        }
    }

    fn request(&mut self, plan: Plan<'_>) -> Result<Request<Upload>, Failure> {
        let now = SystemClock.now();
        let signed = self
            .signatures
            .sign(now, plan.method.as_str(), &plan.path, &plan.query, plan.payload);
        let target = match plan.query.is_empty() {
            true => plan.path,
            false => format!("{}?{}", plan.path, plan.query),
        };
        // hyper announces no length for a body of none, and S3 wants one with every upload (facts/06 §12).
        let announce = matches!(plan.method, Method::PUT | Method::POST) && plan.sent == 0;
        let mut request = Request::builder()
            .method(plan.method)
            .uri(target)
            .header(HOST, &self.target.authority)
            .header("x-amz-content-sha256", plan.payload)
            .header("x-amz-date", signed.date)
            .header(AUTHORIZATION, signed.authorization);
        if announce {
            request = request.header(CONTENT_LENGTH, "0");
        }
        if let Some(range) = plan.range {
            request = request.header(RANGE, range);
        }
        Ok(request.body(plan.body)?)
    }
}

impl Plan<'_> {
    fn new(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            query: String::new(),
            payload: EMPTY,
            body: Upload::empty(),
            range: None,
            expected: None,
            sent: 0,
            read: false,
        }
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once(end)?.0)
}

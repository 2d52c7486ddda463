//! One connection: signs and sends a request, reads the whole answer, measures the time between.

use std::time::{Duration, Instant};

use cairn_types::{Clock as _, SecretAccessKey, SystemClock};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::body::{Content, Upload};
use crate::options::{Options, Payload};
use crate::run::Problem;
use crate::signature::Signatures;
use crate::workload::Operation;

/// Longest wait for an answer's end. A server that takes longer is broken, not slow.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);
/// Bytes of an error's body that are kept to be shown.
const ERROR_BYTES_MAX: usize = 4096;
/// SHA-256 of nothing: what requests without a body sign.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// Where and how to send, the same for all connections.
pub(crate) struct Target {
    authority: String,
    bucket: String,
    prefix: String,
    page: u16,
    access_key: String,
    secret: SecretAccessKey,
    region: String,
    content: Content,
    size: u64,
    /// `x-amz-content-sha256` of uploads.
    payload: String,
}

impl Target {
    pub(crate) fn new(options: &Options) -> Result<Self, Problem> {
        let authority = options
            .endpoint
            .strip_prefix("http://")
            .map(|rest| rest.trim_end_matches('/'));
        let authority = authority.filter(|rest| !rest.is_empty() && !rest.contains('/'));
        let authority = authority.ok_or_else(|| Problem::Endpoint(options.endpoint.clone()))?;
        let content = Content::new(options.size.0);
        let payload = match options.payload {
            Payload::Signed => content.sha256(),
            Payload::Unsigned => "UNSIGNED-PAYLOAD".to_owned(),
        };
        Ok(Self {
            authority: authority.to_owned(),
            bucket: options.bucket.clone(),
            prefix: options.prefix.clone(),
            page: options.page,
            access_key: options.access_key.clone(),
            secret: SecretAccessKey::parse(&options.secret_key).map_err(|_| Problem::Secret)?,
            region: options.region.clone(),
            content,
            size: options.size.0,
            payload,
        })
    }

    fn key(&self, number: u64) -> String {
        format!("{}{number:08}", self.prefix)
    }

    /// Opens a connection and keeps it served.
    async fn connect(&self) -> Result<SendRequest<Upload>, Failure> {
        let with_port = if self
            .authority
            .rsplit(':')
            .next()
            .is_some_and(|port| port.parse::<u16>().is_ok())
        {
            self.authority.clone()
        } else {
            format!("{}:80", self.authority)
        };
        let stream = TcpStream::connect(with_port).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends when the sender is dropped or the server closes; the sender is told why.
        tokio::spawn(async {
            let _ = connection.await;
        });
        Ok(sender)
    }
}

/// What one request came to.
pub(crate) struct Done {
    pub(crate) time: Duration,
    /// Bytes of objects sent or received.
    pub(crate) bytes: u64,
}

/// Why a request failed.
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
}

/// One connection, opened again when it breaks.
pub(crate) struct Client<'a> {
    target: &'a Target,
    signatures: Signatures,
    sender: Option<SendRequest<Upload>>,
}

struct Plan<'a> {
    method: Method,
    path: String,
    query: String,
    payload: &'a str,
    body: Upload,
    /// Bytes the answer's body must have, where that is known.
    expected: Option<u64>,
    sent: u64,
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
        }
    }

    /// Makes the bucket; one that is there already is as good.
    pub(crate) async fn create_bucket(&mut self) -> Result<(), Failure> {
        let plan = self.plan(Method::PUT, format!("/{}", self.target.bucket));
        match self.send(plan).await {
            Ok(_) => Ok(()),
            Err(Failure::Status {
                status: StatusCode::CONFLICT,
                ..
            }) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// Does one operation.
    pub(crate) async fn perform(&mut self, operation: &Operation) -> Result<Done, Failure> {
        let target = self.target;
        let object = |key: u64| {
            format!(
                "/{}/{}",
                target.bucket,
                utf8_percent_encode(&target.key(key), PATH)
            )
        };
        let plan = match *operation {
            Operation::Put { key } => Plan {
                payload: &target.payload,
                body: target.content.upload(),
                sent: target.size,
                ..self.plan(Method::PUT, object(key))
            },
            Operation::Get { key } => Plan {
                expected: Some(target.size),
                ..self.plan(Method::GET, object(key))
            },
            Operation::Head { key } => self.plan(Method::HEAD, object(key)),
            Operation::Delete { key } => self.plan(Method::DELETE, object(key)),
            Operation::List { after } => {
                let (prefix, after) = (&target.prefix, target.key(after));
                let query = format!(
                    "list-type=2&max-keys={}&prefix={}&start-after={}",
                    target.page,
                    utf8_percent_encode(prefix, QUERY),
                    utf8_percent_encode(&after, QUERY)
                );
                Plan {
                    query,
                    ..self.plan(Method::GET, format!("/{}", target.bucket))
                }
            }
        };
        self.send(plan).await
    }

    fn plan(&self, method: Method, path: String) -> Plan<'a> {
        Plan {
            method,
            path,
            query: String::new(),
            payload: EMPTY,
            body: Upload::empty(),
            expected: None,
            sent: 0,
        }
    }

    async fn send(&mut self, plan: Plan<'_>) -> Result<Done, Failure> {
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

    async fn exchange(&mut self, plan: Plan<'_>) -> Result<Done, Failure> {
        let (expected, sent) = (plan.expected, plan.sent);
        let request = self.request(plan)?;
        let mut sender = match self.sender.take() {
            Some(sender) if !sender.is_closed() => sender,
            _ => self.target.connect().await?,
        };
        sender.ready().await?;
        let started = Instant::now();
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let mut body = answer.into_body();
        let (mut received, mut kept) = (0, Vec::new());
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame?.into_data() {
                received += data.len() as u64;
                if !status.is_success() && kept.len() < ERROR_BYTES_MAX {
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
            _ => Ok(Done {
                time,
                bytes: sent + expected.unwrap_or(0),
            }),
        }
    }

    fn request(&mut self, plan: Plan<'_>) -> Result<Request<Upload>, Failure> {
        let now = SystemClock.now();
        let signed = self
            .signatures
            .sign(now, plan.method.as_str(), &plan.path, &plan.query, plan.payload);
        let target = if plan.query.is_empty() {
            plan.path
        } else {
            format!("{}?{}", plan.path, plan.query)
        };
        // hyper announces no length for a body of none, and S3 wants one with every PUT (facts/06 §12).
        let length = (plan.method == Method::PUT && plan.sent == 0).then_some((CONTENT_LENGTH, "0"));
        let request = Request::builder()
            .method(plan.method)
            .uri(target)
            .header(HOST, &self.target.authority)
            .header("x-amz-content-sha256", plan.payload)
            .header("x-amz-date", signed.date)
            .header(AUTHORIZATION, signed.authorization);
        let request = match length {
            Some((name, value)) => request.header(name, value),
            None => request,
        };
        Ok(request.body(plan.body)?)
    }
}

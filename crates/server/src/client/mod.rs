//! How commands ask a running server: one request over HTTP/1.1, signed or not, one connection each.
//!
//! `key` finds the access key, [`Endpoint`] is where the server is, [`Signing`] signs. Bounded like everything
//! that reads from a network: [`CONNECT_TIMEOUT`], [`ANSWER_TIMEOUT`], [`ANSWER_BYTES_MAX`]. Nothing is tried
//! again and no redirect is followed: a person is there to do that, and a redirect is what they want to see.
//!
//! TLS is not spoken: on the server's own machine there is a listener without it, or the aws CLI.

mod documents;
mod key;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use cairn_protocol::auth::Payload;
use cairn_protocol::auth::sign::Signer;
use cairn_types::{Clock as _, SystemClock};
use clap::Args;
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) use self::documents::{Client, JsonService};
pub(crate) use self::key::Key;
use crate::failure::{Code, Failure};

/// Longest wait for a connection.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for an answer, from the request to its last byte.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest answer in bytes that is read: a CORS configuration of 64 KiB, escaped at its worst, fits.
pub(crate) const ANSWER_BYTES_MAX: usize = 512 * 1024;
/// Most characters shown of a text the server sent.
const SHOWN_CHARS_MAX: usize = 500;

/// Where the server is, and with which key it is asked: the same flags for every command.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServerArguments {
    /// Where the server is: http://, its address and its port.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        default_value = "http://127.0.0.1:9000"
    )]
    pub(crate) endpoint: String,
    /// The server's data directory, whose root-credentials are used unless a key is in the environment.
    ///
    /// A key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY comes first, then one in CAIRN_ROOT_ACCESS_KEY_ID and
    /// CAIRN_ROOT_SECRET_ACCESS_KEY, then the data directory's.
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "CAIRN_DATA_DIR",
        hide_env_values = true,
        default_value = "./cairn-data"
    )]
    pub(crate) data_dir: PathBuf,
}

impl ServerArguments {
    /// The key to sign with.
    ///
    /// # Errors
    /// Of [`Key::find`].
    pub(crate) fn key(&self) -> Result<Key, Failure> {
        Key::find(&|name| std::env::var(name).ok(), &self.data_dir)
    }
}

/// The server's address, as the URL of it says.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    authority: Authority,
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Endpoint {
    /// Reads the URL; `with_tls` tells who does the same over TLS.
    ///
    /// # Errors
    /// Not the URL of a server without TLS.
    pub(crate) fn parse(endpoint: &str, with_tls: &str) -> Result<Self, Failure> {
        let wrong = |what: &str| {
            Failure::usage(format!(
                "--endpoint {endpoint}: {what}; give the server's address like http://127.0.0.1:9000"
            ))
        };
        let uri: Uri = endpoint.parse().map_err(|_| wrong("not a URL"))?;
        if uri.scheme() == Some(&Scheme::HTTPS) {
            return Err(wrong(&format!("this command does not speak TLS ({with_tls})")));
        }
        if uri.scheme() != Some(&Scheme::HTTP) {
            return Err(wrong("not a http:// URL"));
        }
        if uri.path_and_query().is_some_and(|target| target.as_str() != "/") {
            return Err(wrong("there is a path in it"));
        }
        let authority = uri
            .authority()
            .filter(|authority| !authority.as_str().contains('@'));
        Ok(Self {
            authority: authority
                .cloned()
                .ok_or_else(|| wrong("there is no host in it"))?,
        })
    }

    /// Host and port, as the `Host` header has them.
    pub(crate) fn authority(&self) -> &str {
        self.authority.as_str()
    }

    /// The host without the brackets that an IPv6 address has in a URL.
    fn host(&self) -> &str {
        self.authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']')
    }

    /// A failure of the server's, which it names.
    pub(crate) fn failed(&self, what: &str) -> Failure {
        let server = &self.authority;
        Failure::new(Code::Server, format!("the server at http://{server}: {what}"))
    }

    /// Sends the request, whose target is a path, and reads the answer.
    ///
    /// # Errors
    /// [`Code::Server`]: the server cannot be reached, or answers nothing that can be read in time.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, Failure> {
        let connecting = TcpStream::connect((self.host(), self.authority.port_u16().unwrap_or(80)));
        let stream = match timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                return Err(self.failed(&format!("{error}; is it running? Name another with --endpoint")));
            }
            Err(_) => return Err(self.failed("no connection in time")),
        };
        match timeout(ANSWER_TIMEOUT, exchange(stream, request)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(what)) => Err(self.failed(&what)),
            Err(_) => Err(self.failed("no answer in time")),
        }
    }
}

/// Who asks, and for what the requests are signed.
#[derive(Debug)]
pub(crate) struct Signing {
    signer: Signer,
    key_origin: String,
}

impl Signing {
    /// Signs with this key for a region and a service.
    pub(crate) fn new(key: Key, region: &str, service: &str) -> Self {
        Self {
            signer: Signer {
                access_key_id: key.id,
                secret: key.secret,
                session_token: key.session_token,
                region: region.to_owned(),
                service: service.to_owned(),
            },
            key_origin: key.origin,
        }
    }

    /// The request, which has its `Host` and any header to be signed, with its signature and this body.
    ///
    /// # Errors
    /// [`Code::Usage`]: a credential that no header can carry.
    pub(crate) fn sign(&self, request: Request<()>, body: Bytes) -> Result<Request<Full<Bytes>>, Failure> {
        let (mut parts, ()) = request.into_parts();
        self.signer
            .header_v4(&mut parts, &Payload::of(&body), SystemClock.now())
            .map_err(|error| Failure::usage(format!("the access key of {}: {error}", self.key_origin)))?;
        Ok(Request::from_parts(parts, Full::new(body)))
    }

    /// For a person who was refused: which key it was.
    pub(crate) fn told(&self) -> String {
        format!(
            "the access key {} is from {}",
            self.signer.access_key_id, self.key_origin
        )
    }
}

/// What a server sent, for a terminal: one line, bounded.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .filter(|char| !char.is_control())
        .take(SHOWN_CHARS_MAX)
        .collect()
}

/// Runs what a command asks.
///
/// # Errors
/// Its own, or that nothing can be run.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Code::Internal, format!("cannot start: {error}")))?;
    runtime.block_on(work)
}

async fn exchange(stream: TcpStream, request: Request<Full<Bytes>>) -> Result<Answer, String> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let receive = async {
        let answer = sender
            .send_request(request)
            .await
            .map_err(|error| error.to_string())?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| format!("the answer cannot be read: {error}"))?;
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes(),
        })
    };
    let mut connection = std::pin::pin!(connection);
    let mut receive = std::pin::pin!(receive);
    tokio::select! {
        received = &mut receive => received,
        ended = &mut connection => match ended {
            // The answer may be whole although the connection has ended.
            Ok(()) => receive.await,
            Err(error) => Err(error.to_string()),
        },
    }
}

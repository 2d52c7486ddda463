//! One signed request to the Account API, and its answer.
//!
//! Bounded like everything that reads from a network: [`CONNECT_TIMEOUT`], [`ANSWER_TIMEOUT`],
//! [`ANSWER_BYTES_MAX`]. Nothing is tried again: a person is there to do that.

use std::time::Duration;

use bytes::Bytes;
use cairn_protocol::auth::Payload;
use cairn_protocol::auth::sign::Signer;
use cairn_types::{Clock as _, RegionName, SystemClock};
use http::uri::{Authority, Scheme};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::key::Key;
use crate::failure::{Code, Failure};

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for an answer, from the request to its last byte.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest answer in bytes that is read: a page of 50 regions has about 4 KiB.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Most characters shown of a message the server sent.
const MESSAGE_CHARS_MAX: usize = 500;

/// The server, and who speaks to it.
#[derive(Debug)]
pub(super) struct Client {
    authority: Authority,
    signer: Signer,
    key_origin: String,
}

impl Client {
    /// For the server at `endpoint`.
    ///
    /// # Errors
    /// Not the URL of a server without TLS.
    pub(super) fn new(endpoint: &str, key: Key) -> Result<Self, Failure> {
        let wrong = |what: &str| {
            Failure::usage(format!(
                "--endpoint {endpoint}: {what}; give the server's address like http://127.0.0.1:9000"
            ))
        };
        let uri: Uri = endpoint.parse().map_err(|_| wrong("not a URL"))?;
        if uri.scheme() == Some(&Scheme::HTTPS) {
            return Err(wrong(
                "`cairn region` does not speak TLS (the aws CLI does: aws account list-regions --endpoint-url …)",
            ));
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
            signer: Signer {
                access_key_id: key.id,
                secret: key.secret,
                session_token: key.session_token,
                // What Amazon's own clients sign the Account API for, whatever regions the server has.
                region: RegionName::US_EAST_1.to_owned(),
                service: "account".to_owned(),
            },
            key_origin: key.origin,
        })
    }

    /// Sends a document, and gives the one that is answered.
    ///
    /// # Errors
    /// [`Code::Server`]: the server cannot be reached, or refuses.
    pub(super) async fn post(&self, path: &str, input: &Value) -> Result<Value, Failure> {
        let failed = |what: &str| {
            let server = &self.authority;
            Failure::new(Code::Server, format!("the server at http://{server}: {what}"))
        };
        let request = self.request(path, input)?;
        let connecting = TcpStream::connect((self.host(), self.authority.port_u16().unwrap_or(80)));
        let stream = match timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                return Err(failed(&format!(
                    "{error}; is it running? Name another with --endpoint"
                )));
            }
            Err(_) => return Err(failed("no connection in time")),
        };
        match timeout(ANSWER_TIMEOUT, exchange(stream, request)).await {
            Ok(Ok((status, body))) => self.read(status, &body).map_err(|what| failed(&what)),
            Ok(Err(what)) => Err(failed(&what)),
            Err(_) => Err(failed("no answer in time")),
        }
    }

    /// The host without the brackets that an IPv6 address has in a URL.
    fn host(&self) -> &str {
        self.authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']')
    }

    fn request(&self, path: &str, input: &Value) -> Result<Request<Full<Bytes>>, Failure> {
        let internal = |what: &dyn std::fmt::Display| Failure::new(Code::Internal, what);
        let body = Bytes::from(input.to_string());
        let request = Request::post(path)
            .header("host", self.authority.as_str())
            .header("content-type", "application/json")
            .body(Full::new(body.clone()))
            .map_err(|error| internal(&error))?;
        let (mut parts, full) = request.into_parts();
        self.signer
            .header_v4(&mut parts, &Payload::of(&body), SystemClock.now())
            .map_err(|error| Failure::usage(format!("the access key of {}: {error}", self.key_origin)))?;
        Ok(Request::from_parts(parts, full))
    }

    /// The answer's document, or what a refusal says.
    fn read(&self, status: StatusCode, body: &[u8]) -> Result<Value, String> {
        let document: Option<Value> = serde_json::from_slice(body).ok();
        let Some(document) = document.filter(Value::is_object) else {
            return Err(format!(
                "{status}, and no document of the Account API; give an address of Cairn's itself as --endpoint, not a \
                 bucket's, S3's or the admin listener's name"
            ));
        };
        if status.is_success() {
            return Ok(document);
        }
        let message = document["message"].as_str().unwrap_or("no reason given");
        // What a server sends goes to a terminal.
        let message: String = message
            .chars()
            .filter(|char| !char.is_control())
            .take(MESSAGE_CHARS_MAX)
            .collect();
        let hint = match status {
            StatusCode::FORBIDDEN => format!(
                " (the access key {} is from {})",
                self.signer.access_key_id, self.key_origin
            ),
            _ => String::new(),
        };
        Err(format!("{message}{hint}"))
    }
}

async fn exchange(stream: TcpStream, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), String> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let receive = async {
        let answer = sender
            .send_request(request)
            .await
            .map_err(|error| error.to_string())?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| format!("the answer cannot be read: {error}"))?;
        Ok((status, body.to_bytes()))
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

#[cfg(test)]
mod tests;

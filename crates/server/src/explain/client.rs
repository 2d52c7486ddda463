//! Asks the admin listener of a running server, in the least HTTP that does it.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use cairn_api::AccessQuestion;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::answer::{MARK, PREFIX};
use super::cors::Cors;
use super::explainer::Route;
use crate::failure::{Code, Failure};

/// Longest wait for a connection: a server on this machine or beside it answers at once or never.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest pause of an answer: it may read all of the journal.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest answer, in bytes: a CORS configuration of 64 KiB comes back several times, with what each origin
/// lacks.
pub(super) const ANSWER_BYTES_MAX: u64 = 8 << 20;

/// What a value of the query is encoded in; what is left as it is means nothing there.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'/')
    .remove(b':')
    .remove(b'_');

/// What is asked.
pub(super) enum Asked<'a> {
    /// Of a request in the journal, by its id.
    Recorded(&'a str),
    /// Of a request not yet made.
    Route(&'a Route),
    /// Of CORS for one not yet made.
    Cors(&'a Cors),
    /// Of what policies say of one not yet made.
    Access(&'a AccessQuestion),
}

impl Asked<'_> {
    pub(super) fn target(&self, json: bool) -> String {
        let form = if json { "json" } else { "text" };
        match self {
            Self::Recorded(id) => format!("{PREFIX}{id}?form={form}"),
            Self::Route(route) => {
                let mut values = vec![
                    ("method", route.method.as_str()),
                    ("host", &route.host),
                    ("path", &route.target),
                ];
                values.extend(route.tls.then_some(("tls", "true")));
                values.extend(
                    route
                        .signing_region
                        .as_deref()
                        .map(|name| ("signing_region", name)),
                );
                values.extend(route.arrived.as_deref().map(|name| ("arrived", name)));
                with(&format!("{PREFIX}route?form={form}"), &values)
            }
            Self::Cors(cors) => {
                let mut values = vec![
                    ("bucket", cors.bucket.as_str()),
                    ("origin", &cors.origin),
                    ("method", &cors.method),
                    ("path", &cors.path),
                ];
                values.extend(cors.headers.as_deref().map(|names| ("headers", names)));
                values.extend(cors.credentials.then_some(("credentials", "true")));
                values.extend(cors.reads.as_deref().map(|names| ("reads", names)));
                with(&format!("{PREFIX}cors?form={form}"), &values)
            }
            Self::Access(question) => {
                let mut values = vec![
                    ("principal", question.principal.as_str()),
                    ("action", &question.action),
                    ("resource", &question.resource),
                ];
                let optional = [
                    ("session_name", &question.session_name),
                    ("made_by", &question.made_by),
                    ("session_policy", &question.session_policy),
                ];
                values.extend(
                    optional
                        .into_iter()
                        .filter_map(|(name, value)| Some((name, value.as_deref()?))),
                );
                let pairs: Vec<String> = question
                    .context
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                values.extend(pairs.iter().map(|pair| ("context", pair.as_str())));
                with(&format!("{PREFIX}access?form={form}"), &values)
            }
        }
    }
}

/// A target that has a query, and these values in it.
fn with(target: &str, values: &[(&str, &str)]) -> String {
    let mut target = target.to_owned();
    for (name, value) in values {
        target.push_str(&format!("&{name}={}", utf8_percent_encode(value, VALUE)));
    }
    target
}

/// The answer's text. `Ok(Err(…))` where no server is there to ask, with the words for it.
pub(super) fn ask(url: &str, asked: &Asked<'_>, json: bool) -> Result<Result<String, String>, Failure> {
    if url.is_empty() {
        return Ok(Err("the admin listener is off".to_owned()));
    }
    let wrong = || {
        Failure::usage(format!(
            "--admin {url}: it is a URL such as http://127.0.0.1:9001"
        ))
    };
    let place = url.strip_prefix("http://").ok_or_else(wrong)?;
    let place = place.strip_suffix('/').unwrap_or(place);
    let addresses: Vec<SocketAddr> = place.to_socket_addrs().map_err(|_| wrong())?.collect();
    let connected = addresses.iter().find_map(|address| {
        Some((
            TcpStream::connect_timeout(address, CONNECT_TIMEOUT).ok()?,
            *address,
        ))
    });
    let Some((stream, address)) = connected else {
        return Ok(Err(format!("no server answers at {url}")));
    };
    let broken = |error: io::Error| Failure::new(Code::Server, format!("{url}: {error}"));
    let Some((status, body)) = exchange(&stream, address, &asked.target(json)).map_err(broken)? else {
        return Err(Failure::new(
            Code::Server,
            format!("{url}: that is not the admin listener of a Cairn that explains"),
        ));
    };
    let said = String::from_utf8_lossy(&body).into_owned();
    match status {
        200 => Ok(Ok(said)),
        404 => Err(Failure::new(Code::NotKnown, said)),
        400 => Err(Failure::usage(said)),
        503 => Ok(Err(format!("the server at {url} is starting"))),
        _ => Err(Failure::new(Code::Server, format!("{url}: {status} {said}"))),
    }
}

/// One request, and the answer's status and body; None where it is not of this kind of listener. The host is
/// the address connected to, which the listener knows for no web page's name.
fn exchange(mut stream: &TcpStream, address: SocketAddr, target: &str) -> io::Result<Option<(u16, Vec<u8>)>> {
    stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    stream.set_write_timeout(Some(ANSWER_TIMEOUT))?;
    // HTTP/1.0: the answer is not chunked, and the connection ends with it.
    stream.write_all(format!("GET {target} HTTP/1.0\r\nhost: {address}\r\n\r\n").as_bytes())?;
    let mut reader = BufReader::new(stream.take(ANSWER_BYTES_MAX));
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("it does not speak HTTP"))?;
    let mut marked = false;
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 || line.trim_end().is_empty() {
            break;
        }
        marked |= line
            .split_once(':')
            .is_some_and(|(name, _)| name.eq_ignore_ascii_case(MARK));
    }
    if !marked {
        return Ok(None);
    }
    let mut body = Vec::new();
    reader.read_to_end(&mut body)?;
    if reader.get_ref().limit() == 0 {
        let larger = format!("the answer is larger than {ANSWER_BYTES_MAX} bytes");
        return Err(io::Error::other(larger));
    }
    Ok(Some((status, body)))
}

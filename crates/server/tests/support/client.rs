//! A blocking HTTP/1.1 client that signs: small enough to know exactly what it sends.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use cairn_protocol::auth::Payload;
use cairn_protocol::auth::sign::Signer;
use cairn_types::{Clock as _, SecretAccessKey, SystemClock};
use http::Request;

/// No answer takes longer.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The texts of all elements of that name, in order. Good for the simple documents of the tests only.
    pub(crate) fn elements(&self, name: &str) -> Vec<String> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        self.text()
            .split(&open)
            .skip(1)
            .filter_map(|rest| rest.split_once(&close).map(|(text, _)| text.to_owned()))
            .collect()
    }
}

/// One connection at a time, opened when needed. An error leaves the outcome of the request unknown.
pub(crate) struct Client {
    address: SocketAddr,
    signer: Signer,
    stream: Option<BufReader<TcpStream>>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr, keys: (String, String)) -> Self {
        Self::of_region(address, keys, "us-east-1")
    }

    /// Signs for this region.
    pub(crate) fn of_region(address: SocketAddr, (id, secret): (String, String), region: &str) -> Self {
        let signer = Signer::new(&id, SecretAccessKey::parse(&secret).unwrap(), region);
        Self {
            address,
            signer,
            stream: None,
        }
    }

    /// Sends a signed request to `target` (path and query, encoded) and reads its answer.
    pub(crate) fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let head = self.head(method, target, headers, body.len());
        self.exchange(&head, body)
    }

    /// The head of a signed request whose body is not signed.
    pub(crate) fn head(&self, method: &str, target: &str, headers: &[(&str, &str)], length: usize) -> String {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{target}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        self.signer
            .header_v4(&mut parts, &Payload::Unsigned, SystemClock.now())
            .unwrap();
        let mut head = format!("{method} {target} HTTP/1.1\r\n");
        for (name, value) in &parts.headers {
            head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
        }
        head.push_str(&format!("content-length: {length}\r\n\r\n"));
        head
    }

    fn exchange(&mut self, head: &str, body: &[u8]) -> io::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(ANSWER_LIMIT))?;
                stream.set_write_timeout(Some(ANSWER_LIMIT))?;
                BufReader::new(stream)
            }
        };
        stream.get_mut().write_all(head.as_bytes())?;
        stream.get_mut().write_all(body)?;
        let no_body = head.starts_with("HEAD ");
        let (answer, reusable) = read_answer(&mut stream, no_body)?;
        if reusable {
            self.stream = Some(stream);
        }
        Ok(answer)
    }
}

/// One unsigned GET on a connection of its own.
pub(crate) fn get(address: SocketAddr, target: &str) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    write!(
        stream,
        "GET {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    )?;
    Ok(read_answer(&mut BufReader::new(stream), false)?.0)
}

/// Reads one answer; says whether the connection can be used again.
pub(crate) fn read_answer(
    stream: &mut BufReader<impl io::Read>,
    no_body: bool,
) -> io::Result<(Answer, bool)> {
    let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut status_line = String::new();
    if stream.read_line(&mut status_line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let status = status_line
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| bad(&status_line))?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim_end().split_once(':') {
            None if line.trim_end().is_empty() => break,
            None => return Err(bad(&line)),
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
        }
    }
    let mut answer = Answer {
        status,
        headers,
        body: Vec::new(),
    };
    let close = answer
        .header("connection")
        .is_some_and(|value| value.eq_ignore_ascii_case("close"));
    if no_body || matches!(status, 204 | 304) {
        return Ok((answer, !close));
    }
    if answer.header("transfer-encoding") == Some("chunked") {
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            let size = usize::from_str_radix(line.trim_end(), 16).map_err(|_| bad(&line))?;
            let mut chunk = vec![0; size + 2];
            stream.read_exact(&mut chunk)?;
            answer.body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                return Ok((answer, !close));
            }
        }
    }
    match answer
        .header("content-length")
        .map(|length| length.parse::<usize>())
    {
        Some(Ok(length)) => {
            answer.body = vec![0; length];
            stream.read_exact(&mut answer.body)?;
            Ok((answer, !close))
        }
        _ => {
            stream.read_to_end(&mut answer.body)?;
            Ok((answer, false))
        }
    }
}

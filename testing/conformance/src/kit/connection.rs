//! One TCP connection, and the answers that come back on it.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use super::Answer;

/// Longest wait for the next byte of an answer. Longer than the server's own body timeout must not be
/// needed anywhere.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// Largest head of an answer, in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Largest body of an answer, in bytes.
const BODY_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A connection to the server under test.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    #[track_caller]
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server takes connections");
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(ANSWER_LIMIT)).unwrap();
        stream.set_write_timeout(Some(ANSWER_LIMIT)).unwrap();
        Self {
            stream: BufReader::new(stream),
        }
    }

    /// Sends bytes as they are. A server may refuse and close before it has read all of them: then its
    /// answer tells, not the broken pipe.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let _ = self.stream.get_mut().write_all(bytes.as_ref());
        self
    }

    /// Says that nothing more will be sent, and stays to hear the answer.
    pub(crate) fn finish_sending(&mut self) -> &mut Self {
        let _ = self.stream.get_ref().shutdown(Shutdown::Write);
        self
    }

    /// The answer to a request of any method but HEAD; also an interim answer.
    #[track_caller]
    pub(crate) fn answer(&mut self) -> Answer {
        self.answer_to("GET")
    }

    /// The next answer, its body delimited as RFC 9112 §6.3 says for this request method.
    #[track_caller]
    pub(crate) fn answer_to(&mut self, method: &str) -> Answer {
        let mut answer = Answer::from_head(method, &self.head());
        let bodiless = method == "HEAD" || answer.status < 200 || matches!(answer.status, 204 | 304);
        if !bodiless {
            answer.body = self.body(&answer);
        }
        answer
    }

    #[track_caller]
    fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let read = self.stream.read_until(b'\n', &mut head);
            match read {
                Ok(0) => panic!(
                    "the connection ended instead of an answer: {:?}",
                    String::from_utf8_lossy(&head)
                ),
                Ok(_) => assert!(head.len() < HEAD_BYTES_MAX, "the answer's head has no end"),
                Err(error) => panic!("no answer: {error}; so far {:?}", String::from_utf8_lossy(&head)),
            }
        }
        String::from_utf8(head).expect("an answer's head is UTF-8")
    }

    #[track_caller]
    fn body(&mut self, answer: &Answer) -> Vec<u8> {
        let mut body = Vec::new();
        if answer.header("transfer-encoding") == Some("chunked") {
            assert_eq!(answer.header("content-length"), None, "RFC 9112 §6.2: not both");
            loop {
                let size = self.line();
                let size = usize::from_str_radix(size.split(';').next().unwrap(), 16).expect("a chunk size");
                let start = body.len();
                body.resize(start + size, 0);
                self.stream.read_exact(&mut body[start..]).expect("a whole chunk");
                assert_eq!(self.line(), "");
                if size == 0 {
                    return body;
                }
            }
        }
        match answer.header("content-length") {
            Some(length) => {
                let length: u64 = length.parse().expect("a length");
                assert!(length <= BODY_BYTES_MAX, "a body of {length} bytes");
                let read = (&mut self.stream).take(length).read_to_end(&mut body);
                assert_eq!(read.expect("a whole body") as u64, length, "the body ended early");
            }
            None => {
                (&mut self.stream)
                    .take(BODY_BYTES_MAX)
                    .read_to_end(&mut body)
                    .expect("a body until the end");
            }
        }
        body
    }

    #[track_caller]
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("a line");
        line.trim_end_matches("\r\n").to_owned()
    }

    /// Whether the server ends the connection within that time, and sends nothing before.
    pub(crate) fn ends_within(&mut self, limit: Duration) -> bool {
        match self.peek(limit) {
            Ok(bytes) => bytes == 0,
            // A reset is an end as well.
            Err(kind) => kind != ErrorKind::WouldBlock && kind != ErrorKind::TimedOut,
        }
    }

    /// Whether the server sends nothing for that time, and keeps the connection.
    pub(crate) fn is_silent_for(&mut self, time: Duration) -> bool {
        matches!(self.peek(time), Err(ErrorKind::WouldBlock | ErrorKind::TimedOut))
    }

    /// How many bytes still come until the connection ends, however it does.
    pub(crate) fn rest(&mut self) -> usize {
        let mut rest = Vec::new();
        let _ = self.stream.read_to_end(&mut rest);
        rest.len()
    }

    fn peek(&mut self, limit: Duration) -> Result<usize, ErrorKind> {
        self.stream.get_ref().set_read_timeout(Some(limit)).unwrap();
        let peeked = self
            .stream
            .fill_buf()
            .map(<[u8]>::len)
            .map_err(|error| error.kind());
        self.stream
            .get_ref()
            .set_read_timeout(Some(ANSWER_LIMIT))
            .unwrap();
        peeked
    }
}

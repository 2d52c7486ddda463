//! A request, written down piece by piece and sent as text.
//!
//! Signed with the root keys unless it says otherwise. What is added after [`Request::signed`] is sent but
//! not covered by the signature, which is how tests tamper.

use cairn_types::{Clock as _, SystemClock, Timestamp};

use super::{Answer, Connection, Endpoint, Signer, endpoint, md5_base64};

/// The present moment.
pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

#[derive(Clone, PartialEq)]
enum Auth {
    /// To be signed when it is sent.
    Pending,
    /// Signed by now, or not at all.
    Settled,
}

/// A request of HTTP/1.1.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) endpoint: Endpoint,
    pub(crate) method: String,
    /// As sent, up to `?`.
    pub(crate) path: String,
    /// As sent, after `?`.
    pub(crate) query: Option<String>,
    pub(crate) host: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    length: bool,
    auth: Auth,
}

impl Request {
    /// The target is sent as it is: whoever wants it percent-encoded does so.
    pub(crate) fn new(method: &str, target: &str) -> Self {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        let endpoint = endpoint().clone();
        Self::bare(endpoint, method, path, query)
    }

    fn bare(endpoint: Endpoint, method: &str, path: &str, query: Option<String>) -> Self {
        Self {
            host: endpoint.host.clone(),
            endpoint,
            method: method.to_owned(),
            path: path.to_owned(),
            query,
            headers: Vec::new(),
            body: Vec::new(),
            length: true,
            auth: Auth::Pending,
        }
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// To another server than the one under test. Its own readiness is asked this way too, so the shared
    /// endpoint must not be needed here.
    pub(crate) fn to(endpoint: &Endpoint, method: &str, target: &str) -> Self {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        Self::bare(endpoint.clone(), method, path, query)
    }

    /// Adds `name=value` or `name` to the query, as it is.
    pub(crate) fn query(mut self, pair: &str) -> Self {
        self.query = Some(match self.query {
            Some(query) if !query.is_empty() => format!("{query}&{pair}"),
            _ => pair.to_owned(),
        });
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn headers(self, headers: &[(&str, &str)]) -> Self {
        headers
            .iter()
            .fold(self, |request, (name, value)| request.header(name, value))
    }

    /// Removes a header, or sets it anew.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn replace(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    /// The first value of a header.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        let mut found = self
            .headers
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.as_str())
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.headers
            .retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Replaces text in the value of a header that is there: for tampering.
    #[track_caller]
    pub(crate) fn tamper(mut self, name: &str, from: &str, to: &str) -> Self {
        let header = self
            .headers
            .iter_mut()
            .find(|(other, _)| other.eq_ignore_ascii_case(name));
        let (_, value) = header.expect("the header is there");
        assert!(value.contains(from), "{from} in {value}");
        *value = value.replacen(from, to, 1);
        self
    }

    /// Replaces text in the query: for tampering.
    #[track_caller]
    pub(crate) fn tamper_query(mut self, from: &str, to: &str) -> Self {
        let query = self.query.expect("a query");
        assert!(query.contains(from), "{from} in {query}");
        self.query = Some(query.replacen(from, to, 1));
        self
    }

    pub(crate) fn host(mut self, host: &str) -> Self {
        self.host = host.to_owned();
        self
    }

    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    /// Adds `Content-MD5` of the body.
    pub(crate) fn md5(self) -> Self {
        let md5 = md5_base64(&self.body);
        self.header("content-md5", &md5)
    }

    /// Adds what a browser says of the page: its origin, and in a preflight the method and the names of the headers
    /// of the request to come.
    pub(crate) fn cors(self, origin: Option<&str>, method: Option<&str>, names: Option<&str>) -> Self {
        let said = [
            ("origin", origin),
            ("access-control-request-method", method),
            ("access-control-request-headers", names),
        ];
        said.into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .fold(self, |request, (name, value)| request.header(name, value))
    }

    /// Without the `Content-Length` that is otherwise sent.
    pub(crate) fn no_length(mut self) -> Self {
        self.length = false;
        self
    }

    pub(crate) fn anonymous(mut self) -> Self {
        self.auth = Auth::Settled;
        self
    }

    pub(crate) fn signer(&self) -> Signer {
        Signer::of(&self.endpoint)
    }

    /// Signs what is there so far, in the header.
    pub(crate) fn signed(self) -> Self {
        let signer = self.signer();
        self.signed_by(&signer)
    }

    pub(crate) fn signed_by(mut self, signer: &Signer) -> Self {
        signer.sign(&mut self);
        self.auth = Auth::Settled;
        self
    }

    /// Signs what is there so far, in the query, for so many seconds.
    pub(crate) fn presigned(self, seconds: u64) -> Self {
        let signer = self.signer();
        self.presigned_by(&signer, seconds)
    }

    pub(crate) fn presigned_by(mut self, signer: &Signer, seconds: u64) -> Self {
        signer.presign(&mut self, seconds);
        self.auth = Auth::Settled;
        self
    }

    /// Signature Version 2 in the header.
    pub(crate) fn signed_v2(self) -> Self {
        let signer = self.signer();
        self.signed_v2_by(&signer, None)
    }

    pub(crate) fn signed_v2_by(mut self, signer: &Signer, bucket_in_host: Option<&str>) -> Self {
        signer.sign_v2(&mut self, bucket_in_host);
        self.auth = Auth::Settled;
        self
    }

    /// Signature Version 2 in the query, good until the signer's time.
    pub(crate) fn presigned_v2_by(mut self, signer: &Signer, bucket_in_host: Option<&str>) -> Self {
        signer.presign_v2(&mut self, bucket_in_host);
        self.auth = Auth::Settled;
        self
    }

    /// Signed, and its body in aws-chunked of this mode (the value of `x-amz-content-sha256`). Headers that
    /// the mode needs are added unless they are there.
    pub(crate) fn chunked(mut self, mode: &str, chunks: &[&[u8]], trailers: &[(&str, &str)]) -> Self {
        self.set("x-amz-content-sha256", mode);
        let length: usize = chunks.iter().map(|chunk| chunk.len()).sum();
        let mut needed = vec![("content-encoding", "aws-chunked".to_owned())];
        needed.push(("x-amz-decoded-content-length", length.to_string()));
        if !trailers.is_empty() {
            let names: Vec<&str> = trailers.iter().map(|(name, _)| *name).collect();
            needed.push(("x-amz-trailer", names.join(",")));
        }
        for (name, value) in needed {
            if self.find(name).is_none() {
                self.set(name, &value);
            }
        }
        let signer = self.signer();
        signer.chunk(&mut self, chunks, trailers);
        self.auth = Auth::Settled;
        self
    }

    /// Signed in the header, saying nothing about the body.
    pub(crate) fn unsigned_payload(self) -> Self {
        self.header("x-amz-content-sha256", "UNSIGNED-PAYLOAD").signed()
    }

    fn settled(self) -> Self {
        match self.auth {
            Auth::Pending => self.signed(),
            Auth::Settled => self,
        }
    }

    /// Path and query as they stand in the request line.
    pub(crate) fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// The head as text, signed if it is to be.
    pub(crate) fn head(self) -> String {
        let request = self.settled();
        let mut head = format!(
            "{} {} HTTP/1.1\r\nHost: {}\r\n",
            request.method,
            request.target(),
            request.host
        );
        let says_length = request.headers.iter().any(|(name, _)| {
            name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("transfer-encoding")
        });
        let has_body = !request.body.is_empty() || matches!(request.method.as_str(), "PUT" | "POST");
        if request.length && has_body && !says_length {
            head.push_str(&format!("Content-Length: {}\r\n", request.body.len()));
        }
        for (name, value) in &request.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head + "\r\n"
    }

    /// Sends it on a connection of its own.
    #[track_caller]
    pub(crate) fn send(self) -> Answer {
        let mut connection = Connection::open(self.endpoint.address);
        self.send_on(&mut connection)
    }

    #[track_caller]
    pub(crate) fn send_on(self, connection: &mut Connection) -> Answer {
        let (method, body) = (self.method.clone(), self.body.clone());
        connection.send(self.head()).send(body).answer_to(&method)
    }
}

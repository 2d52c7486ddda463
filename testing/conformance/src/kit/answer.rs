//! An answer, and the questions tests ask of it. The checks return the answer, so that they chain.

use super::Node;

/// What an XML document of S3 begins with (facts/01 §8: a newline, then the root on one line).
const PROLOG: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
/// The namespace of every success document (facts/01 §8).
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// A response as it came over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) version: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    method: String,
}

impl Answer {
    #[track_caller]
    pub(super) fn from_head(method: &str, head: &str) -> Self {
        let mut lines = head.trim_end().split("\r\n");
        let line = lines.next().unwrap();
        let mut words = line.splitn(3, ' ');
        let version = words.next().unwrap().to_owned();
        assert!(version.starts_with("HTTP/1."), "not HTTP: {line:?}");
        let status = words
            .next()
            .and_then(|status| status.parse().ok())
            .expect("a status");
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(':').expect("name: value");
            (name.to_ascii_lowercase(), value.trim().to_owned())
        });
        let headers = headers.collect();
        Self {
            version,
            status,
            headers,
            body: Vec::new(),
            method: method.to_owned(),
        }
    }

    /// The header's value; it must not come twice.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(other, _)| other == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} comes twice in {:?}", self.headers);
        value
    }

    /// The header's value, which must be there.
    #[track_caller]
    pub(crate) fn value(&self, name: &str) -> String {
        let value = self.header(name);
        value.unwrap_or_else(|| panic!("no {name} in {self}")).to_owned()
    }

    #[track_caller]
    pub(crate) fn status(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "\n{self}");
        self
    }

    #[track_caller]
    pub(crate) fn has(&self, name: &str, value: &str) -> &Self {
        assert_eq!(self.header(name), Some(value), "{name} in\n{self}");
        self
    }

    #[track_caller]
    pub(crate) fn lacks(&self, name: &str) -> &Self {
        assert_eq!(self.header(name), None, "{name} in\n{self}");
        self
    }

    /// Exactly these `access-control-*` headers and this `vary`, in the order of their names.
    #[track_caller]
    pub(crate) fn has_cors(&self, headers: &[(&str, &str)]) -> &Self {
        let mut got: Vec<_> = self
            .headers
            .iter()
            .filter(|(name, _)| name.starts_with("access-control-") || name == "vary")
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        got.sort_unstable();
        assert_eq!(got, headers, "\n{self}");
        self
    }

    /// Neither CORS headers nor `vary`.
    #[track_caller]
    pub(crate) fn no_cors(&self) -> &Self {
        self.has_cors(&[])
    }

    #[track_caller]
    pub(crate) fn is(&self, body: impl AsRef<[u8]>) -> &Self {
        let (got, expected) = (&self.body, body.as_ref());
        if got != expected {
            let (got, expected) = (String::from_utf8_lossy(got), String::from_utf8_lossy(expected));
            let cut = |text: &str| text.chars().take(400).collect::<String>();
            panic!(
                "body of {} bytes {:?}, expected {} bytes {:?}",
                got.len(),
                cut(&got),
                expected.len(),
                cut(&expected)
            );
        }
        self
    }

    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body in UTF-8")
    }

    /// The body of a success as a document with this root, in S3's namespace.
    #[track_caller]
    pub(crate) fn document(&self, root: &str) -> Node {
        self.status(200);
        self.has("content-type", "application/xml");
        let node = self.xml();
        assert_eq!(node.name, root, "\n{self}");
        assert_eq!(node.namespace.as_deref(), Some(NAMESPACE), "\n{self}");
        node
    }

    #[track_caller]
    pub(crate) fn xml(&self) -> Node {
        let root = self.text().strip_prefix(PROLOG);
        Node::parse(root.unwrap_or_else(|| panic!("no prolog in {self}")))
    }

    /// A refusal, whole: status, document, children in order, ids equal to the headers' (facts/06 §1,
    /// facts/01 §8). A detail `*` may have any text.
    #[track_caller]
    pub(crate) fn error(&self, status: u16, code: &str, message: &str, details: &[(&str, &str)]) -> &Self {
        self.status(status);
        if self.method == "HEAD" {
            return self.bare(status);
        }
        self.has("content-type", "application/xml");
        let error = self.xml();
        assert_eq!(
            (error.name.as_str(), &error.namespace),
            ("Error", &None),
            "\n{self}"
        );
        let (id, id2) = (self.value("x-amz-request-id"), self.value("x-amz-id-2"));
        let mut expected = vec![("Code", code), ("Message", message)];
        expected.extend(details);
        expected.extend([("RequestId", id.as_str()), ("HostId", id2.as_str())]);
        let got: Vec<(&str, &str)> = error
            .children
            .iter()
            .map(|child| (child.name.as_str(), child.text.as_str()))
            .collect();
        let same = got.len() == expected.len()
            && got
                .iter()
                .zip(&expected)
                .all(|(got, expected)| got.0 == expected.0 && (expected.1 == "*" || got.1 == expected.1));
        if !same {
            assert_eq!(got, expected, "\n{self}");
        }
        self
    }

    /// A refusal whose children a test does not know beforehand: status and code only.
    #[track_caller]
    pub(crate) fn code(&self, status: u16, code: &str) -> Node {
        self.status(status);
        let error = self.xml();
        assert_eq!(
            (error.name.as_str(), error.get("Code")),
            ("Error", code),
            "\n{self}"
        );
        error
    }

    /// A status and nothing else: no body, nothing announced (facts/06 §1 on HEAD, 204, 304).
    #[track_caller]
    pub(crate) fn bare(&self, status: u16) -> &Self {
        self.status(status);
        self.is("");
        self.lacks("transfer-encoding");
        assert!(
            matches!(self.header("content-length"), None | Some("0")),
            "a length in\n{self}"
        );
        self
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{} {} to {}", self.version, self.status, self.method)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {value}")?;
        }
        let body = String::from_utf8_lossy(&self.body);
        write!(f, "\n{}", body.chars().take(2000).collect::<String>())
    }
}

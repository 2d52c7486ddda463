//! What S3 answers when it refuses: one enum whose variants carry the fields Amazon sends.
//!
//! A variant is one row of the table below: its name is the `<Code>`, then come the HTTP status, the
//! `<Message>` and the children of `<Error>` between `Message` and `RequestId`, in Amazon's order
//! (facts/06 §1, facts/04, facts/02). Nothing else in Cairn knows a status or a message text.
//! [`S3Error::to_xml`] writes the document; `cairn-api` makes the response from it, in one place.

mod details;
mod table;
#[cfg(test)]
mod tests;

pub use table::S3Error;

use crate::xml::escape;

impl S3Error {
    /// `AccessDenied` with Amazon's plain message.
    pub fn access_denied() -> Self {
        Self::AccessDenied {
            message: "Access Denied".into(),
        }
    }

    /// `InvalidArgument` about a named argument.
    pub fn invalid_argument(message: impl Into<String>, name: &str, value: impl Into<String>) -> Self {
        Self::InvalidArgument {
            message: message.into(),
            argument_name: Some(name.into()),
            argument_value: Some(value.into()),
        }
    }

    /// `InvalidArgument` about a named argument whose value Amazon does not echo.
    pub fn invalid_argument_name(message: impl Into<String>, name: &str) -> Self {
        Self::InvalidArgument {
            message: message.into(),
            argument_name: Some(name.into()),
            argument_value: None,
        }
    }

    /// `InvalidRequest` with this message.
    pub fn invalid_request(message: impl Into<String>) -> Self {
        Self::InvalidRequest {
            message: message.into(),
        }
    }

    /// `IncompleteBody` of a body that has not the length announced, in bytes (facts/04 §3).
    pub fn incomplete_body(expected: u64, provided: u64) -> Self {
        Self::IncompleteBody {
            message: "You did not provide the number of bytes specified by the Content-Length HTTP header"
                .into(),
            number_bytes_expected: Some(expected),
            number_bytes_provided: Some(provided),
        }
    }

    /// `IncompleteBody` of a body that breaks off, or whose aws-chunked framing does. The text is the one
    /// live S3 gives for every fault of the framing (versitygw issues 1660, 1666, 1685: captured from AWS).
    pub fn broken_body() -> Self {
        Self::IncompleteBody {
            message: "The request body terminated unexpectedly".into(),
            number_bytes_expected: None,
            number_bytes_provided: None,
        }
    }

    /// `InvalidURI` about this URI, of which no more than 1 KiB is given back.
    pub fn invalid_uri(uri: &str) -> Self {
        Self::InvalidURI {
            uri: uri.chars().take(1024).collect(),
        }
    }

    /// The document of a website endpoint: one `<li>` for each child of the XML form (facts/01 §5).
    pub fn to_html(&self, request_id: &str, host_id: &str) -> String {
        let title = self.status().to_string();
        let mut html =
            format!("<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n<ul>\n");
        let mut item = |name: &str, text: &str| {
            html.push_str("<li>");
            html.push_str(name);
            html.push_str(": ");
            escape(text, &mut html);
            html.push_str("</li>\n");
        };
        item("Code", self.code());
        item("Message", &self.message());
        for (name, text) in self.details() {
            item(name, &text);
        }
        item("RequestId", request_id);
        item("HostId", host_id);
        html.push_str("</ul>\n<hr/>\n</body>\n</html>\n");
        html
    }

    /// The error document: no namespace, `RequestId` and `HostId` last (facts/06 §1). `prolog` is false
    /// where the XML declaration was already sent (the keep-alive answers of long operations).
    pub fn to_xml(&self, prolog: bool, request_id: &str, host_id: &str) -> String {
        let mut xml = String::with_capacity(512);
        if prolog {
            xml.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        }
        xml.push_str("<Error>");
        let mut element = |name: &str, text: &str| {
            xml.push('<');
            xml.push_str(name);
            xml.push('>');
            escape(text, &mut xml);
            xml.push_str("</");
            xml.push_str(name);
            xml.push('>');
        };
        element("Code", self.code());
        element("Message", &self.message());
        for (name, text) in self.details() {
            element(name, &text);
        }
        element("RequestId", request_id);
        element("HostId", host_id);
        xml.push_str("</Error>");
        xml
    }
}

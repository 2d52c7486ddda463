//! What policies can ask of how a request came, beside its own headers.

use std::net::IpAddr;

use cairn_protocol::auth::{Authentication, Source};
use cairn_types::Timestamp;

use crate::Connection;

/// How a request is signed, as policies name it (facts/05 §5).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signature {
    /// `s3:authType`.
    pub(crate) auth_type: &'static str,
    /// `s3:signatureversion`.
    pub(crate) version: &'static str,
    /// When it was made, where it says so.
    pub(crate) date: Option<Timestamp>,
}

impl Signature {
    const V4: &'static str = "AWS4-HMAC-SHA256";
    const V2: &'static str = "AWS";

    /// That of a request's head; `None` where it has none.
    pub(crate) fn of(authentication: &Authentication) -> Option<Self> {
        let auth_type = |source| match source {
            Source::Header => "REST-HEADER",
            Source::Query => "REST-QUERY-STRING",
            Source::Form => "POST",
        };
        match authentication {
            Authentication::Anonymous { .. } => None,
            Authentication::V4(v4) => Some(Self {
                auth_type: auth_type(v4.source()),
                version: Self::V4,
                date: Some(v4.date()),
            }),
            Authentication::V2(v2) => Some(Self {
                auth_type: auth_type(v2.source()),
                version: Self::V2,
                date: None,
            }),
        }
    }

    /// That of a form.
    pub(crate) fn of_form(v4: bool) -> Self {
        Self {
            auth_type: "POST",
            version: if v4 { Self::V4 } else { Self::V2 },
            date: None,
        }
    }
}

/// Who sent a request, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender {
    /// The client's address.
    pub(crate) address: IpAddr,
    /// Whether the request came over TLS.
    pub(crate) tls: bool,
    /// How it is signed, if it is.
    pub(crate) signature: Option<Signature>,
}

impl Sender {
    /// The sender behind a connection, of whose signature nothing is known yet.
    pub(crate) fn of(connection: &Connection) -> Self {
        Self {
            address: connection.peer.ip(),
            tls: connection.tls,
            signature: None,
        }
    }
}

//! Signature Version 2: HMAC-SHA1 in the header or the query (facts/04 §4).

mod string_to_sign;
#[cfg(test)]
mod tests;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cairn_types::{SecretAccessKey, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

use super::head::RequestHead;
use super::mismatch::signature_does_not_match;
use super::payload::{self, Payload};
use super::query::ParametersV2;
use super::v4::{check_skew, date_header};
use super::{Source, Verified};
use crate::S3Error;

pub(super) use self::string_to_sign::{ResponseValues, string_to_sign};

/// A SigV2 signature and what it claims.
#[derive(Debug, Clone)]
pub struct V2 {
    access_key_id: String,
    pub(super) signature: String,
    session_token: Option<String>,
    payload: Payload,
    time: Time,
}

#[derive(Debug, Clone)]
enum Time {
    /// In the header: when it was signed, and how that was written.
    Signed(Timestamp, String),
    /// In the query: when it expires, and how that was written.
    Expires(Timestamp, String),
}

impl V2 {
    /// Reads `AKID:signature`; `text` is the whole header.
    pub(super) fn from_header(head: &RequestHead<'_>, text: &str, rest: &str) -> Result<Self, S3Error> {
        let pair = rest
            .split_once(':')
            .filter(|(id, signature)| !id.is_empty() && !signature.is_empty());
        let Some((access_key_id, signature)) = pair else {
            // Believed: the text of the classic implementation, with its two spaces.
            return Err(S3Error::invalid_argument(
                "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
                "Authorization",
                text,
            ));
        };
        let (moment, sent) = date_header(head.headers)?;
        Ok(Self {
            access_key_id: access_key_id.to_owned(),
            signature: signature.to_owned(),
            session_token: head
                .headers
                .get("x-amz-security-token")
                .map(|token| String::from_utf8_lossy(token.as_bytes()).into_owned()),
            payload: payload::without_v4(head.headers)?,
            time: Time::Signed(moment, sent.to_owned()),
        })
    }

    /// Reads the parameters of a presigned request.
    pub(super) fn from_query(head: &RequestHead<'_>, parameters: ParametersV2<'_>) -> Result<Self, S3Error> {
        let (Some(access_key_id), Some(expires), Some(signature)) =
            (parameters.access_key_id, parameters.expires, parameters.signature)
        else {
            return Err(S3Error::AccessDenied {
                message: "Query-string authentication requires the Signature, Expires and AWSAccessKeyId \
                          parameters"
                    .into(),
            });
        };
        let digits = !expires.is_empty() && expires.bytes().all(|b| b.is_ascii_digit());
        if !digits {
            // Believed.
            return Err(S3Error::AccessDenied {
                message: format!("Invalid date (should be seconds since epoch): {expires}"),
            });
        }
        let header_token = || {
            let value = head.headers.get("x-amz-security-token")?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Ok(Self {
            access_key_id: access_key_id.into_owned(),
            // `+` is a digit of base64, and clients forget to encode it.
            signature: signature.replace(' ', "+"),
            session_token: parameters
                .security_token
                .map(std::borrow::Cow::into_owned)
                .or_else(header_token),
            payload: payload::without_v4(head.headers)?,
            time: Time::Expires(
                Timestamp::from_seconds(expires.parse().unwrap_or(u64::MAX)),
                expires.into_owned(),
            ),
        })
    }

    /// Where the signature is.
    pub fn source(&self) -> Source {
        match self.time {
            Time::Signed(..) => Source::Header,
            Time::Expires(..) => Source::Query,
        }
    }

    /// The access key id.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The session token.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// What is said about the body.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// When it was signed, where the signature is in the header; when it expires, where it is in the query.
    pub(super) fn dated(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        match &self.time {
            Time::Signed(moment, _) => (Some(*moment), None),
            Time::Expires(moment, _) => (None, Some(*moment)),
        }
    }

    /// `Expires` as sent.
    pub(super) fn expires_text(&self) -> Option<&str> {
        match &self.time {
            Time::Signed(..) => None,
            Time::Expires(_, text) => Some(text),
        }
    }

    /// See [`Authentication::check_time`](super::Authentication::check_time).
    ///
    /// # Errors
    /// `RequestTimeTooSkewed`; `AccessDenied` "Request has expired".
    pub fn check_time(&self, now: Timestamp) -> Result<(), S3Error> {
        match &self.time {
            Time::Signed(moment, sent) => check_skew(*moment, sent, now),
            Time::Expires(moment, _) if now < *moment => Ok(()),
            Time::Expires(moment, _) => Err(S3Error::AccessDeniedExpired {
                x_amz_expires: None,
                expires: moment.iso8601(),
                server_time: now.iso8601(),
            }),
        }
    }

    /// See [`Authentication::verify`](super::Authentication::verify).
    ///
    /// # Errors
    /// `SignatureDoesNotMatch`, without a canonical request.
    pub fn verify(&self, head: &RequestHead<'_>, secret: &SecretAccessKey) -> Result<Verified, S3Error> {
        let matches = |values| {
            let text = string_to_sign(head, self.expires_text(), values);
            let right = signature(secret.expose(), &text)
                .as_bytes()
                .ct_eq(self.signature.as_bytes());
            (bool::from(right), text)
        };
        let (right, text) = matches(ResponseValues::Decoded);
        if right || matches(ResponseValues::AsSent).0 {
            return Ok(Verified::without_chunk_signatures(self.payload.clone()));
        }
        Err(signature_does_not_match(
            &self.access_key_id,
            &text,
            self.signature.as_bytes(),
            None,
        ))
    }
}

/// base64(HMAC-SHA1(secret, text)).
pub(crate) fn signature(secret: &str, text: &[u8]) -> String {
    let key = secret.as_bytes();
    let mut block = [0; 64];
    match block.get_mut(..key.len()) {
        Some(beginning) => beginning.copy_from_slice(key),
        // RFC 2104 §2: a longer key than the block is hashed.
        None => {
            for (to, from) in block.iter_mut().zip(Sha1::digest(key)) {
                *to = from;
            }
        }
    }
    let mut mac = Hmac::<Sha1>::new(&block.into());
    mac.update(text);
    STANDARD.encode(mac.finalize().into_bytes())
}

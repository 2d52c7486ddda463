//! SigV4 in the query (facts/04 §2).

use cairn_types::Timestamp;

use super::{
    ALGORITHM, ALGORITHM_ASYMMETRIC, EXPIRES_SECONDS_MAX, Payload, RequestHead, S3Error, Scope, Source, V4,
    asymmetric_not_implemented, signed_headers_valid,
};
use crate::auth::payload::{self, UNSIGNED_PAYLOAD};
use crate::auth::query::ParametersV4;

fn refused(message: &str) -> S3Error {
    Source::Query.error(message.to_owned(), None)
}

fn incomplete() -> S3Error {
    refused(
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, \
         X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    )
}

impl V4 {
    /// The same over the hash of the body that came, which other services than S3 sign in the query, too.
    pub(in crate::auth) fn over(self, payload: &Payload) -> Self {
        Self {
            payload_line: payload.header_value(),
            payload: payload.clone(),
            ..self
        }
    }

    /// Reads the parameters of a presigned request.
    pub(in crate::auth) fn from_query(
        head: &RequestHead<'_>,
        parameters: ParametersV4<'_>,
    ) -> Result<Self, S3Error> {
        let (
            Some(algorithm),
            Some(credential),
            Some(date),
            Some(expires),
            Some(signed_headers),
            Some(signature),
        ) = (
            parameters.algorithm,
            parameters.credential,
            parameters.date,
            parameters.expires,
            parameters.signed_headers,
            parameters.signature,
        )
        else {
            return Err(incomplete());
        };
        match algorithm.as_ref() {
            ALGORITHM => {}
            ALGORITHM_ASYMMETRIC => return Err(asymmetric_not_implemented("X-Amz-Algorithm")),
            _ => {
                return Err(refused(
                    "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"",
                ));
            }
        }
        let scope = Scope::parse(&credential, Source::Query)?;
        let Some(moment) = Timestamp::parse_iso8601_basic(&date) else {
            return Err(refused(
                "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
            ));
        };
        let expires_seconds = expires_of(&expires)?;
        // facts/04 has no text for this; a list that cannot be verified is as good as none.
        if !signed_headers_valid(&signed_headers) {
            return Err(incomplete());
        }
        let signed = |name: &str| signed_headers.split(';').any(|listed| listed == name);
        let in_header = payload::header(head.headers);
        let in_query = parameters.content_sha256.map(std::borrow::Cow::into_owned);
        // The header says how the body is framed even when it is not signed (facts/04 §1 excepts it); the
        // canonical request has its value only if it is.
        let payload = match in_header.as_deref().or(in_query.as_deref()) {
            Some(value) => Payload::parse(value)?,
            None => Payload::Unsigned,
        };
        let payload_line = in_header
            .filter(|_| signed(payload::CONTENT_SHA256))
            .or(in_query)
            .unwrap_or_else(|| UNSIGNED_PAYLOAD.to_owned());
        let signed_headers = signed_headers.into_owned();
        let date_signed = moment.iso8601_basic();
        Ok(Self {
            source: Source::Query,
            scope,
            signed_headers,
            signature: signature.into_owned(),
            date: moment,
            date_sent: (date != date_signed).then(|| date.into_owned()),
            date_signed,
            expires_seconds: Some(expires_seconds),
            session_token: parameters.security_token.map(std::borrow::Cow::into_owned),
            payload,
            payload_line,
        })
    }
}

/// A life in seconds. Digits that no integer holds are more than a week all the same.
fn expires_of(text: &str) -> Result<u64, S3Error> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(refused("X-Amz-Expires should be a number"));
    }
    let seconds = digits.parse().unwrap_or(u64::MAX);
    if negative && seconds > 0 {
        return Err(refused("X-Amz-Expires must be non-negative"));
    }
    if seconds > EXPIRES_SECONDS_MAX {
        return Err(refused(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be \
             less than 604800 seconds",
        ));
    }
    Ok(seconds)
}

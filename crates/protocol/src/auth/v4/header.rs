//! SigV4 in `Authorization` (facts/04 §1).

use super::{Payload, RequestHead, S3Error, Scope, Source, V4, date_header, signed_headers_valid};
use crate::auth::payload;

fn malformed(tail: &str) -> S3Error {
    Source::Header.credential_error(tail, None)
}

impl V4 {
    /// Reads `Credential=…, SignedHeaders=…, Signature=…`: the header after its scheme.
    pub(in crate::auth) fn from_header(head: &RequestHead<'_>, components: &str) -> Result<Self, S3Error> {
        Self::from_header_over(head, components, || {
            payload::header(head.headers).ok_or_else(|| {
                S3Error::invalid_request("Missing required header for this request: x-amz-content-sha256")
            })
        })
    }

    /// The same over a payload line that need not be a header's.
    pub(in crate::auth) fn from_header_over(
        head: &RequestHead<'_>,
        components: &str,
        payload_line: impl FnOnce() -> Result<String, S3Error>,
    ) -> Result<Self, S3Error> {
        let (credential, signed_headers, signature) = components_of(components)?;
        let scope = Scope::parse(credential, Source::Header)?;
        if !signed_headers_valid(signed_headers) {
            let tail =
                format!("the authorization component \"SignedHeaders={signed_headers}\" is malformed.");
            return Err(malformed(&tail));
        }
        let (date, sent) = date_header(head.headers)?;
        let date_signed = date.iso8601_basic();
        let payload_line = payload_line()?;
        Ok(Self {
            source: Source::Header,
            scope,
            signed_headers: signed_headers.to_owned(),
            signature: signature.to_owned(),
            date,
            date_sent: (sent != date_signed).then(|| sent.to_owned()),
            date_signed,
            expires_seconds: None,
            session_token: head
                .headers
                .get("x-amz-security-token")
                .map(|token| String::from_utf8_lossy(token.as_bytes()).into_owned()),
            payload: Payload::parse(&payload_line)?,
            payload_line,
        })
    }
}

/// Credential, SignedHeaders and Signature, in any order, with `,` between and spaces or none.
fn components_of(text: &str) -> Result<(&str, &str, &str), S3Error> {
    let components = text.split(',').map(str::trim);
    if components.clone().take(4).count() != 3 {
        return Err(malformed(
            "the authorization header requires three components: Credential, SignedHeaders, and Signature.",
        ));
    }
    let (mut credential, mut signed_headers, mut signature) = (None, None, None);
    for component in components {
        let pair = component.split_once('=').filter(|(_, value)| !value.is_empty());
        let Some((name, value)) = pair else {
            return Err(malformed(&format!(
                "the authorization component \"{component}\" is malformed."
            )));
        };
        match name {
            "Credential" => credential = Some(value),
            "SignedHeaders" => signed_headers = Some(value),
            "Signature" => signature = Some(value),
            // An unknown one takes the place of one that is then missing.
            _ => {}
        }
    }
    Ok((
        credential.ok_or_else(|| malformed("missing Credential."))?,
        signed_headers.ok_or_else(|| malformed("missing SignedHeaders."))?,
        signature.ok_or_else(|| malformed("missing Signature."))?,
    ))
}

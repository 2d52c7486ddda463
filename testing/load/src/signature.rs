//! Signature Version 4 for the few forms of request this program sends (facts/04 §1).
//!
//! The signed headers are always the same three, so the canonical request is written straight into one
//! string, and the signing key is derived once a day. `cairn_protocol::auth::sign` is the general signer;
//! it derives the key for every request.

use cairn_protocol::auth::SigningKey;
use cairn_types::{SecretAccessKey, Timestamp};
use sha2::{Digest as _, Sha256};

const SIGNED_HEADERS: &str = "host;x-amz-content-sha256;x-amz-date";

/// Signs the requests of one connection.
pub(crate) struct Signatures {
    access_key: String,
    secret: SecretAccessKey,
    region: String,
    host: String,
    day: String,
    key: Option<SigningKey>,
}

/// What signing adds to a request.
pub(crate) struct Signed {
    pub(crate) date: String,
    pub(crate) authorization: String,
}

impl Signatures {
    pub(crate) fn new(access_key: &str, secret: SecretAccessKey, region: &str, host: &str) -> Self {
        Self {
            access_key: access_key.to_owned(),
            secret,
            region: region.to_owned(),
            host: host.to_owned(),
            day: String::new(),
            key: None,
        }
    }

    /// Signs a request. Path and query are percent-encoded, the query's parameters in order.
    pub(crate) fn sign(
        &mut self,
        now: Timestamp,
        method: &str,
        path: &str,
        query: &str,
        payload: &str,
    ) -> Signed {
        let date = now.iso8601_basic();
        let day = date.get(..8).unwrap_or_default();
        if self.day != day {
            day.clone_into(&mut self.day);
            self.key = None;
        }
        let key = self
            .key
            .get_or_insert_with(|| SigningKey::derive(&self.secret, day, &self.region, "s3"));
        let canonical = format!(
            "{method}\n{path}\n{query}\nhost:{}\nx-amz-content-sha256:{payload}\nx-amz-date:{date}\n\n{SIGNED_HEADERS}\n{payload}",
            self.host
        );
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let text = format!(
            "AWS4-HMAC-SHA256\n{date}\n{scope}\n{}",
            hex::encode(Sha256::digest(canonical))
        );
        let signature = key.sign(text.as_bytes());
        let signature = String::from_utf8_lossy(&signature);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={SIGNED_HEADERS}, Signature={signature}",
            self.access_key
        );
        Signed { date, authorization }
    }
}

#[cfg(test)]
mod tests {
    use super::Signatures;
    use cairn_protocol::auth::{Payload, sign};
    use cairn_types::{SecretAccessKey, Timestamp};

    /// The general signer is held against Amazon's vectors; this one against the general signer.
    #[test]
    fn agrees_with_the_general_signer() {
        let secret = SecretAccessKey::parse("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY").unwrap();
        let mut own = Signatures::new(
            "AKIAIOSFODNN7EXAMPLE",
            secret.clone(),
            "eu-west-1",
            "127.0.0.1:9000",
        );
        let general = sign::Signer::new("AKIAIOSFODNN7EXAMPLE", secret, "eu-west-1");
        for (moment, payload) in [
            (1_369_353_600, "UNSIGNED-PAYLOAD".to_owned()),
            (1_369_440_000, "0".repeat(64)),
        ] {
            let now = Timestamp::from_seconds(moment);
            let uri = "http://127.0.0.1:9000/bucket/load/00000001?list-type=2&max-keys=10";
            let (mut parts, ()) = http::Request::put(uri).body(()).unwrap().into_parts();
            general
                .header_v4(&mut parts, &Payload::parse(&payload).unwrap(), now)
                .unwrap();
            let signed = own.sign(
                now,
                "PUT",
                "/bucket/load/00000001",
                "list-type=2&max-keys=10",
                &payload,
            );
            assert_eq!(parts.headers["authorization"], signed.authorization);
            assert_eq!(parts.headers["x-amz-date"], signed.date);
        }
    }
}

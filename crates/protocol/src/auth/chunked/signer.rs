//! The chain of signatures over the chunks of a body: each covers the one before (facts/04 §3).

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::S3Error;
use crate::auth::key::{SigningKey, hex_digits};
use crate::auth::mismatch::signature_does_not_match;

/// Signs or verifies the chunks of one body, in order. Begins with the signature of the request's head.
#[derive(Debug, Clone)]
pub struct ChunkSigner {
    key: SigningKey,
    access_key_id: String,
    /// The lines that all strings to sign share: date and scope.
    date_and_scope: String,
    previous: String,
}

impl ChunkSigner {
    /// `date` is `YYYYMMDDTHHMMSSZ`, `scope` goes without the access key id, `seed` is the head's signature.
    pub(in crate::auth) fn new(
        key: SigningKey,
        access_key_id: &str,
        date: &str,
        scope: &str,
        seed: &str,
    ) -> Self {
        Self {
            key,
            access_key_id: access_key_id.to_owned(),
            date_and_scope: format!("{date}\n{scope}"),
            previous: seed.to_owned(),
        }
    }

    /// Signs the next chunk, of this SHA-256.
    pub(in crate::auth) fn sign_chunk(&mut self, digest: &[u8; 32]) -> String {
        let signature = self.sign(&self.chunk_text(digest));
        self.previous.clone_from(&signature);
        signature
    }

    /// Signs the trailer: the SHA-256 of its lines, each `name:value\n`. It comes after the last chunk.
    pub(in crate::auth) fn sign_trailer(&self, digest: &[u8; 32]) -> String {
        self.sign(&self.trailer_text(digest))
    }

    pub(super) fn verify_chunk(&mut self, digest: &[u8; 32], provided: &[u8]) -> Result<(), S3Error> {
        let text = self.chunk_text(digest);
        let signature = self.sign(&text);
        self.compare(&signature, provided, &text)?;
        self.previous = signature;
        Ok(())
    }

    pub(super) fn verify_trailer(&self, digest: &[u8; 32], provided: &[u8]) -> Result<(), S3Error> {
        let text = self.trailer_text(digest);
        let signature = self.sign(&text);
        self.compare(&signature, provided, &text)
    }

    fn sign(&self, text: &str) -> String {
        self.key
            .sign(text.as_bytes())
            .iter()
            .map(|b| char::from(*b))
            .collect()
    }

    fn chunk_text(&self, digest: &[u8; 32]) -> String {
        let mut text = self.beginning("AWS4-HMAC-SHA256-PAYLOAD");
        push_hex(&mut text, &Sha256::digest(b"").into());
        text.push('\n');
        push_hex(&mut text, digest);
        text
    }

    fn trailer_text(&self, digest: &[u8; 32]) -> String {
        let mut text = self.beginning("AWS4-HMAC-SHA256-TRAILER");
        push_hex(&mut text, digest);
        text
    }

    fn beginning(&self, algorithm: &str) -> String {
        let mut text = String::with_capacity(320);
        for line in [algorithm, &self.date_and_scope, &self.previous] {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    fn compare(&self, signature: &str, provided: &[u8], text: &str) -> Result<(), S3Error> {
        if bool::from(signature.as_bytes().ct_eq(provided)) {
            return Ok(());
        }
        Err(signature_does_not_match(
            &self.access_key_id,
            text.as_bytes(),
            provided,
            None,
        ))
    }
}

fn push_hex(text: &mut String, digest: &[u8; 32]) {
    text.extend(hex_digits(digest).iter().map(|b| char::from(*b)));
}

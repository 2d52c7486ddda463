//! SigV4's signing keys, and the cache that saves deriving them for every request.
//!
//! A key is four HMACs away from the secret and stays the same for a day, a region and a service. The cache
//! keeps it with its two key blocks already hashed, so that a signature costs only its own text.

use std::fmt;

use cairn_types::SecretAccessKey;
use hmac::{Hmac, KeyInit, Mac};
use quick_cache::Equivalent;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use super::scope::{Scope, TERMINAL};

type HmacSha256 = Hmac<Sha256>;

/// Most signing keys kept, in entries of about half a KiB: one for each access key and day in use.
pub const SIGNING_KEYS_MAX: usize = 4096;

/// The key that signs for one secret, day, region and service. Its `Debug` shows nothing.
#[derive(Clone)]
pub struct SigningKey(HmacSha256);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

impl SigningKey {
    /// Derives the key: `"AWS4" + secret` → date (`YYYYMMDD`) → region → service → `aws4_request`.
    pub fn derive(secret: &SecretAccessKey, date: &str, region: &str, service: &str) -> Self {
        Self::derive_from(&format!("AWS4{}", secret.expose()), date, region, service)
    }

    /// The same from the first key: `"AWS4" + secret`, or what a client took for it.
    pub(super) fn derive_from(first: &str, date: &str, region: &str, service: &str) -> Self {
        let mut mac = keyed(first.as_bytes());
        for part in [date, region, service, TERMINAL] {
            mac.update(part.as_bytes());
            mac = keyed(&mac.finalize().into_bytes());
        }
        Self(mac)
    }

    /// The signature of a string to sign, as 64 lower-case hex digits.
    pub fn sign(&self, string_to_sign: &[u8]) -> [u8; 64] {
        let mut mac = self.0.clone();
        mac.update(string_to_sign);
        hex_digits(&mac.finalize().into_bytes().into())
    }
}

/// An HMAC with this key. RFC 2104 §2: a longer key than the block is hashed, a shorter one filled with zeros;
/// done here, because it cannot fail then.
fn keyed(key: &[u8]) -> HmacSha256 {
    let mut block = [0; 64];
    match block.get_mut(..key.len()) {
        Some(beginning) => beginning.copy_from_slice(key),
        None => {
            for (to, from) in block.iter_mut().zip(Sha256::digest(key)) {
                *to = from;
            }
        }
    }
    HmacSha256::new(&block.into())
}

/// A digest in lower-case hex, without an allocation.
pub(super) fn hex_digits(digest: &[u8; 32]) -> [u8; 64] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = [0; 64];
    for (pair, byte) in out.chunks_exact_mut(2).zip(digest) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    out
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct CacheKey {
    access_key_id: Box<str>,
    secret: [u8; 16],
    date: Box<str>,
    region: Box<str>,
    service: Box<str>,
}

// Hashes as `CacheKey` does: the same fields in the same order.
#[derive(Debug, Hash)]
struct CacheKeyRef<'a> {
    access_key_id: &'a str,
    secret: [u8; 16],
    date: &'a str,
    region: &'a str,
    service: &'a str,
}

impl Equivalent<CacheKey> for CacheKeyRef<'_> {
    fn equivalent(&self, key: &CacheKey) -> bool {
        self.secret == key.secret
            && self.access_key_id == &*key.access_key_id
            && self.date == &*key.date
            && self.region == &*key.region
            && self.service == &*key.service
    }
}

/// Signing keys by access key, secret, day, region and service; at most [`SIGNING_KEYS_MAX`]. The secret is
/// part of the key (as a fingerprint), so a rotated secret never meets the old one's signing key.
pub struct SigningKeys(Cache<CacheKey, SigningKey>);

impl Default for SigningKeys {
    fn default() -> Self {
        Self::new(SIGNING_KEYS_MAX)
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeys").field("len", &self.0.len()).finish()
    }
}

impl SigningKeys {
    /// An empty cache for so many keys.
    pub fn new(keys_max: usize) -> Self {
        Self(Cache::new(keys_max))
    }

    /// Keys held now.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, scope: &Scope, secret: &SecretAccessKey) -> SigningKey {
        let mut fingerprint = [0; 16];
        for (to, from) in fingerprint.iter_mut().zip(Sha256::digest(secret.expose())) {
            *to = from;
        }
        let wanted = CacheKeyRef {
            access_key_id: scope.access_key_id(),
            secret: fingerprint,
            date: scope.date(),
            region: scope.region(),
            service: scope.service(),
        };
        if let Some(key) = self.0.get(&wanted) {
            return key;
        }
        let key = SigningKey::derive(secret, scope.date(), scope.region(), scope.service());
        let name = CacheKey {
            access_key_id: wanted.access_key_id.into(),
            secret: fingerprint,
            date: wanted.date.into(),
            region: wanted.region.into(),
            service: wanted.service.into(),
        };
        self.0.insert(name, key.clone());
        key
    }
}

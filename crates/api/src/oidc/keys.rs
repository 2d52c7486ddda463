//! A provider's public keys: a JSON Web Key Set (RFC 7517), and signatures verified with them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Deserialize;

use super::token::{Algorithm, Token};

/// Most keys of a provider that are kept; a set with more is refused.
pub(crate) const KEYS_MAX: usize = 100;

/// A key of a set, as it comes. Members that are not needed are left out (RFC 7517 §4).
#[derive(Debug, Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Jwks {
    keys: Vec<serde_json::Value>,
}

#[derive(Debug)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// A key that can verify.
#[derive(Debug)]
struct Key {
    id: Option<String>,
    /// The algorithm it is for, where it says so.
    algorithm: Option<String>,
    material: Material,
}

/// The keys of a provider.
#[derive(Debug, Default)]
pub(super) struct Keys(Vec<Key>);

impl Jwk {
    fn key(self) -> Option<Key> {
        let bytes = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?).ok();
        if self.usage.is_some_and(|usage| usage != "sig") {
            return None;
        }
        let point = |size: usize, x: Option<String>, y: Option<String>| {
            let (x, y) = (bytes(x)?, bytes(y)?);
            let whole = x.len() == size && y.len() == size;
            // Uncompressed (SEC 1 §2.3.3).
            whole.then(|| [&[4][..], &x, &y].concat())
        };
        let material = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                let number = |text| {
                    let bytes = bytes(text)?;
                    let first = bytes.iter().position(|byte| *byte != 0)?;
                    bytes.get(first..).map(<[u8]>::to_vec)
                };
                Material::Rsa {
                    n: number(self.n)?,
                    e: number(self.e)?,
                }
            }
            ("EC", Some("P-256")) => Material::P256(point(32, self.x, self.y)?),
            ("EC", Some("P-384")) => Material::P384(point(48, self.x, self.y)?),
            ("OKP", Some("Ed25519")) => Material::Ed25519(bytes(self.x)?),
            _ => return None,
        };
        Some(Key {
            id: self.kid,
            algorithm: self.alg,
            material,
        })
    }
}

impl Keys {
    /// Reads a set; keys of kinds that are not known are left out.
    ///
    /// # Errors
    /// What is wrong, for the log.
    pub(super) fn parse(document: &[u8]) -> Result<Self, String> {
        let set: Jwks = serde_json::from_slice(document).map_err(|error| error.to_string())?;
        if set.keys.len() > KEYS_MAX {
            return Err(format!("the key set has more than {KEYS_MAX} keys"));
        }
        let keys = set.keys.into_iter().filter_map(|key| {
            let jwk: Jwk = serde_json::from_value(key).ok()?;
            jwk.key()
        });
        Ok(Self(keys.collect()))
    }

    /// Whether one of them may have signed the token, by the key id.
    pub(super) fn has(&self, token: &Token) -> bool {
        self.candidates(token).next().is_some()
    }

    fn candidates<'a>(&'a self, token: &'a Token) -> impl Iterator<Item = &'a Key> {
        self.0.iter().filter(|key| match &token.key_id {
            Some(id) => key.id.as_ref() == Some(id),
            None => true,
        })
    }

    /// Whether one of them signed the token, with the algorithm that the token says and the key is for.
    pub(super) fn verify(&self, token: &Token) -> bool {
        self.candidates(token).any(|key| key.verifies(token))
    }
}

impl Algorithm {
    fn rsa(self) -> Option<&'static RsaParameters> {
        Some(match self {
            Self::RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Self::RS384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Self::RS512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            Self::PS256 => &signature::RSA_PSS_2048_8192_SHA256,
            Self::PS384 => &signature::RSA_PSS_2048_8192_SHA384,
            Self::PS512 => &signature::RSA_PSS_2048_8192_SHA512,
            Self::ES256 | Self::ES384 | Self::EdDSA => return None,
        })
    }
}

impl Key {
    fn verifies(&self, token: &Token) -> bool {
        let name = format!("{:?}", token.algorithm);
        if self.algorithm.as_ref().is_some_and(|own| *own != name) {
            return false;
        }
        let with = |algorithm: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(algorithm, key).verify(&token.signed, &token.signature)
        };
        let verified = match (&self.material, token.algorithm) {
            (Material::Rsa { n, e }, algorithm) => match algorithm.rsa() {
                Some(parameters) => {
                    RsaPublicKeyComponents { n, e }.verify(parameters, &token.signed, &token.signature)
                }
                None => return false,
            },
            (Material::P256(point), Algorithm::ES256) => with(&signature::ECDSA_P256_SHA256_FIXED, point),
            (Material::P384(point), Algorithm::ES384) => with(&signature::ECDSA_P384_SHA384_FIXED, point),
            (Material::Ed25519(key), Algorithm::EdDSA) => with(&signature::ED25519, key),
            _ => return false,
        };
        verified.is_ok()
    }
}

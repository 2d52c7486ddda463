//! An identity token: a JSON Web Token in compact form (RFC 7515, 7519), read but not believed.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cairn_types::{Tag, Timestamp};
use serde::Deserialize;

/// How far the provider's clock may be ahead of this one, in seconds.
pub(crate) const SKEW_SECONDS_MAX: u64 = 60;

/// What is wrong with a token; the words are for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InvalidToken {
    /// It cannot be read, or lacks a claim, or is not for now or this.
    Invalid(String),
    /// It has ended.
    Expired(String),
}

fn invalid(message: impl Into<String>) -> InvalidToken {
    InvalidToken::Invalid(message.into())
}

/// How it is signed. A key that is shared (`HS256`) and none at all are no proof of who issued it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Algorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    EdDSA,
}

#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood (RFC 7515 §4.1.11): none is.
    crit: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}

/// Session tags in the claim of Amazon's.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TagsClaim {
    principal_tags: BTreeMap<String, OneOrMany>,
    transitive_tag_keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Claims {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<OneOrMany>,
    azp: Option<String>,
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
    amr: Option<Vec<String>>,
    #[serde(rename = "https://aws.amazon.com/tags")]
    tags: Option<TagsClaim>,
    #[serde(rename = "https://aws.amazon.com/source_identity")]
    source_identity: Option<String>,
}

/// A token whose signature was not verified yet.
#[derive(Debug)]
pub(crate) struct Token {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    /// What the signature is over.
    pub(super) signed: Vec<u8>,
    pub(super) signature: Vec<u8>,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) audiences: Vec<String>,
    /// `azp`: to whom it was issued, where that is not whom it is for.
    pub(crate) authorized_party: Option<String>,
    /// `amr`: how the subject showed who they are.
    pub(crate) methods: Vec<String>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) transitive_tag_keys: Vec<String>,
    pub(crate) source_identity: Option<String>,
    expires: f64,
    not_before: Option<f64>,
    issued: f64,
}

fn decode(part: &str) -> Result<Vec<u8>, InvalidToken> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| {
        invalid(
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        )
    })
}

fn missing(claim: &str) -> InvalidToken {
    invalid(format!("Missing a required claim: {claim}"))
}

impl Token {
    /// Reads a token.
    ///
    /// # Errors
    /// [`InvalidToken::Invalid`].
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidToken> {
        let malformed = || {
            invalid(
                "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
            )
        };
        let (signed, signature) = text.rsplit_once('.').ok_or_else(malformed)?;
        let (header, claims) = signed.split_once('.').ok_or_else(malformed)?;
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| malformed())?;
        if header.crit.is_some() {
            return Err(malformed());
        }
        let algorithm = serde_json::from_value(header.alg.clone().into()).map_err(|_| {
            invalid(format!(
                "The token's algorithm {:.16} is not supported",
                header.alg
            ))
        })?;
        let claims: Claims = serde_json::from_slice(&decode(claims)?).map_err(|_| malformed())?;
        let audiences = claims.aud.ok_or_else(|| missing("aud"))?.into_vec();
        let tags = claims.tags.unwrap_or_default();
        let mut principal_tags = Vec::with_capacity(tags.principal_tags.len());
        for (key, values) in tags.principal_tags {
            // A session tag has one value.
            let mut values = values.into_vec().into_iter();
            match (values.next(), values.next()) {
                (Some(value), None) => principal_tags.push(Tag { key, value }),
                _ => return Err(invalid("A principal tag must have one value")),
            }
        }
        let moment = |claim: Option<f64>| claim.filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
        Ok(Self {
            algorithm,
            key_id: header.kid,
            signed: signed.as_bytes().to_vec(),
            signature: decode(signature)?,
            issuer: claims.iss.ok_or_else(|| missing("iss"))?,
            subject: claims
                .sub
                .filter(|sub| !sub.is_empty())
                .ok_or_else(|| missing("sub"))?,
            audiences,
            authorized_party: claims.azp,
            methods: claims.amr.unwrap_or_default(),
            tags: principal_tags,
            transitive_tag_keys: tags.transitive_tag_keys,
            source_identity: claims.source_identity,
            expires: moment(claims.exp).ok_or_else(|| missing("exp"))?,
            not_before: match claims.nbf {
                None => None,
                Some(_) => Some(moment(claims.nbf).ok_or_else(malformed)?),
            },
            issued: moment(claims.iat).ok_or_else(|| missing("iat"))?,
        })
    }

    /// Whether it is of now. The provider's clock may be ahead by [`SKEW_SECONDS_MAX`]; its end is its end.
    ///
    /// # Errors
    /// [`InvalidToken`]: Amazon's words for the end (seen in bug reports), and believed ones for the beginning.
    pub(crate) fn check_time(&self, now: Timestamp) -> Result<(), InvalidToken> {
        // Exact up to 2^53 seconds.
        #[expect(clippy::cast_precision_loss, reason = "seconds of this century")]
        let (seconds, latest) = (
            now.seconds() as f64,
            now.seconds().saturating_add(SKEW_SECONDS_MAX) as f64,
        );
        if seconds >= self.expires {
            return Err(InvalidToken::Expired(format!(
                "Token expired: current date/time {} must be before the expiration date/time {}",
                now.seconds(),
                self.expires
            )));
        }
        if self.not_before.is_some_and(|begin| latest < begin) || latest < self.issued {
            return Err(invalid("The ID Token provided is not valid yet"));
        }
        Ok(())
    }
}

//! Who signed the form: the policy's base64 text is the string to sign (facts/04 §5).
//!
//! The steps are those of [`crate::auth`], with the refusals of a form. There is no clock in them: the policy
//! says how long it is good for.

use cairn_types::{SecretAccessKey, Timestamp};
use subtle::ConstantTimeEq;

use super::fields::{Fields, missing};
use super::policy;
use crate::S3Error;
use crate::auth::form::{ALGORITHM, Scope, signature_does_not_match, signature_v2};
use crate::auth::{SigningKeys, Source};

/// What a form says about its signer. Nothing of it is proven before [`Signature::verify`].
#[derive(Debug, Clone)]
pub enum Signature {
    /// Not signed at all. A policy it may have binds it all the same.
    Anonymous,
    /// AWS Signature Version 4.
    V4 {
        /// The credential's parts.
        scope: Scope,
        /// `x-amz-date`, as signed.
        date: Timestamp,
        /// 64 hex digits, as sent.
        signature: String,
        /// `x-amz-security-token`
        session_token: Option<String>,
        /// The text that is signed.
        policy: String,
    },
    /// AWS Signature Version 2.
    V2 {
        /// `AWSAccessKeyId`
        access_key_id: String,
        /// Base64, as sent.
        signature: String,
        /// `x-amz-security-token`
        session_token: Option<String>,
        /// The text that is signed.
        policy: String,
    },
}

/// The fields of a V4 signature, as refusals spell them, in the order in which S3 misses them.
const V4_FIELDS: [&str; 4] = [
    "X-Amz-Signature",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
];
const V2_FIELDS: [&str; 2] = ["Signature", "AWSAccessKeyId"];

impl Signature {
    /// Reads the fields of the signature; `sigv2` says whether Version 2 is taken here.
    ///
    /// # Errors
    /// `InvalidArgument` for a field that is missing or not right; `InvalidRequest` for Version 2 where it is not
    /// taken (facts/01 §2).
    pub fn read(fields: &Fields, sigv2: bool) -> Result<Self, S3Error> {
        let find = |name: &str| fields.get(&name.to_ascii_lowercase());
        let token = || find("x-amz-security-token").map(str::to_owned);
        let required = |name| find(name).ok_or_else(|| missing(name));
        let policy = || policy::text(fields).ok_or_else(|| missing("policy"));
        let any = |names: &[&str]| names.iter().any(|name| find(name).is_some());
        if any(&V4_FIELDS) {
            for name in V4_FIELDS {
                required(name)?;
            }
            let algorithm = required("X-Amz-Algorithm")?;
            if algorithm != ALGORITHM {
                return Err(S3Error::invalid_argument(
                    format!("Only {ALGORITHM} is supported"),
                    "X-Amz-Algorithm",
                    algorithm,
                ));
            }
            let scope = Scope::parse(required("X-Amz-Credential")?, Source::Form)?;
            let date = required("X-Amz-Date")?;
            let date = Timestamp::parse_iso8601_basic(date).ok_or_else(|| {
                // The misspelling is Amazon's.
                S3Error::invalid_argument(
                    "X-Amz-Date must be formated via ISO8601 Long format",
                    "X-Amz-Date",
                    date,
                )
            })?;
            return Ok(Self::V4 {
                scope,
                date,
                signature: required("X-Amz-Signature")?.to_owned(),
                session_token: token(),
                policy: policy()?.to_owned(),
            });
        }
        if any(&V2_FIELDS) {
            for name in V2_FIELDS {
                required(name)?;
            }
            crate::auth::form::refuse_v2(sigv2)?;
            return Ok(Self::V2 {
                access_key_id: required("AWSAccessKeyId")?.to_owned(),
                signature: required("Signature")?.to_owned(),
                session_token: token(),
                policy: policy()?.to_owned(),
            });
        }
        Ok(Self::Anonymous)
    }

    /// The access key id as sent; `None` of an anonymous form.
    pub fn access_key_id(&self) -> Option<&str> {
        match self {
            Self::Anonymous => None,
            Self::V4 { scope, .. } => Some(scope.access_key_id()),
            Self::V2 { access_key_id, .. } => Some(access_key_id),
        }
    }

    /// The session token.
    pub fn session_token(&self) -> Option<&str> {
        match self {
            Self::Anonymous => None,
            Self::V4 { session_token, .. } | Self::V2 { session_token, .. } => session_token.as_deref(),
        }
    }

    /// The region of the credential's scope; `None` of a form without one.
    pub fn region(&self) -> Option<&str> {
        match self {
            Self::V4 { scope, .. } => Some(scope.region()),
            Self::Anonymous | Self::V2 { .. } => None,
        }
    }

    /// Whether the credential is for this endpoint's region and S3, and of the day of `x-amz-date`.
    ///
    /// # Errors
    /// `InvalidArgument` about `x-amz-credential` with the tails of facts/04 §1.
    pub fn check_scope(&self, region: &str) -> Result<(), S3Error> {
        let Self::V4 { scope, date, .. } = self else {
            return Ok(());
        };
        let signed = date.iso8601_basic();
        scope.check(region, "s3", signed.get(..8).unwrap_or_default(), Source::Form)
    }

    /// Whether `secret` signed the policy. An anonymous form has no signature and passes as what it is.
    ///
    /// # Errors
    /// `SignatureDoesNotMatch`; its `StringToSign` is the policy, and there is no canonical request.
    pub fn verify(&self, secret: &SecretAccessKey, keys: &SigningKeys) -> Result<(), S3Error> {
        let (id, policy, sent, right) = match self {
            Self::Anonymous => return Ok(()),
            Self::V4 {
                scope,
                signature,
                policy,
                ..
            } => {
                let made = keys.get(scope, secret).sign(policy.as_bytes());
                let right = made.ct_eq(signature.as_bytes());
                (scope.access_key_id(), policy, signature, right)
            }
            Self::V2 {
                access_key_id,
                signature,
                policy,
                ..
            } => {
                let made = signature_v2(secret.expose(), policy.as_bytes());
                let right = made.as_bytes().ct_eq(signature.as_bytes());
                (access_key_id.as_str(), policy, signature, right)
            }
        };
        if bool::from(right) {
            return Ok(());
        }
        Err(signature_does_not_match(
            id,
            policy.as_bytes(),
            sent.as_bytes(),
            None,
        ))
    }
}

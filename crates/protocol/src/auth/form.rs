//! What the signature of a form ([`crate::post::Signature`]) shares with those of requests.

pub(crate) use super::mismatch::signature_does_not_match;
pub(crate) use super::refuse_v2;
pub(crate) use super::scope::Scope;
pub(crate) use super::v2::signature as signature_v2;
pub(crate) use super::v4::ALGORITHM;

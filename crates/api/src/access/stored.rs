//! What is stored about access, and what a bucket has that was never told anything.
//!
//! Secure by default: no ACLs (BucketOwnerEnforced), and all public access blocked, as Amazon's buckets have
//! been since 2023. A document that is not there means the default; one that was deleted through the API is
//! there and says so.

use bytes::Bytes;
use cairn_access::{Acl, Ownership, PublicAccessBlock};
use cairn_objects::{Bucket, ObjectVersion, Owner};
use cairn_protocol::S3Error;
use cairn_types::AccountId;

use crate::Api;
use crate::refusal::{Subject, wire_error};

/// The bucket document that holds the ACL.
pub(crate) const ACL: &str = "acl";
/// The bucket document that holds the policy: the JSON as it was sent.
pub(crate) const POLICY: &str = "policy";
/// The bucket document that holds the ownership controls.
pub(crate) const OWNERSHIP: &str = "ownership";
/// The document of a bucket or an account that holds its Block Public Access.
pub(crate) const PUBLIC_ACCESS_BLOCK: &str = "public-access-block";

/// The bucket document that says whether MFA Delete is enabled.
pub(crate) const MFA_DELETE: &str = "mfa-delete";

/// The form of the stored ownership controls, blocks and MFA Delete: this byte, then one that says what they are.
const FORM: u8 = 1;
/// Of a block: it was deleted. Not a set of flags.
const DELETED: u8 = 0xFF;

fn damaged(bucket: &Bucket, what: &'static str) -> S3Error {
    tracing::error!(bucket = %bucket.name, what, "a stored document cannot be read");
    S3Error::InternalError {}
}

/// The ownership controls as they are stored.
pub(crate) fn encode_ownership(ownership: Ownership) -> Bytes {
    Bytes::copy_from_slice(&[FORM, ownership.to_byte()])
}

/// The bucket's ownership controls.
///
/// # Errors
/// `InternalError` where what is stored is none.
pub(crate) fn ownership(bucket: &Bucket) -> Result<Ownership, S3Error> {
    match bucket.documents.get(OWNERSHIP).map(|stored| &**stored) {
        None => Ok(Ownership::default()),
        Some(&[FORM, byte]) => Ownership::from_byte(byte).ok_or_else(|| damaged(bucket, OWNERSHIP)),
        Some(_) => Err(damaged(bucket, OWNERSHIP)),
    }
}

/// MFA Delete as it is stored.
pub(crate) fn encode_mfa_delete(enabled: bool) -> Bytes {
    Bytes::copy_from_slice(&[FORM, enabled.into()])
}

/// Whether the bucket has MFA Delete; `None` where it was never told.
///
/// # Errors
/// As [`ownership`]: nothing is deleted because a row cannot be read.
pub(crate) fn mfa_delete(bucket: &Bucket) -> Result<Option<bool>, S3Error> {
    match bucket.documents.get(MFA_DELETE).map(|stored| &**stored) {
        None => Ok(None),
        Some(&[FORM, byte @ (0 | 1)]) => Ok(Some(byte == 1)),
        Some(_) => Err(damaged(bucket, MFA_DELETE)),
    }
}

/// A block as it is stored; `None`: deleted.
pub(crate) fn encode_block(block: Option<PublicAccessBlock>) -> Bytes {
    Bytes::copy_from_slice(&[FORM, block.map_or(DELETED, PublicAccessBlock::to_bits)])
}

/// The bucket's own block; `None` where it was deleted.
///
/// # Errors
/// As [`ownership`].
pub(crate) fn bucket_block(bucket: &Bucket) -> Result<Option<PublicAccessBlock>, S3Error> {
    match bucket.documents.get(PUBLIC_ACCESS_BLOCK).map(|stored| &**stored) {
        None => Ok(Some(PublicAccessBlock::ALL)),
        Some(&[FORM, DELETED]) => Ok(None),
        Some(&[FORM, bits]) => PublicAccessBlock::from_bits(bits)
            .map(Some)
            .ok_or_else(|| damaged(bucket, PUBLIC_ACCESS_BLOCK)),
        Some(_) => Err(damaged(bucket, PUBLIC_ACCESS_BLOCK)),
    }
}

/// The account's block; `None` where it has none, as every account at first.
///
/// # Errors
/// `SlowDown`, `InternalError`: access is neither given nor blocked because a disk failed.
pub(crate) async fn account_block(
    api: &Api,
    account: &AccountId,
) -> Result<Option<PublicAccessBlock>, S3Error> {
    let stored = api.objects.account_document(account, PUBLIC_ACCESS_BLOCK).await;
    let stored = stored.map_err(|error| wire_error(error, Subject::default()))?;
    match stored.as_deref() {
        None => Ok(None),
        Some(&[FORM, bits]) if PublicAccessBlock::from_bits(bits).is_some() => {
            Ok(PublicAccessBlock::from_bits(bits))
        }
        Some(_) => {
            tracing::error!(%account, "the stored public access block of an account cannot be read");
            Err(S3Error::InternalError {})
        }
    }
}

/// What is blocked of a bucket: by itself or by its owner's account.
///
/// # Errors
/// As [`account_block`] and [`bucket_block`].
pub(crate) async fn effective_block(api: &Api, bucket: &Bucket) -> Result<PublicAccessBlock, S3Error> {
    let own = bucket_block(bucket)?.unwrap_or(PublicAccessBlock::NONE);
    // Nothing is stricter.
    if own == PublicAccessBlock::ALL {
        return Ok(own);
    }
    let account = account_block(api, &bucket.owner.account).await?;
    Ok(own.and(account.unwrap_or(PublicAccessBlock::NONE)))
}

/// The bucket's ACL; private where it was given none.
///
/// # Errors
/// As [`ownership`].
pub(crate) fn bucket_acl(bucket: &Bucket) -> Result<Acl, S3Error> {
    match bucket.documents.get(ACL) {
        None => Ok(Acl::private(&bucket.owner.canonical)),
        Some(stored) => Acl::decode(stored).ok_or_else(|| damaged(bucket, ACL)),
    }
}

/// Who owns an object: where there are no ACLs the bucket's owner, whoever wrote it.
pub(crate) fn object_owner<'a>(
    bucket: &'a Bucket,
    ownership: Ownership,
    version: &'a ObjectVersion,
) -> &'a Owner {
    match &version.metadata.owner {
        Some(owner) if ownership.has_acls() => owner,
        _ => &bucket.owner,
    }
}

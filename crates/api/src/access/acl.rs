//! ACLs of requests: what their headers and documents ask for, and what a new object gets.

use bytes::Bytes;
use cairn_access::{Acl, Level, WantedAcl, accept_for_object};
use cairn_identity::Caller;
use cairn_objects::{Bucket, Metadata, ObjectVersion, Owner};
use cairn_protocol::S3Error;
use cairn_protocol::headers::{ACL, AclHeaders};
use http::HeaderMap;

use super::stored::{effective_block, object_owner, ownership};
use crate::Api;

/// Who will own an object, and its ACL.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewAccess {
    owner: Option<Owner>,
    acl: Vec<u8>,
}

impl NewAccess {
    /// What an upload by `caller` with these headers gets (facts/05 §8).
    ///
    /// # Errors
    /// Those of [`WantedAcl::from_headers`] and [`accept`].
    pub(crate) async fn read(
        api: &Api,
        bucket: &Bucket,
        caller: &Caller,
        headers: &HeaderMap,
    ) -> Result<Self, S3Error> {
        let ownership = ownership(bucket)?;
        let wanted = WantedAcl::from_headers(headers)?;
        if let Some(wanted) = &wanted {
            accept(api, bucket, wanted).await?;
        }
        if !ownership.has_acls() {
            return Ok(Self::default());
        }
        // What nobody signed has nobody to own it: it is the bucket owner's.
        let writer = caller.signer().map(|signer| Owner {
            account: signer.account.id.clone(),
            canonical: signer.account.canonical_user_id.clone(),
        });
        let owner = writer.filter(|writer| {
            writer.account != bucket.owner.account && ownership.gives_to_writer(wanted.as_ref())
        });
        let canonical = &owner.as_ref().unwrap_or(&bucket.owner).canonical;
        let acl = wanted.map(|wanted| wanted.acl(Level::Object, canonical, &bucket.owner.canonical));
        Ok(Self {
            acl: acl.map_or_else(Vec::new, |acl| encode(&acl, canonical)),
            owner,
        })
    }

    /// The metadata with both.
    pub(crate) fn of(self, metadata: Metadata) -> Metadata {
        Metadata {
            owner: self.owner,
            acl: self.acl,
            ..metadata
        }
    }
}

/// The ACL as an object has it: nothing where it is what every object has.
pub(crate) fn encode(acl: &Acl, owner: &cairn_types::CanonicalUserId) -> Vec<u8> {
    if acl.is_private_to(owner) {
        Vec::new()
    } else {
        acl.encode()
    }
}

/// Whether the bucket takes an ACL, for itself or an object of its.
///
/// # Errors
/// `AccessControlListNotSupported` where the bucket has no ACLs; `InvalidArgument` where it grants to an account
/// that is none; `AccessDenied` where it is public and BlockPublicAcls is on.
pub(crate) async fn accept(api: &Api, bucket: &Bucket, wanted: &WantedAcl) -> Result<(), S3Error> {
    accept_for_object(ownership(bucket)?, wanted, &bucket.owner.canonical)?;
    known(api, wanted).await?;
    if wanted.is_public() && effective_block(api, bucket).await?.block_public_acls {
        return Err(S3Error::access_denied());
    }
    Ok(())
}

/// Whether all accounts an ACL names are there.
///
/// # Errors
/// `InvalidArgument` "Invalid id".
pub(crate) async fn known(api: &Api, wanted: &WantedAcl) -> Result<(), S3Error> {
    for (id, form) in wanted.users() {
        let account = api.identity.account_by_canonical_user_id(id).await;
        let account = account.map_err(|error| {
            tracing::error!(%error, "an account cannot be looked up");
            S3Error::InternalError {}
        })?;
        if account.is_none() {
            return Err(form.invalid_id(id.as_str()));
        }
    }
    Ok(())
}

/// The ACL a PutBucketAcl or PutObjectAcl asks for, for a resource of `owner` (facts/05 §8).
///
/// # Errors
/// `MissingSecurityHeader` where neither headers nor a document ask for any, `UnexpectedContent` where both do;
/// those of [`WantedAcl`].
pub(crate) fn wanted(headers: &HeaderMap, document: &Bytes, owner: &Owner) -> Result<WantedAcl, S3Error> {
    match (AclHeaders::present(headers), document.is_empty()) {
        (true, false) => Err(S3Error::UnexpectedContent {}),
        (false, false) => WantedAcl::from_document(document, &owner.canonical),
        (_, true) => WantedAcl::from_headers(headers)?.ok_or_else(|| S3Error::MissingSecurityHeader {
            missing_header_name: ACL.to_owned(),
        }),
    }
}

/// The ACL of an object, and who owns it: what the decision reads, which knows by itself what a block takes from it.
///
/// # Errors
/// `InternalError` where what is stored is none.
pub(crate) fn object_acl<'a>(
    bucket: &'a Bucket,
    version: &'a ObjectVersion,
) -> Result<(&'a Owner, Acl), S3Error> {
    let ownership = ownership(bucket)?;
    let owner = object_owner(bucket, ownership, version);
    let stored = &version.metadata.acl;
    if !ownership.has_acls() || stored.is_empty() {
        return Ok((owner, Acl::private(&owner.canonical)));
    }
    let acl = Acl::decode(stored).ok_or_else(|| {
        tracing::error!(bucket = %bucket.name, key = %version.key, "the stored ACL of an object cannot be read");
        S3Error::InternalError {}
    })?;
    Ok((owner, acl))
}

/// The ACL in force of an object, and who owns it: what GetObjectAcl shows.
///
/// # Errors
/// Those of [`object_acl`] and [`effective_block`].
pub(crate) async fn shown<'a>(
    api: &Api,
    bucket: &'a Bucket,
    version: &'a ObjectVersion,
) -> Result<(&'a Owner, Acl), S3Error> {
    let (owner, acl) = object_acl(bucket, version)?;
    let hidden = acl.is_public() && effective_block(api, bucket).await?.ignore_public_acls;
    Ok((owner, if hidden { acl.without_public() } else { acl }))
}

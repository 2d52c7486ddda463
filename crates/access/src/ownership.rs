//! Object Ownership: who owns a new object, and whether an ACL is taken (facts/05 §8).

use cairn_protocol::S3Error;
use cairn_protocol::documents::ObjectOwnership;
use cairn_types::CanonicalUserId;

use crate::canned::CannedAcl;
use crate::wanted::WantedAcl;

/// A bucket's ownership controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// The bucket has these.
    Set(ObjectOwnership),
    /// They were deleted: as [`ObjectOwnership::ObjectWriter`], and GET finds none.
    Deleted,
}

impl Default for Ownership {
    /// What a bucket has that was never told otherwise.
    fn default() -> Self {
        Self::Set(ObjectOwnership::BucketOwnerEnforced)
    }
}

impl Ownership {
    /// What is in force.
    pub fn rule(self) -> ObjectOwnership {
        match self {
            Self::Set(ownership) => ownership,
            Self::Deleted => ObjectOwnership::ObjectWriter,
        }
    }

    /// Whether ACLs mean anything.
    pub fn has_acls(self) -> bool {
        self.rule() != ObjectOwnership::BucketOwnerEnforced
    }

    /// Whether an object written by another account with this ACL is the writer's; otherwise it is the bucket
    /// owner's.
    pub fn gives_to_writer(self, wanted: Option<&WantedAcl>) -> bool {
        match self.rule() {
            ObjectOwnership::BucketOwnerEnforced => false,
            ObjectOwnership::BucketOwnerPreferred => {
                wanted != Some(&WantedAcl::Canned(CannedAcl::BucketOwnerFullControl))
            }
            ObjectOwnership::ObjectWriter => true,
        }
    }

    /// The byte that is stored.
    pub fn to_byte(self) -> u8 {
        match self {
            Self::Set(ObjectOwnership::BucketOwnerEnforced) => 0,
            Self::Set(ObjectOwnership::BucketOwnerPreferred) => 1,
            Self::Set(ObjectOwnership::ObjectWriter) => 2,
            Self::Deleted => 3,
        }
    }

    /// Reads [`Self::to_byte`].
    pub fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            0 => Self::Set(ObjectOwnership::BucketOwnerEnforced),
            1 => Self::Set(ObjectOwnership::BucketOwnerPreferred),
            2 => Self::Set(ObjectOwnership::ObjectWriter),
            3 => Self::Deleted,
            _ => return None,
        })
    }
}

/// Whether a bucket takes this ACL for an object or for itself, once it is there.
///
/// # Errors
/// `AccessControlListNotSupported` where the bucket has no ACLs and this is another than
/// `bucket-owner-full-control` or what equals it.
pub fn accept_for_object(
    ownership: Ownership,
    wanted: &WantedAcl,
    bucket_owner: &CanonicalUserId,
) -> Result<(), S3Error> {
    if ownership.has_acls() || wanted.is_bucket_owner_full_control(bucket_owner) {
        Ok(())
    } else {
        Err(S3Error::AccessControlListNotSupported {})
    }
}

/// Whether a bucket can be made with this ACL.
///
/// # Errors
/// `InvalidBucketAclWithObjectOwnership` where it is to have no ACLs and this is not private.
pub fn accept_for_bucket(
    ownership: Ownership,
    wanted: &WantedAcl,
    owner: &CanonicalUserId,
) -> Result<(), S3Error> {
    let private =
        matches!(wanted, WantedAcl::Canned(CannedAcl::Private)) || wanted.is_bucket_owner_full_control(owner);
    if ownership.has_acls() || private {
        Ok(())
    } else {
        Err(S3Error::InvalidBucketAclWithObjectOwnership {})
    }
}

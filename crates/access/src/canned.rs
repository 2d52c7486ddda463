//! Canned ACLs: the words of `x-amz-acl`, and what each grants (facts/05 §8).

use cairn_types::CanonicalUserId;

use crate::acl::{Acl, Grant, Grantee, Group};
use crate::permission::{Level, Permission};

/// A canned ACL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CannedAcl {
    /// Nobody but the owner.
    Private,
    /// Everybody reads.
    PublicRead,
    /// Everybody reads and writes.
    PublicReadWrite,
    /// Amazon EC2 reads an image: there is no EC2 here, so nobody but the owner.
    AwsExecRead,
    /// Everybody who signs reads.
    AuthenticatedRead,
    /// The bucket's owner reads the object. On a bucket: as `private`.
    BucketOwnerRead,
    /// The bucket's owner has full control of the object. On a bucket: as `private`.
    BucketOwnerFullControl,
    /// The writer of access logs writes to the bucket. On an object: as `private`.
    LogDeliveryWrite,
}

impl CannedAcl {
    const ALL: [Self; 8] = [
        Self::Private,
        Self::PublicRead,
        Self::PublicReadWrite,
        Self::AwsExecRead,
        Self::AuthenticatedRead,
        Self::BucketOwnerRead,
        Self::BucketOwnerFullControl,
        Self::LogDeliveryWrite,
    ];

    /// The word of the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::PublicRead => "public-read",
            Self::PublicReadWrite => "public-read-write",
            Self::AwsExecRead => "aws-exec-read",
            Self::AuthenticatedRead => "authenticated-read",
            Self::BucketOwnerRead => "bucket-owner-read",
            Self::BucketOwnerFullControl => "bucket-owner-full-control",
            Self::LogDeliveryWrite => "log-delivery-write",
        }
    }

    /// What a word of the wire says.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|canned| canned.as_str() == word)
    }

    /// The ACL it is, on a resource of `owner` in a bucket of `bucket_owner`.
    pub fn acl(self, level: Level, owner: &CanonicalUserId, bucket_owner: &CanonicalUserId) -> Acl {
        let mut grants = vec![Grant::full_control(owner)];
        let mut bucket_owner_has = |permission| {
            if level == Level::Object && owner != bucket_owner {
                grants.push(Grant {
                    grantee: Grantee::User(bucket_owner.clone()),
                    permission,
                });
            }
        };
        match self {
            Self::Private | Self::AwsExecRead => {}
            Self::BucketOwnerRead => bucket_owner_has(Permission::Read),
            Self::BucketOwnerFullControl => bucket_owner_has(Permission::FullControl),
            Self::PublicRead => grants.push(Grant::to_group(Group::AllUsers, Permission::Read)),
            Self::PublicReadWrite => {
                grants.push(Grant::to_group(Group::AllUsers, Permission::Read));
                grants.push(Grant::to_group(Group::AllUsers, Permission::Write));
            }
            Self::AuthenticatedRead => {
                grants.push(Grant::to_group(Group::AuthenticatedUsers, Permission::Read));
            }
            Self::LogDeliveryWrite => {
                if level == Level::Bucket {
                    grants.push(Grant::to_group(Group::LogDelivery, Permission::Write));
                    grants.push(Grant::to_group(Group::LogDelivery, Permission::ReadAcp));
                }
            }
        }
        // At most three.
        Acl::new(grants).unwrap_or_else(|| Acl::private(owner))
    }
}

//! What a grant permits, and which actions that is.

use serde::{Deserialize, Serialize};

/// A permission of an ACL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Permission {
    /// All of the others.
    FullControl,
    /// Of a bucket: writing and deleting its objects. Of an object: nothing.
    Write,
    /// Changing the ACL.
    WriteAcp,
    /// Of a bucket: listing it. Of an object: reading it.
    Read,
    /// Reading the ACL.
    ReadAcp,
}

/// What an ACL is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A bucket.
    Bucket,
    /// An object.
    Object,
}

/// What each permission allows, by what it is granted on (facts/05 §8). FULL_CONTROL is all rows of its level.
/// DeleteObjectVersion is the bucket owner's alone and so in no row.
const ALLOWED: &[(Level, Permission, &[&str])] = &[
    (
        Level::Bucket,
        Permission::Read,
        &[
            "s3:ListBucket",
            "s3:ListBucketVersions",
            "s3:ListBucketMultipartUploads",
        ],
    ),
    (
        Level::Bucket,
        Permission::Write,
        &["s3:PutObject", "s3:DeleteObject"],
    ),
    (Level::Bucket, Permission::ReadAcp, &["s3:GetBucketAcl"]),
    (Level::Bucket, Permission::WriteAcp, &["s3:PutBucketAcl"]),
    (
        Level::Object,
        Permission::Read,
        &["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTorrent"],
    ),
    (
        Level::Object,
        Permission::ReadAcp,
        &["s3:GetObjectAcl", "s3:GetObjectVersionAcl"],
    ),
    (
        Level::Object,
        Permission::WriteAcp,
        &["s3:PutObjectAcl", "s3:PutObjectVersionAcl"],
    ),
];

impl Permission {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::FullControl,
        Self::Write,
        Self::WriteAcp,
        Self::Read,
        Self::ReadAcp,
    ];

    /// The word of the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FullControl => "FULL_CONTROL",
            Self::Write => "WRITE",
            Self::WriteAcp => "WRITE_ACP",
            Self::Read => "READ",
            Self::ReadAcp => "READ_ACP",
        }
    }

    /// What a word of the wire says.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|permission| permission.as_str() == word)
    }

    /// Whether the permission, granted on a bucket or an object, allows the action.
    pub fn allows(self, level: Level, action: &str) -> bool {
        ALLOWED.iter().any(|(on, permission, actions)| {
            *on == level && (self == Self::FullControl || self == *permission) && actions.contains(&action)
        })
    }
}

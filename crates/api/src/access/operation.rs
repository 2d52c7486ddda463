//! The actions an operation needs: its row's, and those that headers add (facts/05 §7).

use cairn_objects::Bucket;
use cairn_protocol::S3Error;
use cairn_protocol::headers::{ACL, GRANT_HEADERS};
use cairn_protocol::parameters;
use cairn_types::{BucketName, ObjectKey};
use http::HeaderMap;

use super::{Asking, Target};
use crate::table::{Action, Row};

/// When an operation needs another action beside its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Always.
    Always,
    /// The request has this header.
    Header(&'static str),
    /// The request has a header that asks for an ACL.
    AclHeaders,
}

impl When {
    fn holds(self, headers: &HeaderMap) -> bool {
        match self {
            Self::Always => true,
            Self::Header(name) => headers.contains_key(name),
            Self::AclHeaders => {
                headers.contains_key(ACL) || GRANT_HEADERS.iter().any(|(name, _)| headers.contains_key(*name))
            }
        }
    }
}

/// Another action that an operation needs.
#[derive(Debug, Clone, Copy)]
pub struct Extra {
    /// When.
    pub when: When,
    /// The action.
    pub action: Action,
}

impl Extra {
    /// An action that is needed with a header.
    pub(crate) const fn header(name: &'static str, action: &'static str) -> Self {
        Self {
            when: When::Header(name),
            action: Action::new(action),
        }
    }

    /// What an ACL in the headers needs.
    pub(crate) const fn acl(action: &'static str) -> Self {
        Self {
            when: When::AclHeaders,
            action: Action::new(action),
        }
    }

    /// What an upload needs for its ACL and its tags.
    pub(crate) const OF_UPLOADS: &'static [Self] = &[
        Self::acl("s3:PutObjectAcl"),
        Self::header("x-amz-tagging", "s3:PutObjectTagging"),
    ];
}

/// Whether the caller may do all that the operation needs.
///
/// # Errors
/// Those of [`Asking::allow`], for the first action that is not allowed.
pub(crate) async fn authorize(
    asking: &Asking<'_>,
    row: &Row,
    named: Option<&BucketName>,
    bucket: Option<&Bucket>,
    key: Option<&ObjectKey>,
) -> Result<(), S3Error> {
    // A version id that is none is the operation's to refuse.
    let version = parameters::version_id(asking.query).unwrap_or_default();
    let creates = row.handling.is_some_and(|handling| handling.creates_bucket);
    let target = match (named, bucket, key) {
        // The bucket of that name may be another account's: that is CreateBucket's answer to give.
        (Some(name), _, _) if creates => Target::NewBucket(name),
        (_, Some(bucket), Some(key)) => Target::Object(bucket, key, version),
        (_, Some(bucket), None) => Target::Bucket(bucket),
        (_, None, _) => Target::Account,
    };
    allow_all(asking, row.action, row.extra, target).await
}

/// Whether the caller may do an action and those that go with it.
///
/// # Errors
/// As [`authorize`].
pub(crate) async fn allow_all(
    asking: &Asking<'_>,
    action: Action,
    extra: &[Extra],
    target: Target<'_>,
) -> Result<(), S3Error> {
    asking.allow(action.of(asking.query), target).await?;
    for extra in extra {
        if extra.when.holds(asking.headers) {
            asking.allow(extra.action.of(asking.query), target).await?;
        }
    }
    Ok(())
}

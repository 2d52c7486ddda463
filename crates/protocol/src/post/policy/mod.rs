//! The policy of a form: what its signer allows (facts/04 §5).
//!
//! [`Policy::parse`] reads the document and refuses what is none; [`Policy::judge`] asks every condition,
//! also after one has failed, so that an explanation has all of them; the refusal is the first that S3 would
//! give: expired, then the conditions in the policy's order, then fields that no condition covers.

mod condition;
mod document;
mod judgement;
mod length;

pub use condition::CONDITIONS_MAX;
pub use judgement::{Because, Judged, Judgement};
pub use length::{LengthRange, POST_BYTES_MAX};

use cairn_types::{BucketName, Timestamp};

use self::condition::Condition;
use super::Fields;
use crate::S3Error;

/// A policy document.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    expires: Timestamp,
    conditions: Vec<Condition>,
}

impl Policy {
    /// The policy of a form; `None` where it has none, or an empty one, which no signature covers
    /// ([`Signature::read`](super::Signature::read)). An unsigned form's policy binds it all the same.
    ///
    /// # Errors
    /// Those of [`Policy::parse`].
    pub fn read(fields: &Fields) -> Result<Option<Self>, S3Error> {
        text(fields).map(Self::parse).transpose()
    }

    /// When it expires.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// Judges a form for this bucket. The fields are those with the file's name put in: the policy judges
    /// what is used.
    pub fn judge(&self, fields: &Fields, bucket: &BucketName, now: Timestamp) -> Judgement {
        judgement::judge(self, fields, bucket, now)
    }
}

/// The field's value, if there is one.
pub(super) fn text(fields: &Fields) -> Option<&str> {
    fields.get("policy").filter(|policy| !policy.is_empty())
}

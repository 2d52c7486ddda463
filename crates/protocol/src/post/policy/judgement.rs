//! What a policy says of a form, condition by condition, and the refusal that follows from it.

use std::collections::HashSet;
use std::fmt;

use cairn_types::{BucketName, Timestamp};
use serde::Serialize;

use super::condition::{Condition, Test};
use super::{LengthRange, Policy};
use crate::S3Error;
use crate::post::Fields;

/// Fields that no condition need cover: those that carry the policy and its signature, and the file
/// (facts/04 §5). The other fields of a V4 signature must be covered.
const UNCOVERED: [&str; 5] = ["awsaccesskeyid", "file", "policy", "signature", "x-amz-signature"];

/// Fields of this prefix need not be covered either.
const IGNORED_PREFIX: &str = "x-ignore-";

/// Why a condition holds or does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Because {
    /// The value is what the condition wants.
    Matches {
        /// The field's value.
        value: String,
    },
    /// The condition asks for the file's length, which is judged when the file has come
    /// ([`Judgement::length`]).
    Length,
    /// The condition names its field without `$`, and so none.
    NoDollar,
    /// The form has no such field before the file. An empty prefix needs the field as well: recorded of S3 many
    /// times (carrierwave_direct issue 63, s3_direct_upload issue 29).
    NoField {
        /// Its name, in lower case.
        field: String,
    },
    /// The value is another.
    Differs {
        /// The field's value.
        value: String,
    },
    /// The value, or one of the comma-separated ones of Content-Type, begins otherwise.
    BeginsOtherwise {
        /// The value that does.
        value: String,
    },
    /// A limit of the length is not a number.
    NoNumber,
}

impl Because {
    /// Whether the condition holds.
    pub fn holds(&self) -> bool {
        matches!(self, Self::Matches { .. } | Self::Length)
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Matches { value } => write!(f, "the form has {value:?}"),
            Self::Length => f.write_str("judged when the file has come"),
            Self::NoDollar => f.write_str("the field's name lacks its $, so the condition names no field"),
            Self::NoField { field } => {
                write!(f, "the form has no field {field} before the file")
            }
            Self::Differs { value } => write!(f, "the form has {value:?}; case and every character count"),
            Self::BeginsOtherwise { value } => write!(f, "the form has {value:?}, which begins otherwise"),
            Self::NoNumber => f.write_str("a limit is not a number"),
        }
    }
}

/// A condition, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// The condition, as refusals show it.
    pub condition: String,
    /// Why it holds or not.
    pub because: Because,
}

/// What a policy says of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// When the policy expires.
    pub expires: String,
    /// Whether that is over.
    pub expired: bool,
    /// The conditions, in the policy's order.
    pub conditions: Vec<Judged>,
    /// Fields that no condition covers, in the form's order; `bucket` comes first, which is none of the
    /// form's and must be covered all the same (facts/04 §5).
    pub extra: Vec<String>,
    /// How long the file may be.
    pub length: LengthRange,
}

impl Judgement {
    /// The refusal, in S3's order; `None` where the form is allowed, if the file's length is right.
    pub fn refusal(&self) -> Option<S3Error> {
        let refused = |reason: String| {
            Some(S3Error::AccessDenied {
                message: format!("Invalid according to Policy: {reason}"),
            })
        };
        if self.expired {
            return refused("Policy expired.".into());
        }
        if let Some(failed) = self.conditions.iter().find(|judged| !judged.because.holds()) {
            return refused(format!("Policy Condition failed: {}", failed.condition));
        }
        if !self.extra.is_empty() {
            return refused(format!("Extra input fields: {}", self.extra.join(", ")));
        }
        None
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let over = if self.expired { "expired" } else { "valid until" };
        writeln!(f, "{over} {}", self.expires)?;
        for Judged { condition, because } in &self.conditions {
            let verdict = if because.holds() { "holds" } else { "fails" };
            writeln!(f, "{verdict}  {condition}: {because}")?;
        }
        for field in &self.extra {
            writeln!(f, "fails  no condition covers the field {field}")?;
        }
        writeln!(
            f,
            "the file may have {} to {} bytes",
            self.length.min, self.length.max
        )
    }
}

pub(super) fn judge(policy: &Policy, fields: &Fields, bucket: &BucketName, now: Timestamp) -> Judgement {
    // The bucket is that of the address: a form's own field says nothing about it.
    let value = |field: &str| match field {
        "bucket" => Some(bucket.as_str()),
        _ => fields.get(field),
    };
    let mut covered = HashSet::new();
    let mut length = LengthRange::default();
    let mut conditions = Vec::with_capacity(policy.conditions.len());
    for condition in &policy.conditions {
        let because = match condition {
            Condition::Equal(test) => ask(test, value, |value| match value == test.text {
                true => None,
                false => Some(Because::Differs { value: value.into() }),
            }),
            Condition::StartsWith(test) => ask(test, value, |value| begins(test, value)),
            Condition::Length {
                limits: Some((min, max)),
                ..
            } => {
                length = length.within(*min, *max);
                Because::Length
            }
            Condition::Length { limits: None, .. } => Because::NoNumber,
        };
        if let Condition::Equal(test) | Condition::StartsWith(test) = condition {
            covered.extend(test.field());
        }
        conditions.push(Judged {
            condition: condition.text(),
            because,
        });
    }
    let names = fields
        .iter()
        .map(|(name, _)| name)
        .filter(|name| *name != "bucket");
    let extra = std::iter::once("bucket")
        .chain(names)
        .filter(|name| !UNCOVERED.contains(name) && !name.starts_with(IGNORED_PREFIX))
        .filter(|name| !covered.contains(*name))
        .map(str::to_owned)
        .collect();
    Judgement {
        expires: policy.expires.iso8601(),
        expired: now > policy.expires,
        conditions,
        extra,
        length,
    }
}

/// Finds the field's value and asks `fails` about it.
fn ask<'a>(
    test: &Test,
    value: impl Fn(&str) -> Option<&'a str>,
    fails: impl FnOnce(&'a str) -> Option<Because>,
) -> Because {
    let Some(field) = test.field() else {
        return Because::NoDollar;
    };
    let Some(value) = value(&field) else {
        return Because::NoField { field };
    };
    fails(value).unwrap_or_else(|| Because::Matches { value: value.into() })
}

/// Of a Content-Type with commas, every element must begin so (facts/04 §5).
fn begins(test: &Test, value: &str) -> Option<Because> {
    let wrong = if test.reference.eq_ignore_ascii_case("$content-type") {
        value
            .split(',')
            .map(str::trim_start)
            .find(|element| !element.starts_with(&test.text))
    } else {
        Some(value).filter(|value| !value.starts_with(&test.text))
    };
    wrong.map(|value| Because::BeginsOtherwise { value: value.into() })
}

//! The decision over a request to S3 (facts/05 §6, "S3 contexts", and §8).
//!
//! Policies decide by `cairn-policy`. S3 says what stands at the resource: whose it is, the bucket's policy, the
//! ACL, and what Block Public Access takes away from both.
//!
//! 1. A bucket that has a public policy under RestrictPublicBuckets is its owner's account's alone.
//! 2. An object that another account owns is that account's: of the bucket's policy only the Denies count, and
//!    the object's ACL grants. All else is the bucket owner's: the bucket's policy and ACLs grant.
//! 3. Grants of ACLs to everybody count for nothing under IgnorePublicAcls.

mod explanation;
#[cfg(test)]
mod tests;

use cairn_policy::{Layers, Named, Quoting, ResourceSide};
use cairn_types::{AccountId, CanonicalUserId};
use serde::{Deserialize, Serialize};

pub use self::explanation::{AclReport, AclSays, Explanation, explain};
use crate::acl::{Acl, Grantee};
use crate::permission::Level;
use crate::public_access::PublicAccessBlock;

/// What is asked: [`cairn_policy::Question`], but for the account of the resource, which the [`Sides`] tell.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Who asks.
    pub principal: &'a cairn_policy::Principal,
    /// The canonical user id of the caller's account; `None` for nobody.
    pub canonical_user_id: Option<&'a CanonicalUserId>,
    /// `s3:GetObject`.
    pub action: &'a str,
    /// The ARN of a bucket or an object, or `*`.
    pub resource: &'a str,
    /// What else is known.
    pub context: &'a cairn_policy::Context<'a>,
}

/// A bucket's policy.
#[derive(Debug, Clone, Copy)]
pub struct BucketPolicy<'a> {
    /// The policy, and what explanations call it.
    pub named: Named<'a>,
    /// Whether it is public ([`cairn_policy::is_public`]).
    pub public: bool,
}

/// What stands at a bucket.
#[derive(Debug, Clone, Copy)]
pub struct BucketSide<'a> {
    /// Its owner.
    pub owner: &'a AccountId,
    /// Its policy.
    pub policy: Option<BucketPolicy<'a>>,
    /// Its ACL; `None` where there are no ACLs (BucketOwnerEnforced).
    pub acl: Option<&'a Acl>,
    /// What is blocked, of the bucket and the account together.
    pub block: PublicAccessBlock,
}

/// What stands at an object that is there, where there are ACLs; without them an object is as its bucket.
#[derive(Debug, Clone, Copy)]
pub struct ObjectSide<'a> {
    /// Its owner.
    pub owner: &'a AccountId,
    /// Its ACL.
    pub acl: &'a Acl,
}

/// What stands at the resource of a question.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sides<'a> {
    /// The bucket; `None` where the question is about none.
    pub bucket: Option<BucketSide<'a>>,
    /// The object, where the question is about one that is there ([`is_about_object`]).
    pub object: Option<ObjectSide<'a>>,
}

/// The step that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because<'a> {
    /// The policies, with what ACLs grant.
    Policies(cairn_policy::Because<'a>),
    /// The bucket's policy is public, and RestrictPublicBuckets keeps everybody but the owner's account out.
    RestrictPublicBuckets,
}

impl Because<'_> {
    /// The same with texts of its own.
    pub fn into_owned(self) -> Because<'static> {
        match self {
            Self::Policies(because) => Because::Policies(because.into_owned()),
            Self::RestrictPublicBuckets => Because::RestrictPublicBuckets,
        }
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<'a> {
    /// Whether the action is allowed.
    pub allowed: bool,
    /// Why.
    pub because: Because<'a>,
    denial: Option<String>,
}

impl Decision<'_> {
    /// The `Message` of the refusal (facts/05 §6): to callers of the account that owns both bucket and object it tells
    /// what they lack, to all others nothing.
    pub fn denial(&self) -> &str {
        self.denial.as_deref().unwrap_or("Access Denied")
    }

    /// Whether some policy says no, which nothing else can make good.
    pub fn is_explicit_deny(&self) -> bool {
        matches!(
            self.because,
            Because::Policies(cairn_policy::Because::ExplicitDeny(_)) | Because::RestrictPublicBuckets
        )
    }
}

/// Actions about an object that is there, whose owner and ACL have a say. Writing and deleting are about the
/// bucket: its owner may always delete (facts/05 §6).
const ABOUT_OBJECTS: &[&str] = &[
    "s3:DeleteObjectTagging",
    "s3:DeleteObjectVersionTagging",
    "s3:GetObject",
    "s3:GetObjectAcl",
    "s3:GetObjectAttributes",
    "s3:GetObjectLegalHold",
    "s3:GetObjectRetention",
    "s3:GetObjectTagging",
    "s3:GetObjectTorrent",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionAttributes",
    "s3:GetObjectVersionTagging",
    "s3:PutObjectAcl",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionAcl",
    "s3:PutObjectVersionTagging",
    "s3:RestoreObject",
];

/// Whether the action is about an object that is there.
pub fn is_about_object(action: &str) -> bool {
    ABOUT_OBJECTS.contains(&action)
}

/// The ACL that has a say, and on what it is.
fn acl<'a>(sides: &Sides<'a>) -> Option<(Level, &'a Acl)> {
    match (sides.object, sides.bucket) {
        (Some(object), _) => Some((Level::Object, object.acl)),
        (None, Some(bucket)) => bucket.acl.map(|acl| (Level::Bucket, acl)),
        (None, None) => None,
    }
}

/// What the ACL grants. A group that everybody is in names the caller itself, its account only the account.
fn grant(question: &Question<'_>, sides: &Sides<'_>) -> Option<cairn_policy::Grant> {
    let (level, acl) = acl(sides)?;
    let ignored = sides.bucket.is_some_and(|bucket| bucket.block.ignore_public_acls);
    acl.grants_for(question.canonical_user_id, level, question.action)
        .filter(|grant| !(ignored && grant.is_public()))
        .map(|grant| match grant.grantee {
            Grantee::User(_) => cairn_policy::Grant::Account,
            Grantee::Group(_) => cairn_policy::Grant::Everybody,
        })
        .max_by_key(|grant| *grant == cairn_policy::Grant::Everybody)
}

/// Whether RestrictPublicBuckets keeps the caller out.
fn is_restricted(question: &Question<'_>, sides: &Sides<'_>) -> bool {
    sides.bucket.is_some_and(|bucket| {
        bucket.block.restrict_public_buckets
            && bucket.policy.is_some_and(|policy| policy.public)
            && question.principal.account() != Some(bucket.owner)
    })
}

/// The question and the layers, as `cairn-policy` takes them.
fn posed<'a, 'q>(
    question: &Question<'q>,
    layers: &Layers<'a>,
    sides: &Sides<'a>,
) -> (cairn_policy::Question<'q>, Layers<'a>)
where
    'a: 'q,
{
    let bucket_owner = sides.bucket.map(|bucket| bucket.owner);
    let owner = sides.object.map(|object| object.owner).or(bucket_owner);
    let resource = ResourceSide {
        policy: sides
            .bucket
            .and_then(|bucket| bucket.policy)
            .map(|policy| policy.named),
        only_denies: owner != bucket_owner,
        grant: grant(question, sides),
        ..ResourceSide::default()
    };
    let question = cairn_policy::Question {
        principal: question.principal,
        canonical_user_id: question.canonical_user_id,
        action: question.action,
        resource: question.resource,
        context: question.context,
        resource_account: owner,
    };
    (question, Layers { resource, ..*layers })
}

/// Decides. Of `layers` the caller's own count; what stands at the resource is of `sides`.
pub fn decide<'a>(question: &Question<'a>, layers: &Layers<'a>, sides: &Sides<'a>) -> Decision<'a> {
    if is_restricted(question, sides) {
        return Decision {
            allowed: false,
            because: Because::RestrictPublicBuckets,
            denial: None,
        };
    }
    // What another account's bucket says is nobody's business, even the owner's of an object in it.
    let own_bucket = sides
        .bucket
        .is_none_or(|bucket| question.principal.account() == Some(bucket.owner));
    let (question, layers) = posed(question, layers, sides);
    let decision = cairn_policy::decide(&question, &layers);
    let denial = (!decision.allowed && own_bucket).then(|| decision.denial(&question, Quoting::S3));
    Decision {
        allowed: decision.allowed,
        because: Because::Policies(decision.because),
        denial,
    }
}

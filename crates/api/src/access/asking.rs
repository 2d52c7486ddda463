//! The question whether a request may do something, asked of everything that has a say.
//!
//! What is needed for the answer is gathered here and no more of it than has a say: of most requests of a bucket
//! owner's root user, to a bucket without policy and ACLs, nothing at all.

use std::borrow::Cow;

use cairn_access::{Decision, Question, Sides, decide, is_about_object};
use cairn_identity::Caller;
use cairn_objects::{Bucket, ObjectVersion};
use cairn_protocol::S3Error;
use cairn_protocol::query::Query;
use cairn_types::{BucketName, ObjectKey, RegionName, TagSet, VersionId};
use http::HeaderMap;

use super::caller::Asker;
use super::gathered::{Gathered, Known, Lookup};
use super::stored::{POLICY, ownership};
use super::{Decided, Noted, Sender, conditions};
use crate::Api;

/// A request, as far as it matters for what it may do.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    /// The deployment.
    pub(crate) api: &'a Api,
    /// Who asks.
    pub(crate) caller: &'a Caller,
    /// Where decisions are noted for the journal, if there is one.
    pub(crate) decided: Option<&'a Decided>,
    /// How the request came.
    pub(crate) sender: Sender,
    /// The region that answers.
    pub(crate) facility: &'a RegionName,
    /// Its headers; of a form the fields that are headers of PutObject.
    pub(crate) headers: &'a HeaderMap,
    /// Its query.
    pub(crate) query: &'a Query,
    /// The tags its document has, where it is one of tags.
    pub(crate) tags: Option<&'a TagSet>,
    /// The location its document asks for, where it is CreateBucket's.
    pub(crate) location: Option<&'a str>,
}

/// What an action is to be done with.
#[derive(Clone, Copy)]
pub(crate) enum Target<'a> {
    /// No bucket: what there is belongs to the caller's account.
    Account,
    /// A bucket that is to be made.
    NewBucket(&'a BucketName),
    /// A bucket.
    Bucket(&'a Bucket),
    /// An object, there or not.
    Object(&'a Bucket, &'a ObjectKey, Option<VersionId>),
}

impl<'a> Target<'a> {
    /// The bucket it is in, or is.
    pub(crate) fn bucket(self) -> Option<&'a Bucket> {
        match self {
            Self::Account | Self::NewBucket(_) => None,
            Self::Bucket(bucket) | Self::Object(bucket, ..) => Some(bucket),
        }
    }

    /// As policies name it.
    pub(crate) fn arn(self) -> Cow<'static, str> {
        match self {
            Self::Account => "*".into(),
            Self::NewBucket(name) => format!("arn:aws:s3:::{name}").into(),
            Self::Bucket(bucket) => format!("arn:aws:s3:::{}", bucket.name).into(),
            Self::Object(bucket, key, _) => format!("arn:aws:s3:::{}/{key}", bucket.name).into(),
        }
    }
}

/// Actions on its bucket's policy that nothing takes from the owner's root user, not even a policy that cannot be
/// read.
const POLICY_ACTIONS: [&str; 3] = [
    "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
];

impl<'a> Asking<'a> {
    /// Whether the caller is the root user of the bucket's account and nothing stored at the bucket can keep it
    /// from the action: decided without asking anything.
    fn is_own_root(&self, action: &str, target: Target<'_>) -> Result<bool, S3Error> {
        let signer = self.caller.signer().filter(|signer| signer.principal.is_root());
        let Some(signer) = signer else {
            return Ok(false);
        };
        let Some(bucket) = target.bucket() else {
            return Ok(true);
        };
        if bucket.owner.account != signer.account.id {
            return Ok(false);
        }
        if POLICY_ACTIONS.contains(&action) {
            return Ok(true);
        }
        if bucket.documents.contains_key(POLICY) {
            return Ok(false);
        }
        Ok(!is_about_object(action) || !ownership(bucket)?.has_acls())
    }

    /// Whether the action is allowed.
    ///
    /// # Errors
    /// `AccessDenied` in the words that are due to the caller (facts/05 §6); `InternalError` or `SlowDown` where
    /// what has a say cannot be read.
    pub(crate) async fn allow(&self, action: &str, target: Target<'_>) -> Result<(), S3Error> {
        if self.is_own_root(action, target)? {
            return Ok(());
        }
        let gathered = Gathered::at(self.api, self.caller, action, target, Lookup::WhereItHasASay).await?;
        let asked = Asked {
            action,
            target,
            missing: matches!(gathered.known, Known::Missing),
        };
        let Some(bucket) = target.bucket().filter(|_| asked.missing) else {
            return self
                .decide(asked, &gathered.sides(), gathered.version())
                .map_err(|refused| refused.error);
        };
        // Whoever may list the bucket may know that the object is not there: the operation says so. All others
        // are told no more than that they may not (facts/05 §6).
        let sides = gathered.sides();
        let quietly = Self {
            decided: None,
            ..*self
        };
        if let Err(refused) = quietly.decide(asked, &sides, None) {
            let listing = quietly.decide(listing(bucket), &sides, None);
            if listing.is_ok() && !refused.explicit {
                return Ok(());
            }
        }
        self.decide(asked, &sides, None).map_err(|refused| refused.error)
    }

    fn decide(
        &self,
        asked: Asked<'_>,
        sides: &Sides<'_>,
        version: Option<&ObjectVersion>,
    ) -> Result<(), Refused> {
        let Asked { action, target, .. } = asked;
        let asker = Asker::of(self.caller);
        let mut context = conditions::global(self);
        conditions::of_request(self, action, &mut context);
        conditions::of_target(target, version, &mut context);
        let resource = target.arn();
        let question = Question {
            principal: asker.principal,
            canonical_user_id: asker.canonical_user_id,
            action,
            resource: &resource,
            context: &context,
        };
        let layers = asker.layers();
        let decision: Decision<'_> = decide(&question, &layers, sides);
        if !decision.allowed {
            tracing::debug!(action, %resource, because = ?decision.because, "denied");
        }
        let outcome = if decision.allowed {
            Ok(())
        } else {
            Err(Refused {
                explicit: decision.is_explicit_deny(),
                error: S3Error::AccessDenied {
                    message: decision.denial().to_owned(),
                },
            })
        };
        if let Some(decided) = self.decided {
            let session = self.caller.signer().and_then(|signer| signer.session.as_ref());
            decided.note(Noted {
                principal: asker.principal,
                session,
                action,
                resource: &resource,
                resource_account: None,
                context: &context,
                allowed: decision.allowed,
                because: decision.because,
                missing: asked.missing,
            });
        }
        outcome
    }

    /// Whether the caller may know that an object is not there.
    ///
    /// # Errors
    /// As [`Self::allow`]: `AccessDenied` that names `s3:ListBucket` and the bucket (facts/05 §6).
    pub(crate) async fn may_know(&self, bucket: &Bucket) -> Result<(), S3Error> {
        let asked = listing(bucket);
        if self.is_own_root(asked.action, asked.target)? {
            return Ok(());
        }
        let lookup = Lookup::WhereItHasASay;
        let gathered = Gathered::at(self.api, self.caller, asked.action, asked.target, lookup).await?;
        self.decide(asked, &gathered.sides(), None)
            .map_err(|refused| refused.error)
    }
}

/// One question of a request.
#[derive(Clone, Copy)]
struct Asked<'a> {
    action: &'a str,
    target: Target<'a>,
    /// Whether it is about an object that is not there.
    missing: bool,
}

/// The question whether an object that is not there may be known not to be.
fn listing(bucket: &Bucket) -> Asked<'_> {
    Asked {
        action: "s3:ListBucket",
        target: Target::Bucket(bucket),
        missing: true,
    }
}

/// A denial.
struct Refused {
    explicit: bool,
    error: S3Error,
}

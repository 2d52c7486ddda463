//! The question whether a request may do something, asked of everything that has a say.
//!
//! What is needed for the answer is gathered here and no more of it than has a say: of most requests of a bucket
//! owner's root user, to a bucket without policy and ACLs, nothing at all.

use std::borrow::Cow;
use std::sync::Arc;

use cairn_access::{
    Acl, BucketPolicy, BucketSide, Decision, ObjectSide, PublicAccessBlock, Question, Sides, decide,
    is_about_object,
};
use cairn_identity::Caller;
use cairn_objects::{Bucket, Error, Found, ObjectVersion, Owner};
use cairn_policy::Named;
use cairn_protocol::S3Error;
use cairn_protocol::query::Query;
use cairn_types::{BucketName, ObjectKey, RegionName, TagSet, VersionId};
use http::HeaderMap;

use super::caller::Asker;
use super::policies::Compiled;
use super::stored::{POLICY, bucket_acl, effective_block, ownership};
use super::{Sender, conditions, shown};
use crate::Api;
use crate::refusal::{Subject, wire_error};

/// A request, as far as it matters for what it may do.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    /// The deployment.
    pub(crate) api: &'a Api,
    /// Who asks.
    pub(crate) caller: &'a Caller,
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
    fn bucket(self) -> Option<&'a Bucket> {
        match self {
            Self::Account | Self::NewBucket(_) => None,
            Self::Bucket(bucket) | Self::Object(bucket, ..) => Some(bucket),
        }
    }

    fn arn(self) -> Cow<'static, str> {
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

/// Whether an object's own owner and ACL, or its tags, may have a say, and what is known of it.
enum Known {
    /// They have none.
    NotAsked,
    /// The version.
    Version(Box<ObjectVersion>),
    /// There is none.
    Missing,
}

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
        let Some(bucket) = target.bucket() else {
            return self.decided(action, target, &Sides::default(), None);
        };
        let stands = Standing::read(self.api, bucket).await?;
        let known = self.known(action, target, &stands).await?;
        match &known {
            Known::NotAsked => self.decided(action, target, &stands.sides(bucket), None),
            Known::Version(version) => {
                let (owner, acl) = shown(self.api, bucket, version).await?;
                let sides = stands.with_object(bucket, owner, &acl);
                self.decided(action, target, &sides, Some(version))
            }
            // Whoever may list the bucket may know that the object is not there: the operation says so. All others
            // are told no more than that they may not (facts/05 §6).
            Known::Missing => {
                let sides = stands.sides(bucket);
                let refused = match self.decide(action, target, &sides, None) {
                    Ok(()) => return Ok(()),
                    Err(refused) => refused,
                };
                let listing = self.decide("s3:ListBucket", Target::Bucket(bucket), &sides, None);
                match listing {
                    Ok(()) if !refused.explicit => Ok(()),
                    _ => Err(refused.error),
                }
            }
        }
    }

    /// The object, where it has a say.
    async fn known(&self, action: &str, target: Target<'_>, stands: &Standing) -> Result<Known, S3Error> {
        let Target::Object(bucket, key, version) = target else {
            return Ok(Known::NotAsked);
        };
        let asks_tags = stands.policy.as_ref().is_some_and(|policy| policy.asks_tags)
            || Asker::of(self.caller).asks_tags();
        if !is_about_object(action) || !(stands.acl.is_some() || asks_tags) {
            return Ok(Known::NotAsked);
        }
        match self.api.objects.find(bucket, key, version).await {
            Ok(Found::Object(version)) => Ok(Known::Version(version)),
            Ok(Found::DeleteMarker(_)) => Ok(Known::Missing),
            // Nor is a version whose id is none: the operation refuses it.
            Err(Error::NoSuchKey | Error::NoSuchVersion | Error::InvalidVersionId) => Ok(Known::Missing),
            Err(error) => Err(wire_error(error, Subject::default())),
        }
    }

    fn decided(
        &self,
        action: &str,
        target: Target<'_>,
        sides: &Sides<'_>,
        version: Option<&ObjectVersion>,
    ) -> Result<(), S3Error> {
        self.decide(action, target, sides, version)
            .map_err(|refused| refused.error)
    }

    fn decide(
        &self,
        action: &str,
        target: Target<'_>,
        sides: &Sides<'_>,
        version: Option<&ObjectVersion>,
    ) -> Result<(), Refused> {
        let asker = Asker::of(self.caller);
        let mut context = conditions::global(self);
        conditions::of_request(self, action, &mut context);
        if let Target::Object(_, _, Some(id)) = target {
            context.set("s3:VersionId", id.to_string());
        }
        if let Some(version) = version {
            conditions::of_object(version, &mut context);
        }
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
        if decision.allowed {
            return Ok(());
        }
        tracing::debug!(action, %resource, because = ?decision.because, "denied");
        Err(Refused {
            explicit: decision.is_explicit_deny(),
            error: S3Error::AccessDenied {
                message: decision.denial().to_owned(),
            },
        })
    }

    /// Whether the caller may know that an object is not there.
    ///
    /// # Errors
    /// As [`Self::allow`]: `AccessDenied` that names `s3:ListBucket` and the bucket (facts/05 §6).
    pub(crate) async fn may_know(&self, bucket: &Bucket) -> Result<(), S3Error> {
        self.allow("s3:ListBucket", Target::Bucket(bucket)).await
    }
}

/// A denial.
struct Refused {
    explicit: bool,
    error: S3Error,
}

/// What stands at a bucket.
struct Standing {
    policy: Option<Arc<Compiled>>,
    /// `None` where there are no ACLs.
    acl: Option<Acl>,
    block: PublicAccessBlock,
}

impl Standing {
    async fn read(api: &Api, bucket: &Bucket) -> Result<Self, S3Error> {
        Ok(Self {
            policy: api.policies.of(bucket)?,
            acl: if ownership(bucket)?.has_acls() {
                Some(bucket_acl(bucket)?)
            } else {
                None
            },
            block: effective_block(api, bucket).await?,
        })
    }

    fn sides<'s>(&'s self, bucket: &'s Bucket) -> Sides<'s> {
        Sides {
            bucket: Some(BucketSide {
                owner: &bucket.owner.account,
                policy: self.policy.as_deref().map(|compiled| BucketPolicy {
                    named: Named {
                        source: bucket.name.as_str(),
                        policy: &compiled.policy,
                    },
                    public: compiled.public,
                }),
                acl: self.acl.as_ref(),
                block: self.block,
            }),
            object: None,
        }
    }

    fn with_object<'s>(&'s self, bucket: &'s Bucket, owner: &'s Owner, acl: &'s Acl) -> Sides<'s> {
        let object = ObjectSide {
            owner: &owner.account,
            acl,
        };
        Sides {
            // Without ACLs the object is as its bucket.
            object: self.acl.is_some().then_some(object),
            ..self.sides(bucket)
        }
    }
}

//! What has a say about an action at a bucket or an object: gathered for a decision, and for its explanation.

use std::sync::Arc;

use cairn_access::{Acl, BucketPolicy, BucketSide, ObjectSide, PublicAccessBlock, Sides, is_about_object};
use cairn_identity::Caller;
use cairn_objects::{Bucket, Error, Found, ObjectVersion, Owner};
use cairn_policy::Named;
use cairn_protocol::S3Error;

use super::acl::object_acl;
use super::asking::Target;
use super::policies::Compiled;
use super::stored::{bucket_acl, effective_block, ownership};
use crate::Api;
use crate::refusal::{Subject, wire_error};

/// Whether an object's own owner and ACL, or its tags, may have a say, and what is known of it.
pub(crate) enum Known {
    /// They have none.
    NotAsked,
    /// The version.
    Version(Box<ObjectVersion>),
    /// There is none.
    Missing,
}

/// When an object is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// Where its owner, ACL or tags may have a say.
    WhereItHasASay,
    /// Whenever the action is about one: an explanation tells whether it is there.
    Always,
}

/// All that has a say at the target.
pub(crate) struct Gathered<'b> {
    at: Option<(&'b Bucket, Standing)>,
    object: Option<(Owner, Acl)>,
    /// The object.
    pub(crate) known: Known,
}

/// What stands at a bucket.
struct Standing {
    policy: Option<Arc<Compiled>>,
    /// `None` where there are no ACLs.
    acl: Option<Acl>,
    block: PublicAccessBlock,
}

impl<'b> Gathered<'b> {
    /// Gathers it.
    ///
    /// # Errors
    /// `InternalError` or `SlowDown` where what has a say cannot be read.
    pub(crate) async fn at(
        api: &Api,
        caller: &Caller,
        action: &str,
        target: Target<'b>,
        lookup: Lookup,
    ) -> Result<Self, S3Error> {
        let Some(bucket) = target.bucket() else {
            return Ok(Self {
                at: None,
                object: None,
                known: Known::NotAsked,
            });
        };
        let stands = Standing {
            policy: api.policies.of(bucket)?,
            acl: if ownership(bucket)?.has_acls() {
                Some(bucket_acl(bucket)?)
            } else {
                None
            },
            block: effective_block(api, bucket).await?,
        };
        let asked = lookup == Lookup::Always
            || stands.acl.is_some()
            || stands
                .policy
                .as_ref()
                .is_some_and(|compiled| compiled.policy.asks_object_tags())
            || caller
                .signer()
                .is_some_and(|signer| signer.permissions.asks_object_tags());
        let known = if asked && is_about_object(action) {
            find(api, target).await?
        } else {
            Known::NotAsked
        };
        let object = match &known {
            // Without ACLs the object is as its bucket.
            Known::Version(version) if stands.acl.is_some() => {
                let (owner, acl) = object_acl(bucket, version)?;
                Some((owner.clone(), acl))
            }
            _ => None,
        };
        Ok(Self {
            at: Some((bucket, stands)),
            object,
            known,
        })
    }

    /// The version that is there, where that was asked.
    pub(crate) fn version(&self) -> Option<&ObjectVersion> {
        match &self.known {
            Known::Version(version) => Some(version),
            Known::NotAsked | Known::Missing => None,
        }
    }

    /// As the decision takes it.
    pub(crate) fn sides(&self) -> Sides<'_> {
        let Some((bucket, stands)) = &self.at else {
            return Sides::default();
        };
        Sides {
            bucket: Some(BucketSide {
                owner: &bucket.owner.account,
                policy: stands.policy.as_deref().map(|compiled| BucketPolicy {
                    named: Named {
                        source: bucket.name.as_str(),
                        policy: &compiled.policy,
                    },
                    public: compiled.public,
                }),
                acl: stands.acl.as_ref(),
                block: stands.block,
            }),
            object: self.object.as_ref().map(|(owner, acl)| ObjectSide {
                owner: &owner.account,
                acl,
            }),
        }
    }

    /// The same of the bucket alone, for another question than the one it was gathered for.
    pub(crate) fn bucket_sides(&self) -> Sides<'_> {
        Sides {
            object: None,
            ..self.sides()
        }
    }
}

async fn find(api: &Api, target: Target<'_>) -> Result<Known, S3Error> {
    let Target::Object(bucket, key, version) = target else {
        return Ok(Known::NotAsked);
    };
    match api.objects.find(bucket, key, version).await {
        Ok(Found::Object(version)) => Ok(Known::Version(version)),
        Ok(Found::DeleteMarker(_)) => Ok(Known::Missing),
        // Nor is a version whose id is none: the operation refuses it.
        Err(Error::NoSuchKey | Error::NoSuchVersion | Error::InvalidVersionId) => Ok(Known::Missing),
        Err(error) => Err(wire_error(error, Subject::default())),
    }
}

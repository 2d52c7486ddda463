//! What an explanation says, beside the policies' own.

use cairn_access::{AclReport, Because, Ownership, PublicAccessBlock};
use cairn_identity::{NamedPermissions, Permissions};
use cairn_policy::{Layers, ResourceSide};
use cairn_types::{AccountId, BucketName};
use serde::Serialize;

use super::advice;
use super::who::Party;
use super::{Asked, ExplainError, S3Place};
use crate::Api;
use crate::access::{Gathered, Known, account_block, bucket_block, ownership};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallerReport {
    /// The ARN; `anonymous` for nobody.
    pub arn: String,
    /// `User`, `AssumedRole` and the like: `aws:PrincipalType`.
    pub kind: &'static str,
    /// The account.
    pub account: Option<AccountId>,
    /// The identity policies that have a say.
    pub policies: Vec<String>,
    /// The permissions boundary.
    pub boundary: Option<String>,
    /// The session policies; `None` where none bound the caller.
    pub session_policies: Option<usize>,
}

/// The flags of a Block Public Access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BlockReport {
    /// BlockPublicAcls.
    pub block_public_acls: bool,
    /// IgnorePublicAcls.
    pub ignore_public_acls: bool,
    /// BlockPublicPolicy.
    pub block_public_policy: bool,
    /// RestrictPublicBuckets.
    pub restrict_public_buckets: bool,
}

impl From<PublicAccessBlock> for BlockReport {
    fn from(block: PublicAccessBlock) -> Self {
        Self {
            block_public_acls: block.block_public_acls,
            ignore_public_acls: block.ignore_public_acls,
            block_public_policy: block.block_public_policy,
            restrict_public_buckets: block.restrict_public_buckets,
        }
    }
}

/// Whether the object is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectReport {
    /// It is.
    There,
    /// It is not, and whether the caller may know that, because it may list the bucket.
    Missing {
        /// Whether it may.
        told: bool,
    },
}

/// The bucket a question is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BucketReport {
    /// Its name.
    pub name: BucketName,
    /// Its owner; `None` where there is no such bucket.
    pub owner: Option<AccountId>,
    /// Its Object Ownership.
    pub ownership: Option<&'static str>,
    /// Whether it has a policy.
    pub has_policy: bool,
    /// Its own Block Public Access; `None` where it has none.
    pub block: Option<BlockReport>,
    /// Its account's.
    pub account_block: Option<BlockReport>,
    /// The object, where the action is about one that is there.
    pub object: Option<ObjectReport>,
}

/// Why something is allowed or denied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessExplanation {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The step that decided, of those that policies and ACLs take.
    pub because: Because<'static>,
    /// Why, in a sentence.
    pub text: String,
    /// Who asks.
    pub caller: CallerReport,
    /// The bucket, in questions about one.
    pub bucket: Option<BucketReport>,
    /// The ACL, in questions about S3.
    pub acl: Option<AclReport>,
    /// Whether the object is another account's than the bucket: then of the bucket's policy only Denies count.
    pub object_of_another_account: bool,
    /// Whether the bucket's policy is public.
    pub public_policy: bool,
    /// Every policy, statement by statement.
    pub policies: cairn_policy::Explanation,
    /// Condition keys that statements about this action and resource ask for, and that nobody gave.
    pub not_given: Vec<String>,
    /// What else there is to know.
    pub notes: Vec<String>,
    /// What would allow it, or has to be known to know that.
    pub advice: Vec<String>,
}

impl CallerReport {
    pub(super) fn of(party: &Party) -> Self {
        let signer = party.caller.signer();
        let named: Option<NamedPermissions<'_>> =
            signer.map(|signer| Permissions::named(&signer.permissions));
        let layers = match &named {
            Some(named) => named.layers(ResourceSide::default()),
            None => Layers::default(),
        };
        Self {
            arn: party.principal.arn(),
            kind: party.principal.kind(),
            account: party.principal.account().cloned(),
            policies: layers
                .identity
                .iter()
                .map(|policy| policy.source.to_owned())
                .collect(),
            boundary: layers.boundary.map(|policy| policy.source.to_owned()),
            session_policies: layers.session.map(<[_]>::len),
        }
    }
}

impl AccessExplanation {
    pub(super) fn in_s3(
        caller: CallerReport,
        bucket: Option<BucketReport>,
        found: cairn_access::Explanation,
        asked: &Asked<'_>,
    ) -> Self {
        let mut explanation = Self {
            bucket,
            acl: Some(found.acl),
            object_of_another_account: found.object_of_another_account,
            public_policy: found.public_policy,
            allowed: found.allowed,
            text: found.text,
            ..Self::by_policies(caller, found.because, found.policies, asked)
        };
        explanation.advice = advice::of(&explanation);
        explanation.notes = advice::notes(&explanation);
        explanation
    }

    pub(super) fn by_policies(
        caller: CallerReport,
        because: Because<'static>,
        policies: cairn_policy::Explanation,
        asked: &Asked<'_>,
    ) -> Self {
        let mut explanation = Self {
            allowed: policies.verdict.allowed,
            because,
            text: policies.verdict.text.clone(),
            caller,
            bucket: None,
            acl: None,
            object_of_another_account: false,
            public_policy: false,
            not_given: if asked.whole {
                Vec::new()
            } else {
                advice::not_given(&policies)
            },
            policies,
            notes: Vec::new(),
            advice: Vec::new(),
        };
        explanation.advice = advice::of(&explanation);
        explanation
    }

    /// It is refused whatever policies say.
    pub(super) fn refuse(&mut self, text: String) {
        self.allowed = false;
        self.text = text;
        self.advice.clear();
    }

    /// It is allowed whatever policies say.
    pub(super) fn allow(&mut self, text: String) {
        self.allowed = true;
        self.text = text;
        self.advice.clear();
    }
}

impl Api {
    /// What is told of a bucket; `listing`: whether the caller may list it, where the object is not there.
    pub(super) async fn bucket_report(
        &self,
        place: &S3Place,
        gathered: &Gathered<'_>,
        listing: Option<bool>,
    ) -> Result<BucketReport, ExplainError> {
        let Some(bucket) = &place.bucket else {
            return Ok(BucketReport {
                name: place.name.clone(),
                owner: None,
                ownership: None,
                has_policy: false,
                block: None,
                account_block: None,
                object: None,
            });
        };
        let account_block = account_block(self, &bucket.owner.account).await?;
        Ok(BucketReport {
            name: place.name.clone(),
            owner: Some(bucket.owner.account.clone()),
            ownership: Some(Ownership::rule(ownership(bucket)?).as_str()),
            has_policy: bucket.documents.contains_key(crate::access::POLICY),
            block: bucket_block(bucket)?.map(Into::into),
            account_block: account_block.map(Into::into),
            object: match (&gathered.known, listing) {
                (Known::Version(_), _) => Some(ObjectReport::There),
                (Known::Missing, told) => Some(ObjectReport::Missing {
                    told: told.unwrap_or_default(),
                }),
                (Known::NotAsked, _) => None,
            },
        })
    }
}

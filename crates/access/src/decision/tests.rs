//! facts/05 §6 ("S3 contexts", anonymous) and §8, case by case.

use cairn_policy::{Context, Policy, PolicyType, Principal};

use super::*;
use crate::{CannedAcl, Grant, Permission};

const OWNER: &str = "111111111111";
const OTHER: &str = "222222222222";
const THIRD: &str = "333333333333";

fn account(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

/// The canonical user id of an account: its first digit, again and again.
fn canonical(id: &str) -> CanonicalUserId {
    CanonicalUserId::parse(&id[..1].repeat(64)).unwrap()
}

fn root(id: &str) -> Principal {
    Principal::Root { account: account(id) }
}

fn user(id: &str) -> Principal {
    Principal::User {
        account: account(id),
        path: "/".into(),
        name: "anna".into(),
        id: "AIDAEXAMPLE".into(),
    }
}

fn bucket_policy(effect: &str, principal: &str, action: &str) -> Policy {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Principal":{principal},"Action":"{action}",
            "Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}}]}}"#
    );
    Policy::parse(&text, PolicyType::Resource { bucket: "b" }).unwrap()
}

fn identity_policy(action: &str) -> Policy {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#
    );
    Policy::parse(&text, PolicyType::Identity).unwrap()
}

/// A bucket of [`OWNER`] named `b`, and what is asked of it; nothing is blocked or granted.
struct World {
    policy: Option<Policy>,
    bucket_acl: Option<Acl>,
    object: Option<(AccountId, Acl)>,
    block: PublicAccessBlock,
    identity: Option<Policy>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            policy: None,
            bucket_acl: None,
            object: None,
            block: PublicAccessBlock::NONE,
            identity: None,
        }
    }
}

impl World {
    /// With an ACL on the bucket.
    fn bucket_acl(canned: CannedAcl) -> Self {
        let owner = canonical(OWNER);
        Self {
            bucket_acl: Some(canned.acl(Level::Bucket, &owner, &owner)),
            ..Self::default()
        }
    }

    /// With an object of `owner` and its ACL.
    fn object(owner: &str, canned: CannedAcl) -> Self {
        let acl = canned.acl(Level::Object, &canonical(owner), &canonical(OWNER));
        Self {
            object: Some((account(owner), acl)),
            ..Self::bucket_acl(CannedAcl::Private)
        }
    }

    fn explained(&self, principal: &Principal, action: &str) -> Explanation {
        let context = Context::new();
        let canonical = principal.account().map(|id| canonical(id.as_str()));
        let (owner, resource) = (
            account(OWNER),
            if is_bucket(action) {
                "arn:aws:s3:::b"
            } else {
                "arn:aws:s3:::b/k"
            },
        );
        let question = Question {
            principal,
            canonical_user_id: canonical.as_ref(),
            action,
            resource,
            context: &context,
        };
        let identity: Vec<_> = self
            .identity
            .iter()
            .map(|policy| Named {
                source: "identity",
                policy,
            })
            .collect();
        let layers = Layers {
            identity: &identity,
            ..Layers::default()
        };
        let object = self.object.as_ref().filter(|_| is_about_object(action));
        let sides = Sides {
            bucket: Some(BucketSide {
                owner: &owner,
                policy: self.policy.as_ref().map(|policy| BucketPolicy {
                    named: Named { source: "b", policy },
                    public: cairn_policy::is_public(policy),
                }),
                acl: self.bucket_acl.as_ref(),
                block: self.block,
            }),
            object: object.map(|(owner, acl)| ObjectSide { owner, acl }),
        };
        let decision = decide(&question, &layers, &sides);
        let explanation = explain(&question, &layers, &sides);
        assert_eq!(decision.allowed, explanation.allowed);
        explanation
    }

    fn allows(&self, principal: &Principal, action: &str) -> bool {
        self.explained(principal, action).allowed
    }
}

fn is_bucket(action: &str) -> bool {
    action.contains("Bucket")
}

const NOBODY: Principal = Principal::Anonymous;

#[test]
fn without_anything_only_the_owners_root_may() {
    let world = World::default();
    for action in [
        "s3:GetObject",
        "s3:PutObject",
        "s3:ListBucket",
        "s3:PutBucketPolicy",
    ] {
        assert!(world.allows(&root(OWNER), action), "{action}");
        for principal in [NOBODY, root(OTHER), user(OWNER), user(OTHER)] {
            assert!(!world.allows(&principal, action), "{principal:?} {action}");
        }
    }
}

// "Anonymous: only resource policy with Principal `*` (or ACL AllUsers), subject to BPA" (§6).
#[test]
fn nobody_reads_by_a_public_policy_unless_public_buckets_are_restricted() {
    let public = |block| World {
        policy: Some(bucket_policy("Allow", "\"*\"", "s3:GetObject")),
        block,
        ..World::default()
    };
    let open = public(PublicAccessBlock::NONE);
    assert!(open.allows(&NOBODY, "s3:GetObject"));
    assert!(!open.allows(&NOBODY, "s3:PutObject"));
    assert!(open.allows(&root(OTHER), "s3:GetObject"));
    assert!(open.allows(&user(OWNER), "s3:GetObject"));
    // Only RestrictPublicBuckets is about policies that are there.
    let others = PublicAccessBlock {
        restrict_public_buckets: false,
        ..PublicAccessBlock::ALL
    };
    assert!(public(others).allows(&NOBODY, "s3:GetObject"));

    let restricted = public(PublicAccessBlock {
        restrict_public_buckets: true,
        ..PublicAccessBlock::NONE
    });
    for principal in [NOBODY, root(OTHER), user(OTHER)] {
        let explanation = restricted.explained(&principal, "s3:GetObject");
        assert!(!explanation.allowed);
        assert_eq!(explanation.because, Because::RestrictPublicBuckets);
        assert!(
            explanation.text.contains("RestrictPublicBuckets"),
            "{}",
            explanation.text
        );
    }
    assert!(restricted.allows(&root(OWNER), "s3:GetObject"));
    assert!(restricted.allows(&user(OWNER), "s3:GetObject"));
}

#[test]
fn restricting_public_buckets_leaves_shared_ones_alone() {
    let shared = World {
        policy: Some(bucket_policy(
            "Allow",
            r#"{"AWS":"222222222222"}"#,
            "s3:GetObject",
        )),
        block: PublicAccessBlock::ALL,
        ..World::default()
    };
    assert!(shared.allows(&root(OTHER), "s3:GetObject"));
    assert!(!shared.allows(&root(THIRD), "s3:GetObject"));
    // Both sides must allow (§6, cross-account).
    assert!(!shared.allows(&user(OTHER), "s3:GetObject"));
    let with_identity = World {
        identity: Some(identity_policy("s3:GetObject")),
        ..shared
    };
    assert!(with_identity.allows(&user(OTHER), "s3:GetObject"));
}

// "READ (bucket: ListBucket, …), WRITE (bucket only: Put/DeleteObject, …)" (§8).
#[test]
fn bucket_acls_grant_to_everybody_and_to_those_who_sign() {
    let read = World::bucket_acl(CannedAcl::PublicRead);
    assert!(read.allows(&NOBODY, "s3:ListBucket"));
    assert!(!read.allows(&NOBODY, "s3:GetObject") && !read.allows(&NOBODY, "s3:PutObject"));
    let write = World::bucket_acl(CannedAcl::PublicReadWrite);
    for action in ["s3:ListBucket", "s3:PutObject", "s3:DeleteObject"] {
        assert!(write.allows(&NOBODY, action), "{action}");
    }
    assert!(!write.allows(&NOBODY, "s3:DeleteObjectVersion") && !write.allows(&NOBODY, "s3:GetBucketAcl"));
    let signed = World::bucket_acl(CannedAcl::AuthenticatedRead);
    assert!(!signed.allows(&NOBODY, "s3:ListBucket"));
    assert!(signed.allows(&root(OTHER), "s3:ListBucket"));
}

// "IgnorePublicAcls (treat as absent)" (§8).
#[test]
fn public_acls_are_ignored_where_they_are_to_be() {
    let block = PublicAccessBlock {
        ignore_public_acls: true,
        ..PublicAccessBlock::NONE
    };
    for canned in [CannedAcl::PublicRead, CannedAcl::AuthenticatedRead] {
        let object = World {
            block,
            ..World::object(OWNER, canned)
        };
        let explanation = object.explained(&root(OTHER), "s3:GetObject");
        assert!(!explanation.allowed);
        assert!(
            matches!(explanation.acl.says, AclSays::Ignored { .. }),
            "{:?}",
            explanation.acl
        );
        let bucket = World {
            block,
            ..World::bucket_acl(canned)
        };
        assert!(!bucket.allows(&root(OTHER), "s3:ListBucket"));
        assert!(!bucket.allows(&NOBODY, "s3:ListBucket"));
    }
    // A grant to an account is not public.
    let mut shared = World {
        block,
        ..World::bucket_acl(CannedAcl::Private)
    };
    shared.bucket_acl = Acl::new(vec![Grant {
        grantee: Grantee::User(canonical(OTHER)),
        permission: Permission::Read,
    }]);
    assert!(shared.allows(&root(OTHER), "s3:ListBucket"));
    assert!(!shared.allows(&root(THIRD), "s3:ListBucket"));
    assert!(!shared.allows(&user(OTHER), "s3:ListBucket"));
}

// "object context (object owner's ACL, or bucket policy when owners equal)", "object ops only explicit denies when
// object owner differs" (§6).
#[test]
fn an_object_of_another_account_is_that_accounts() {
    let private = World::object(OTHER, CannedAcl::Private);
    assert!(private.allows(&root(OTHER), "s3:GetObject"));
    assert!(!private.allows(&root(OWNER), "s3:GetObject"));
    // "Bucket owner may always delete and deny."
    assert!(private.allows(&root(OWNER), "s3:DeleteObject"));
    assert!(!private.allows(&root(OTHER), "s3:DeleteObject"));

    let shared = World::object(OTHER, CannedAcl::BucketOwnerRead);
    assert!(shared.allows(&root(OWNER), "s3:GetObject"));
    assert!(!shared.allows(&root(OWNER), "s3:PutObjectAcl"));
    let full = World::object(OTHER, CannedAcl::BucketOwnerFullControl);
    assert!(full.allows(&root(OWNER), "s3:PutObjectAcl"));

    // The bucket's policy grants nothing of it, but denies.
    let granted = World {
        policy: Some(bucket_policy("Allow", "\"*\"", "s3:GetObject")),
        ..World::object(OTHER, CannedAcl::Private)
    };
    let explanation = granted.explained(&root(THIRD), "s3:GetObject");
    assert!(!explanation.allowed && explanation.object_of_another_account);
    assert!(!granted.allows(&NOBODY, "s3:GetObject"));
    let denied = World {
        policy: Some(bucket_policy("Deny", "\"*\"", "s3:GetObject")),
        ..World::object(OTHER, CannedAcl::PublicRead)
    };
    for principal in [NOBODY, root(OTHER), root(OWNER)] {
        assert!(!denied.allows(&principal, "s3:GetObject"), "{principal:?}");
    }
}

#[test]
fn an_object_of_the_buckets_owner_is_shared_by_policy_or_by_acl() {
    let by_acl = World::object(OWNER, CannedAcl::PublicRead);
    assert!(by_acl.allows(&NOBODY, "s3:GetObject") && by_acl.allows(&NOBODY, "s3:GetObjectVersion"));
    assert!(!by_acl.allows(&NOBODY, "s3:GetObjectAcl"));
    let by_policy = World {
        policy: Some(bucket_policy("Allow", "\"*\"", "s3:GetObject")),
        ..World::object(OWNER, CannedAcl::Private)
    };
    assert!(by_policy.allows(&NOBODY, "s3:GetObject"));
    // A user of the account is named by a group as everybody is, not by its account's own grant.
    assert!(by_acl.allows(&user(OWNER), "s3:GetObject"));
    assert!(!World::object(OWNER, CannedAcl::Private).allows(&user(OWNER), "s3:GetObject"));
}

#[test]
fn a_deny_wins_over_an_acl() {
    let world = World {
        policy: Some(bucket_policy("Deny", "\"*\"", "s3:*")),
        ..World::bucket_acl(CannedAcl::PublicRead)
    };
    for principal in [NOBODY, root(OTHER), root(OWNER)] {
        assert!(!world.allows(&principal, "s3:ListBucket"), "{principal:?}");
    }
    // "Bucket owner account root can always Get/Put/DeleteBucketPolicy even if the policy denies it" (§7).
    for action in [
        "s3:GetBucketPolicy",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
    ] {
        assert!(world.allows(&root(OWNER), action), "{action}");
        assert!(!world.allows(&root(OTHER), action), "{action}");
        assert!(!world.allows(&user(OWNER), action), "{action}");
    }
}

// "AccessDenied text …, same-account callers … Cross-account and anonymous stay \"Access Denied\"" (§6).
#[test]
fn only_the_own_account_is_told_what_it_lacks() {
    let context = Context::new();
    let owner = account(OWNER);
    let sides = Sides {
        bucket: Some(BucketSide {
            owner: &owner,
            policy: None,
            acl: None,
            block: PublicAccessBlock::NONE,
        }),
        object: None,
    };
    let denial = |principal: &Principal| {
        let question = Question {
            principal,
            canonical_user_id: None,
            action: "s3:GetObject",
            resource: "arn:aws:s3:::b/k",
            context: &context,
        };
        decide(&question, &Layers::default(), &sides).denial().to_owned()
    };
    assert_eq!(
        denial(&user(OWNER)),
        "User: arn:aws:iam::111111111111:user/anna is not authorized to perform: s3:GetObject on resource: \
         \"arn:aws:s3:::b/k\" because no identity-based policy allows the s3:GetObject action"
    );
    assert_eq!(denial(&user(OTHER)), "Access Denied");
    assert_eq!(denial(&NOBODY), "Access Denied");
}

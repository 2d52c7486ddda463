//! The text of AccessDenied (facts/05 §4, §6).

use cairn_policy::{Context, Layers, Policy, Principal, Question, Quoting, ResourceKind, ResourceSide};

use crate::people::{anna, bob, own, session};
use crate::{asked, bucket, identity, named, trust};

const ALLOW: &str = r#""Effect":"Allow","Action":"s3:*","Resource":"*""#;
const DENY: &str = r#""Effect":"Deny","Action":"s3:*","Resource":"*""#;
const OTHER: &str = r#""Effect":"Allow","Action":"iam:*","Resource":"*""#;

struct Policies {
    identity: Policy,
    boundary: Option<Policy>,
    session: Option<Policy>,
    resource: Option<Policy>,
}

fn denial(caller: &Principal, policies: &Policies, resource: &str, quoting: Quoting) -> String {
    let identity = [named("identity", &policies.identity)];
    let session: Option<Vec<_>> = policies
        .session
        .as_ref()
        .map(|policy| vec![named("session", policy)]);
    let (context, owner) = (Context::new(), own());
    let question = Question {
        resource_account: Some(&owner),
        ..crate::question(caller, "s3:GetObject", resource, &context)
    };
    let layers = Layers {
        identity: &identity,
        boundary: policies.boundary.as_ref().map(|policy| named("boundary", policy)),
        session: session.as_deref(),
        resource: ResourceSide {
            policy: policies
                .resource
                .as_ref()
                .map(|policy| named("bucket policy", policy)),
            ..ResourceSide::default()
        },
    };
    let decision = asked(&question, &layers);
    assert!(!decision.allowed);
    decision.denial(&question, quoting)
}

#[test]
fn texts() {
    let policies = |identity_policy: &str, boundary: Option<&str>, session: Option<&str>| Policies {
        identity: identity(identity_policy),
        boundary: boundary.map(identity),
        session: session.map(identity),
        resource: None,
    };
    let anna_s3 = |rest: &str| {
        format!(
            "User: arn:aws:iam::111122223333:user/staff/anna is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::b/k\" {rest}"
        )
    };
    let rows = [
        (
            policies(OTHER, None, None),
            "because no identity-based policy allows the s3:GetObject action",
        ),
        (
            policies(DENY, None, None),
            "with an explicit deny in an identity-based policy",
        ),
        (
            policies(ALLOW, Some(OTHER), None),
            "because no permissions boundary allows the s3:GetObject action",
        ),
        (
            policies(ALLOW, Some(DENY), None),
            "with an explicit deny in a permissions boundary",
        ),
        (
            policies(ALLOW, None, Some(OTHER)),
            "because no session policy allows the s3:GetObject action",
        ),
        (
            policies(ALLOW, None, Some(DENY)),
            "with an explicit deny in a session policy",
        ),
        (
            Policies {
                resource: Some(bucket(
                    r#""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*""#,
                )),
                ..policies(ALLOW, None, None)
            },
            "with an explicit deny in a resource-based policy",
        ),
    ];
    for (policies, rest) in &rows {
        assert_eq!(
            denial(&anna(), policies, "arn:aws:s3:::b/k", Quoting::S3),
            anna_s3(rest)
        );
        // IAM's form has no quotes.
        assert_eq!(
            denial(&anna(), policies, "arn:aws:s3:::b/k", Quoting::Iam),
            anna_s3(rest).replace('"', "")
        );
        // Nobody and other accounts learn nothing.
        assert_eq!(
            denial(&bob(), policies, "arn:aws:s3:::b/k", Quoting::S3),
            "Access Denied"
        );
        assert_eq!(
            denial(&Principal::Anonymous, policies, "arn:aws:s3:::b/k", Quoting::S3),
            "Access Denied"
        );
    }
    // A session is named by its session's ARN; an action about nothing names nothing.
    let nothing = policies(OTHER, None, None);
    assert_eq!(
        denial(&session(), &nothing, "*", Quoting::S3),
        "User: arn:aws:sts::111122223333:assumed-role/Reader/s1 is not authorized to perform: s3:GetObject because no \
         identity-based policy allows the s3:GetObject action"
    );
}

/// facts/05 §4: `User: ARN is not authorized to perform: sts:AssumeRole on resource: ARN`.
#[test]
fn of_assume_role() {
    let role = "arn:aws:iam::111122223333:role/app/Reader";
    let policy =
        trust(r#""Effect":"Allow","Principal":{"AWS":"AIDASOMEBODYELSE0001"},"Action":"sts:AssumeRole""#);
    for caller in [anna(), bob()] {
        let (context, owner) = (Context::new(), own());
        let question = Question {
            resource_account: Some(&owner),
            ..crate::question(&caller, "sts:AssumeRole", role, &context)
        };
        let layers = Layers {
            resource: ResourceSide {
                policy: Some(named("trust policy", &policy)),
                kind: ResourceKind::Trust,
                ..ResourceSide::default()
            },
            ..Layers::default()
        };
        assert_eq!(
            asked(&question, &layers).denial(&question, Quoting::Iam),
            format!(
                "User: {} is not authorized to perform: sts:AssumeRole on resource: {role}",
                caller.arn()
            )
        );
    }
}

//! Principal and NotPrincipal of bucket policies: whom they are about (facts/05 §5). The bucket is of an account
//! nobody here is of, and each caller's own account allows all: the bucket's policy decides.

use cairn_policy::{Context, Principal, Question};
use cairn_types::CanonicalUserId;

use crate::people::{anna, bob, federated, other_root, root, roots_federated, session};
use crate::{bucket, bucket_lets, named, people};

fn everybody() -> [(&'static str, Principal); 8] {
    [
        ("anna", anna()),
        ("bob", bob()),
        ("root", root()),
        ("other root", other_root()),
        ("session", session()),
        ("federated", federated()),
        ("root's federated", roots_federated()),
        ("anonymous", Principal::Anonymous),
    ]
}

/// Element, and who of everybody it is about.
const PRINCIPALS: &[(&str, &[&str])] = &[
    (
        r#""*""#,
        &[
            "anna",
            "bob",
            "root",
            "other root",
            "session",
            "federated",
            "anonymous",
        ],
    ),
    (
        r#"{"AWS":"*"}"#,
        &[
            "anna",
            "bob",
            "root",
            "other root",
            "session",
            "federated",
            "anonymous",
        ],
    ),
    (
        r#"{"AWS":"111122223333"}"#,
        &["anna", "root", "session", "federated"],
    ),
    (
        r#"{"AWS":"arn:aws:iam::111122223333:root"}"#,
        &["anna", "root", "session", "federated"],
    ),
    (r#"{"AWS":["444455556666"]}"#, &["bob", "other root"]),
    (
        r#"{"AWS":["444455556666","111122223333"]}"#,
        &["anna", "bob", "root", "other root", "session", "federated"],
    ),
    (
        r#"{"AWS":"arn:aws:iam::111122223333:user/staff/anna"}"#,
        &["anna", "federated"],
    ),
    (r#"{"AWS":"arn:aws:iam::111122223333:user/anna"}"#, &[]),
    (r#"{"AWS":"arn:aws:iam::111122223333:user/staff/Anna"}"#, &[]),
    (r#"{"AWS":"arn:aws:iam::444455556666:user/staff/anna"}"#, &[]),
    (r#"{"AWS":"AIDAANNAANNAANNAANNA"}"#, &["anna", "federated"]),
    (r#"{"AWS":"AIDAANNAANNAANNAANNB"}"#, &[]),
    (
        r#"{"AWS":"arn:aws:iam::111122223333:role/app/Reader"}"#,
        &["session"],
    ),
    (r#"{"AWS":"arn:aws:iam::111122223333:role/Reader"}"#, &[]),
    (r#"{"AWS":"AROAREADERREADERREAD"}"#, &["session"]),
    (
        r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/Reader/s1"}"#,
        &["session"],
    ),
    (
        r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/Reader/s2"}"#,
        &[],
    ),
    (
        r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/Writer/s1"}"#,
        &[],
    ),
    (
        r#"{"AWS":"arn:aws:sts::111122223333:federated-user/fred"}"#,
        &["federated"],
    ),
    (r#"{"AWS":"arn:aws:sts::111122223333:federated-user/anna"}"#, &[]),
    (r#"{"Service":"logging.s3.amazonaws.com"}"#, &[]),
    (
        r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/id.example.com"}"#,
        &[],
    ),
    (
        r#"{"AWS":"arn:aws:iam::444455556666:user/bob","Service":"logging.s3.amazonaws.com"}"#,
        &["bob"],
    ),
];

/// The federated user of root has no session policy here, so no side of its own; of the rows it is in none.
#[test]
fn who_is_named_by_an_allow() {
    for (principal, expected) in PRINCIPALS {
        let policy = bucket(&format!(
            r#""Effect":"Allow","Principal":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#
        ));
        for (name, caller) in everybody() {
            let lets = bucket_lets(&policy, &caller, &Context::new());
            assert_eq!(lets, expected.contains(&name), "{principal}: {name}");
        }
    }
}

/// A Deny is about the same callers.
#[test]
fn who_is_named_by_a_deny() {
    for (principal, expected) in PRINCIPALS {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[
                {{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}},
                {{"Effect":"Deny","Principal":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}]}}"#
        );
        let policy =
            cairn_policy::Policy::parse(&text, cairn_policy::PolicyType::Resource { bucket: "b" }).unwrap();
        for (name, caller) in everybody() {
            let lets = bucket_lets(&policy, &caller, &Context::new());
            let denied = expected.contains(&name) || name == "root's federated";
            assert_eq!(lets, !denied, "{principal}: {name}");
        }
    }
}

/// NotPrincipal with Deny: who is not denied must be listed with its account, and a session with its role as well.
#[test]
fn not_principal() {
    const ACCOUNT: &str = r#""arn:aws:iam::111122223333:root""#;
    const ANNA: &str = r#""arn:aws:iam::111122223333:user/staff/anna""#;
    const ROLE: &str = r#""arn:aws:iam::111122223333:role/app/Reader""#;
    const SESSION: &str = r#""arn:aws:sts::111122223333:assumed-role/Reader/s1""#;
    const FRED: &str = r#""arn:aws:sts::111122223333:federated-user/fred""#;
    let rows: &[(String, &[&str])] = &[
        (ACCOUNT.to_owned(), &["root"]),
        (ANNA.to_owned(), &[]),
        (format!("{ACCOUNT},{ANNA}"), &["root", "anna"]),
        (format!(r#""111122223333",{ANNA}"#), &["root", "anna"]),
        (format!(r#"{ACCOUNT},"AIDAANNAANNAANNAANNA""#), &["root", "anna"]),
        (format!("{ACCOUNT},{ROLE}"), &["root"]),
        (format!("{ACCOUNT},{SESSION}"), &["root"]),
        (format!("{ACCOUNT},{ROLE},{SESSION}"), &["root", "session"]),
        (
            format!(r#"{ACCOUNT},"AROAREADERREADERREAD",{SESSION}"#),
            &["root", "session"],
        ),
        (format!("{ROLE},{SESSION}"), &[]),
        (format!("{ACCOUNT},{FRED}"), &["root", "federated"]),
        (
            r#""444455556666","arn:aws:iam::444455556666:user/bob""#.to_owned(),
            &["other root", "bob"],
        ),
    ];
    for (listed, excepted) in rows {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[
                {{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}},
                {{"Effect":"Deny","NotPrincipal":{{"AWS":[{listed}]}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}]}}"#
        );
        let policy =
            cairn_policy::Policy::parse(&text, cairn_policy::PolicyType::Resource { bucket: "b" }).unwrap();
        for (name, caller) in everybody() {
            let lets = bucket_lets(&policy, &caller, &Context::new());
            assert_eq!(lets, excepted.contains(&name), "{listed}: {name}");
        }
    }
}

/// `{"CanonicalUser": …}` is the account.
#[test]
fn canonical_user() {
    let id = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
    let policy = bucket(&format!(
        r#""Effect":"Allow","Principal":{{"CanonicalUser":"{id}"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#
    ));
    let (caller, context, owner) = (root(), Context::new(), people::owner());
    let allowed = |canonical: Option<&CanonicalUserId>| {
        let question = Question {
            canonical_user_id: canonical,
            resource_account: Some(&owner),
            ..crate::question(&caller, "s3:GetObject", "arn:aws:s3:::b/k", &context)
        };
        let layers = cairn_policy::Layers {
            resource: cairn_policy::ResourceSide {
                policy: Some(named("bucket policy", &policy)),
                ..Default::default()
            },
            ..Default::default()
        };
        crate::asked(&question, &layers).allowed
    };
    let own = CanonicalUserId::parse(id).unwrap();
    assert!(allowed(Some(&own)));
    assert!(!allowed(Some(&CanonicalUserId::generate())));
    assert!(!allowed(None));
}

/// Keys that follow from who asks: aws:PrincipalArn is the role's of a role session; aws:username is of users only.
#[test]
fn keys_of_the_principal() {
    for (condition, expected) in [
        (
            r#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/app/Reader"}}"#,
            &["session"] as &[&str],
        ),
        (
            r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:sts::*:assumed-role/*"}}"#,
            &[],
        ),
        (
            r#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/staff/anna"}}"#,
            &["anna"],
        ),
        (
            r#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:sts::111122223333:federated-user/fred"}}"#,
            &["federated"],
        ),
        (
            r#"{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}"#,
            &["anna", "root", "session", "federated"],
        ),
        (
            r#"{"StringEquals":{"aws:PrincipalType":"Account"}}"#,
            &["root", "other root"],
        ),
        (
            r#"{"StringEquals":{"aws:PrincipalType":"User"}}"#,
            &["anna", "bob"],
        ),
        (
            r#"{"StringEquals":{"aws:PrincipalType":"AssumedRole"}}"#,
            &["session"],
        ),
        (
            r#"{"StringEquals":{"aws:PrincipalType":"FederatedUser"}}"#,
            &["federated"],
        ),
        (
            r#"{"StringEquals":{"aws:PrincipalType":"Anonymous"}}"#,
            &["anonymous"],
        ),
        (r#"{"StringEquals":{"aws:userid":"111122223333"}}"#, &["root"]),
        (
            r#"{"StringEquals":{"aws:userid":"AIDAANNAANNAANNAANNA"}}"#,
            &["anna"],
        ),
        (
            r#"{"StringEquals":{"aws:userid":"AROAREADERREADERREAD:s1"}}"#,
            &["session"],
        ),
        (
            r#"{"StringLike":{"aws:userid":"AROAREADERREADERREAD:*"}}"#,
            &["session"],
        ),
        (
            r#"{"StringEquals":{"aws:userid":"111122223333:fred"}}"#,
            &["federated"],
        ),
        (r#"{"StringEquals":{"aws:userid":"anonymous"}}"#, &["anonymous"]),
        (r#"{"StringLike":{"aws:username":"*"}}"#, &["anna", "bob"]),
        (r#"{"Null":{"aws:PrincipalArn":"true"}}"#, &["anonymous"]),
        (
            r#"{"StringEquals":{"aws:ResourceAccount":"999988887777","s3:ResourceAccount":"999988887777"}}"#,
            &[
                "anna",
                "bob",
                "root",
                "other root",
                "session",
                "federated",
                "anonymous",
            ],
        ),
    ] {
        let policy = bucket(&format!(
            r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{condition}"#
        ));
        for (name, caller) in everybody() {
            let lets = bucket_lets(&policy, &caller, &Context::new());
            assert_eq!(lets, expected.contains(&name), "{condition}: {name}");
        }
    }
}

/// facts/05 §2: ARNs and ids.
#[test]
fn arns_and_ids() {
    for (caller, arn, principal_arn, id) in [
        (
            root(),
            "arn:aws:iam::111122223333:root",
            Some("arn:aws:iam::111122223333:root"),
            "111122223333",
        ),
        (
            anna(),
            "arn:aws:iam::111122223333:user/staff/anna",
            Some("arn:aws:iam::111122223333:user/staff/anna"),
            "AIDAANNAANNAANNAANNA",
        ),
        (
            session(),
            "arn:aws:sts::111122223333:assumed-role/Reader/s1",
            Some("arn:aws:iam::111122223333:role/app/Reader"),
            "AROAREADERREADERREAD:s1",
        ),
        (
            federated(),
            "arn:aws:sts::111122223333:federated-user/fred",
            Some("arn:aws:sts::111122223333:federated-user/fred"),
            "111122223333:fred",
        ),
        (Principal::Anonymous, "anonymous", None, "anonymous"),
    ] {
        assert_eq!(caller.arn(), arn);
        assert_eq!(caller.principal_arn().as_deref(), principal_arn);
        assert_eq!(caller.user_id(), id);
    }
}

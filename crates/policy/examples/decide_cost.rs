//! What a decision costs: `cargo run --release --example decide_cost -p cairn-policy`

use std::hint::black_box;
use std::time::Instant;

use cairn_policy::{
    Context, Layers, Named, Policy, PolicyType, Principal, Question, ResourceSide, decide, explain,
};
use cairn_types::AccountId;

const BATCHES: u32 = 500;
const ROUNDS: u32 = 400;

const HOME: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Sid":"Console","Effect":"Allow","Action":["s3:ListAllMyBuckets","s3:GetBucketLocation"],"Resource":"*"},
    {"Sid":"List","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::photos",
     "Condition":{"StringLike":{"s3:prefix":["","home/","home/${aws:username}/*"]}}},
    {"Sid":"Home","Effect":"Allow","Action":"s3:*Object","Resource":"arn:aws:s3:::photos/home/${aws:username}/*"}]}"#;

const BOUNDARY: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":["s3:*","sts:*"],"Resource":"*"},
    {"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","192.168.0.0/16"]}}}]}"#;

const BUCKET: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Sid":"Tls","Effect":"Deny","Principal":"*","Action":"s3:*",
     "Resource":["arn:aws:s3:::photos","arn:aws:s3:::photos/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}},
    {"Sid":"Mfa","Effect":"Deny","Principal":"*","Action":"s3:DeleteObject*","Resource":"arn:aws:s3:::photos/*",
     "Condition":{"NumericGreaterThanIfExists":{"aws:MultiFactorAuthAge":"3600"}}}]}"#;

fn measure(name: &str, mut one: impl FnMut()) {
    let mut batch = || {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            one();
        }
        start.elapsed() / ROUNDS
    };
    // The fastest batch: what it costs when nothing else has the processor.
    let each = (0..BATCHES).map(|_| batch()).min().unwrap_or_default();
    #[expect(clippy::print_stdout, reason = "the figure is what this program is for")]
    {
        println!("{name:<28} {each:?}");
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let account = AccountId::parse("111122223333")?;
    let anna = Principal::User {
        account: account.clone(),
        path: "/".into(),
        name: "anna".into(),
        id: "AIDAANNAANNAANNAANNA".into(),
    };
    let home = Policy::parse(HOME, PolicyType::Identity)?;
    let boundary = Policy::parse(BOUNDARY, PolicyType::Identity)?;
    let bucket = Policy::parse(BUCKET, PolicyType::Resource { bucket: "photos" })?;
    // Ten statements a policy, ten policies: the most a user can have attached, none of which matches.
    let other =
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::other-bucket-*/x/*/y"}"#;
    let other = format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        [other; 10].join(",")
    );
    let other = Policy::parse(&other, PolicyType::Identity)?;

    let context = || {
        Context::new()
            .with("aws:SourceIp", "10.1.2.3")
            .with("aws:SecureTransport", "true")
            .with("aws:CurrentTime", "2026-12-01T10:00:00Z")
            .with("aws:EpochTime", "1796119200")
            .with("aws:UserAgent", "aws-cli/2.15.0")
            .with("aws:RequestedRegion", "us-east-1")
            .with("s3:authType", "REST-HEADER")
            .with("s3:signatureversion", "AWS4-HMAC-SHA256")
    };
    let known = context();
    let question = Question {
        principal: &anna,
        canonical_user_id: None,
        action: "s3:GetObject",
        resource: "arn:aws:s3:::photos/home/anna/2026/puppy.jpg",
        context: &known,
        resource_account: Some(&account),
    };
    let named = |policy| Named {
        source: "policy",
        policy,
    };
    let identity = [named(&home)];
    let many: Vec<Named<'_>> = std::iter::repeat_n(named(&other), 10).chain(identity).collect();
    let layers = |identity| Layers {
        identity,
        boundary: Some(named(&boundary)),
        session: None,
        resource: ResourceSide {
            policy: Some(named(&bucket)),
            ..ResourceSide::default()
        },
    };
    let (usual, full) = (layers(&identity), layers(&many));
    measure("context", || drop(black_box(context())));
    measure("decision", || {
        assert!(decide(black_box(&question), &usual).allowed)
    });
    measure("decision, 100 statements", || {
        assert!(decide(black_box(&question), &full).allowed)
    });
    measure("explanation", || {
        assert!(explain(black_box(&question), &usual).verdict.allowed)
    });
    measure("parse", || {
        drop(black_box(Policy::parse(black_box(HOME), PolicyType::Identity)))
    });
    Ok(())
}

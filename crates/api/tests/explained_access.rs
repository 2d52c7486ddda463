//! What an explanation says is what the pipeline answers: over generated policies of a user, its boundary and a
//! bucket, ACLs and blocks, for callers of the bucket's account and of another, and nobody. The journal's question of
//! each denial, asked again, is denied by the same step.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test: a panic is a failure"
)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use cairn_api::{AccessFact, AccessQuestion, Api, Connection, Settings};
use cairn_identity::{HolderKind, Identity, MasterKey, Name, NewPolicy, NewUser, Path, RootAccount, Tags};
use cairn_journal::Journal;
use cairn_objects::{Limits, Objects};
use cairn_protocol::auth::Payload;
use cairn_protocol::auth::sign::Signer;
use cairn_region::{Region, Regions};
use cairn_storage::Memory;
use cairn_types::{
    AccessKeyId, AccountId, CanonicalUserId, Clock as _, RegionName, SecretAccessKey, SystemClock,
};
use http_body_util::{BodyExt as _, Full};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Cases that are generated; each makes a dozen requests.
const CASES: u32 = 96;

/// Who asks.
const CALLERS: [&str; 5] = ["root", "anna", "other-root", "bert", "anonymous"];

/// What is asked: the action, the resource, and the request of it.
const REQUESTS: [(&str, &str, &str, &str); 5] = [
    ("s3:GetObject", "arn:aws:s3:::photos/k", "GET", "/photos/k"),
    (
        "s3:GetObject",
        "arn:aws:s3:::photos/theirs",
        "GET",
        "/photos/theirs",
    ),
    ("s3:ListBucket", "arn:aws:s3:::photos", "GET", "/photos"),
    ("s3:GetObjectAcl", "arn:aws:s3:::photos/k", "GET", "/photos/k?acl"),
    ("s3:PutObject", "arn:aws:s3:::photos/new", "PUT", "/photos/new"),
];

/// A bucket and its objects, in policies.
const BOTH: &str = r#"["arn:aws:s3:::photos","arn:aws:s3:::photos/*"]"#;
/// Some objects.
const OBJECTS: [&str; 2] = [
    r#""arn:aws:s3:::photos/k""#,
    r#""arn:aws:s3:::photos/${aws:username}*""#,
];

struct World {
    api: Arc<Api>,
    identity: Identity,
    journal: Journal,
    account: AccountId,
    other: AccountId,
    keys: Vec<(&'static str, String, Option<Signer>)>,
    /// The steps that decided.
    steps: Mutex<BTreeSet<String>>,
}

impl World {
    async fn new() -> Self {
        let (memory, clock) = (Arc::new(Memory::new()), Arc::new(SystemClock));
        let objects = Objects::open(memory.clone(), memory.clone(), clock.clone(), Limits::default()).await;
        let regions = vec![Region::new(RegionName::parse("us-east-1").unwrap())];
        let regions = Regions::new(regions, "localhost").unwrap();
        let masters = [MasterKey::generate()];
        let identity = Identity::open(memory, clock.clone(), &masters, Default::default()).unwrap();
        let account = AccountId::parse("111122223333").unwrap();
        let root = RootAccount {
            account_id: account.clone(),
            canonical_user_id: CanonicalUserId::generate(),
            access_key_id: AccessKeyId::parse("AKIAROOT").unwrap(),
            secret_access_key: SecretAccessKey::generate(),
        };
        identity.adopt_root(&root).await.unwrap();
        let (other, other_key) = identity.create_account("other").await.unwrap();
        let signer = |id: &str, secret: &SecretAccessKey| Some(Signer::new(id, secret.clone(), "us-east-1"));
        let mut keys = vec![
            (
                "root",
                format!("arn:aws:iam::{account}:root"),
                signer("AKIAROOT", &root.secret_access_key),
            ),
            (
                "other-root",
                format!("arn:aws:iam::{}:root", other.id),
                signer(other_key.record.id.as_str(), &other_key.secret),
            ),
            ("anonymous", "anonymous".to_owned(), None),
        ];
        for (account, name) in [(&account, "anna"), (&other.id, "bert")] {
            let new = NewUser {
                name: Name::parse(name).unwrap(),
                path: Path::parse("/").unwrap(),
                tags: Tags::default(),
                boundary: None,
            };
            identity.create_user(account, new).await.unwrap();
            let owner = cairn_identity::KeyOwner::User(name.to_owned());
            let key = identity.create_access_key(account, &owner).await.unwrap();
            let arn = format!("arn:aws:iam::{account}:user/{name}");
            keys.push((name, arn, signer(key.record.id.as_str(), &key.secret)));
        }
        let new = NewPolicy {
            name: Name::parse("bound").unwrap(),
            path: Path::parse("/").unwrap(),
            description: None,
            document: policy(r#"{"Effect":"Allow","Action":["s3:GetObject*","s3:Put*"],"Resource":"*"}"#),
            tags: Tags::default(),
        };
        identity.create_policy(&account, new).await.unwrap();
        let journal = Journal::in_memory(cairn_journal::Limits::default()).unwrap();
        let api = Api::new(
            Settings::new(Arc::new(regions)),
            objects.unwrap(),
            identity.clone(),
            clock,
        );
        let world = Self {
            api: Arc::new(api.with_journal(Some(journal.clone()))),
            identity,
            journal,
            account,
            other: other.id,
            keys,
            steps: Mutex::default(),
        };
        world.done("root", "PUT", "/photos", &[], "").await;
        let controls = "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>";
        world
            .done("root", "PUT", "/photos?ownershipControls", &[], controls)
            .await;
        // An object in it that is another account's.
        world
            .done("root", "DELETE", "/photos?publicAccessBlock", &[], "")
            .await;
        let everybody = [("x-amz-acl", "public-read-write")];
        world.done("root", "PUT", "/photos?acl", &everybody, "").await;
        world.done("other-root", "PUT", "/photos/theirs", &[], "x").await;
        world
    }

    fn of(&self, who: &str) -> &(&'static str, String, Option<Signer>) {
        self.keys.iter().find(|(name, ..)| *name == who).unwrap()
    }

    /// The answer's status, and the request's id.
    async fn send(
        &self,
        who: &str,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, String) {
        let mut request = http::Request::builder()
            .method(method)
            .uri(target)
            .header("host", "127.0.0.1:9000")
            .header("content-length", body.len());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).unwrap();
        let (mut parts, body_of_it) = request.into_parts();
        if let Some(signer) = &self.of(who).2 {
            let payload = Payload::of(body.as_bytes());
            signer.header_v4(&mut parts, &payload, SystemClock.now()).unwrap();
        }
        let connection = Connection {
            peer: "127.0.0.1:1".parse().unwrap(),
            local: "127.0.0.1:9000".parse().unwrap(),
            tls: false,
            region: RegionName::parse("us-east-1").unwrap(),
            fault: None,
        };
        let request = http::Request::from_parts(parts, body_of_it);
        let (parts, body) = self.api.handle(request, connection).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let status = parts.status.as_u16();
        assert!(
            matches!(status, 200 | 204 | 403),
            "{method} {target}: {status} {}",
            String::from_utf8_lossy(&body)
        );
        let id = parts.headers["x-amz-request-id"].to_str().unwrap().to_owned();
        (status, id)
    }

    async fn done(&self, who: &str, method: &str, target: &str, headers: &[(&str, &str)], body: &str) {
        let (status, _) = self.send(who, method, target, headers, body).await;
        assert_ne!(status, 403, "{method} {target}");
    }

    async fn user_policy(&self, account: &AccountId, name: &str, statements: &[String]) {
        let document = policy(&statements.join(","));
        let own = Name::parse("own").unwrap();
        let put = self
            .identity
            .put_inline_policy(account, HolderKind::User, name, &own, document);
        put.await.unwrap();
    }

    /// Sets everything as the case wants it.
    async fn arrange(&self, case: &Case) {
        self.user_policy(&self.account, "anna", &case.anna).await;
        self.user_policy(&self.other, "bert", &case.bert).await;
        let arn = format!("arn:aws:iam::{}:policy/bound", self.account);
        if case.boundary {
            self.identity
                .set_user_boundary(&self.account, "anna", &arn)
                .await
                .unwrap();
        } else {
            // It may have none.
            let _ = self.identity.delete_user_boundary(&self.account, "anna").await;
        }
        self.done("root", "DELETE", "/photos?publicAccessBlock", &[], "")
            .await;
        // Whoever the last policy denied, the root user may take it away.
        self.done("root", "DELETE", "/photos?policy", &[], "").await;
        let acl = [("x-amz-acl", case.acl)];
        self.done("root", "PUT", "/photos?acl", &acl, "").await;
        self.done("root", "PUT", "/photos/k", &acl, "x").await;
        if !case.bucket.is_empty() {
            let document = policy(&case.bucket.join(","));
            self.done("root", "PUT", "/photos?policy", &[], &document).await;
        }
        let (ignore, restrict) = case.block;
        let block = format!(
            "<PublicAccessBlockConfiguration><IgnorePublicAcls>{ignore}</IgnorePublicAcls>\
             <RestrictPublicBuckets>{restrict}</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
        );
        // The root user may have been denied this by the bucket's own policy: then there is no block.
        let _ = self
            .send("root", "PUT", "/photos?publicAccessBlock", &[], &block)
            .await;
    }

    async fn compare(&self, case: &Case) {
        for who in CALLERS {
            for (action, resource, method, target) in REQUESTS {
                let question = AccessQuestion {
                    principal: self.of(who).1.clone(),
                    action: action.to_owned(),
                    resource: resource.to_owned(),
                    context: [("aws:SourceIp", "127.0.0.1"), ("aws:SecureTransport", "false")]
                        .map(|(key, value)| (key.to_owned(), value.to_owned()))
                        .to_vec(),
                    ..AccessQuestion::default()
                };
                let explained = self.api.explain_access(&question).await.unwrap();
                let (status, id) = self.send(who, method, target, &[], "").await;
                assert_eq!(
                    explained.allowed,
                    status != 403,
                    "{who} {action} is answered {status}, with {case:?}\n{explained}"
                );
                assert!(explained.allowed || !explained.advice.is_empty(), "{explained}");
                let entry = self.journal.find(&id).unwrap().unwrap();
                let fact = AccessFact::decode(&entry.facts);
                // What the root user of the account may do without anybody being asked is not noted.
                let Some(fact) = fact else {
                    assert!(who == "root" && status != 403, "{who} {action} is not noted");
                    continue;
                };
                assert_eq!(fact.allowed, status != 403);
                self.steps.lock().unwrap().insert(step(&fact));
                assert!(
                    fact.agrees(explained.allowed, &explained.because),
                    "{who} {action}: {:?}, and explained {:?}, with {case:?}",
                    fact.because,
                    explained.because
                );
                if !fact.allowed {
                    let again = self.api.explain_again(&fact).await.unwrap();
                    assert!(fact.agrees(again.allowed, &again.because), "{fact:?}\n{again}");
                }
            }
        }
    }
}

/// The name of the step that decided.
fn step(fact: &AccessFact) -> String {
    let step = serde_json::to_value(&fact.because).unwrap();
    let step = step.get("policies").unwrap_or(&step);
    let name = step.as_str().or_else(|| {
        step.as_object()
            .and_then(|step| step.keys().next())
            .map(String::as_str)
    });
    name.unwrap().to_owned()
}

fn policy(statements: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)
}

#[derive(Debug, Clone)]
struct Case {
    anna: Vec<String>,
    bert: Vec<String>,
    boundary: bool,
    bucket: Vec<String>,
    acl: &'static str,
    /// IgnorePublicAcls and RestrictPublicBuckets.
    block: (bool, bool),
}

fn body() -> impl Strategy<Value = String> {
    let actions = select(vec![
        r#""s3:GetObject""#,
        r#""s3:Get*""#,
        r#""s3:ListBucket""#,
        r#"["s3:PutObject","s3:GetObjectAcl"]"#,
        r#""s3:*""#,
    ]);
    let resources = select(vec![BOTH, OBJECTS[0], OBJECTS[1], r#""arn:aws:s3:::photos*""#]);
    let conditions = option::weighted(
        0.4,
        select(vec![
            r#"{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}"#,
            r#"{"NotIpAddress":{"aws:SourceIp":"127.0.0.0/8"}}"#,
            r#"{"Bool":{"aws:SecureTransport":"false"}}"#,
            r#"{"Bool":{"aws:SecureTransport":"true"}}"#,
            r#"{"StringLike":{"aws:PrincipalArn":"*:user/anna"}}"#,
            r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}"#,
            r#"{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}"#,
        ]),
    );
    let effect = select(vec!["Allow", "Allow", "Allow", "Deny"]);
    (effect, actions, resources, conditions).prop_map(|(effect, actions, resources, conditions)| {
        let conditions = conditions.map(|text| format!(r#","Condition":{text}"#));
        format!(
            r#""Effect":"{effect}","Action":{actions},"Resource":{resources}{}"#,
            conditions.unwrap_or_default()
        )
    })
}

fn statements() -> impl Strategy<Value = Vec<String>> {
    vec(body().prop_map(|body| format!("{{{body}}}")), 1..4)
}

fn case() -> impl Strategy<Value = Case> {
    let principals = select(vec![
        r#""*""#,
        r#"{"AWS":"111122223333"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:user/anna"}"#,
        r#"{"AWS":"arn:aws:iam::OTHER:user/bert"}"#,
        r#"{"AWS":"OTHER"}"#,
    ]);
    let of_bucket = (principals, body()).prop_map(|(principal, body)| {
        // A policy that denies the root user what the next case has to set would end the test.
        let body = if body.contains("Deny") {
            body.replace("s3:*", "s3:GetObject")
        } else {
            body
        };
        // Listing is about the bucket: a policy that lists its objects is refused.
        let body = if body.contains("s3:ListBucket") {
            OBJECTS
                .iter()
                .fold(body, |body, objects| body.replace(objects, BOTH))
        } else {
            body
        };
        format!(r#"{{"Principal":{principal},{body}}}"#)
    });
    let acl = select(vec![
        "private",
        "private",
        "public-read",
        "authenticated-read",
        "public-read-write",
    ]);
    (
        statements(),
        statements(),
        any::<bool>(),
        vec(of_bucket, 0..3),
        acl,
        any::<(bool, bool)>(),
    )
        .prop_map(|(anna, bert, boundary, bucket, acl, block)| Case {
            anna,
            bert,
            boundary,
            bucket,
            acl,
            block,
        })
}

#[test]
fn the_verdict_is_the_pipelines_answer() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let world = runtime.block_on(World::new());
    let config = ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(mut case in case())| {
        for statement in &mut case.bucket {
            *statement = statement.replace("OTHER", world.other.as_str());
        }
        runtime.block_on(async {
            world.arrange(&case).await;
            world.compare(&case).await;
        });
    }); // Not of one kind all of them.
    let steps = world.steps.into_inner().unwrap();
    for step in ["allow", "both-sides", "explicit-deny", "grant", "no-allow"] {
        assert!(steps.contains(step), "{step} is not among {steps:?}");
    }
}

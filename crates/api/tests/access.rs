//! Access between accounts and for IAM users (facts/05 §6, §7, §8): two accounts, their root users and a user each,
//! against one S3 in memory. What one account and nobody can see is in testing/conformance.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test reports by failing"
)]

use std::sync::Arc;

use bytes::Bytes;
use cairn_api::{Api, Connection, Settings};
use cairn_identity::{HolderKind, Identity, KeyOwner, MasterKey, Name, NewUser, Path, RootAccount, Tags};
use cairn_objects::{Limits, Objects};
use cairn_protocol::auth::Payload;
use cairn_protocol::auth::sign::Signer;
use cairn_region::{Region, Regions};
use cairn_storage::Memory;
use cairn_types::{
    AccessKeyId, AccountId, CanonicalUserId, Clock as _, RegionName, SecretAccessKey, SystemClock,
};
use http_body_util::{BodyExt as _, Full};

/// Who signs: an access key and its secret.
#[derive(Clone)]
struct Keys(String, SecretAccessKey);

struct Account {
    id: AccountId,
    canonical: String,
    root: Keys,
}

struct World {
    api: Arc<Api>,
    identity: Identity,
    owner: Account,
    other: Account,
}

#[derive(Debug)]
struct Answer {
    status: u16,
    body: String,
}

impl Answer {
    /// The first text of an element.
    fn text(&self, element: &str) -> &str {
        let (_, rest) = self.body.split_once(&format!("<{element}>")).unwrap_or_default();
        rest.split('<').next().unwrap_or_default()
    }

    #[track_caller]
    fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    #[track_caller]
    fn refused(&self, status: u16, code: &str) -> &Self {
        self.is(status);
        assert_eq!(self.text("Code"), code, "{self:?}");
        self
    }

    /// Refused without being told anything.
    #[track_caller]
    fn denied(&self) {
        self.refused(403, "AccessDenied");
        assert_eq!(self.text("Message"), "Access Denied");
    }
}

impl World {
    async fn new() -> Self {
        let (memory, clock) = (Arc::new(Memory::new()), Arc::new(SystemClock));
        let objects = Objects::open(memory.clone(), memory.clone(), clock.clone(), Limits::default());
        let regions = vec![Region::new(RegionName::parse("us-east-1").unwrap())];
        let regions = Regions::new(regions, "localhost").unwrap();
        let masters = [MasterKey::generate()];
        let identity = Identity::open(memory.clone(), clock.clone(), &masters, Default::default()).unwrap();
        let root = RootAccount {
            account_id: AccountId::generate(),
            canonical_user_id: CanonicalUserId::generate(),
            access_key_id: AccessKeyId::parse("AKIAROOT").unwrap(),
            secret_access_key: SecretAccessKey::generate(),
        };
        identity.adopt_root(&root).await.unwrap();
        let (other, issued) = identity.create_account("other").await.unwrap();
        let settings = Settings::new(Arc::new(regions));
        let api = Api::new(settings, objects.await.unwrap(), identity.clone(), clock);
        Self {
            api: Arc::new(api),
            identity,
            owner: Account {
                id: root.account_id,
                canonical: root.canonical_user_id.as_str().to_owned(),
                root: Keys("AKIAROOT".to_owned(), root.secret_access_key),
            },
            other: Account {
                id: other.id,
                canonical: other.canonical_user_id.as_str().to_owned(),
                root: Keys(issued.record.id.as_str().to_owned(), issued.secret),
            },
        }
    }

    /// Sends `METHOD target` with headers and a body.
    async fn send(&self, keys: &Keys, line: &str, headers: &[(&'static str, &str)], body: &str) -> Answer {
        let (method, target) = line.split_once(' ').unwrap();
        let mut request = http::Request::builder()
            .method(method)
            .uri(target)
            .header("host", "127.0.0.1:9000")
            .header("content-length", body.len());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let full = Full::new(Bytes::copy_from_slice(body.as_bytes()));
        let (mut parts, full) = request.body(full).unwrap().into_parts();
        let signer = Signer::new(&keys.0, keys.1.clone(), "us-east-1");
        let payload = Payload::of(body.as_bytes());
        signer.header_v4(&mut parts, &payload, SystemClock.now()).unwrap();
        let connection = Connection {
            peer: "127.0.0.1:1".parse().unwrap(),
            local: "127.0.0.1:9000".parse().unwrap(),
            tls: false,
            region: RegionName::parse("us-east-1").unwrap(),
            fault: None,
        };
        let request = http::Request::from_parts(parts, full);
        let (parts, body) = self.api.handle(request, connection).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status.as_u16(),
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// The same without headers and body.
    async fn ask(&self, keys: &Keys, line: &str) -> Answer {
        self.send(keys, line, &[], "").await
    }

    /// A bucket `bkt` of the first account with this ownership, and nothing blocked.
    async fn bucket(&self, ownership: &str) {
        let root = &self.owner.root;
        let headers = [("x-amz-object-ownership", ownership)];
        self.send(root, "PUT /bkt", &headers, "").await.is(200);
        self.ask(root, "DELETE /bkt?publicAccessBlock").await.is(204);
    }

    /// Sets the bucket's policy: one statement about all of it.
    async fn policy(&self, effect: &str, principal: &str, action: &str) -> Answer {
        let resource = r#"["arn:aws:s3:::bkt","arn:aws:s3:::bkt/*"]"#;
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Principal":{principal},"Action":{action},"Resource":{resource}}}]}}"#
        );
        self.send(&self.owner.root, "PUT /bkt?policy", &[], &text).await
    }

    /// A user of an account, who may nothing.
    async fn user(&self, account: &Account, name: &str) -> Keys {
        let new = NewUser {
            name: Name::parse(name).unwrap(),
            path: Path::default(),
            tags: Tags::default(),
            boundary: None,
        };
        self.identity.create_user(&account.id, new).await.unwrap();
        let owner = KeyOwner::User(name.to_owned());
        let issued = self
            .identity
            .create_access_key(&account.id, &owner)
            .await
            .unwrap();
        Keys(issued.record.id.as_str().to_owned(), issued.secret)
    }

    /// Allows a user of an account an action, on everything.
    async fn allow(&self, account: &Account, user: &str, action: &str) {
        let document = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#
        );
        let policy = Name::parse("p").unwrap();
        let put = self
            .identity
            .put_inline_policy(&account.id, HolderKind::User, user, &policy, document);
        put.await.unwrap();
    }
}

fn user_arn(account: &Account, name: &str) -> String {
    format!("arn:aws:iam::{}:user/{name}", account.id)
}

// "Cross-account: caller's account evaluation AND resource account's evaluation must both be Allow" (§6).
#[tokio::test]
async fn two_accounts_share_a_bucket_by_policy() {
    let world = World::new().await;
    world.bucket("BucketOwnerEnforced").await;
    world
        .send(&world.owner.root, "PUT /bkt/k", &[], "body")
        .await
        .is(200);
    let anna = world.user(&world.other, "anna").await;
    world.ask(&world.other.root, "GET /bkt/k").await.denied();

    let principal = format!(r#"{{"AWS":"{}"}}"#, world.other.id);
    world
        .policy("Allow", &principal, r#"["s3:GetObject","s3:PutObject"]"#)
        .await
        .is(204);
    assert_eq!(
        world.ask(&world.other.root, "GET /bkt/k").await.is(200).body,
        "body"
    );
    world.ask(&anna, "GET /bkt/k").await.denied();
    world.allow(&world.other, "anna", "s3:GetObject").await;
    world.ask(&anna, "GET /bkt/k").await.is(200);
    world.send(&anna, "PUT /bkt/k", &[], "x").await.denied();
    world.ask(&world.other.root, "GET /bkt").await.denied();

    // There are no ACLs: whoever writes, the bucket's owner owns.
    world
        .send(&world.other.root, "PUT /bkt/theirs", &[], "theirs")
        .await
        .is(200);
    world.ask(&world.owner.root, "GET /bkt/theirs").await.is(200);
    let acl = world.ask(&world.owner.root, "GET /bkt/theirs?acl").await;
    assert_eq!(acl.is(200).text("ID"), world.owner.canonical);

    // The owner's policy cannot be changed from outside.
    for line in ["GET /bkt?policy", "DELETE /bkt?policy", "GET /bkt?policyStatus"] {
        world.ask(&world.other.root, line).await.denied();
    }
}

// "object context (object owner's ACL …)", "Bucket owner may always delete and deny" (§6).
#[tokio::test]
async fn two_accounts_share_a_bucket_by_acl() {
    let world = World::new().await;
    let (owner, other) = (&world.owner.root, &world.other.root);
    world.bucket("ObjectWriter").await;
    let grant = format!("id=\"{}\"", world.other.canonical);
    world
        .send(owner, "PUT /bkt?acl", &[("x-amz-grant-write", &grant)], "")
        .await
        .is(200);
    world.ask(other, "GET /bkt").await.denied();

    // Who writes it owns it.
    world.send(other, "PUT /bkt/theirs", &[], "theirs").await.is(200);
    let acl = world.ask(other, "GET /bkt/theirs?acl").await;
    assert_eq!(acl.is(200).text("ID"), world.other.canonical);
    world.ask(other, "GET /bkt/theirs").await.is(200);
    for line in [
        "GET /bkt/theirs",
        "GET /bkt/theirs?acl",
        "GET /bkt/theirs?tagging",
    ] {
        world.ask(owner, line).await.denied();
    }
    let listing = world.ask(owner, "GET /bkt").await;
    assert_eq!(listing.is(200).text("ID"), world.other.canonical);

    // The owner of the object gives the bucket's owner what they need.
    let put = [("x-amz-acl", "bucket-owner-read")];
    world.send(other, "PUT /bkt/theirs?acl", &put, "").await.is(200);
    world.ask(owner, "GET /bkt/theirs").await.is(200);
    world
        .send(owner, "PUT /bkt/theirs?acl", &[("x-amz-acl", "private")], "")
        .await
        .denied();

    // The bucket's owner denies and deletes, whosever it is.
    world.policy("Deny", "\"*\"", "\"s3:GetObject\"").await.is(204);
    world.ask(other, "GET /bkt/theirs").await.denied();
    world.ask(owner, "DELETE /bkt?policy").await.is(204);
    world.ask(owner, "DELETE /bkt/theirs").await.is(204);

    // A multipart upload's object too is its initiator's.
    let upload = world.send(other, "POST /bkt/parts?uploads", &[], "").await;
    let upload = upload.is(200).text("UploadId").to_owned();
    let part = world
        .send(
            other,
            &format!("PUT /bkt/parts?partNumber=1&uploadId={upload}"),
            &[],
            "x",
        )
        .await;
    part.is(200);
    let complete = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>\
                    <ETag>9dd4e461268c8034f5c8564e155c67a6</ETag></Part></CompleteMultipartUpload>";
    world
        .send(
            other,
            &format!("POST /bkt/parts?uploadId={upload}"),
            &[],
            complete,
        )
        .await
        .is(200);
    world.ask(owner, "GET /bkt/parts").await.denied();
    world.ask(other, "GET /bkt/parts").await.is(200);
}

// "BucketOwnerPreferred (bucket owner owns if bucket-owner-full-control given)" (§8).
#[tokio::test]
async fn the_bucket_owner_is_preferred_where_the_writer_says_so() {
    let world = World::new().await;
    let (owner, other) = (&world.owner.root, &world.other.root);
    world.bucket("BucketOwnerPreferred").await;
    let principal = format!(r#"{{"AWS":"{}"}}"#, world.other.id);
    world
        .policy("Allow", &principal, r#"["s3:PutObject","s3:PutObjectAcl"]"#)
        .await
        .is(204);
    world.send(other, "PUT /bkt/mine", &[], "").await.is(200);
    world.ask(owner, "GET /bkt/mine").await.denied();
    let given = [("x-amz-acl", "bucket-owner-full-control")];
    world.send(other, "PUT /bkt/given", &given, "").await.is(200);
    let acl = world.ask(owner, "GET /bkt/given?acl").await;
    assert_eq!(acl.is(200).text("ID"), world.owner.canonical);
    world.ask(other, "GET /bkt/given").await.denied();
    // Without ACLs all of it is the bucket owner's.
    let controls = "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>";
    world
        .send(owner, "PUT /bkt?ownershipControls", &[], controls)
        .await
        .is(200);
    world.ask(owner, "GET /bkt/mine").await.is(200);
    world.ask(other, "GET /bkt/mine").await.denied();
}

// "RestrictPublicBuckets (bucket with public policy usable only by owner account and AWS services)" (§8).
#[tokio::test]
async fn a_public_bucket_that_is_restricted_is_the_accounts_own() {
    let world = World::new().await;
    world.bucket("BucketOwnerEnforced").await;
    let anna = world.user(&world.owner, "anna").await;
    world
        .send(&world.owner.root, "PUT /bkt/k", &[], "body")
        .await
        .is(200);
    world.policy("Allow", "\"*\"", "\"s3:GetObject\"").await.is(204);
    for keys in [&world.other.root, &anna] {
        world.ask(keys, "GET /bkt/k").await.is(200);
    }
    let block = "<PublicAccessBlockConfiguration><RestrictPublicBuckets>true</RestrictPublicBuckets>\
                 </PublicAccessBlockConfiguration>";
    world
        .send(&world.owner.root, "PUT /bkt?publicAccessBlock", &[], block)
        .await
        .is(200);
    world.ask(&world.other.root, "GET /bkt/k").await.denied();
    world.ask(&anna, "GET /bkt/k").await.is(200);
}

// "AccessDenied text …, same-account callers", "Missing key without s3:ListBucket → 403 … names s3:ListBucket" (§6).
#[tokio::test]
async fn users_are_told_what_they_lack() {
    let world = World::new().await;
    world.bucket("BucketOwnerEnforced").await;
    let anna = world.user(&world.owner, "anna").await;
    let arn = user_arn(&world.owner, "anna");
    world
        .send(&world.owner.root, "PUT /bkt/k", &[], "body")
        .await
        .is(200);
    let lacks = |action: &str, resource: &str| {
        format!(
            "User: {arn} is not authorized to perform: {action} on resource: &quot;{resource}&quot; because no \
             identity-based policy allows the {action} action"
        )
    };
    let told = |answer: &Answer, message: String| {
        answer.refused(403, "AccessDenied");
        assert_eq!(answer.text("Message").replace('"', "&quot;"), message);
    };
    told(
        &world.ask(&anna, "GET /bkt/k").await,
        lacks("s3:GetObject", "arn:aws:s3:::bkt/k"),
    );
    told(
        &world.ask(&anna, "GET /bkt").await,
        lacks("s3:ListBucket", "arn:aws:s3:::bkt"),
    );
    let buckets = world.ask(&anna, "GET /").await;
    buckets.refused(403, "AccessDenied");
    assert!(
        buckets.text("Message").contains("s3:ListAllMyBuckets"),
        "{buckets:?}"
    );

    world.allow(&world.owner, "anna", "s3:GetObject").await;
    world.ask(&anna, "GET /bkt/k").await.is(200);
    told(
        &world.ask(&anna, "GET /bkt/missing").await,
        lacks("s3:ListBucket", "arn:aws:s3:::bkt"),
    );
    world.allow(&world.owner, "anna", "s3:*").await;
    world
        .ask(&anna, "GET /bkt/missing")
        .await
        .refused(404, "NoSuchKey");
    world
        .ask(&anna, "GET /bkt?policy")
        .await
        .refused(404, "NoSuchBucketPolicy");

    // A user is not spared by its own policy what the bucket's denies.
    world
        .policy("Deny", &format!(r#"{{"AWS":"{arn}"}}"#), "\"s3:*\"")
        .await
        .is(204);
    let denied = world.ask(&anna, "GET /bkt/k").await;
    denied.refused(403, "AccessDenied");
    assert!(
        denied
            .text("Message")
            .ends_with("with an explicit deny in a resource-based policy"),
        "{denied:?}"
    );
    world
        .ask(&anna, "DELETE /bkt?policy")
        .await
        .refused(403, "AccessDenied");
    world.ask(&world.owner.root, "GET /bkt/k").await.is(200);
}

// "GET returns the JSON text byte-preserving apart from principal-id rewriting" (§7).
#[tokio::test]
async fn a_policy_means_the_user_it_named_and_no_other() {
    let world = World::new().await;
    world.bucket("BucketOwnerEnforced").await;
    world
        .send(&world.owner.root, "PUT /bkt/k", &[], "body")
        .await
        .is(200);
    let arn = user_arn(&world.owner, "anna");
    let principal = format!(r#"{{"AWS":"{arn}"}}"#);
    let refused = world.policy("Allow", &principal, "\"s3:GetObject\"").await;
    refused.refused(400, "MalformedPolicy");
    assert_eq!(refused.text("Message"), "Invalid principal in policy");

    let anna = world.user(&world.owner, "anna").await;
    world
        .policy("Allow", &principal, "\"s3:GetObject\"")
        .await
        .is(204);
    world.ask(&anna, "GET /bkt/k").await.is(200);
    let shown = world.ask(&world.owner.root, "GET /bkt?policy").await;
    assert!(shown.is(200).body.contains(&arn), "{shown:?}");

    let (account, key) = (&world.owner.id, AccessKeyId::parse(&anna.0).unwrap());
    let owner = KeyOwner::User("anna".to_owned());
    world
        .identity
        .delete_access_key(account, &owner, &key)
        .await
        .unwrap();
    world.identity.delete_user(account, "anna").await.unwrap();
    let another = world.user(&world.owner, "anna").await;
    world
        .ask(&another, "GET /bkt/k")
        .await
        .refused(403, "AccessDenied");
    let shown = world.ask(&world.owner.root, "GET /bkt?policy").await;
    assert!(
        shown.body.contains("\"AIDA") && !shown.body.contains(&arn),
        "{shown:?}"
    );
}

// "s3:ExistingObjectTag" asks of identity policies what it asks of bucket policies (§5).
#[tokio::test]
async fn tags_of_objects_count_in_a_users_own_policies() {
    let world = World::new().await;
    world.bucket("BucketOwnerEnforced").await;
    let anna = world.user(&world.owner, "anna").await;
    let document = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*",
        "Condition":{"StringEquals":{"s3:ExistingObjectTag/team":"a"}}}}"#;
    let policy = Name::parse("p").unwrap();
    let put = world.identity.put_inline_policy(
        &world.owner.id,
        HolderKind::User,
        "anna",
        &policy,
        document.to_owned(),
    );
    put.await.unwrap();
    for team in ["a", "b"] {
        let tag = format!("team={team}");
        let line = format!("PUT /bkt/{team}");
        world
            .send(&world.owner.root, &line, &[("x-amz-tagging", &tag)], "")
            .await
            .is(200);
    }
    world.ask(&anna, "GET /bkt/a").await.is(200);
    world.ask(&anna, "GET /bkt/b").await.refused(403, "AccessDenied");
}

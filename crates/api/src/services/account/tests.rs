//! The Account API through the pipeline: signed requests in, answers out, no socket.

use bytes::Bytes;
use cairn_identity::{Identity, MasterKey, RootAccount};
use cairn_journal::{Entry, Journal, Mechanism};
use cairn_objects::{Limits, Objects};
use cairn_protocol::auth::Payload as Hash;
use cairn_protocol::auth::sign::Signer;
use cairn_region::{OptInDefault, Region, Regions};
use cairn_storage::Memory;
use cairn_types::{
    AccessKeyId, CanonicalUserId, Clock as _, RegionName, SecretAccessKey, SystemClock, Timestamp,
};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};

use super::*;
use crate::services::SERVICE_BODY_BYTES_MAX;
use crate::{Connection, Settings};

const OPT_IN: &str = "ap-southeast-3";

struct Deployment {
    api: Arc<Api>,
    journal: Journal,
    account: AccountId,
    signer: Signer,
}

struct Answer {
    status: u16,
    headers: http::HeaderMap,
    body: Bytes,
}

impl Answer {
    fn json(&self) -> Value {
        assert_eq!(self.headers["content-type"], "application/json");
        serde_json::from_slice(&self.body).unwrap()
    }

    fn error(&self) -> (u16, &str) {
        let code = self
            .headers
            .get("x-amzn-errortype")
            .map(|code| code.to_str().unwrap());
        (self.status, code.unwrap_or_default())
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Deployment {
    async fn new(default: OptInDefault) -> Self {
        let memory = Arc::new(Memory::new());
        let clock = Arc::new(SystemClock);
        let objects = Objects::open(memory.clone(), memory.clone(), clock.clone(), Limits::default()).await;
        let names = ["us-east-1", "eu-west-1", OPT_IN];
        let regions = names.map(|name| Region::new(RegionName::parse(name).unwrap()));
        let regions = Regions::new(regions.to_vec(), "localhost").unwrap();
        let (account, secret) = (AccountId::generate(), SecretAccessKey::generate());
        let identity = Identity::open(
            memory,
            clock.clone(),
            &[MasterKey::generate()],
            Default::default(),
        )
        .unwrap();
        let root = RootAccount {
            account_id: account.clone(),
            canonical_user_id: CanonicalUserId::generate(),
            access_key_id: AccessKeyId::parse("AKIAROOT").unwrap(),
            secret_access_key: secret.clone(),
        };
        identity.adopt_root(&root).await.unwrap();
        let mut settings = Settings::new(Arc::new(regions));
        settings.opt_in_default = default;
        let mut signer = Signer::new("AKIAROOT", secret, "us-east-1");
        signer.service = "account".to_owned();
        let journal = Journal::in_memory(cairn_journal::Limits::default()).unwrap();
        let api = Api::new(settings, objects.unwrap(), identity, clock);
        Self {
            api: Arc::new(api.with_journal(Some(journal.clone()))),
            journal,
            account,
            signer,
        }
    }

    /// Signs for the time `now` and sends.
    async fn send_at(
        &self,
        signer: Option<&Signer>,
        (method, host, path): (&str, &str, &str),
        body: &[u8],
        now: Timestamp,
    ) -> Answer {
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("host", host)
            .header("content-length", body.len());
        let (mut parts, body) = request
            .body(Full::new(Bytes::copy_from_slice(body)))
            .unwrap()
            .into_parts();
        if let Some(signer) = signer {
            let bytes = body.clone().collect().await.unwrap().to_bytes();
            signer.header_v4(&mut parts, &Hash::of(&bytes), now).unwrap();
        }
        let connection = Connection {
            peer: "127.0.0.1:1".parse().unwrap(),
            local: "127.0.0.1:9000".parse().unwrap(),
            tls: false,
            region: RegionName::parse("eu-west-1").unwrap(),
            fault: None,
        };
        let request = http::Request::from_parts(parts, body);
        let (parts, body) = self.api.handle(request, connection).await.into_parts();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }

    async fn send(&self, signer: Option<&Signer>, line: (&str, &str, &str), body: &[u8]) -> Answer {
        self.send_at(signer, line, body, SystemClock.now()).await
    }

    /// The Account API, as the CLI asks it.
    async fn account(&self, path: &str, input: Value) -> Answer {
        let line = ("POST", "127.0.0.1:9000", path);
        let answer = self
            .send(Some(&self.signer), line, input.to_string().as_bytes())
            .await;
        assert_eq!(
            answer.headers["x-amzn-requestid"],
            answer.headers["x-amz-request-id"]
        );
        answer
    }

    /// S3, signed for a region.
    async fn s3(&self, region: &str, line: (&str, &str, &str), body: &[u8]) -> Answer {
        let signer = Signer::new("AKIAROOT", self.signer.secret.clone(), region);
        self.send(Some(&signer), line, body).await
    }

    async fn set(&self, verb: &str) -> Answer {
        self.account(&format!("/{verb}Region"), json!({"RegionName": OPT_IN}))
            .await
    }

    /// What the journal has of an answered request.
    fn entry(&self, answer: &Answer) -> Entry<'static> {
        let id = answer.headers["x-amz-request-id"].to_str().unwrap();
        self.journal.find(id).unwrap().unwrap()
    }

    async fn status(&self, region: &str) -> Value {
        let answer = self
            .account("/getRegionOptStatus", json!({"RegionName": region}))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["RegionOptStatus"].clone()
    }
}

#[tokio::test]
async fn a_region_is_enabled_and_disabled_again() {
    let here = Deployment::new(OptInDefault::Disabled).await;
    assert_eq!(here.status("us-east-1").await, "ENABLED_BY_DEFAULT");
    assert_eq!(here.status("eu-west-1").await, "ENABLED_BY_DEFAULT");
    for (verb, status) in [
        ("disable", "DISABLED"),
        ("enable", "ENABLED"),
        ("enable", "ENABLED"),
        ("disable", "DISABLED"),
    ] {
        let answer = here.set(verb).await;
        assert_eq!((answer.status, answer.json()), (200, json!({})));
        assert_eq!(here.status(OPT_IN).await, status);
    }
    let everywhere = Deployment::new(OptInDefault::Enabled).await;
    assert_eq!(everywhere.status(OPT_IN).await, "ENABLED");
    assert_eq!(everywhere.set("disable").await.status, 200);
    assert_eq!(everywhere.status(OPT_IN).await, "DISABLED");
}

#[tokio::test]
async fn regions_are_listed_in_pages() {
    let here = Deployment::new(OptInDefault::Disabled).await;
    let all = here.account("/listRegions", json!({})).await.json();
    let expected = json!({"Regions": [
        {"RegionName": OPT_IN, "RegionOptStatus": "DISABLED"},
        {"RegionName": "eu-west-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"},
        {"RegionName": "us-east-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"},
    ]});
    assert_eq!(all, expected);
    // A client that sends no document at all.
    let line = ("POST", "account.localhost", "/listRegions");
    assert_eq!(here.send(Some(&here.signer), line, b"").await.json(), expected);

    let mut token = Value::Null;
    let mut found = Vec::new();
    for left in [2, 1, 0] {
        let page = here
            .account("/listRegions", json!({"MaxResults": 1, "NextToken": token}))
            .await
            .json();
        found.push(page["Regions"][0].clone());
        assert_eq!(page["Regions"].as_array().unwrap().len(), 1);
        token = page["NextToken"].clone();
        assert_eq!(token.is_null(), left == 0);
    }
    assert_eq!(Value::from(found), expected["Regions"]);

    let filter = |words: Value| here.account("/listRegions", json!({"RegionOptStatusContains": words}));
    let names = |answer: Answer| answer.json()["Regions"].as_array().unwrap().len();
    assert_eq!(names(filter(json!(["DISABLED"])).await), 1);
    assert_eq!(names(filter(json!(["DISABLED", "ENABLED_BY_DEFAULT"])).await), 3);
    assert_eq!(names(filter(json!(["ENABLING"])).await), 0);
    assert_eq!(names(filter(json!([])).await), 3);
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let here = Deployment::new(OptInDefault::Disabled).await;
    let long = "r".repeat(51);
    for (path, input, reason, field) in [
        ("/enableRegion", json!({}), "fieldValidationFailed", "RegionName"),
        (
            "/enableRegion",
            json!({"RegionName": ""}),
            "fieldValidationFailed",
            "RegionName",
        ),
        (
            "/disableRegion",
            json!({"RegionName": long}),
            "fieldValidationFailed",
            "RegionName",
        ),
        (
            "/getRegionOptStatus",
            json!({"RegionName": OPT_IN, "AccountId": "12"}),
            "fieldValidationFailed",
            "AccountId",
        ),
        (
            "/listRegions",
            json!({"MaxResults": 0}),
            "fieldValidationFailed",
            "MaxResults",
        ),
        (
            "/listRegions",
            json!({"MaxResults": 51}),
            "fieldValidationFailed",
            "MaxResults",
        ),
        (
            "/listRegions",
            json!({"NextToken": "No Token"}),
            "fieldValidationFailed",
            "NextToken",
        ),
        (
            "/listRegions",
            json!({"NextToken": "a".repeat(1001)}),
            "fieldValidationFailed",
            "NextToken",
        ),
        (
            "/listRegions",
            json!({"RegionOptStatusContains": ["ON"]}),
            "fieldValidationFailed",
            "RegionOptStatusContains",
        ),
        (
            "/enableRegion",
            json!({"RegionName": "mars-1"}),
            "invalidRegionOptTarget",
            "",
        ),
        (
            "/getRegionOptStatus",
            json!({"RegionName": "mars-1"}),
            "invalidRegionOptTarget",
            "",
        ),
        (
            "/enableRegion",
            json!({"RegionName": "us-east-1"}),
            "invalidRegionOptTarget",
            "",
        ),
        (
            "/disableRegion",
            json!({"RegionName": "eu-west-1"}),
            "invalidRegionOptTarget",
            "",
        ),
    ] {
        let answer = here.account(path, input.clone()).await;
        assert_eq!(answer.error(), (400, "ValidationException"), "{path} {input}");
        let document = answer.json();
        assert_eq!(document["reason"], reason, "{path} {input}");
        assert!(document["message"].is_string());
        let fields = &document["fieldList"];
        assert_eq!(
            fields[0]["name"].as_str().unwrap_or_default(),
            field,
            "{path} {input}"
        );
        assert_eq!(fields.is_null(), field.is_empty());
    }
    let line = ("POST", "127.0.0.1", "/listRegions");
    for body in ["{", "[]", "\"x\"", "{\"MaxResults\": \"1\"}"] {
        let answer = here.send(Some(&here.signer), line, body.as_bytes()).await;
        assert_eq!(answer.error(), (400, "SerializationException"), "{body}");
    }
    // What is not known is passed over, as everywhere in restJson1; null is absent.
    let answer = here
        .account("/listRegions", json!({"Colour": 1, "MaxResults": null}))
        .await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn only_ones_own_account_is_to_be_had() {
    let here = Deployment::new(OptInDefault::Disabled).await;
    for path in [
        "/enableRegion",
        "/disableRegion",
        "/getRegionOptStatus",
        "/listRegions",
    ] {
        let own = json!({"RegionName": OPT_IN, "AccountId": here.account.as_str()});
        assert_eq!(here.account(path, own).await.status, 200);
        let other = json!({"RegionName": OPT_IN, "AccountId": "123456789012"});
        let answer = here.account(path, other).await;
        assert_eq!(answer.error(), (403, "AccessDeniedException"));
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains("account:"), "{message}");
    }
}

#[tokio::test]
async fn a_request_is_known_by_its_signature() {
    let here = Deployment::new(OptInDefault::Disabled).await;
    let own = ("POST", "127.0.0.1:9000", "/listRegions");
    let named = ("POST", "account.us-east-1.localhost:9000", "/listRegions");
    let with = |change: &dyn Fn(&mut Signer)| {
        let mut signer = here.signer.clone();
        change(&mut signer);
        signer
    };
    let wrong_secret = with(&|signer| signer.secret = SecretAccessKey::generate());
    let unknown = with(&|signer| signer.access_key_id = "AKIAOTHER".to_owned());
    let token = with(&|signer| signer.session_token = Some("token".to_owned()));
    let mars = with(&|signer| signer.region = "mars-1".to_owned());
    let s3 = with(&|signer| signer.service = "s3".to_owned());
    for (signer, line, error) in [
        (None, named, (403, "MissingAuthenticationTokenException")),
        (Some(&wrong_secret), own, (403, "InvalidSignatureException")),
        (Some(&unknown), own, (403, "UnrecognizedClientException")),
        (Some(&token), own, (403, "UnrecognizedClientException")),
        (Some(&mars), own, (403, "InvalidSignatureException")),
        (Some(&s3), named, (403, "InvalidSignatureException")),
        (
            Some(&here.signer),
            ("GET", own.1, own.2),
            (404, "UnknownOperationException"),
        ),
        (
            Some(&here.signer),
            ("POST", own.1, "/"),
            (404, "UnknownOperationException"),
        ),
        (
            Some(&here.signer),
            ("POST", own.1, "/putAccountName"),
            (404, "UnknownOperationException"),
        ),
    ] {
        let answer = here.send(signer, line, b"{}").await;
        assert_eq!(answer.error(), error, "{line:?} {}", answer.text());
    }
    // Any region of the deployment is as good as the first.
    let west = with(&|signer| signer.region = "eu-west-1".to_owned());
    assert_eq!(here.send(Some(&west), own, b"{}").await.status, 200);
    // Without a signature, or at a name of S3's, it is S3's business.
    let answer = here.send(None, own, b"{}").await;
    assert!(answer.text().contains("<Code>"), "{}", answer.text());
    let answer = here
        .send(
            Some(&here.signer),
            ("POST", "s3.localhost", "/listRegions"),
            b"{}",
        )
        .await;
    assert!(answer.text().contains("<Code>"), "{}", answer.text());

    let hour = 3600;
    let now = SystemClock.now().seconds();
    for (moment, words) in [
        (now - hour, "Signature expired: "),
        (now + hour, "Signature not yet current: "),
    ] {
        let signed_at = Timestamp::from_seconds(moment);
        let answer = here.send_at(Some(&here.signer), own, b"{}", signed_at).await;
        assert_eq!(answer.error(), (403, "InvalidSignatureException"));
        assert!(answer.text().contains(words), "{}", answer.text());
    }
}

#[tokio::test]
async fn the_body_is_bounded() {
    let here = Deployment::new(OptInDefault::Disabled).await;
    let line = ("POST", "127.0.0.1:9000", "/listRegions");
    let mut body = b"{}".to_vec();
    body.resize(SERVICE_BODY_BYTES_MAX, b' ');
    assert_eq!(here.send(Some(&here.signer), line, &body).await.status, 200);
    body.push(b' ');
    let answer = here.send(Some(&here.signer), line, &body).await;
    assert_eq!(answer.error(), (413, "RequestEntityTooLargeException"));
}

/// facts/01 §2, last paragraph (believed).
#[tokio::test]
async fn a_region_that_is_not_enabled_knows_no_key() {
    let here = Deployment::new(OptInDefault::Disabled).await;
    let host = format!("s3.{OPT_IN}.localhost");
    let bucket = "my-far-bucket";
    let path = format!("/{bucket}");
    let constraint = format!(
        "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <LocationConstraint>{OPT_IN}</LocationConstraint></CreateBucketConfiguration>"
    );
    let create_at = |host: &'static str| here.s3("us-east-1", ("PUT", host, &path), constraint.as_bytes());
    let get = async || {
        let answer = here.s3(OPT_IN, ("GET", &host, &path), b"").await;
        (answer.status, answer.text())
    };
    let anonymous = async || {
        let answer = here.send(None, ("GET", &host, &path), b"").await;
        (answer.status, answer.text())
    };

    let answer = create_at("s3.localhost").await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("<Code>InvalidLocationConstraint</Code>"));
    assert!(answer.text().contains(OPT_IN));
    let answer = here
        .s3(OPT_IN, ("PUT", &host, &path), constraint.as_bytes())
        .await;
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("<Code>InvalidAccessKeyId</Code>"));
    let (status, text) = anonymous().await;
    assert_eq!(status, 404, "{text}");

    assert_eq!(here.set("enable").await.status, 200);
    let answer = create_at("s3.localhost").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(get().await.0, 200);
    assert_eq!(anonymous().await.0, 403);

    assert_eq!(here.set("disable").await.status, 200);
    let (status, text) = get().await;
    assert!(
        status == 403 && text.contains("<Code>InvalidAccessKeyId</Code>"),
        "{text}"
    );
    let (status, text) = anonymous().await;
    assert!(
        status == 403 && text.contains("<Code>AccessDenied</Code>"),
        "{text}"
    );
    let answer = here.s3("us-east-1", ("GET", "s3.localhost", "/"), b"").await;
    assert!(answer.text().contains(bucket), "ListBuckets still shows it");

    assert_eq!(here.set("enable").await.status, 200);
    assert_eq!(get().await.0, 200);
}

#[tokio::test]
async fn the_journal_says_what_was_asked_and_why_it_was_refused() {
    let here = Deployment::new(OptInDefault::Disabled).await;
    let arn = format!("arn:aws:iam::{}:root", here.account);
    let entry = here.entry(&here.set("enable").await);
    assert_eq!(
        (entry.operation.as_ref(), entry.status, &entry.code),
        ("EnableRegion", 200, &None)
    );
    assert_eq!(entry.principal.as_deref(), Some(arn.as_str()));
    assert_eq!(entry.mechanism, Some(Mechanism::V4Header));
    assert_eq!(entry.signing_region.as_deref(), Some("us-east-1"));

    let line = ("POST", "account.localhost", "/listRegions");
    let unsigned = here.entry(&here.send(None, line, b"{}").await);
    assert_eq!(
        (unsigned.operation.as_ref(), unsigned.status),
        ("ListRegions", 403)
    );
    assert_eq!(
        unsigned.code.as_deref(),
        Some("MissingAuthenticationTokenException")
    );
    assert_eq!(unsigned.message.as_deref(), Some("Missing Authentication Token"));
    assert_eq!(
        (unsigned.principal, unsigned.mechanism),
        (None, Some(Mechanism::Anonymous))
    );

    here.set("disable").await;
    let host = format!("s3.{OPT_IN}.localhost");
    let refused = here.entry(&here.s3(OPT_IN, ("GET", &host, "/"), b"").await);
    assert_eq!(refused.code.as_deref(), Some("InvalidAccessKeyId"));
    // That the signature is right is a fact, too.
    let signature = crate::SignatureFact::decode(&refused.facts).unwrap();
    assert_eq!((signature.right, signature.causes), (Some(true), vec![]));
    assert_eq!(refused.facts.len(), 2);
    assert_eq!(refused.facts[0].kind, crate::fact::REGION_NOT_ENABLED);
    assert_eq!(refused.facts[0].bytes, OPT_IN.as_bytes());
}

#[tokio::test]
async fn the_journal_says_why_a_signature_was_refused() {
    let here = Deployment::new(OptInDefault::Disabled).await;
    let line = ("POST", "account.localhost", "/listRegions");
    let noted = async |signer: &Signer, code: &str| {
        let entry = here.entry(&here.send(Some(signer), line, b"{}").await);
        assert_eq!(entry.code.as_deref(), Some(code));
        let noted = crate::SignatureFact::decode(&entry.facts).unwrap();
        let causes: Vec<&str> = noted.causes.iter().map(|cause| cause.name()).collect();
        (noted.right, causes.join(" "), noted.lines.len())
    };
    let mut by = here.signer.clone();
    by.secret = SecretAccessKey::parse("another-secret-altogether").unwrap();
    assert_eq!(
        noted(&by, "InvalidSignatureException").await,
        (Some(false), "secret".to_owned(), 10)
    );
    let quoted = format!("\"{}\"", here.signer.secret.expose());
    by.secret = SecretAccessKey::parse(&quoted).unwrap();
    let (right, causes, _) = noted(&by, "InvalidSignatureException").await;
    assert_eq!((right, causes.as_str()), (Some(false), "secret"));
    let mut by = here.signer.clone();
    by.access_key_id = "AKIAUNKNOWN".to_owned();
    let (right, causes, _) = noted(&by, "UnrecognizedClientException").await;
    assert_eq!((right, causes.as_str()), (None, "access-key"));
    let mut by = here.signer.clone();
    by.region = "mars-north-1".to_owned();
    assert_eq!(
        noted(&by, "InvalidSignatureException").await,
        (Some(true), "region".to_owned(), 0)
    );
}

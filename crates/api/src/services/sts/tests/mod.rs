//! STS through the pipeline, at a time of the tests' own: signed requests in, answers out, no socket.

mod assume_role;
mod authorization_message;
mod federation;
mod live;
mod session_token;
mod web_identity;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use cairn_identity::{AccountRecord, Identity, Issued, KeyOwner, MasterKey, Name, NewUser, Path, Tags};
use cairn_objects::Objects;
use cairn_protocol::auth::Payload;
use cairn_protocol::auth::sign::Signer;
use cairn_region::{Region, Regions};
use cairn_storage::Memory;
use cairn_types::{AccountId, Clock, RegionName, SecretAccessKey, Timestamp};
use http_body_util::{BodyExt as _, Full};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{Api, Connection, Settings};

/// A clock that stands until it is set.
#[derive(Clone)]
pub(super) struct SetClock(Arc<AtomicU64>);

impl SetClock {
    pub(super) fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::Relaxed))
    }
}

/// A key to sign with.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) id: String,
    pub(super) secret: SecretAccessKey,
    pub(super) token: Option<String>,
}

impl Key {
    fn of(issued: &Issued) -> Self {
        Self {
            id: issued.record.id.to_string(),
            secret: issued.secret.clone(),
            token: None,
        }
    }

    pub(super) fn signer(&self, service: &str) -> Signer {
        let mut signer = Signer::new(&self.id, self.secret.clone(), "us-east-1");
        signer.session_token = self.token.clone();
        signer.service = service.to_owned();
        signer
    }
}

/// What was answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: http::HeaderMap,
    pub(super) body: String,
}

impl Answer {
    /// The text of the first element of this name.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
    }

    #[track_caller]
    pub(super) fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body);
        self
    }

    /// Status, code and message.
    pub(super) fn error(&self) -> (u16, &str, &str) {
        (
            self.status,
            self.text("Code").unwrap_or_default(),
            self.text("Message").unwrap_or_default(),
        )
    }

    /// The credentials in it.
    #[track_caller]
    pub(super) fn key(&self) -> Key {
        assert_eq!(self.status, 200, "{}", self.body);
        Key {
            id: self.text("AccessKeyId").unwrap().to_owned(),
            secret: SecretAccessKey::parse(self.text("SecretAccessKey").unwrap()).unwrap(),
            token: Some(self.text("SessionToken").unwrap().to_owned()),
        }
    }
}

/// A form of these parameters.
pub(super) fn form(parameters: &[(&str, &str)]) -> String {
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

/// A policy of one statement that allows.
pub(super) fn allow(action: &str, resource: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}]}}"#
    )
}

pub(super) struct Deployment {
    pub(super) api: Arc<Api>,
    pub(super) identity: Identity,
    pub(super) clock: SetClock,
    pub(super) account: AccountId,
    pub(super) root: Key,
}

impl Deployment {
    pub(super) async fn new() -> Self {
        Self::with(|api| api).await
    }

    pub(super) async fn with(change: impl FnOnce(Api) -> Api) -> Self {
        let memory = Arc::new(Memory::new());
        // 2026-01-01T00:00:00Z
        let clock = SetClock(Arc::new(AtomicU64::new(1_767_225_600)));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let objects = Objects::open(
            memory.clone(),
            memory.clone(),
            Arc::clone(&shared),
            Default::default(),
        );
        let names = ["us-east-1", "eu-west-1"];
        let regions = names.map(|name| Region::new(RegionName::parse(name).unwrap()));
        let regions = Arc::new(Regions::new(regions.to_vec(), "localhost").unwrap());
        let masters = [MasterKey::generate()];
        let identity = Identity::open(memory, Arc::clone(&shared), &masters, Default::default()).unwrap();
        let (AccountRecord { id: account, .. }, issued) = identity.create_account("first").await.unwrap();
        let api = Api::new(
            Settings::new(regions),
            objects.await.unwrap(),
            identity.clone(),
            shared,
        );
        Self {
            api: Arc::new(change(api)),
            identity,
            clock,
            account,
            root: Key::of(&issued),
        }
    }

    /// Another account with its root key.
    pub(super) async fn other_account(&self) -> (AccountId, Key) {
        let (record, issued) = self.identity.create_account("other").await.unwrap();
        (record.id, Key::of(&issued))
    }

    /// A user with these permissions, and its key.
    pub(super) async fn user(&self, account: &AccountId, name: &str, policy: Option<&str>) -> Key {
        let new = NewUser {
            name: Name::parse(name).unwrap(),
            path: Path::default(),
            tags: Tags::default(),
            boundary: None,
        };
        self.identity.create_user(account, new).await.unwrap();
        let owner = KeyOwner::User(name.to_owned());
        let issued = self.identity.create_access_key(account, &owner).await.unwrap();
        let key = Key::of(&issued);
        if let Some(policy) = policy {
            self.put_policy(account, "User", name, policy).await;
        }
        key
    }

    /// Gives a user or role its one inline policy.
    pub(super) async fn put_policy(&self, account: &AccountId, kind: &str, name: &str, policy: &str) {
        let kind = match kind {
            "User" => cairn_identity::HolderKind::User,
            _ => cairn_identity::HolderKind::Role,
        };
        let policy_name = Name::parse("p").unwrap();
        let put = self
            .identity
            .put_inline_policy(account, kind, name, &policy_name, policy.to_owned());
        put.await.unwrap();
    }

    /// A role with this trust policy; its ARN.
    pub(super) async fn role(&self, account: &AccountId, name: &str, trust: &str) -> String {
        let new = cairn_identity::NewRole {
            name: Name::parse(name).unwrap(),
            path: Path::default(),
            trust: trust.to_owned(),
            description: None,
            max_session_seconds: 7200,
            tags: Tags::default(),
            boundary: None,
        };
        self.identity.create_role(account, new).await.unwrap().arn()
    }

    /// Sends a request as it is.
    pub(super) async fn send(&self, parts: http::request::Parts, body: &[u8]) -> Answer {
        let body = Full::new(Bytes::copy_from_slice(body));
        let connection = Connection {
            peer: "127.0.0.1:1".parse().unwrap(),
            local: "127.0.0.1:9000".parse().unwrap(),
            tls: false,
            region: RegionName::parse("us-east-1").unwrap(),
            fault: None,
        };
        let request = http::Request::from_parts(parts, body);
        let (parts, body) = self.api.handle(request, connection).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    /// A call of a Query service.
    pub(super) async fn query(
        &self,
        key: Option<&Key>,
        service: &str,
        version: &str,
        parameters: &[(&str, &str)],
    ) -> Answer {
        let mut body = form(parameters);
        body.push_str(&format!("&Version={version}"));
        let request = http::Request::builder()
            .method("POST")
            .uri("/")
            .header("host", "127.0.0.1:9000")
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .header("content-length", body.len());
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        if let Some(key) = key {
            let payload = Payload::of(body.as_bytes());
            let signer = key.signer(service);
            signer.header_v4(&mut parts, &payload, self.clock.now()).unwrap();
        }
        self.send(parts, body.as_bytes()).await
    }

    pub(super) async fn sts(&self, key: &Key, parameters: &[(&str, &str)]) -> Answer {
        self.query(Some(key), "sts", "2011-06-15", parameters).await
    }

    pub(super) async fn iam(&self, key: &Key, parameters: &[(&str, &str)]) -> Answer {
        self.query(Some(key), "iam", "2010-05-08", parameters).await
    }

    pub(super) async fn assume(&self, key: &Key, role: &str, more: &[(&str, &str)]) -> Answer {
        let mut parameters = vec![
            ("Action", "AssumeRole"),
            ("RoleArn", role),
            ("RoleSessionName", "work"),
        ];
        parameters.extend_from_slice(more);
        self.sts(key, &parameters).await
    }

    /// An S3 request without a body.
    pub(super) async fn s3(&self, key: &Key, method: &str, path: &str) -> Answer {
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:9000")
            .header("content-length", 0);
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let signer = key.signer("s3");
        signer
            .header_v4(&mut parts, &Payload::of(b""), self.clock.now())
            .unwrap();
        self.send(parts, b"").await
    }
}

//! IAM and STS through the pipeline: signed requests in, documents out, no socket.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    dead_code,
    reason = "helpers of tests, of which each test uses some"
)]

use std::sync::Arc;

use bytes::Bytes;
use cairn_api::{Api, Connection, Settings};
use cairn_identity::{Identity, MasterKey, RootAccount};
use cairn_objects::{Limits, Objects};
use cairn_protocol::auth::Payload;
use cairn_protocol::auth::sign::Signer;
use cairn_protocol::encoding::encode_query;
use cairn_protocol::xml;
use cairn_region::{Region, Regions};
use cairn_storage::Memory;
use cairn_types::{
    AccessKeyId, AccountId, CanonicalUserId, Clock as _, RegionName, SecretAccessKey, SystemClock,
};
use http_body_util::{BodyExt as _, Full};

/// A deployment of one account.
pub struct Deployment {
    api: Arc<Api>,
    pub account: AccountId,
    pub root: Keys,
}

/// What requests are signed with.
#[derive(Clone)]
pub struct Keys {
    id: String,
    secret: SecretAccessKey,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    /// The text of the first element of this name; empty where there is none.
    pub fn text(&self, element: &str) -> String {
        let (start, end) = (format!("<{element}>"), format!("</{element}>"));
        let found = self
            .body
            .split_once(&start)
            .and_then(|(_, rest)| rest.split_once(&end));
        found.map(|(text, _)| unescape(text)).unwrap_or_default()
    }

    /// How often an element of this name comes.
    pub fn count(&self, element: &str) -> usize {
        self.body.matches(&format!("<{element}>")).count()
    }

    /// `200`, or the code of the error.
    pub fn code(&self) -> String {
        match self.status {
            200 => "200".to_owned(),
            _ => self.text("Code"),
        }
    }

    /// The answer of a request that has to work.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body);
        self
    }

    /// Whether it is this error.
    #[track_caller]
    pub fn is(&self, status: u16, code: &str, message: &str) {
        assert_eq!(
            (
                self.status,
                self.text("Code").as_str(),
                self.text("Message").as_str()
            ),
            (status, code, message),
            "{}",
            self.body
        );
    }
}

fn unescape(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

impl Deployment {
    pub async fn new() -> Self {
        let (memory, clock) = (Arc::new(Memory::new()), Arc::new(SystemClock));
        let objects = Objects::open(memory.clone(), memory.clone(), clock.clone(), Limits::default()).await;
        let regions = vec![Region::new(RegionName::parse("us-east-1").unwrap())];
        let regions = Regions::new(regions, "localhost").unwrap();
        let masters = [MasterKey::generate()];
        let identity = Identity::open(memory, clock.clone(), &masters, Default::default()).unwrap();
        let (account, secret) = (AccountId::generate(), SecretAccessKey::generate());
        let root = RootAccount {
            account_id: account.clone(),
            canonical_user_id: CanonicalUserId::generate(),
            access_key_id: AccessKeyId::parse("AKIAROOT").unwrap(),
            secret_access_key: secret.clone(),
        };
        identity.adopt_root(&root).await.unwrap();
        let settings = Settings::new(Arc::new(regions));
        Self {
            api: Arc::new(Api::new(settings, objects.unwrap(), identity, clock)),
            account,
            root: Keys {
                id: "AKIAROOT".to_owned(),
                secret,
            },
        }
    }

    /// Asks a service, as the CLI does with `--endpoint-url`; unsigned at the service's own name, as a signature says
    /// which service is meant.
    pub async fn ask(
        &self,
        service: &str,
        keys: Option<&Keys>,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Answer {
        let mut form = format!("Action={action}");
        for (name, value) in parameters {
            form.push_str(&format!("&{name}={}", encode_query(value)));
        }
        let host = match keys {
            Some(_) => "127.0.0.1:9000".to_owned(),
            None => format!("{service}.localhost:9000"),
        };
        let request = http::Request::builder()
            .method("POST")
            .uri("/")
            .header("host", host)
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .header("content-length", form.len());
        let body = Full::new(Bytes::from(form.clone()));
        let (mut parts, body) = request.body(body).unwrap().into_parts();
        if let Some(keys) = keys {
            let mut signer = Signer::new(&keys.id, keys.secret.clone(), "us-east-1");
            signer.service = service.to_owned();
            let payload = Payload::of(form.as_bytes());
            signer.header_v4(&mut parts, &payload, SystemClock.now()).unwrap();
        }
        let connection = Connection {
            peer: "127.0.0.1:1".parse().unwrap(),
            local: "127.0.0.1:9000".parse().unwrap(),
            tls: false,
            region: RegionName::parse("us-east-1").unwrap(),
        };
        let request = http::Request::from_parts(parts, body);
        let (parts, body) = self.api.handle(request, connection).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let answer = Answer {
            status: parts.status.as_u16(),
            body: String::from_utf8(body.to_vec()).unwrap(),
        };
        let root = match answer.status {
            200 => format!("{action}Response"),
            _ => "ErrorResponse".to_owned(),
        };
        assert!(
            xml::parse(answer.body.as_bytes(), &root).is_ok(),
            "{}",
            answer.body
        );
        answer
    }

    /// IAM, as the root user.
    pub async fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.ask("iam", Some(&self.root), action, parameters).await
    }

    /// Makes a user, and a key of it.
    pub async fn user(&self, name: &str) -> Keys {
        self.iam("CreateUser", &[("UserName", name)]).await.ok();
        self.key_of(name).await
    }

    /// Makes a key of a user.
    pub async fn key_of(&self, name: &str) -> Keys {
        let made = self.iam("CreateAccessKey", &[("UserName", name)]).await.ok();
        Keys {
            id: made.text("AccessKeyId"),
            secret: SecretAccessKey::parse(&made.text("SecretAccessKey")).unwrap(),
        }
    }

    /// An ARN of IAM in the account.
    pub fn arn(&self, rest: &str) -> String {
        format!("arn:aws:iam::{}:{rest}", self.account)
    }
}

/// A policy of one statement that allows this on everything.
pub fn allow(actions: &str) -> String {
    policy(&format!(
        r#"{{"Effect":"Allow","Action":{actions},"Resource":"*"}}"#
    ))
}

/// A policy of these statements.
pub fn policy(statements: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)
}

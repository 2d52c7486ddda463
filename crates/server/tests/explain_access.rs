//! `cairn explain access`, and `cairn explain REQUEST-ID` of requests that policies denied: a server with users, roles
//! and sessions in it, asked over the wire.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod support;

use std::fs;
use std::io::{BufReader, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use cairn_protocol::auth::Payload;
use cairn_protocol::auth::sign::Signer;
use cairn_protocol::encoding::encode_query;
use cairn_types::checksum::Hasher;
use cairn_types::{ChecksumAlgorithm, Clock as _, SecretAccessKey, SystemClock};
use serde_json::Value;
use support::client::read_answer;
use support::{Answer, Cairn, Ended, Running};

struct Store {
    directory: tempfile::TempDir,
    server: Running,
    root: Signer,
    account: String,
}

impl Store {
    /// A server with a bucket `photos` and an object `a.jpg` in it.
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = Cairn::serve(["--data-dir", directory.path().to_str().unwrap()]).start();
        let (id, secret) = server.keys();
        let root = Signer::new(&id, SecretAccessKey::parse(&secret).unwrap(), "us-east-1");
        let mut store = Self {
            directory,
            server,
            root,
            account: String::new(),
        };
        store.account = store
            .sts(&store.root, "GetCallerIdentity", &[])
            .elements("Account")
            .remove(0);
        assert_eq!(store.s3("PUT", "/photos", "").status, 200);
        assert_eq!(store.s3("PUT", "/photos/a.jpg", "x").status, 200);
        store
    }

    fn arn(&self, rest: &str) -> String {
        format!("arn:aws:iam::{}:{rest}", self.account)
    }

    fn send(
        &self,
        signer: Option<&Signer>,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let address = self.server.address();
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("http://{address}{target}"))
            .header("host", address.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        if let Some(signer) = signer {
            let payload = Payload::of(body.as_bytes());
            signer.header_v4(&mut parts, &payload, SystemClock.now()).unwrap();
        }
        let mut head = format!(
            "{method} {target} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in &parts.headers {
            head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
        }
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(stream, "{head}\r\n{body}").unwrap();
        read_answer(&mut BufReader::new(stream), method == "HEAD")
            .unwrap()
            .0
    }

    fn s3(&self, method: &str, target: &str, body: &str) -> Answer {
        self.send(Some(&self.root), method, target, &[], body)
    }

    fn query(&self, service: &str, signer: &Signer, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let mut form = format!("Action={action}");
        for (name, value) in parameters {
            form.push_str(&format!("&{name}={}", encode_query(value)));
        }
        let mut signer = signer.clone();
        signer.service = service.to_owned();
        let form_type = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
        self.send(Some(&signer), "POST", "/", &[form_type], &form)
    }

    fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let answer = self.query("iam", &self.root, action, parameters);
        assert_eq!(answer.status, 200, "{action}: {}", answer.text());
        answer
    }

    fn sts(&self, signer: &Signer, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let answer = self.query("sts", signer, action, parameters);
        assert_eq!(answer.status, 200, "{action}: {}", answer.text());
        answer
    }

    /// A user with a key, and with a policy of these statements, if any.
    fn user(&self, name: &str, statements: &str) -> Signer {
        self.iam("CreateUser", &[("UserName", name)]);
        if !statements.is_empty() {
            self.put_policy(name, statements);
        }
        signer(&self.iam("CreateAccessKey", &[("UserName", name)]))
    }

    fn put_policy(&self, user: &str, statements: &str) {
        let document = policy(statements);
        let parameters = [
            ("UserName", user),
            ("PolicyName", "own"),
            ("PolicyDocument", &document),
        ];
        self.iam("PutUserPolicy", &parameters);
    }

    fn put_bucket_policy(&self, statements: &str) {
        let answer = self.s3("PUT", "/photos?policy", &policy(statements));
        assert_eq!(answer.status, 204, "{}", answer.text());
    }

    /// The id of a request that is denied.
    #[track_caller]
    fn denied(&self, signer: Option<&Signer>, method: &str, target: &str) -> String {
        let answer = self.send(signer, method, target, &[], "");
        assert_eq!(answer.status, 403, "{}", answer.text());
        answer.header("x-amz-request-id").unwrap().to_owned()
    }

    /// `cairn explain` with these arguments, at the running server.
    fn explain(&self, arguments: &[&str]) -> Ended {
        let admin = format!("http://{}", self.server.admin());
        let there = ["--admin", admin.as_str()];
        Cairn::new(["explain"].iter().chain(arguments).chain(&there)).run()
    }

    #[track_caller]
    fn says(&self, arguments: &[&str], words: &[&str]) -> String {
        let ended = self.explain(arguments);
        assert_eq!(ended.code(), 0, "{ended:?}");
        for word in words {
            assert!(
                ended.stdout.contains(word),
                "{word:?} is not in\n{}",
                ended.stdout
            );
        }
        ended.stdout
    }

    /// `cairn explain access` of reading the object.
    #[track_caller]
    fn reading(&self, principal: &str, more: &[&str], words: &[&str]) -> String {
        let mut arguments = vec![
            "access",
            "--principal",
            principal,
            "--action",
            "s3:GetObject",
            "--resource",
            "arn:aws:s3:::photos/a.jpg",
        ];
        arguments.extend(more);
        self.says(&arguments, words)
    }
}

fn policy(statements: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)
}

/// The keys that an answer gives.
fn signer(answer: &Answer) -> Signer {
    let only = |name: &str| answer.elements(name).into_iter().next();
    let secret = SecretAccessKey::parse(&only("SecretAccessKey").unwrap()).unwrap();
    let mut signer = Signer::new(&only("AccessKeyId").unwrap(), secret, "us-east-1");
    signer.session_token = only("SessionToken");
    signer
}

/// A line's text behind its label.
fn line<'a>(text: &'a str, label: &str) -> &'a str {
    let line = text.lines().find(|line| line.starts_with(label));
    line.unwrap_or_default().trim_start_matches(label).trim()
}

const READ: &str = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}"#;

#[test]
fn a_user_without_policy_then_with_one() {
    let store = Store::start();
    let anna = store.user("anna", "");
    let arn = store.arn("user/anna");
    let id = store.denied(Some(&anna), "GET", "/photos/a.jpg");
    let text = store.says(
        &[&id],
        &[
            "Answered    403 AccessDenied\n",
            "no identity-based policy allows the s3:GetObject action",
            "Access      then: s3:GetObject on arn:aws:s3:::photos/a.jpg: denied because no identity-based policy",
            "they say the same",
            "no identity policy\n",
            "aws:SourceIp = 127.0.0.1",
            "Verdict     DENIED because no identity-based policy allows the s3:GetObject action",
            "This statement in an identity-based policy of the caller would do: {\"Action\":\"s3:GetObject\",\"Effect\":\"Allow\",\
             \"Resource\":\"arn:aws:s3:::photos/a.jpg\"}",
        ],
    );
    assert!(line(&text, "Who").ends_with(&arn), "{text}");
    assert!(
        line(&text, "Why").starts_with("s3:GetObject on arn:aws:s3:::photos/a.jpg: denied because"),
        "{text}"
    );

    // What it says would do, does; and the old request is then told of the change.
    store.put_policy("anna", READ);
    assert_eq!(
        store.send(Some(&anna), "GET", "/photos/a.jpg", &[], "").status,
        200
    );
    store.says(
        &[&id],
        &[
            "have changed since",
            "it is ALLOWED",
            "Verdict     ALLOWED by statement 1 of",
        ],
    );
    let inline = format!("{arn} own");
    store.reading(
        &arn,
        &[],
        &[
            "Verdict     ALLOWED by statement 1 of",
            &inline,
            "+ Resource arn:aws:s3:::photos/*",
        ],
    );

    // An allowed request tells its statement.
    let allowed = store.send(Some(&anna), "GET", "/photos/a.jpg", &[], "");
    let id = allowed.header("x-amz-request-id").unwrap();
    let text = store.says(
        &[id],
        &["Access      then: s3:GetObject on arn:aws:s3:::photos/a.jpg: allowed by statement 1 of"],
    );
    assert!(!text.contains("Verdict     ALLOWED"), "{text}");

    // Gone: the question is still there, and who asked it is not.
    let id = store.denied(Some(&anna), "DELETE", "/photos/a.jpg");
    store.iam("DeleteUserPolicy", &[("UserName", "anna"), ("PolicyName", "own")]);
    store.iam(
        "DeleteAccessKey",
        &[("UserName", "anna"), ("AccessKeyId", &anna.access_key_id)],
    );
    store.iam("DeleteUser", &[("UserName", "anna")]);
    let gone = format!("the policies are not shown: {arn} is gone");
    store.says(&[&id], &["then: s3:DeleteObject on", &gone]);
    let ended = store.explain(&[
        "access",
        "--principal",
        &arn,
        "--action",
        "s3:GetObject",
        "--resource",
        "arn:aws:s3:::photos/a.jpg",
    ]);
    assert_eq!(ended.code(), 7, "{ended:?}");

    // The root user of the bucket's account costs the journal nothing.
    let own = store.s3("GET", "/photos/a.jpg", "");
    let text = store.says(&[own.header("x-amz-request-id").unwrap()], &[]);
    assert!(!text.contains("Access  "), "{text}");
}

#[test]
fn an_explicit_deny_a_boundary_and_mfa() {
    let store = Store::start();
    let with_mfa = r#"{"Sid":"OnlyWithMfa","Effect":"Deny","Action":"s3:GetObject","Resource":"*",
                       "Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}"#;
    let strict = r#"{"Sid":"WithMfa","Effect":"Allow","Action":"s3:GetObject","Resource":"*",
                     "Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#;
    let anna = store.user("anna", &format!("{READ},{with_mfa}"));
    let arn = store.arn("user/anna");
    let id = store.denied(Some(&anna), "GET", "/photos/a.jpg");
    store.says(
        &[&id],
        &[
            "denied by statement 2 (OnlyWithMfa) of",
            "a Deny wins over every Allow",
            "+ BoolIfExists aws:MultiFactorAuthPresent: policy false; request nothing",
        ],
    );
    store.reading(
        &arn,
        &[],
        &[
            "DENIED by statement 2",
            "Not given   aws:MultiFactorAuthPresent, which a statement asks for",
        ],
    );
    store.reading(
        &arn,
        &["--context", "aws:MultiFactorAuthPresent=true"],
        &["Verdict     ALLOWED by statement 1"],
    );

    let bert = store.user("bert", strict);
    let id = store.denied(Some(&bert), "GET", "/photos/a.jpg");
    store.says(
        &[&id],
        &[
            "almost allows it; what keeps it from matching: Bool aws:MultiFactorAuthPresent true (the request has no \
             aws:MultiFactorAuthPresent",
        ],
    );

    // The boundary allows something else.
    let cleo = store.user("cleo", READ);
    let document = policy(r#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}"#);
    store.iam(
        "CreatePolicy",
        &[("PolicyName", "bound"), ("PolicyDocument", &document)],
    );
    let boundary = store.arn("policy/bound");
    store.iam(
        "PutUserPermissionsBoundary",
        &[("UserName", "cleo"), ("PermissionsBoundary", &boundary)],
    );
    let id = store.denied(Some(&cleo), "GET", "/photos/a.jpg");
    let named = format!("permissions boundary {boundary}");
    store.says(
        &[&id],
        &[
            "no permissions boundary allows the s3:GetObject action",
            &named,
            "- Action s3:ListBucket",
            "This statement in the caller's permissions boundary would do",
        ],
    );
}

#[test]
fn sessions_of_roles_and_federated_users() {
    let store = Store::start();
    let anna = store.user(
        "anna",
        r#"{"Effect":"Allow","Action":["sts:*","s3:*"],"Resource":"*"}"#,
    );
    let (user, role) = (store.arn("user/anna"), store.arn("role/reader"));
    let trust = |external_id: &str| {
        policy(&format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"{user}"}},"Action":"sts:AssumeRole",
                "Condition":{{"StringEquals":{{"sts:ExternalId":"{external_id}"}}}}}}"#
        ))
    };
    let document = trust("right");
    store.iam(
        "CreateRole",
        &[("RoleName", "reader"), ("AssumeRolePolicyDocument", &document)],
    );
    let document = policy(READ);
    store.iam(
        "PutRolePolicy",
        &[
            ("RoleName", "reader"),
            ("PolicyName", "own"),
            ("PolicyDocument", &document),
        ],
    );

    // The trust policy denies.
    let assume = |more: &[(&str, &str)]| {
        let mut parameters = vec![("RoleArn", role.as_str()), ("RoleSessionName", "work")];
        parameters.extend(more);
        store.query("sts", &anna, "AssumeRole", &parameters)
    };
    let refused = assume(&[("ExternalId", "wrong")]);
    assert_eq!(refused.status, 403, "{}", refused.text());
    let id = refused.header("x-amz-request-id").unwrap().to_owned();
    store.says(
        &[&id],
        &[
            "Operation   AssumeRole\n",
            "then: sts:AssumeRole on arn:aws:iam::",
            "- StringEquals sts:ExternalId: policy right; request wrong",
            &format!("+ Principal {user} (AIDA"),
        ],
    );
    let asks = [
        "access",
        "--principal",
        &user,
        "--action",
        "sts:AssumeRole",
        "--resource",
        &role,
    ];
    store.says(
        &asks,
        &[
            "Verdict     DENIED",
            "Not given   sts:ExternalId, which a statement asks for",
        ],
    );
    let mut right = asks.to_vec();
    right.extend(["--context", "sts:ExternalId=right"]);
    store.says(&right, &["Verdict     ALLOWED by statement 1 of"]);
    let root = store.arn("root");
    let mut by_root = right.clone();
    by_root[2] = &root;
    store.says(
        &by_root,
        &["DENIED: refused before any policy is asked: Roles may not be assumed by root accounts."],
    );

    // The session's own policy denies, though the role allows.
    let narrow = policy(
        r#"{"Sid":"Narrow","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/b*"}"#,
    );
    let session = assume(&[("ExternalId", "right"), ("Policy", &narrow)]);
    assert_eq!(session.status, 200, "{}", session.text());
    let session = signer(&session);
    let id = store.denied(Some(&session), "GET", "/photos/a.jpg");
    let text = store.says(
        &[&id],
        &[
            "no session policy allows the s3:GetObject action",
            "1 session policy",
            "- Resource arn:aws:s3:::photos/b*",
            "+ Resource arn:aws:s3:::photos/*",
        ],
    );
    let session_arn = format!("arn:aws:sts::{}:assumed-role/reader/work", store.account);
    assert!(line(&text, "Who").ends_with(&session_arn), "{text}");
    let file = store.directory.path().join("narrow.json");
    fs::write(&file, &narrow).unwrap();
    let of_file = ["--session-policy", file.to_str().unwrap()];
    store.reading(&role, &of_file, &["DENIED because no session policy allows"]);
    store.reading(&session_arn, &[], &["Verdict     ALLOWED by statement 1 of"]);
    let json = store.reading(&role, &["--json", "--session-name", "other"], &[]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["allowed"], true);
    assert_eq!(
        json["caller"]["arn"],
        format!("arn:aws:sts::{}:assumed-role/reader/other", store.account)
    );

    // A federated user has what its maker and its session policies both allow.
    let federated = store.sts(
        &anna,
        "GetFederationToken",
        &[("Name", "fred"), ("Policy", &narrow)],
    );
    let federated = signer(&federated);
    let id = store.denied(Some(&federated), "GET", "/photos/a.jpg");
    store.says(
        &[&id],
        &[
            "federated-user/fred",
            "no session policy allows",
            "- Resource arn:aws:s3:::photos/b*",
        ],
    );
    let fred = format!("arn:aws:sts::{}:federated-user/fred", store.account);
    store.reading(
        &fred,
        &["--made-by", &user],
        &[
            "a session without policies, which grants nothing by itself",
            "DENIED",
        ],
    );
    let id = {
        let answer = store.query("iam", &federated, "ListUsers", &[]);
        assert_eq!(answer.status, 403, "{}", answer.text());
        answer.header("x-amz-request-id").unwrap().to_owned()
    };
    store.says(&[&id], &["InvalidClientTokenId"]);
    let listing = [
        "access",
        "--principal",
        &fred,
        "--action",
        "iam:ListUsers",
        "--resource",
        "*",
    ];
    store.says(&listing, &["DENIED: refused before any policy is asked:"]);
}

#[test]
fn nobody_and_what_keeps_them_out() {
    let store = Store::start();
    let id = store.denied(None, "GET", "/photos/a.jpg");
    store.says(
        &[&id],
        &[
            "Who         anonymous\n",
            "Note        nobody signed it: the bucket has no policy, and there are no ACLs (BucketOwnerEnforced)",
            "BlockPublicPolicy of the bucket refuses to store it",
            "RestrictPublicBuckets of the bucket still keeps everybody out",
            "Block Public Access: of the bucket all on, of the account none",
        ],
    );
    // A public policy, which the account's block then makes count for nothing.
    assert_eq!(store.s3("DELETE", "/photos?publicAccessBlock", "").status, 204);
    store.put_bucket_policy(
        r#"{"Sid":"All","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}"#,
    );
    assert_eq!(store.send(None, "GET", "/photos/a.jpg", &[], "").status, 200);
    store.reading(
        "anonymous",
        &[],
        &[
            "ALLOWED by statement 1 (All) of photos",
            "a policy, which is public",
        ],
    );
    let block = "<PublicAccessBlockConfiguration><RestrictPublicBuckets>true</RestrictPublicBuckets>\
                 </PublicAccessBlockConfiguration>";
    let put = store.send(
        Some(&store.root),
        "PUT",
        "/v20180820/configuration/publicAccessBlock",
        &[("x-amz-account-id", store.account.as_str())],
        block,
    );
    assert!(put.status < 300, "{}", put.text());
    let id = store.denied(None, "GET", "/photos/a.jpg");
    let account = format!(
        "RestrictPublicBuckets of the account {} keeps everybody out",
        store.account
    );
    store.says(
        &[&id],
        &[
            "lets only the bucket owner's account in",
            &account,
            "of the bucket none, of the account RestrictPublicBuckets",
        ],
    );
    store.reading("anonymous", &[], &["DENIED", &account]);
}

#[test]
fn acls_and_the_block_that_ignores_them() {
    let store = Store::start();
    let controls =
        "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>";
    assert_eq!(store.s3("PUT", "/photos?ownershipControls", controls).status, 200);
    let id = store.denied(None, "GET", "/photos/a.jpg");
    store.says(
        &[&id],
        &[
            "nobody signed it: the bucket has no policy, and no ACL grants it to AllUsers",
            "ObjectWriter",
        ],
    );
    assert_eq!(store.s3("DELETE", "/photos?publicAccessBlock", "").status, 204);
    let public = [("x-amz-acl", "public-read")];
    let put = store.send(Some(&store.root), "PUT", "/photos/a.jpg?acl", &public, "");
    assert_eq!(put.status, 200, "{}", put.text());
    assert_eq!(store.send(None, "GET", "/photos/a.jpg", &[], "").status, 200);
    let all = "http://acs.amazonaws.com/groups/global/AllUsers";
    let grants = format!("ACL         of the object: grants READ to {all}");
    store.reading(
        "anonymous",
        &[],
        &[&grants, "Verdict     ALLOWED: an ACL grants it to everybody"],
    );
    let block = "<PublicAccessBlockConfiguration><IgnorePublicAcls>true</IgnorePublicAcls></PublicAccessBlockConfiguration>";
    assert_eq!(store.s3("PUT", "/photos?publicAccessBlock", block).status, 200);
    let id = store.denied(None, "GET", "/photos/a.jpg");
    let ignored =
        format!("an ACL grants READ to {all}, which IgnorePublicAcls of the bucket makes count for nothing");
    store.says(
        &[&id],
        &[
            &ignored,
            "but IgnorePublicAcls is on",
            "of the bucket IgnorePublicAcls, of the account none",
        ],
    );
}

#[test]
fn a_missing_key_and_many_keys() {
    let store = Store::start();
    let anna = store.user("anna", READ);
    // Who may read but not list is not told that there is nothing (facts/05 §6).
    let id = store.denied(Some(&anna), "GET", "/photos/none.jpg");
    store.says(
        &[&id],
        &[
            "then: s3:ListBucket on arn:aws:s3:::photos: denied because no identity-based policy allows the s3:ListBucket",
            "the object was not there: that is told only to those who may list the bucket",
        ],
    );
    let arn = store.arn("user/anna");
    let asks = [
        "access",
        "--principal",
        &arn,
        "--action",
        "s3:GetObject",
        "--resource",
        "arn:aws:s3:::photos/none.jpg",
    ];
    store.says(
        &asks,
        &[
            "ALLOWED",
            "may not list the bucket (s3:ListBucket), and is answered 403 instead of 404",
        ],
    );

    // Each key of DeleteObjects is a question of its own: the first that was denied is kept.
    store.put_policy(
        "anna",
        r#"{"Effect":"Allow","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::photos/a*"}"#,
    );
    let keys = ["a1", "b1", "b2"]
        .map(|key| format!("<Object><Key>{key}</Key></Object>"))
        .concat();
    let body = format!("<Delete>{keys}</Delete>");
    let mut hasher = Hasher::new(ChecksumAlgorithm::Crc32);
    hasher.update(body.as_bytes());
    let checksum = hasher.finish().to_string();
    let headers = [("x-amz-checksum-crc32", checksum.as_str())];
    let answer = store.send(Some(&anna), "POST", "/photos?delete", &headers, &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.elements("Code"), ["AccessDenied", "AccessDenied"]);
    store.says(
        &[answer.header("x-amz-request-id").unwrap()],
        &[
            "then: s3:DeleteObject on arn:aws:s3:::photos/b1: denied",
            "the request asked 3 such questions, of which 2 were denied: this is the first of those",
        ],
    );
}

#[test]
fn other_services_and_questions_that_are_none() {
    let store = Store::start();
    let anna = store.user("anna", READ);
    let arn = store.arn("user/anna");
    let answer = store.query("iam", &anna, "CreateUser", &[("UserName", "bert")]);
    assert_eq!(answer.status, 403);
    let id = answer.header("x-amz-request-id").unwrap().to_owned();
    let bert = store.arn("user/bert");
    let then = format!(
        "then: iam:CreateUser on {bert}: denied because no identity-based policy allows the iam:CreateUser"
    );
    store.says(&[&id], &[&then, "- Action s3:GetObject"]);
    store.says(
        &[
            "access",
            "--principal",
            &arn,
            "--action",
            "iam:CreateUser",
            "--resource",
            &bert,
        ],
        &["DENIED because no identity-based policy allows the iam:CreateUser action"],
    );
    store.says(
        &[
            "access",
            "--principal",
            &arn,
            "--action",
            "sts:GetCallerIdentity",
            "--resource",
            "*",
        ],
        &["ALLOWED: no policy has to allow it"],
    );
    let control = store.send(
        Some(&anna),
        "GET",
        "/v20180820/configuration/publicAccessBlock",
        &[("x-amz-account-id", store.account.as_str())],
        "",
    );
    assert_eq!(control.status, 403, "{}", control.text());
    let id = control.header("x-amz-request-id").unwrap().to_owned();
    store.says(&[&id], &["then: s3:GetAccountPublicAccessBlock on *: denied"]);
    // The account's id alone is its root user.
    store.reading(
        &store.account,
        &[],
        &[
            "Who         arn:aws:iam::",
            "ALLOWED: the root user of the resource's account",
        ],
    );

    let asks = |principal: &str, action: &str, resource: &str, code: i32, wanted: &str| {
        let ended = store.explain(&[
            "access",
            "--principal",
            principal,
            "--action",
            action,
            "--resource",
            resource,
        ]);
        assert_eq!((ended.code(), ended.stdout.as_str()), (code, ""), "{ended:?}");
        assert!(ended.stderr.contains(wanted), "{}", ended.stderr);
    };
    let photo = "arn:aws:s3:::photos/a.jpg";
    asks("anna", "s3:GetObject", photo, 2, "names no principal");
    asks(&arn, "GetObject", photo, 2, "is no action");
    asks(&arn, "s3:Get*", photo, 2, "without wildcards");
    asks(&arn, "s3:GetObject", "photos/a.jpg", 2, "is no resource");
    asks(&arn, "s3:GetObject", "arn:aws:s3:::X/a.jpg", 2, "the bucket");
    asks(
        "arn:aws:iam::999988887777:root",
        "s3:GetObject",
        photo,
        7,
        "there is no",
    );
    asks(
        &store.arn("user/other/anna"),
        "s3:GetObject",
        photo,
        7,
        "there is no",
    );
    asks(&store.arn("role/none"), "s3:GetObject", photo, 7, "there is no");
    let long = format!("arn:aws:s3:::photos/{}", "k".repeat(2000));
    asks(&arn, "s3:GetObject", &long, 2, "key");
    store.says(
        &[
            "access",
            "--principal",
            &arn,
            "--action",
            "s3:GetObject",
            "--resource",
            "arn:aws:s3:::nothing/a",
        ],
        &["there is no bucket nothing", "DENIED"],
    );
}

#[test]
fn a_stopped_server_is_asked_in_its_directory_and_nothing_secret_is_in_it() {
    let store = Store::start();
    let marker = "S3cretMarkerS3cretMarker";
    let anna = store.user("anna", r#"{"Effect":"Allow","Action":"sts:*","Resource":"*"}"#);
    let session = signer(&store.sts(&anna, "GetFederationToken", &[("Name", "fred")]));
    let referer = format!("https://x.test/?X-Amz-Signature={marker}&X-Amz-Security-Token={marker}");
    let answer = store.send(
        Some(&session),
        "GET",
        "/photos/a.jpg",
        &[
            ("referer", &referer),
            ("x-amz-server-side-encryption-customer-key", marker),
        ],
        "",
    );
    assert_eq!(answer.status, 403, "{}", answer.text());
    let id = answer.header("x-amz-request-id").unwrap().to_owned();
    let online = store.says(
        &[&id],
        &["aws:Referer = https://x.test/?X-Amz-Signature=***&X-Amz-Security-Token=***"],
    );
    let json = store.says(&[&id, "--json"], &[]);
    let value: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["access"]["then"]["action"], "s3:GetObject");
    assert_eq!(value["access"]["now"]["allowed"], false);
    assert_eq!(value["access"]["changed"], false);

    let data = store.directory.path().to_str().unwrap().to_owned();
    let offline = |arguments: &[&str]| {
        let there = ["--admin-listen", "off", "--data-dir", &data];
        Cairn::new(["explain"].iter().chain(arguments).chain(&there)).run()
    };
    // Beside the running server: what was, without the policies of now.
    let deadline = Instant::now() + Duration::from_secs(60);
    let beside = loop {
        let ended = offline(&[&id]);
        if ended.code() == 0 || Instant::now() > deadline {
            break ended;
        }
    };
    assert_eq!(beside.code(), 0, "{beside:?}");
    assert!(
        beside.stdout.contains("the policies are not shown: "),
        "{}",
        beside.stdout
    );
    let secrets = [
        marker.to_owned(),
        session.session_token.clone().unwrap()[..24].to_owned(),
        session.secret.expose().to_owned(),
        anna.secret.expose().to_owned(),
        store.root.secret.expose().to_owned(),
    ];
    let Store {
        directory,
        server,
        account,
        ..
    } = store;
    assert_eq!(server.terminate().code(), 0);
    let stopped = offline(&[&id]);
    assert_eq!(stopped.code(), 0, "{stopped:?}");
    assert!(
        stopped.stdout.contains("Verdict     DENIED"),
        "{}",
        stopped.stdout
    );
    let arn = format!("arn:aws:iam::{account}:user/anna");
    let asked = offline(&[
        "access",
        "--principal",
        &arn,
        "--action",
        "s3:GetObject",
        "--resource",
        "arn:aws:s3:::photos/a.jpg",
    ]);
    assert_eq!(asked.code(), 0, "{asked:?}");
    assert!(
        asked.stdout.contains("DENIED because no identity-based policy"),
        "{}",
        asked.stdout
    );

    let mut shown = vec![online, json, beside.stdout, stopped.stdout, asked.stdout];
    for file in fs::read_dir(directory.path().join("journal")).unwrap() {
        shown.push(String::from_utf8_lossy(&fs::read(file.unwrap().path()).unwrap()).into_owned());
    }
    for text in &shown {
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "a secret is in\n{text}");
        }
    }
}

//! A browser's form, its policy and its signature (facts/04 §5, RFC 7578).
//!
//! A form is a list of fields in their order, then its file, then what comes after the file. Its policy covers
//! what [`Form::field`] adds, so that a test says only what it is about. The form is signed with the root keys
//! when it is sent, unless it was before: what is changed after [`Form::signed`] is sent but not what the policy
//! says, which is how tests tamper. The signature is computed here, by other code than the server's.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::Sha256;

use super::{Answer, Bucket, Request, Signer, base64};

/// What stands between the parts.
pub(crate) const BOUNDARY: &str = "----WebKitFormBoundary7MA4YWxk";

/// Seconds for which a policy is good.
const GOOD_FOR: i64 = 600;

/// A text as JSON.
pub(crate) fn json(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[derive(Clone)]
pub(crate) struct Form {
    request: Request,
    fields: Vec<(String, String)>,
    conditions: Vec<String>,
    /// Each with its whole head and content.
    files: Vec<(String, Vec<u8>)>,
    after: Vec<(String, String)>,
    /// What the policy is instead.
    document: Option<String>,
    good_for: i64,
    settled: bool,
}

impl Form {
    /// An empty form for that bucket, path style.
    pub(crate) fn empty(bucket: &Bucket) -> Self {
        Self {
            request: bucket.at("POST", "").anonymous(),
            fields: Vec::new(),
            conditions: vec![format!("{{\"bucket\": {}}}", json(&bucket.name))],
            files: Vec::new(),
            after: Vec::new(),
            document: None,
            good_for: GOOD_FOR,
            settled: false,
        }
    }

    /// A form that stores this file, named `name.txt`, at the key.
    pub(crate) fn new(bucket: &Bucket, key: &str, file: impl AsRef<[u8]>) -> Self {
        Self::empty(bucket).field("key", key).file(Some("name.txt"), file)
    }

    /// Adds a field that the policy wants to be just this.
    pub(crate) fn field(self, name: &str, value: &str) -> Self {
        let condition = format!("[\"eq\", {}, {}]", json(&format!("${name}")), json(value));
        self.uncovered(name, value).condition(&condition)
    }

    /// Adds a field of which the policy says nothing.
    pub(crate) fn uncovered(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a condition, as JSON.
    pub(crate) fn condition(mut self, condition: &str) -> Self {
        self.conditions.push(condition.to_owned());
        self
    }

    /// Adds a file; without a name it is a plain field named `file`.
    pub(crate) fn file(mut self, name: Option<&str>, content: impl AsRef<[u8]>) -> Self {
        let head = match name {
            Some(name) => format!(
                "Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: image/x-unused"
            ),
            None => "Content-Disposition: form-data; name=\"file\"".to_owned(),
        };
        self.files.push((head, content.as_ref().to_vec()));
        self
    }

    /// Has no file any more.
    pub(crate) fn without_file(mut self) -> Self {
        self.files.clear();
        self
    }

    /// Adds a field after the file.
    pub(crate) fn after(mut self, name: &str, value: &str) -> Self {
        self.after.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Removes a field.
    #[track_caller]
    pub(crate) fn without(mut self, name: &str) -> Self {
        let before = self.fields.len();
        self.fields.retain(|(other, _)| other != name);
        assert!(self.fields.len() < before, "no field {name}");
        self
    }

    /// Gives a field another value.
    #[track_caller]
    pub(crate) fn replace(mut self, name: &str, value: &str) -> Self {
        let field = self.fields.iter_mut().find(|(other, _)| other == name);
        field.expect("the field is there").1 = value.to_owned();
        self
    }

    /// The value of a field.
    #[track_caller]
    pub(crate) fn value(&self, name: &str) -> String {
        let field = self.fields.iter().find(|(other, _)| other == name);
        field.expect("the field is there").1.clone()
    }

    /// Writes all names of fields in upper case, that of the file too.
    pub(crate) fn shouting(mut self) -> Self {
        for (name, _) in &mut self.fields {
            name.make_ascii_uppercase();
        }
        for (head, _) in &mut self.files {
            *head = head.replace("name=\"file\"", "name=\"FILE\"");
        }
        self
    }

    /// The policy is good for that many seconds; negative ones are over.
    pub(crate) fn good_for(mut self, seconds: i64) -> Self {
        self.good_for = seconds;
        self
    }

    /// The policy is this text.
    pub(crate) fn document(mut self, text: &str) -> Self {
        self.document = Some(text.to_owned());
        self
    }

    /// When the policy ends, as it writes it.
    pub(crate) fn expiration(&self) -> String {
        Signer::of(&self.request.endpoint)
            .shifted(self.good_for)
            .at
            .iso8601()
    }

    fn policy(&self) -> String {
        let policy = self.document.clone().unwrap_or_else(|| {
            format!(
                "{{\"expiration\": {}, \"conditions\": [{}]}}",
                json(&self.expiration()),
                self.conditions.join(", ")
            )
        });
        base64(policy)
    }

    /// Adds the policy and a signature of Version 4.
    pub(crate) fn signed(self) -> Self {
        let signer = Signer::of(&self.request.endpoint);
        self.signed_by(&signer)
    }

    pub(crate) fn signed_by(self, signer: &Signer) -> Self {
        let date = signer.at.iso8601_basic();
        let (day, region, service) = (&date[..8], &signer.region, &signer.service);
        let credential = format!("{}/{day}/{region}/{service}/aws4_request", signer.access_key);
        let form = self
            .field("x-amz-algorithm", "AWS4-HMAC-SHA256")
            .field("x-amz-credential", &credential)
            .field("x-amz-date", &date);
        let policy = form.policy();
        let mut key = format!("AWS4{}", signer.secret_key).into_bytes();
        for text in [day, region, service, "aws4_request", &policy] {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            mac.update(text.as_bytes());
            key = mac.finalize().into_bytes().to_vec();
        }
        form.uncovered("policy", &policy)
            .uncovered("x-amz-signature", &hex::encode(key))
            .unsigned()
    }

    /// Adds the policy and a signature of Version 2.
    pub(crate) fn signed_v2(self) -> Self {
        let signer = Signer::of(&self.request.endpoint);
        let policy = self.policy();
        let mut mac = Hmac::<Sha1>::new_from_slice(signer.secret_key.as_bytes()).unwrap();
        mac.update(policy.as_bytes());
        let signature = base64(mac.finalize().into_bytes());
        self.uncovered("AWSAccessKeyId", &signer.access_key)
            .uncovered("policy", &policy)
            .uncovered("signature", &signature)
            .unsigned()
    }

    /// Sent as it is.
    pub(crate) fn unsigned(mut self) -> Self {
        self.settled = true;
        self
    }

    /// Sent to the bucket's own host, and another address perhaps.
    pub(crate) fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.request.host);
        self.request.path = "/".to_owned();
        self
    }

    /// With a header of the request.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// The request, signed if it is to be.
    pub(crate) fn request(self) -> Request {
        let form = if self.settled { self } else { self.signed() };
        let mut body = Vec::new();
        let mut part = |head: &str, content: &[u8]| {
            body.extend_from_slice(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        };
        let plain = |name: &str| format!("Content-Disposition: form-data; name=\"{name}\"");
        for (name, value) in &form.fields {
            part(&plain(name), value.as_bytes());
        }
        for (head, content) in &form.files {
            part(head, content);
        }
        for (name, value) in &form.after {
            part(&plain(name), value.as_bytes());
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        form.request.header("content-type", &kind).body(body)
    }

    #[track_caller]
    pub(crate) fn send(self) -> Answer {
        self.request().send()
    }
}

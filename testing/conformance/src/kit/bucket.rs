//! A bucket of one's own: every test makes one, so that all can run at once.

use std::sync::atomic::{AtomicU32, Ordering};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::endpoint::is_foreign;
use super::{Answer, Endpoint, Request, endpoint, now};

/// What need not be encoded in the path of a key (facts/04 §1).
const KEY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// A key as it stands in a path.
pub(crate) fn encoded(key: &str) -> String {
    utf8_percent_encode(key, KEY).to_string()
}

/// A name no other test has, now or in an earlier run.
pub(crate) fn name(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}-{:x}-{:x}-{number}", now().seconds(), std::process::id())
}

/// A bucket, removed with what is in it when the server is not our own.
pub(crate) struct Bucket {
    pub(crate) name: String,
    endpoint: Endpoint,
}

/// A new bucket.
#[track_caller]
pub(crate) fn bucket() -> Bucket {
    Bucket::on(endpoint())
}

/// A new bucket with versioning enabled.
#[track_caller]
pub(crate) fn versioned() -> Bucket {
    let bucket = bucket();
    bucket.versioning("Enabled");
    bucket
}

impl Bucket {
    /// A new bucket in the server's own region.
    #[track_caller]
    pub(crate) fn on(endpoint: &Endpoint) -> Self {
        let bucket = Self {
            name: name("conf"),
            endpoint: endpoint.clone(),
        };
        bucket.create();
        bucket
    }

    /// Makes the bucket; it must work.
    #[track_caller]
    pub(crate) fn create(&self) {
        let body = match self.endpoint.region.as_str() {
            "us-east-1" => String::new(),
            region => format!(
                "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
            ),
        };
        self.at("PUT", "").body(body).send().status(200);
    }

    /// A request for the bucket itself; the text is the query.
    pub(crate) fn at(&self, method: &str, query: &str) -> Request {
        let request = Request::to(&self.endpoint, method, &format!("/{}", self.name));
        if query.is_empty() {
            request
        } else {
            request.query(query)
        }
    }

    /// A request for a key, which is percent-encoded here.
    pub(crate) fn key(&self, method: &str, key: &str) -> Request {
        Request::to(
            &self.endpoint,
            method,
            &format!("/{}/{}", self.name, encoded(key)),
        )
    }

    pub(crate) fn get(&self, key: &str) -> Request {
        self.key("GET", key)
    }

    pub(crate) fn head(&self, key: &str) -> Request {
        self.key("HEAD", key)
    }

    pub(crate) fn delete(&self, key: &str) -> Request {
        self.key("DELETE", key)
    }

    pub(crate) fn put(&self, key: &str, body: impl AsRef<[u8]>) -> Request {
        self.key("PUT", key).body(body)
    }

    pub(crate) fn post(&self, key: &str, body: impl AsRef<[u8]>) -> Request {
        self.key("POST", key).body(body)
    }

    /// Stores an object; it must work.
    #[track_caller]
    pub(crate) fn store(&self, key: &str, body: impl AsRef<[u8]>) -> Answer {
        let answer = self.put(key, body).send();
        answer.status(200);
        answer
    }

    /// Stores an object and tells its version.
    #[track_caller]
    pub(crate) fn store_version(&self, key: &str, body: &str) -> String {
        self.store(key, body).value("x-amz-version-id")
    }

    /// Stores empty objects under these keys.
    #[track_caller]
    pub(crate) fn fill(&self, keys: &[&str]) {
        for key in keys {
            self.store(key, "");
        }
    }

    /// Starts a multipart upload and tells its id.
    #[track_caller]
    pub(crate) fn initiate(&self, key: &str, headers: &[(&str, &str)]) -> String {
        let answer = self.post(key, "").query("uploads").headers(headers).send();
        answer
            .document("InitiateMultipartUploadResult")
            .get("UploadId")
            .to_owned()
    }

    /// Uploads a part and tells its ETag, with the quotes.
    #[track_caller]
    pub(crate) fn part(&self, key: &str, upload: &str, number: u32, body: impl AsRef<[u8]>) -> String {
        let query = format!("partNumber={number}&uploadId={upload}");
        let answer = self.put(key, body).query(&query).send();
        answer.status(200);
        answer.value("etag")
    }

    /// The request that completes an upload with these parts: number and ETag.
    pub(crate) fn complete(&self, key: &str, upload: &str, parts: &[(u32, &str)]) -> Request {
        let mut body = String::from("<CompleteMultipartUpload>");
        for (number, etag) in parts {
            body.push_str(&format!(
                "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
            ));
        }
        body.push_str("</CompleteMultipartUpload>");
        self.post(key, body).query(&format!("uploadId={upload}"))
    }

    /// Sets the versioning state; it must work.
    #[track_caller]
    pub(crate) fn versioning(&self, status: &str) {
        let body = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        self.at("PUT", "versioning").body(body).send().status(200);
    }

    /// The request that deletes these keys at once.
    pub(crate) fn delete_objects(&self, inner: &str) -> Request {
        self.at("POST", "delete")
            .body(format!("<Delete>{inner}</Delete>"))
            .md5()
    }

    fn remove(&self) -> Option<()> {
        loop {
            let versions = self.at("GET", "versions").send();
            if versions.status != 200 {
                return None;
            }
            let listed = versions.document("ListVersionsResult");
            let mut inner = String::new();
            for version in listed
                .children
                .iter()
                .filter(|child| matches!(child.name.as_str(), "Version" | "DeleteMarker"))
            {
                let key = version
                    .get("Key")
                    .replace('&', "&amp;")
                    .replace('<', "&lt;")
                    .replace('>', "&gt;");
                let id = version.get("VersionId");
                inner.push_str(&format!(
                    "<Object><Key>{key}</Key><VersionId>{id}</VersionId></Object>"
                ));
            }
            if inner.is_empty() || self.delete_objects(&inner).send().status != 200 {
                break;
            }
        }
        self.at("DELETE", "").send();
        Some(())
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        if is_foreign() && !std::thread::panicking() {
            // Best effort: a test that failed leaves its bucket for whoever looks into it.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.remove()));
        }
    }
}

//! What the tests share: a client with the SDK's defaults, a bucket of its own for each test, the shared data.

use std::env;

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{Credentials, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::{Client, Config};
use sha2::{Digest, Sha256};

pub const MIB: usize = 1024 * 1024;

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: see ../README.md"))
}

/// A client with default checksums and signing.
pub fn connect() -> Client {
    let config = regional()
        .endpoint_url(variable("CAIRN_TEST_ENDPOINT"))
        .region(Region::new("us-east-1"))
        .force_path_style(true);
    Client::from_conf(config.build())
}

/// The configuration of a client of no region yet. One attempt only: a retry would hide a failing server.
pub fn regional() -> aws_sdk_s3::config::Builder {
    let credentials = Credentials::new(
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
        None,
        None,
        "environment",
    );
    Config::builder()
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
}

/// A fresh bucket. It stays when the test fails; the server's data folder is thrown away with it.
pub struct Bucket {
    pub client: Client,
    pub name: String,
}

impl Bucket {
    pub async fn new() -> Self {
        let client = connect();
        let name = format!("rust-{}", uuid::Uuid::new_v4());
        client
            .create_bucket()
            .bucket(&name)
            .send()
            .await
            .expect("create bucket");
        Self { client, name }
    }

    pub async fn put(&self, key: &str, body: impl Into<Vec<u8>>) -> PutObjectOutput {
        let body = ByteStream::from(body.into());
        let put = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(key)
            .body(body)
            .send()
            .await;
        put.unwrap_or_else(|error| panic!("put {key:?}: {error:?}"))
    }

    pub async fn get(&self, key: &str) -> Vec<u8> {
        let got = self.client.get_object().bucket(&self.name).key(key).send().await;
        let got = got.unwrap_or_else(|error| panic!("get {key:?}: {error:?}"));
        got.body
            .collect()
            .await
            .unwrap_or_else(|error| panic!("read {key:?}: {error:?}"))
            .to_vec()
    }

    /// Removes the bucket with all its versions.
    pub async fn destroy(self) {
        let Self { client, name } = self;
        loop {
            // What was listed is deleted, so the next first page shows what is left.
            let page = client
                .list_object_versions()
                .bucket(&name)
                .send()
                .await
                .expect("list versions");
            let versions = page
                .versions()
                .iter()
                .map(|version| (version.key(), version.version_id()));
            let markers = page
                .delete_markers()
                .iter()
                .map(|marker| (marker.key(), marker.version_id()));
            for (key, version) in versions.chain(markers) {
                let delete = client.delete_object().bucket(&name).set_key(key.map(Into::into));
                delete
                    .set_version_id(version.map(Into::into))
                    .send()
                    .await
                    .expect("delete");
            }
            if page.is_truncated() != Some(true) {
                break;
            }
        }
        client
            .delete_bucket()
            .bucket(&name)
            .send()
            .await
            .expect("delete bucket");
    }
}

/// Checks a refusal's code and status.
pub fn assert_refused<T, E>(result: Result<T, SdkError<E>>, code: &str, status: u16)
where
    E: ProvideErrorMetadata + std::fmt::Debug,
{
    let error = result.err().expect("this is to be refused");
    assert_eq!(error.code(), Some(code), "{error:?}");
    assert_eq!(
        error.raw_response().map(|response| response.status().as_u16()),
        Some(status),
        "{error:?}"
    );
}

/// The shared keys, in UTF-8 order, which is the order of S3's listings.
pub fn odd_keys() -> Vec<String> {
    serde_json::from_str(include_str!("../../shared/odd-keys.json")).expect("a list of strings")
}

/// The shared test data: a block of prime length made of SHA-256 digests, repeated.
pub fn pattern(length: usize) -> Vec<u8> {
    const BLOCK_BYTES: usize = 1_048_573;
    let digests = (0u32..).flat_map(|i| Sha256::digest(format!("cairn{i}")));
    let block: Vec<u8> = digests.take(BLOCK_BYTES).collect();
    let mut bytes = block.repeat(length / BLOCK_BYTES + 1);
    bytes.truncate(length);
    bytes
}

//! Answers are compared with whole documents: their order is what is tested.

mod access;
mod cors;
mod listings;
mod requests;
mod results;

use cairn_types::{
    BucketName, Checksum, ChecksumAlgorithm, ChecksumType, ChecksumValue, ETag, ObjectKey, Timestamp,
    UploadId, VersionOrder,
};

use super::Owner;
use crate::xml::{NAMESPACE, PROLOG};

const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";

/// The document with the prolog and the root's namespace put in.
fn document(root: &str, children: &str) -> String {
    format!("{PROLOG}<{root} xmlns=\"{NAMESPACE}\">{children}</{root}>")
}

fn bucket() -> BucketName {
    BucketName::parse("my-bucket").unwrap()
}

fn key(text: &str) -> ObjectKey {
    ObjectKey::new(text).unwrap()
}

fn etag() -> ETag {
    ETag::parse(MD5).unwrap()
}

fn moment() -> Timestamp {
    Timestamp::from_micros(1_445_412_480_999_999)
}

fn owner() -> Owner {
    Owner {
        id: "o".into(),
        display_name: None,
    }
}

fn crc32() -> ChecksumValue {
    ChecksumValue::new(ChecksumAlgorithm::Crc32, &[0, 0, 0, 1]).unwrap()
}

fn composite() -> Checksum {
    Checksum {
        value: crc32(),
        kind: ChecksumType::Composite,
        parts: Some(2),
    }
}

fn upload_id() -> UploadId {
    UploadId::generate(VersionOrder(1))
}

//! Digests as S3 writes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm;
use md5::{Digest as _, Md5};
use sha2::Sha256;

pub(crate) fn base64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn md5_hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(Md5::digest(bytes))
}

pub(crate) fn md5_base64(bytes: impl AsRef<[u8]>) -> String {
    base64(Md5::digest(bytes))
}

pub(crate) fn sha256(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

pub(crate) fn sha256_hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(sha256(bytes))
}

/// In base64 of the big-endian value, as in `x-amz-checksum-crc32`.
pub(crate) fn crc32(bytes: impl AsRef<[u8]>) -> String {
    let crc = crc_fast::checksum(CrcAlgorithm::Crc32IsoHdlc, bytes.as_ref());
    base64(u32::try_from(crc).unwrap().to_be_bytes())
}

/// In base64 of the big-endian value, as in `x-amz-checksum-crc64nvme`.
pub(crate) fn crc64nvme(bytes: impl AsRef<[u8]>) -> String {
    base64(crc_fast::checksum(CrcAlgorithm::Crc64Nvme, bytes.as_ref()).to_be_bytes())
}

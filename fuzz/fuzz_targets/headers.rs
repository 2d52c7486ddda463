//! Any headers may come, and every group read from them. One header a line.
#![no_main]

use cairn_protocol::headers::{self, ChecksumRequest, CopySource, ObjectAttributes, SystemMetadata};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let map = cairn_fuzz::headers(data.split(|b| *b == b'\n'));
    let _ = ChecksumRequest::read(&map);
    let _ = CopySource::read(&map);
    let _ = ObjectAttributes::read(&map);
    let _ = SystemMetadata::read(&map);
    let _ = headers::checksum_algorithm(&map);
    let _ = headers::checksum_type(&map);
    let _ = headers::content_md5(&map);
    let _ = headers::metadata_directive(&map);
    let _ = headers::multipart_checksum(&map);
    let _ = headers::multipart_object_size(&map);
    let _ = headers::object_checksum(&map);
    let _ = headers::storage_class(&map);
    let _ = headers::tagging(&map);
    let _ = headers::tagging_directive(&map);
    let _ = headers::user_metadata(&map);
});

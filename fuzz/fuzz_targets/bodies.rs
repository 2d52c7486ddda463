//! Any XML body may come to any operation that takes one.
#![no_main]

use cairn_protocol::documents::{
    CompleteMultipartUpload, CreateBucketConfiguration, Delete, Tagging, VersioningConfiguration,
};
use cairn_protocol::xml;
use cairn_types::tag::Tagged;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = xml::parse(data, "Root");
    let _ = CreateBucketConfiguration::parse(data);
    let _ = Delete::parse(data);
    let _ = VersioningConfiguration::parse(data);
    if let Ok(complete) = CompleteMultipartUpload::parse(data) {
        for part in &complete.parts {
            let _ = part.etag();
        }
    }
    for tagged in [Tagged::Object, Tagged::Bucket] {
        if let Ok(tagging) = Tagging::parse(data, tagged) {
            // What was read can be written and read again.
            assert!(Tagging::parse(tagging.to_xml().as_bytes(), tagged).is_ok());
        }
    }
});

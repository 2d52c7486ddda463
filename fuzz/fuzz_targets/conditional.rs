//! Any conditions may come, of reads, copies, writes and deletes. One header a line.
#![no_main]

use cairn_protocol::conditional::{CopySourceConditions, ReadConditions, WritePrecondition};
use cairn_types::{ETag, Timestamp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let headers = cairn_fuzz::headers(data.split(|b| *b == b'\n'));
    let Some(etag) = ETag::parse("\"d41d8cd98f00b204e9800998ecf8427e\"") else {
        return;
    };
    let modified = Timestamp::from_seconds(1_700_000_000);
    let now = Timestamp::from_seconds(1_700_000_100);
    let _ = ReadConditions::read(&headers).evaluate(&etag, modified, now);
    let _ = CopySourceConditions::read(&headers).evaluate(&etag, modified, now);
    for write in [
        WritePrecondition::read(&headers),
        WritePrecondition::read_delete(&headers),
    ] {
        let Ok(write) = write else { continue };
        for current in [None, Some(&etag)] {
            let decided = write.evaluate(current, "key");
            assert!(write.condition().is_some() || decided.is_ok());
        }
    }
});

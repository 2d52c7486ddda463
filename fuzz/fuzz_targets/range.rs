//! Any range of an object of any size may come; what it selects is inside. The first 8 bytes are the size.
#![no_main]

use cairn_protocol::range::{CopySourceRange, Selection, select};
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((size, text)) = data.split_first_chunk::<8>() else {
        return;
    };
    let size = u64::from_le_bytes(*size);
    let inside = |offsets: std::ops::Range<u64>| offsets.start < offsets.end && offsets.end <= size;
    if let Ok(text) = std::str::from_utf8(text)
        && let Selection::Part(range) = select(text, size)
    {
        assert!(inside(range.offsets()), "{range:?} of {size}");
        assert!(range.len() > 0);
        let _ = range.content_range(size);
    }
    let Ok(value) = HeaderValue::from_bytes(text) else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-copy-source-range", value);
    if let Ok(Some(range)) = CopySourceRange::read(&headers)
        && let Ok(range) = range.resolve(size)
    {
        assert!(inside(range.offsets()), "{range:?} of {size}");
    }
});

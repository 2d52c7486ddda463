//! What is encoded decodes to itself, and any text may come to be decoded.
#![no_main]

use cairn_protocol::encoding::{
    decode_form, decode_header_text, decode_path, encode_header_text, encode_listing, encode_path,
    encode_query,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    let _ = decode_path(data);
    let _ = decode_form(data);
    let _ = decode_header_text(data);
    let _ = encode_header_text(data);
    assert_eq!(decode_path(&encode_path(data)).ok().as_deref(), Some(data));
    assert_eq!(decode_form(&encode_query(data)).ok().as_deref(), Some(data));
    assert_eq!(decode_form(&encode_listing(data)).ok().as_deref(), Some(data));
});

use proptest::prelude::*;

use super::{
    InvalidEncoding, decode_form, decode_header_text, decode_path, encode_header_text, encode_listing,
    encode_listing_each, encode_path, encode_query, is_kept,
};

// text, path, query, listing: facts/04 §1, facts/06 §3.
#[test]
fn the_three_forms() {
    for (text, path, query, listing) in [
        ("a-b.c_d", "a-b.c_d", "a-b.c_d", "a-b.c_d"),
        ("a/b", "a/b", "a%2Fb", "a/b"),
        ("a b", "a%20b", "a%20b", "a+b"),
        ("a+b", "a%2Bb", "a%2Bb", "a%2Bb"),
        ("a=b%", "a%3Db%25", "a%3Db%25", "a%3Db%25"),
        ("~*", "~%2A", "~%2A", "%7E*"),
        ("é\u{1}", "%C3%A9%01", "%C3%A9%01", "%C3%A9%01"),
        ("🦀", "%F0%9F%A6%80", "%F0%9F%A6%80", "%F0%9F%A6%80"),
    ] {
        assert_eq!(encode_path(text), path);
        assert_eq!(encode_query(text), query);
        assert_eq!(encode_listing(text), listing);
    }
}

#[test]
fn decoding_happens_once_and_strictly() {
    // facts/06 §2.
    assert_eq!(decode_path("file%252Fname").unwrap(), "file%2Fname");
    assert_eq!(decode_path("a+b//../%2e").unwrap(), "a+b//../.");
    assert_eq!(decode_form("a+b%2Bc").unwrap(), "a b+c");
    for bad in ["%", "a%2", "%zz", "%+1", "%ff", "%C3", "%c3%28"] {
        assert_eq!(decode_path(bad), Err(InvalidEncoding), "{bad}");
        assert_eq!(decode_form(bad), Err(InvalidEncoding), "{bad}");
    }
}

// facts/06 §6.
#[test]
fn metadata_that_is_not_ascii_goes_out_in_rfc_2047_form() {
    assert_eq!(encode_header_text("plain = text?"), "plain = text?");
    assert_eq!(
        encode_header_text("gr\u{fc}n \"_\"=?"),
        "=?UTF-8?Q?gr=C3=BCn_=22=5F=22=3D=3F?="
    );
    assert_eq!(encode_header_text("\u{e9}\u{e9}"), "=?UTF-8?B?w6nDqQ==?=");
    // What came encoded is ASCII and stays as it is.
    assert_eq!(encode_header_text("=?UTF-8?B?w6nDqQ==?="), "=?UTF-8?B?w6nDqQ==?=");
    assert_eq!(
        decode_header_text("=?utf-8?b?w6nDqQ==?=").as_deref(),
        Some("\u{e9}\u{e9}")
    );
    for bad in [
        "",
        "text",
        "=?UTF-8?B?w6nDqQ==",
        "=?UTF-8?X?a?=",
        "=?latin-1?Q?a?=",
        "=?UTF-8?B?*?=",
        "=?UTF-8?Q?=C3?=",
        "=?UTF-8?Q?=?=",
        "=?UTF-8?Q?a?b?=",
    ] {
        assert_eq!(decode_header_text(bad), None, "{bad}");
    }
}

#[test]
fn the_short_way_of_listings_takes_what_stays() {
    for byte in 0..0x80 {
        let text = char::from(byte).to_string();
        assert_eq!(is_kept(byte), encode_listing_each(&text) == text, "{text:?}");
    }
}

proptest! {
    #[test]
    fn the_short_way_of_listings_and_the_long_one_agree(text in "(.|[ -~]){0,40}") {
        prop_assert_eq!(encode_listing(&text), encode_listing_each(&text));
    }

    #[test]
    fn every_form_decodes_to_what_was_encoded(text in any::<String>()) {
        let path = encode_path(&text);
        prop_assert_eq!(decode_path(&path).unwrap(), text.as_str());
        for form in [path, encode_query(&text), encode_listing(&text)] {
            prop_assert_eq!(decode_form(&form).unwrap(), text.as_str());
        }
        let word = encode_header_text(&text);
        prop_assert!(word.bytes().all(|b| b == b'\t' || (b' '..=b'~').contains(&b)));
        if word != text {
            prop_assert_eq!(decode_header_text(&word), Some(text));
        }
    }

    #[test]
    fn decoders_do_not_panic(text in any::<String>(), tail in "[%=?+a-f0-9]{0,40}") {
        let text = format!("{text}{tail}");
        let _ = (decode_path(&text), decode_form(&text), decode_header_text(&text));
        let _ = decode_header_text(&format!("=?UTF-8?Q?{text}?="));
    }
}

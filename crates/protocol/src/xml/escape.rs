//! Text with what XML reserves escaped.

use std::fmt::Write as _;

/// Appends text with what XML 1.0 reserves escaped. Characters that XML cannot carry are written as
/// character references, as S3 does for keys (facts/06 §2).
pub(crate) fn escape(text: &str, out: &mut String) {
    // Nearly every text is plain.
    if all_plain(text.as_bytes()) {
        out.push_str(text);
    } else {
        escape_each(text, out);
    }
}

fn all_plain(text: &[u8]) -> bool {
    // Looking at all of them without a way out is what the compiler turns into a few instructions for
    // sixteen bytes.
    fn plain(bytes: &[u8]) -> bool {
        bytes.iter().fold(0, |any, byte| any | special(*byte)) == 0
    }
    match text.last_chunk::<16>() {
        // The last sixteen are looked at together too, some of them again.
        Some(last) => text.as_chunks::<16>().0.iter().all(|chunk| plain(chunk)) && plain(last),
        None => plain(text),
    }
}

/// Not zero for a byte that may have to be written otherwise, depending on what stands beside it: 0xEF begins
/// U+FFFE and U+FFFF, and other characters.
fn special(byte: u8) -> u8 {
    u8::from(byte < b' ')
        // One bit is between `<` and `>`, and one between `"` and `&`.
        | u8::from(byte & !(b'<' ^ b'>') == b'<')
        | u8::from(byte & !(b'"' ^ b'&') == b'"')
        | u8::from(byte == 0x7f)
        | u8::from(byte == 0xef)
}

fn escape_each(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(c),
            c if c < ' ' || matches!(c, '\u{7f}' | '\u{fffe}' | '\u{ffff}') => {
                // Writing to a String cannot fail.
                let _ = write!(out, "&#x{:x};", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{escape, escape_each};

    proptest! {
        #[test]
        fn the_short_way_and_the_long_one_agree(text in "(.|[ -~]|[&<>\"\t\n\r\u{1}\u{7f}\u{f900}\u{fffd}-\u{ffff}]){0,40}") {
            let (mut short, mut long) = (String::new(), String::new());
            escape(&text, &mut short);
            escape_each(&text, &mut long);
            prop_assert_eq!(short, long);
        }
    }
}

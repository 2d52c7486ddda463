//! Text with what XML reserves escaped.

use std::fmt::Write as _;

/// Appends text with what XML 1.0 reserves escaped. Characters that XML cannot carry are written as
/// character references, as S3 does for keys (facts/06 §2).
pub(crate) fn escape(text: &str, out: &mut String) {
    // Nearly every text is plain. Looking at all of it without a way out is what the compiler turns
    // into a few instructions for sixteen bytes.
    if text.bytes().fold(true, |plain, byte| plain & is_plain(byte)) {
        out.push_str(text);
    } else {
        escape_each(text, out);
    }
}

/// Whether a byte, whatever stands beside it, is written as it is. Every other byte may or may not be:
/// 0xEF begins U+FFFE and U+FFFF, and other characters.
fn is_plain(byte: u8) -> bool {
    (byte >= b' ')
        & (byte != b'&')
        & (byte != b'<')
        & (byte != b'>')
        & (byte != b'"')
        & (byte != 0x7f)
        & (byte != 0xef)
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

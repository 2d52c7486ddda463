//! How the fields of an error become the text of an element.

/// A field of a variant; `None` leaves the element out.
pub(super) trait Detail {
    /// The element's text.
    fn detail(&self) -> Option<String>;
}

impl Detail for String {
    fn detail(&self) -> Option<String> {
        Some(self.clone())
    }
}

impl Detail for Option<String> {
    fn detail(&self) -> Option<String> {
        self.clone()
    }
}

// The long texts of `SignatureDoesNotMatch`, boxed to keep `S3Error` small.
impl Detail for Box<str> {
    fn detail(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Detail for Option<Box<str>> {
    fn detail(&self) -> Option<String> {
        self.as_ref().map(ToString::to_string)
    }
}

impl Detail for u64 {
    fn detail(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Detail for Option<u64> {
    fn detail(&self) -> Option<String> {
        self.map(|number| number.to_string())
    }
}

impl Detail for &'static str {
    fn detail(&self) -> Option<String> {
        Some((*self).to_owned())
    }
}
/// Appends text with what XML 1.0 reserves escaped. Characters that XML cannot carry are written as
/// character references, as S3 does for keys (facts/06 §2).
pub(super) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(c),
            c if c < ' ' || matches!(c, '\u{7f}' | '\u{fffe}' | '\u{ffff}') => {
                out.push_str(&format!("&#x{:x};", u32::from(c)));
            }
            c => out.push(c),
        }
    }
}

//! The texts of a rule that are matched or sent: origins, allowed headers, exposed headers.
//!
//! A pattern has at most one `*`, which stands for any run of characters, the empty one included; it is
//! anchored at both ends (facts/03 §2). With one wildcard a match is a prefix and a suffix that do not
//! overlap, so a comparison costs no more than the pattern is long.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::InvalidCors;

/// What the text before and after the `*` has to be; without `*` the whole.
fn parts(pattern: &str) -> (&str, Option<&str>) {
    match pattern.split_once('*') {
        None => (pattern, None),
        Some((prefix, suffix)) => (prefix, Some(suffix)),
    }
}

/// Whether text, as bytes, is what the pattern says; `same` compares runs of one length.
fn matches(pattern: &str, text: &str, same: fn(&[u8], &[u8]) -> bool) -> bool {
    let text = text.as_bytes();
    match parts(pattern) {
        (whole, None) => same(whole.as_bytes(), text),
        (prefix, Some(suffix)) => {
            let Some((head, rest)) = text.split_at_checked(prefix.len()) else {
                return false;
            };
            let Some(gap) = rest.len().checked_sub(suffix.len()) else {
                return false;
            };
            same(prefix.as_bytes(), head) && same(suffix.as_bytes(), &rest[gap..])
        }
    }
}

fn has_wildcards(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b'*').nth(1).is_some()
}

/// Whether a text has only what a header's name may have (RFC 9110 §5.6.2). The `*` is among it.
pub(crate) fn is_header_name(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// A text that is valid once made, stored and written as it came.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// As it was written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidCors;

            fn try_from(text: String) -> Result<Self, InvalidCors> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text! {
    /// An `AllowedOrigin`. It need not be an origin, and is not normalised (facts/03 §1).
    AllowedOrigin
}

text! {
    /// An `AllowedHeader`.
    AllowedHeader
}

text! {
    /// An `ExposeHeader`: any name of a header, known or not.
    ExposeHeader
}

impl AllowedOrigin {
    /// An origin, or a pattern of origins.
    ///
    /// # Errors
    /// [`InvalidCors::OriginWildcards`].
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidCors> {
        let text = text.into();
        if has_wildcards(&text) {
            return Err(InvalidCors::OriginWildcards(text));
        }
        Ok(Self(text))
    }

    /// Whether it is the lone `*`, which is answered with `*` instead of the origin (facts/03 §3).
    pub fn is_any(&self) -> bool {
        self.0 == "*"
    }

    /// Whether it allows this value of `Origin`: byte for byte [believed of letter case].
    pub fn allows(&self, origin: &str) -> bool {
        matches(&self.0, origin, |a, b| a == b)
    }
}

impl AllowedHeader {
    /// A header's name, or a pattern of names. An empty one matches nothing, and is accepted.
    ///
    /// # Errors
    /// [`InvalidCors::HeaderWildcards`], [`InvalidCors::HeaderCharacter`].
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidCors> {
        let text = text.into();
        if has_wildcards(&text) {
            return Err(InvalidCors::HeaderWildcards(text));
        }
        if !is_header_name(&text) {
            return Err(InvalidCors::HeaderCharacter(text));
        }
        Ok(Self(text))
    }

    /// Whether it allows a header of this name, in any letter case.
    pub fn allows(&self, name: &str) -> bool {
        matches(&self.0, name, |a, b| a.eq_ignore_ascii_case(b))
    }
}

impl ExposeHeader {
    /// A header's name.
    ///
    /// # Errors
    /// [`InvalidCors::ExposeWildcard`], [`InvalidCors::HeaderCharacter`].
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidCors> {
        let text = text.into();
        if text.contains('*') {
            return Err(InvalidCors::ExposeWildcard);
        }
        if !is_header_name(&text) {
            return Err(InvalidCors::HeaderCharacter(text));
        }
        Ok(Self(text))
    }
}

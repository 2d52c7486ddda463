//! Names and paths of what accounts have (facts/05 §3).
//!
//! Names are unique in their account whatever their case, and keep the case they were given in. How long a
//! name may be depends on what it names; the API checks that with the model's own message before a name is
//! made here, so that a name that exists is right.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A name: 1 to 128 letters, digits and `_+=,.@-`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// Not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to 128 letters, digits and _+=,.@-")]
pub struct InvalidName;

impl Name {
    /// Longest name in characters.
    pub const CHARS_MAX: usize = 128;

    /// Validates a name.
    ///
    /// # Errors
    /// [`InvalidName`].
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
        if (1..=Self::CHARS_MAX).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName)
        }
    }

    /// The name as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Name {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::parse(&text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

/// A path: `/`, or `/…/` with at most 512 characters from U+0021 to U+007E.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Path(String);

/// Not a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a path begins and ends with / and has at most 512 printable characters without spaces")]
pub struct InvalidPath;

impl Path {
    /// Longest path in characters.
    pub const CHARS_MAX: usize = 512;

    /// Validates a path.
    ///
    /// # Errors
    /// [`InvalidPath`].
    pub fn parse(text: &str) -> Result<Self, InvalidPath> {
        let allowed = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.starts_with('/') && text.ends_with('/') && text.len() <= Self::CHARS_MAX && allowed {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidPath)
        }
    }

    /// The path, with both slashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Path {
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Path {
    type Error = InvalidPath;
    fn try_from(text: String) -> Result<Self, InvalidPath> {
        Self::parse(&text)
    }
}

impl From<Path> for String {
    fn from(path: Path) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Name, Path};

    #[test]
    fn names_and_paths_keep_the_rules() {
        assert!(Name::parse("Bob_+=,.@-9").is_ok());
        assert!(Name::parse(&"n".repeat(128)).is_ok());
        for bad in ["", "a b", "a/b", "a:b", "\u{e9}", &"n".repeat(129)] {
            assert!(Name::parse(bad).is_err(), "{bad}");
        }
        assert!(Path::parse("/").is_ok());
        assert!(Path::parse("/division_abc/sub~!*/").is_ok());
        for bad in [
            "",
            "a/",
            "/a",
            "/a b/",
            "/\u{7f}/",
            &format!("/{}/", "p".repeat(511)),
        ] {
            assert!(Path::parse(bad).is_err(), "{bad}");
        }
    }
}

//! Names of condition keys.

use std::fmt;

/// Prefixes whose rest is the key of an S3 object tag: those differ by case; names of all other condition
/// keys do not (facts/05 §5), those of `aws:PrincipalTag/…` included.
const CASE_SENSITIVE_AFTER: &[&str] = &["s3:ExistingObjectTag/", "s3:RequestObjectTag/"];

/// Keys whose value follows from the question itself: no caller can forget or forge them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Derived {
    PrincipalArn,
    PrincipalAccount,
    PrincipalType,
    UserId,
    UserName,
    ResourceAccount,
}

const DERIVED: &[(&str, Derived)] = &[
    ("aws:PrincipalArn", Derived::PrincipalArn),
    ("aws:PrincipalAccount", Derived::PrincipalAccount),
    ("aws:PrincipalType", Derived::PrincipalType),
    ("aws:userid", Derived::UserId),
    ("aws:username", Derived::UserName),
    ("aws:ResourceAccount", Derived::ResourceAccount),
    ("s3:ResourceAccount", Derived::ResourceAccount),
];

/// A condition key that a policy names.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    text: Box<str>,
    /// Bytes from here on differ by case.
    sensitive_from: usize,
    pub(crate) derived: Option<Derived>,
}

impl Key {
    /// `service:name`, printable; `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (vendor, name) = text.split_once(':')?;
        let valid = !vendor.is_empty() && !name.is_empty() && !text.chars().any(char::is_control);
        if !valid {
            return None;
        }
        let sensitive = CASE_SENSITIVE_AFTER
            .iter()
            .find(|prefix| starts_with_ignore_case(text, prefix));
        Some(Self {
            sensitive_from: sensitive.map_or(text.len(), |prefix| prefix.len()),
            derived: DERIVED
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(text))
                .map(|(_, derived)| *derived),
            text: text.into(),
        })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `name` is this key.
    pub(crate) fn is(&self, name: &str) -> bool {
        let (text, name) = (self.text.as_bytes(), name.as_bytes());
        if text.len() != name.len() {
            return false;
        }
        let (insensitive, sensitive) = text.split_at(self.sensitive_from.min(text.len()));
        let (name_insensitive, name_sensitive) = name.split_at(insensitive.len());
        insensitive.eq_ignore_ascii_case(name_insensitive) && sensitive == name_sensitive
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn starts_with_ignore_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_differ_by_case_but_object_tags_do() {
        let key = Key::parse("AWS:PrincipalTag/Team").unwrap();
        assert!(key.is("aws:principaltag/team"));
        assert!(!key.is("aws:PrincipalTag/Teams"));
        let key = Key::parse("s3:existingObjectTag/Team").unwrap();
        assert!(key.is("s3:ExistingObjectTag/Team"));
        assert!(!key.is("s3:ExistingObjectTag/team"));
    }

    #[test]
    fn a_key_has_a_vendor() {
        for text in ["", "SourceIp", ":x", "aws:", "aws:a\nb"] {
            assert!(Key::parse(text).is_none(), "{text:?}");
        }
    }
}

//! ARNs of policies: six parts, each a pattern of its own.

use cairn_types::Arn;

use crate::PolicyError;
use crate::pattern::{Case, Lookup, Pattern, Syntax, split_variable};

/// `*`, or a pattern for each part of an ARN: a `*` spans `/` and `:` only inside the resource (facts/05 §5).
#[derive(Debug, Clone)]
pub(crate) enum ArnPattern {
    /// `*`
    Any,
    Parts {
        source: Box<str>,
        parts: Box<[Pattern; 6]>,
    },
    /// Not an ARN: matches none.
    Other(Box<str>),
}

impl ArnPattern {
    pub(crate) fn compile(source: &str, syntax: Syntax) -> Result<Self, PolicyError> {
        if source == "*" {
            return Ok(Self::Any);
        }
        let Some(parts) = split(source, syntax) else {
            return Ok(Self::Other(source.into()));
        };
        let compiled: Vec<Pattern> = parts
            .iter()
            .map(|part| Pattern::compile(part, syntax))
            .collect::<Result<_, _>>()?;
        Ok(match <[Pattern; 6]>::try_from(compiled) {
            Ok(parts) => Self::Parts {
                source: source.into(),
                parts: Box::new(parts),
            },
            Err(_) => Self::Other(source.into()),
        })
    }

    /// As written.
    pub(crate) fn source(&self) -> &str {
        match self {
            Self::Any => "*",
            Self::Parts { source, .. } | Self::Other(source) => source,
        }
    }

    /// The patterns of the parts.
    pub(crate) fn parts(&self) -> Option<&[Pattern; 6]> {
        match self {
            Self::Parts { parts, .. } => Some(parts),
            Self::Any | Self::Other(_) => None,
        }
    }

    pub(crate) fn is_fixed(&self) -> bool {
        self.parts()
            .is_some_and(|parts| parts.iter().all(Pattern::is_fixed))
    }

    /// Whether it matches an ARN, given in its parts; `None` for a text that is none.
    pub(crate) fn matches(&self, arn: Option<&[&str; 6]>, lookup: &impl Lookup) -> bool {
        match (self, arn) {
            (Self::Any, _) => true,
            (Self::Parts { parts, .. }, Some(arn)) => parts
                .iter()
                .zip(arn)
                .all(|(pattern, part)| pattern.matches(part, Case::Exact, lookup)),
            (Self::Parts { .. }, None) | (Self::Other(_), _) => false,
        }
    }

    pub(crate) fn substituted(&self, lookup: &impl Lookup) -> String {
        match self.parts() {
            Some(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| part.substituted(lookup)).collect();
                parts.join(":")
            }
            None => self.source().to_owned(),
        }
    }

    pub(crate) fn unresolved(&self, lookup: &impl Lookup) -> Vec<String> {
        let parts = self.parts().into_iter().flatten();
        parts
            .flat_map(|part| part.unresolved(lookup).map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }
}

/// The six parts; a colon inside `${…}` parts nothing.
fn split(source: &str, syntax: Syntax) -> Option<[&str; 6]> {
    if !syntax.variables || !source.contains("${") {
        return Arn::split(source);
    }
    let mut parts = Vec::with_capacity(6);
    let (mut start, mut at) = (0, 0);
    while parts.len() < 5 {
        let rest = source.get(at..)?;
        if let Some(after) = rest.strip_prefix("${") {
            let (_, after) = split_variable(after)?;
            at = source.len() - after.len();
            continue;
        }
        let c = rest.chars().next()?;
        if c == ':' {
            parts.push(source.get(start..at)?);
            start = at + 1;
        }
        at += c.len_utf8();
    }
    parts.push(source.get(start..)?);
    parts.try_into().ok()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::key::Key;

    struct Anna;

    impl Lookup for Anna {
        fn single(&self, key: &Key) -> Option<Cow<'_, str>> {
            key.is("aws:username").then_some(Cow::Borrowed("anna"))
        }
    }

    fn matches(pattern: &str, arn: &str) -> bool {
        let syntax = Syntax {
            wildcards: true,
            variables: true,
        };
        let pattern = ArnPattern::compile(pattern, syntax).unwrap();
        pattern.matches(Arn::split(arn).as_ref(), &Anna)
    }

    /// facts/05 §5: six colon parts matched separately; `*` spans `/` and `:` inside the resource part.
    #[test]
    fn parts_are_matched_one_by_one() {
        for (pattern, arn, expected) in [
            ("*", "arn:aws:s3:::b/k", true),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/x/y:z", true),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b", false),
            ("arn:*:s3:::b", "arn:aws:s3:::b", true),
            ("arn:aws:*:b", "arn:aws:s3:::b", false),
            ("arn:aws:*", "arn:aws:s3:::b", false),
            (
                "arn:aws:iam::*:user/anna",
                "arn:aws:iam::123456789012:user/anna",
                true,
            ),
            (
                "arn:aws:iam:*:user/anna",
                "arn:aws:iam::123456789012:user/anna",
                false,
            ),
            ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/anna/1", true),
            ("arn:aws:s3:::${aws:username}", "arn:aws:s3:::anna", true),
            ("arn:aws:s3:::${aws:userid}", "arn:aws:s3:::anna", false),
            ("b", "arn:aws:s3:::b", false),
        ] {
            assert_eq!(matches(pattern, arn), expected, "{pattern} {arn}");
        }
    }
}

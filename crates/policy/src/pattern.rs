//! Texts of policies with wildcards and variables, and matching them.
//!
//! A pattern is cut at its `*` into segments. The first has to stand at the text's beginning, the last at its
//! end, and each between at the first place after the one before: for `*` the leftmost place is always good
//! enough, so nothing is ever tried twice. A segment of plain text is found by `str::find`, which is linear; one
//! with `?` is tried at each place, which is why it is bounded: [`PATTERN_CHARS_MAX`]. So a match costs at most the
//! text's length times that (and what values of variables beside a `?` add to it), plus the pattern's length, however
//! many `*` there are.
//!
//! Values of variables are compared as they are: a `*` in them is a star (facts/05 §5).

use std::borrow::Cow;

use crate::PolicyError;
use crate::key::Key;

/// The most characters between two `*` of a pattern where there is a `?` among them.
pub const PATTERN_CHARS_MAX: usize = 256;

/// Where the values of variables come from.
pub(crate) trait Lookup {
    /// The value of a single-valued key that is known.
    fn single(&self, key: &Key) -> Option<Cow<'_, str>>;
}

/// What is special in a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Syntax {
    /// `*` and `?`.
    pub(crate) wildcards: bool,
    /// `${…}`, escapes included.
    pub(crate) variables: bool,
}

/// How characters are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Exact,
    Ignore,
}

#[derive(Debug, Clone)]
pub(crate) struct Variable {
    key: Key,
    default: Option<Box<str>>,
}

#[derive(Debug, Clone)]
enum Piece {
    Text(Box<str>),
    AnyOne,
    Variable(Variable),
}

type Segment = Box<[Piece]>;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    source: Box<str>,
    first: Segment,
    /// Those between the first `*` and the last.
    middle: Box<[Segment]>,
    /// After the last `*`; `None` where there is no `*`.
    last: Option<Segment>,
}

impl Pattern {
    pub(crate) fn compile(source: &str, syntax: Syntax) -> Result<Self, PolicyError> {
        let mut segments = segments(source, syntax)?;
        let first = if segments.is_empty() {
            Box::default()
        } else {
            segments.remove(0)
        };
        let last = segments.pop();
        let floating = |segment: &Segment| {
            let wild = segment.iter().any(|piece| matches!(piece, Piece::AnyOne));
            let chars: usize = segment
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text.chars().count(),
                    Piece::AnyOne | Piece::Variable(_) => 1,
                })
                .sum();
            wild && chars > PATTERN_CHARS_MAX
        };
        if segments.iter().any(floating) {
            return Err(PolicyError::Wildcards(source.to_owned()));
        }
        Ok(Self {
            source: source.into(),
            first,
            middle: segments.into(),
            last,
        })
    }

    /// As written.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Whether it has no wildcard: not one text more than it says.
    pub(crate) fn is_fixed(&self) -> bool {
        self.last.is_none() && !self.first.iter().any(|piece| matches!(piece, Piece::AnyOne))
    }

    fn variables(&self) -> impl Iterator<Item = &Variable> {
        let segments = std::iter::once(&self.first)
            .chain(self.middle.iter())
            .chain(self.last.iter());
        segments
            .flat_map(|segment| segment.iter())
            .filter_map(|piece| match piece {
                Piece::Variable(variable) => Some(variable),
                _ => None,
            })
    }

    pub(crate) fn has_variables(&self) -> bool {
        self.variables().next().is_some()
    }

    /// The keys of variables.
    pub(crate) fn variable_keys(&self) -> impl Iterator<Item = &str> {
        self.variables().map(|variable| variable.key.as_str())
    }

    /// The keys of variables that have neither value nor default: with one of them it matches nothing.
    pub(crate) fn unresolved<'a>(&'a self, lookup: &'a impl Lookup) -> impl Iterator<Item = &'a str> {
        let unresolved = |variable: &&Variable| resolve(variable, lookup).is_none();
        self.variables()
            .filter(unresolved)
            .map(|variable| variable.key.as_str())
    }

    /// The text with values in the place of variables; those unresolved stay as `${key}`.
    pub(crate) fn substituted(&self, lookup: &impl Lookup) -> String {
        if !self.has_variables() {
            return self.source.to_string();
        }
        let mut text = String::new();
        let segments = std::iter::once(&self.first)
            .chain(self.middle.iter())
            .chain(self.last.iter());
        for (number, segment) in segments.enumerate() {
            if number > 0 {
                text.push('*');
            }
            for piece in segment {
                match piece {
                    Piece::Text(piece) => text.push_str(piece),
                    Piece::AnyOne => text.push('?'),
                    Piece::Variable(variable) => match resolve(variable, lookup) {
                        Some(value) => text.push_str(&value),
                        None => text.push_str(&format!("${{{}}}", variable.key)),
                    },
                }
            }
        }
        text
    }

    /// Whether it matches the whole text.
    pub(crate) fn matches(&self, text: &str, case: Case, lookup: &impl Lookup) -> bool {
        self.matches_counted(text, case, lookup, &mut 0)
    }

    /// [`Self::matches`], counting how often a segment was tried at a place.
    fn matches_counted(&self, text: &str, case: Case, lookup: &impl Lookup, tried: &mut usize) -> bool {
        let Some(mut rest) = strip_segment(&self.first, text, case, lookup) else {
            return false;
        };
        let Some(last) = &self.last else {
            return rest.is_empty();
        };
        for segment in &self.middle {
            match after_first(segment, rest, case, lookup, tried) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        ends_with(last, rest, case, lookup)
    }
}

fn segments(source: &str, syntax: Syntax) -> Result<Vec<Segment>, PolicyError> {
    let mut segments = Vec::new();
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = source;
    let flush = |text: &mut String, pieces: &mut Vec<Piece>| {
        if !text.is_empty() {
            pieces.push(Piece::Text(std::mem::take(text).into()));
        }
    };
    while let Some(c) = rest.chars().next() {
        let variable = if syntax.variables {
            rest.strip_prefix("${")
        } else {
            None
        };
        if let Some(after) = variable {
            let invalid = || PolicyError::Variable(source.to_owned());
            let (inner, after) = split_variable(after).ok_or_else(invalid)?;
            match inner {
                "*" | "?" | "$" => text.push_str(inner),
                _ => {
                    flush(&mut text, &mut pieces);
                    pieces.push(Piece::Variable(parse_variable(inner).ok_or_else(invalid)?));
                }
            }
            rest = after;
            continue;
        }
        match c {
            '*' if syntax.wildcards => {
                flush(&mut text, &mut pieces);
                segments.push(std::mem::take(&mut pieces).into());
            }
            '?' if syntax.wildcards => {
                flush(&mut text, &mut pieces);
                pieces.push(Piece::AnyOne);
            }
            _ => text.push(c),
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    flush(&mut text, &mut pieces);
    segments.push(pieces.into());
    Ok(segments)
}

/// What stands in `${…}`, and what follows it. A default in quotes may have braces of its own.
pub(crate) fn split_variable(after: &str) -> Option<(&str, &str)> {
    let plain = after.find('}')?;
    let end = match after.find('\'') {
        Some(quote) if quote < plain => {
            let inside = quote + 1;
            let close = inside + after.get(inside..)?.find('\'')?;
            close + after.get(close..)?.find('}')?
        }
        _ => plain,
    };
    Some((after.get(..end)?, after.get(end + 1..)?))
}

/// `key` or `key, 'default'`.
fn parse_variable(inner: &str) -> Option<Variable> {
    let (name, default) = match inner.split_once(',') {
        Some((name, default)) => {
            let default = default.trim().strip_prefix('\'')?.strip_suffix('\'')?;
            (name, Some(default.into()))
        }
        None => (inner, None),
    };
    let key = Key::parse(name.trim())?;
    Some(Variable { key, default })
}

fn resolve<'a>(variable: &'a Variable, lookup: &'a impl Lookup) -> Option<Cow<'a, str>> {
    lookup
        .single(&variable.key)
        .or_else(|| variable.default.as_deref().map(Cow::Borrowed))
}

/// What follows the segment, which the text has to begin with.
fn strip_segment<'t>(segment: &[Piece], text: &'t str, case: Case, lookup: &impl Lookup) -> Option<&'t str> {
    let mut rest = text;
    for piece in segment {
        rest = match piece {
            Piece::Text(piece) => strip_prefix(rest, piece, case)?,
            Piece::AnyOne => {
                let mut chars = rest.chars();
                chars.next()?;
                chars.as_str()
            }
            Piece::Variable(variable) => strip_prefix(rest, &resolve(variable, lookup)?, case)?,
        };
    }
    Some(rest)
}

/// Whether the text ends with the segment.
fn ends_with(segment: &[Piece], text: &str, case: Case, lookup: &impl Lookup) -> bool {
    let mut rest = text;
    for piece in segment.iter().rev() {
        let before = match piece {
            Piece::Text(piece) => strip_suffix(rest, piece, case),
            Piece::AnyOne => {
                let mut chars = rest.chars();
                chars.next_back().map(|_| chars.as_str())
            }
            Piece::Variable(variable) => {
                resolve(variable, lookup).and_then(|value| strip_suffix(rest, &value, case))
            }
        };
        match before {
            Some(before) => rest = before,
            None => return false,
        }
    }
    true
}

/// What follows the first place where the segment stands.
fn after_first<'t>(
    segment: &[Piece],
    text: &'t str,
    case: Case,
    lookup: &impl Lookup,
    tried: &mut usize,
) -> Option<&'t str> {
    if segment.iter().any(|piece| matches!(piece, Piece::Variable(_))) {
        // Looked up once, not at every place.
        let resolved = resolved(segment, lookup)?;
        return after_first(&resolved, text, case, lookup, tried);
    }
    match (segment, case) {
        ([], _) => return Some(text),
        ([Piece::Text(piece)], Case::Exact) => {
            *tried += 1;
            let at = text.find(&**piece)?;
            return text.get(at + piece.len()..);
        }
        _ => {}
    }
    let places = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    for at in places {
        *tried += 1;
        let here = text.get(at..)?;
        if let Some(after) = strip_segment(segment, here, case, lookup) {
            return Some(after);
        }
    }
    None
}

/// The segment with texts in the place of variables, neighbours joined; `None` where one has no value.
fn resolved(segment: &[Piece], lookup: &impl Lookup) -> Option<Vec<Piece>> {
    let mut pieces = Vec::with_capacity(segment.len());
    let mut text = String::new();
    for piece in segment {
        match piece {
            Piece::Text(piece) => text.push_str(piece),
            Piece::Variable(variable) => text.push_str(&resolve(variable, lookup)?),
            Piece::AnyOne => {
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text).into()));
                }
                pieces.push(Piece::AnyOne);
            }
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text.into()));
    }
    Some(pieces)
}

fn same(a: char, b: char) -> bool {
    a == b || a.to_lowercase().eq(b.to_lowercase())
}

fn strip_prefix<'t>(text: &'t str, prefix: &str, case: Case) -> Option<&'t str> {
    if case == Case::Exact {
        return text.strip_prefix(prefix);
    }
    let mut chars = text.chars();
    for expected in prefix.chars() {
        if !same(chars.next()?, expected) {
            return None;
        }
    }
    Some(chars.as_str())
}

fn strip_suffix<'t>(text: &'t str, suffix: &str, case: Case) -> Option<&'t str> {
    if case == Case::Exact {
        return text.strip_suffix(suffix);
    }
    let mut chars = text.chars();
    for expected in suffix.chars().rev() {
        if !same(chars.next_back()?, expected) {
            return None;
        }
    }
    Some(chars.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Known<'a>(&'a [(&'a str, &'a str)]);

    impl Lookup for Known<'_> {
        fn single(&self, key: &Key) -> Option<Cow<'_, str>> {
            let found = self.0.iter().find(|(name, _)| key.is(name));
            found.map(|(_, value)| Cow::Borrowed(*value))
        }
    }

    const ALL: Syntax = Syntax {
        wildcards: true,
        variables: true,
    };

    fn matches(pattern: &str, text: &str, known: &[(&str, &str)]) -> bool {
        Pattern::compile(pattern, ALL)
            .unwrap()
            .matches(text, Case::Exact, &Known(known))
    }

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "a/b:c", true),
            ("**", "a", true),
            ("a*", "b", false),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "abcd", false),
            ("?", "", false),
            ("?", "é", true),
            ("??", "a", false),
            ("*?", "", false),
            ("*?*", "a", true),
            ("a?c*e?g", "abcdefg", true),
            ("*aab*", "aaab", true),
            ("*a?b*c", "aaxbc", true),
            ("*ab*ab", "ab", false),
            ("*ab*ab", "abab", true),
        ] {
            assert_eq!(matches(pattern, text, &[]), expected, "{pattern} {text}");
        }
    }

    /// facts/05 §5: wildcards produced by substituted values are literal; escapes.
    #[test]
    fn variables() {
        let known = [("aws:username", "a*"), ("s3:prefix", "")];
        assert!(matches("home/${aws:username}/*", "home/a*/x", &known));
        assert!(!matches("home/${aws:username}/*", "home/ab/x", &known));
        assert!(matches("*/${AWS:UserName}", "home/a*", &known));
        assert!(matches("*/${aws:username}*x", "home/a*yx", &known));
        assert!(matches("x${s3:prefix}y", "xy", &known));
        assert!(!matches("x${aws:PrincipalTag/team}*", "x", &known));
        assert!(matches("*-${aws:username}-*", "x-a*-y", &known));
        assert!(matches("*-${aws:username}?${s3:prefix}*", "x-a*yz", &known));
        assert!(matches("*${s3:prefix}*", "x", &known));
        assert!(!matches("*-${aws:username}?${s3:prefix}*", "x-aby", &known));
        assert!(!matches("*${aws:PrincipalTag/team}*", "x", &known));
        assert!(matches("x${aws:PrincipalTag/team, 'red}'}*", "xred}!", &known));
        assert!(matches("${*}${?}${$}", "*?$", &known));
        assert!(!matches("${*}", "a", &known));
        for wrong in ["${", "${}", "${x}", "${aws:a, b}", "a${aws:username"] {
            assert!(Pattern::compile(wrong, ALL).is_err(), "{wrong}");
        }
    }

    /// The bound of the module's header: as many tries as the text has places, one for each segment found.
    #[test]
    fn hostile_patterns_are_bounded() {
        let text = "a".repeat(8 << 10);
        for unit in ["*a", "*a?", "*?a"] {
            let pattern = format!("{}*b", unit.repeat(2000));
            let pattern = Pattern::compile(&pattern, ALL).unwrap();
            let mut tried = 0;
            assert!(!pattern.matches_counted(&text, Case::Exact, &Known(&[]), &mut tried));
            assert!(tried <= text.len() + 2001, "{unit}: {tried}");
        }
        let long = format!("*{}?*", "a".repeat(PATTERN_CHARS_MAX));
        assert!(matches!(
            Pattern::compile(&long, ALL),
            Err(PolicyError::Wildcards(_))
        ));
        assert!(Pattern::compile(&long[1..], ALL).is_ok());
    }

    /// The plain definition, exponential.
    fn reference(pattern: &[char], text: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['*', rest @ ..] => (0..=text.len()).any(|at| reference(rest, &text[at..])),
            ['?', rest @ ..] => !text.is_empty() && reference(rest, &text[1..]),
            [c, rest @ ..] => text.first() == Some(c) && reference(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab*?\u{e9}]{0,9}", text in "[ab\u{e9}]{0,9}") {
            let plain: (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            let expected = reference(&plain.0, &plain.1);
            let compiled = Pattern::compile(&pattern, ALL).unwrap();
            prop_assert_eq!(compiled.matches(&text, Case::Exact, &Known(&[])), expected);
            prop_assert_eq!(compiled.matches(&text.to_uppercase(), Case::Ignore, &Known(&[])), expected);
        }
    }
}

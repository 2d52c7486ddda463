//! The parameters of a Query request, read by the rules of the services' models.
//!
//! A value that breaks a rule is noted and reading goes on, because the answer names all that is wrong at
//! once (facts/05 §1): `2 validation errors detected: Value 'x' at 'userName' failed to satisfy constraint:
//! …; Value …`. So an operation reads all its parameters first, then makes its input of them with `?`.

use std::collections::BTreeMap;

use cairn_identity::{Name, Path};
use cairn_protocol::encoding::decode_form;
use cairn_types::Tag;

use super::error::QueryError;

/// Most parameters of one request. 100 tags of a policy with all else are fewer.
pub(crate) const PARAMETERS_MAX: usize = 1000;
/// Most violations told at once.
const VIOLATIONS_MAX: usize = 20;
/// Longest part of a wrong value that is told, in characters.
const VALUE_CHARS_SHOWN: usize = 256;

/// A pattern of the model, as its violation is told, and the same as a function.
type Pattern = (&'static str, fn(&str) -> bool);

/// What a text must be.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    /// Least length in characters.
    pub(crate) min: usize,
    /// Greatest length in characters.
    pub(crate) max: usize,
    /// What characters it has.
    pub(crate) pattern: Option<Pattern>,
    /// Whether a wrong value is not told: it is nearly a right one.
    pub(crate) secret: bool,
}

impl Text {
    /// Of this length, and of any characters.
    pub(crate) const fn of(min: usize, max: usize) -> Self {
        Self {
            min,
            max,
            pattern: None,
            secret: false,
        }
    }

    /// The text whose violation does not tell it.
    pub(crate) const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// The text, of at most so many characters.
    pub(crate) const fn at_most(self, max: usize) -> Self {
        Self { max, ..self }
    }

    /// The text with a pattern.
    pub(crate) const fn matching(self, pattern: &'static str, test: fn(&str) -> bool) -> Self {
        Self {
            pattern: Some((pattern, test)),
            ..self
        }
    }

    /// Whether a text is one, wherever it stands.
    pub(crate) fn accepts(&self, text: &str) -> bool {
        let chars = text.chars().count();
        (self.min..=self.max).contains(&chars) && self.pattern.is_none_or(|(_, test)| test(text))
    }
}

fn is_name(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

/// `[\w+=,.@-]+`, of at most so many characters.
pub(crate) const fn name_text(max: usize) -> Text {
    Text::of(1, max).matching(r"[\w+=,.@-]+", is_name)
}

fn is_policy_text(text: &str) -> bool {
    text.chars()
        .all(|c| matches!(c, '\u{9}' | '\u{A}' | '\u{D}' | '\u{20}'..='\u{FF}'))
}

/// A policy document: 1 to 131072 characters of U+0009, U+000A, U+000D and U+0020 to U+00FF (facts/05 §3).
pub(crate) const POLICY_DOCUMENT: Text =
    Text::of(1, 131_072).matching(r"[\u0009\u000A\u000D\u0020-\u00FF]+", is_policy_text);

/// A password (facts/05 §3): the characters of policies.
pub(crate) const PASSWORD: Text = Text::of(1, 128)
    .matching(r"[\u0009\u000A\u000D\u0020-\u00FF]+", is_policy_text)
    .secret();

/// An ARN, by its length.
pub(crate) const ARN: Text = Text::of(20, 2048);

fn is_tag_text(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c))
}

/// The key of a tag.
pub(crate) const TAG_KEY: Text = Text::of(1, 128).matching(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+", is_tag_text);
/// The value of a tag.
pub(crate) const TAG_VALUE: Text = Text::of(0, 256).matching(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", is_tag_text);

fn is_path(text: &str) -> bool {
    Path::parse(text).is_ok()
}

fn is_path_prefix(text: &str) -> bool {
    text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_policy_path(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".,+@=_-".contains(&byte);
    let between = text
        .strip_prefix('/')
        .map(|rest| rest.strip_suffix('/').unwrap_or(rest));
    let parts = |between: &str| {
        between
            .split('/')
            .all(|part| !part.is_empty() && part.bytes().all(allowed))
    };
    text == "/" || (text.ends_with('/') && between.is_some_and(parts))
}

/// The path of a managed policy.
const POLICY_PATH: Text = Text::of(1, 512).matching(r"((/[A-Za-z0-9\.,\+@=_-]+)*)/", is_policy_path);
const PATH: Text = Text::of(1, 512).matching(r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)", is_path);
const PATH_PREFIX: Text = Text::of(1, 512).matching(r"\u002F[\u0021-\u007F]*", is_path_prefix);

/// The parameters of one request, and what was found wrong with those read so far.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    values: BTreeMap<String, String>,
    violations: Vec<String>,
}

impl Parameters {
    /// Reads the query of the URI and a form's body; the body's values win.
    ///
    /// # Errors
    /// `MalformedQueryString` where something is not percent-encoded UTF-8, or there are more than
    /// [`PARAMETERS_MAX`].
    pub(crate) fn read(query: &str, body: &[u8]) -> Result<Self, QueryError> {
        let body = std::str::from_utf8(body).map_err(|_| QueryError::malformed_query())?;
        let mut values = BTreeMap::new();
        for pair in query.split('&').chain(body.split('&')) {
            let pair = pair.trim_matches(['\r', '\n']);
            if pair.is_empty() {
                continue;
            }
            if values.len() == PARAMETERS_MAX {
                return Err(QueryError::malformed_query());
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decode = |text| decode_form(text).map_err(|_| QueryError::malformed_query());
            values.insert(decode(name)?.into_owned(), decode(value)?.into_owned());
        }
        Ok(Self {
            values,
            violations: Vec::new(),
        })
    }

    /// The value of a parameter, whatever it is.
    pub(crate) fn raw(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// All that is wrong, as an error; nothing where nothing is.
    pub(crate) fn violations(&self) -> Result<(), QueryError> {
        if self.violations.is_empty() {
            return Ok(());
        }
        let count = self.violations.len();
        let plural = if count == 1 { "" } else { "s" };
        let message = format!(
            "{count} validation error{plural} detected: {}",
            self.violations.join("; ")
        );
        Err(QueryError::validation(message))
    }

    /// Notes that a parameter breaks a rule.
    pub(crate) fn violate(&mut self, name: &str, value: Option<&str>, constraint: &str) {
        let value = match value {
            Some(value) => format!("'{}'", value.chars().take(VALUE_CHARS_SHOWN).collect::<String>()),
            None => "null".to_owned(),
        };
        self.violate_with(&format!("Value {value}"), name, constraint);
    }

    fn violate_with(&mut self, value: &str, name: &str, constraint: &str) {
        if self.violations.len() < VIOLATIONS_MAX {
            let member = member_name(name);
            self.violations.push(format!(
                "{value} at '{member}' failed to satisfy constraint: {constraint}"
            ));
        }
    }

    fn checked(&mut self, name: &str, value: String, text: &Text) -> Option<String> {
        let chars = value.chars().count();
        let constraint = if chars < text.min {
            format!("Member must have length greater than or equal to {}", text.min)
        } else if chars > text.max {
            format!("Member must have length less than or equal to {}", text.max)
        } else if let Some((pattern, _)) = text.pattern.filter(|(_, test)| !test(&value)) {
            format!("Member must satisfy regular expression pattern: {pattern}")
        } else {
            return Some(value);
        };
        if text.secret {
            self.violate_with("Value", name, &constraint);
        } else {
            self.violate(name, Some(&value), &constraint);
        }
        None
    }

    /// A text that must be there.
    pub(crate) fn required(&mut self, name: &str, text: &Text) -> Option<String> {
        match self.values.get(name).cloned() {
            Some(value) => self.checked(name, value, text),
            None => {
                self.violate(name, None, "Member must not be null");
                None
            }
        }
    }

    /// A text that may be absent: the outer `None` is a wrong value.
    pub(crate) fn optional(&mut self, name: &str, text: &Text) -> Option<Option<String>> {
        match self.values.get(name).cloned() {
            Some(value) => self.checked(name, value, text).map(Some),
            None => Some(None),
        }
    }

    /// A number that may be absent.
    pub(crate) fn integer(&mut self, name: &str, min: u32, max: u32) -> Option<Option<u32>> {
        let Some(value) = self.values.get(name).cloned() else {
            return Some(None);
        };
        let constraint = match value.parse::<i64>() {
            Ok(number) if number < i64::from(min) => {
                format!("Member must have value greater than or equal to {min}")
            }
            Ok(number) if number > i64::from(max) => {
                format!("Member must have value less than or equal to {max}")
            }
            Ok(number) => return u32::try_from(number).ok().map(Some),
            Err(_) => "Member must be a number".to_owned(),
        };
        self.violate(name, Some(&value), &constraint);
        None
    }

    /// `true` or `false`, absent for `None`.
    pub(crate) fn boolean(&mut self, name: &str) -> Option<Option<bool>> {
        match self.values.get(name).cloned().as_deref() {
            None => Some(None),
            Some("true" | "True" | "TRUE") => Some(Some(true)),
            Some("false" | "False" | "FALSE") => Some(Some(false)),
            Some(value) => {
                self.violate(
                    name,
                    Some(value),
                    "Member must satisfy enum value set: [true, false]",
                );
                None
            }
        }
    }

    /// One of some words, which may be absent.
    pub(crate) fn choice<T: Copy>(&mut self, name: &str, words: &[(&'static str, T)]) -> Option<Option<T>> {
        let Some(value) = self.values.get(name).cloned() else {
            return Some(None);
        };
        if let Some((_, found)) = words.iter().find(|(word, _)| *word == value) {
            return Some(Some(*found));
        }
        let set: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let constraint = format!("Member must satisfy enum value set: [{}]", set.join(", "));
        self.violate(name, Some(&value), &constraint);
        None
    }

    /// A name that must be there, of at most so many characters.
    pub(crate) fn name(&mut self, parameter: &str, max: usize) -> Option<Name> {
        let text = self.required(parameter, &name_text(max))?;
        Name::parse(&text).ok()
    }

    /// A name that may be absent.
    pub(crate) fn optional_name(&mut self, parameter: &str, max: usize) -> Option<Option<Name>> {
        match self.optional(parameter, &name_text(max))? {
            Some(text) => Name::parse(&text).ok().map(Some),
            None => Some(None),
        }
    }

    /// A path that may be absent.
    pub(crate) fn path(&mut self, parameter: &str) -> Option<Option<Path>> {
        match self.optional(parameter, &PATH)? {
            Some(text) => Path::parse(&text).ok().map(Some),
            None => Some(None),
        }
    }

    /// The path of a managed policy, or what such paths begin with; may be absent.
    pub(crate) fn policy_path(&mut self, parameter: &str) -> Option<Option<Path>> {
        match self.optional(parameter, &POLICY_PATH)? {
            Some(text) => Path::parse(&text).ok().map(Some),
            None => Some(None),
        }
    }

    /// `PathPrefix`: `/` where it is absent.
    pub(crate) fn path_prefix(&mut self) -> Option<String> {
        let prefix = self.optional("PathPrefix", &PATH_PREFIX)?;
        Some(prefix.unwrap_or_else(|| "/".to_owned()))
    }

    /// How many members a list has: `Name.member.1`, `Name.member.2`, … without a gap.
    pub(crate) fn list_len(&self, name: &str) -> usize {
        (1..=PARAMETERS_MAX)
            .take_while(|index| {
                let member = format!("{name}.member.{index}");
                let structure = format!("{member}.");
                let mut from = self.values.range(member.clone()..);
                from.next()
                    .is_some_and(|(key, _)| *key == member || key.starts_with(&structure))
                    || self
                        .values
                        .range(structure.clone()..)
                        .next()
                        .is_some_and(|(key, _)| key.starts_with(&structure))
            })
            .count()
    }

    /// Notes that a list is missing; one that is given as empty (`Tags=`) is there.
    pub(crate) fn must_have_list(&mut self, name: &str) -> Option<()> {
        if self.list_len(name) > 0 || self.values.contains_key(name) {
            return Some(());
        }
        self.violate(name, None, "Member must not be null");
        None
    }

    /// The texts of a list of at most `most`.
    pub(crate) fn list(&mut self, name: &str, most: usize, text: &Text) -> Option<Vec<String>> {
        let count = self.list_len(name);
        if count > most {
            let constraint = format!("Member must have length less than or equal to {most}");
            self.violate(name, Some(&format!("[{count} members]")), &constraint);
            return None;
        }
        let found: Vec<Option<String>> = (1..=count)
            .map(|index| self.required(&format!("{name}.member.{index}"), text))
            .collect();
        found.into_iter().collect()
    }

    /// `Tags.member.N.Key` and `.Value`, at most 50.
    pub(crate) fn tags(&mut self) -> Option<Vec<Tag>> {
        let count = self.list_len("Tags");
        if count > cairn_identity::Tags::MAX {
            let constraint = format!(
                "Member must have length less than or equal to {}",
                cairn_identity::Tags::MAX
            );
            self.violate("Tags", Some(&format!("[{count} members]")), &constraint);
            return None;
        }
        let found: Vec<Option<Tag>> = (1..=count)
            .map(|index| {
                let key = self.required(&format!("Tags.member.{index}.Key"), &TAG_KEY);
                let value = self.required(&format!("Tags.member.{index}.Value"), &TAG_VALUE);
                Some(Tag {
                    key: key?,
                    value: value?,
                })
            })
            .collect();
        found.into_iter().collect()
    }

    /// `TagKeys.member.N`, at most 50.
    pub(crate) fn tag_keys(&mut self) -> Option<Vec<String>> {
        self.list("TagKeys", cairn_identity::Tags::MAX, &TAG_KEY)
    }
}

/// A parameter's name as violations have it: `UserName` is `userName`, `Tags.member.1.Key` is
/// `tags.1.member.key`.
fn member_name(name: &str) -> String {
    let mut parts: Vec<String> = name
        .split('.')
        .map(|part| {
            let mut chars = part.chars();
            match chars.next() {
                Some(first) => first.to_lowercase().chain(chars).collect(),
                None => String::new(),
            }
        })
        .collect();
    for index in 1..parts.len() {
        let is_number = |part: &String| part.bytes().all(|byte| byte.is_ascii_digit());
        if parts.get(index - 1).is_some_and(|part| part == "member")
            && parts.get(index).is_some_and(is_number)
        {
            parts.swap(index - 1, index);
        }
    }
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_and_the_query_are_one_form() {
        let parameters = Parameters::read("Action=GetUser&UserName=q", b"UserName=b%20c+d&Empty").unwrap();
        assert_eq!(parameters.raw("Action"), Some("GetUser"));
        assert_eq!(parameters.raw("UserName"), Some("b c d"));
        assert_eq!(parameters.raw("Empty"), Some(""));
        assert!(Parameters::read("a=%ff", b"").is_err());
        assert!(Parameters::read("", b"\xff").is_err());
        let many = |count: usize| (0..count).map(|n| format!("p{n}=&")).collect::<String>();
        assert!(Parameters::read("", many(PARAMETERS_MAX).as_bytes()).is_ok());
        assert!(Parameters::read("", many(PARAMETERS_MAX + 1).as_bytes()).is_err());
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let mut parameters = Parameters::read("UserName=a+b&MaxItems=0", b"").unwrap();
        assert_eq!(parameters.required("UserName", &name_text(64)), None);
        assert_eq!(parameters.integer("MaxItems", 1, 1000), None);
        assert_eq!(parameters.required("PolicyName", &name_text(128)), None);
        let error = parameters.violations().unwrap_err();
        assert_eq!(
            error.message(),
            "3 validation errors detected: Value 'a b' at 'userName' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [\\w+=,.@-]+; Value '0' at 'maxItems' failed to satisfy \
             constraint: Member must have value greater than or equal to 1; Value null at 'policyName' failed to \
             satisfy constraint: Member must not be null"
        );
    }

    #[test]
    fn a_wrong_password_is_not_told() {
        let mut parameters = Parameters::read("Password=p%E2%82%AC", b"").unwrap();
        assert_eq!(parameters.required("Password", &PASSWORD), None);
        let error = parameters.violations().unwrap_err();
        assert_eq!(
            error.message(),
            "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must satisfy \
             regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"
        );
    }

    #[test]
    fn lists_end_at_the_first_gap() {
        let body = b"Tags.member.1.Key=a&Tags.member.1.Value=1&Tags.member.2.Key=b&Tags.member.2.Value=&\
                     Tags.member.4.Key=d&TagKeys.member.1=x&TagKeys.member.2=y&TagKeys.member.10=z";
        let mut parameters = Parameters::read("", body).unwrap();
        let tags = parameters.tags().unwrap();
        assert_eq!(tags.len(), 2);
        assert_eq!((tags[0].key.as_str(), tags[0].value.as_str()), ("a", "1"));
        assert_eq!(parameters.tag_keys().unwrap(), ["x", "y"]);
        assert!(parameters.violations().is_ok());
    }

    #[test]
    fn paths_of_policies_have_no_empty_parts() {
        for (path, valid) in [
            ("/", true),
            ("/a/", true),
            ("/a/b.,+@=_-/", true),
            ("/a", false),
            ("a/", false),
            ("//", false),
            ("/a//b/", false),
            ("/a!/", false),
        ] {
            assert_eq!(is_policy_path(path), valid, "{path}");
        }
    }

    #[test]
    fn a_list_that_must_be_there_may_be_empty() {
        let mut parameters = Parameters::read("Tags=", b"").unwrap();
        assert!(parameters.must_have_list("Tags").is_some());
        assert!(parameters.must_have_list("TagKeys").is_none());
        assert!(
            parameters
                .violations()
                .unwrap_err()
                .message()
                .contains("'tagKeys'")
        );
    }

    #[test]
    fn members_of_lists_are_named_as_amazon_names_them() {
        assert_eq!(member_name("UserName"), "userName");
        assert_eq!(member_name("Tags.member.1.Key"), "tags.1.member.key");
    }
}

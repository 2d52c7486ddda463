//! JSON as policies need it: strict, bounded in depth, duplicate names refused, and with the place of every
//! value in the text. `serde_json` takes the last of two members of one name and forgets where things were; a
//! policy of two `Effect`s must be refused, and principals are rewritten in place ([`crate::rewrite_principals`]).

use std::borrow::Cow;

/// The deepest nesting that is read, in lists and objects. A policy of the language needs six.
pub const JSON_DEPTH_MAX: usize = 16;

/// A value and where it stands.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) value: Value<'a>,
    /// First byte in the text.
    pub(crate) start: usize,
    /// The byte after the last.
    pub(crate) end: usize,
}

#[derive(Debug)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    /// As written.
    Number(&'a str),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    /// In the order written; names differ.
    Object(Vec<Member<'a>>),
}

#[derive(Debug)]
pub(crate) struct Member<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) value: Node<'a>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JsonError {
    Syntax,
    TooDeep,
    Duplicate(String),
}

/// Reads one value, which has to be the whole text.
pub(crate) fn read(text: &str) -> Result<Node<'_>, JsonError> {
    let mut reader = Reader { text, at: 0 };
    let node = reader.value(0)?;
    reader.space();
    if reader.at == text.len() {
        Ok(node)
    } else {
        Err(JsonError::Syntax)
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), JsonError> {
        if self.take(byte) {
            Ok(())
        } else {
            Err(JsonError::Syntax)
        }
    }

    fn slice(&self, start: usize) -> Result<&'a str, JsonError> {
        self.text.get(start..self.at).ok_or(JsonError::Syntax)
    }

    fn value(&mut self, depth: usize) -> Result<Node<'a>, JsonError> {
        if depth > JSON_DEPTH_MAX {
            return Err(JsonError::TooDeep);
        }
        self.space();
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => Value::Object(self.object(depth)?),
            Some(b'[') => Value::List(self.list(depth)?),
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            _ => return Err(JsonError::Syntax),
        };
        Ok(Node {
            value,
            start,
            end: self.at,
        })
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, JsonError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if rest.starts_with(word) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(JsonError::Syntax)
        }
    }

    fn object(&mut self, depth: usize) -> Result<Vec<Member<'a>>, JsonError> {
        self.expect(b'{')?;
        let mut members = Vec::new();
        self.space();
        if self.take(b'}') {
            return Ok(members);
        }
        loop {
            self.space();
            let name = self.string()?;
            self.space();
            self.expect(b':')?;
            let value = self.value(depth + 1)?;
            members.push(Member { name, value });
            self.space();
            if self.take(b'}') {
                break;
            }
            self.expect(b',')?;
        }
        match duplicate(&members) {
            Some(name) => Err(JsonError::Duplicate(name)),
            None => Ok(members),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node<'a>>, JsonError> {
        self.expect(b'[')?;
        let mut nodes = Vec::new();
        self.space();
        if self.take(b']') {
            return Ok(nodes);
        }
        loop {
            nodes.push(self.value(depth + 1)?);
            self.space();
            if self.take(b']') {
                return Ok(nodes);
            }
            self.expect(b',')?;
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        let start = self.at;
        self.expect(b'"')?;
        let mut escaped = false;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 2;
                }
                Some(0..=0x1F) | None => return Err(JsonError::Syntax),
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        let token = self.slice(start)?;
        if escaped {
            let text = serde_json::from_str::<String>(token).map_err(|_| JsonError::Syntax)?;
            return Ok(Cow::Owned(text));
        }
        let inner = token
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .ok_or(JsonError::Syntax)?;
        Ok(Cow::Borrowed(inner))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at > start {
            Ok(())
        } else {
            Err(JsonError::Syntax)
        }
    }

    fn number(&mut self) -> Result<&'a str, JsonError> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            if !self.take(b'+') {
                self.take(b'-');
            }
            self.digits()?;
        }
        self.slice(start)
    }
}

/// A name that two members have. Sorted, so that an object of many members costs no square.
fn duplicate(members: &[Member<'_>]) -> Option<String> {
    let mut names: Vec<&str> = members.iter().map(|member| &*member.name).collect();
    names.sort_unstable();
    names.windows(2).find_map(|pair| match pair {
        [first, second] if first == second => Some((*first).to_owned()),
        _ => None,
    })
}

/// The statements of a policy's document.
pub(crate) fn statements<'n, 't>(document: &'n Node<'t>) -> Vec<&'n Node<'t>> {
    let statement = members(document).iter().find(|member| member.name == "Statement");
    match statement.map(|member| &member.value) {
        Some(Node {
            value: Value::List(nodes),
            ..
        }) => nodes.iter().collect(),
        Some(node) => vec![node],
        None => Vec::new(),
    }
}

/// An object's members; none of anything else.
pub(crate) fn members<'n, 't>(node: &'n Node<'t>) -> &'n [Member<'t>] {
    match &node.value {
        Value::Object(members) => members,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn same(node: &Node<'_>, other: &serde_json::Value) -> bool {
        match (&node.value, other) {
            (Value::Null, serde_json::Value::Null) => true,
            (Value::Bool(a), serde_json::Value::Bool(b)) => a == b,
            (Value::Number(_), serde_json::Value::Number(_)) => true,
            (Value::Text(a), serde_json::Value::String(b)) => a == b,
            (Value::List(a), serde_json::Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (Value::Object(a), serde_json::Value::Object(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .all(|m| b.get(&*m.name).is_some_and(|b| same(&m.value, b)))
            }
            _ => false,
        }
    }

    #[test]
    fn a_name_stands_once() {
        assert_eq!(
            read(r#"{"a":1,"b":2,"\u0061":3}"#).unwrap_err(),
            JsonError::Duplicate("a".to_owned())
        );
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(JSON_DEPTH_MAX)).is_ok());
        assert_eq!(read(&nested(JSON_DEPTH_MAX + 2)).unwrap_err(), JsonError::TooDeep);
        assert_eq!(read(&"[".repeat(1 << 20)).unwrap_err(), JsonError::TooDeep);
    }

    #[test]
    fn places_are_those_of_the_text() {
        let text = r#" {"a" : [ "x\n" , -1.5e3 ] } "#;
        let node = read(text).unwrap();
        let Value::Object(members) = &node.value else {
            panic!("an object")
        };
        let Value::List(list) = &members[0].value.value else {
            panic!("a list")
        };
        assert_eq!(&text[list[0].start..list[0].end], r#""x\n""#);
        assert_eq!(&text[list[1].start..list[1].end], "-1.5e3");
    }

    proptest! {
        /// What serde_json takes is taken and means the same; what it refuses is refused.
        #[test]
        fn agrees_with_serde_json(text in "[\\[\\]{}:,\"\\\\ntrufalse0-9eE+. ab\u{e9}]{0,24}") {
            match (read(&text), serde_json::from_str::<serde_json::Value>(&text)) {
                (Ok(node), Ok(value)) => prop_assert!(same(&node, &value)),
                (Err(JsonError::Syntax), Err(_)) | (Err(JsonError::Duplicate(_)), _) => {}
                // A number too large for serde_json is a number all the same.
                (Ok(_), Err(error)) => prop_assert!(error.to_string().contains("number out of range"), "{error}"),
                (Err(error), Ok(_)) => prop_assert!(error == JsonError::TooDeep, "{error:?}"),
                (Err(JsonError::TooDeep), Err(_)) => {}
            }
        }
    }
}

//! Where the statements of a policy stand in its text.

use serde::Deserialize;
use serde_json::value::RawValue;

/// A place in a text: line, and character of the line, each counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Position {
    fn of(text: &str, offset: usize) -> Option<Self> {
        let before = text.get(..offset)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Some(Self {
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before.get(line_start..)?.chars().count() + 1,
        })
    }
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, rename = "Statement")]
    statement: &'a RawValue,
}

/// Start and end of a statement, counted from 1, of a document that is a policy. The end is the place after it.
pub(super) fn of_statement(text: &str, number: usize) -> Option<(Position, Position)> {
    let document: Document<'_> = serde_json::from_str(text).ok()?;
    let all = document.statement.get();
    let statement = if all.starts_with('[') {
        let each: Vec<&RawValue> = serde_json::from_str(all).ok()?;
        each.get(number.checked_sub(1)?)?.get()
    } else {
        all
    };
    let start = statement.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    Some((
        Position::of(text, start)?,
        Position::of(text, start.checked_add(statement.len())?)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_found_where_they_stand() {
        let text = "{\n \"Statement\": [\n  {\"Sid\": \"\u{e9}\"}, {\"Sid\":\n\"b\"}\n ]}";
        let at = |line, column| Position { line, column };
        assert_eq!(of_statement(text, 1), Some((at(3, 3), at(3, 15))));
        assert_eq!(of_statement(text, 2), Some((at(3, 17), at(4, 5))));
        assert_eq!(of_statement(text, 3), None);
        assert_eq!(of_statement(text, 0), None);
        let one = "{\"Statement\":{\"Sid\":\"a\"}}";
        assert_eq!(of_statement(one, 1), Some((at(1, 14), at(1, 25))));
        assert_eq!(of_statement("no policy", 1), None);
    }
}

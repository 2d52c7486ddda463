//! One condition of a policy, as it was written and as it is asked.

use serde_json::Value;

use super::document::invalid;
use crate::S3Error;

/// Most conditions of one policy. The 20 KB before the file hold about as many of the shortest.
pub const CONDITIONS_MAX: usize = 1024;

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    /// `{"field": "value"}` or `["eq", "$field", "value"]`
    Equal(Test),
    /// `["starts-with", "$field", "prefix"]`
    StartsWith(Test),
    /// `["content-length-range", min, max]`
    Length {
        /// Both limits, where both are numbers.
        limits: Option<(u64, u64)>,
        /// As written.
        arguments: [Value; 2],
    },
}

/// A field and what its value is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Test {
    /// As written, with its `$`.
    pub(super) reference: String,
    /// What it is compared with.
    pub(super) text: String,
}

impl Test {
    /// The field's name in lower case; `None` where the reference lacks its `$`.
    pub(super) fn field(&self) -> Option<String> {
        self.reference.strip_prefix('$').map(str::to_ascii_lowercase)
    }
}

impl Condition {
    /// Reads a member of `conditions`.
    pub(super) fn parse(value: Value) -> Result<Self, S3Error> {
        match value {
            Value::Object(members) => {
                let mut members = members.into_iter();
                match (members.next(), members.next()) {
                    // facts/04 §5; that the value must be a string was recorded of S3 in 2013 (Ben Nadel's blog).
                    (Some((name, Value::String(text))), None) => Ok(Self::Equal(Test {
                        reference: format!("${name}"),
                        text,
                    })),
                    (Some(_), None) => Err(invalid("Invalid Simple-Condition: value must be a string.")),
                    _ => Err(invalid(
                        "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
                    )),
                }
            }
            Value::Array(members) => Self::parse_list(members),
            // Believed.
            other => Err(invalid(format!("Unexpected: {other}"))),
        }
    }

    fn parse_list(members: Vec<Value>) -> Result<Self, S3Error> {
        let mut members = members.into_iter();
        let operation = match members.next() {
            Some(Value::String(operation)) => operation,
            other => {
                let shown = other.map(|value| value.to_string()).unwrap_or_default();
                return Err(unknown_operation(&shown));
            }
        };
        if !matches!(operation.as_str(), "eq" | "starts-with" | "content-length-range") {
            return Err(unknown_operation(&operation));
        }
        let (Some(first), Some(second), None) = (members.next(), members.next(), members.next()) else {
            return Err(invalid(format!(
                "Invalid {operation}: wrong number of arguments."
            )));
        };
        if operation == "content-length-range" {
            let limits = number(&first).zip(number(&second));
            return Ok(Self::Length {
                limits,
                arguments: [first, second],
            });
        }
        let (Value::String(reference), Value::String(text)) = (first, second) else {
            // Believed, after the text for simple conditions.
            return Err(invalid(format!("Invalid {operation}: values must be strings.")));
        };
        let test = Test { reference, text };
        Ok(match operation.as_str() {
            "eq" => Self::Equal(test),
            _ => Self::StartsWith(test),
        })
    }

    /// As refusals show it: a JSON list with a space after each comma, a simple condition as `eq`
    /// (facts/04 §5).
    pub(super) fn text(&self) -> String {
        let json = |text: &str| Value::from(text).to_string();
        let list = |operation: &str, test: &Test| {
            format!(
                "[\"{operation}\", {}, {}]",
                json(&test.reference),
                json(&test.text)
            )
        };
        match self {
            Self::Equal(test) => list("eq", test),
            Self::StartsWith(test) => list("starts-with", test),
            Self::Length {
                arguments: [min, max],
                ..
            } => format!("[\"content-length-range\", {min}, {max}]"),
        }
    }
}

fn unknown_operation(operation: &str) -> S3Error {
    invalid(format!("Invalid Condition: unknown operation '{operation}'."))
}

/// A limit in bytes: a whole number, or one in a string. One below 0 is 0.
fn number(value: &Value) -> Option<u64> {
    let whole = match value {
        Value::Number(number) => {
            if let Some(number) = number.as_u64() {
                return Some(number);
            }
            number.as_i64()?
        }
        Value::String(text) => {
            if let Ok(number) = text.parse() {
                return Some(number);
            }
            text.parse::<i64>().ok()?
        }
        _ => return None,
    };
    Some(u64::try_from(whole).unwrap_or(0))
}

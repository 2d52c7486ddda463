//! Conditions: one operator over one key with its values (facts/05 §5).

use std::cmp::Ordering;

use ipnet::IpNet;

use crate::PolicyError;
use crate::arn_pattern::ArnPattern;
use crate::facts::{Facts, Found};
use crate::key::Key;
use crate::operand::{self, Moment, Number};
use crate::pattern::{Case, Pattern, Syntax};

use cairn_types::Arn;

/// How a request's value is compared with one of the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compare {
    Text(Case),
    Like,
    Number(&'static [Ordering]),
    Date(&'static [Ordering]),
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
}

const EQUAL: &[Ordering] = &[Ordering::Equal];
const LESS: &[Ordering] = &[Ordering::Less];
const GREATER: &[Ordering] = &[Ordering::Greater];
const LESS_EQUAL: &[Ordering] = &[Ordering::Less, Ordering::Equal];
const GREATER_EQUAL: &[Ordering] = &[Ordering::Greater, Ordering::Equal];

/// Every operator: its name, its comparison, and whether that is negated.
const OPERATORS: &[(&str, Compare, bool)] = &[
    ("StringEquals", Compare::Text(Case::Exact), false),
    ("StringNotEquals", Compare::Text(Case::Exact), true),
    ("StringEqualsIgnoreCase", Compare::Text(Case::Ignore), false),
    ("StringNotEqualsIgnoreCase", Compare::Text(Case::Ignore), true),
    ("StringLike", Compare::Like, false),
    ("StringNotLike", Compare::Like, true),
    ("NumericEquals", Compare::Number(EQUAL), false),
    ("NumericNotEquals", Compare::Number(EQUAL), true),
    ("NumericLessThan", Compare::Number(LESS), false),
    ("NumericLessThanEquals", Compare::Number(LESS_EQUAL), false),
    ("NumericGreaterThan", Compare::Number(GREATER), false),
    ("NumericGreaterThanEquals", Compare::Number(GREATER_EQUAL), false),
    ("DateEquals", Compare::Date(EQUAL), false),
    ("DateNotEquals", Compare::Date(EQUAL), true),
    ("DateLessThan", Compare::Date(LESS), false),
    ("DateLessThanEquals", Compare::Date(LESS_EQUAL), false),
    ("DateGreaterThan", Compare::Date(GREATER), false),
    ("DateGreaterThanEquals", Compare::Date(GREATER_EQUAL), false),
    ("Bool", Compare::Bool, false),
    ("BinaryEquals", Compare::Binary, false),
    ("IpAddress", Compare::Ip, false),
    ("NotIpAddress", Compare::Ip, true),
    ("ArnEquals", Compare::Arn, false),
    ("ArnLike", Compare::Arn, false),
    ("ArnNotEquals", Compare::Arn, true),
    ("ArnNotLike", Compare::Arn, true),
    ("Null", Compare::Null, false),
];

/// `ForAllValues:` or `ForAnyValue:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    All,
    Any,
}

/// The values of the policy, ready to be compared with.
#[derive(Debug, Clone)]
enum Operands {
    Text(Box<[Pattern]>, Case),
    Number(Box<[Number]>, &'static [Ordering]),
    Date(Box<[Moment]>, &'static [Ordering]),
    Bool(Box<[Pattern]>),
    Binary(Box<[Box<[u8]>]>),
    Ip(Box<[IpNet]>),
    Arn(Box<[ArnPattern]>),
    Null(Box<[bool]>),
}

/// One operator over one key.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    /// As written: `ForAnyValue:StringLikeIfExists`.
    operator: Box<str>,
    pub(crate) key: Key,
    negated: bool,
    if_exists: bool,
    quantifier: Option<Quantifier>,
    operands: Operands,
    /// As written.
    values: Box<[Box<str>]>,
}

/// Why a condition holds or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The request has the key, and its values decide.
    Compared(bool),
    /// The request does not have the key, and the operator's rule for that decides.
    Absent(bool),
}

impl Outcome {
    pub(crate) fn holds(self) -> bool {
        match self {
            Self::Compared(holds) | Self::Absent(holds) => holds,
        }
    }
}

impl Condition {
    /// `values` as texts. `variables` says whether the policy's version has any.
    pub(crate) fn compile(
        operator: &str,
        key: &str,
        values: &[String],
        variables: bool,
    ) -> Result<Self, PolicyError> {
        let unknown = || PolicyError::Operator(operator.to_owned());
        let (quantifier, rest) = match operator.split_once(':') {
            None => (None, operator),
            Some(("ForAllValues", rest)) => (Some(Quantifier::All), rest),
            Some(("ForAnyValue", rest)) => (Some(Quantifier::Any), rest),
            Some(_) => return Err(unknown()),
        };
        let (name, if_exists) = match rest.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let (_, compare, negated) = OPERATORS
            .iter()
            .find(|(known, ..)| *known == name)
            .ok_or_else(unknown)?;
        if *compare == Compare::Null && (if_exists || quantifier.is_some()) {
            return Err(unknown());
        }
        let operands = Operands::compile(*compare, values, variables).map_err(|error| match error {
            Invalid::Pattern(error) => error,
            Invalid::Operand(value) => PolicyError::Operand {
                operator: operator.to_owned(),
                value,
            },
        })?;
        Ok(Self {
            operator: operator.into(),
            key: Key::parse(key).ok_or_else(|| PolicyError::Key(key.to_owned()))?,
            negated: *negated,
            if_exists,
            quantifier,
            operands,
            values: values.iter().map(|value| value.as_str().into()).collect(),
        })
    }

    pub(crate) fn operator(&self) -> &str {
        &self.operator
    }

    /// The operator without quantifier and `IfExists`.
    pub(crate) fn base(&self) -> &str {
        let name = self
            .operator
            .split_once(':')
            .map_or(&*self.operator, |(_, name)| name);
        name.strip_suffix("IfExists").unwrap_or(name)
    }

    pub(crate) fn quantifier(&self) -> Option<Quantifier> {
        self.quantifier
    }

    pub(crate) fn negated(&self) -> bool {
        self.negated
    }

    pub(crate) fn if_exists(&self) -> bool {
        self.if_exists
    }

    /// The policy's values, as written.
    pub(crate) fn values(&self) -> &[Box<str>] {
        &self.values
    }

    /// Whether the values are fixed: no wildcards, no variables. Of networks see [`Self::networks`].
    pub(crate) fn is_fixed(&self) -> bool {
        match &self.operands {
            Operands::Text(patterns, _) => patterns.iter().all(|p| p.is_fixed() && !p.has_variables()),
            Operands::Arn(patterns) => patterns.iter().all(|pattern| {
                let parts = pattern.parts().into_iter().flatten();
                pattern.is_fixed() && !parts.into_iter().any(Pattern::has_variables)
            }),
            _ => true,
        }
    }

    /// The networks, of IpAddress and NotIpAddress.
    pub(crate) fn networks(&self) -> Option<&[IpNet]> {
        match &self.operands {
            Operands::Ip(networks) => Some(networks),
            _ => None,
        }
    }

    /// The keys of variables in the policy's values.
    pub(crate) fn variable_keys(&self) -> impl Iterator<Item = &str> {
        let (texts, arns): (&[Pattern], &[ArnPattern]) = match &self.operands {
            Operands::Text(patterns, _) | Operands::Bool(patterns) => (patterns, &[]),
            Operands::Arn(patterns) => (&[], patterns),
            _ => (&[], &[]),
        };
        let parts = arns.iter().filter_map(ArnPattern::parts).flatten();
        texts.iter().chain(parts).flat_map(Pattern::variable_keys)
    }

    /// The policy's values with those of variables in their places.
    pub(crate) fn substituted(&self, facts: &Facts<'_>) -> Vec<String> {
        match &self.operands {
            Operands::Text(patterns, _) | Operands::Bool(patterns) => patterns
                .iter()
                .map(|pattern| pattern.substituted(facts))
                .collect(),
            Operands::Arn(patterns) => patterns
                .iter()
                .map(|pattern| pattern.substituted(facts))
                .collect(),
            _ => self.values.iter().map(|value| value.to_string()).collect(),
        }
    }

    /// Variables of the values that the request gives no value.
    pub(crate) fn unresolved(&self, facts: &Facts<'_>) -> Vec<String> {
        match &self.operands {
            Operands::Text(patterns, _) | Operands::Bool(patterns) => {
                let patterns = patterns.iter();
                patterns
                    .flat_map(|pattern| pattern.unresolved(facts).map(str::to_owned).collect::<Vec<_>>())
                    .collect()
            }
            Operands::Arn(patterns) => patterns
                .iter()
                .flat_map(|pattern| pattern.unresolved(facts))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the request meets it (facts/05 §5): of a missing key positive operators are false, negated ones,
    /// `…IfExists` and `ForAllValues:` true, and `ForAnyValue:` false.
    pub(crate) fn evaluate(&self, facts: &Facts<'_>) -> Outcome {
        let found = facts.values(&self.key);
        if let Operands::Null(expected) = &self.operands {
            let absent = found.is_none();
            let holds = expected.contains(&absent);
            return if absent {
                Outcome::Absent(holds)
            } else {
                Outcome::Compared(holds)
            };
        }
        let Some(found) = found else {
            return Outcome::Absent(match self.quantifier {
                _ if self.if_exists => true,
                Some(Quantifier::All) => true,
                Some(Quantifier::Any) => false,
                None => self.negated,
            });
        };
        Outcome::Compared(self.compare(&found, facts))
    }

    fn compare(&self, found: &Found<'_>, facts: &Facts<'_>) -> bool {
        let mut values = found.as_slice().iter();
        let equal = |value: &str| self.operands.any(value, facts);
        match self.quantifier {
            Some(Quantifier::All) => values.all(|value| equal(value) != self.negated),
            Some(Quantifier::Any) => values.any(|value| equal(value) != self.negated),
            // A key of several values with a plain operator: one has to match, or none of them may.
            None => values.any(|value| equal(value)) != self.negated,
        }
    }
}

enum Invalid {
    Pattern(PolicyError),
    Operand(String),
}

impl Operands {
    fn compile(compare: Compare, values: &[String], variables: bool) -> Result<Self, Invalid> {
        fn all<T>(values: &[String], read: impl Fn(&str) -> Option<T>) -> Result<Box<[T]>, Invalid> {
            let read = |value: &String| read(value).ok_or_else(|| Invalid::Operand(value.clone()));
            values.iter().map(read).collect()
        }
        let patterns = |wildcards: bool| -> Result<Box<[Pattern]>, Invalid> {
            let syntax = Syntax { wildcards, variables };
            let compile = |value: &String| Pattern::compile(value, syntax).map_err(Invalid::Pattern);
            values.iter().map(compile).collect()
        };
        Ok(match compare {
            Compare::Text(case) => Self::Text(patterns(false)?, case),
            Compare::Like => Self::Text(patterns(true)?, Case::Exact),
            Compare::Number(orders) => Self::Number(all(values, Number::parse)?, orders),
            Compare::Date(orders) => Self::Date(all(values, Moment::parse)?, orders),
            Compare::Bool => {
                let patterns = patterns(false)?;
                let wrong = patterns
                    .iter()
                    .find(|pattern| !pattern.has_variables() && parse_bool(pattern.source()).is_none());
                if let Some(pattern) = wrong {
                    return Err(Invalid::Operand(pattern.source().to_owned()));
                }
                Self::Bool(patterns)
            }
            Compare::Binary => Self::Binary(all(values, operand::bytes)?),
            Compare::Ip => Self::Ip(all(values, operand::network)?),
            Compare::Arn => {
                let syntax = Syntax {
                    wildcards: true,
                    variables,
                };
                let compile = |value: &String| ArnPattern::compile(value, syntax).map_err(Invalid::Pattern);
                Self::Arn(values.iter().map(compile).collect::<Result<_, _>>()?)
            }
            Compare::Null => Self::Null(all(values, parse_bool)?),
        })
    }

    /// Whether one of the policy's values matches the request's.
    fn any(&self, value: &str, facts: &Facts<'_>) -> bool {
        match self {
            Self::Text(patterns, case) => patterns
                .iter()
                .any(|pattern| pattern.matches(value, *case, facts)),
            Self::Number(numbers, orders) => Number::parse(value).is_some_and(|value| {
                let mut numbers = numbers.iter();
                numbers.any(|number| {
                    value
                        .compare(*number)
                        .is_some_and(|order| orders.contains(&order))
                })
            }),
            Self::Date(moments, orders) => Moment::parse(value)
                .is_some_and(|value| moments.iter().any(|moment| orders.contains(&value.cmp(moment)))),
            Self::Bool(patterns) => {
                parse_bool(value).is_some()
                    && patterns
                        .iter()
                        .any(|pattern| pattern.matches(value, Case::Ignore, facts))
            }
            Self::Binary(operands) => operand::bytes(value).is_some_and(|value| operands.contains(&value)),
            Self::Ip(networks) => operand::address(value)
                .is_some_and(|address| networks.iter().any(|network| network.contains(&address))),
            Self::Arn(patterns) => {
                let parts = Arn::split(value);
                patterns
                    .iter()
                    .any(|pattern| pattern.matches(parts.as_ref(), facts))
            }
            // Answered before: it compares no values.
            Self::Null(_) => false,
        }
    }
}

fn parse_bool(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

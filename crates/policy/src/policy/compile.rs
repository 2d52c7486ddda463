//! From a document's text to statements: all validation stands here.

use crate::PolicyError;
use crate::arn_pattern::ArnPattern;
use crate::condition::Condition;
use crate::json::{self, Member, Node, Value};
use crate::pattern::{Case, Lookup, Pattern, Syntax};
use crate::principal_element::{Name, PrincipalElement};
use crate::s3_actions::{About, S3_ACTIONS};

use super::{
    ActionElement, BUCKET_POLICY_BYTES_MAX, DOCUMENT_BYTES_MAX, Effect, PolicyType, ResourceElement,
    Statement,
};

/// What a trust policy can allow (facts/05 §4).
const TRUST_ACTIONS: &[&str] = &[
    "sts:AssumeRole",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoleWithSAML",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
];

/// Where variables have no values yet.
struct Nothing;

impl Lookup for Nothing {
    fn single(&self, _: &crate::key::Key) -> Option<std::borrow::Cow<'_, str>> {
        None
    }
}

/// How a document of this type is read.
struct Reader<'a> {
    policy_type: PolicyType<'a>,
    /// Whether its version has variables.
    variables: bool,
}

pub(super) fn statements(text: &str, policy_type: PolicyType<'_>) -> Result<Vec<Statement>, PolicyError> {
    let bytes_max = match policy_type {
        PolicyType::Resource { .. } => BUCKET_POLICY_BYTES_MAX,
        PolicyType::Identity | PolicyType::Trust => DOCUMENT_BYTES_MAX,
    };
    if text.len() > bytes_max {
        return Err(PolicyError::TooLong { bytes_max });
    }
    if !matches!(policy_type, PolicyType::Resource { .. }) {
        let outside = |c: &char| !matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FF}');
        if let Some(c) = text.chars().find(outside) {
            return Err(PolicyError::Character(c));
        }
    }
    if !text.starts_with('{') {
        let object =
            text.trim_start().starts_with('{') && !matches!(policy_type, PolicyType::Resource { .. });
        if !object {
            return Err(PolicyError::NotJson { object: false });
        }
    }
    let document = json::read(text)?;
    let Value::Object(members) = document.value else {
        return Err(PolicyError::NotJson { object: false });
    };
    let mut statement = None;
    let mut variables = false;
    for Member { name, value } in members {
        match &*name {
            "Version" => variables = version(&value)?,
            "Id" => {
                string(&name, &value)?;
            }
            "Statement" => statement = Some(value),
            _ => return Err(PolicyError::UnknownElement(name.into_owned())),
        }
    }
    let nodes = match statement.ok_or(PolicyError::Missing("Statement"))? {
        Node {
            value: Value::List(nodes),
            ..
        } => nodes,
        node => vec![node],
    };
    if nodes.is_empty() {
        return Err(PolicyError::NoStatement);
    }
    let reader = Reader {
        policy_type,
        variables,
    };
    let statements = nodes
        .iter()
        .map(|node| reader.statement(node))
        .collect::<Result<Vec<_>, _>>()?;
    let mut sids: Vec<&str> = statements.iter().filter_map(|s| s.sid.as_deref()).collect();
    sids.sort_unstable();
    let twice = sids.windows(2).find_map(|pair| match pair {
        [first, second] if first == second => Some((*first).to_owned()),
        _ => None,
    });
    match twice {
        Some(sid) => Err(PolicyError::SidTwice(sid)),
        None => Ok(statements),
    }
}

/// Whether the version has variables (facts/05 §5).
fn version(node: &Node<'_>) -> Result<bool, PolicyError> {
    match &node.value {
        Value::Text(text) if text == "2012-10-17" => Ok(true),
        Value::Text(text) if text == "2008-10-17" => Ok(false),
        _ => Err(PolicyError::Version),
    }
}

fn wrong(element: &str) -> PolicyError {
    PolicyError::Value(element.to_owned())
}

fn string<'n>(element: &str, node: &'n Node<'_>) -> Result<&'n str, PolicyError> {
    match &node.value {
        Value::Text(text) => Ok(text),
        _ => Err(wrong(element)),
    }
}

/// A text or a list of texts; not empty.
fn strings<'n>(element: &str, node: &'n Node<'_>) -> Result<Vec<&'n str>, PolicyError> {
    match &node.value {
        Value::Text(text) => Ok(vec![text]),
        Value::List(nodes) if !nodes.is_empty() => nodes.iter().map(|node| string(element, node)).collect(),
        _ => Err(wrong(element)),
    }
}

/// The values of a condition: texts, numbers and booleans.
fn scalars(element: &str, node: &Node<'_>) -> Result<Vec<String>, PolicyError> {
    let scalar = |node: &Node<'_>| match &node.value {
        Value::Text(text) => Ok(text.to_string()),
        Value::Number(text) => Ok((*text).to_owned()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Null | Value::List(_) | Value::Object(_) => Err(wrong(element)),
    };
    match &node.value {
        Value::List(nodes) => nodes.iter().map(scalar).collect(),
        _ => Ok(vec![scalar(node)?]),
    }
}

impl Reader<'_> {
    fn is_bucket(&self) -> bool {
        matches!(self.policy_type, PolicyType::Resource { .. })
    }

    fn statement(&self, node: &Node<'_>) -> Result<Statement, PolicyError> {
        let Value::Object(members) = &node.value else {
            return Err(wrong("Statement"));
        };
        let (mut sid, mut effect, mut conditions) = (None, None, Vec::new());
        let (mut principal, mut action, mut resource) = (None, None, None);
        for Member { name, value } in members {
            match &**name {
                "Sid" => sid = Some(self.sid(string(name, value)?)?),
                "Effect" => effect = Some(parse_effect(string(name, value)?)?),
                "Principal" | "NotPrincipal" => {
                    once(&mut principal, "Principal", self.principal(name, value)?)?
                }
                "Action" | "NotAction" => once(&mut action, "Action", self.action(name, value)?)?,
                "Resource" | "NotResource" => once(&mut resource, "Resource", self.resource(name, value)?)?,
                "Condition" => conditions = self.conditions(value)?,
                _ => return Err(PolicyError::UnknownElement(name.to_string())),
            }
        }
        let statement = Statement {
            sid: sid.flatten(),
            effect: effect.ok_or(PolicyError::Missing("Effect"))?,
            principal,
            action: action.ok_or(PolicyError::Missing("Action"))?,
            resource,
            conditions: conditions.into(),
        };
        match self.policy_type {
            PolicyType::Identity if statement.principal.is_some() => {
                return Err(PolicyError::Prohibited("Principal"));
            }
            PolicyType::Trust if statement.resource.is_some() => {
                return Err(PolicyError::Prohibited("Resource"));
            }
            PolicyType::Resource { .. } | PolicyType::Trust if statement.principal.is_none() => {
                return Err(PolicyError::Missing("Principal"));
            }
            PolicyType::Identity | PolicyType::Resource { .. } if statement.resource.is_none() => {
                return Err(PolicyError::Missing("Resource"));
            }
            _ => {}
        }
        if self.is_bucket() && !applies_to_a_resource(&statement) {
            return Err(PolicyError::ActionWithoutResource);
        }
        Ok(statement)
    }

    /// An empty one is none. IAM takes letters and digits.
    fn sid(&self, text: &str) -> Result<Option<Box<str>>, PolicyError> {
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric());
        if !plain && !self.is_bucket() {
            return Err(PolicyError::Sid(text.to_owned()));
        }
        Ok((!text.is_empty()).then(|| text.into()))
    }

    fn principal(&self, element: &str, node: &Node<'_>) -> Result<PrincipalElement, PolicyError> {
        let mut names = Vec::new();
        let mut texts: Vec<Box<str>> = Vec::new();
        match &node.value {
            Value::Text(text) if text == "*" => {
                names.push(Name::Anyone);
                texts.push("*".into());
            }
            Value::Text(text) => {
                return Err(PolicyError::Principal {
                    kind: element.to_owned(),
                    value: text.to_string(),
                });
            }
            Value::Object(members) if !members.is_empty() => {
                for Member { name: kind, value } in members {
                    for text in strings(element, value)? {
                        names.push(Name::parse(kind, text)?);
                        texts.push(if &**kind == "AWS" {
                            text.into()
                        } else {
                            format!("{kind}: {text}").into()
                        });
                    }
                }
            }
            _ => return Err(wrong(element)),
        }
        Ok(PrincipalElement {
            negated: element.starts_with("Not"),
            names: names.into(),
            texts: texts.into(),
        })
    }

    fn action(&self, element: &str, node: &Node<'_>) -> Result<ActionElement, PolicyError> {
        let compile = |text: &str| {
            if text != "*" {
                let vendor = text.split_once(':');
                let (vendor, name) = vendor.ok_or_else(|| PolicyError::ActionVendor(text.to_owned()))?;
                let valid_vendor =
                    !vendor.is_empty() && vendor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
                if !valid_vendor {
                    return Err(PolicyError::ActionVendor(text.to_owned()));
                }
                let valid = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'*' | b'?' | b'_' | b'-');
                if name.is_empty() || !name.bytes().all(valid) {
                    return Err(PolicyError::Action(text.to_owned()));
                }
            }
            let syntax = Syntax {
                wildcards: true,
                variables: false,
            };
            let pattern = Pattern::compile(text, syntax)?;
            let matches = |action: &str| pattern.matches(action, Case::Ignore, &Nothing);
            match self.policy_type {
                PolicyType::Resource { .. }
                    if !S3_ACTIONS.iter().any(|(name, _)| matches(&format!("s3:{name}"))) =>
                {
                    Err(PolicyError::Action(text.to_owned()))
                }
                PolicyType::Trust if text == "*" || !TRUST_ACTIONS.iter().any(|action| matches(action)) => {
                    Err(PolicyError::TrustAction(text.to_owned()))
                }
                _ => Ok(pattern),
            }
        };
        let texts = strings(element, node)?;
        Ok(ActionElement {
            negated: element.starts_with("Not"),
            patterns: texts.into_iter().map(compile).collect::<Result<_, _>>()?,
        })
    }

    fn resource(&self, element: &str, node: &Node<'_>) -> Result<ResourceElement, PolicyError> {
        let syntax = Syntax {
            wildcards: true,
            variables: self.variables,
        };
        let compile = |text: &str| {
            let pattern = ArnPattern::compile(text, syntax)?;
            let valid = match &pattern {
                ArnPattern::Any => true,
                ArnPattern::Parts { parts, .. } => {
                    parts[0].source() == "arn" && !parts[5].source().is_empty()
                }
                ArnPattern::Other(_) => false,
            };
            if !valid {
                return Err(PolicyError::Resource(text.to_owned()));
            }
            match self.policy_type {
                PolicyType::Resource { bucket } if !is_in_bucket(&pattern, bucket)? => {
                    Err(PolicyError::ResourceElsewhere(text.to_owned()))
                }
                _ => Ok(pattern),
            }
        };
        let texts = strings(element, node)?;
        Ok(ResourceElement {
            negated: element.starts_with("Not"),
            patterns: texts.into_iter().map(compile).collect::<Result<_, _>>()?,
        })
    }

    fn conditions(&self, node: &Node<'_>) -> Result<Vec<Condition>, PolicyError> {
        let Value::Object(operators) = &node.value else {
            return Err(wrong("Condition"));
        };
        let mut conditions = Vec::new();
        for Member {
            name: operator,
            value,
        } in operators
        {
            let Value::Object(keys) = &value.value else {
                return Err(wrong(operator));
            };
            for Member { name: key, value } in keys {
                let values = scalars(key, value)?;
                conditions.push(Condition::compile(operator, key, &values, self.variables)?);
            }
        }
        Ok(conditions)
    }
}

fn once<T>(slot: &mut Option<T>, element: &'static str, value: T) -> Result<(), PolicyError> {
    match slot.replace(value) {
        Some(_) => Err(PolicyError::Both(element)),
        None => Ok(()),
    }
}

fn parse_effect(text: &str) -> Result<Effect, PolicyError> {
    match text {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        _ => Err(PolicyError::Effect(text.to_owned())),
    }
}

/// Whether a resource is the bucket or in it: the part before the first `/` has to match its name.
fn is_in_bucket(pattern: &ArnPattern, bucket: &str) -> Result<bool, PolicyError> {
    let Some([_, partition, service, region, account, resource]) = pattern.parts() else {
        return Ok(true);
    };
    let expected = |pattern: &Pattern, text: &str| pattern.matches(text, Case::Exact, &Nothing);
    if !(expected(partition, "aws")
        && expected(service, "s3")
        && expected(region, "")
        && expected(account, ""))
    {
        return Ok(false);
    }
    let source = resource.source();
    let name = source.split_once('/').map_or(source, |(name, _)| name);
    let syntax = Syntax {
        wildcards: true,
        variables: false,
    };
    Ok(Pattern::compile(name, syntax)?.matches(bucket, Case::Exact, &Nothing))
}

/// Whether one of the actions is about one of the resources: a bucket's, or an object's.
fn applies_to_a_resource(statement: &Statement) -> bool {
    let Some(resource) = &statement.resource else {
        return true;
    };
    if statement.action.negated || resource.negated {
        return true;
    }
    let (mut bucket, mut object) = (false, false);
    for pattern in &resource.patterns {
        match pattern.parts() {
            None => (bucket, object) = (true, true),
            Some(parts) => {
                let source = parts[5].source();
                let slash = source.contains('/');
                object |= slash || source.contains('*');
                bucket |= !slash;
            }
        }
    }
    S3_ACTIONS.iter().any(|(name, about)| {
        let wanted = match about {
            About::Account => false,
            About::Bucket => bucket,
            About::Object => object,
        };
        let action = format!("s3:{name}");
        let mut patterns = statement.action.patterns.iter();
        wanted && patterns.any(|pattern| pattern.matches(&action, Case::Ignore, &Nothing))
    })
}

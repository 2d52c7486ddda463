//! What may be wrong with a policy's text, and how the two services say so.

use crate::json::JsonError;

/// Why a text is not a policy. `Display` says it exactly, for the one who wrote it; IAM and S3 word the same
/// faults differently and more briefly: [`PolicyError::iam_message`], [`PolicyError::s3_message`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// No JSON, or no object.
    #[error("the policy is not a JSON object")]
    NotJson {
        /// Whether it begins with `{`.
        object: bool,
    },
    /// Nested deeper than [`crate::JSON_DEPTH_MAX`].
    #[error("the policy is nested too deeply")]
    TooDeep,
    /// Longer than the limit.
    #[error("the policy is longer than {bytes_max} bytes")]
    TooLong {
        /// The limit, in bytes.
        bytes_max: usize,
    },
    /// A character outside U+0009, A, D, U+0020–U+00FF in a policy of IAM (facts/05 §3).
    #[error("the policy has the character {0:?}, which IAM policies may not have")]
    Character(char),
    /// Two members of one object have the same name.
    #[error("{0} stands twice in one object")]
    Duplicate(String),
    /// An element the language does not have.
    #[error("{0} is not an element of a policy")]
    UnknownElement(String),
    /// An element that is needed is missing.
    #[error("the element {0} is missing")]
    Missing(&'static str),
    /// An element and its complement stand together.
    #[error("{0} and Not{0} cannot stand in one statement")]
    Both(&'static str),
    /// An element that this kind of policy may not have.
    #[error("this kind of policy cannot have the element {0}")]
    Prohibited(&'static str),
    /// An element whose value is of the wrong JSON type, or empty.
    #[error("the value of {0} is not of the right kind")]
    Value(String),
    /// `Statement` is an empty list.
    #[error("Statement is empty")]
    NoStatement,
    /// Not a version of the language.
    #[error("Version is neither 2012-10-17 nor 2008-10-17")]
    Version,
    /// A `Sid` that IAM does not take.
    #[error("the Sid {0:?} has other characters than letters and digits")]
    Sid(String),
    /// Two statements have the same `Sid`.
    #[error("two statements have the Sid {0:?}")]
    SidTwice(String),
    /// Neither `Allow` nor `Deny`.
    #[error("the Effect {0:?} is neither Allow nor Deny")]
    Effect(String),
    /// An action without its service.
    #[error("the action {0:?} does not begin with a service's prefix")]
    ActionVendor(String),
    /// An action that the service does not have.
    #[error("the action {0:?} is not one of the service")]
    Action(String),
    /// A trust policy with other actions than those that assume roles.
    #[error("the action {0:?} does not assume a role")]
    TrustAction(String),
    /// No action of the statement is about a resource of the statement.
    #[error("no action of the statement applies to its resources")]
    ActionWithoutResource,
    /// A resource that is neither an ARN nor `*`.
    #[error("the resource {0:?} is neither an ARN nor *")]
    Resource(String),
    /// A resource of another bucket.
    #[error("the resource {0:?} is not the bucket or in it")]
    ResourceElsewhere(String),
    /// A principal that cannot be one, or that does not exist.
    #[error("invalid principal {kind:?}: {value:?}")]
    Principal {
        /// `AWS`, `CanonicalUser`, `Federated`, `Service`, or what stands in their place.
        kind: String,
        /// As written.
        value: String,
    },
    /// A condition operator that does not exist.
    #[error("{0} is not a condition operator")]
    Operator(String),
    /// A condition key without its service.
    #[error("the condition key {0:?} does not begin with a service's prefix")]
    Key(String),
    /// A value that the operator cannot compare with.
    #[error("{operator} cannot compare with {value:?}")]
    Operand {
        /// The operator, as written.
        operator: String,
        /// The value.
        value: String,
    },
    /// `${…}` that is neither a variable nor an escape.
    #[error("{0:?} has a policy variable that cannot be read")]
    Variable(String),
    /// Wildcards whose matching would not be bounded ([`crate::PATTERN_CHARS_MAX`]).
    #[error("{0:?} has too long a text with ? between two *")]
    Wildcards(String),
}

impl PolicyError {
    /// `Message` of IAM's 400 MalformedPolicyDocument (facts/05 §3). Where no text of Amazon's is known, IAM's
    /// general one.
    pub fn iam_message(&self) -> String {
        match self {
            Self::NotJson { .. } | Self::TooDeep | Self::Duplicate(_) => {
                "This policy contains invalid Json".into()
            }
            Self::Version => "Policy document must be version 2012-10-17 or greater.".into(),
            Self::Missing("Action") => "Policy statement must contain actions.".into(),
            Self::Missing("Resource") => "Policy statement must contain resources.".into(),
            Self::Missing("Principal") => "Missing required field Principal cannot be empty!".into(),
            Self::Prohibited("Resource") => "Has prohibited field Resource.".into(),
            Self::Prohibited("Principal") => "Policy document should not specify a principal.".into(),
            Self::Sid(_) => {
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular \
                             expression [0-9A-Za-z]*"
                    .into()
            }
            Self::SidTwice(_) => "Statement IDs (SID) in a single policy must be unique.".into(),
            Self::ActionVendor(_) | Self::Key(_) => {
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".into()
            }
            Self::TrustAction(_) => "AssumeRole policy may only specify STS AssumeRole actions.".into(),
            Self::Resource(resource) => format!("Resource {resource} must be in ARN format or \"*\"."),
            Self::Principal { kind, value } => format!("Invalid principal in policy: \"{kind}\":\"{value}\""),
            Self::Wildcards(_) => "The policy failed legacy parsing".into(),
            _ => "Syntax errors in policy.".into(),
        }
    }

    /// `Message` of S3's 400 MalformedPolicy (facts/05 §7).
    pub fn s3_message(&self) -> String {
        match self {
            Self::NotJson { object: false } => {
                "Policies must be valid JSON and the first byte must be '{'".into()
            }
            Self::NotJson { object: true } | Self::TooDeep | Self::Duplicate(_) | Self::Character(_) => {
                "This policy contains invalid Json".into()
            }
            Self::TooLong { .. } => "The policy exceeds the maximum allowed document size".into(),
            Self::UnknownElement(name) => format!("Unknown field {name}"),
            Self::Missing(element) => format!("Missing required field {element}"),
            Self::NoStatement => "Could not parse the policy: Statement is empty!".into(),
            Self::Version => "The policy must contain a valid version string".into(),
            Self::SidTwice(_) | Self::Sid(_) => {
                "Statement IDs (SID) in a single policy must be unique.".into()
            }
            Self::Effect(effect) => format!("Invalid effect: {effect}"),
            Self::ActionVendor(_) | Self::Action(_) | Self::TrustAction(_) => {
                "Policy has invalid action".into()
            }
            Self::ActionWithoutResource => "Action does not apply to any resource(s) in statement".into(),
            Self::Resource(_) | Self::ResourceElsewhere(_) | Self::Wildcards(_) | Self::Variable(_) => {
                "Policy has invalid resource".into()
            }
            Self::Principal { .. } => "Invalid principal in policy".into(),
            Self::Operator(name) => format!("Invalid Condition type : {name}"),
            Self::Key(_) => "Policy has an invalid condition key".into(),
            Self::Operand { operator, value } => format!("Invalid value for condition {operator}: {value}"),
            Self::Both(_) | Self::Prohibited(_) | Self::Value(_) => "Policy has invalid syntax".into(),
        }
    }
}

impl From<JsonError> for PolicyError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Syntax => Self::NotJson { object: true },
            JsonError::TooDeep => Self::TooDeep,
            JsonError::Duplicate(name) => Self::Duplicate(name),
        }
    }
}

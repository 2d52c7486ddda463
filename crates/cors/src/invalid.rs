//! What cannot be a CORS configuration, and what S3 says of it.

use cairn_protocol::S3Error;

use crate::configuration::{ID_CHARACTERS_MAX, RULES_MAX};
use crate::json::JSON_BYTES_MAX;

/// A rule of facts/03 §1 that a configuration breaks. Its text is the message S3 gives, where S3 has one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCors {
    /// There is no rule.
    #[error("there is no rule")]
    NoRule,
    /// More rules than [`RULES_MAX`].
    #[error("The number of CORS rules should not exceed allowed limit of {RULES_MAX} rules.")]
    TooManyRules,
    /// The rule of this number, counted from 1, allows no method.
    #[error("rule {0} has no method")]
    NoMethod(usize),
    /// The rule of this number, counted from 1, allows no origin.
    #[error("rule {0} has no origin")]
    NoOrigin(usize),
    /// Not one of the five methods.
    #[error("Found unsupported HTTP method in CORS config. Unsupported method is {0}")]
    Method(String),
    /// An origin with more than one `*`.
    #[error("AllowedOrigin \"{0}\" can not have more than one wildcard.")]
    OriginWildcards(String),
    /// An allowed header with more than one `*`.
    #[error("AllowedHeader \"{0}\" can not have more than one wildcard.")]
    HeaderWildcards(String),
    /// What cannot be in a header's name. S3 says `AllowedHeader` of exposed headers, too.
    #[error("AllowedHeader \"{0}\" contains invalid character.")]
    HeaderCharacter(String),
    /// A wildcard among the exposed headers.
    #[error("We currently do not support wildcard for ExposeHeader.")]
    ExposeWildcard,
    /// An id of more characters than [`ID_CHARACTERS_MAX`].
    #[error("ID length should not exceed allowed limit of {ID_CHARACTERS_MAX}")]
    IdTooLong,
    /// Two rules of one id.
    #[error("Rule ID must be unique. Found same ID for more than one rule")]
    IdTwice,
}

impl From<InvalidCors> for S3Error {
    /// A document without what the schema wants is `MalformedXML`; the rest is `InvalidRequest`. Code and
    /// text about ids are believed: the text is the one Amazon has for the ids of lifecycle rules.
    fn from(invalid: InvalidCors) -> Self {
        match invalid {
            InvalidCors::NoRule | InvalidCors::NoMethod(_) | InvalidCors::NoOrigin(_) => {
                Self::MalformedXML {}
            }
            invalid => Self::invalid_request(invalid.to_string()),
        }
    }
}

/// Why a file is no CORS configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFile {
    /// It is larger than any configuration.
    #[error("the file has more than {JSON_BYTES_MAX} bytes")]
    TooLarge,
    /// It does not parse as JSON of the console's or the CLI's form; line and column are in the text.
    #[error("neither the console's JSON nor the CLI's: {0}")]
    Json(String),
    /// It does not parse as XML of PutBucketCors.
    #[error("not the XML of a CORSConfiguration: {0}")]
    Xml(String),
    /// It breaks a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidCors),
}

//! A bucket's CORS configuration: rules in order, valid once made.
//!
//! Every way in ends in [`CorsConfiguration::new`]: the XML of PutBucketCors, JSON ([`crate::json`]), and
//! the stored form, which is what serde makes of it (lists of texts; postcard keeps it compact). Order,
//! letter case and spelling are kept, so what is written back is what was read.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use cairn_protocol::S3Error;
use cairn_protocol::documents::{CorsDocument, CorsDocumentRule};
use serde::{Deserialize, Serialize};

use crate::{AllowedHeader, AllowedOrigin, ExposeHeader, InvalidCors, Method};

/// Most rules of a configuration (facts/03 §1).
pub const RULES_MAX: usize = 100;

/// Most characters of a rule's id (facts/03 §1).
pub const ID_CHARACTERS_MAX: usize = 255;

/// One rule: which requests it matches, and what a response then says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// `ID`, as the owner calls the rule.
    pub id: Option<String>,
    /// `AllowedMethod`, one or more.
    pub allowed_methods: Vec<Method>,
    /// `AllowedOrigin`, one or more.
    pub allowed_origins: Vec<AllowedOrigin>,
    /// `AllowedHeader`.
    pub allowed_headers: Vec<AllowedHeader>,
    /// `MaxAgeSeconds`: how long a browser may remember a preflight's answer.
    pub max_age_seconds: Option<i32>,
    /// `ExposeHeader`: which headers of a response a page may read.
    pub expose_headers: Vec<ExposeHeader>,
}

/// The CORS configuration of a bucket: 1 to [`RULES_MAX`] rules, each with a method and an origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Rule>", into = "Vec<Rule>")]
pub struct CorsConfiguration {
    rules: Vec<Rule>,
}

impl CorsConfiguration {
    /// A configuration of these rules.
    ///
    /// # Errors
    /// [`InvalidCors`]: number of rules, rules without method or origin, ids.
    pub fn new(rules: Vec<Rule>) -> Result<Self, InvalidCors> {
        if rules.is_empty() {
            return Err(InvalidCors::NoRule);
        }
        if rules.len() > RULES_MAX {
            return Err(InvalidCors::TooManyRules);
        }
        let mut ids = HashSet::new();
        for (rule, number) in rules.iter().zip(1..) {
            if rule.allowed_methods.is_empty() {
                return Err(InvalidCors::NoMethod(number));
            }
            if rule.allowed_origins.is_empty() {
                return Err(InvalidCors::NoOrigin(number));
            }
            let id = rule.id.as_deref().unwrap_or_default();
            if id.chars().count() > ID_CHARACTERS_MAX {
                return Err(InvalidCors::IdTooLong);
            }
            // An empty id names nothing: several rules may have it [believed].
            if !id.is_empty() && !ids.insert(id) {
                return Err(InvalidCors::IdTwice);
            }
        }
        Ok(Self { rules })
    }

    /// Reads the body of PutBucketCors. Never panics, whatever the bytes.
    ///
    /// # Errors
    /// Those of [`CorsDocument::parse`], and of facts/03 §1 as [`InvalidCors`] words them.
    pub fn from_xml(body: &[u8]) -> Result<Self, S3Error> {
        Ok(Self::try_from(CorsDocument::parse(body)?)?)
    }

    /// The document of GetBucketCors.
    pub fn to_xml(&self) -> String {
        CorsDocument::from(self).to_xml()
    }

    /// The rules, in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

impl TryFrom<Vec<Rule>> for CorsConfiguration {
    type Error = InvalidCors;

    fn try_from(rules: Vec<Rule>) -> Result<Self, InvalidCors> {
        Self::new(rules)
    }
}

impl From<CorsConfiguration> for Vec<Rule> {
    fn from(configuration: CorsConfiguration) -> Self {
        configuration.rules
    }
}

impl TryFrom<CorsDocument> for CorsConfiguration {
    type Error = InvalidCors;

    fn try_from(document: CorsDocument) -> Result<Self, InvalidCors> {
        // Before the rules are looked at: their number is the cheaper question.
        if document.rules.len() > RULES_MAX {
            return Err(InvalidCors::TooManyRules);
        }
        let rules = document.rules.into_iter().map(Rule::try_from);
        Self::new(rules.collect::<Result<_, _>>()?)
    }
}

impl TryFrom<CorsDocumentRule> for Rule {
    type Error = InvalidCors;

    fn try_from(rule: CorsDocumentRule) -> Result<Self, InvalidCors> {
        let method = |name: String| Method::parse(&name).ok_or(InvalidCors::Method(name));
        Ok(Self {
            id: rule.id,
            allowed_methods: each(rule.allowed_methods, method)?,
            allowed_origins: each(rule.allowed_origins, AllowedOrigin::new)?,
            allowed_headers: each(rule.allowed_headers, AllowedHeader::new)?,
            max_age_seconds: rule.max_age_seconds,
            expose_headers: each(rule.expose_headers, ExposeHeader::new)?,
        })
    }
}

fn each<T>(
    texts: Vec<String>,
    read: impl FnMut(String) -> Result<T, InvalidCors>,
) -> Result<Vec<T>, InvalidCors> {
    texts.into_iter().map(read).collect()
}

impl From<&CorsConfiguration> for CorsDocument {
    fn from(configuration: &CorsConfiguration) -> Self {
        Self {
            rules: configuration.rules.iter().map(CorsDocumentRule::from).collect(),
        }
    }
}

impl From<&Rule> for CorsDocumentRule {
    fn from(rule: &Rule) -> Self {
        Self {
            id: rule.id.clone(),
            allowed_methods: rule.allowed_methods.iter().map(ToString::to_string).collect(),
            allowed_origins: rule.allowed_origins.iter().map(ToString::to_string).collect(),
            allowed_headers: rule.allowed_headers.iter().map(ToString::to_string).collect(),
            max_age_seconds: rule.max_age_seconds,
            expose_headers: rule.expose_headers.iter().map(ToString::to_string).collect(),
        }
    }
}

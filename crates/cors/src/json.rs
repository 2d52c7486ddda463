//! The JSON of the console and of the CLI, which no request ever carries (facts/03 §1).
//!
//! The console shows an array of rules, `aws s3api` takes and gives an object with that array as
//! `CORSRules`. The keys are the same; those that were not set are left out.

use cairn_protocol::S3Error;
use cairn_protocol::documents::{CORS_BYTES_MAX, CorsDocument, CorsDocumentRule};
use serde::{Deserialize, Serialize};

use crate::{CorsConfiguration, InvalidFile};

/// Largest file in bytes: the XML limit, four times, since JSON is commonly indented, a text to a line.
pub const JSON_BYTES_MAX: usize = 4 * CORS_BYTES_MAX;

/// The CLI's object.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cli {
    #[serde(rename = "CORSRules")]
    rules: Vec<RuleForm>,
}

/// A rule under the keys both have.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct RuleForm {
    #[serde(rename = "ID", default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allowed_headers: Vec<String>,
    #[serde(default)]
    allowed_methods: Vec<String>,
    #[serde(default)]
    allowed_origins: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    expose_headers: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_age_seconds: Option<i32>,
}

impl CorsConfiguration {
    /// Reads a file a person has: XML, the console's JSON array or the CLI's JSON object, told apart by
    /// their first character. Never panics, whatever the bytes.
    ///
    /// # Errors
    /// [`InvalidFile`].
    pub fn from_file(bytes: &[u8]) -> Result<Self, InvalidFile> {
        if bytes.len() > JSON_BYTES_MAX {
            return Err(InvalidFile::TooLarge);
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let json = |error: serde_json::Error| InvalidFile::Json(error.to_string());
        let rules = match bytes.trim_ascii_start().first() {
            Some(b'<') => {
                let xml = |error: S3Error| InvalidFile::Xml(error.message().into_owned());
                return Ok(CorsDocument::parse(bytes).map_err(xml)?.try_into()?);
            }
            Some(b'[') => serde_json::from_slice(bytes).map_err(json)?,
            _ => serde_json::from_slice::<Cli>(bytes).map_err(json)?.rules,
        };
        let rules = rules.into_iter().map(CorsDocumentRule::from).collect();
        Ok(CorsDocument { rules }.try_into()?)
    }

    /// The console's JSON, indented.
    pub fn to_json(&self) -> String {
        let rules = CorsDocument::from(self).rules.into_iter().map(RuleForm::from);
        // Texts and numbers always serialize.
        serde_json::to_string_pretty(&rules.collect::<Vec<_>>()).unwrap_or_default()
    }
}

impl From<RuleForm> for CorsDocumentRule {
    fn from(rule: RuleForm) -> Self {
        Self {
            id: rule.id,
            allowed_methods: rule.allowed_methods,
            allowed_origins: rule.allowed_origins,
            allowed_headers: rule.allowed_headers,
            max_age_seconds: rule.max_age_seconds,
            expose_headers: rule.expose_headers,
        }
    }
}

impl From<CorsDocumentRule> for RuleForm {
    fn from(rule: CorsDocumentRule) -> Self {
        Self {
            id: rule.id,
            allowed_headers: rule.allowed_headers,
            allowed_methods: rule.allowed_methods,
            allowed_origins: rule.allowed_origins,
            expose_headers: rule.expose_headers,
            max_age_seconds: rule.max_age_seconds,
        }
    }
}

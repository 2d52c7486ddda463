//! A bucket's CORS configuration, both ways (facts/03 §1).
//!
//! Here is its form alone: which elements there are and how often. What may be in them, and what it means,
//! is `cairn-cors`, which also reads the JSON of the console and the CLI into these values.

use crate::S3Error;
use crate::xml::{self, Element, Writer};

/// Largest document in bytes, 64 KB in Amazon's guide.
pub const CORS_BYTES_MAX: usize = 64 * 1024;

/// `<CORSConfiguration>`, its texts as they were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CorsDocument {
    /// The rules, in order; at least one where it was read.
    pub rules: Vec<CorsDocumentRule>,
}

/// `<CORSRule>`: lists in the order sent, texts neither trimmed nor normalised.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CorsDocumentRule {
    /// `ID`.
    pub id: Option<String>,
    /// `AllowedMethod`, at least one where it was read.
    pub allowed_methods: Vec<String>,
    /// `AllowedOrigin`, at least one where it was read.
    pub allowed_origins: Vec<String>,
    /// `AllowedHeader`.
    pub allowed_headers: Vec<String>,
    /// `MaxAgeSeconds`: Amazon's schema says `int`, which has 32 bits and may be negative [believed].
    pub max_age_seconds: Option<i32>,
    /// `ExposeHeader`.
    pub expose_headers: Vec<String>,
}

impl CorsDocument {
    /// Reads the body of PutBucketCors. The children of a rule come in any order.
    ///
    /// # Errors
    /// `MissingRequestBodyError`; `MaxMessageLengthExceeded` over [`CORS_BYTES_MAX`] (Amazon's code is not
    /// settled, this is the one of other documents that are too big); `MalformedXML` for all else, such as
    /// no rule, or a rule without origin or method.
    pub fn parse(body: &[u8]) -> Result<Self, S3Error> {
        if body.len() > CORS_BYTES_MAX {
            return Err(S3Error::MaxMessageLengthExceeded {
                max_message_length_bytes: CORS_BYTES_MAX as u64,
            });
        }
        let root = xml::parse(body, "CORSConfiguration")?;
        let rules: Vec<_> = root
            .only(&["CORSRule"])?
            .children()
            .iter()
            .map(rule)
            .collect::<Result<_, _>>()?;
        if rules.is_empty() {
            return Err(S3Error::MalformedXML {});
        }
        Ok(Self { rules })
    }

    /// The document. The order of a rule's children is believed, not recorded.
    pub fn to_xml(&self) -> String {
        let mut writer = Writer::new("CORSConfiguration");
        for rule in &self.rules {
            writer.nested("CORSRule", |writer| {
                writer.optional("ID", rule.id.as_ref());
                list(writer, "AllowedMethod", &rule.allowed_methods);
                list(writer, "AllowedOrigin", &rule.allowed_origins);
                list(writer, "AllowedHeader", &rule.allowed_headers);
                writer.optional("MaxAgeSeconds", rule.max_age_seconds);
                list(writer, "ExposeHeader", &rule.expose_headers);
            });
        }
        writer.finish()
    }
}

fn rule(element: &Element<'_>) -> Result<CorsDocumentRule, S3Error> {
    element.only(&[
        "ID",
        "AllowedMethod",
        "AllowedOrigin",
        "AllowedHeader",
        "MaxAgeSeconds",
        "ExposeHeader",
    ])?;
    let texts = |name: &str| -> Result<Vec<String>, S3Error> {
        element
            .all(name)
            .map(|child| child.text().map(str::to_owned))
            .collect()
    };
    let optional = |name: &str| -> Result<Option<&str>, S3Error> {
        element.optional(name)?.map(Element::text).transpose()
    };
    let max_age_seconds = match optional("MaxAgeSeconds")? {
        None => None,
        Some(text) => Some(text.trim().parse().map_err(|_| S3Error::MalformedXML {})?),
    };
    let rule = CorsDocumentRule {
        id: optional("ID")?.map(str::to_owned),
        allowed_methods: texts("AllowedMethod")?,
        allowed_origins: texts("AllowedOrigin")?,
        allowed_headers: texts("AllowedHeader")?,
        max_age_seconds,
        expose_headers: texts("ExposeHeader")?,
    };
    if rule.allowed_methods.is_empty() || rule.allowed_origins.is_empty() {
        return Err(S3Error::MalformedXML {});
    }
    Ok(rule)
}

fn list(writer: &mut Writer, name: &str, texts: &[String]) {
    for text in texts {
        writer.element(name, text);
    }
}

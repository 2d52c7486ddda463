//! The headers that set an ACL (facts/05 §8): their form. What they mean is `cairn-access`.

use http::HeaderMap;

use super::text;
use crate::S3Error;

/// `x-amz-acl`.
pub const ACL: &str = "x-amz-acl";

/// The grant headers, and the permission each grants, in the order of S3's documentation.
pub const GRANT_HEADERS: [(&str, &str); 5] = [
    ("x-amz-grant-full-control", "FULL_CONTROL"),
    ("x-amz-grant-read", "READ"),
    ("x-amz-grant-write", "WRITE"),
    ("x-amz-grant-read-acp", "READ_ACP"),
    ("x-amz-grant-write-acp", "WRITE_ACP"),
];

/// Who is named by an element of a grant header, or by a `<Grantee>`; not validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GranteeText {
    /// `id=`, `<ID>`: a canonical user id.
    Id(String),
    /// `uri=`, `<URI>`: a group.
    Uri(String),
    /// `emailAddress=`, `<EmailAddress>`.
    EmailAddress(String),
}

/// One grant as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantText {
    /// To whom.
    pub grantee: GranteeText,
    /// `READ`, `WRITE`, `READ_ACP`, `WRITE_ACP`, `FULL_CONTROL`; not validated where it comes from a document.
    pub permission: String,
}

/// What the headers ask for: one or the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AclHeaders {
    /// `x-amz-acl`, not validated.
    Canned(String),
    /// `x-amz-grant-*`.
    Grants(Vec<GrantText>),
}

impl AclHeaders {
    /// Whether there is any.
    pub fn present(headers: &HeaderMap) -> bool {
        headers.contains_key(ACL) || GRANT_HEADERS.iter().any(|(name, _)| headers.contains_key(*name))
    }

    /// Reads them; `None` where there are none.
    ///
    /// # Errors
    /// `InvalidRequest` for both kinds at once; `InvalidArgument` "Argument format not recognized" for a grant
    /// header that is no list of `type="value"`. That the argument is the header and its value is believed.
    pub fn read(headers: &HeaderMap) -> Result<Option<Self>, S3Error> {
        let canned = text(headers, ACL);
        let mut grants = None;
        for (name, permission) in GRANT_HEADERS {
            let Some(value) = text(headers, name) else {
                continue;
            };
            if canned.is_some() {
                return Err(S3Error::invalid_request(
                    "Specifying both Canned ACLs and Header Grants is not allowed",
                ));
            }
            let grantees = grantees(&value).ok_or_else(|| {
                S3Error::invalid_argument("Argument format not recognized", name, value.clone())
            })?;
            grants
                .get_or_insert_with(Vec::new)
                .extend(grantees.into_iter().map(|grantee| GrantText {
                    grantee,
                    permission: permission.to_owned(),
                }));
        }
        Ok(canned
            .map(|canned| Self::Canned(canned.into_owned()))
            .or(grants.map(Self::Grants)))
    }
}

/// `id="…", uri="…"`: quotes may be left out. No value has a comma in it: ids are hexadecimal, group URIs fixed.
fn grantees(value: &str) -> Option<Vec<GranteeText>> {
    value
        .split(',')
        .map(|element| {
            let (kind, value) = element.split_once('=')?;
            let value = value.trim();
            let value = match value.strip_prefix('"') {
                Some(quoted) => quoted.strip_suffix('"')?,
                None => value,
            }
            .to_owned();
            match kind.trim() {
                kind if kind.eq_ignore_ascii_case("id") => Some(GranteeText::Id(value)),
                kind if kind.eq_ignore_ascii_case("uri") => Some(GranteeText::Uri(value)),
                kind if kind.eq_ignore_ascii_case("emailAddress") => Some(GranteeText::EmailAddress(value)),
                _ => None,
            }
        })
        .collect()
}

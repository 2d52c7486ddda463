//! An ACL as a document, both ways (facts/05 §8).
//!
//! Here is its form alone. Which ids, groups and permissions there are, and what they mean, is `cairn-access`.

use super::listing::{Owner, owner};
use crate::S3Error;
use crate::headers::{GrantText, GranteeText};
use crate::xml::{self, Element, Writer};

/// `<AccessControlPolicy>`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessControlPolicy {
    /// The owner, which an ACL cannot change.
    pub owner: Owner,
    /// The grants, in order.
    pub grants: Vec<GrantText>,
}

impl AccessControlPolicy {
    /// Reads the body of PutBucketAcl or PutObjectAcl. The type of a grantee is told by its child, as the type
    /// attribute says nothing else.
    ///
    /// # Errors
    /// `MalformedACLError`.
    pub fn parse(body: &[u8]) -> Result<Self, S3Error> {
        policy(body).map_err(|_| S3Error::MalformedACLError {})
    }

    /// The document.
    pub fn to_xml(&self) -> String {
        let mut writer = Writer::new("AccessControlPolicy");
        owner(&mut writer, "Owner", &self.owner);
        writer.nested("AccessControlList", |writer| {
            for grant in &self.grants {
                writer.nested("Grant", |writer| {
                    grantee(writer, &grant.grantee);
                    writer.element("Permission", &grant.permission);
                });
            }
        });
        writer.finish()
    }
}

fn grantee(writer: &mut Writer, grantee: &GranteeText) {
    let (kind, element, text) = match grantee {
        GranteeText::Id(id) => ("CanonicalUser", "ID", id),
        GranteeText::Uri(uri) => ("Group", "URI", uri),
        GranteeText::EmailAddress(address) => ("AmazonCustomerByEmail", "EmailAddress", address),
    };
    writer.instance_of("Grantee", kind, |writer| {
        writer.element(element, text);
    });
}

fn policy(body: &[u8]) -> Result<AccessControlPolicy, S3Error> {
    let root = xml::parse(body, "AccessControlPolicy")?;
    root.only(&["Owner", "AccessControlList"])?;
    let owner = root.required("Owner")?.only(&["ID", "DisplayName"])?;
    let list = root.required("AccessControlList")?.only(&["Grant"])?;
    Ok(AccessControlPolicy {
        owner: Owner {
            id: owner.required("ID")?.text()?.trim().to_owned(),
            display_name: owner
                .optional("DisplayName")?
                .map(|name| name.text().map(str::to_owned))
                .transpose()?,
        },
        grants: list.children().iter().map(grant).collect::<Result<_, _>>()?,
    })
}

fn grant(element: &Element<'_>) -> Result<GrantText, S3Error> {
    element.only(&["Grantee", "Permission"])?;
    let grantee = element.required("Grantee")?;
    grantee.only(&["ID", "DisplayName", "URI", "EmailAddress"])?;
    let text = |name: &str| -> Result<Option<String>, S3Error> {
        let child = grantee.optional(name)?;
        child.map(|child| Ok(child.text()?.trim().to_owned())).transpose()
    };
    let grantee = match (text("ID")?, text("URI")?, text("EmailAddress")?) {
        (Some(id), None, None) => GranteeText::Id(id),
        (None, Some(uri), None) => GranteeText::Uri(uri),
        (None, None, Some(address)) => GranteeText::EmailAddress(address),
        _ => return Err(S3Error::MalformedXML {}),
    };
    Ok(GrantText {
        grantee,
        permission: element.required("Permission")?.text()?.trim().to_owned(),
    })
}

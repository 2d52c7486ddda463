//! A bucket's ownership controls, both ways (facts/05 §8).

use crate::S3Error;
use crate::xml::{self, Writer};

/// Who owns the objects that other accounts write, and whether ACLs mean anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectOwnership {
    /// The bucket's owner owns all, and there are no ACLs.
    BucketOwnerEnforced,
    /// The bucket's owner owns what is written with the canned ACL `bucket-owner-full-control`.
    BucketOwnerPreferred,
    /// Who writes an object owns it.
    ObjectWriter,
}

impl ObjectOwnership {
    const ALL: [Self; 3] = [
        Self::BucketOwnerEnforced,
        Self::BucketOwnerPreferred,
        Self::ObjectWriter,
    ];

    /// The word of the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BucketOwnerEnforced => "BucketOwnerEnforced",
            Self::BucketOwnerPreferred => "BucketOwnerPreferred",
            Self::ObjectWriter => "ObjectWriter",
        }
    }

    /// What a word of the wire says.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ownership| ownership.as_str() == word)
    }
}

/// `<OwnershipControls>`: one rule is all it can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnershipControls(pub ObjectOwnership);

impl OwnershipControls {
    /// Reads the body of PutBucketOwnershipControls.
    ///
    /// # Errors
    /// `MalformedXML`.
    pub fn parse(body: &[u8]) -> Result<Self, S3Error> {
        let root = xml::parse(body, "OwnershipControls")?;
        let rule = root.only(&["Rule"])?.required("Rule")?;
        let word = rule.only(&["ObjectOwnership"])?.required("ObjectOwnership")?;
        ObjectOwnership::from_word(word.text()?.trim())
            .map(Self)
            .ok_or(S3Error::MalformedXML {})
    }

    /// The document.
    pub fn to_xml(self) -> String {
        let mut writer = Writer::new("OwnershipControls");
        writer.nested("Rule", |writer| {
            writer.element("ObjectOwnership", self.0.as_str());
        });
        writer.finish()
    }
}

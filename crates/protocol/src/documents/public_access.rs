//! Block Public Access, both ways, and whether a bucket's policy is public (facts/05 §8).

use crate::S3Error;
use crate::xml::{self, Element, Writer};

/// `<PublicAccessBlockConfiguration>`, of a bucket or an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PublicAccessBlockConfiguration {
    /// `BlockPublicAcls`
    pub block_public_acls: bool,
    /// `IgnorePublicAcls`
    pub ignore_public_acls: bool,
    /// `BlockPublicPolicy`
    pub block_public_policy: bool,
    /// `RestrictPublicBuckets`
    pub restrict_public_buckets: bool,
}

/// The namespace of the S3 Control API's documents.
pub const CONTROL_NAMESPACE: &str = "http://awss3control.amazonaws.com/doc/2018-08-20/";

impl PublicAccessBlockConfiguration {
    const ROOT: &'static str = "PublicAccessBlockConfiguration";

    /// Reads the body of PutPublicAccessBlock; a flag that is left out is off.
    ///
    /// # Errors
    /// `MissingRequestBodyError`, `MalformedXML`.
    pub fn parse(body: &[u8]) -> Result<Self, S3Error> {
        let root = xml::parse(body, Self::ROOT)?;
        root.only(&[
            "BlockPublicAcls",
            "IgnorePublicAcls",
            "BlockPublicPolicy",
            "RestrictPublicBuckets",
        ])?;
        let flag = |name| -> Result<bool, S3Error> {
            let flag = root.optional(name)?.map(Element::boolean).transpose()?;
            Ok(flag.unwrap_or(false))
        };
        Ok(Self {
            block_public_acls: flag("BlockPublicAcls")?,
            ignore_public_acls: flag("IgnorePublicAcls")?,
            block_public_policy: flag("BlockPublicPolicy")?,
            restrict_public_buckets: flag("RestrictPublicBuckets")?,
        })
    }

    /// The document of S3's own API.
    pub fn to_xml(&self) -> String {
        self.write(Writer::new(Self::ROOT))
    }

    /// The document of the S3 Control API.
    pub fn to_control_xml(&self) -> String {
        self.write(Writer::in_namespace(Self::ROOT, CONTROL_NAMESPACE))
    }

    fn write(&self, mut writer: Writer) -> String {
        writer
            .element("BlockPublicAcls", self.block_public_acls)
            .element("IgnorePublicAcls", self.ignore_public_acls)
            .element("BlockPublicPolicy", self.block_public_policy)
            .element("RestrictPublicBuckets", self.restrict_public_buckets);
        writer.finish()
    }
}

/// `<PolicyStatus>`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyStatus {
    /// Whether the bucket's policy is public.
    pub is_public: bool,
}

impl PolicyStatus {
    /// The document. Amazon writes the flag in capitals.
    pub fn to_xml(self) -> String {
        let mut writer = Writer::new("PolicyStatus");
        writer.element("IsPublic", if self.is_public { "TRUE" } else { "FALSE" });
        writer.finish()
    }
}

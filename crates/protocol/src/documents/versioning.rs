//! A bucket's versioning, both ways (facts/06 §4).

use crate::S3Error;
use crate::xml::{self, Writer};

/// Whether a bucket keeps versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersioningStatus {
    /// Every write is a new version.
    Enabled,
    /// Writes replace the version `null`; the others stay.
    Suspended,
}

/// `<VersioningConfiguration>`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VersioningConfiguration {
    /// `None` only in answers: never enabled.
    pub status: Option<VersioningStatus>,
    /// `MfaDelete`, where it was sent or ever set.
    pub mfa_delete: Option<bool>,
}

impl VersioningConfiguration {
    /// Reads the body of PutBucketVersioning; `status` is there.
    ///
    /// # Errors
    /// `MalformedXML` for other words, `IllegalVersioningConfigurationException` without a status.
    pub fn parse(body: &[u8]) -> Result<Self, S3Error> {
        let root = xml::parse(body, "VersioningConfiguration")?;
        root.only(&["Status", "MfaDelete"])?;
        let mfa_delete = match root.optional("MfaDelete")? {
            None => None,
            Some(element) => match element.text()? {
                "Enabled" => Some(true),
                "Disabled" => Some(false),
                _ => return Err(S3Error::MalformedXML {}),
            },
        };
        let status = match root.optional("Status")? {
            None => return Err(S3Error::IllegalVersioningConfigurationException {}),
            Some(element) => match element.text()? {
                "Enabled" => VersioningStatus::Enabled,
                "Suspended" => VersioningStatus::Suspended,
                _ => return Err(S3Error::MalformedXML {}),
            },
        };
        Ok(Self {
            status: Some(status),
            mfa_delete,
        })
    }

    /// The document.
    pub fn to_xml(&self) -> String {
        let mut writer = Writer::new("VersioningConfiguration");
        writer.optional(
            "Status",
            self.status.map(|status| match status {
                VersioningStatus::Enabled => "Enabled",
                VersioningStatus::Suspended => "Suspended",
            }),
        );
        let mfa_delete = self
            .mfa_delete
            .map(|enabled| if enabled { "Enabled" } else { "Disabled" });
        writer.optional("MfaDelete", mfa_delete);
        writer.finish()
    }
}

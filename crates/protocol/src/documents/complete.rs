//! The body of CompleteMultipartUpload (facts/06 §8, §9).

use cairn_types::{ChecksumAlgorithm, ETag, PartNumber, UploadId};

use crate::S3Error;
use crate::parameters::invalid_part_number;
use crate::xml::{self, Element};

/// The parts the object is to be made of, in the order sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompleteMultipartUpload {
    /// At least one, at most 10000.
    pub parts: Vec<CompletedPart>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletedPart {
    /// Its number.
    pub part_number: PartNumber,
    /// Its ETag as sent but for the quotes; [`ETag::parse`] makes `None` of what no part can have.
    pub etag: String,
    /// Its checksums as sent, not decoded: they are compared with the uploaded part's text, and any
    /// difference is `InvalidPart`.
    pub checksums: Vec<(ChecksumAlgorithm, String)>,
}

impl CompletedPart {
    /// Its ETag, where it is one.
    pub fn etag(&self) -> Option<ETag> {
        ETag::parse(&self.etag)
    }

    /// The checksum of that algorithm, as sent.
    pub fn checksum(&self, algorithm: ChecksumAlgorithm) -> Option<&str> {
        self.checksums
            .iter()
            .find(|(of, _)| *of == algorithm)
            .map(|(_, text)| text.as_str())
    }

    /// The error where the upload has no such part.
    pub fn invalid(&self, upload_id: &UploadId) -> S3Error {
        S3Error::InvalidPart {
            upload_id: upload_id.to_string(),
            part_number: self.part_number.get().into(),
            etag: self.etag.clone(),
        }
    }
}

impl CompleteMultipartUpload {
    /// Most parts of one object.
    pub const PARTS_MAX: usize = 10_000;

    /// Reads the body. The order of the parts is not looked at here ([`Self::check_order`]): Amazon first
    /// looks whether there is such an upload.
    ///
    /// # Errors
    /// `MalformedXML`, also for an empty body; `InvalidRequest` for an empty list; `InvalidArgument` for a
    /// part number out of bounds [believed].
    pub fn parse(body: &[u8]) -> Result<Self, S3Error> {
        if body.is_empty() {
            return Err(S3Error::MalformedXML {});
        }
        let root = xml::parse(body, "CompleteMultipartUpload")?;
        let elements = root.only(&["Part"])?.children();
        if elements.is_empty() {
            return Err(S3Error::invalid_request("You must specify at least one part"));
        }
        if elements.len() > Self::PARTS_MAX {
            return Err(S3Error::MalformedXML {});
        }
        let parts = elements.iter().map(part).collect::<Result<_, _>>()?;
        Ok(Self { parts })
    }

    /// Whether part numbers ascend.
    ///
    /// # Errors
    /// `InvalidPartOrder`.
    pub fn check_order(&self, upload_id: &UploadId) -> Result<(), S3Error> {
        let ascends = self
            .parts
            .windows(2)
            .all(|pair| pair[0].part_number < pair[1].part_number);
        if ascends {
            Ok(())
        } else {
            Err(S3Error::InvalidPartOrder {
                upload_id: upload_id.to_string(),
            })
        }
    }
}

fn part(element: &Element<'_>) -> Result<CompletedPart, S3Error> {
    let mut checksums = Vec::new();
    for child in element.children() {
        if matches!(child.name(), "PartNumber" | "ETag") {
            continue;
        }
        let algorithm = ChecksumAlgorithm::ALL
            .iter()
            .find(|algorithm| algorithm.element() == child.name())
            .ok_or(S3Error::MalformedXML {})?;
        if checksums.iter().any(|(of, _)| of == algorithm) {
            return Err(S3Error::MalformedXML {});
        }
        checksums.push((*algorithm, child.text()?.trim().to_owned()));
    }
    let number = element.required("PartNumber")?.number()?;
    let etag = element.required("ETag")?.text()?.trim();
    let etag = etag.strip_prefix('"').unwrap_or(etag);
    Ok(CompletedPart {
        part_number: PartNumber::new(number).map_err(|_| invalid_part_number(&number.to_string()))?,
        etag: etag.strip_suffix('"').unwrap_or(etag).to_owned(),
        checksums,
    })
}

//! Where a new bucket goes, and how S3 words it (facts/02 §3, §4).
//!
//! CreateBucket names its region in the body; what is allowed depends on the endpoint it was sent to.
//! [`BucketLocation::decide`] is that table as a function over (endpoint's region, constraint, regions
//! there are). GetBucketLocation gives back the word the bucket was created with, so that is kept: `EU`
//! is not the same as `eu-west-1` there.

#[cfg(test)]
mod tests;

use cairn_types::{BucketName, ObjectKey, RegionName};

use crate::S3Error;
use crate::encoding::encode_path;

/// A bucket's home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketLocation {
    /// The region.
    pub region: RegionName,
    /// Whether the bucket was created with the old name `EU` for eu-west-1.
    pub created_as_eu: bool,
}

const EU_REGION: &str = "eu-west-1";

impl BucketLocation {
    /// The old name of eu-west-1: the word that a bucket created with it keeps.
    pub const EU: &'static str = "EU";

    /// The home of a bucket whose CreateBucket was sent to an endpoint of the region `endpoint` (the
    /// global one counts as us-east-1). `region_named` finds a region of this name that buckets can be
    /// created in; us-east-1 need not be among them.
    ///
    /// # Errors
    /// `InvalidLocationConstraint` at us-east-1, `IllegalLocationConstraintException` elsewhere.
    pub fn decide(
        endpoint: &RegionName,
        constraint: Option<&str>,
        region_named: impl Fn(&str) -> Option<RegionName>,
    ) -> Result<Self, S3Error> {
        let home = |region| Self {
            region,
            created_as_eu: constraint == Some(Self::EU),
        };
        let wanted = constraint.map(|word| if word == Self::EU { EU_REGION } else { word });
        if endpoint.is_us_east_1() {
            let Some(wanted) = wanted else {
                return Ok(home(endpoint.clone()));
            };
            return region_named(wanted)
                .filter(|region| !region.is_us_east_1())
                .map(home)
                .ok_or_else(|| S3Error::InvalidLocationConstraint {
                    location_constraint: constraint.unwrap_or_default().into(),
                });
        }
        if wanted == Some(endpoint.as_str()) {
            return Ok(home(endpoint.clone()));
        }
        Err(illegal_constraint(constraint.unwrap_or("unspecified")))
    }

    /// The text of GetBucketLocation's `<LocationConstraint>`; `None` for us-east-1, whose element is
    /// empty.
    pub fn constraint(&self) -> Option<&str> {
        if self.region.is_us_east_1() {
            None
        } else if self.created_as_eu {
            Some(Self::EU)
        } else {
            Some(self.region.as_str())
        }
    }

    /// CreateBucket's `Location` header: the path for us-east-1, the bucket's global host otherwise.
    pub fn created_header(&self, bucket: &BucketName, domain: &str) -> String {
        if self.region.is_us_east_1() {
            format!("/{bucket}")
        } else {
            format!("http://{bucket}.s3.{domain}/")
        }
    }
}

/// `IllegalLocationConstraintException` about this word (facts/02 §1, §4).
pub fn illegal_constraint(word: &str) -> S3Error {
    S3Error::IllegalLocationConstraintException {
        message: format!(
            "The {word} location constraint is incompatible for the region specific endpoint this request \
             was sent to."
        ),
    }
}

/// The host of a bucket's own virtual-hosted endpoint: `B.s3.DOMAIN` in us-east-1, else
/// `B.s3.R.DOMAIN`.
pub fn bucket_host(bucket: &BucketName, region: &RegionName, domain: &str) -> String {
    if region.is_us_east_1() {
        format!("{bucket}.s3.{domain}")
    } else {
        format!("{bucket}.s3.{region}.{domain}")
    }
}

/// An object's URL, as CompleteMultipartUpload's `Location` shows it (facts/06 §8).
pub fn object_url(
    scheme: &str,
    bucket: &BucketName,
    region: &RegionName,
    domain: &str,
    key: &ObjectKey,
) -> String {
    format!(
        "{scheme}://{}/{}",
        bucket_host(bucket, region, domain),
        encode_path(key.as_str())
    )
}

//! Query parameters read into values that cannot be wrong: page sizes, markers, ids, part numbers, the
//! `response-*` overrides (facts/06 §3 to §5, facts/04 §2).

mod overrides;
#[cfg(test)]
mod tests;

use cairn_types::{PartNumber, RegionName, VersionId};

pub use overrides::ResponseOverrides;

use crate::S3Error;
use crate::query::Query;

/// Most entries on one page of a listing, and how many there are by default.
pub const PAGE_ENTRIES_MAX: u32 = 1000;

/// Most buckets on one page of ListBuckets, and how many there are by default.
pub const BUCKETS_MAX: u32 = 10_000;

/// How the texts in a listing are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodingType {
    /// `url`
    Url,
}

/// `encoding-type`: only `url` (facts/06 §3).
///
/// # Errors
/// `InvalidArgument` for anything else, also for an empty value.
pub fn encoding_type(query: &Query) -> Result<Option<EncodingType>, S3Error> {
    match query.get("encoding-type") {
        None => Ok(None),
        Some("url") => Ok(Some(EncodingType::Url)),
        Some(other) => Err(S3Error::invalid_argument(
            "Invalid Encoding Method specified in Request",
            "encoding-type",
            other,
        )),
    }
}

/// `max-keys`: 0 to 1000, capped and 1000 by default.
///
/// # Errors
/// `InvalidArgument` for a negative number and for anything that is no 32-bit number.
pub fn max_keys(query: &Query) -> Result<u32, S3Error> {
    page_entries(query, "max-keys", "maxKeys")
}

/// `max-uploads`, as [`max_keys`].
///
/// # Errors
/// As [`max_keys`].
pub fn max_uploads(query: &Query) -> Result<u32, S3Error> {
    page_entries(query, "max-uploads", "maxUploads")
}

/// `max-parts`, as [`max_keys`].
///
/// # Errors
/// As [`max_keys`].
pub fn max_parts(query: &Query) -> Result<u32, S3Error> {
    page_entries(query, "max-parts", "maxParts")
}

/// The texts are those of `max-keys` (facts/06 §3) with the other names put in [believed].
fn page_entries(query: &Query, name: &str, argument: &str) -> Result<u32, S3Error> {
    Ok(integer(query, name, argument)?.map_or(PAGE_ENTRIES_MAX, |number| number.min(PAGE_ENTRIES_MAX)))
}

/// A number from 0 to 2147483647; an empty value counts as absent (facts/06 §3, of ListParts).
fn integer(query: &Query, name: &str, argument: &str) -> Result<Option<u32>, S3Error> {
    let Some(raw) = query.get(name).filter(|raw| !raw.is_empty()) else {
        return Ok(None);
    };
    match raw.parse::<i32>() {
        Ok(number) => u32::try_from(number).map(Some).map_err(|_| {
            S3Error::invalid_argument(
                format!("Argument {argument} must be an integer between 0 and 2147483647"),
                argument,
                raw,
            )
        }),
        Err(_) => Err(S3Error::invalid_argument(
            format!("Provided {name} not an integer or within integer range"),
            name,
            raw,
        )),
    }
}

/// `max-buckets`: 1 to 10000, which is also the default.
///
/// # Errors
/// `InvalidArgument`; the text is believed.
pub fn max_buckets(query: &Query) -> Result<u32, S3Error> {
    match query.get("max-buckets").filter(|raw| !raw.is_empty()) {
        None => Ok(BUCKETS_MAX),
        Some(raw) => raw
            .parse()
            .ok()
            .filter(|number| (1..=BUCKETS_MAX).contains(number))
            .ok_or_else(|| {
                S3Error::invalid_argument(
                    "Argument max-buckets must be an integer between 1 and 10000",
                    "max-buckets",
                    raw,
                )
            }),
    }
}

/// `bucket-region` of ListBuckets: only buckets of this region. Whether there is such a region is the
/// caller's to know; it refuses with [`invalid_bucket_region`] too.
///
/// # Errors
/// `InvalidArgument` where it can be no region's name.
pub fn bucket_region(query: &Query) -> Result<Option<RegionName>, S3Error> {
    query
        .get("bucket-region")
        .map(|raw| RegionName::parse(raw).map_err(|_| invalid_bucket_region(raw)))
        .transpose()
}

/// The error for a `bucket-region` that is none (facts/06 §3).
pub fn invalid_bucket_region(raw: &str) -> S3Error {
    S3Error::invalid_argument(
        format!("Argument value {raw} is not a valid AWS Region"),
        "bucket-region",
        raw,
    )
}

/// `partNumber`, of uploads and of reads.
///
/// # Errors
/// `InvalidArgument` for anything but 1 to 10000.
pub fn part_number(query: &Query) -> Result<Option<PartNumber>, S3Error> {
    query
        .get("partNumber")
        .map(|raw| {
            let number = raw.parse().ok().and_then(|number| PartNumber::new(number).ok());
            number.ok_or_else(|| invalid_part_number(raw))
        })
        .transpose()
}

/// The error for a part number that is not 1 to 10000 (facts/06 §8).
pub fn invalid_part_number(raw: &str) -> S3Error {
    S3Error::invalid_argument(
        "Part number must be an integer between 1 and 10000, inclusive",
        "partNumber",
        raw,
    )
}

/// `part-number-marker` of ListParts: parts after this number, 0 by default.
///
/// # Errors
/// `InvalidArgument`.
pub fn part_number_marker(query: &Query) -> Result<u32, S3Error> {
    Ok(integer(query, "part-number-marker", "partNumberMarker")?.unwrap_or(0))
}

/// `versionId`.
///
/// # Errors
/// `InvalidArgument` where it is no version id.
pub fn version_id(query: &Query) -> Result<Option<VersionId>, S3Error> {
    query.get("versionId").map(parse_version_id).transpose()
}

/// A version id from a request. A never-versioned bucket has no id but `null`, which its operations
/// refuse with [`invalid_version_id`] too.
///
/// # Errors
/// `InvalidArgument` where it is no version id; the text for an empty one is believed.
pub fn parse_version_id(raw: &str) -> Result<VersionId, S3Error> {
    if raw.is_empty() {
        return Err(S3Error::invalid_argument(
            "Version id cannot be the empty string",
            "versionId",
            "",
        ));
    }
    VersionId::parse(raw).map_err(|_| invalid_version_id(raw))
}

/// The error for a version id that can be none in this bucket (facts/06 §4).
pub fn invalid_version_id(raw: &str) -> S3Error {
    S3Error::invalid_argument("Invalid version id specified", "versionId", raw)
}

/// Where a page of ListObjectVersions begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionMarkers {
    /// `key-marker`, empty by default.
    pub key: String,
    /// `version-id-marker`: continue after this version of the key; `None` after all of them.
    pub version_id: Option<VersionId>,
}

/// `key-marker` and `version-id-marker`.
///
/// # Errors
/// `InvalidArgument` for a version marker that is empty [believed], no version id, or without a key marker.
pub fn version_markers(query: &Query) -> Result<VersionMarkers, S3Error> {
    const NAME: &str = "version-id-marker";
    let key = query.get("key-marker").unwrap_or_default().to_owned();
    let version_id = match query.get(NAME) {
        None => None,
        Some("") => {
            return Err(S3Error::invalid_argument(
                "A version-id marker cannot be empty.",
                NAME,
                "",
            ));
        }
        Some(raw) if key.is_empty() => {
            return Err(S3Error::invalid_argument(
                "A version-id marker cannot be specified without a key marker.",
                NAME,
                raw,
            ));
        }
        Some(raw) => Some(
            VersionId::parse(raw)
                .map_err(|_| S3Error::invalid_argument("Invalid version id specified", NAME, raw))?,
        ),
    };
    Ok(VersionMarkers { key, version_id })
}

/// The error for a continuation token that this server did not give out (facts/06 §3).
pub fn invalid_continuation_token() -> S3Error {
    S3Error::invalid_argument_name(
        "The continuation token provided is incorrect",
        "continuation-token",
    )
}

/// `delimiter`; an empty one is none.
pub fn delimiter(query: &Query) -> Option<&str> {
    query.get("delimiter").filter(|delimiter| !delimiter.is_empty())
}

/// Whether `fetch-owner=true` asks for owners.
pub fn fetch_owner(query: &Query) -> bool {
    query
        .get("fetch-owner")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

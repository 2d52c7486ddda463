//! Finding versions and reading their bytes.

use std::ops::Range;

use bytes::Bytes;
use cairn_types::{ObjectKey, PartNumber, VersionId};

use crate::{Bucket, Error, Found, ObjectVersion, Objects, PartPage};

/// Reads an object's bytes in order. What it began to read it reads to the end, also if the object is
/// replaced or deleted meanwhile.
pub struct ObjectReader {}

impl ObjectReader {
    /// The next bytes; `None` at the end of the range.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        todo!()
    }
}

impl Objects {
    /// The latest version of a key, or the one with that id.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`] (without an id), [`Error::NoSuchVersion`], [`Error::InvalidVersionId`].
    pub async fn find(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<VersionId>,
    ) -> Result<Found, Error> {
        todo!()
    }

    /// Opens the bytes of a version that was found, or a range of them (within its size).
    ///
    /// # Errors
    /// [`Error::Gone`] where it was replaced or deleted since: find it again, once or twice.
    pub async fn read(
        &self,
        version: &ObjectVersion,
        range: Option<Range<u64>>,
    ) -> Result<ObjectReader, Error> {
        todo!()
    }

    /// Up to `limit` parts of a multipart object with numbers above `after`; empty for others.
    ///
    /// # Errors
    /// [`Error::Gone`].
    pub async fn parts(&self, version: &ObjectVersion, after: u16, limit: usize) -> Result<PartPage, Error> {
        todo!()
    }

    /// The bytes that part `number` has (`?partNumber=`); part 1 of an object put in one piece is the
    /// whole. `None` where there is no such part \[InvalidPartNumber]. The n-th part counts, whatever
    /// number it was uploaded with.
    ///
    /// # Errors
    /// [`Error::Gone`].
    pub async fn part_range(
        &self,
        version: &ObjectVersion,
        number: PartNumber,
    ) -> Result<Option<Range<u64>>, Error> {
        todo!()
    }
}

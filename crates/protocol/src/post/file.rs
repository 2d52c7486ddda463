//! The file of a form, as far as it is known when its first byte comes.

use super::fields::Fields;

/// The beginning of the file, and all fields before it. What comes after the file is ignored (facts/04 §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The fields, with the file's name put in for `${filename}`.
    pub fields: Fields,
    /// The file's name at the client, without its path; `None` where the part has none: a plain field named
    /// `file` is a file all the same.
    pub name: Option<String>,
    /// What the browser says of its type. S3 does not use it: the field `Content-Type` is the object's.
    pub content_type: Option<String>,
}

//! POST Object: an upload from a browser's form, without I/O (facts/04 §5).
//!
//! A form is judged in the order S3 takes, so that the caller can look up the key in between and stream
//! the file to storage without ever holding it:
//!
//! 1. [`Boundary::read`] of the head, then [`Form::next`] over the body's bytes. It stops once, at the
//!    beginning of the file, with a [`File`] that has all the [`Fields`] before it.
//! 2. [`Fields::key`] (a form without a key is refused before anything else), then [`Signature::read`],
//!    [`Signature::check_scope`], the caller's look-up of the secret, [`Signature::verify`].
//! 3. [`Policy::read`] and [`Policy::judge`]: a [`Judgement`] holds every condition with the reason why it
//!    holds or not; [`Judgement::refusal`] is the answer, of the same facts. Its [`LengthRange`] is what the
//!    file must keep to.
//! 4. [`PostRequest::read`]: the fields as the headers PutObject reads, so that there is one reading of
//!    metadata; and what only a form has: tags as XML, how success is answered.
//! 5. The file streams. Nothing may become visible before [`Step::End`]: a form that breaks off, or has a
//!    second file, is refused there. [`PostRequest::answer`] says how success is told.

mod answer;
mod boundary;
mod fields;
mod file;
mod form;
mod parameters;
mod part;
mod policy;
mod request;
mod scanner;
mod signature;
#[cfg(test)]
mod tests;

pub use answer::{Answer, post_response};
pub use boundary::{BOUNDARY_BYTES_MAX, Boundary};
pub use fields::{FIELD_NAME_BYTES_MAX, FIELDS_BYTES_MAX, FIELDS_MAX, Fields};
pub use file::File;
pub use form::{Form, Step};
pub use part::PART_HEAD_BYTES_MAX;
pub use policy::{Because, CONDITIONS_MAX, Judged, Judgement, LengthRange, POST_BYTES_MAX, Policy};
pub use request::{PostRequest, Success};
pub use scanner::PADDING_BYTES_MAX;
pub use signature::Signature;

use crate::S3Error;

fn malformed() -> S3Error {
    S3Error::MalformedPOSTRequest {}
}

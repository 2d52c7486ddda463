//! The XML of S3: documents written as Amazon writes them, and request bodies read without trust.
//!
//! [`Writer`] builds a document as text: prolog, newline, root with the namespace, everything on one
//! line (facts/01 §8). [`Element`] is a request body as a tree that borrows from it, with limits on
//! bytes, elements and depth; DOCTYPE, processing instructions and entities other than XML's own five
//! are refused, so nothing expands. Which elements a document has is in [`crate::documents`].

mod escape;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use escape::escape;
pub(crate) use reader::well_formed;
pub use reader::{ATTRIBUTES_MAX, BODY_BYTES_MAX, DEPTH_MAX, ELEMENTS_MAX, Element, parse};
pub use writer::{NAMESPACE, Name, PROLOG, Writer};
pub(crate) use writer::{Tag, tag};

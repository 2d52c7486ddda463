//! The S3 wire without I/O: pure functions over bytes.
//!
//! What a request says (where it is addressed, who signed it, what it asks for) is read here, and what
//! an answer says is written here. Nothing in this crate waits, opens or stores anything, so all of it
//! is unit-, property- and fuzz-tested. `cairn-api` puts it together.

pub mod address;
pub mod auth;
pub mod conditional;
pub mod documents;
pub mod encoding;
pub mod error;
pub mod headers;
pub mod id;
pub mod location;
pub mod parameters;
pub mod post;
pub mod query;
pub mod range;
pub mod xml;

pub use error::S3Error;

//! The S3 wire without I/O: pure functions over bytes.
//!
//! What a request says (where it is addressed, who signed it, what it asks for) is read here, and what
//! an answer says is written here. Nothing in this crate waits, opens or stores anything, so all of it
//! is unit-, property- and fuzz-tested. `cairn-api` puts it together.

pub mod auth;
pub mod error;

pub use error::S3Error;

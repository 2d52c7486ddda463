//! Regions: which there are, what their endpoints are called, and which of them answers a request.
//!
//! A deployment has several regions ("facilities") and one namespace of buckets. A request arrives at the
//! listener of one region, under a host name that may mean another, and names a bucket that may live in a
//! third. [`decide`] says what happens: served, 307, 301 or 400, as Amazon S3 does it (facts/02 §1). It is
//! a pure function, and says by which rule it decided ([`Because`]), so that the answer can be explained.
//!
//! [`Regions`] is the configuration; [`Directory`] is the question where a bucket lives, which whoever
//! keeps the buckets answers.

mod class;
mod decision;
mod directory;
pub mod explanation;
mod opt_in;
mod refusal;
mod regions;

pub use class::{LaunchClass, is_amazons};
pub use decision::{Answer, Because, Decision, Purpose, Question, decide};
pub use directory::{Directory, DirectoryError, Home};
pub use opt_in::{OptInDefault, OptStatus, is_always_on, opt_status};
pub use refusal::{Redirection, Sent, redirection};
pub use regions::{InvalidRegions, Region, Regions};

//! Cross-origin resource sharing: a bucket's configuration, the decision over a request, and why.
//!
//! A browser asks before it lets a page of one origin use another's bucket, and reads the answer in the
//! headers of responses. [`CorsConfiguration`] is what the bucket's owner wrote: read from the XML of
//! PutBucketCors, from the console's and the CLI's JSON, or from storage, and valid once it exists.
//! [`decide`] is a pure function over configuration and request: the headers a response gets, or the
//! refusal of a preflight, as Amazon S3 gives them (facts/03). [`explain`] asks it the same question and
//! says for each rule what matched and what did not, and what would change the answer.
//!
//! CORS protects the reader's browser, not the bucket: an actual request is never refused by it, and
//! what signatures and policies refuse is not allowed by it.

mod configuration;
mod decision;
pub mod explanation;
mod invalid;
mod json;
mod method;
mod pattern;
mod request;
mod xml;

pub use configuration::{CorsConfiguration, ID_CHARACTERS_MAX, RULES_MAX, Rule};
pub use decision::{Allowed, Answer, Because, BucketCors, Decision, VARY, decide};
pub use explanation::explain;
pub use invalid::{InvalidCors, InvalidFile};
pub use json::JSON_BYTES_MAX;
pub use method::Method;
pub use pattern::{AllowedHeader, AllowedOrigin, ExposeHeader};
pub use request::{
    Limit, ORIGIN_BYTES_MAX, REQUESTED_HEADERS_BYTES_MAX, REQUESTED_HEADERS_MAX, Request, Resource,
};

//! What every test uses: requests as text, answers as text, a bucket of one's own.
//!
//! Nothing here knows what a right answer is, but for the one form all errors have ([`Answer::error`]).
//! The client is a plain TCP socket, so that a test can send what no HTTP library would: an odd request
//! line, a body in pieces, half a chunk and then nothing. Each request has a connection of its own unless
//! the test says otherwise.

mod answer;
mod bucket;
mod case;
mod connection;
mod deployment;
mod digest;
mod endpoint;
mod form;
mod request;
mod runner;
mod server;
mod sign;
mod xml;

pub(crate) use answer::Answer;
pub(crate) use bucket::{Bucket, bucket, encoded, name, versioned};
pub(crate) use case::{Case, cases};
pub(crate) use connection::Connection;
pub(crate) use deployment::{Deployment, REGIONS, deployment};
pub(crate) use digest::{base64, crc32, crc64nvme, md5_base64, md5_hex, sha256, sha256_hex};
pub(crate) use endpoint::{Endpoint, endpoint, use_endpoint};
pub(crate) use form::{BOUNDARY, Form, json};
pub(crate) use request::{Request, now};
pub(crate) use runner::run;
pub(crate) use server::Server;
pub(crate) use sign::Signer;
pub(crate) use xml::Node;

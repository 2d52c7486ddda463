//! The AWS SDK for Rust against Cairn; the tests are named after the rows of ../../README.md.

mod listing;
mod objects;
mod regions;
mod transfer;

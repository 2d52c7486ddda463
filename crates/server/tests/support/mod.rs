//! A real server as a process, and the small client the tests speak to it with.
#![allow(dead_code, unused_imports, reason = "each test uses its part")]

pub(crate) mod client;
pub(crate) mod server;

pub(crate) use client::{Answer, Client};
pub(crate) use server::{Cairn, Ended, Running};

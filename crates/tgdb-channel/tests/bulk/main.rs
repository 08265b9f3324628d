//! Bulk import and export against a server that keeps the data of the messages.
#![allow(unreachable_pub, clippy::unwrap_used)]

mod export;
mod import;
mod lost;
mod server;
#[path = "../support/mod.rs"]
mod support;

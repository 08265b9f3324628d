//! Graph data against the bytes of the vendor's clients, and against bytes of nobody.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answers;
mod commits;
mod conversions;
mod decisions;
mod encryption;
mod hostile;
mod properties;
mod replies;
mod results;
mod serving;
mod support;
mod vectors;

//! The graph that the testkit serves, message by message, without sockets.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod admin;
mod bulk;
mod commits;
mod data;
mod entities;
mod failures;
mod gremlin;
mod hostile;
mod requests;
mod support;
mod users;

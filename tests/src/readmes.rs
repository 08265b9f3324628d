//! The examples in the READMEs compile, and run where they need no server.

#[doc = include_str!("../../README.md")]
mod repository {}

#[doc = include_str!("../../crates/tgdb-pdu/README.md")]
mod tgdb_pdu {}

#[doc = include_str!("../../crates/tgdb-url/README.md")]
mod tgdb_url {}

#[doc = include_str!("../../crates/tgdb-transport/README.md")]
mod tgdb_transport {}

#[doc = include_str!("../../crates/tgdb-channel/README.md")]
mod tgdb_channel {}

#[doc = include_str!("../../crates/tgdb-testkit/README.md")]
mod tgdb_testkit {}

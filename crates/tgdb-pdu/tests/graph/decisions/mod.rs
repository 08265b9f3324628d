//! Where the vendor's Java, Python and Go disagree, and what we do. Each is a row of
//! docs/protocol.md.

mod attributes;
mod entities;
mod results;

use tgdb_pdu::graph::*;

use crate::support::*;

/// Bytes of an attribute, recorded with Java.
pub(super) fn vector(name: &str) -> Vec<u8> {
    hex(&named("attributes", name)["hex"])
}

pub(super) fn go(name: &str) -> Vec<u8> {
    let writes = VECTORS["attributes_by_go"]["writes"].as_array().unwrap();
    hex(&writes.iter().find(|vector| vector["name"] == name).unwrap()["hex"])
}

pub(super) fn read(bytes: &[u8]) -> Value {
    attribute(bytes, Layout::Reply).value
}

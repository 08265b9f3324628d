//! The text of the dissector.

use std::fmt::Write as _;

use tgdb_pdu::version::PROTOCOL;
use tgdb_pdu::{HEADER_LEN, MAGIC, Verb};

use super::layout::Field;

/// The part that is not made from tables.
const BODY: &str = include_str!("body.lua");

/// The whole script.
pub(crate) fn script(fields: &[Field]) -> String {
    let mut text = String::from(
        "-- Wireshark dissector for the protocol of TIBCO Graph Database (TGDB).\n\
         -- Made by `cargo xtask dissector` from the tables of tgdb-pdu: do not edit.\n\n",
    );
    let _ = writeln!(text, "local HEADER_LEN = {HEADER_LEN}");
    let _ = writeln!(text, "local MAGIC = {MAGIC:#010x}");
    let _ = writeln!(text, "local VERSION = {:#06x}", PROTOCOL.to_wire());
    text.push_str("\nlocal VERBS = {\n");
    for verb in Verb::ALL {
        let _ = writeln!(text, "    [{}] = {:?},", verb.0, verb.to_string());
    }
    text.push_str("}\n\nlocal f = {}\n");
    for field in fields {
        let _ = writeln!(text, "f.{} = {}", field.name, declaration(field));
    }
    text.push_str("\n-- Name, offset and length of each field of the header.\nlocal LAYOUT = {\n");
    for Field { name, offset, length, .. } in fields {
        let _ = writeln!(text, "    {{ {name:?}, {offset}, {length} }},");
    }
    text.push_str("}\n\n");
    text.push_str(BODY);
    text
}

/// How Wireshark declares a field.
fn declaration(field: &Field) -> String {
    let Field { name, title, length, .. } = field;
    let bits = length * 8;
    match *name {
        "verb" => format!("ProtoField.int{bits}(\"tgdb.{name}\", {title:?}, base.DEC, VERBS)"),
        "magic" | "version" | "auth_token" => format!("ProtoField.uint{bits}(\"tgdb.{name}\", {title:?}, base.HEX)"),
        "length" | "data_offset" => format!("ProtoField.uint{bits}(\"tgdb.{name}\", {title:?}, base.DEC)"),
        _ => format!("ProtoField.int{bits}(\"tgdb.{name}\", {title:?}, base.DEC)"),
    }
}

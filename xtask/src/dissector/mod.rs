//! The dissector for Wireshark, made from the tables of `tgdb-pdu`.

mod layout;
mod lua;

use std::fs;
use std::path::{Path, PathBuf};

use xshell::Shell;

use crate::Failure;

const FILE: &str = "docs/wireshark/tgdb.lua";

/// Writes the file.
pub(crate) fn write(_: &Shell) -> Result<(), Failure> {
    Ok(fs::write(path(), lua::script(&layout::fields()?))?)
}

/// Compares the file with what would be written.
pub(crate) fn check(_: &Shell) -> Result<(), Failure> {
    if fs::read_to_string(path()).ok() != Some(lua::script(&layout::fields()?)) {
        return Err(format!("{FILE} is not up to date; run `cargo xtask dissector`").into());
    }
    Ok(())
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(FILE)
}

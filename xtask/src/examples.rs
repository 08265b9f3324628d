//! `cargo xtask examples`: each example runs to its end.

use std::path::PathBuf;

use xshell::{Shell, cmd};

use crate::layers::CRATES;
use crate::{Failure, cargo};

/// The examples: package, name, arguments. The stop of the server in `tokio` is short here.
const EXAMPLES: &[(&str, &str, &[&str])] = &[
    ("tgdb-pdu", "decode", &[]),
    ("tgdb-channel", "airports", &[]),
    ("tgdb-channel", "demo", &[]),
    ("tgdb-channel", "failover", &[]),
    ("tgdb-channel", "proxy", &[]),
    ("tgdb-channel", "retry", &[]),
    ("tgdb-channel", "testing", &[]),
    ("tgdb-channel", "tls", &[]),
    ("tgdb-channel", "tokio", &["1"]),
    ("tgdb-channel", "tracing", &[]),
    ("tgdb-channel", "transactions", &[]),
];

/// Runs the examples, which were built with the tests. One that the list lacks is an error.
pub(crate) fn run(sh: &Shell) -> Result<(), Failure> {
    let cargo = cargo();
    for &(package, name, arguments) in EXAMPLES {
        cmd!(sh, "{cargo} run --quiet --locked --package {package} --example {name} -- {arguments...}").run()?;
    }
    let mut files = Vec::new();
    for (package, _) in CRATES {
        files.extend(sh.read_dir(format!("crates/{package}/examples")).unwrap_or_default());
    }
    let is_listed = |file: &PathBuf| EXAMPLES.iter().any(|(_, name, _)| file.file_stem() == Some(name.as_ref()));
    files
        .iter()
        .find(|file| !is_listed(file))
        .map_or(Ok(()), |file| Err(format!("{} is not run", file.display()).into()))
}

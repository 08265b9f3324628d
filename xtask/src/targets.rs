//! `cargo xtask targets`: the libraries compile for other systems.

use xshell::{Shell, cmd};

use crate::{Failure, cargo};

/// The systems beside the one that this runs on.
const TARGETS: &[&str] = &["x86_64-pc-windows-gnu", "aarch64-apple-darwin", "x86_64-unknown-freebsd"];

/// Checks the channel and what it depends on, without TLS, whose cryptography takes a C compiler for
/// each target. Targets that are not installed are skipped, and named.
pub(crate) fn check(sh: &Shell) -> Result<(), Failure> {
    let cargo = cargo();
    let installed = cmd!(sh, "rustup target list --installed").quiet().ignore_stderr().read().unwrap_or_default();
    for target in TARGETS {
        if !installed.lines().any(|line| line == *target) {
            println!("skipped: {target} is not installed; `rustup target add {target}` installs it");
            continue;
        }
        cmd!(sh, "{cargo} check --quiet --package tgdb-channel --no-default-features --target {target} --locked")
            .run()?;
    }
    Ok(())
}

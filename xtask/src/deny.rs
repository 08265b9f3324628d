//! `cargo xtask deny`: licences, sources, duplicates and advisories of the dependencies.

use xshell::{Shell, cmd};

use crate::{Failure, cargo};

/// Runs cargo-deny with `deny.toml`. Where it is not installed, the step says so and passes.
pub(crate) fn check(sh: &Shell) -> Result<(), Failure> {
    let cargo = cargo();
    if cmd!(sh, "{cargo} deny --version").quiet().ignore_stderr().read().is_err() {
        println!("skipped: cargo-deny is not installed; `cargo install --locked cargo-deny` installs it");
        return Ok(());
    }
    cmd!(sh, "{cargo} deny --all-features --locked check bans licenses sources").run()?;
    advisories(sh)
}

/// The database of advisories is fetched. Where that fails, the step says so and passes.
fn advisories(sh: &Shell) -> Result<(), Failure> {
    let cargo = cargo();
    if cmd!(sh, "{cargo} deny --all-features --locked fetch db").quiet().run().is_err() {
        println!("advisories are not checked: their database cannot be fetched");
        return Ok(());
    }
    Ok(cmd!(sh, "{cargo} deny --all-features --locked check advisories").run()?)
}

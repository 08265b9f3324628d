//! The crates build with each combination of features that matters.

use xshell::{Shell, cmd};

use crate::{Failure, cargo};

/// The crates with features.
const CRATES: &[&str] = &["tgdb-transport", "tgdb-channel"];

/// Features to build with, without the default ones. `ring`, `aws-lc-rs` and `platform-roots`
/// turn `tls` on.
const COMBINATIONS: &[&str] = &["", "tls", "ring", "aws-lc-rs", "ring,aws-lc-rs", "ring,platform-roots"];

/// Those of [`COMBINATIONS`] that `ci` checks: they build quickly, and are not the default.
const QUICK: &[&str] = &["", "tls", "ring,platform-roots"];

/// Crates that a build with TLS depends on, and one without does not.
const TLS: &[&str] = &["rustls", "rustls-webpki", "webpki-roots", "ring", "aws-lc-rs", "rustls-native-certs"];

/// Checks all combinations, and runs the tests of those that lack something.
pub(crate) fn check(sh: &Shell) -> Result<(), Failure> {
    let cargo = cargo();
    for name in CRATES {
        for features in COMBINATIONS {
            cmd!(
                sh,
                "{cargo} clippy --quiet --package {name} --no-default-features --features {features} --locked -- -D warnings"
            )
            .run()?;
        }
    }
    check_quickly(sh)?;
    for features in ["", "tls"] {
        cmd!(
            sh,
            "{cargo} test --quiet --package tgdb-channel --no-default-features --features {features} --test features --locked"
        )
        .run()?;
    }
    let package = ["--package", "tgdb-transport", "--features", "platform-roots"];
    Ok(cmd!(sh, "{cargo} test --quiet {package...} --test tls_roots --locked").run()?)
}

/// Checks the quick combinations, and that a build without TLS has no crate of TLS in its tree.
pub(crate) fn check_quickly(sh: &Shell) -> Result<(), Failure> {
    let cargo = cargo();
    for name in CRATES {
        for features in QUICK {
            cmd!(sh, "{cargo} check --quiet --package {name} --no-default-features --features {features} --locked")
                .run()?;
        }
        if let Some(found) = tls_crate(sh, name, &["--no-default-features"])? {
            return Err(format!("{name} without its default features depends on {found}").into());
        }
        if tls_crate(sh, name, &[])?.is_none() {
            return Err(format!("{name} with its default features has no TLS").into());
        }
    }
    Ok(())
}

/// A crate of TLS among the dependencies of that crate.
fn tls_crate(sh: &Shell, name: &str, arguments: &[&str]) -> Result<Option<String>, Failure> {
    let cargo = cargo();
    let tree = cmd!(sh, "{cargo} tree --package {name} --edges normal,build --prefix none --locked {arguments...}");
    let tree = tree.quiet().read()?;
    let mut names = tree.lines().filter_map(|line| line.split(' ').next());
    Ok(names.find(|name| TLS.contains(name)).map(str::to_owned))
}

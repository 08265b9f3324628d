//! `cargo xtask msrv`: `rust-version` is true, as far as it can be seen without an old compiler.

use serde_json::Value;
use xshell::{Shell, cmd};

use crate::{Failure, cargo};

/// Compares the items of the standard library that are used, by clippy's list of their versions,
/// and the `rust-version` of the dependencies with that of the workspace.
pub(crate) fn check(sh: &Shell) -> Result<(), Failure> {
    let cargo = cargo();
    let lint = ["--", "--allow", "clippy::all", "--deny", "clippy::incompatible_msrv"];
    cmd!(sh, "{cargo} clippy --workspace --all-targets --all-features --locked {lint...}").run()?;

    let metadata = cmd!(sh, "{cargo} metadata --format-version 1 --all-features --locked").quiet().read()?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata names no packages")?;
    let ours =
        packages.iter().find(|package| package["name"] == "xtask").ok_or("cargo metadata does not know xtask")?;
    let claimed = version(ours).ok_or("there is no rust-version")?;
    let newer = packages.iter().filter(|package| version(package).is_some_and(|needed| needed > claimed));
    let newer: Vec<_> = newer.map(|package| format!("{} needs {}", package["name"], package["rust_version"])).collect();
    if newer.is_empty() { Ok(()) } else { Err(newer.join(", ").into()) }
}

/// The `rust-version` of a package: major, minor.
fn version(package: &Value) -> Option<(u32, u32)> {
    let mut numbers = package["rust_version"].as_str()?.split('.').map_while(|number| number.parse().ok());
    Some((numbers.next()?, numbers.next().unwrap_or(0)))
}

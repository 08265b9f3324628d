//! `cargo xtask layers`: each crate depends only on the crates below it.

use serde_json::Value;
use xshell::{Shell, cmd};

use crate::{Failure, cargo};

/// The crates, and the crates of ours that each may depend on.
pub(crate) const CRATES: &[(&str, &[&str])] = &[
    ("tgdb-pdu", &[]),
    ("tgdb-url", &[]),
    ("tgdb-transport", &["tgdb-pdu"]),
    ("tgdb-channel", &["tgdb-transport", "tgdb-pdu", "tgdb-url"]),
    ("tgdb-testkit", &["tgdb-pdu"]),
    ("tgdb-cli", &["tgdb-channel", "tgdb-testkit", "tgdb-transport", "tgdb-pdu"]),
];

/// Compares the manifests with [`CRATES`].
pub(crate) fn check(sh: &Shell) -> Result<(), Failure> {
    let cargo = cargo();
    let metadata = cmd!(sh, "{cargo} metadata --format-version 1 --no-deps --locked").quiet().read()?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata names no packages")?;
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = CRATES.iter().find(|(known, _)| *known == name) else {
            if name.starts_with("tgdb-") && name != "tgdb-tests" {
                return Err(format!("{name} is not in the list of layers").into());
            }
            continue;
        };
        let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
        let ours = dependencies.iter().filter(|dependency| dependency["kind"] != "dev");
        let ours = ours.filter_map(|dependency| dependency["name"].as_str());
        for dependency in ours.filter(|dependency| dependency.starts_with("tgdb-")) {
            if !allowed.contains(&dependency) {
                return Err(format!("{name} must not depend on {dependency}").into());
            }
        }
    }
    Ok(())
}

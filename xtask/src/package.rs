//! `cargo xtask package`: each crate that is published is complete.

use std::fs;

use serde_json::Value;
use xshell::{Shell, cmd};

use crate::layers::CRATES;
use crate::{Failure, cargo};

/// What the manifest of a published crate has.
const FIELDS: &[&str] = &["description", "license", "readme", "keywords", "categories", "rust_version"];

/// Files that each package has, as `cargo package --list` writes their names.
const FILES: &[&str] = &["LICENSE", "README.md", "src/"];

/// Checks the manifests and the lists of files, then makes the packages and builds each from its
/// own files. Packages that others depend on are taken from this workspace, so that nothing has to
/// be published before.
pub(crate) fn check(sh: &Shell) -> Result<(), Failure> {
    let cargo = cargo();
    let metadata = cmd!(sh, "{cargo} metadata --format-version 1 --no-deps --locked").quiet().read()?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata names no packages")?;
    let licence = fs::read("LICENSE")?;
    for (name, _) in CRATES {
        let package = packages.iter().find(|package| package["name"] == *name).ok_or(format!("{name} is missing"))?;
        let is_empty = |field: &Value| field.is_null() || field.as_array().is_some_and(Vec::is_empty);
        if let Some(field) = FIELDS.iter().find(|field| is_empty(&package[**field])) {
            return Err(format!("the manifest of {name} has no {field}").into());
        }
        // A link that was checked out as a text file would differ.
        if fs::read(format!("crates/{name}/LICENSE"))? != licence {
            return Err(format!("crates/{name}/LICENSE is not the LICENSE of the workspace").into());
        }
        check_front_page(name)?;
        let files = cmd!(sh, "{cargo} package --list --package {name} --allow-dirty --locked").quiet().read()?;
        if let Some(missing) = FILES.iter().find(|file| !files.lines().any(|line| line.starts_with(**file))) {
            return Err(format!("the package of {name} has no {missing}").into());
        }
    }
    let names = CRATES.iter().flat_map(|(name, _)| ["--package", name]);
    Ok(cmd!(sh, "{cargo} package --quiet {names...} --allow-dirty --locked").run()?)
}

/// The first example of a library's front page is a whole program, and needs no other crate of ours.
fn check_front_page(name: &str) -> Result<(), Failure> {
    let Ok(source) = fs::read_to_string(format!("crates/{name}/src/lib.rs")) else { return Ok(()) };
    let page: Vec<_> = source.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
    let lines = page.into_iter().skip_while(|line| *line != "# Example").skip_while(|line| !line.starts_with("```"));
    let example: Vec<_> = lines.skip(1).take_while(|line| *line != "```").collect();
    if !example.iter().any(|line| line.starts_with("fn main()")) {
        return Err(format!("the front page of {name} has no whole program under `# Example`").into());
    }
    let own = name.replace('-', "_");
    match example.iter().find(|line| line.starts_with("use tgdb_") && !line[4..].starts_with(&own)) {
        Some(line) => Err(format!("the example of {name} needs another crate: {line}").into()),
        None => Ok(()),
    }
}

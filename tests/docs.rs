//! Pages of `docs` name code and tests. Each name is there.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().into()
}

/// All Rust files below a folder of the repository.
fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The words of a text that can be names in code.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| word.starts_with(|c: char| c.is_alphabetic()))
}

/// The rows of the tables of a page, each with the heading of its last column and that cell.
fn last_cells(page: &str) -> Vec<(&str, &str)> {
    let mut heading = None;
    let mut cells = Vec::new();
    for line in page.lines() {
        let Some(row) = line.strip_prefix('|').and_then(|row| row.strip_suffix('|')) else {
            heading = None;
            continue;
        };
        let last = row.rsplit('|').next().unwrap().trim();
        match heading {
            None => heading = Some(last),
            Some(_) if last.starts_with("---") => {}
            Some(heading) => cells.push((heading, last)),
        }
    }
    cells
}

/// What is between backticks.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap()
}

#[test]
fn the_names_in_the_api_map_are_in_the_code() {
    let mut files = Vec::new();
    rust_files(&root().join("crates"), &mut files);
    let texts: Vec<_> = files.iter().filter(|file| file.iter().any(|part| part == "src")).collect();
    let texts: Vec<_> = texts.into_iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let lines = texts.iter().flat_map(|text| text.lines()).filter(|line| !line.trim_start().starts_with("//"));
    let mut known: BTreeSet<&str> = lines.flat_map(words).collect();
    // The names of the crates, and those of other crates that are meant.
    known.extend(["tgdb_channel", "tgdb_transport", "tgdb_pdu", "tgdb_url", "tracing", "log", "Level", "LevelFilter"]);

    let page = page("api-map.md");
    let cells: Vec<_> = last_cells(&page).into_iter().map(|(_, cell)| cell).collect();
    assert!(cells.len() > 100, "{} rows", cells.len());
    let missing: Vec<_> =
        cells.into_iter().flat_map(code).flat_map(words).filter(|word| !known.contains(word)).collect();
    assert!(missing.is_empty(), "not in the code: {missing:?}");
}

/// Names of functions, of test programs, and paths.
#[test]
fn the_tests_that_pages_name_are_there() {
    let mut files = Vec::new();
    for folder in ["crates", "tests"] {
        rust_files(&root().join(folder), &mut files);
    }
    let texts: Vec<_> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let functions: BTreeSet<_> =
        texts.iter().flat_map(|text| text.split("fn ").skip(1)).flat_map(|rest| words(rest).next()).collect();
    let is_there = |name: &str| {
        let ends = [PathBuf::from(name), format!("tests/{name}.rs").into(), format!("tests/{name}/main.rs").into()];
        functions.contains(name) || files.iter().any(|file| ends.iter().any(|end| file.ends_with(end)))
    };
    for page in ["security.md", "failover.md"].map(page) {
        let cells = last_cells(&page).into_iter().filter(|(heading, _)| ["test", "shown by"].contains(heading));
        let mut names: Vec<_> = cells.flat_map(|(_, cell)| code(cell)).collect();
        // In the text around the tables, what is long is the name of a test.
        names.extend(
            code(&page).filter(|name| {
                name.matches('_').count() > 3 && name.to_lowercase() == *name && words(name).eq([*name])
            }),
        );
        assert!(names.len() > 20, "{} names", names.len());
        names.retain(|name| !is_there(name) && !root().join(name).exists());
        assert!(names.is_empty(), "not there: {names:?}");
    }
}

#[test]
fn no_page_has_the_marks_of_a_merge() {
    let folders = ["", "docs", "docs/wireshark", "tests/interop"].map(|folder| root().join(folder));
    let pages = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let pages: Vec<_> = pages.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect();
    assert!(pages.len() > 10, "{pages:?}");
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let mark = text.lines().find(|line| ["<<<<<<< ", ">>>>>>> "].iter().any(|mark| line.starts_with(mark)));
        assert_eq!(mark, None, "{}", page.display());
    }
}

/// The code map names files and folders in the first column of the tables below a folder's heading.
#[test]
fn the_code_map_is_that_of_the_tree() {
    let page = page("architecture.md");
    let map = page.split("## Code map").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut named = Vec::new();
    for section in map.split("\n### ").skip(1) {
        let folder = root().join(code(section).next().unwrap());
        let rows = section.lines().filter_map(|line| line.strip_prefix('|')?.split('|').next());
        named.extend(rows.flat_map(code).map(|name| folder.join(name)));
    }
    let dead: Vec<_> = named.iter().filter(|path| !path.exists()).collect();
    assert!(dead.is_empty(), "named and not there: {dead:?}");

    let mut files = Vec::new();
    rust_files(&root().join("crates"), &mut files);
    // Those that only declare the modules beside them need no place.
    let is_head = |file: &Path| ["lib.rs", "main.rs", "mod.rs"].iter().any(|name| file.ends_with(name));
    files.retain(|file| file.iter().any(|part| part == "src") && !is_head(file));
    files.retain(|file| {
        !named.iter().any(|path| file.starts_with(path) || file.with_extension("") == path.with_extension(""))
    });
    assert!(files.is_empty(), "there and not named: {files:?}");
}

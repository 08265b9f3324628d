//! The files of an import.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tgdb_channel::pdu::graph::Schema;

use crate::bulk::names;
use crate::exit::Failure;

/// A file, and the type that it is for.
pub(super) struct Source {
    path: PathBuf,
    pub(super) file: File,
    pub(super) file_name: String,
    /// The name of the type.
    pub(super) name: String,
}

/// Opens all files that the arguments name. Of a directory these are the CSV files, and the
/// configuration files for an import of files as they are.
pub(super) fn find(from: &[PathBuf], raw: bool) -> Result<Vec<Source>, Failure> {
    let endings: &[&str] = if raw { &["csv", "conf"] } else { &["csv"] };
    let mut sources = Vec::new();
    for path in from {
        if path.is_dir() {
            let found = list(path, endings).map_err(|source| failed(path, source))?;
            if found.is_empty() {
                return Err(refused(path, format!("the directory has no .{} files", endings.join(" or ."))));
            }
            for path in found {
                sources.push(open(&path, None)?);
            }
            continue;
        }
        // A file can have such a name itself.
        let typed = path.to_str().filter(|_| !raw && !path.exists()).and_then(|text| text.split_once('='));
        sources.push(match typed {
            Some((name, file)) => open(Path::new(file), Some(name))?,
            None => open(path, None)?,
        });
    }
    Ok(sources)
}

/// The files with one of these endings, in the order of their names.
fn list(directory: &Path, endings: &[&str]) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        if endings.iter().any(|known| ending.eq_ignore_ascii_case(known)) && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn open(path: &Path, name: Option<&str>) -> Result<Source, Failure> {
    let file = File::open(path).map_err(|source| failed(path, source))?;
    let text = |part: Option<&OsStr>| part.map(|part| part.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.map_or_else(|| names::type_of(&text(path.file_stem())), str::to_owned);
    Ok(Source { path: path.to_owned(), file, file_name: text(path.file_name()), name })
}

/// Those of node types, and those of edge types.
pub(super) fn by_kind(sources: Vec<Source>, schema: &Schema) -> Result<(Vec<Source>, Vec<Source>), Failure> {
    for source in &sources {
        if schema.node_type(&source.name).is_none() && schema.edge_type(&source.name).is_none() {
            let reason = format!("the graph has no type {:?}; name one, as TYPE=FILE", source.name);
            return Err(refused(&source.path, reason));
        }
    }
    Ok(sources.into_iter().partition(|source| schema.node_type(&source.name).is_some()))
}

fn failed(path: &Path, source: io::Error) -> Failure {
    Failure::Read { path: path.display().to_string(), source }
}

fn refused(path: &Path, reason: String) -> Failure {
    Failure::Import { path: path.display().to_string(), reason }
}

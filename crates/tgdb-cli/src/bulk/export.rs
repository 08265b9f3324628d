//! `tgdb export`: all nodes and edges to CSV files.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use tgdb_channel::bulk::{self, ExportOptions, ExportedType};

use super::{Csv, go_on, guard, names};
use crate::connect::Connection;
use crate::exit::Failure;
use crate::{output, progress};

/// What `--help` says below the options.
pub(crate) const HELP: &str = "\
Each type with entities becomes a file, as airport.csv; characters other than letters, digits and
_-$@ become % and two digits. The first line names the columns: id for nodes, from and to for
edges, then the attributes. tgdb import reads it. Files get their names when all of them are
complete; after an error or Ctrl-C nothing is left, and older files stay as they were.";

/// How the name of a file ends that is not complete.
const PART: &str = ".part";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The directory for the files; it is made if it is not there
    #[arg(long, value_name = "DIRECTORY")]
    dir: PathBuf,
    /// Overwrite files
    #[arg(long)]
    force: bool,
    /// Check length and hash of what the server sends; not every server sets them
    #[arg(long)]
    verify: bool,
    /// Write one JSON object at the end
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    csv: Csv,
}

/// Exports to files, all or none.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let directory = &options.dir;
    let is_new = !directory.exists();
    std::fs::create_dir_all(directory).map_err(|source| failed(directory, source))?;
    let exported = export(options);
    if exported.is_err() && is_new {
        // Only if it is empty.
        let _ = std::fs::remove_dir(directory);
    }
    print(options, &exported?)
}

fn export(options: &Options) -> Result<Vec<ExportedType>, Failure> {
    let directory = &options.dir;
    let channel = options.connection.connect()?;
    guard(&channel, || {
        if !options.force {
            let schema = channel.schema()?;
            let nodes = schema.node_types().iter().map(|found| &found.entity_type.name);
            let edges = schema.edge_types().iter().map(|found| &found.entity_type.name);
            nodes.chain(edges).try_for_each(|name| refuse_existing(&directory.join(names::file_of(name))))?;
        }
        let bar = progress::bar(None, "{elapsed} {spinner} {msg}");
        let mut files = Files::default();
        let how = ExportOptions::default().format(options.csv.format()).verify(options.verify);
        let exported = bulk::export(
            &channel,
            how,
            |found| files.create(directory.join(names::file_of(found.name))),
            |progress| {
                let megabytes = progress.bytes as f64 / 1e6;
                bar.set_message(format!("{}: {} records, {megabytes:.1} MB in all", progress.name, progress.records));
                go_on()
            },
        );
        bar.finish_and_clear();
        let exported = exported?;
        files.finish(options.force)?;
        Ok(exported)
    })
}

fn failed(path: &Path, source: io::Error) -> Failure {
    Failure::Write { path: path.display().to_string(), source }
}

/// The name of a file until it is complete.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(PART);
    name.into()
}

fn refuse_existing(path: &Path) -> Result<(), Failure> {
    match path.symlink_metadata() {
        Ok(_) => Err(Failure::Exists { path: path.display().to_string() }),
        Err(_) => Ok(()),
    }
}

/// Files that are not complete. Those that are left are removed when this is dropped.
#[derive(Default)]
struct Files(Vec<PathBuf>);

impl Files {
    fn create(&mut self, path: PathBuf) -> io::Result<File> {
        let part = part_of(&path);
        // One that was left behind; a link is not followed.
        let _ = std::fs::remove_file(&part);
        let file = File::create_new(part)?;
        self.0.push(path);
        Ok(file)
    }

    /// Gives all files their names.
    fn finish(mut self, force: bool) -> Result<(), Failure> {
        while let Some(path) = self.0.last() {
            if !force {
                refuse_existing(path)?;
            }
            std::fs::rename(part_of(path), path).map_err(|source| failed(path, source))?;
            self.0.pop();
        }
        Ok(())
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        for path in &self.0 {
            let _ = std::fs::remove_file(part_of(path));
        }
    }
}

fn print(options: &Options, exported: &[ExportedType]) -> Result<(), Failure> {
    let path = |one: &ExportedType| options.dir.join(names::file_of(&one.name)).display().to_string();
    let written: Vec<_> = exported.iter().filter(|one| one.records > 0).collect();
    if options.json {
        let types = written.iter().map(|one| {
            json!({
                "type": one.name,
                "kind": if one.is_node { "node" } else { "edge" },
                "file": path(one),
                "records": one.records,
                "announced": one.announced,
                "consistent": one.is_consistent(),
            })
        });
        let types: Vec<_> = types.collect();
        return output::print_json(&json!({ "exported": types }));
    }
    let mut text = String::new();
    for one in written {
        let kind = if one.is_node { "nodes" } else { "edges" };
        text += &format!("{:>10} {kind}  {}", one.records, path(one));
        if !one.is_consistent() {
            text += &format!("  (the server announced {}, and counted {})", one.announced, one.counted);
        }
        text.push('\n');
    }
    output::print(text.as_bytes())
}

//! `tgdb import`: nodes and edges from CSV files.

mod sources;

use std::fs::File;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use serde_json::{Value, json};
use tgdb_channel::TgChannel;
use tgdb_channel::bulk::{BulkImport, BulkProgress, ImportOptions, import_files};
use tgdb_channel::pdu::body::{ImportDateFormat, ImportErrors, ImportLoad};

use super::{Csv, go_on, guard};
use crate::connect::Connection;
use crate::exit::Failure;
use crate::{output, progress};
use sources::Source;

/// What `--help` says below the options.
pub(crate) const HELP: &str = "\
A file is for the type that it is named after, as airport.csv, or that stands before it, as
airport=2026.csv. Whether that is a node type or an edge type is looked up in the graph. Nodes go
first. The first line names the columns: id for nodes, from and to for edges, which name nodes of
the same import by their id; the others are attributes. Empty fields and null without quotes are
null. Each file is checked before anything of it is sent. What was loaded before an error or
Ctrl-C stays, for the protocol has nothing to undo it; files that were loaded in full are shown.";

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OnError {
    /// End the import; what was loaded stays
    Stop,
    /// Pass the record over
    Ignore,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Load {
    /// All records are new entities
    Insert,
    /// A record changes the entity that has its key
    Upsert,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Dates {
    Ymd,
    Mdy,
    Dmy,
}

#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(crate) struct Options {
    /// Files, such as airport.csv or TYPE=FILE, and directories, whose .csv files are taken
    #[arg(index = 2, value_name = "FILE|DIRECTORY", required = true)]
    from: Vec<PathBuf>,
    /// What the server does with a record that it cannot load
    #[arg(long, value_name = "WHAT", default_value = "stop")]
    on_error: OnError,
    /// What the server does with a record of an entity that exists
    #[arg(long, value_name = "HOW", default_value = "insert")]
    load: Load,
    /// The order of year, month and day in dates
    #[arg(long, value_name = "ORDER", default_value = "ymd")]
    dates: Dates,
    /// Send the files as they are, .conf files too: the vendor's server knows them by their names
    #[arg(long, conflicts_with_all = ["on_error", "load", "dates", "delimiter", "quote"])]
    raw: bool,
    /// Write one JSON object at the end
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    csv: Csv,
}

impl Options {
    fn how(&self) -> ImportOptions {
        ImportOptions::default()
            .errors(match self.on_error {
                OnError::Stop => ImportErrors::Stop,
                OnError::Ignore => ImportErrors::Ignore,
            })
            .load(match self.load {
                Load::Insert => ImportLoad::Insert,
                Load::Upsert => ImportLoad::Upsert,
            })
            .date_format(match self.dates {
                Dates::Ymd => ImportDateFormat::Ymd,
                Dates::Mdy => ImportDateFormat::Mdy,
                Dates::Dmy => ImportDateFormat::Dmy,
            })
            .format(self.csv.format())
    }
}

/// What became of a type.
struct Loaded {
    name: String,
    /// How many records were sent; not known of files that are sent as they are.
    records: Option<u64>,
    loaded: i64,
}

/// Imports files.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let sources = sources::find(&options.from, options.raw)?;
    let channel = options.connection.connect()?;
    let bar = progress::bar(Some(0), "{elapsed} {wide_bar} {msg}");
    let mut loaded = Vec::new();
    let result = guard(&channel, || match options.raw {
        true => import_raw(&channel, sources, &bar, &mut loaded),
        false => import(&channel, sources, options, &bar, &mut loaded),
    });
    bar.finish_and_clear();
    // What was loaded before an error stays.
    if result.is_ok() || !loaded.is_empty() {
        print(options, &loaded)?;
    }
    result
}

fn import(
    channel: &TgChannel,
    sources: Vec<Source>,
    options: &Options,
    bar: &ProgressBar,
    loaded: &mut Vec<Loaded>,
) -> Result<(), Failure> {
    let (nodes, edges) = sources::by_kind(sources, &*channel.schema()?)?;
    let mut import = BulkImport::begin(channel, options.how())?;
    for (source, is_node) in
        nodes.into_iter().map(|node| (node, true)).chain(edges.into_iter().map(|edge| (edge, false)))
    {
        let Source { name, file, .. } = source;
        let report = |progress: BulkProgress<'_>| show(bar, progress);
        let imported = match is_node {
            true => import.import_nodes(&name, file, report)?,
            false => import.import_edges(&name, file, report)?,
        };
        loaded.push(Loaded { name, records: Some(imported.records), loaded: imported.loaded });
    }
    import.finish()?;
    Ok(())
}

fn import_raw(
    channel: &TgChannel,
    sources: Vec<Source>,
    bar: &ProgressBar,
    loaded: &mut Vec<Loaded>,
) -> Result<(), Failure> {
    let files: Vec<(String, File)> = sources.into_iter().map(|source| (source.file_name, source.file)).collect();
    let counts = import_files(channel, files, None, |progress| show(bar, progress))?;
    loaded.extend(counts.into_iter().map(|count| Loaded { name: count.name, records: None, loaded: count.count }));
    Ok(())
}

fn show(bar: &ProgressBar, progress: BulkProgress<'_>) -> std::ops::ControlFlow<()> {
    bar.set_length(progress.total.unwrap_or_default());
    bar.set_position(progress.portions);
    let kilobytes = progress.bytes / 1000;
    bar.set_message(format!("{}: {} records, {kilobytes} kB", progress.name, progress.records));
    go_on()
}

fn print(options: &Options, all: &[Loaded]) -> Result<(), Failure> {
    if options.json {
        let types: Vec<Value> =
            all.iter().map(|one| json!({ "type": one.name, "records": one.records, "loaded": one.loaded })).collect();
        return output::print_json(&json!({ "imported": types }));
    }
    let mut text = String::new();
    for Loaded { name, records, loaded } in all {
        let of = records.map(|records| format!(" of {records} records")).unwrap_or_default();
        text += &format!("{name}: {loaded}{of} loaded\n");
    }
    output::print(text.as_bytes())
}

//! `tgdb query`: one query, and its results as a table, JSON or CSV.

mod columns;
mod results;

use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use tgdb_pdu::body::QueryRequest;

use crate::connect::Connection;
use crate::duration;
use crate::exit::Failure;
use crate::interrupt;
use crate::output::Color;
use crate::table::Screen;
pub(crate) use results::{Format, Writing};

/// What `--help` says behind the options.
pub(crate) const HELP: &str = "\
With one argument that is the query, and the server is that of the environment: see
tgdb ping --help. A query is Gremlin, or begins with tgql:// for TGQL.

Columns with an @ are not attributes: @id and @type of nodes and edges, @from and @to of edges.
On a terminal long cells are cut, and what does not fit as a table becomes one line for each
cell. JSON has all there is: id, version, type, attributes, edges.";

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    connection: Connection,
    /// The query; without it, or with -, it is read from the standard input
    #[arg(value_name = "QUERY", conflicts_with = "file")]
    query: Option<String>,
    /// Read the query from this file
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    shown: Shown,
}

/// How results are shown.
#[derive(Debug, Args)]
pub(crate) struct Shown {
    /// Format of the results
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Show on the standard error how long the answer took
    #[arg(long)]
    pub(crate) timing: bool,
    /// Maximum number of results to fetch; 0 is no limit
    #[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = clap::value_parser!(i32).range(0..))]
    pub(crate) limit: i32,
}

impl Shown {
    pub(crate) fn writing(&self, color: Color) -> Writing {
        let format = if self.json { Format::Json } else { self.format };
        Writing { format, screen: Screen::of(color) }
    }
}

/// The request for a query.
pub(crate) fn request(text: &str, limit: i32) -> QueryRequest {
    let mut request = QueryRequest::from(text);
    request.options.fetch_size = limit;
    request
}

/// Says how long an answer took.
pub(crate) fn print_time(time: Duration) {
    // The standard error can be closed.
    let _ = writeln!(io::stderr(), "Time: {}", duration::milliseconds(time));
}

/// Sends the query and writes its results.
pub(crate) fn run(mut options: Options, color: Color) -> Result<(), Failure> {
    let text = options.text()?;
    if text.trim().is_empty() {
        return Err(Failure::Usage { reason: "there is no query; see tgdb query --help".into() });
    }
    let channel = options.connection.connect()?;
    let writing = options.shown.writing(color);
    interrupt::guard(&channel, |interrupt| {
        let start = Instant::now();
        let answer = channel.query(request(text.trim(), options.shown.limit))?;
        if options.shown.timing {
            print_time(start.elapsed());
        }
        writing.write(&answer, &mut BufWriter::with_capacity(64 * 1024, io::stdout().lock()), &|| interrupt.check())
    })
}

impl Options {
    /// The query. Of the two positional arguments a single one is the query, unless there is a
    /// file.
    fn text(&mut self) -> Result<String, Failure> {
        if let Some(path) = &self.file {
            let unread = |source| Failure::Read { path: path.display().to_string(), source };
            return std::fs::read_to_string(path).map_err(unread);
        }
        match self.query.take().or_else(|| self.connection.take_url()) {
            Some(text) if text != "-" => Ok(text),
            None if io::stdin().is_terminal() => Ok(String::new()),
            _ => {
                let mut text = String::new();
                let unread = |source| Failure::Read { path: "the standard input".into(), source };
                io::stdin().read_to_string(&mut text).map_err(unread)?;
                Ok(text)
            }
        }
    }
}

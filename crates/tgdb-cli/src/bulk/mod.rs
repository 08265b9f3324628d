//! `tgdb import` and `tgdb export`.

pub(crate) mod export;
pub(crate) mod import;
mod names;

use std::ops::ControlFlow;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tgdb_channel::TgChannel;
use tgdb_channel::bulk::{BulkError, CsvFormat, Delimiter, Escape};

use crate::exit::Failure;
use crate::interrupt;

/// How long the server has, after Ctrl-C, to answer the portion that it was sent.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is between two fields.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum DelimiterArg {
    Comma,
    Semicolon,
    Tab,
}

/// How a quote inside of quotes is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum EscapeArg {
    /// Twice, as in RFC 4180
    Doubled,
    /// Behind a backslash
    Backslash,
}

/// How the CSV files are written.
#[derive(Debug, Args)]
#[command(next_help_heading = "CSV")]
struct Csv {
    /// What is between two fields
    #[arg(long, value_name = "NAME", default_value = "comma")]
    delimiter: DelimiterArg,
    /// How a quote inside of quotes is written
    #[arg(long, value_name = "HOW", default_value = "doubled")]
    quote: EscapeArg,
}

impl Csv {
    fn format(&self) -> CsvFormat {
        CsvFormat {
            delimiter: match self.delimiter {
                DelimiterArg::Comma => Delimiter::Comma,
                DelimiterArg::Semicolon => Delimiter::Semicolon,
                DelimiterArg::Tab => Delimiter::Tab,
            },
            escape: match self.quote {
                EscapeArg::Doubled => Escape::DoubledQuote,
                EscapeArg::Backslash => Escape::Backslash,
            },
        }
    }
}

/// For the callbacks of the library: whether to go on.
fn go_on() -> ControlFlow<()> {
    if interrupt::is_interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// Runs an import or export, which a signal cancels. The error then says how far it had come.
fn guard<T>(channel: &TgChannel, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    let mut cancelled = None;
    let result = interrupt::guard_patiently(channel, PATIENCE, |_| match work() {
        Err(Failure::Bulk(BulkError::Cancelled { step } | BulkError::Request { step, .. }))
            if interrupt::is_interrupted() =>
        {
            cancelled = Some(step);
            Err(Failure::Interrupted)
        }
        result => result,
    });
    match (result, cancelled) {
        (Err(Failure::Interrupted), Some(step)) => Err(Failure::Cancelled { step }),
        (result, _) => result,
    }
}

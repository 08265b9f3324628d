//! What the channel reports on the standard error: warnings, and more with `--verbose`.

use std::collections::HashSet;
use std::fmt;
use std::io;
use std::sync::{Mutex, PoisonError};

use clap::Args;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;

use crate::output::Color;

/// All that the crates of the client report.
const ALL: &str = "tgdb";
const PAYLOAD: &str = "tgdb::payload";

/// Warnings that no error message of the tool repeats. A lost connection, for one, is an error.
const WARNINGS: [&str; 5] = ["tgdb::settings", "tgdb::tls", "tgdb::trace", "tgdb::transaction", "tgdb::bulk"];

#[derive(Debug, Args)]
pub(crate) struct Verbosity {
    /// Log the connection on the standard error; -vv also requests, -vvv frames, -vvvv contents
    #[arg(long, short, global = true, help_heading = "Common", action = clap::ArgAction::Count)]
    verbose: u8,
}

impl Verbosity {
    /// Shows what is reported from now on.
    pub(crate) fn listen(&self, color: Color) {
        let targets = match self.verbose {
            0 => Targets::new().with_targets(WARNINGS.map(|target| (target, Level::WARN))),
            1 => Targets::new().with_target(ALL, Level::INFO),
            2 => Targets::new().with_target(ALL, Level::DEBUG),
            3 => Targets::new().with_target(ALL, Level::TRACE).with_target(PAYLOAD, LevelFilter::OFF),
            _ => Targets::new().with_target(ALL, Level::TRACE),
        };
        let level = targets.iter().map(|(_, level)| level).max().unwrap_or(LevelFilter::OFF);
        // Events have what matters of their spans, too.
        let is_wanted = move |metadata: &Metadata<'_>| {
            metadata.is_event() && targets.would_enable(metadata.target(), metadata.level())
        };
        let filter = filter_fn(is_wanted).with_max_level_hint(level);
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(io::stderr)
            .with_ansi(self.verbose > 0 && color.is_wanted_on(&io::stderr()))
            // The standard error can be closed.
            .log_internal_errors(false);
        let registry = tracing_subscriber::registry();
        // It fails if there is another one, which there is not.
        let _ = match self.verbose {
            0 => registry.with(layer.event_format(Warnings::default()).with_filter(filter)).try_init(),
            _ => registry.with(layer.with_filter(filter)).try_init(),
        };
    }
}

/// Whether more than warnings is shown.
pub(crate) fn is_wanted() -> bool {
    LevelFilter::current() > LevelFilter::WARN
}

/// Whether the contents of messages are shown.
pub(crate) fn shows_contents() -> bool {
    tracing::event_enabled!(target: PAYLOAD, Level::TRACE)
}

/// Warnings as the tool's own lines. Each is shown once, however many connections it is about.
#[derive(Default)]
struct Warnings(Mutex<HashSet<String>>);

impl<S, N> FormatEvent<S, N> for Warnings
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut text = String::new();
        context.format_fields(Writer::new(&mut text), event)?;
        let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(text.clone());
        if is_new { writeln!(writer, "tgdb: warning: {text}") } else { Ok(()) }
    }
}

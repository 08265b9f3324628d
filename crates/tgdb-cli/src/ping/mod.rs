//! `tgdb ping`: how long each step to the server takes.

mod certificate;
mod report;

use std::time::{Duration, Instant};

use clap::Args;
use tgdb_channel::TgChannel;
use tgdb_pdu::body::QueryRequest;
use tgdb_pdu::call::GetMetadata;

use crate::connect::Connection;
use crate::exit::Failure;
use crate::interrupt;
use crate::output::Color;
use report::{Report, Rounds};

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    connection: Connection,
    /// Number of requests, one after the other
    #[arg(long, short, value_name = "COUNT", default_value_t = 4)]
    count: u32,
    /// Pause between two requests
    #[arg(long, short, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "100ms")]
    interval: Duration,
    /// Send this query instead of requests for the types of the graph
    #[arg(long, short, value_name = "QUERY")]
    query: Option<String>,
    /// Write one JSON object at the end
    #[arg(long)]
    json: bool,
}

/// Logs in, sends requests, and shows how long all of it took.
pub(crate) fn run(options: &Options, color: Color) -> Result<(), Failure> {
    let channel = options.connection.connect()?;
    interrupt::guard(&channel, |interrupt| {
        let report = Report::of(&channel);
        if !options.json {
            report.print(color)?;
        }
        let mut rounds = Rounds::default();
        let mut result = Ok(());
        for number in 0..options.count {
            if number > 0 {
                result = interrupt.pause(options.interval);
            }
            result = result.and_then(|()| round(options, &channel)).and_then(|time| {
                rounds.add(time);
                if options.json { Ok(()) } else { report::print_round(time) }
            });
            if result.is_err() {
                break;
            }
        }
        if options.json {
            report.print_json(&rounds)?;
        } else {
            rounds.print()?;
        }
        result
    })
}

fn round(options: &Options, channel: &TgChannel) -> Result<Duration, Failure> {
    let start = Instant::now();
    // One request and its reply; the results of a query are not looked at.
    match &options.query {
        Some(query) => drop(channel.call(QueryRequest::from(query.as_str()))?),
        None => drop(channel.call(GetMetadata)?),
    }
    Ok(start.elapsed())
}

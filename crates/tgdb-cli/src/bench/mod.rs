//! `tgdb bench`: how many requests a second, and how long they take.

mod report;
mod work;

use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use clap::Args;
use crossbeam_channel::{Receiver, select, tick};
use tgdb_channel::pdu::body::QueryRequest;
use tgdb_channel::{StopMethod, TgChannel};

use crate::connect::Connection;
use crate::exit::Failure;
use crate::output::Color;
use crate::{interrupt, progress};
use report::Report;
use work::{Crowd, Goal, Question};

/// What `--help` says below the options.
pub(crate) const HELP: &str = "\
Each request in flight has a thread, which sends the next one when the reply is there. So a server
that pauses gets fewer requests meanwhile, and the latencies do not say how long others would have
waited. Latencies are those of requests that succeeded, from sending to the decoded reply. Errors
are counted by kind; it is a failure if no request succeeds, or all connections are lost. Ctrl-C
ends early, with the figures up to then.";

/// How often the bar moves.
const TICK: Duration = Duration::from_millis(100);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Number of connections
    #[arg(long, value_name = "COUNT", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=1000))]
    connections: u32,
    /// Number of requests in flight on each connection
    #[arg(long, value_name = "COUNT", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=1000))]
    in_flight: u32,
    /// How long to send requests
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "10s")]
    duration: Duration,
    /// Number of requests to send, however long it takes
    #[arg(long, value_name = "COUNT", conflicts_with = "duration")]
    requests: Option<NonZeroU64>,
    /// Send this query instead of requests for the types of the graph
    #[arg(long, short, value_name = "QUERY")]
    query: Option<String>,
    /// Write one JSON object at the end
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Sends requests until time or number are reached, the connections are lost, or a signal comes.
pub(crate) fn run(options: &Options, color: Color) -> Result<(), Failure> {
    let channels = options.connection.connect_all(options.connections)?;
    let signals = interrupt::signals()?;
    let question = match &options.query {
        Some(text) => Question::Query(QueryRequest::from(text.as_str())),
        None => Question::Types,
    };
    let goal = match options.requests {
        Some(requests) => Goal::Requests(requests.get()),
        None => Goal::Time(options.duration),
    };
    let start = Instant::now();
    let crowd = Crowd::start(&channels, options.in_flight, question, goal)?;
    wait(&crowd, &channels, &signals, goal, start);
    let tally = crowd.join();
    let report = Report { options, elapsed: start.elapsed(), tally: &tally };
    channels.iter().for_each(|channel| channel.stop(StopMethod::ClientForceful));
    if options.json {
        report.print_json()?
    } else {
        report.print(color)?
    }
    let threads = u64::from(options.connections) * u64::from(options.in_flight);
    let has_failed = tally.requests() == 0 || tally.gave_up == threads;
    match tally.error {
        _ if interrupt::is_interrupted() => Err(Failure::Interrupted),
        Some(error) if has_failed => Err(Failure::Channel(error)),
        _ => Ok(()),
    }
}

/// Waits until all threads have ended, or a signal comes, which stops the channels.
fn wait(crowd: &Crowd, channels: &[TgChannel], signals: &Receiver<()>, goal: Goal, start: Instant) {
    let bar = match goal {
        Goal::Requests(requests) => progress::bar(Some(requests), "{elapsed} {wide_bar} {pos} of {len} requests"),
        Goal::Time(time) => {
            let end = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            progress::bar(Some(end), "{elapsed} {wide_bar} {msg}")
        }
    };
    let ticks = tick(TICK);
    loop {
        select! {
            recv(crowd.ended()) -> _ => break,
            recv(signals) -> _ => {
                crowd.stop();
                channels.iter().for_each(|channel| channel.stop(StopMethod::ClientForceful));
                break;
            }
            recv(ticks) -> _ => {
                let done = crowd.done();
                match goal {
                    Goal::Requests(_) => bar.set_position(done),
                    Goal::Time(_) => {
                        bar.set_position(u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX));
                        bar.set_message(format!("{done} requests"));
                    }
                }
            }
        }
    }
    bar.finish_and_clear();
}

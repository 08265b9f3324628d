//! The command line.

use clap::{Parser, Subcommand};

use crate::log::Verbosity;
use crate::output::Color;
use crate::{admin, bench, bulk, connect, decode, exit, metadata, ping, proxy, query, serve, shell};

/// The operator's tool for TIBCO Graph Database (TGDB).
#[derive(Debug, Parser)]
#[command(name = "tgdb", version, after_help = exit::TABLE, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// When to use colours; auto is on a terminal only
    #[arg(long, global = true, help_heading = "Common", value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Connect, log in and send requests, and show how long each step takes
    #[command(after_help = connect::HELP)]
    Ping(ping::Options),
    /// Send a query and show its results
    #[command(after_help = query::HELP)]
    Query(Box<query::Options>),
    /// Show the types of the graph
    #[command(after_help = connect::HELP)]
    Metadata(Box<metadata::Options>),
    /// Show users, roles, connections and the state of the server; end connections
    #[command(after_help = admin::HELP)]
    Admin(Box<admin::Options>),
    /// Send queries line by line, with editing and history, or those of a script
    #[command(after_help = shell::HELP)]
    Shell(Box<shell::Options>),
    #[command(after_help = proxy::HELP)]
    /// Stand between a client and a server, and show each message
    Proxy(Box<proxy::Options>),
    /// Show the messages of a capture, raw stream, hex dump or trace file
    Decode(decode::Options),
    /// Send requests for some time, and show how many a second there are and how long they take
    #[command(after_help = bench::HELP)]
    Bench(bench::Options),
    /// Import nodes and edges from CSV files
    #[command(after_help = bulk::import::HELP)]
    Import(bulk::import::Options),
    /// Export all nodes and edges to CSV files
    #[command(after_help = bulk::export::HELP)]
    Export(bulk::export::Options),
    #[command(after_help = serve::HELP)]
    /// Serve a graph of airports for tests, with faults on demand
    Serve(Box<serve::Options>),
    /// Write a completion script for a shell to the standard output
    Completions {
        /// The shell to write it for
        shell: clap_complete::Shell,
    },
    /// Write the man page to the standard output
    Man,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}

//! `tgdb`, the operator's tool for TIBCO Graph Database (TGDB): see `docs/tgdb.md`.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod admin;
mod args;
mod bench;
mod bulk;
mod connect;
mod decode;
mod duration;
mod exit;
mod interrupt;
mod listing;
mod log;
mod metadata;
mod output;
mod pages;
mod pcap;
mod ping;
mod progress;
mod proxy;
mod query;
mod record;
mod serve;
mod shell;
mod table;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.verbosity.listen(cli.color);
    exit::report(match cli.command {
        Command::Ping(options) => ping::run(&options, cli.color),
        Command::Query(options) => query::run(*options, cli.color),
        Command::Metadata(options) => metadata::run(&options, cli.color),
        Command::Admin(options) => admin::run(&options, cli.color),
        Command::Shell(options) => shell::run(&options, cli.color),
        Command::Proxy(options) => proxy::run(&options, cli.color),
        Command::Decode(options) => decode::run(&options, cli.color),
        Command::Bench(options) => bench::run(&options, cli.color),
        Command::Import(options) => bulk::import::run(&options),
        Command::Export(options) => bulk::export::run(&options),
        Command::Serve(options) => serve::run(&options),
        Command::Completions { shell } => pages::completions(shell),
        Command::Man => pages::man(),
    })
}

//! The loopback server as a program.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod serve;

use std::process::ExitCode;

use lexopt::prelude::*;
use tgdb_pdu::graph::Layout;

const USAGE: &str = "\
usage: tgdb-testkit serve [--port N] [--tls-port N] [--echo | --python] [--trace]
                          [--dump DIRECTORY]

serve  serves a graph of airports on 127.0.0.1 until SIGINT (Ctrl-C) or SIGTERM; the
       standard input is not read. Both ports have the same graph
       --port N      plain TCP port (default 8222; 0 for none)
       --tls-port N  TLS port (default 8223; 0 for none)
       --echo        no graph: each reply repeats what was asked
       --python      lay CLOB and BLOB attributes out as Python's client reads them,
                     not as Java's and Go's do
       --trace       print each message that comes
       --dump DIR    at the end write what went over each connection, in clear text
";

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tgdb-testkit: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let mut parser = lexopt::Parser::from_env();
    let mut command = None;
    let mut options = serve::Options::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("port") => options.port = parser.value()?.parse()?,
            Long("tls-port") => options.tls_port = parser.value()?.parse()?,
            Long("echo") => options.echo = true,
            Long("python") => options.layout = Layout::ReplyWithData,
            Long("trace") => options.trace = true,
            Long("dump") => options.dump = Some(parser.value()?.into()),
            Short('h') | Long("help") => {
                print!("{USAGE}");
                return Ok(());
            }
            Value(value) if command.is_none() => command = Some(value.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    match command.as_deref() {
        Some("serve") => serve::run(&options),
        _ => Err(format!("say what to do\n{USAGE}").into()),
    }
}

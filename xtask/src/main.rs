//! The checks of this workspace: `cargo xtask ci` runs them all.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod deny;
mod dissector;
mod examples;
mod features;
mod fuzz;
mod interop;
mod layers;
mod msrv;
mod package;
mod simulate;
mod targets;

use std::process::ExitCode;
use std::time::Instant;

use xshell::{Shell, cmd};

const USAGE: &str = "\
usage: cargo xtask ci       the steps of the list below down to `alone`, in some minutes
       cargo xtask full     all steps of the list below
       cargo xtask STEP     one of them
       cargo xtask bench [ARGUMENTS]
                            all benches in turn, or those that the arguments name; see
                            docs/performance.md
       cargo xtask fuzz [--seconds N | --runs N] [TARGET...]
                            the fuzz targets, each N seconds (8) or executions; see
                            docs/testing.md
       cargo xtask interop [--python FOLDER] [--java CLASSPATH] [--go PROGRAM]
                            the vendor's clients, which are given by paths, against the
                            loopback server; see tests/interop/README.md
       cargo xtask dissector
                            write docs/wireshark/tgdb.lua
       cargo xtask transcripts
                            write what the commands in docs/tgdb.md print into it
       cargo xtask simulate [--seeds N] [--first F] [--seed N]
                            the session on simulated networks: N seeds (100000) from F (0) on,
                            or one, with all that happens
steps:
";

type Failure = Box<dyn std::error::Error>;

/// Name, what it checks, how.
type Step = (&'static str, &'static str, fn(&Shell) -> Result<(), Failure>);

const STEPS: &[Step] = &[
    ("layers", "which crate may depend on which", layers::check),
    ("wireshark", "the dissector is that of the tables", dissector::check),
    ("fmt", "formatting", fmt),
    ("clippy", "lints, without warnings", clippy),
    ("test", "all tests, with 2,000 seeds of the simulation", test),
    ("examples", "the examples run to their end", examples::run),
    ("doc", "documentation, without warnings", doc),
    ("alone", "each crate builds by itself, and without TLS", alone),
];

/// Steps of `full` only: `ci` is to take minutes on a fresh machine with two cores.
const MORE_STEPS: &[Step] = &[
    ("fuzz", "the fuzz targets for a minute", fuzz::ci),
    ("features", "the crates build with each combination of features, without TLS too", features::check),
    ("targets", "the libraries compile for Windows, macOS and FreeBSD, as far as installed", targets::check),
    ("msrv", "nothing that is used is newer than rust-version", msrv::check),
    ("package", "the crates can be published", package::check),
    ("deny", "licences, sources, duplicates and advisories of the dependencies", deny::check),
    ("interop", "the vendor's clients against the loopback server, where there are some", interop::step),
];

fn main() -> ExitCode {
    let mut arguments = lexopt::Parser::from_env();
    let command = arguments.next().ok().flatten();
    let command = command.and_then(|argument| match argument {
        lexopt::Arg::Value(name) => name.into_string().ok(),
        _ => None,
    });
    match Shell::new().map_err(Failure::from).and_then(|sh| run(&sh, command.as_deref(), arguments)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprint!("{USAGE}");
            STEPS.iter().chain(MORE_STEPS).for_each(|(name, what, _)| eprintln!("       {name:<9} {what}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command; `false` if there is none of that name.
fn run(sh: &Shell, command: Option<&str>, arguments: lexopt::Parser) -> Result<bool, Failure> {
    match command {
        Some(name @ ("ci" | "full")) => {
            no_more(arguments)?;
            let started = Instant::now();
            let more = if name == "full" { MORE_STEPS } else { &[] };
            STEPS.iter().chain(more).try_for_each(|step| run_step(sh, step))?;
            println!("all checks passed in {:.0?}", started.elapsed());
        }
        Some("bench") => bench(sh, arguments)?,
        Some("fuzz") => fuzz::run(sh, arguments)?,
        Some("interop") => interop::run(sh, arguments)?,
        Some("dissector") => {
            no_more(arguments)?;
            dissector::write(sh)?;
        }
        Some("transcripts") => {
            no_more(arguments)?;
            transcripts(sh)?;
        }
        Some("simulate") => simulate::run(sh, arguments)?,
        Some(name) => {
            let Some(step) = STEPS.iter().chain(MORE_STEPS).find(|(known, ..)| *known == name) else {
                return Ok(false);
            };
            no_more(arguments)?;
            run_step(sh, step)?;
        }
        None => return Ok(false),
    }
    Ok(true)
}

fn no_more(mut arguments: lexopt::Parser) -> Result<(), Failure> {
    arguments.next()?.map_or(Ok(()), |argument| Err(argument.unexpected().into()))
}

fn run_step(sh: &Shell, (name, _, run): &Step) -> Result<(), Failure> {
    println!("== {name}");
    let started = Instant::now();
    run(sh).map_err(|error| format!("{name}: {error}"))?;
    println!("== {name}: done in {:.0?}", started.elapsed());
    Ok(())
}

/// The cargo that built this binary, so that all steps use the same.
fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".into())
}

fn fmt(sh: &Shell) -> Result<(), Failure> {
    let cargo = cargo();
    Ok(cmd!(sh, "{cargo} fmt --all --check").run()?)
}

fn clippy(sh: &Shell) -> Result<(), Failure> {
    let cargo = cargo();
    cmd!(sh, "{cargo} clippy --workspace --all-targets --locked -- -D warnings").run()?;
    Ok(cmd!(sh, "{cargo} clippy --package tgdb-pdu --all-features --all-targets --locked -- -D warnings").run()?)
}

/// Tests of `tgdb-pdu` that run without its features too: what they add to a message as text.
const WITHOUT_FEATURES: &[&str] = &["--test", "display", "--test", "wiping"];

/// All tests of `tgdb-pdu` run with all its features, and those whose outcome depends on the features
/// without them too. `alone` builds it without them.
fn test(sh: &Shell) -> Result<(), Failure> {
    let cargo = cargo();
    cmd!(sh, "{cargo} test --workspace --exclude tgdb-pdu --locked").run()?;
    cmd!(sh, "{cargo} test --package tgdb-pdu --all-features --locked").run()?;
    Ok(cmd!(sh, "{cargo} test --package tgdb-pdu {WITHOUT_FEATURES...} --locked").run()?)
}

fn doc(sh: &Shell) -> Result<(), Failure> {
    let cargo = cargo();
    let _deny = sh.push_env("RUSTDOCFLAGS", "-D warnings");
    cmd!(sh, "{cargo} doc --workspace --no-deps --locked").run()?;
    Ok(cmd!(sh, "{cargo} doc --package tgdb-pdu --all-features --no-deps --locked").run()?)
}

/// Each crate by itself, so that features that other crates turn on are off.
fn alone(sh: &Shell) -> Result<(), Failure> {
    let cargo = cargo();
    for (name, _) in layers::CRATES {
        cmd!(sh, "{cargo} check --package {name} --locked").run()?;
    }
    features::check_quickly(sh)
}

/// The test that compares them writes them if it is asked to.
fn transcripts(sh: &Shell) -> Result<(), Failure> {
    let cargo = cargo();
    let _overwrite = sh.push_env("TRYCMD", "overwrite");
    Ok(cmd!(sh, "{cargo} test --package tgdb-cli --test transcripts --locked").run()?)
}

fn bench(sh: &Shell, mut arguments: lexopt::Parser) -> Result<(), Failure> {
    let cargo = cargo();
    let arguments: Vec<_> = arguments.raw_args()?.collect();
    if arguments.is_empty() {
        cmd!(sh, "{cargo} bench --package tgdb-pdu --bench graph --locked").run()?;
        cmd!(sh, "{cargo} bench --package tgdb-cli --bench relay --locked").run()?;
    }
    Ok(cmd!(sh, "{cargo} bench --package tgdb-tests --locked -- {arguments...}").run()?)
}

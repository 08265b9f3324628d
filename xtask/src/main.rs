//! The checks of this workspace: `cargo xtask ci` runs them all.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod layers;
mod simulate;

use std::process::ExitCode;
use std::time::Instant;

use xshell::{Shell, cmd};

const USAGE: &str = "\
usage: cargo xtask ci      all checks: layers, fmt, clippy, tests, docs, each crate alone
       cargo xtask layers  which crate may depend on which
       cargo xtask simulate [--seeds N] [--first F] [--seed N]
                           the session on simulated networks: N seeds (100000) from F (0) on,
                           or one, with all that happens
";

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let mut arguments = lexopt::Parser::from_env();
    let command = arguments.next().ok().flatten();
    let command = command.and_then(|argument| match argument {
        lexopt::Arg::Value(name) => name.into_string().ok(),
        _ => None,
    });
    let result = match command.as_deref() {
        Some("simulate") => Shell::new().map_err(Failure::from).and_then(|sh| simulate::run(&sh, arguments)),
        Some("ci") => Shell::new().map_err(Failure::from).and_then(|sh| ci(&sh)),
        Some("layers") => Shell::new().map_err(Failure::from).and_then(|sh| layers::check(&sh)),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The cargo that built this binary, so that all steps use the same.
fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".into())
}

fn ci(sh: &Shell) -> Result<(), Failure> {
    let cargo = cargo();
    let started = Instant::now();
    step("layers", || layers::check(sh))?;
    step("fmt", || Ok(cmd!(sh, "{cargo} fmt --all --check").run()?))?;
    step("clippy", || Ok(cmd!(sh, "{cargo} clippy --workspace --all-targets --locked -- -D warnings").run()?))?;
    step("test", || Ok(cmd!(sh, "{cargo} test --workspace --locked").run()?))?;
    step("doc", || {
        let _deny = sh.push_env("RUSTDOCFLAGS", "-D warnings");
        Ok(cmd!(sh, "{cargo} doc --workspace --no-deps --locked").run()?)
    })?;
    step("each crate alone", || {
        // With the features of the workspace's other crates out of the way.
        layers::CRATES.iter().try_for_each(|(name, _)| Ok(cmd!(sh, "{cargo} check --package {name} --locked").run()?))
    })?;
    println!("all checks passed in {:.0?}", started.elapsed());
    Ok(())
}

fn step(name: &str, run: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    println!("== {name}");
    let started = Instant::now();
    run().map_err(|error| format!("{name}: {error}"))?;
    println!("== {name}: done in {:.0?}", started.elapsed());
    Ok(())
}

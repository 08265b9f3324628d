//! `cargo xtask simulate`: the simulation of the session with more seeds than the tests have.

use lexopt::prelude::*;
use xshell::{Shell, cmd};

use crate::{Failure, cargo};

/// How many seeds are run if no number is given.
const SEEDS: u64 = 100_000;

/// Runs the simulation as the arguments say.
pub(crate) fn run(sh: &Shell, mut arguments: lexopt::Parser) -> Result<(), Failure> {
    let (mut first, mut seeds) = (0, SEEDS);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("seeds") => seeds = arguments.value()?.parse()?,
            Long("first") => first = arguments.value()?.parse()?,
            Long("seed") => (first, seeds) = (arguments.value()?.parse()?, 1),
            other => return Err(other.unexpected().into()),
        }
    }
    let cargo = cargo();
    let _first = sh.push_env("TGDB_SIM_FIRST_SEED", first.to_string());
    let _seeds = sh.push_env("TGDB_SIM_SEEDS", seeds.to_string());
    let test =
        cmd!(sh, "{cargo} test --release --quiet --package tgdb-channel --test simulation --locked -- --nocapture");
    Ok(test.quiet().run()?)
}

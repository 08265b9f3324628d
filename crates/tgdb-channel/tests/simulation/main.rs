//! The session and servers on a network in virtual time. All that happens follows from a
//! seed; what must be true is checked after each step. Time here is that of the network.
//!
//! `cargo xtask simulate --seeds 100000` runs more seeds than the test,
//! `cargo xtask simulate --seed 17` one, and prints what happened.
#![allow(clippy::unwrap_used)]

mod coverage;
mod driver;
mod links;
mod program;
mod requests;
mod scenario;
mod simulation;
mod wire;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use coverage::Coverage;
use simulation::Simulation;

/// How late a thing may be: the driver puts each kind of work off for up to 2.7 ms.
const EPSILON: Duration = Duration::from_millis(10);

/// Whether all is as it must be, or what is not.
type Check = Result<(), String>;

/// Returns what is wrong if the condition does not hold.
macro_rules! check {
    ($condition:expr, $($what:tt)+) => {
        if !$condition {
            return Err(format!($($what)+));
        }
    };
}
use check;

/// Who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Request(usize),
    Room(usize),
}

struct Failure {
    what: String,
    trace: Vec<String>,
}

fn run(seed: u64, is_traced: bool) -> Result<Coverage, Failure> {
    let mut simulation = Simulation::new(seed, is_traced);
    let result = catch_unwind(AssertUnwindSafe(|| simulation.run()));
    let result = result.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or(panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default())
    });
    let now = simulation.driver.now();
    match result {
        Ok(()) if is_traced => Err(Failure { what: "no failure".into(), trace: simulation.take_trace() }),
        Ok(()) => Ok(simulation.coverage),
        Err(what) => Err(Failure { what: format!("at {now:?}: {what}"), trace: simulation.take_trace() }),
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |value| value.parse().unwrap())
}

/// Runs the seeds on all cores: the coverage, or the first seed that failed and why.
fn run_all(first: u64, count: u64) -> Result<Coverage, (u64, u64, String)> {
    let (next, done) = (AtomicU64::new(first), AtomicU64::new(0));
    let coverage = Mutex::new(Coverage::default());
    let failed = Mutex::new(None::<(u64, String)>);
    let work = || loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= first + count || failed.lock().unwrap().is_some() {
            break;
        }
        match run(seed, false) {
            Ok(of_one) => coverage.lock().unwrap().merge(of_one),
            Err(failure) => {
                let mut failed = failed.lock().unwrap();
                if failed.as_ref().is_none_or(|(earlier, _)| seed < *earlier) {
                    *failed = Some((seed, failure.what));
                }
            }
        }
        done.fetch_add(1, Ordering::Relaxed);
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    match failed.into_inner().unwrap() {
        Some((seed, what)) => Err((seed, done.into_inner(), what)),
        None => Ok(coverage.into_inner().unwrap()),
    }
}

#[test]
fn the_session_keeps_its_promises_over_any_network() {
    let first = setting("TGDB_SIM_FIRST_SEED", 0);
    let count = setting("TGDB_SIM_SEEDS", 2000);
    let started = Instant::now();
    if count == 1 {
        let failure = run(first, true).err().unwrap();
        failure.trace.iter().for_each(|line| println!("{line}"));
        println!("{:#?}", scenario::Scenario::from_seed(first));
        assert!(failure.what == "no failure", "seed {first} {}", failure.what);
        return;
    }
    match run_all(first, count) {
        Ok(coverage) => {
            println!("{count} seeds from {first} in {:.1?}:\n{coverage}", started.elapsed());
            let missing = coverage.missing();
            assert!(count < 2000 || missing.is_empty(), "the simulation does not reach {missing:?} any more");
        }
        Err((seed, done, what)) => {
            println!("seed {seed} failed after {done} seeds; what happened there last:");
            let trace = run(seed, true).err().map(|failure| failure.trace).unwrap_or_default();
            trace[trace.len().saturating_sub(40)..].iter().for_each(|line| println!("{line}"));
            panic!("seed {seed} {what}\nTo see all of it: cargo xtask simulate --seed {seed}");
        }
    }
}

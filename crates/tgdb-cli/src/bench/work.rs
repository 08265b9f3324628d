//! The threads that send requests.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use hdrhistogram::Histogram;
use tgdb_channel::pdu::body::QueryRequest;
use tgdb_channel::pdu::call::GetMetadata;
use tgdb_channel::{ChannelError, LinkState, TgChannel};

use crate::exit::Failure;

/// Significant digits of latencies.
const DIGITS: u8 = 3;

/// The stack of a thread in bytes.
const STACK: usize = 256 * 1024;

/// What ends a run.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal {
    Time(Duration),
    Requests(u64),
}

/// What is asked.
#[derive(Debug, Clone)]
pub(super) enum Question {
    Types,
    Query(QueryRequest),
}

impl Question {
    fn ask(&self, channel: &TgChannel) -> Result<(), ChannelError> {
        match self {
            Self::Types => channel.call(GetMetadata).map(drop),
            Self::Query(query) => channel.call(query.clone()).map(drop),
        }
    }
}

/// What came of requests.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Nanoseconds of requests that succeeded.
    pub(super) latencies: Option<Histogram<u64>>,
    /// By kind.
    pub(super) errors: BTreeMap<String, u64>,
    /// One of them.
    pub(super) error: Option<ChannelError>,
    /// How many threads have given up, because their connection is lost.
    pub(super) gave_up: u64,
}

impl Tally {
    pub(super) fn requests(&self) -> u64 {
        self.latencies.as_ref().map_or(0, Histogram::len)
    }

    fn record(&mut self, latency: Duration) {
        if self.latencies.is_none() {
            // That many digits are possible.
            self.latencies = Histogram::new(DIGITS).ok();
        }
        if let Some(latencies) = &mut self.latencies {
            // It grows as needed.
            let _ = latencies.record(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX).max(1));
        }
    }

    fn add(&mut self, other: Self) {
        match (&mut self.latencies, other.latencies) {
            (Some(all), Some(more)) => drop(all.add(more)),
            (all @ None, more) => *all = more,
            (Some(_), None) => {}
        }
        for (kind, count) in other.errors {
            *self.errors.entry(kind).or_default() += count;
        }
        self.error = other.error.or(self.error.take());
        self.gave_up += other.gave_up;
    }
}

/// What the threads share.
struct Shared {
    question: Question,
    deadline: Option<Instant>,
    /// Requests that are still to be sent.
    left: AtomicU64,
    done: AtomicU64,
    stopped: AtomicBool,
}

impl Shared {
    /// Whether one more request is to be sent, which is then counted as sent.
    fn take(&self) -> bool {
        if self.stopped.load(Ordering::Relaxed) || self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return false;
        }
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    fn run(&self, channel: &TgChannel) -> Tally {
        let mut tally = Tally::default();
        while self.take() {
            let start = Instant::now();
            match self.question.ask(channel) {
                Ok(()) => tally.record(start.elapsed()),
                // What was stopped is no error.
                Err(_) if self.stopped.load(Ordering::Relaxed) => break,
                Err(error) => {
                    *tally.errors.entry(format!("{:?}", error.kind())).or_default() += 1;
                    tally.error = Some(error);
                    if channel.wait_reconnected() != LinkState::Connected {
                        tally.gave_up = 1;
                        break;
                    }
                }
            }
            self.done.fetch_add(1, Ordering::Relaxed);
        }
        tally
    }
}

/// All threads.
pub(super) struct Crowd {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<Tally>>,
    ended: Receiver<()>,
}

impl Crowd {
    /// Starts so many threads for each channel.
    pub(super) fn start(
        channels: &[TgChannel],
        in_flight: u32,
        question: Question,
        goal: Goal,
    ) -> Result<Self, Failure> {
        let (deadline, left) = match goal {
            // A time too long for the clock is without end.
            Goal::Time(time) => (Instant::now().checked_add(time), u64::MAX),
            Goal::Requests(requests) => (None, requests),
        };
        let (left, done, stopped) = (AtomicU64::new(left), AtomicU64::new(0), AtomicBool::new(false));
        let shared = Arc::new(Shared { question, deadline, left, done, stopped });
        let (alive, ended): (Sender<()>, _) = bounded(0);
        let mut crowd = Self { shared, threads: Vec::new(), ended };
        for channel in channels.iter().flat_map(|channel| std::iter::repeat_n(channel, in_flight as usize)) {
            let (shared, channel, alive) = (crowd.shared.clone(), channel.clone(), alive.clone());
            let work = move || {
                let tally = shared.run(&channel);
                drop(alive);
                tally
            };
            let thread = std::thread::Builder::new().name("tgdb-bench".into()).stack_size(STACK).spawn(work);
            crowd.threads.push(thread.inspect_err(|_| crowd.stop()).map_err(Failure::Start)?);
        }
        Ok(crowd)
    }

    /// Is disconnected when all threads have ended.
    pub(super) fn ended(&self) -> &Receiver<()> {
        &self.ended
    }

    /// Sends no more. What waits for its reply goes on.
    pub(super) fn stop(&self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
    }

    /// How many requests have ended.
    pub(super) fn done(&self) -> u64 {
        self.shared.done.load(Ordering::Relaxed)
    }

    /// What came of all of them, when the threads have ended.
    pub(super) fn join(self) -> Tally {
        let mut all = Tally::default();
        for thread in self.threads {
            if let Ok(tally) = thread.join() {
                all.add(tally);
            }
        }
        all
    }
}

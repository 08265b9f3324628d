//! 10,000 requests in flight on one channel from tokio tasks, while the server is stopped: no
//! worker of the runtime is blocked.
//!
//! `cargo run --release -p tgdb-channel --example tokio -- [SECONDS]`
//!
//! The runtime has one worker. A probe task is woken four times a millisecond, and measures
//! how much later it runs: that is how long the worker was not free. The server stops in the
//! middle of its work, for 10 s or as many seconds as the argument says: it neither reads nor
//! writes. Meanwhile about 1,000 more requests a second are submitted, until there is no room
//! left, and on.
//!
//! Fails if the probe was ever more than 100 ms late, which leaves room for a busy machine. On
//! an idle one it is less than 1 ms.

#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tgdb_channel::pdu::Message;
use tgdb_channel::pdu::body::{QueryCommand, QueryRequest};
use tgdb_channel::url::ConfigName;
use tgdb_channel::{ChannelError, RequestOptions, StopMethod, TgChannel};
use tgdb_testkit::{
    DEFAULT_DATABASE, DEFAULT_PASSWORD, DEFAULT_USER, ServerConfig, ServerSession, TestServer, echo, echoed,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

type Failure = Box<dyn std::error::Error>;

const IN_FLIGHT: usize = 10_000;
/// Where this program fails.
const TOO_LATE: Duration = Duration::from_millis(100);

/// Stops the server, which looks at it before each answer.
#[derive(Default)]
struct Gate {
    is_closed: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn set_closed(&self, is_closed: bool) {
        *self.is_closed.lock().unwrap_or_else(PoisonError::into_inner) = is_closed;
        self.opened.notify_all();
    }

    fn wait(&self) {
        let is_closed = self.is_closed.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.opened.wait_while(is_closed, |is_closed| *is_closed));
    }
}

fn main() -> Result<ExitCode, Failure> {
    let seconds = std::env::args().nth(1).map_or(Ok(10.0), |argument| argument.parse())?;
    let pause = Duration::try_from_secs_f64(seconds)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build()?;
    // `block_on` runs its future on this thread; what is spawned runs on the worker.
    let longest = runtime.block_on(run(pause))?;
    if longest > TOO_LATE {
        println!("the worker was blocked");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

async fn run(pause: Duration) -> Result<Duration, Failure> {
    let gate = Arc::new(Gate::default());
    let server = {
        let gate = gate.clone();
        TestServer::start(ServerConfig::scripted(move |session: &mut ServerSession, request: &Message| {
            gate.wait();
            echo(session, request);
        }))?
    };
    // Longer than the pause: a server that takes nothing for that long counts as lost.
    let patience = pause + Duration::from_secs(60);
    let channel = TgChannel::builder(&server.url())
        .user(DEFAULT_USER)
        .password(DEFAULT_PASSWORD)
        .database(DEFAULT_DATABASE)
        .property(ConfigName::ConnectionOperationTimeoutSeconds, patience.as_secs().to_string())
        .build()?;
    channel.connect_async().await?;
    channel.start()?;
    println!("nothing in flight, 1 s:");
    probe(Duration::from_secs(1)).await?;

    gate.set_closed(true);
    let mut requests = JoinSet::new();
    for number in 0..IN_FLIGHT {
        requests.spawn(request(channel.clone(), format!("request {number}")));
    }
    while channel.waiters().len() < IN_FLIGHT {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    println!("{IN_FLIGHT} in flight, the server stopped for {pause:?}, about 1,000 more a second:");
    let probe = tokio::spawn(async move { probe(pause).await.map_err(|error| error.to_string()) });
    let mut number = IN_FLIGHT;
    while !probe.is_finished() {
        // The timer of tokio takes up to 2 ms for this.
        for _ in 0..2 {
            requests.spawn(request(channel.clone(), format!("request {number} {:4000}", "")));
            number += 1;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let longest = probe.await??;
    let in_flight = channel.waiters().len();
    println!("   {number} requests by now: {in_flight} in flight, {} wait for room", number - in_flight);

    gate.set_closed(false);
    let resumed = Instant::now();
    while let Some(answered) = requests.join_next().await {
        answered??;
    }
    println!("the server goes on: all are answered after {:.0?}", resumed.elapsed());
    channel.stop(StopMethod::Graceful);
    Ok(longest)
}

async fn request(channel: TgChannel, text: String) -> Result<(), ChannelError> {
    let query = QueryRequest::text(QueryCommand::EXECUTE, text.clone());
    let reply = channel.request_async(query, RequestOptions::default()).await?;
    assert_eq!(echoed(&reply.body), Some(&*text), "another one's reply");
    Ok(())
}

/// Measures for that long how late a task runs that is woken. Returns the maximum.
async fn probe(time: Duration) -> Result<Duration, Failure> {
    let (wake, mut woken) = mpsc::unbounded_channel();
    let clock = std::thread::spawn(move || {
        let begun = Instant::now();
        while begun.elapsed() < time && wake.send(Instant::now()).is_ok() {
            std::thread::sleep(Duration::from_micros(250));
        }
    });
    let measure = async move {
        let mut delays: Vec<Duration> = Vec::new();
        while let Some(sent) = woken.recv().await {
            delays.push(sent.elapsed());
        }
        delays.sort();
        delays
    };
    let delays = tokio::spawn(measure).await?;
    clock.join().map_err(|_| "the clock panicked")?;
    let longest = delays.last().copied().unwrap_or_default();
    let at = |share: f64| delays.get((delays.len() as f64 * share) as usize).copied().unwrap_or_default();
    let late = delays.iter().filter(|delay| **delay > Duration::from_millis(1)).count();
    println!(
        "   the worker was free after {:.0?} (median), {:.0?} (99.9 %), {longest:.0?} (longest of {}); {late} above 1 ms",
        at(0.5),
        at(0.999),
        delays.len()
    );
    Ok(longest)
}

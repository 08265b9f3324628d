//! `tgdb proxy`: between a client and a server.

mod connection;
mod fault;
mod relay;
mod tls;
mod watch;

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::exit::Failure;
use crate::interrupt;
use crate::output::{Color, Output};
use crate::pcap::Capture;
use crate::record::{Event, Format, Record, Settings};
use connection::Service;
pub(crate) use fault::{Corruption, Delay};
use watch::{Watch, Watched};

/// How long connections have, after Ctrl-C, to be closed.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much the thread of the output steps back behind those that relay.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// How long accepting pauses when the system has no descriptor left.
const PAUSE: Duration = Duration::from_millis(100);

/// What `--help` says below the options.
pub(crate) const HELP: &str = "\
Bytes are passed on unchanged, whether they can be decoded or not. Relaying does not wait for
the output: what it cannot follow is passed on all the same, and the output says how many
bytes are missing. Times are those at the target: a request's when it is passed on, a reply's
when it comes. So a latency is that of the server and its network, without delays that were
asked for. What is shown and saved is what is passed on, faults included. If the output or the
capture cannot be written any more, the proxy ends.";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The address to listen on, such as 127.0.0.1:18222; port 0 takes any free one
    #[arg(value_name = "LISTEN")]
    listen: String,
    /// The server, such as graph.example.com:8222
    #[arg(value_name = "TARGET")]
    target: String,
    /// Write one JSON object a line
    #[arg(long)]
    json: bool,
    /// Show passwords and tokens, too
    #[arg(long)]
    show_secrets: bool,
    /// Maximum number of characters to show of a message's content
    #[arg(long, value_name = "CHARACTERS", default_value_t = 400)]
    width: usize,
    /// Maximum length of messages whose content is shown
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    max_frame: u32,
    /// Write a capture that Wireshark and tgdb decode read; it holds passwords in clear text
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// End after this number of connections
    #[arg(long, value_name = "COUNT")]
    connections: Option<u64>,
    #[command(flatten)]
    faults: fault::Faults,
    #[command(flatten)]
    tls: tls::TlsArgs,
}

/// Runs the proxy until Ctrl-C, or until nobody reads its output.
pub(crate) fn run(options: &Options, color: Color) -> Result<(), Failure> {
    let listen = resolve(&options.listen)?;
    // Resolved again for each connection; here only to find mistakes.
    resolve(&options.target)?;
    let host = options.target.rsplit_once(':').map_or("", |(host, _)| host);
    let tls = options.tls.load(host.trim_start_matches('[').trim_end_matches(']'))?;
    let capture = match &options.save {
        None => None,
        Some(path) => {
            let name = path.display().to_string();
            let capture = Capture::create(path);
            Some((capture.map_err(|source| Failure::Write { path: name.clone(), source })?, name))
        }
    };
    let format = Format {
        json: options.json,
        color: color.is_wanted(),
        show_secrets: options.show_secrets,
        width: options.width,
    };
    let settings = Settings { max_frame: options.max_frame, check: false };
    let mut watch = Watch { output: Output::new(format), settings, capture };

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::Start)?;
    let stop = Arc::new(Notify::new());
    notify_of_signal(stop.clone())?;
    let listener = runtime.block_on(TcpListener::bind(listen));
    let listener = listener.map_err(|source| Failure::Listen { address: listen, source })?;
    let address = listener.local_addr().map_err(Failure::Start)?;
    let mut say = |event| {
        watch.output.write(&Record { time: Some(SystemTime::now()), connection: None, from: None, event })?;
        watch.output.flush()
    };
    say(Event::Listening { address })?;
    if options.tls.is_unverified() {
        say(Event::Note("the target's certificate is NOT VERIFIED; anybody can pose as the target".into()))?;
    }

    let (watcher, watched) = watch::queue();
    let service = Arc::new(Service { target: options.target.clone(), faults: options.faults.clone(), tls, watcher });
    let thread = watching(watch, watched, stop.clone())?;
    runtime.block_on(serve(&listener, service, &stop, options.connections));
    // Ends all tasks and with them the senders of the queue.
    runtime.shutdown_timeout(PATIENCE);
    thread.join().unwrap_or(Ok(()))
}

/// Ends the proxy at the first signal.
fn notify_of_signal(stop: Arc<Notify>) -> Result<(), Failure> {
    let signals = interrupt::signals()?;
    let wait = move || {
        if signals.recv().is_ok() {
            stop.notify_one();
        }
    };
    std::thread::Builder::new().name("tgdb-signals".into()).spawn(wait).map(drop).map_err(Failure::Start)
}

/// Starts the thread of the output. When that fails the proxy ends.
fn watching(
    watch: Watch,
    watched: Watched,
    stop: Arc<Notify>,
) -> Result<std::thread::JoinHandle<Result<(), Failure>>, Failure> {
    let run = move || {
        // Relaying comes first. On Linux this concerns the calling thread only.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::nice(NICENESS);
        let result = watch.run(&watched);
        stop.notify_one();
        result
    };
    std::thread::Builder::new().name("tgdb-watch".into()).spawn(run).map_err(Failure::Start)
}

fn resolve(address: &str) -> Result<SocketAddr, Failure> {
    let failed = |source| Failure::Resolve { address: address.to_owned(), source };
    let found = address.to_socket_addrs().map_err(failed)?.next();
    found.ok_or_else(|| failed(std::io::Error::other("it has no address")))
}

/// Takes connections until it is stopped, or those that were asked for have ended.
async fn serve(listener: &TcpListener, service: Arc<Service>, stop: &Notify, maximum: Option<u64>) {
    let mut open = JoinSet::new();
    let accept = async {
        let mut number = 0;
        while maximum.is_none_or(|maximum| number < maximum) {
            match listener.accept().await {
                Ok((client, address)) => {
                    number += 1;
                    open.spawn(service.clone().connection(number, client, address));
                    while open.try_join_next().is_some() {}
                }
                // A client that went away at once, or no descriptor is left.
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
        while open.join_next().await.is_some() {}
    };
    tokio::select! {
        () = accept => {}
        () = stop.notified() => {}
    }
}

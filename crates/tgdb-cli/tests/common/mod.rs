//! What the tests of the commands share.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

pub mod serve;
#[cfg(unix)]
pub mod terminal;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel as channel_of_requests};
use std::thread::JoinHandle;

use serde_json::Value;
use tgdb_channel::pdu::body::{QueryCommand, QueryRequest};
use tgdb_channel::pdu::{Message, Verb};
use tgdb_channel::{StopMethod, TgChannel};
use tgdb_testkit::{DEFAULT_DATABASE, DEFAULT_PASSWORD, DEFAULT_USER, ServerConfig, ServerSession, TestServer};

/// The program under test.
pub fn tgdb() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tgdb"))
}

/// A command that logs in as the default user.
pub fn client(name: &str) -> Command {
    let mut command = tgdb();
    command.arg(name).env("TGDB_USER", DEFAULT_USER).env("TGDB_PASSWORD", DEFAULT_PASSWORD);
    command
}

/// Runs a command whose standard output nobody reads.
pub fn to_closed_pipe(mut command: Command) -> Output {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    drop(command);
    child.wait_with_output().unwrap()
}

/// A directory that is removed at the end.
pub struct Directory(PathBuf);

impl Directory {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("tgdb-cli-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A proxy that runs.
pub struct Proxy {
    child: Child,
    pub address: SocketAddr,
    rest: Option<JoinHandle<String>>,
}

impl Proxy {
    /// Starts a proxy to the target on a free port.
    pub fn start(target: SocketAddr, arguments: &[&str]) -> Self {
        let mut command = tgdb();
        command.args(["proxy", "127.0.0.1:0", &target.to_string()]).args(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        let digits = first.trim_end().trim_end_matches(['"', '}']);
        let port = digits.rsplit_once(':').unwrap_or_else(|| panic!("no address: {first:?}")).1;
        let address = SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()));
        let rest = std::thread::spawn(move || {
            let mut text = first;
            out.read_to_string(&mut text).unwrap();
            text
        });
        Self { child, address, rest: Some(rest) }
    }

    /// Waits until it ends by itself, and returns its exit code and its outputs.
    pub fn end(mut self) -> (Option<i32>, String, String) {
        let out = self.rest.take().unwrap().join().unwrap();
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (self.child.wait().unwrap().code(), out, errors)
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A channel that reconnects at once.
pub fn channel(url: &str) -> tgdb_channel::ChannelBuilder {
    TgChannel::builder(url).user(DEFAULT_USER).password(DEFAULT_PASSWORD).database(DEFAULT_DATABASE)
}

/// A session: login, two queries, good-bye.
pub fn session(builder: tgdb_channel::ChannelBuilder) -> Result<(), tgdb_channel::ChannelError> {
    let channel = builder.build()?;
    channel.connect()?;
    channel.start()?;
    for text in ["g.V().count();", "g.E();"] {
        channel.request(QueryRequest::text(QueryCommand::EXECUTE_GREMLIN_STR, text))?;
    }
    channel.stop(StopMethod::Graceful);
    Ok(())
}

/// The exit code, the standard output and the standard error of a command that ended.
pub fn outputs(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A server with the graph of airports.
pub fn graph() -> TestServer {
    TestServer::start(ServerConfig::graph()).unwrap()
}

/// A server whose script never answers, and the requests that come to it.
pub fn silent() -> (TestServer, Receiver<Verb>) {
    let (sender, requests) = channel_of_requests();
    let script = move |_: &mut ServerSession, request: &Message| {
        // Nobody may listen any more.
        let _ = sender.send(request.verb());
    };
    (TestServer::start(ServerConfig::scripted(script)).unwrap(), requests)
}

/// `tgdb` as the user of the test servers, who is at that one.
pub fn user(url: &str, arguments: &[&str]) -> Command {
    let mut command = tgdb();
    for name in ["TGDB_PASSWORD_FILE", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.env("TGDB_URL", url).env("TGDB_USER", DEFAULT_USER).env("TGDB_PASSWORD", DEFAULT_PASSWORD);
    command.args(arguments).stdin(Stdio::null());
    command
}

/// What that command gives at a server.
pub fn at(server: &TestServer, arguments: &[&str]) -> (Option<i32>, String, String) {
    outputs(&user(&server.url(), arguments).output().unwrap())
}

/// What it prints, if it succeeds.
pub fn shown(server: &TestServer, arguments: &[&str]) -> String {
    let (code, out, errors) = at(server, arguments);
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{arguments:?}");
    out
}

/// Its JSON lines, if it succeeds.
pub fn lines(server: &TestServer, arguments: &[&str]) -> Vec<Value> {
    shown(server, arguments).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A channel to that server that is started.
pub fn started(server: &TestServer) -> TgChannel {
    let channel = channel(&server.url()).build().unwrap();
    channel.connect().unwrap();
    channel.start().unwrap();
    channel
}

/// What a command gives that reads that text.
pub fn reading(server: &TestServer, arguments: &[&str], text: &str) -> (Option<i32>, String, String) {
    let mut command = user(&server.url(), arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It need not read all of it, or anything.
    let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    outputs(&child.wait_with_output().unwrap())
}

/// Sends a signal to a program.
pub fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

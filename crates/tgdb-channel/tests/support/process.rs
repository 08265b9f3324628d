//! A server in another process, which can be stopped or put into another network.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tgdb_channel::pdu::FrameDecoder;
use tgdb_testkit::{Faults, ServerConfig, ServerEvent, ServerSession, echo};

/// Set for the other process: where it listens.
const ADDRESS: &str = "TGDB_TEST_SERVE";
const LISTENS: &str = "listens: ";

/// The server. It ends when this is dropped.
pub struct OtherProcess {
    child: Child,
    pub address: SocketAddr,
}

impl OtherProcess {
    /// Runs this program's test `serve`, behind the words of `prefix`.
    pub fn start(prefix: &[&str], address: &str) -> Self {
        let this = std::env::current_exe().unwrap().display().to_string();
        let words = [prefix, &[&this, "--exact", "serve", "--ignored", "--nocapture"]].concat();
        let child = Command::new(words[0])
            .args(&words[1..])
            .env(ADDRESS, address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Its end is waited for from here on, whatever happens.
        let mut process = Self { child, address: ([0, 0, 0, 0], 0).into() };
        let mut output = BufReader::new(process.child.stdout.take().unwrap());
        let mut line = String::new();
        loop {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0, "the server ended");
            if let Some((_, address)) = line.split_once(LISTENS) {
                process.address = address.trim().parse().unwrap();
                return process;
            }
        }
    }

    /// Stops the process. Afterwards it does nothing any more, not even answer what came before.
    pub fn stop(&self) {
        self.signal("-STOP");
        // The signal is sent before it is obeyed: a thread of the process may still run.
        while self.threads().iter().any(|state| *state != 'T') {
            std::thread::yield_now();
        }
    }

    /// Lets a stopped process go on.
    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// The states of its threads, such as `S` for one that sleeps and `T` for one that is stopped.
    fn threads(&self) -> Vec<char> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        threads.map(|thread| state(&thread.unwrap().path().join("stat"))).collect()
    }
}

/// The state of a thread: the first field behind its name, which is in parentheses and may have some itself.
fn state(stat: &Path) -> char {
    // A thread that ended meanwhile runs no more than a stopped one.
    let Ok(stat) = std::fs::read_to_string(stat) else { return 'T' };
    stat.rsplit_once(") ").unwrap().1.chars().next().unwrap()
}

impl Drop for OtherProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The other process: serves until its standard input ends. Does nothing if it is not asked to.
pub fn serve() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let listener = TcpListener::bind(address).unwrap();
    println!("{LISTENS}{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for (number, tcp) in (1001..).zip(listener.incoming()) {
            std::thread::spawn(move || serve_one(tcp.unwrap(), number));
        }
    });
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

/// Answers one client; `None` when it is gone.
fn serve_one(mut tcp: TcpStream, number: i64) -> Option<()> {
    let mut session = ServerSession::new(Arc::new(ServerConfig::default()), Faults::default(), number);
    session.handle_connected(Duration::ZERO);
    let (mut decoder, mut buf) = (FrameDecoder::default(), vec![0; 64 * 1024]);
    loop {
        while let Some(frame) = decoder.next_frame().ok()? {
            if let Ok((ServerEvent::Request, message)) = session.handle_frame(Duration::ZERO, &frame) {
                echo(&mut session, &message);
            }
        }
        let mut out = Vec::new();
        session.poll_transmit(&mut out);
        tcp.write_all(&out).ok()?;
        let count = tcp.read(&mut buf).ok().filter(|count| *count > 0)?;
        decoder.push(&buf[..count]);
    }
}

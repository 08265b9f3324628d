//! The program: `tgdb-testkit serve`.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use common::*;
use tgdb_pdu::body::HandshakeKind;
use tgdb_pdu::{Header, Message};

struct Server {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
    directory: PathBuf,
}

impl Server {
    /// Runs it without a standard input; all its files go to a directory of its own.
    fn start(name: &str, arguments: &[&str]) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(directory.join("tmp")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tgdb-testkit"))
            .args(["serve", "--dump", "dump"])
            .args(arguments)
            .current_dir(&directory)
            .env("TMPDIR", directory.join("tmp"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output, directory }
    }

    /// The next line that starts so, without that start.
    fn line(&mut self, start: &str) -> String {
        let mut line = String::new();
        while self.output.read_line(&mut line).unwrap() > 0 {
            if let Some(rest) = line.strip_prefix(start) {
                return rest.trim_end().to_owned();
            }
            line.clear();
        }
        panic!("it ended before it said {start:?}");
    }

    fn end(&mut self, signal: &str) {
        let killed = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert!(self.child.wait().unwrap().success());
    }

    fn files(&self, directory: &str) -> usize {
        std::fs::read_dir(self.directory.join(directory)).map_or(0, Iterator::count)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

#[test]
fn it_runs_without_an_input_and_cleans_up_on_a_signal() {
    for (signal, kind) in [("-TERM", "--tls-port"), ("-INT", "--port")] {
        // Free a moment ago, which is the best that can be had.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        let mut server = Server::start(signal, &["--port", "0", "--tls-port", "0", kind, &port]);
        let url = server.line("listening: ");
        server.line("Ctrl-C or SIGTERM ends it");
        assert_eq!(server.files("tmp"), 1, "the certificates");
        if let Some(address) = url.strip_prefix("tcp://") {
            let mut client = TcpStream::connect(address).unwrap();
            let hello = Message::new(Header::default(), hello(HandshakeKind::INITIATE)).encode().unwrap();
            client.write_all(&hello).unwrap();
            client.read_exact(&mut [0; 60]).unwrap();
            server.end(signal);
            let dumped = std::fs::read(server.directory.join("dump/0-from-client.bin")).unwrap();
            assert_eq!(dumped, hello);
        } else {
            server.end(signal);
        }
        assert_eq!(server.files("tmp"), 0, "nothing is left");
    }
}

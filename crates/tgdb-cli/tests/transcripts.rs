//! What the commands in `docs/tgdb.md` print. `cargo xtask transcripts` writes it there.
//!
//! trycmd runs this program in place of `tgdb`, which runs `tgdb` in a directory with the files of
//! the document. A proxy that ends after some connections gets a test server and clients, a server
//! a client and a signal. A command that connects to one of the `PORTS` gets a server there; without a URL
//! that is the first. An argument `<FILE` is the standard input.
//! Times, and what else differs from run to run, are replaced by names in brackets.

#![allow(clippy::unwrap_used)]

mod common;

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::net::TcpListener;
use std::process::{ExitCode, Stdio};

use common::serve::Serve;
use common::{Directory, Proxy, channel, outputs, session, tgdb};
use regex::Regex;
use tgdb_channel::pdu::{Body, Header, Message};
use tgdb_channel::url::ConfigName;
use tgdb_testkit::{DEFAULT_PASSWORD, DEFAULT_USER, ServerConfig, TestServer};

/// The directory; set means that this process stands in for `tgdb`.
const DIRECTORY: &str = "TGDB_TRANSCRIPTS";

/// Ports in the document, and the options of the server that is there: a graph over TCP, over TLS,
/// over TLS with a certificate that has expired, and servers that answer no request, and not even a login.
/// The port in the document stands for a free one.
const PORTS: [(&str, &[&str]); 5] = [
    ("8222", &[]),
    ("8223", &["--no-tcp", "--ca", "ca.pem"]),
    ("8224", &["--no-tcp", "--ca", "ca.pem", "--expired"]),
    ("8225", &["--no-reply"]),
    ("8226", &["--mute"]),
];

/// Commands that connect, to the server of the environment if they name none.
const CONNECTING: [&str; 5] = ["ping", "query", "metadata", "admin", "shell"];

/// A script for the shell.
const HUBS: &str = "\
# How many airports are hubs, and where does Munich fly to?
g.V().has('airport', 'hub', true)\\
  .count()
\\format csv
g.V().has('iata', 'MUC').out('route').order().by('passengers', desc).values(
  'city'
).limit(3)
g.V().teleport()
\\d country
";

fn main() -> ExitCode {
    match std::env::var_os(DIRECTORY) {
        Some(directory) => stand_in(&directory),
        None => {
            compare();
            ExitCode::SUCCESS
        }
    }
}

fn compare() {
    let directory = Directory::new();
    let ping = Message::new(Header { request_id: 7, ..Header::default() }, Body::Ping).encode().unwrap();
    directory.write("ping.hex", format!("{}\n", hex::encode(&ping)));
    directory.write("damaged.bin", [&ping[..], b"no message", &ping, &ping[..20]].concat());
    write_trace(&directory);
    directory.write("hubs.txt", HUBS);
    directory.write("new.csv", "id,iata,name,city\na,ZZY,North Field,Nowhere\nb,ZZZ,South Field,Nowhere\n");
    directory.write("route.csv", "from,to,distance\na,b,120\nb,a,120\n");
    directory.write("damaged.csv", "id,iata\na,ZZY\nb\n");
    let cases = trycmd::TestCases::new();
    cases.register_bin("tgdb", std::env::current_exe().unwrap());
    cases.env(DIRECTORY, directory.path("").to_string_lossy());
    cases.case(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/tgdb.md"));
    cases.run();
}

/// The trace of a client with that id.
fn write_trace(directory: &Directory) {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let builder = channel(&server.url()).client_id("client").property(ConfigName::EnableConnectionTrace, "true");
    let directory = directory.path("");
    session(builder.property(ConfigName::ConnectionTraceDir, directory.to_str().unwrap())).unwrap();
}

fn stand_in(directory: &OsString) -> ExitCode {
    std::env::set_current_dir(directory).unwrap();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (code, out, errors) = match arguments.first().map(String::as_str) {
        Some("proxy") if arguments.iter().any(|argument| argument == "--connections") => proxied(&arguments[3..]),
        Some("serve") if !arguments.iter().any(|argument| argument == "--help") => served(&arguments[1..]),
        _ => connected(arguments),
    };
    print!("{}", normal(&out));
    let _ = std::io::stderr().write_all(normal(&errors).as_bytes());
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(255))
}

/// A command that can connect to servers, as the default user. Without servers it is run as it is.
fn connected(mut arguments: Vec<String>) -> (Option<i32>, String, String) {
    let mut servers = Vec::new();
    let connects = CONNECTING.contains(&&*arguments[0]) && !arguments.iter().any(|argument| argument == "--help");
    let is_named = |port: &str| {
        let places = ["127.0.0.1", "localhost"].map(|host| format!("{host}:{port}"));
        arguments.iter().any(|argument| places.iter().any(|place| argument.contains(place)))
    };
    let ports: Vec<_> = PORTS.into_iter().filter(|(port, _)| is_named(port) || (connects && *port == "8222")).collect();
    for (port, options) in ports {
        let which = if options.contains(&"--no-tcp") { "--tls-port" } else { "--port" };
        let mut server = Serve::start(&[options, &[which, "0"]].concat());
        let url = server.line("listening: ");
        server.line("Ctrl-C");
        let _ = std::fs::copy(server.directory.path("ca.pem"), "ca.pem");
        let free = url.rsplit_once(':').unwrap().1.to_owned();
        for argument in &mut arguments {
            *argument = argument.replace(&format!(":{port}"), &format!(":{free}"));
        }
        servers.push((server, free, port));
    }
    let mut command = tgdb();
    let (files, arguments): (Vec<_>, Vec<_>) = arguments.iter().partition(|argument| argument.starts_with('<'));
    command.args(arguments).env("TGDB_USER", DEFAULT_USER).env("TGDB_PASSWORD", DEFAULT_PASSWORD);
    command.stdin(files.first().map_or_else(Stdio::null, |file| File::open(&file[1..]).unwrap().into()));
    if let Some((_, free, _)) = servers.iter().find(|(_, _, port)| *port == "8222") {
        command.env("TGDB_URL", format!("tcp://127.0.0.1:{free}"));
    }
    let (code, mut out, mut errors) = outputs(&command.output().unwrap());
    for (_, free, port) in &servers {
        for text in [&mut out, &mut errors] {
            *text = text.replace(&format!(":{free}"), &format!(":{port}"));
        }
    }
    (code, out, errors)
}

/// A server with those options, to which a client connects over TCP, and which then gets a signal.
fn served(options: &[String]) -> (Option<i32>, String, String) {
    let ports = ["8222", "8223"].map(|port| {
        // Free a moment ago, which is the best that can be had.
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        (port, free.to_string())
    });
    let mut arguments = options.to_vec();
    if !arguments.iter().any(|argument| argument == "--port") {
        arguments.extend(["--port".into(), "8222".into()]);
    }
    for (port, free) in &ports {
        arguments.iter_mut().filter(|argument| *argument == port).for_each(|argument| argument.clone_from(free));
    }
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let mut server = Serve::start(&arguments);
    let last = if arguments.contains(&"--json") { "{" } else { "Ctrl-C" };
    let (mut out, has_started) = server.lines_until(last);
    if has_started {
        let _ = session(channel(&format!("tcp://127.0.0.1:{}", ports[0].1)));
        server.signal("-TERM");
    }
    out += &server.rest();
    let mut errors = server.errors();
    for (port, free) in &ports {
        for text in [&mut out, &mut errors] {
            *text = text.replace(&format!(":{free}"), &format!(":{port}"));
        }
    }
    (server.ended(), out, errors)
}

/// A session over a proxy with those options.
fn proxied(options: &[String]) -> (Option<i32>, String, String) {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let options: Vec<_> = options.iter().map(String::as_str).collect();
    let proxy = Proxy::start(server.address(), &options);
    let ports = [(proxy.address.port(), "18222"), (server.address().port(), "8222")];
    // It fails where faults are asked for.
    let _ = session(channel(&format!("tcp://{}", proxy.address)));
    let (code, mut out, errors) = proxy.end();
    for (port, shown) in ports {
        out = out.replace(&format!("127.0.0.1:{port}"), &format!("127.0.0.1:{shown}"));
    }
    (code, out, errors)
}

/// Without what differs from run to run.
fn normal(text: &str) -> String {
    let mut text = text.to_owned();
    for (what, shown) in [
        (r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "[TIME]"),
        (r"(?m)^(resolve|connect|tls|login|request) +\d+\.\d{3} ms", "$1  [LATENCY] ms"),
        (r"(Time:|min|median|max) \d+\.\d{3} ms", "$1 [LATENCY] ms"),
        (r#"_ms":\d+\.\d+"#, r#"_ms":[LATENCY]"#),
        (r"process_id +\d+", "process_id                   [PROCESS]"),
        (r"listeners.1.port +\d+", "listeners.1.port             [PORT]"),
        (r"\| 127\.0\.0\.1:\d{5} +\|", "| 127.0.0.1:[PORT] |"),
        (r"\d{5,} days left", "[DAYS] days left"),
        (r"elapsed=[0-9.]+[µmn]?s", "elapsed=[LATENCY]"),
        (r"after \d+\.\d+ ms", "after [LATENCY] ms"),
        (r#""latency_us":[0-9.]+"#, r#""latency_us":[LATENCY]"#),
        (r"within \d+(\.\d+)?m?s", "within [TIMEOUT]"),
        (r"verification time \d+ \(UNIX\)", "verification time [TIME]"),
        (r"\(\d+ seconds ago\)", "([AGE] ago)"),
        (r" in \d+\.\d+ s\n", " in [SECONDS] s\n"),
        (r"rate {8}\d+ a second", "rate        [RATE] a second"),
        (r"(?m)^(  [\w.%]+) +\d+\.\d+ ms$", "$1  [LATENCY] ms"),
        (r#""(seconds|per_second|min|mean|p\d+|max)":[0-9.]+"#, r#""$1":[NUMBER]"#),
        (r#""timestamp":[1-9]\d+"#, r#""timestamp":[TIMESTAMP]"#),
        (r"opened: 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+", "opened: 127.0.0.1:[PORT] to 127.0.0.1:8222"),
        (r#""127\.0\.0\.1:\d+""#, r#""127.0.0.1:[PORT]""#),
        (r"inbox_addr: Some\(.127\.0\.0\.1:\d+.\)", r#"inbox_addr: Some("127.0.0.1:[PORT]")"#),
    ] {
        text = Regex::new(what).unwrap().replace_all(&text, shown).into_owned();
    }
    text
}

//! What the commands in `docs/tgdb.md` print. `cargo xtask transcripts` writes it there.
//!
//! trycmd runs this program in place of `tgdb`, which runs `tgdb` in a directory with the files of
//! the document. A proxy that ends after some connections gets a test server and clients; commands
//! that connect get the servers whose addresses the document has. An argument `<FILE` is the
//! standard input.
//! Times, and what else differs from run to run, are replaced by names in brackets.

#![allow(clippy::unwrap_used)]

mod common;

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::process::{ExitCode, Output, Stdio};

use common::{Directory, Proxy, channel, outputs, session, tgdb};
use regex::Regex;
use tgdb_channel::pdu::{Body, Header, Message};
use tgdb_testkit::{DEFAULT_USER, Faults, ServerConfig, TestCa, TestServer};

/// The directory; set means that this process stands in for `tgdb`.
const DIRECTORY: &str = "TGDB_TRANSCRIPTS";

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
    let traced = [&(ping.len() as i32).to_be_bytes()[..], &ping].concat();
    directory.write("client.trace.0", traced);
    directory.write("hubs.txt", HUBS);
    let cases = trycmd::TestCases::new();
    cases.register_bin("tgdb", std::env::current_exe().unwrap());
    cases.env(DIRECTORY, directory.path("").to_string_lossy());
    cases.case(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/tgdb.md"));
    cases.run();
}

fn stand_in(directory: &OsString) -> ExitCode {
    std::env::set_current_dir(directory).unwrap();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (code, out, errors) = match arguments.first().map(String::as_str) {
        Some("proxy") if arguments.iter().any(|argument| argument == "--connections") => proxied(&arguments[3..]),
        Some("ping" | "query" | "metadata" | "admin" | "shell") => connected(&arguments),
        _ => outputs(&run(&arguments)),
    };
    print!("{}", normal(&out));
    let _ = std::io::stderr().write_all(normal(&errors).as_bytes());
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(255))
}

fn run(arguments: &[String]) -> Output {
    tgdb().args(arguments).output().unwrap()
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

/// A command with servers: a graph, the same over TLS, one with an expired certificate, and one that
/// is silent.
fn connected(arguments: &[String]) -> (Option<i32>, String, String) {
    let ca = TestCa::new("Example authority").unwrap();
    let tls = |identity| Some(ca.server_config(&identity).unwrap());
    let servers = [
        ("8222", ServerConfig::graph()),
        ("8223", ServerConfig { tls: tls(ca.issue(&["localhost"]).unwrap()), ..ServerConfig::graph() }),
        ("8224", ServerConfig { tls: tls(ca.issue_expired("localhost").unwrap()), ..ServerConfig::graph() }),
        ("8225", ServerConfig::faulty(Faults { mute: true, ..Faults::default() })),
    ]
    .map(|(shown, config)| (format!(":{shown}"), TestServer::start(config).unwrap()));
    let mut names = vec![("authority.pem".to_owned(), ca.pem_file().to_string_lossy().into_owned())];
    names.extend(servers.iter().map(|(shown, server)| (shown.clone(), format!(":{}", server.address().port()))));
    let real = |text: &String| names.iter().fold(text.clone(), |text, (shown, real)| text.replace(shown, real));
    let (files, arguments): (Vec<_>, Vec<_>) = arguments.iter().partition(|argument| argument.starts_with('<'));
    let mut command = tgdb();
    command.args(arguments.into_iter().map(real)).stdin(Stdio::null());
    if let Some(file) = files.first() {
        command.stdin(File::open(&file[1..]).unwrap());
    }
    for (name, value) in [("URL", servers[0].1.url()), ("USER", DEFAULT_USER.into()), ("PASSWORD", "tiger".into())] {
        command.env(format!("TGDB_{name}"), value);
    }
    let (code, out, errors) = outputs(&command.output().unwrap());
    let shown = |text: String| names.iter().fold(text, |text, (shown, real)| text.replace(real, shown));
    (code, shown(out), shown(errors))
}

/// Without what differs from run to run.
fn normal(text: &str) -> String {
    let mut text = text.to_owned();
    for (what, shown) in [
        (r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "[TIME]"),
        (r" +\d+\.\d{3} ms", " [LATENCY] ms"),
        (r#"_ms":\d+\.\d+"#, r#"_ms":[LATENCY]"#),
        (r"\d{4}-\d\d-\d\dT[0-9:]+Z", "[TIME]"),
        (r"process_id +\d+", "process_id                   [PROCESS]"),
        (r"listeners.1.port +\d+", "listeners.1.port             [PORT]"),
        (r"\| 127\.0\.0\.1:\d{5} +\|", "| 127.0.0.1:[PORT] |"),
        (r"\d{5,} days left", "[DAYS] days left"),
        (r"verification time \d+", "verification time [NOW]"),
        (r"\d+ seconds ago", "[SECONDS] seconds ago"),
        (r"after \d+\.\d+ ms", "after [LATENCY] ms"),
        (r#""latency_us":[0-9.]+"#, r#""latency_us":[LATENCY]"#),
        (r#""timestamp":[1-9]\d+"#, r#""timestamp":[TIMESTAMP]"#),
        (r"opened: 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+", "opened: 127.0.0.1:[PORT] to 127.0.0.1:8222"),
        (r#""127\.0\.0\.1:\d+""#, r#""127.0.0.1:[PORT]""#),
        (r"inbox_addr: Some\(.127\.0\.0\.1:\d+.\)", r#"inbox_addr: Some("127.0.0.1:[PORT]")"#),
    ] {
        text = Regex::new(what).unwrap().replace_all(&text, shown).into_owned();
    }
    text
}

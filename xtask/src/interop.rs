//! `cargo xtask interop`: the vendor's clients against the loopback server, by the programs of
//! `tests/interop`. The clients are not part of this repository: each is given by a path.

mod server;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use lexopt::prelude::*;
use serde_json::{Value as Json, json};
use xshell::{Shell, cmd};

use crate::{Failure, cargo};
use server::Server;

/// Where the programs are.
const PROGRAMS: &str = "tests/interop";
/// Where what is recorded goes.
const OUTPUT: &str = "target/interop";
/// What is recorded anew; what no client wrote this time is taken from the repository.
const VECTORS: [&str; 9] = [
    "java.json",
    "python.json",
    "primitives.json",
    "sessions.json",
    "urls.json",
    "graph_bulk.json",
    "graph.json",
    "graph_admin.json",
    "graph_encryption.json",
];
/// The tests that compare it with our own bytes: package and name.
const TESTS: [(&str, &str); 3] = [("tgdb-tests", "vectors"), ("tgdb-tests", "urls"), ("tgdb-pdu", "bulk")];

/// How a program ends, by its exit code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ending {
    Passed = 0,
    Failed = 1,
    Hung = 3,
}

/// One run of a program: over TLS or not, further arguments, how it ends with the client as the
/// vendor has it.
type Run = (bool, &'static [&'static str], Ending);

struct Client {
    name: &'static str,
    /// The option, and the variable of the environment, that say where the client is.
    option: &'static str,
    variable: &'static str,
    /// Options of the server.
    server: &'static [&'static str],
    runs: &'static [Run],
    /// How a program of ours is run with that client.
    command: fn(&str, &str) -> Command,
    session: &'static str,
    /// The programs that write vectors. Java's put their part into the files of the graph
    /// that Python wrote.
    vectors: &'static [&'static str],
}

const SESSIONS: &[Run] = &[(false, &[], Ending::Passed), (true, &[], Ending::Passed)];

const CLIENTS: [Client; 3] = [
    Client {
        name: "python",
        option: "python",
        variable: "TGDB_PYTHON_SRC",
        server: &["--python"],
        runs: SESSIONS,
        command: python,
        session: "session.py",
        vectors: &["vectors.py", "bulk.py", "graph.py", "graph_admin.py", "graph_encryption.py"],
    },
    Client {
        name: "java",
        option: "java",
        variable: "TGDB_JAVA_CLASSES",
        server: &[],
        runs: SESSIONS,
        command: java,
        session: "Session.java",
        vectors: &["Vectors.java", "Graph.java", "GraphEntities.java"],
    },
    Client {
        name: "go",
        option: "go",
        variable: "TGDB_GO_PROGRAM",
        server: &[],
        runs: &[
            (false, &[], Ending::Passed),
            (false, &["wrong-password"], Ending::Hung),
            (false, &["unknown-database"], Ending::Hung),
            (true, &[], Ending::Failed),
        ],
        // The program is built with the client.
        command: |_, built| Command::new(built),
        session: "session.go",
        vectors: &[],
    },
];

fn python(program: &str, client: &str) -> Command {
    let mut command = Command::new("python3");
    command.arg(Path::new(PROGRAMS).join(program)).arg(client);
    command
}

fn java(program: &str, client: &str) -> Command {
    let mut command = Command::new("java");
    command.args(["-cp", client]).arg(Path::new(PROGRAMS).join(program));
    command
}

/// Those clients that the environment names.
pub(crate) fn step(sh: &Shell) -> Result<(), Failure> {
    run_with(sh, [None, None, None])
}

/// Those clients that the arguments, or else the environment, name.
pub(crate) fn run(sh: &Shell, mut arguments: lexopt::Parser) -> Result<(), Failure> {
    let mut paths = [const { None }; CLIENTS.len()];
    while let Some(argument) = arguments.next()? {
        let Long(option) = argument else { return Err(argument.unexpected().into()) };
        let Some(index) = CLIENTS.iter().position(|client| client.option == option) else {
            return Err(argument.unexpected().into());
        };
        paths[index] = Some(arguments.value()?.string()?);
    }
    run_with(sh, paths)
}

fn run_with(sh: &Shell, paths: [Option<String>; CLIENTS.len()]) -> Result<(), Failure> {
    let clients = CLIENTS.iter().zip(paths);
    let clients = clients.map(|(client, path)| (client, path.or_else(|| std::env::var(client.variable).ok())));
    let (given, missing): (Vec<_>, Vec<_>) = clients.partition(|(_, path)| path.is_some());
    for (client, _) in missing {
        println!("skipped: {}; --{} or {} says where it is", client.name, client.option, client.variable);
    }
    if given.is_empty() {
        return Ok(());
    }
    let (cargo, package) = (cargo(), server::PACKAGE);
    cmd!(sh, "{cargo} build --quiet --locked --package {package}").run()?;
    sh.remove_path(OUTPUT)?;
    sh.create_dir(OUTPUT)?;
    for file in VECTORS {
        sh.copy_file(format!("tests/vectors/{file}"), OUTPUT)?;
    }
    for (client, path) in &given {
        sessions(sh, client, path.as_deref().unwrap_or_default())?;
    }
    // What was recorded is read, written again and compared.
    let _vectors = sh.push_env("TGDB_VECTORS", sh.current_dir().join(OUTPUT));
    for (package, test) in TESTS {
        cmd!(sh, "{cargo} test --quiet --locked --package {package} --test {test}").run()?;
    }
    Ok(())
}

/// All runs of a client, and what it records.
fn sessions(sh: &Shell, client: &Client, path: &str) -> Result<(), Failure> {
    let dump = format!("{OUTPUT}/{}", client.name);
    let server = Server::start(client.server, &dump)?;
    for &(tls, arguments, known) in client.runs {
        let mut command = (client.command)(client.session, path);
        command.arg(if tls { &server.tls_url } else { &server.url }).args(arguments);
        if tls && client.name == "java" {
            command.arg(&server.authority);
        }
        command.env("SSL_CERT_FILE", &server.authority);
        if known == Ending::Hung {
            command.env("TGDB_INTEROP_SECONDS", "3");
        }
        let code = printed(command, client.name)?;
        if code != Some(known as i32) {
            return Err(format!("{} {arguments:?} ended with {code:?} in place of {known:?}", client.name).into());
        }
        if known != Ending::Passed {
            println!("{}: {known:?} as this client is known to", client.name);
        }
    }
    server.end()?;
    record(sh, client.name, &dump)?;
    for program in client.vectors {
        let mut command = (client.command)(program, path);
        command.arg(OUTPUT);
        match printed(command, "")? {
            Some(0) => {}
            code => return Err(format!("{program} ended with {code:?}").into()),
        }
    }
    Ok(())
}

/// Runs a program and prints those of its lines that are its own: clients print theirs, too.
/// Gives the exit code.
fn printed(mut command: Command, name: &str) -> Result<Option<i32>, Failure> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let own = |line: &str| match name {
        "" => line.split_once(": ").is_some_and(|(file, _)| VECTORS.contains(&file)),
        name => [" tcp: ", " ssl: "].iter().any(|tail| line.starts_with(&format!("{name}{tail}"))),
    };
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            if own(&line) {
                println!("{line}");
            }
        }
    }
    Ok(child.wait()?.code())
}

/// Puts the first session of a dump, which was over TCP, into the recorded sessions.
fn record(sh: &Shell, name: &str, dump: &str) -> Result<(), Failure> {
    let path = format!("{OUTPUT}/sessions.json");
    let mut sessions: Vec<Json> = serde_json::from_str(&sh.read_file(&path)?)?;
    sessions.retain(|session| session["name"] != name);
    let side = |side: &str| sh.read_binary_file(format!("{dump}/0-{side}.bin")).map(hex::encode);
    sessions.push(json!({
        "name": name, "from_client": side("from-client")?, "from_server": side("from-server")?,
    }));
    Ok(sh.write_file(path, serde_json::to_string(&sessions)?)?)
}

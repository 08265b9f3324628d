//! `tgdb serve`: the server of `tgdb-testkit` as a program.

mod faults;
mod trace;

use std::fs::File;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use crossbeam_channel::{never, select};
use serde_json::json;
use tgdb_pdu::graph::Layout;
use tgdb_testkit::graph::GraphServer;
use tgdb_testkit::{
    DEFAULT_DATABASE, DEFAULT_PASSWORD, DEFAULT_USER, Script, ServerConfig, ServerSession, TestCa, TestServer, echo,
};

use crate::exit::Failure;
use crate::interrupt::signals;
use crate::output;

/// What `--help` says below the options.
pub(crate) const HELP: &str = "\
The graph has 52 airports, 39 countries and 624 routes, and is the same at each start. It lives in
memory, and both ports have the same. The server is for tests and demonstrations: it listens on
127.0.0.1 only, and knows a small part of Gremlin. It runs until Ctrl-C or SIGTERM, and does not
read the standard input.";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The port for plain TCP; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = 8222)]
    port: u16,
    /// Serve TLS, too, on this port; 0 takes any free one
    #[arg(long, value_name = "PORT")]
    tls_port: Option<u16>,
    /// Serve TLS only
    #[arg(long, requires = "tls_port", conflicts_with = "port")]
    no_tcp: bool,
    /// Write the certificate that clients have to trust to this file, which must not exist; it is
    /// removed at the end
    #[arg(long, value_name = "FILE", requires = "tls_port")]
    ca: Option<PathBuf>,
    /// Use a certificate that has expired for TLS
    #[arg(long, requires = "tls_port")]
    expired: bool,
    /// No graph: each reply repeats what was asked
    #[arg(long, conflicts_with = "python")]
    echo: bool,
    /// Lay CLOB and BLOB attributes out as Python's client reads them, not as Java's and Go's do
    #[arg(long)]
    python: bool,
    /// Show each request
    #[arg(long)]
    trace: bool,
    /// Write one JSON object a line
    #[arg(long)]
    json: bool,
    /// At the end write what went over each connection to files in this directory, with passwords
    /// in clear text
    #[arg(long, value_name = "DIRECTORY")]
    dump: Option<PathBuf>,
    #[command(flatten)]
    faults: faults::FaultArgs,
}

/// Serves until a signal comes, or nobody reads the trace any more.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let signals = signals()?;
    if let Some(directory) = &options.dump {
        // Here to find mistakes before all is recorded.
        std::fs::create_dir_all(directory).map_err(unwritten(directory))?;
    }
    // The names that the check of the database's certificate wants.
    let ca = TestCa::new(&format!("{DEFAULT_DATABASE}.1nit")).map_err(Failure::Start)?;
    let (sink, lines) = if options.trace { trace::queue(options.json) } else { (None, never()) };
    let mut servers = start(options, &ca, script(options, sink))?;
    let certificate = Certificate::write(options, &ca)?;
    announce(options, &servers, certificate.as_ref().map(Certificate::path))?;
    let result = loop {
        select! {
            recv(signals) -> _ => break Ok(()),
            recv(lines) -> line => {
                let Ok(line) = line else { break Ok(()) };
                if let Err(failure) = print(&line) {
                    break Err(failure);
                }
            }
        }
    };
    let result = result.and_then(|()| lines.try_iter().take(trace::LINES).try_for_each(|line| print(&line)));
    // Sessions that wait for room in the queue go on.
    drop(lines);
    for server in &mut servers {
        server.kill();
    }
    if let Some(directory) = &options.dump {
        dump(directory, &servers)?;
    }
    result
}

fn script(options: &Options, sink: Option<trace::Sink>) -> Arc<dyn Script> {
    let layout = if options.python { Layout::ReplyWithData } else { Layout::Reply };
    let script: Arc<dyn Script> = match (options.faults.no_reply, options.echo) {
        (true, _) => Arc::new(|_: &mut ServerSession, _: &_| {}),
        (false, true) => Arc::new(echo),
        (false, false) => Arc::new(GraphServer::airports().with_layout(layout)),
    };
    match sink {
        Some(sink) => Arc::new(trace::Traced { script, sink }),
        None => script,
    }
}

fn start(options: &Options, ca: &TestCa, script: Arc<dyn Script>) -> Result<Vec<TestServer>, Failure> {
    let identity = |name: &str| if options.expired { ca.issue_expired(name) } else { ca.issue(&[name, "127.0.0.1"]) };
    let database = ca.issue_common_name(&format!("{DEFAULT_DATABASE}.ce$t")).map_err(Failure::Start)?;
    let config = |port| ServerConfig {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        certificate: Some(database.certificate.to_vec().into()),
        // Java's client leaves the token out of some requests.
        allow_missing_token: true,
        record: options.dump.is_some(),
        script: script.clone(),
        faults: options.faults.faults(),
        faulty_connections: options.faults.faulty_connections,
        ..ServerConfig::default()
    };
    let mut servers = Vec::new();
    let mut start = |config: ServerConfig| -> Result<(), Failure> {
        let address = config.address;
        servers.push(TestServer::start(config).map_err(|source| Failure::Listen { address, source })?);
        Ok(())
    };
    if !options.no_tcp {
        start(config(options.port))?;
    }
    if let Some(port) = options.tls_port {
        let tls = identity("localhost")
            .and_then(|identity| ca.server_config_without_tickets(&identity))
            .map_err(Failure::Start)?;
        start(ServerConfig { tls: Some(tls), ..config(port) })?;
    }
    Ok(servers)
}

/// The file with the certificate that clients have to trust.
enum Certificate {
    /// The authority's own, which goes with it.
    Temporary(PathBuf),
    /// The one that was asked for; it is removed when this is dropped.
    Asked(PathBuf),
}

impl Certificate {
    fn write(options: &Options, ca: &TestCa) -> Result<Option<Self>, Failure> {
        let own = ca.pem_file();
        Ok(match (&options.ca, options.tls_port) {
            (None, None) => None,
            (None, Some(_)) => Some(Self::Temporary(own)),
            (Some(path), _) => {
                // A file that is there stays, and is not followed if it is a link.
                let mut file = File::create_new(path).map_err(unwritten(path))?;
                let certificate = Self::Asked(path.clone());
                let pem = std::fs::read(&own).map_err(unwritten(path))?;
                file.write_all(&pem).map_err(unwritten(path))?;
                Some(certificate)
            }
        })
    }

    fn path(&self) -> &Path {
        match self {
            Self::Temporary(path) | Self::Asked(path) => path,
        }
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        if let Self::Asked(path) = self {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Says where the server is. The last line says that all is ready.
fn announce(options: &Options, servers: &[TestServer], certificate: Option<&Path>) -> Result<(), Failure> {
    let urls: Vec<_> = servers.iter().map(TestServer::url).collect();
    if options.json {
        let object = json!({
            "event": "ready",
            "urls": urls,
            "certificates": certificate.map(|path| path.display().to_string()),
            "user": DEFAULT_USER,
            "password": DEFAULT_PASSWORD,
            "database": DEFAULT_DATABASE,
        });
        return output::print_json(&object);
    }
    let mut text: String = urls.iter().map(|url| format!("listening: {url}\n")).collect();
    if let Some(path) = certificate {
        text += &format!("certificates to trust: {}\n", path.display());
    }
    text += &format!("user {DEFAULT_USER}, password {DEFAULT_PASSWORD}, database {DEFAULT_DATABASE}\n");
    print(&(text + "Ctrl-C or SIGTERM ends it"))
}

fn print(line: &str) -> Result<(), Failure> {
    output::print(format!("{line}\n").as_bytes())
}

fn unwritten(path: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    let path = path.display().to_string();
    move |source| Failure::Write { path, source }
}

/// Writes two files for each connection, numbered from 0 on in the order in which they ended.
fn dump(directory: &Path, servers: &[TestServer]) -> Result<(), Failure> {
    for (number, transcript) in servers.iter().flat_map(TestServer::transcripts).enumerate() {
        for (end, bytes) in [("client", transcript.from_client), ("server", transcript.from_server)] {
            let path = directory.join(format!("{number}-from-{end}.bin"));
            std::fs::write(&path, bytes).map_err(unwritten(&path))?;
        }
    }
    Ok(())
}

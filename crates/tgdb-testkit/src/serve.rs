//! A server to try clients against.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use tgdb_pdu::graph::Layout;
use tgdb_pdu::{Message, Secret};
use tgdb_testkit::graph::GraphServer;
use tgdb_testkit::{
    DEFAULT_DATABASE, DEFAULT_PASSWORD, DEFAULT_USER, Script, ServerConfig, ServerSession, TestCa, TestServer, echo,
};

use crate::Failure;

pub(crate) struct Options {
    pub(crate) port: u16,
    pub(crate) tls_port: u16,
    pub(crate) echo: bool,
    pub(crate) layout: Layout,
    pub(crate) trace: bool,
    pub(crate) dump: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { port: 8222, tls_port: 8223, echo: false, layout: Layout::Reply, trace: false, dump: None }
    }
}

/// Prints each message before another script answers it.
struct Traced(Arc<dyn Script>);

impl Script for Traced {
    fn on_request(&self, session: &mut ServerSession, request: &Message) {
        println!("session {}: {:?} {:?}", session.id(), request.header, request.body);
        self.0.on_request(session, request);
    }

    fn is_user(&self, name: &str, password: &Secret) -> bool {
        self.0.is_user(name, password)
    }
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (end, ended) = crossbeam_channel::bounded(1);
    // Further signals find the channel full, and change nothing.
    ctrlc::set_handler(move || {
        let _ = end.try_send(());
    })?;
    // The names that the check of the database's certificate wants.
    let ca = TestCa::new(&format!("{DEFAULT_DATABASE}.1nit"))?;
    let database = ca.issue_common_name(&format!("{DEFAULT_DATABASE}.ce$t"))?;
    let mut script: Arc<dyn Script> = match options.echo {
        true => Arc::new(echo),
        false => Arc::new(GraphServer::airports().with_layout(options.layout)),
    };
    if options.trace {
        script = Arc::new(Traced(script));
    }
    let config = |port| ServerConfig {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        certificate: Some(database.certificate.to_vec().into()),
        allow_missing_token: true,
        record: options.dump.is_some(),
        script: script.clone(),
        ..ServerConfig::default()
    };
    let mut servers = Vec::new();
    if options.port != 0 {
        servers.push(TestServer::start(config(options.port))?);
    }
    if options.tls_port != 0 {
        let identity = ca.issue(&["localhost", "127.0.0.1"])?;
        let tls = Some(ca.server_config_without_tickets(&identity)?);
        servers.push(TestServer::start(ServerConfig { tls, ..config(options.tls_port) })?);
        println!("certificates to trust: {}", ca.pem_file().display());
    }
    for server in &servers {
        println!("listening: {}", server.url());
    }
    println!("user {DEFAULT_USER}, password {DEFAULT_PASSWORD}, database {DEFAULT_DATABASE}");
    println!("Ctrl-C or SIGTERM ends it");
    ended.recv()?;
    for server in &mut servers {
        server.kill();
    }
    if let Some(directory) = &options.dump {
        std::fs::create_dir_all(directory)?;
        let transcripts = servers.iter().flat_map(TestServer::transcripts);
        for (number, transcript) in transcripts.enumerate() {
            std::fs::write(directory.join(format!("{number}-from-client.bin")), transcript.from_client)?;
            std::fs::write(directory.join(format!("{number}-from-server.bin")), transcript.from_server)?;
        }
    }
    Ok(())
}

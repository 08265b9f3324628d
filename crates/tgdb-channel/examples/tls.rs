//! TLS with a server whose certificate was signed by one's own authority.
//!
//! `cargo run -p tgdb-channel --example tls`

#![forbid(unsafe_code)]

use tgdb_channel::url::ConfigName;
use tgdb_channel::{ChannelError, StopMethod, TgChannel};
use tgdb_testkit::{DEFAULT_PASSWORD, DEFAULT_USER, ServerConfig, TestCa, TestServer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // An authority, and a server with a certificate of it for the name "localhost".
    let ca = TestCa::new("an authority of our own")?;
    let tls = ca.server_config(&ca.issue(&["localhost"])?)?;
    let server = TestServer::start(ServerConfig { tls: Some(tls), ..ServerConfig::default() })?;
    println!("a server at {}", server.url());

    // By default the authorities of Mozilla are trusted, which do not know ours.
    match connect(TgChannel::builder(&server.url())) {
        Ok(_) => return Err("an unknown authority was trusted".into()),
        Err(error) => println!("without our authority: {error:#}"),
    }

    // A file or folder with the certificates of all authorities that are to be trusted. Chain, name
    // and validity are still verified.
    let trusted = ca.pem_file().display().to_string();
    let channel = connect(TgChannel::builder(&server.url()).property(ConfigName::TlsTrustedCertificates, trusted))?;
    println!("with our authority: session {}", channel.session_id());
    channel.stop(StopMethod::Graceful);
    Ok(())
}

fn connect(builder: tgdb_channel::ChannelBuilder) -> Result<TgChannel, ChannelError> {
    let channel = builder.user(DEFAULT_USER).password(DEFAULT_PASSWORD).build()?;
    channel.connect()?;
    channel.start()?;
    Ok(channel)
}

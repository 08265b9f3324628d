//! The loopback server as a program of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Failure;

/// The package whose program `tgdb` serves.
pub(super) const PACKAGE: &str = "tgdb-cli";

pub(super) struct Server {
    child: Child,
    pub(super) url: String,
    pub(super) tls_url: String,
    /// The PEM file of the authority that issued its certificate.
    pub(super) authority: String,
}

impl Server {
    /// Starts it on free ports; what goes over its connections is in that folder at the end.
    pub(super) fn start(options: &[&str], dump: &str) -> Result<Self, Failure> {
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        let mut child = Command::new(Path::new(&target).join("debug/tgdb"))
            .args(["serve", "--port", "0", "--tls-port", "0", "--dump", dump])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        let mut server = Self { child, url: String::new(), tls_url: String::new(), authority: String::new() };
        // It goes on to listen when it has said how it is ended.
        for line in BufReader::new(output).lines() {
            let line = line?;
            if let Some(authority) = line.strip_prefix("certificates to trust: ") {
                server.authority = authority.to_owned();
            } else if let Some(url) = line.strip_prefix("listening: ") {
                let place = if url.starts_with("ssl") { &mut server.tls_url } else { &mut server.url };
                *place = url.to_owned();
            } else if line.starts_with("Ctrl-C") {
                return Ok(server);
            }
        }
        Err("the server ended before it listened".into())
    }

    /// Ends it as an operator would, so that it writes its dump.
    pub(super) fn end(mut self) -> Result<(), Failure> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        match self.child.wait()?.success() {
            true => Ok(()),
            false => Err("the server failed".into()),
        }
    }
}

impl Drop for Server {
    /// If something failed before its end.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! How a command can fail, and the exit code that says so.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

/// The exit codes. They are part of the interface: a number keeps its meaning. 2 is a wrong
/// command line; clap exits with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// Anything without a code of its own.
    Other = 1,
    /// A file cannot be read or written.
    File = 3,
    /// The input is not TGDB, or damaged.
    Data = 4,
    /// An address cannot be resolved or listened on.
    Network = 5,
    /// Certificates or keys cannot be used.
    Tls = 6,
}

/// The exit codes as `--help` and the man page show them.
pub(crate) const TABLE: &str = "\
Exit codes:
  0  done; also when a proxy or server was ended by Ctrl-C, or nobody reads the output any more
  1  anything else
  2  wrong command line
  3  a file cannot be read or written
  4  the input is not TGDB, or damaged
  5  an address cannot be resolved or listened on
  6  certificates or keys cannot be used";

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("cannot read {path}")]
    Read { path: String, source: io::Error },
    #[error("cannot write {path}")]
    Write { path: String, source: io::Error },
    #[error("cannot write the output")]
    Output(#[source] io::Error),
    #[error("{path}: {reason}")]
    Data { path: String, reason: String },
    #[error("{count} of the things found could not be decoded; they are marked in the output")]
    Undecoded { count: u64 },
    #[error("cannot listen on {address}; choose another port, or end what uses it")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("cannot resolve {address}; check the name")]
    Resolve { address: String, source: io::Error },
    #[error("cannot set TLS up")]
    Tls(#[source] Box<dyn Error + Send + Sync>),
    #[error("cannot start")]
    Start(#[source] io::Error),
    #[error("cannot handle Ctrl-C")]
    Signal(#[from] ctrlc::Error),
}

impl Failure {
    fn code(&self) -> Code {
        match self {
            Self::Output(_) | Self::Start(_) | Self::Signal(_) => Code::Other,
            Self::Read { .. } | Self::Write { .. } => Code::File,
            Self::Data { .. } | Self::Undecoded { .. } => Code::Data,
            Self::Listen { .. } | Self::Resolve { .. } => Code::Network,
            Self::Tls(_) => Code::Tls,
        }
    }

    /// Whether the reader of the output is gone, as in `tgdb decode FILE | head`.
    fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The error and all its causes in one line.
    fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        text
    }
}

/// Says what went wrong, if anything, and returns the exit code.
pub(crate) fn report(result: Result<(), Failure>) -> ExitCode {
    let Err(failure) = result else { return ExitCode::SUCCESS };
    if failure.is_closed_pipe() {
        return ExitCode::SUCCESS;
    }
    // The standard error can be closed, too.
    let _ = io::Write::write_all(&mut io::stderr(), format!("tgdb: {}\n", failure.chain()).as_bytes());
    ExitCode::from(failure.code() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_each_code() {
        for code in [Code::Other, Code::File, Code::Data, Code::Network, Code::Tls] {
            assert!(TABLE.contains(&format!("\n  {}  ", code as u8)), "{code:?}");
        }
    }

    #[test]
    fn the_chain_has_all_causes() {
        let source = io::Error::other("no such device");
        assert_eq!(Failure::Read { path: "x".into(), source }.chain(), "cannot read x: no such device");
    }
}

//! How a command can fail, and the exit code that says so.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use tgdb_channel::bulk::{BulkError, BulkStep};
use tgdb_channel::transport::TransportError;
use tgdb_channel::{ChannelError, EnvironmentError, ErrorKind};

/// The exit codes. They are part of the interface: a number keeps its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// Anything without a code of its own.
    Other = 1,
    /// The command line, the URL or a setting is wrong. clap exits with it, too.
    Usage = 2,
    /// A file cannot be read or written.
    File = 3,
    /// The input, or what the server sent, is not TGDB or is damaged.
    Data = 4,
    /// An address cannot be resolved, listened on or connected to.
    Network = 5,
    /// TLS failed, one side speaks it and the other does not, or certificates or keys cannot be used.
    Tls = 6,
    /// The server rejected the login.
    Login = 7,
    /// The server did not do what it was asked for.
    Server = 8,
    /// The time was not enough.
    Timeout = 9,
    /// The connection was lost, or the server ended it.
    Lost = 10,
    /// Ended by Ctrl-C: 128 and the number of SIGINT, as shells have it.
    Interrupted = 130,
}

impl Code {
    fn of(error: &ChannelError) -> Self {
        match error {
            ChannelError::Environment(EnvironmentError::PasswordFile { .. }) => return Self::File,
            ChannelError::Connect(cause) if matches!(**cause, TransportError::TlsConfig { .. }) => return Self::Tls,
            _ => {}
        }
        match error.kind() {
            _ if error.is_timeout() => Self::Timeout,
            ErrorKind::Settings | ErrorKind::Usage => Self::Usage,
            ErrorKind::Protocol => Self::Data,
            ErrorKind::Unreachable => Self::Network,
            ErrorKind::Tls => Self::Tls,
            ErrorKind::Login => Self::Login,
            ErrorKind::Server => Self::Server,
            ErrorKind::Timeout => Self::Timeout,
            ErrorKind::ConnectionLost | ErrorKind::Closed => Self::Lost,
            _ => Self::Other,
        }
    }
}

impl Code {
    fn of_bulk(error: &BulkError) -> Self {
        match error {
            BulkError::Request { source, .. } => Self::of(source),
            BulkError::Server { .. } => Self::Server,
            BulkError::Read { .. } | BulkError::Write { .. } | BulkError::SourceChanged { .. } => Self::File,
            BulkError::Cancelled { .. } => Self::Interrupted,
            BulkError::Property(_) | BulkError::TypeTwice { .. } => Self::Usage,
            _ => Self::Data,
        }
    }
}

/// The exit codes as `--help` and the man page show them.
pub(crate) const TABLE: &str = "\
Exit codes:
    0  done; also when a proxy or server was ended by Ctrl-C, or nobody reads the output any more
    1  anything else, such as a standard output that cannot be written
    2  the command line, the URL or a setting is wrong
    3  a file cannot be read or written
    4  the input, or what the server sent, is not TGDB or is damaged
    5  an address cannot be resolved, listened on or connected to
    6  TLS failed, or certificates or keys cannot be used
    7  the server rejected the login
    8  the server did not do what it was asked for
    9  the time was not enough
   10  the connection was lost, or the server ended it
  130  ended by Ctrl-C";

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
    #[error("cannot ask for the password; set TGDB_PASSWORD or use --password-file")]
    Prompt(#[source] io::Error),
    #[error(transparent)]
    Channel(#[from] ChannelError),
    #[error("{reason}")]
    Usage { reason: String },
    #[error("{reason}")]
    NotDone { reason: String },
    #[error(transparent)]
    Bulk(#[from] BulkError),
    #[error("{step}: interrupted")]
    Cancelled { step: BulkStep },
    #[error("{path} is there already; --force overwrites it")]
    Exists { path: String },
    #[error("{path} cannot be imported: {reason}")]
    Import { path: String, reason: String },
    #[error("cannot edit lines")]
    Editor(#[source] Box<rustyline::error::ReadlineError>),
    #[error("interrupted")]
    Interrupted,
}

impl Failure {
    fn code(&self) -> Code {
        match self {
            Self::Output(_) | Self::Start(_) | Self::Signal(_) | Self::Prompt(_) | Self::Editor(_) => Code::Other,
            Self::Read { .. } | Self::Write { .. } => Code::File,
            Self::Data { .. } | Self::Undecoded { .. } => Code::Data,
            Self::Listen { .. } | Self::Resolve { .. } => Code::Network,
            Self::Tls(_) => Code::Tls,
            Self::Usage { .. } => Code::Usage,
            Self::NotDone { .. } => Code::Server,
            Self::Channel(error) => Code::of(error),
            Self::Bulk(error) => Code::of_bulk(error),
            Self::Exists { .. } => Code::File,
            Self::Import { .. } => Code::Usage,
            Self::Cancelled { .. } | Self::Interrupted => Code::Interrupted,
        }
    }

    /// Whether the reader of the output is gone, as in `tgdb decode FILE | head`.
    fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Whether no connection could be made.
    pub(crate) fn is_of_connecting(&self) -> bool {
        use ChannelError::{AllAttemptsFailed, Connect, DatabaseName, Login};
        let Self::Channel(error) = self else { return false };
        matches!(error, Connect(_) | Login { .. } | DatabaseName { .. } | AllAttemptsFailed { .. })
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
    say(&failure);
    ExitCode::from(failure.code() as u8)
}

/// Says what went wrong.
pub(crate) fn say(failure: &Failure) {
    // The standard error can be closed, too.
    let _ = io::Write::write_all(&mut io::stderr(), format!("tgdb: {}\n", failure.chain()).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_each_code() {
        use Code::*;
        for code in [Other, Usage, File, Data, Network, Tls, Login, Server, Timeout, Lost, Interrupted] {
            assert!(TABLE.contains(&format!("\n{:5}  ", code as u8)), "{code:?}");
        }
    }

    #[test]
    fn the_chain_has_all_causes() {
        let source = io::Error::other("no such device");
        assert_eq!(Failure::Read { path: "x".into(), source }.chain(), "cannot read x: no such device");
    }
}

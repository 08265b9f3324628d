//! Why a login failed.

use std::time::Duration;

use tgdb_pdu::version::ProductVersion;
use tgdb_pdu::{BodyError, Verb, escaped, excerpt};
use tgdb_url::VersionCheck;

/// The server did not accept the login.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The server ended the session.
    #[error("the server ended the session{}; ask its administrator why", text(.reason))]
    Terminated {
        /// The server's text.
        reason: Option<String>,
    },
    /// The server answered with an exception, as for a database that it does not have.
    #[error("the server answered {verb} for database {database:?} with error {code}{}; check the name of the database", text(.message))]
    Failed {
        /// What it answered so.
        verb: Verb,
        /// The database asked for.
        database: String,
        /// The server's code.
        code: i32,
        /// The server's text.
        message: Option<String>,
    },
    /// The server rejects our version.
    #[error(
        "the server rejects this client (version {client}): {}; use a client of the server's version",
        escaped(reason)
    )]
    ChallengeFailed {
        /// Our version.
        client: ProductVersion,
        /// The server's text.
        reason: String,
    },
    /// The server's version is not one that this client works with.
    #[error(
        "the server has version {server}, this client {client}, and versionCheck is {check:?}; use a server of that version or relax versionCheck"
    )]
    VersionMismatch {
        /// The server's version.
        server: ProductVersion,
        /// Our version.
        client: ProductVersion,
        /// How far they must agree.
        check: VersionCheck,
    },
    /// User, password, role or database are wrong.
    #[error(
        "user {user:?} was rejected (status {status}) for database {database:?}; check user, password, roles and database"
    )]
    Rejected {
        /// The user.
        user: String,
        /// The database asked for.
        database: String,
        /// The server's status.
        status: i32,
    },
    /// A message came that does not belong here.
    #[error("expected {expected}, the server sent {found}; it does not speak this protocol")]
    Unexpected {
        /// The message expected.
        expected: Verb,
        /// The message that came.
        found: String,
    },
    /// The server did not answer in time.
    #[error(
        "no {waiting_for} came, and the time for the login is over ({timeout:?}); check host and port, and the load of the server, or raise connectionOperationTimeoutSeconds"
    )]
    Timeout {
        /// The message expected.
        waiting_for: Verb,
        /// The time given for the whole login.
        timeout: Duration,
    },
    /// A message is above the bound for those of a login.
    #[error(
        "the server sent a {verb} of {length} bytes, and {maximum} is the maximum before the login is done; it does not speak this protocol"
    )]
    TooLarge {
        /// What it sent.
        verb: Verb,
        /// Its length in bytes.
        length: usize,
        /// The bound, in bytes.
        maximum: u32,
    },
    /// A message does not have the layout of its verb.
    #[error(transparent)]
    Body(#[from] BodyError),
}

impl LoginError {
    /// Whether another server may accept the login: this one does not speak the protocol, does
    /// not answer, or rejects the client for now, as one does that is full, starting or stopping.
    /// User, password, role, database and version would be rejected everywhere.
    pub(crate) fn concerns_one_server(&self) -> bool {
        matches!(
            self,
            Self::Terminated { .. }
                | Self::Timeout { .. }
                | Self::Unexpected { .. }
                | Self::TooLarge { .. }
                | Self::Body(_)
        )
    }
}

/// What an error keeps of the server's text.
pub(super) fn kept(text: Option<String>) -> Option<String> {
    text.map(|text| excerpt(text.as_bytes()))
}

fn text(message: &Option<String>) -> String {
    message.as_ref().map_or_else(String::new, |message| format!(": {}", escaped(message)))
}

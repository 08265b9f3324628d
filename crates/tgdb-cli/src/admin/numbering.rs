//! Two ways to number commands, and which of them a server means.

use tgdb_channel::{ChannelError, TgChannel};
use tgdb_pdu::body::{AdminCommand, AdminRequest, AdminResponse, Description, PythonAdminCommand, StoredProcedure};
use tgdb_pdu::{EncodeError, Reader, Verb, Wire};

use crate::exit::Failure;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Numbering {
    /// Find out by a harmless request
    Auto,
    /// As Java's and Go's clients
    Java,
    /// As Python's client
    Python,
}

/// A command that has two numbers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Task {
    Describe,
    SetLogLevel,
    Stop,
    Checkpoint,
    Kill,
}

impl Numbering {
    /// What the server means. Number 14 is "describe" or "show stored procedures", so it changes
    /// nothing; replies of the two cannot be confused.
    pub(super) fn of(self, channel: &TgChannel) -> Result<Self, Failure> {
        if self != Self::Auto {
            return Ok(self);
        }
        let unknown = || Failure::Usage {
            reason: "cannot find out how the server numbers its commands; say it with --numbering".into(),
        };
        let schema = channel.schema()?;
        let name = schema.node_types().first().map(|found| &found.entity_type.name);
        let name = name.or_else(|| schema.descriptors().first().map(|found| &found.name)).ok_or_else(unknown)?;
        match channel.call(Self::Java.with(Task::Describe, name)?) {
            Ok(reply) if is_whole::<Description>(&reply) => Ok(Self::Java),
            Ok(reply) if is_whole::<Vec<StoredProcedure>>(&reply) => Ok(Self::Python),
            Ok(_) | Err(ChannelError::Server(_)) => Err(unknown()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn is_python(self) -> bool {
        self == Self::Python
    }

    fn command(self, task: Task) -> AdminCommand {
        if self.is_python() {
            return match task {
                Task::Describe => PythonAdminCommand::DESCRIBE,
                Task::SetLogLevel => PythonAdminCommand::SET_LOG_LEVEL,
                Task::Stop => PythonAdminCommand::STOP_SERVER,
                Task::Checkpoint => PythonAdminCommand::CHECKPOINT_SERVER,
                Task::Kill => PythonAdminCommand::KILL_CONNECTION,
            }
            .into();
        }
        match task {
            Task::Describe => AdminCommand::DESCRIBE,
            Task::SetLogLevel => AdminCommand::SET_LOG_LEVEL,
            Task::Stop => AdminCommand::STOP_SERVER,
            Task::Checkpoint => AdminCommand::CHECKPOINT_SERVER,
            Task::Kill => AdminCommand::KILL_CONNECTION,
        }
    }

    /// The request without arguments.
    pub(super) fn request(self, task: Task) -> AdminRequest {
        self.sized(AdminRequest::new(self.command(task)))
    }

    /// The request with arguments.
    pub(super) fn with(self, task: Task, arguments: &impl Wire) -> Result<AdminRequest, Failure> {
        let unencoded = |source: EncodeError| ChannelError::Encode { verb: Verb::ADMIN_REQUEST, source };
        Ok(self.sized(AdminRequest::with(self.command(task), arguments).map_err(unencoded)?))
    }

    /// Python's client says how long the payload is, others 0.
    pub(super) fn sized(self, request: AdminRequest) -> AdminRequest {
        let length = AdminRequest::MIN_LEN + request.arguments.expose().len();
        AdminRequest { length: if self.is_python() { i32::try_from(length).unwrap_or(0) } else { 0 }, ..request }
    }
}

/// Whether the data of a reply is a `T` and nothing else.
fn is_whole<T: Wire>(reply: &AdminResponse) -> bool {
    let mut reader = Reader::new(Verb::ADMIN_RESPONSE, reply.payload.0.clone());
    T::decode("data", &mut reader).is_ok() && reader.remaining() == 0
}

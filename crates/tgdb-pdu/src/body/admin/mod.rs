//! Administration commands (`AdminRequest.java`, `AdminResponse.java`, `AdminHelper.java`).

mod arguments;
mod description;
mod info;
mod long_info;
mod objects;
mod python_command;

pub use arguments::*;
pub use description::*;
pub use info::*;
pub use long_info::*;
pub use objects::{Parameter, Role, RolePermission, StoredProcedure, Types, UserWithRoleIds, Users};
pub use python_command::*;

use std::fmt;

use super::Remainder;
use crate::wire::{wire_code, wire_struct};
use crate::{BodyError, EncodeError, Reader, Secret, Verb, Wire, Writer};

wire_code! {
    /// An administration command. Four bytes: Java's ordinal plus one.
    ///
    /// Java, Go and Python agree up to 13. From 14 on Python counts otherwise: see
    /// [`PythonAdminCommand`]. The names here are those of Java and Go.
    pub struct AdminCommand(i32) {
        /// Create a user; takes [`CreateUser`].
        CREATE_USER = 1,
        /// Create a role.
        CREATE_ROLE = 2,
        /// Create an attribute descriptor; takes [`CreateAttributeDescriptor`].
        CREATE_ATTR_DESC = 3,
        /// Create an index.
        CREATE_INDEX = 4,
        /// Create a node type; takes [`CreateNodeType`].
        CREATE_NODE_TYPE = 5,
        /// Create an edge type; takes [`CreateEdgeType`].
        CREATE_EDGE_TYPE = 6,
        /// List users; answers [`Users`].
        SHOW_USERS = 7,
        /// List roles; answers `Vec<Role>`.
        SHOW_ROLES = 8,
        /// List attribute descriptors; answers `Vec<AttributeDescriptor>`.
        SHOW_ATTR_DESCS = 9,
        /// List indices; answers `Vec<IndexInfo>`.
        SHOW_INDICES = 10,
        /// List types; answers [`Types`].
        SHOW_TYPES = 11,
        /// Tell about the server; answers [`AnyServerInfo`].
        SHOW_INFO = 12,
        /// List connections; answers `LongList<ConnectionInfo>`.
        SHOW_CONNECTIONS = 13,
        /// Describe an object; answers [`Description`].
        DESCRIBE = 14,
        /// Set the log level; takes [`SetLogLevel`].
        SET_LOG_LEVEL = 15,
        /// Set the directory of stored procedures.
        SET_SP_DIRECTORY = 16,
        /// Change a role.
        UPDATE_ROLE = 17,
        /// Stop the server.
        STOP_SERVER = 18,
        /// Make a checkpoint.
        CHECKPOINT_SERVER = 19,
        /// Disconnect a client.
        DISCONNECT_CLIENT = 20,
        /// Kill a connection; takes [`KillConnection`], answers `u32`, how many were killed.
        KILL_CONNECTION = 21,
    }
}

/// A command: `i32` length, `i32` checksum, `i32` command, arguments.
#[derive(Clone, PartialEq, Eq)]
pub struct AdminRequest {
    /// 0 in Java; the length of the payload in bytes in Python.
    pub length: i32,
    /// 0.
    pub checksum: i32,
    /// What to do.
    pub command: AdminCommand,
    /// The arguments' bytes. They can hold a password.
    pub arguments: Secret,
}

impl AdminRequest {
    /// A command without arguments, as Java writes it.
    pub fn new(command: AdminCommand) -> Self {
        Self { length: 0, checksum: 0, command, arguments: Secret::default() }
    }

    /// A command with arguments, as Java writes it.
    ///
    /// # Errors
    /// [`EncodeError`] if an argument does not fit its encoding.
    pub fn with(command: AdminCommand, arguments: &impl Wire) -> Result<Self, EncodeError> {
        let mut w = Writer::with_capacity(4096);
        arguments.encode("arguments", &mut w)?;
        Ok(Self { arguments: Secret::new(w.into_vec()), ..Self::new(command) })
    }
}

impl fmt::Debug for AdminRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AdminRequest({}, {} bytes of arguments)", self.command, self.arguments.expose().len())
    }
}

impl Wire for AdminRequest {
    const MIN_LEN: usize = 12;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.i32(self.length);
        w.i32(self.checksum);
        self.command.encode("command", w)?;
        w.raw(self.arguments.expose());
        Ok(())
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        Ok(Self {
            length: r.i32("length")?,
            checksum: r.i32("checksum")?,
            command: AdminCommand::decode("command", r)?,
            arguments: Secret::new(&r.take_rest()[..]),
        })
    }
}

wire_struct! {
    /// Answer to a command: `i32` result, `i32` command, data.
    #[derive(Eq)]
    pub struct AdminResponse {
        /// 0 if the command was done.
        pub result: i32,
        /// The command answered.
        pub command: AdminCommand,
        /// What the command answers; see [`AdminResponse::data`]. With another
        /// result than 0 a string; see [`AdminResponse::error_message`].
        pub payload: Remainder,
    }
}

impl AdminResponse {
    /// The data as the type that goes with the command, such as
    /// [`Users`] for [`AdminCommand::SHOW_USERS`].
    ///
    /// # Errors
    /// [`BodyError`] if the data does not have that layout.
    pub fn data<T: Wire>(&self) -> Result<T, BodyError> {
        T::decode("data", &mut self.reader())
    }

    /// The server's text if the result is not 0 and there is one.
    pub fn error_message(&self) -> Option<String> {
        if self.result == 0 { None } else { self.reader().utf("message").ok() }
    }

    fn reader(&self) -> Reader {
        Reader::new(Verb::ADMIN_RESPONSE, self.payload.0.clone())
    }
}

//! The numbers of administration commands: Java and Go count from 14 on in one way, Python in
//! another (`TGAdminCommand.java`, `adminimpl.py`).

use crate::wire::wire_code;

/// A set of commands: those that all clients number alike, and those given.
macro_rules! admin_commands {
    ($(#[$doc:meta])* pub struct $name:ident(i32) { $($rest:tt)* }) => {
        wire_code! {
            $(#[$doc])* pub struct $name(i32) {
                /// Create a user; takes [`CreateUser`](super::CreateUser).
                CREATE_USER = 1,
                /// Create a role.
                CREATE_ROLE = 2,
                /// Create an attribute descriptor; takes
                /// [`CreateAttributeDescriptor`](super::CreateAttributeDescriptor).
                CREATE_ATTR_DESC = 3,
                /// Create an index.
                CREATE_INDEX = 4,
                /// Create a node type; takes [`CreateNodeType`](super::CreateNodeType).
                CREATE_NODE_TYPE = 5,
                /// Create an edge type; takes [`CreateEdgeType`](super::CreateEdgeType).
                CREATE_EDGE_TYPE = 6,
                /// List users; answers [`Users`](super::Users).
                SHOW_USERS = 7,
                /// List roles; answers `Vec<Role>`.
                SHOW_ROLES = 8,
                /// List attribute descriptors; answers `Vec<AttributeDescriptor>`.
                SHOW_ATTR_DESCS = 9,
                /// List indices; answers `Vec<IndexInfo>`.
                SHOW_INDICES = 10,
                /// List types; answers [`Types`](super::Types).
                SHOW_TYPES = 11,
                /// Information about the server; answers [`AnyServerInfo`](super::AnyServerInfo).
                SHOW_INFO = 12,
                /// List connections; answers `List64<ConnectionInfo>`.
                SHOW_CONNECTIONS = 13,
                $($rest)*
            }
        }
    };
}

admin_commands! {
    /// An administration command. Four bytes: Java's ordinal plus one.
    ///
    /// Java, Go and Python agree up to 13. From 14 on Python counts otherwise: see
    /// [`PythonAdminCommand`]. The names here are those of Java and Go.
    pub struct AdminCommand(i32) {
        /// Describe an object; answers [`Description`](super::Description).
        DESCRIBE = 14,
        /// Set the log level; takes [`SetLogLevel`](super::SetLogLevel).
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
        /// Kill a connection; takes [`KillConnection`](super::KillConnection), answers `u32`, how
        /// many were killed.
        KILL_CONNECTION = 21,
    }
}

admin_commands! {
    /// An administration command for a server that counts like Python. Up to 13 it is
    /// [`AdminCommand`]; from 14 on Java and Go count otherwise, and which of the two a server means
    /// is not known.
    /// ```
    /// use tgdb_pdu::body::{AdminCommand, AdminRequest, PythonAdminCommand};
    /// let kill = AdminRequest::new(PythonAdminCommand::KILL_CONNECTION.into());
    /// assert_eq!(kill.command, AdminCommand(24));
    /// assert_eq!(PythonAdminCommand::from(AdminCommand(14)), PythonAdminCommand::SHOW_STORED_PROCEDURES);
    /// ```
    pub struct PythonAdminCommand(i32) {
        /// List stored procedures; answers `Vec<StoredProcedure>`.
        SHOW_STORED_PROCEDURES = 14,
        /// Describe an object; answers [`Description`](super::Description).
        DESCRIBE = 15,
        /// Set the log level.
        SET_LOG_LEVEL = 16,
        /// Set the directory of stored procedures.
        SET_SP_DIRECTORY = 17,
        /// Change a user.
        UPDATE_USER = 18,
        /// Change a role.
        UPDATE_ROLE = 19,
        /// Read the directory of stored procedures again.
        REFRESH_SP_DIRECTORY = 20,
        /// Stop the server.
        STOP_SERVER = 21,
        /// Make a checkpoint.
        CHECKPOINT_SERVER = 22,
        /// Disconnect a client.
        DISCONNECT_CLIENT = 23,
        /// Kill a connection; answers `u32`, how many were killed.
        KILL_CONNECTION = 24,
    }
}

impl From<PythonAdminCommand> for AdminCommand {
    fn from(command: PythonAdminCommand) -> Self {
        Self(command.0)
    }
}

impl From<AdminCommand> for PythonAdminCommand {
    fn from(command: AdminCommand) -> Self {
        Self(command.0)
    }
}

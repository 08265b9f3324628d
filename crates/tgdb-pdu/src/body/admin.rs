//! Administration commands (`AdminRequest.java`, `AdminResponse.java`, `AdminHelper.java`).

use std::fmt;

use bytes::Bytes;

use crate::wire::{decode_list, encode_list, wire_code, wire_struct};
use crate::{BodyError, EncodeError, Reader, Secret, Verb, Wire, Writer};

use super::{AttributeType, Remainder, SystemType};

wire_code! {
    /// An administration command. Four bytes: Java's ordinal plus one.
    ///
    /// Java and Python agree up to 13. From 14 on Python counts otherwise:
    /// 14 show stored procedures, 15 describe, 16 set log level, 17 set stored
    /// procedure directory, 18 update user, 19 update role, 20 refresh stored
    /// procedure directory, 21 stop server, 22 checkpoint server, 23 disconnect
    /// client, 24 kill connection. The names here are Java's; for a server that
    /// counts like Python write `AdminCommand(24)`.
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
        /// List users; answers [`UserInfo`]s.
        SHOW_USERS = 7,
        /// List roles.
        SHOW_ROLES = 8,
        /// List attribute descriptors; answers `Vec<AttributeDescriptor>`.
        SHOW_ATTR_DESCS = 9,
        /// List indices; answers [`IndexInfo`]s.
        SHOW_INDICES = 10,
        /// List types.
        SHOW_TYPES = 11,
        /// Tell about the server; answers [`ServerInfo`].
        SHOW_INFO = 12,
        /// List connections; answers [`Connections`].
        SHOW_CONNECTIONS = 13,
        /// Describe an object.
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
        /// Kill a connection; takes [`KillConnection`].
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

/// A string with an `i32` length.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chars(pub String);

impl Wire for Chars {
    const MIN_LEN: usize = 4;
    fn encode(&self, field: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.chars(field, &self.0)
    }
    fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        r.chars(field).map(Self)
    }
}

wire_struct! {
    /// Arguments of [`AdminCommand::KILL_CONNECTION`].
    #[derive(Eq)]
    pub struct KillConnection {
        /// Session to kill.
        pub session_id: i64,
        /// `true` in Java.
        pub flag: bool,
    }
}

wire_struct! {
    /// Arguments of [`AdminCommand::SET_LOG_LEVEL`].
    #[derive(Eq)]
    pub struct SetLogLevel {
        /// The level.
        pub level: i16,
        /// The components, a bit each.
        pub component: i64,
    }
}

wire_struct! {
    /// Arguments of [`AdminCommand::CREATE_NODE_TYPE`].
    #[derive(Eq)]
    pub struct CreateNodeType {
        /// Name of the type.
        pub name: String,
        /// Page size in bytes, 512 in Java.
        pub page_size: i32,
        /// Names of its attributes.
        pub attributes: Vec<Chars>,
        /// Names of the attributes of its primary key.
        pub primary_key: Vec<Chars>,
    }
}

wire_struct! {
    /// Arguments of [`AdminCommand::CREATE_EDGE_TYPE`].
    #[derive(Eq)]
    pub struct CreateEdgeType {
        /// Name of the type.
        pub name: String,
        /// Name of the node type that it starts at.
        pub from_node_type: String,
        /// Name of the node type that it ends at.
        pub to_node_type: String,
        /// `directed`, `undirected` or `bidirected`.
        pub direction: String,
        /// Names of its attributes.
        pub attributes: Vec<Chars>,
        /// Names of the attributes of its primary key; none in Java.
        pub primary_key: Vec<Chars>,
    }
}

/// Arguments of [`AdminCommand::CREATE_ATTR_DESC`]: bool "is array", bool "is
/// encrypted", string name, `i32` type, and for numbers `i16` precision and scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateAttributeDescriptor {
    /// Whether it holds many values.
    pub is_array: bool,
    /// Whether its value is encrypted.
    pub is_encrypted: bool,
    /// Its name.
    pub name: String,
    /// The type of its value, written with 32 bits here.
    pub value_type: AttributeType,
    /// Precision and scale; written if the value is a number.
    pub number: (i16, i16),
}

impl Wire for CreateAttributeDescriptor {
    const MIN_LEN: usize = 8;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.bool(self.is_array);
        w.bool(self.is_encrypted);
        w.utf("name", &self.name)?;
        w.i32(self.value_type.0.into());
        if self.value_type == AttributeType::NUMBER {
            w.i16(self.number.0);
            w.i16(self.number.1);
        }
        Ok(())
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let is_array = r.bool("is_array")?;
        let is_encrypted = r.bool("is_encrypted")?;
        let name = r.utf("name")?;
        let code = r.i32("value_type")?;
        let value_type = AttributeType(
            i8::try_from(code).map_err(|_| r.error("value_type", crate::BodyErrorKind::UnknownValue(code.into())))?,
        );
        let number = if value_type == AttributeType::NUMBER { (r.i16("precision")?, r.i16("scale")?) } else { (0, 0) };
        Ok(Self { is_array, is_encrypted, name, value_type, number })
    }
}

/// Arguments of [`AdminCommand::CREATE_USER`]: string name, string password,
/// `i32` count of roles, strings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateUser {
    /// Name of the user.
    pub name: String,
    /// Password of the user, UTF-8, 32,767 bytes at most.
    pub password: Secret,
    /// Names of the roles of the user.
    pub roles: Vec<String>,
}

impl Wire for CreateUser {
    const MIN_LEN: usize = 8;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.utf("name", &self.name)?;
        w.count_i16("password", self.password.expose().len())?;
        w.raw(self.password.expose());
        self.roles.encode("roles", w)
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let name = r.utf("name")?;
        let length = i64::from(r.i16("password")?);
        let length = r.check_count("password", length, 1)?;
        let password = Secret::new(&r.raw("password", length)?[..]);
        Ok(Self { name, password, roles: Vec::decode("roles", r)? })
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
    /// `Vec<UserInfo>` for [`AdminCommand::SHOW_USERS`].
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

wire_struct! {
    /// A user.
    #[derive(Eq)]
    pub struct UserInfo {
        /// [`SystemType::PRINCIPAL`].
        pub system_type: SystemType,
        /// Id of the user.
        pub id: i32,
        /// Name of the user.
        pub name: String,
        /// Not named by the vendor's clients.
        pub data: Bytes,
        /// Role of the user.
        pub role: String,
    }
}

/// The connections of a server: `i64` count, items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connections(pub Vec<ConnectionInfo>);

impl Wire for Connections {
    const MIN_LEN: usize = 8;
    fn encode(&self, field: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.i64(self.0.len() as i64);
        encode_list(field, &self.0, w)
    }
    fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let count = r.i64(field)?;
        decode_list(field, count, r).map(Self)
    }
}

wire_struct! {
    /// A connection.
    #[derive(Eq)]
    pub struct ConnectionInfo {
        /// Name of the listener that took it.
        pub listener: String,
        /// Name of the client program.
        pub client_id: String,
        /// Session id.
        pub session_id: i64,
        /// Name of the user.
        pub user: String,
        /// Address of the client.
        pub remote_addr: String,
        /// When it was made, in nanoseconds since 1970.
        pub created: i64,
    }
}

wire_struct! {
    /// An index.
    #[derive(Eq)]
    pub struct IndexInfo {
        /// [`SystemType::INDEX`].
        pub system_type: SystemType,
        /// Id of the index.
        pub id: i32,
        /// Name of the index.
        pub name: String,
        /// Whether a key can be there once only.
        pub is_unique: bool,
        /// Names of its attributes.
        pub attributes: Vec<String>,
        /// Names of its types.
        pub types: Vec<String>,
        /// Block size in bytes.
        pub block_size: i32,
        /// How many entries it has.
        pub entry_count: i64,
        /// Its status.
        pub status: Bytes,
    }
}

wire_struct! {
    /// A listener of the server.
    #[derive(Eq)]
    pub struct ListenerInfo {
        /// Its name.
        pub name: Chars,
        /// Connections it has.
        pub connections: i32,
        /// Connections it can have.
        pub max_connections: i32,
        /// Its port.
        pub port: Chars,
    }
}

/// The listeners of a server: `i64` count, items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listeners(pub Vec<ListenerInfo>);

impl Wire for Listeners {
    const MIN_LEN: usize = 8;
    fn encode(&self, field: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.i64(self.0.len() as i64);
        encode_list(field, &self.0, w)
    }
    fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let count = r.i64(field)?;
        decode_list(field, count, r).map(Self)
    }
}

wire_struct! {
    /// Hits and sizes of one cache.
    #[derive(Eq)]
    pub struct CacheInfo {
        /// Entries it can have.
        pub max_entries: i32,
        /// Entries it has.
        pub entries: i32,
        /// Hits.
        pub hits: i64,
        /// Misses.
        pub misses: i64,
        /// Bytes it can have.
        pub max_memory: i64,
    }
}

wire_struct! {
    /// Sizes of one part of the store.
    #[derive(Eq)]
    pub struct StoreInfo {
        /// Segments.
        pub segments: i32,
        /// Bytes.
        pub size: i64,
        /// Bytes in use.
        pub used: i64,
        /// Bytes free.
        pub free: i64,
        /// Bytes of a block.
        pub block_size: i32,
    }
}

wire_struct! {
    /// What a server tells about itself.
    pub struct ServerInfo {
        /// Name of the server.
        pub name: String,
        /// State: 0 created, 1 initialized, 2 started, 3 suspended, 4 interrupted,
        /// 5 stop requested, 6 stopped, 7 shut down.
        pub state: i8,
        /// Process id.
        pub process_id: i32,
        /// When it was started, in nanoseconds since 1970.
        pub started: i64,
        /// Its [`ProductVersion`](crate::version::ProductVersion) word.
        pub version: i64,
        /// Free bytes of the process.
        pub process_memory_free: i64,
        /// Percentage of memory that the process uses.
        pub process_memory_percent: i32,
        /// Bytes that the process can have.
        pub process_memory_max: i64,
        /// File of the shared memory.
        pub shared_memory_file: String,
        /// Free bytes of the shared memory.
        pub shared_memory_free: i64,
        /// Percentage of the shared memory in use.
        pub shared_memory_percent: i32,
        /// Bytes of the shared memory.
        pub shared_memory_max: i64,
        /// Listeners.
        pub listeners: Listeners,
        /// Threads that process transactions.
        pub transaction_processors: i16,
        /// Transactions processed.
        pub transactions_processed: i64,
        /// Transactions that succeeded.
        pub transactions_successful: i64,
        /// Average time of a transaction.
        pub transaction_average_time: f64,
        /// Transactions waiting.
        pub transactions_pending: i64,
        /// Depth of the logger's queue.
        pub transaction_logger_depth: i32,
        /// Cache for data.
        pub data_cache: CacheInfo,
        /// Cache for indices.
        pub index_cache: CacheInfo,
        /// Bytes of the database.
        pub database_size: i64,
        /// Store for data.
        pub data_store: StoreInfo,
        /// Store for indices.
        pub index_store: StoreInfo,
    }
}

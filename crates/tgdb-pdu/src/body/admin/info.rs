//! What administration commands answer.

use bytes::Bytes;

use crate::Secret;
use crate::body::{Chars, List64, SystemType};
use crate::wire::wire_struct;

wire_struct! {
    /// A user with the name of one role, as Java reads it; see [`Users`](super::Users).
    #[derive(Eq)]
    pub struct UserInfo {
        /// [`SystemType::PRINCIPAL`].
        pub system_type: SystemType,
        /// Id of the user.
        pub id: i32,
        /// Name of the user.
        pub name: String,
        /// Hash of the password.
        pub data: Secret,
        /// Role of the user.
        pub role: String,
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
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::hex"))]
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
    /// What a server reports about itself, as Java and Go read it; see
    /// [`AnyServerInfo`](super::AnyServerInfo).
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
        pub listeners: List64<ListenerInfo>,
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

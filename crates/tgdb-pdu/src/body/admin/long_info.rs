//! What a server reports about itself, in the longer of two layouts (`adminimpl.py`).

use super::objects::either;
use super::{CacheInfo, ListenerInfo, ServerInfo, StoreInfo};
use crate::body::List64;
use crate::wire::wire_struct;
use crate::{BodyError, EncodeError, Reader, Wire, Writer};

wire_struct! {
    /// What a server reports about itself, as Python reads it: [`ServerInfo`] and, in between, its
    /// path, query statistics, two more caches and the path of the database.
    pub struct LongServerInfo {
        /// Name of the server.
        pub name: String,
        /// State, 0 to 9, of which 4 is started; 1 and 2 are phases of initialization.
        pub state: i8,
        /// Process id.
        pub process_id: i32,
        /// For how long it has been up, in nanoseconds.
        pub uptime: i64,
        /// Its [`ProductVersion`](crate::version::ProductVersion) word.
        pub version: i64,
        /// Directory of the server.
        pub server_path: String,
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
        /// Transactions.
        pub transactions: ProcessorInfo,
        /// Depth of the logger's queue.
        pub transaction_logger_depth: i32,
        /// Queries.
        pub queries: ProcessorInfo,
        /// Cache for data.
        pub data_cache: CacheInfo,
        /// Cache for indices.
        pub index_cache: CacheInfo,
        /// Shared cache.
        pub shared_cache: CacheInfo,
        /// Cache for entities.
        pub entity_cache: CacheInfo,
        /// Average size of an entity in bytes.
        pub entity_average_size: i32,
        /// Size of the largest entity in bytes.
        pub entity_max_size: i32,
        /// Bytes of the database.
        pub database_size: i64,
        /// Directory of the database.
        pub database_path: String,
        /// Store for data.
        pub data_store: StoreInfo,
        /// Store for indices.
        pub index_store: StoreInfo,
    }
}

wire_struct! {
    /// The threads that process transactions or queries.
    pub struct ProcessorInfo {
        /// How many threads there are.
        pub processors: i16,
        /// How much was processed.
        pub processed: i64,
        /// How much succeeded.
        pub successful: i64,
        /// Average time.
        pub average_time: f64,
        /// How much waits.
        pub pending: i64,
    }
}

/// What a server reports about itself, in either of the layouts that the vendor's clients read; which
/// one a server writes is not known. Answer to [`SHOW_INFO`](super::AdminCommand::SHOW_INFO).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum AnyServerInfo {
    /// As Python reads it.
    Long(Box<LongServerInfo>),
    /// As Java and Go read it.
    Short(Box<ServerInfo>),
}

impl Wire for AnyServerInfo {
    const MIN_LEN: usize = ServerInfo::MIN_LEN;

    fn encode(&self, field: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        match self {
            Self::Long(info) => info.encode(field, w),
            Self::Short(info) => info.encode(field, w),
        }
    }

    /// As Python reads it, unless only the layout of Java and Go takes all bytes.
    fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        either(field, r, |info| Self::Long(Box::new(info)), |info| Self::Short(Box::new(info)))
    }
}

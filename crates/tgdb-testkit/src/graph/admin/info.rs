//! What the server reports about itself. What it does not measure is 0.

use tgdb_pdu::body::{
    AnyServerInfo, CacheInfo, Chars, List64, ListenerInfo, LongServerInfo, ProcessorInfo, ServerInfo, StoreInfo,
};

use super::Admin;

/// Name of the only listener.
pub(super) const LISTENER: &str = "testkit";
const SERVER: &str = "tgdb-testkit";

/// Started, as Java and as Python number it.
const STARTED: i8 = 2;
const STARTED_IN_PYTHON: i8 = 4;

const NO_CACHE: CacheInfo = CacheInfo { max_entries: 0, entries: 0, hits: 0, misses: 0, max_memory: 0 };
const NO_STORE: StoreInfo = StoreInfo { segments: 0, size: 0, used: 0, free: 0, block_size: 0 };

impl Admin<'_> {
    pub(super) fn info(&self, is_python: bool) -> AnyServerInfo {
        let counts = self.state.counts;
        let started = self.state.started.unwrap_or(self.now);
        let process_id = i32::try_from(std::process::id()).unwrap_or_default();
        let listener = ListenerInfo {
            name: Chars(LISTENER.to_owned()),
            connections: i32::try_from(self.connections().0.len()).unwrap_or(i32::MAX),
            max_connections: i32::MAX,
            port: Chars(self.config.address.port().to_string()),
        };
        let listeners = List64(vec![listener]);
        let version = self.config.version.to_wire();
        if is_python {
            let processor = |processed, successful| ProcessorInfo {
                processors: 1,
                processed,
                successful,
                average_time: 0.0,
                pending: 0,
            };
            return AnyServerInfo::Long(Box::new(LongServerInfo {
                name: SERVER.to_owned(),
                state: STARTED_IN_PYTHON,
                process_id,
                uptime: i64::try_from(self.now.saturating_sub(started).as_nanos()).unwrap_or(i64::MAX),
                version,
                server_path: String::new(),
                process_memory_free: 0,
                process_memory_percent: 0,
                process_memory_max: 0,
                shared_memory_file: String::new(),
                shared_memory_free: 0,
                shared_memory_percent: 0,
                shared_memory_max: 0,
                listeners,
                transactions: processor(counts.commits, counts.committed),
                transaction_logger_depth: 0,
                queries: processor(counts.queries, counts.answered),
                data_cache: NO_CACHE,
                index_cache: NO_CACHE,
                shared_cache: NO_CACHE,
                entity_cache: NO_CACHE,
                entity_average_size: 0,
                entity_max_size: 0,
                database_size: 0,
                database_path: String::new(),
                data_store: NO_STORE,
                index_store: NO_STORE,
            }));
        }
        AnyServerInfo::Short(Box::new(ServerInfo {
            name: SERVER.to_owned(),
            state: STARTED,
            process_id,
            started: i64::try_from(started.as_nanos()).unwrap_or(i64::MAX),
            version,
            process_memory_free: 0,
            process_memory_percent: 0,
            process_memory_max: 0,
            shared_memory_file: String::new(),
            shared_memory_free: 0,
            shared_memory_percent: 0,
            shared_memory_max: 0,
            listeners,
            transaction_processors: 1,
            transactions_processed: counts.commits,
            transactions_successful: counts.committed,
            transaction_average_time: 0.0,
            transactions_pending: 0,
            transaction_logger_depth: 0,
            data_cache: NO_CACHE,
            index_cache: NO_CACHE,
            database_size: 0,
            data_store: NO_STORE,
            index_store: NO_STORE,
        }))
    }
}

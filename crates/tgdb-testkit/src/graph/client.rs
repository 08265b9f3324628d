//! What the graph knows of one session.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A session as others see it.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) session_id: i64,
    pub(crate) user: String,
    pub(crate) client_id: String,
    pub(crate) address: String,
    pub(crate) created: Duration,
    killed: AtomicBool,
}

impl Client {
    /// Ends the session: at the next time that its driver looks for something to send.
    pub(crate) fn kill(&self) {
        self.killed.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_killed(&self) -> bool {
        self.killed.load(Ordering::SeqCst)
    }
}

/// State of the graph that is kept with the session, and dropped with it.
#[derive(Debug, Default)]
pub(crate) struct ClientState {
    /// `None` until the first request.
    pub(crate) client: Option<Arc<Client>>,
    /// The transaction that was begun.
    pub(super) transaction: Option<i64>,
    /// Texts of prepared queries.
    pub(super) queries: BTreeMap<i64, String>,
    pub(super) last_query: i64,
    /// Ids of entities that were found and not sent, and how many are sent at once.
    pub(super) results: BTreeMap<i32, (Vec<i64>, i32)>,
    pub(super) last_result: i32,
    pub(super) bulk: super::bulk::BulkState,
}

impl ClientState {
    pub(crate) fn introduce(
        &mut self,
        session_id: i64,
        user: &str,
        client_id: &str,
        address: &str,
        created: Duration,
    ) -> Arc<Client> {
        let new = Client {
            session_id,
            user: user.to_owned(),
            client_id: client_id.to_owned(),
            address: address.to_owned(),
            created,
            killed: AtomicBool::new(false),
        };
        self.client.insert(Arc::new(new)).clone()
    }
}

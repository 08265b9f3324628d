//! The transaction of the session, and rollbacks that nobody waits for.

use std::sync::Arc;

use super::role::Waiter;
use super::{Shared, State};
use crate::ChannelError;
use crate::proto::{Request, SessionNumber};

/// Who has the session's transaction: a session has one at a time.
#[derive(Default)]
pub(crate) struct TransactionSlot {
    open: Option<Open>,
    last_token: u64,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    token: u64,
    /// `None` while it is being begun.
    session: Option<SessionNumber>,
}

impl State {
    /// Whether a transaction is open, or being begun, in a session that is not gone.
    fn has_transaction(&self) -> bool {
        let open = self.transaction.open;
        open.is_some_and(|open| open.session.is_none() || open.session == self.session.session_number())
    }
}

impl Shared {
    /// Whether a transaction is open, or being begun.
    pub(crate) fn has_transaction(&self) -> bool {
        self.lock().has_transaction()
    }

    /// Reserves the session's transaction. Returns a token for it.
    pub(crate) fn claim_transaction(&self) -> Option<u64> {
        let mut state = self.lock();
        if state.has_transaction() {
            return None;
        }
        let slot = &mut state.transaction;
        slot.last_token += 1;
        let token = slot.last_token;
        slot.open = Some(Open { token, session: None });
        Some(token)
    }

    /// The transaction has begun, in that session.
    pub(crate) fn set_transaction_session(&self, token: u64, session: SessionNumber) {
        if let Some(open) = self.lock().transaction.open.as_mut().filter(|open| open.token == token) {
            open.session = Some(session);
        }
    }

    /// The transaction is over, or its rollback is on its way.
    pub(crate) fn release_transaction(&self, token: u64) {
        self.lock().transaction.open.take_if(|open| open.token == token);
    }

    /// Takes a request in whose outcome nobody waits for, however many others wait: it is one for
    /// each transaction. Does not wait.
    pub(crate) fn submit_unwatched(self: &Arc<Self>, mut request: Request<Waiter>) -> Result<(), ChannelError> {
        let (verb, deadline) = (request.verb, request.deadline);
        request.waiter = Some(Waiter::Nobody);
        let mut state = self.lock();
        match state.session.submit_beyond_bounds(request) {
            Ok(_) => {
                state.count_async();
                let state = self.flush_soon(state, deadline);
                self.release(state);
                Ok(())
            }
            Err(not_taken) => {
                let error = self.submit_error(&mut state, not_taken.why, verb, std::time::Instant::now());
                self.release(state);
                Err(error)
            }
        }
    }
}

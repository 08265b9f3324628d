//! Messages without reply.

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use super::Shared;
use super::role::Waiter;
use super::room::IfFull;
use crate::proto::{Ended, Failure, Outcome, Request};
use crate::{ChannelError, SendOutcome};

impl Shared {
    /// Sends a message without reply and waits until the system has taken it.
    pub(crate) fn send_one_way(self: &Arc<Self>, request: Request<Waiter>) -> Result<SendOutcome, ChannelError> {
        let deadline = request.deadline;
        let (state, key) = self.submit(self.lock(), request, IfFull::Wait)?;
        let mut state = self.flush(state);
        loop {
            let now = Instant::now();
            if now >= deadline {
                state.handle_time(now);
            }
            if let Some(ended) = state.session.take(key) {
                self.release(state);
                return self.send_result(ended);
            }
            state.set_waiter(key, Waiter::Thread(thread::current()));
            state.wake_io_by(deadline);
            self.release(state);
            thread::park_timeout(deadline.saturating_duration_since(now));
            state = self.lock();
        }
    }

    fn send_result(&self, ended: Ended) -> Result<SendOutcome, ChannelError> {
        let Ended { verb, timeout, outcome } = ended;
        match outcome {
            Outcome::Sent => Ok(SendOutcome::Sent),
            Outcome::Ignored => Ok(SendOutcome::Ignored),
            // Says what the state is now: the connection may have been made again.
            Outcome::Failed(Failure::Lost(_) | Failure::ReconnectFailed { .. }) => {
                Err(self.lock().not_connected("send"))
            }
            Outcome::Failed(failure) => Err(self.error_of(-1, verb, timeout, failure)),
            // Cannot be: a message without reply has a negative key, and no reply has such an id.
            Outcome::Reply(_) => Err(ChannelError::Stopped),
        }
    }
}

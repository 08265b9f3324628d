//! Waiting for a reply.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use tgdb_pdu::{Message, Verb};

use crate::ChannelError;
use crate::shared::Shared;

/// How a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaiterStatus {
    /// Sent, not answered yet.
    Waiting,
    /// Answered, if only with an exception.
    Ok,
    /// A part of the reply is there. No server message that the vendor's clients
    /// know leads here.
    Pushed,
    /// Waits to be sent again after a reconnection.
    Resend,
    /// The connection was lost.
    Disconnected,
    /// The channel was stopped.
    Closed,
}

pub(crate) type Outcome = Result<Message, ChannelError>;

/// What a waiter is woken with.
pub(crate) enum Waker {
    /// The status is set once the outcome is there to be received.
    Handle(Sender<Outcome>, Arc<OnceLock<WaiterStatus>>),
    Callback(Box<dyn FnOnce(Outcome) + Send>),
}

impl Waker {
    /// Hands the outcome over. Not to be called with a lock held: it runs the program's code.
    pub(crate) fn wake(self, outcome: Outcome) {
        match self {
            Self::Handle(sender, done) => {
                let status = status_of(&outcome);
                // An error means that the waiter is gone, and needs nothing.
                let _ = sender.try_send(outcome);
                let _ = done.set(status);
            }
            Self::Callback(callback) => {
                let run = std::panic::AssertUnwindSafe(|| callback(outcome));
                if std::panic::catch_unwind(run).is_err() {
                    log::error!("a reply callback panicked; the channel goes on");
                }
            }
        }
    }
}

fn status_of(outcome: &Outcome) -> WaiterStatus {
    use ChannelError as E;
    match outcome {
        Ok(_) | Err(E::Server { .. } | E::BadReply { .. }) => WaiterStatus::Ok,
        Err(E::Stopped) => WaiterStatus::Closed,
        Err(_) => WaiterStatus::Disconnected,
    }
}

impl std::fmt::Debug for Waker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Handle(..) => "Handle",
            Self::Callback(_) => "Callback",
        })
    }
}

/// A request in flight. Dropping it gives the reply up.
#[derive(Debug)]
#[must_use = "dropping a waiter gives its reply up"]
pub struct ResponseWaiter {
    pub(crate) shared: Arc<Shared>,
    pub(crate) receiver: Receiver<Outcome>,
    pub(crate) done: Arc<OnceLock<WaiterStatus>>,
    pub(crate) request_id: i64,
    pub(crate) verb: Verb,
    pub(crate) deadline: Instant,
    pub(crate) timeout: Duration,
}

impl ResponseWaiter {
    /// The id of the request.
    pub fn request_id(&self) -> i64 {
        self.request_id
    }

    /// The verb of the request.
    pub fn verb(&self) -> Verb {
        self.verb
    }

    /// How the request stands. Unless it is waiting or to be resent, the outcome is
    /// there.
    pub fn status(&self) -> WaiterStatus {
        let pending = || self.shared.waiter_status(self.request_id);
        // If it is neither, the outcome is on its way.
        self.done.get().copied().or_else(pending).unwrap_or(WaiterStatus::Waiting)
    }

    /// Waits for the reply, no longer than the request's timeout.
    ///
    /// # Errors
    /// [`ChannelError::Timeout`], [`ChannelError::Server`], or why the reply cannot come.
    pub fn wait(self) -> Outcome {
        self.shared.check_not_reader()?;
        match self.receiver.recv_deadline(self.deadline) {
            Ok(outcome) => outcome,
            Err(error) => self.gave_up(error),
        }
    }

    /// The outcome if it is there; otherwise the waiter back.
    ///
    /// # Errors
    /// The waiter, if there is no outcome yet.
    pub fn try_wait(self) -> Result<Outcome, Self> {
        match self.receiver.try_recv() {
            Ok(outcome) => Ok(outcome),
            Err(_) if Instant::now() >= self.deadline => Ok(self.gave_up(RecvTimeoutError::Timeout)),
            Err(_) => Err(self),
        }
    }

    fn gave_up(&self, error: RecvTimeoutError) -> Outcome {
        // The reply can come between our waking up and here; then it is ours.
        if self.shared.abandon(self.request_id) || error == RecvTimeoutError::Disconnected {
            return Err(ChannelError::Timeout {
                verb: self.verb,
                peer: self.shared.peer(),
                timeout: self.timeout,
                request_id: self.request_id,
            });
        }
        self.receiver.recv().unwrap_or(Err(ChannelError::Stopped))
    }
}

impl Drop for ResponseWaiter {
    fn drop(&mut self) {
        self.shared.abandon(self.request_id);
    }
}

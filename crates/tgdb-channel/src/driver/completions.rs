//! What is to be done once the lock is released.

use std::sync::Arc;
use std::task::Waker;
use std::thread::Thread;

use tgdb_transport::{ConnectCancel, TgSocket, Wakeup};

use super::state::Waiter;
use super::{Callback, Shared, connector};
use crate::LinkState;
use crate::proto::{Ended, Event, LinkId};

/// What a locked section leaves to be done without the lock: it can block, or runs code
/// that is not ours.
#[derive(Default)]
#[must_use = "somebody waits for it"]
pub(super) struct Completions {
    pub(super) threads: Vec<Thread>,
    tasks: Vec<Waker>,
    pub(super) callbacks: Vec<(Callback, i64, Ended)>,
    pub(super) close: Vec<Arc<dyn TgSocket>>,
    pub(super) finish: Option<Arc<dyn TgSocket>>,
    pub(super) cancel: Option<ConnectCancel>,
    pub(super) connect: Option<(LinkId, usize)>,
    pub(super) wakeup: Option<Arc<Wakeup>>,
    /// Wake those who wait on the condition variable.
    pub(super) notify: bool,
    /// To be logged.
    pub(super) notes: Vec<Event<Waiter>>,
}

impl Completions {
    /// Wakes a task; once, if the last one is the same.
    pub(super) fn add_task(&mut self, waker: Waker) {
        if self.tasks.last().is_none_or(|last| !last.will_wake(&waker)) {
            self.tasks.push(waker);
        }
    }

    pub(super) fn run(self, shared: &Arc<Shared>) {
        for socket in self.close {
            socket.close();
        }
        if let Some(socket) = self.finish {
            socket.finish();
        }
        if let Some(cancel) = self.cancel {
            cancel.cancel();
        }
        if let Some((link, server)) = self.connect {
            connector::spawn(shared, link, server);
        }
        if let Some(wakeup) = self.wakeup {
            wakeup.wake();
        }
        if self.notify {
            shared.changed.notify_all();
        }
        for thread in self.threads {
            thread.unpark();
        }
        for waker in self.tasks {
            waker.wake();
        }
        for (callback, id, ended) in self.callbacks {
            shared.queue_callback(callback, id, ended);
        }
        for note in self.notes {
            log(shared, note);
        }
    }
}

/// Logs what happened.
fn log(shared: &Shared, note: Event<Waiter>) {
    let peer = |server: usize| shared.config.urls[server].authority();
    match note {
        Event::LinkChanged { from, to } if to == LinkState::Closed && from == LinkState::Reconnecting => {
            log::warn!("no server could be connected to again; the channel is closed");
        }
        Event::LinkChanged { from, to } => log::debug!("link {from:?} -> {to:?}"),
        Event::AttemptFailed { server, attempt, error } => log::info!("attempt {attempt}, {}: {error}", peer(server)),
        Event::LoggedIn { server, version } => log::info!("logged in at {}, server version {version}", peer(server)),
        Event::Lost { cause } => log::warn!("connection lost: {cause}"),
        Event::Dropped { verb, request_id, count } => {
            log::warn!("dropped {verb} for request {request_id}, which nobody waits for; {count} of its kind");
        }
        _ => {}
    }
}

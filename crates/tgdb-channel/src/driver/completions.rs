//! What is to be done once the lock is released.

use std::sync::Arc;
use std::task::Waker;
use std::thread::Thread;

use tgdb_transport::{ConnectCancel, TgSocket, Wakeup};

use super::state::Waiter;
use super::{Callback, Shared, connector};
use crate::LinkState;
use crate::proto::{Ended, Event, LinkId};

/// Something to be done once the lock is released.
pub(super) enum Action {
    /// Wake a caller.
    Unpark(Thread),
    /// Wake a task.
    Wake(Waker),
    /// Wake those who wait on the condition variable.
    Notify,
    /// Wake the I/O thread.
    WakeIo(Arc<Wakeup>),
    /// Run a callback.
    Callback(Callback, i64, Ended),
    Connect(LinkId, usize),
    CancelConnect(ConnectCancel),
    Finish(Arc<dyn TgSocket>),
    Close(Arc<dyn TgSocket>),
    Log(Event<Waiter>),
}

/// What a locked section leaves to be done without the lock: it can block, or runs code
/// that is not ours.
#[derive(Default)]
#[must_use = "somebody waits for it"]
pub(super) struct Completions(Vec<Action>);

impl Completions {
    pub(super) fn push(&mut self, action: Action) {
        self.0.push(action);
    }

    /// Wakes a task; once, if the last one woken is the same.
    pub(super) fn wake(&mut self, waker: Waker) {
        if !matches!(self.0.last(), Some(Action::Wake(last)) if last.will_wake(&waker)) {
            self.0.push(Action::Wake(waker));
        }
    }

    #[inline]
    pub(super) fn run(self, shared: &Arc<Shared>) {
        if !self.0.is_empty() {
            self.run_all(shared);
        }
    }

    fn run_all(self, shared: &Arc<Shared>) {
        for action in self.0 {
            match action {
                Action::Unpark(thread) => thread.unpark(),
                Action::Wake(waker) => waker.wake(),
                Action::Notify => shared.changed.notify_all(),
                Action::WakeIo(wakeup) => wakeup.wake(),
                Action::Callback(callback, id, ended) => shared.queue_callback(callback, id, ended),
                Action::Connect(link, server) => connector::spawn(shared, link, server),
                Action::CancelConnect(cancel) => cancel.cancel(),
                Action::Finish(socket) => socket.finish(),
                Action::Close(socket) => socket.close(),
                Action::Log(note) => log(shared, note),
            }
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

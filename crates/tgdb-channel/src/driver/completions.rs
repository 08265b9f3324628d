//! What is to be done once the lock is released.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Waker;
use std::thread::Thread;

use tgdb_transport::{ConnectCancel, TgSocket, Wakeup};

use super::callbacks::Due;
use super::role::Waiter;
use super::{Shared, connector};
use crate::proto::{Event, LinkId};
use crate::{ChannelError, LinkState};

/// What the channel itself does once the lock is released.
pub(super) enum Action {
    Close(Arc<dyn TgSocket>),
    Finish(Arc<dyn TgSocket>),
    Connect(LinkId, usize),
    CancelConnect(ConnectCancel),
    /// Wake the I/O thread.
    WakeIo(Arc<Wakeup>),
    /// Wake those who wait on the condition variable.
    Notify,
    /// Wake a caller.
    Unpark(Thread),
    /// Hand a callback to its thread.
    Callback(Due),
}

/// Code of the program that is to run once the lock is released.
pub(super) enum Code {
    /// Wake a task.
    Wake(Waker),
    /// Drop what waited.
    Drop(Waiter),
    Log(Event<Waiter>),
}

/// What a locked section leaves to be done without the lock.
#[derive(Default)]
#[must_use = "somebody waits for it"]
pub(super) struct Completions {
    actions: Vec<Action>,
    /// Runs after the actions: it can take long, or panic.
    code: Vec<Code>,
}

impl Completions {
    pub(super) fn push(&mut self, action: Action) {
        self.actions.push(action);
    }

    pub(super) fn push_code(&mut self, code: Code) {
        self.code.push(code);
    }

    /// Wakes a task; once, if the last one woken is the same.
    pub(super) fn wake(&mut self, waker: Waker) {
        if !matches!(self.code.last(), Some(Code::Wake(last)) if last.will_wake(&waker)) {
            self.code.push(Code::Wake(waker));
        }
    }

    /// Whether code of the program runs. No role may be held then.
    pub(super) fn runs_code(&self) -> bool {
        !self.code.is_empty()
    }

    #[inline]
    pub(super) fn run(self, shared: &Arc<Shared>) {
        if !self.actions.is_empty() || !self.code.is_empty() {
            self.run_all(shared);
        }
    }

    fn run_all(self, shared: &Arc<Shared>) {
        for action in self.actions {
            match action {
                Action::Close(socket) => socket.close(),
                Action::Finish(socket) => socket.finish(),
                Action::Connect(link, server) => connector::spawn(shared, link, server),
                Action::CancelConnect(cancel) => cancel.cancel(),
                Action::WakeIo(wakeup) => wakeup.wake(),
                Action::Notify => {
                    shared.changed.notify_all();
                }
                Action::Unpark(thread) => thread.unpark(),
                Action::Callback(due) => due.queue(),
            }
        }
        for code in self.code {
            let run = || match code {
                Code::Wake(waker) => waker.wake(),
                Code::Drop(waiter) => drop(waiter),
                Code::Log(note) => log(shared, note),
            };
            catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(forget_panic);
        }
    }
}

/// What code of the program panicked with can panic again when it is dropped.
pub(super) fn forget_panic(payload: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
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
        Event::AttemptFailed { server, attempt, error } => log::info!("attempt {attempt}, {}: {error:#}", peer(server)),
        Event::LoggedIn { session, server, version } => {
            log::info!("logged in at {}, server version {version}, session {session}", peer(server));
        }
        Event::Lost { cause } => log::warn!("{:#}", ChannelError::ConnectionLost(cause)),
        Event::Resent { id, verb, times } => log::info!("{verb} (request {id}) was sent again, {times} times so far"),
        Event::Dropped { verb, request_id, count, .. } if count.is_power_of_two() => {
            log::warn!("dropped {verb} for request {request_id}, which nobody waits for; {count} of its kind");
        }
        _ => {}
    }
}

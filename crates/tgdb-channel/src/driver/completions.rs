//! What is to be done once the lock is released.

use std::sync::Arc;
use std::task::Waker;
use std::thread::Thread;

use tgdb_transport::foreign::{contain, emit, is_emitting};
use tgdb_transport::{ConnectCancel, TgSocket, TransportError, Wakeup};

use super::callbacks::Due;
use super::observe::{Note, emit_note};
use super::role::Waiter;
use super::{Shared, connector};
use crate::proto::LinkId;

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
    /// Drop an error, which can hold one of the program's resolver or TLS configuration.
    DropError(Arc<TransportError>),
    /// Emit events and spans.
    Emit(Note),
}

/// What a locked section leaves to be done without the lock.
#[derive(Default)]
#[must_use = "somebody waits for it"]
pub(super) struct Completions {
    actions: Vec<Action>,
    /// Runs after the actions: it can take long, or panic.
    code: Vec<Code>,
    /// Where in `code` the task is that was woken last.
    last_woken: Option<usize>,
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
        let is_same = self
            .last_woken
            .is_some_and(|last| matches!(self.code.get(last), Some(Code::Wake(last)) if last.will_wake(&waker)));
        if is_same {
            self.code.push(Code::Drop(Waiter::Task(waker)));
        } else {
            self.last_woken = Some(self.code.len());
            self.code.push(Code::Wake(waker));
        }
    }

    /// Whether code of the program runs. No role may be held then.
    pub(super) fn runs_code(&self) -> bool {
        !self.code.is_empty()
    }

    /// Whether subscribers and loggers are to hear something.
    #[inline]
    pub(super) fn has_notes(&self) -> bool {
        self.code.iter().any(|code| matches!(code, Code::Emit(_)))
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
            match code {
                Code::Wake(waker) => contained(|| waker.wake()),
                Code::Drop(waiter) => contained(|| drop(waiter)),
                Code::DropError(error) => contained(|| drop(error)),
                // This thread is inside a subscriber or logger that uses the channel. The event is emitted
                // after that has returned.
                Code::Emit(note) if is_emitting() => shared.postpone(note),
                Code::Emit(note) => {
                    emit(|| emit_note(note));
                }
            }
        }
    }
}

fn contained(run: impl FnOnce()) {
    let _ = contain(run);
}

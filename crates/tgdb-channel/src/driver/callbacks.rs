//! The thread that runs callbacks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, ThreadId};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, TryRecvError};
use tgdb_pdu::Message;

use super::{Shared, State};
use crate::ChannelError;
use crate::proto::Ended;

/// What takes the outcome of a request.
pub(crate) type Callback = Box<dyn FnOnce(Result<Message, ChannelError>) + Send>;

/// A callback that is due.
pub(super) struct Due {
    callback: Callback,
    id: i64,
    ended: Ended,
}

/// The thread, and what waits for it.
#[derive(Default)]
pub(super) struct Callbacks {
    sender: Option<Sender<Due>>,
    thread: Option<ThreadId>,
    /// Callbacks whose outcome is there, and that have not returned yet.
    pub(super) waiting: usize,
}

impl Shared {
    /// Makes sure that the thread runs.
    pub(super) fn start_callbacks(self: &Arc<Self>, state: &mut State) -> Result<(), ChannelError> {
        if state.callbacks.sender.is_none() {
            let (sender, receiver) = crossbeam_channel::unbounded();
            let shared = Arc::downgrade(self);
            let run = move || {
                // The channel may be dropped while the thread waits.
                let flush = || shared.upgrade().iter().for_each(|shared| shared.flush_now());
                while let Some(due) = next(&receiver, flush) {
                    let Some(shared) = shared.upgrade() else { return };
                    shared.run_callback(due);
                }
            };
            let thread = thread::Builder::new().name("tgdb-callbacks".into()).spawn(run).map_err(ChannelError::thread)?;
            state.callbacks.thread = Some(thread.thread().id());
            state.callbacks.sender = Some(sender);
        }
        Ok(())
    }

    pub(super) fn queue_callback(&self, callback: Callback, id: i64, ended: Ended) {
        let sender = self.lock().callbacks.sender.clone();
        let due = Due { callback, id, ended };
        match sender {
            // The thread ends only after its sender is gone.
            Some(sender) => drop(sender.send(due)),
            None => self.run_callback(due),
        }
    }

    fn run_callback(&self, due: Due) {
        let Due { callback, id, ended } = due;
        let result = self.result_of(id, ended);
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| callback(result))) {
            log::error!("a reply callback panicked; the channel goes on");
            // What it panicked with can panic again when it is dropped.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(payload))).map_err(std::mem::forget);
        }
        self.lock().callbacks.waiting -= 1;
        self.changed.notify_all();
    }

    /// Ends the thread once it has run what waits for it, and waits for that until the deadline.
    pub(super) fn stop_callbacks(&self, deadline: Instant) {
        let mut state = self.lock();
        state.callbacks.sender = None;
        // One of them may be the caller.
        let is_me = state.callbacks.thread == Some(thread::current().id());
        drop(state);
        drop(self.wait_while(deadline, |state| state.callbacks.waiting > usize::from(is_me)));
    }
}

/// The next callback. Before waiting for one, sends what the last ones submitted.
fn next(receiver: &Receiver<Due>, flush: impl Fn()) -> Option<Due> {
    match receiver.try_recv() {
        Ok(due) => Some(due),
        Err(TryRecvError::Disconnected) => None,
        Err(TryRecvError::Empty) => {
            flush();
            receiver.recv().ok()
        }
    }
}

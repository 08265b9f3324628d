//! The thread that runs callbacks.

use std::sync::Arc;
use std::thread::{self, ThreadId};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, TryRecvError};
use tgdb_pdu::Message;
use tgdb_transport::foreign::{contain, emit};

use super::observe::target;
use super::{Shared, State};
use crate::ChannelError;
use crate::proto::Ended;

/// What takes the outcome of a request.
pub(crate) type Callback = Box<dyn FnOnce(Result<Message, ChannelError>) + Send>;

/// A callback, and the way to its thread, which ends with the last of them.
pub(crate) struct Callee {
    callback: Callback,
    shared: Arc<Shared>,
    queue: Sender<Due>,
}

/// A callback whose outcome is there.
pub(super) struct Due {
    callee: Callee,
    id: i64,
    ended: Ended,
}

impl Callee {
    pub(super) fn new(callback: Callback, shared: Arc<Shared>, queue: Sender<Due>) -> Self {
        Self { callback, shared, queue }
    }

    pub(super) fn due(self, id: i64, ended: Ended) -> Due {
        Due { callee: self, id, ended }
    }
}

impl Due {
    /// Hands it to its thread.
    pub(super) fn queue(self) {
        let queue = self.callee.queue.clone();
        // The thread runs until the last sender of the queue is dropped, so that this does not fail.
        let _ = queue.send(self);
    }

    fn run(self) {
        let Self { callee: Callee { callback, shared, .. }, id, ended } = self;
        let result = shared.result_of(id, ended);
        if contain(|| callback(result)).is_none() {
            emit(|| tracing::error!(target: target::CALLBACK, "a reply callback panicked; the channel goes on"));
        }
        shared.lock().callbacks.waiting -= 1;
        shared.changed.notify_all();
    }
}

/// The thread, and how many wait for it.
#[derive(Default)]
pub(super) struct Callbacks {
    queue: Option<Sender<Due>>,
    thread: Option<ThreadId>,
    /// Callbacks whose outcome is there, and that have not returned yet.
    pub(super) waiting: usize,
}

impl Shared {
    /// The way to the thread of the callbacks, which is made if there is none yet.
    pub(super) fn callback_queue(self: &Arc<Self>, state: &mut State) -> Result<Sender<Due>, ChannelError> {
        Ok(match &state.callbacks.queue {
            Some(queue) => queue.clone(),
            None => {
                let (queue, receiver) = crossbeam_channel::unbounded();
                let shared = Arc::downgrade(self);
                let run = move || {
                    let flush = || shared.upgrade().iter().for_each(Shared::flush_now);
                    while let Some(due) = next(&receiver, flush) {
                        due.run();
                    }
                };
                let thread = thread::Builder::new().name("tgdb-callbacks".into()).spawn(run);
                state.callbacks.thread = Some(thread.map_err(ChannelError::thread)?.thread().id());
                state.callbacks.queue.insert(queue).clone()
            }
        })
    }

    /// Waits until the callbacks that are due have returned, or until the deadline. In a
    /// callback it does not wait: the others come after it.
    pub(super) fn wait_for_callbacks(&self, deadline: Instant) {
        if self.lock().callbacks.thread != Some(thread::current().id()) {
            drop(self.wait_while(deadline, |state| state.callbacks.waiting > 0));
        }
    }

    /// Lets the thread end when nothing needs it any more.
    pub(crate) fn end_callbacks(&self) {
        self.lock().callbacks.queue = None;
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

//! Who waits, who reads, who writes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::thread::{Thread, ThreadId};
use std::time::Instant;

use tgdb_pdu::Frame;
use tgdb_transport::{TgSocket, Wakeup};

use super::callbacks::Callee;
use crate::WaiterKind;
use crate::proto::{LinkId, Transmit};

/// Who waits for an outcome.
pub(crate) enum Waiter {
    /// A thread that is parked.
    Thread(Thread),
    /// A task of some runtime.
    Task(Waker),
    /// A callback, to which the outcome goes.
    Callback(Callee),
    /// All who need the schema: see [`schema`](super::schema).
    Schema,
    /// Nobody. The outcome is dropped.
    Nobody,
}

impl std::fmt::Debug for Waiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Thread(_) => "Thread",
            Self::Task(_) => "Task",
            Self::Callback(_) => "Callback",
            Self::Schema => "Schema",
            Self::Nobody => "Nobody",
        })
    }
}

impl Waiter {
    pub(crate) fn kind(&self) -> WaiterKind {
        match self {
            Self::Thread(_) => WaiterKind::Blocking,
            Self::Task(_) => WaiterKind::Future,
            Self::Callback(_) => WaiterKind::Callback,
            Self::Schema | Self::Nobody => WaiterKind::Channel,
        }
    }

    /// Whether it needs somebody else to read for it.
    pub(super) fn is_async(&self) -> bool {
        !matches!(self, Self::Thread(_))
    }
}

/// A connection and its socket.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(super) link: LinkId,
    pub(crate) socket: Arc<dyn TgSocket>,
}

/// The role of the reader.
#[derive(Default)]
pub(super) struct ReadRole {
    pub(super) is_taken: bool,
    /// How often callers took it, for the I/O thread to see that they do.
    pub(super) taken_by_callers: u64,
    /// Callers that are parked and can take it, longest waiting first.
    pub(super) followers: VecDeque<i64>,
    /// The reader waits for the socket to be writable, too.
    pub(super) watches_writing: bool,
    /// The follower that was woken to take it, until it has looked.
    pub(super) offered_to: Option<i64>,
    /// Room for what is read at once.
    pub(super) frames: Vec<Frame>,
}

/// The role of the writer.
#[derive(Default)]
pub(super) struct WriteRole {
    pub(super) is_taken: bool,
    /// The system takes no more: the I/O thread waits until it does.
    pub(super) is_blocked: bool,
    /// The socket itself holds something that the system has not taken yet.
    pub(super) is_backed_up: bool,
    /// Bytes given to the socket that it may still hold.
    pub(super) uncounted: usize,
    /// When what waits is to be sent at the latest.
    pub(super) due: Option<Instant>,
    /// Something was left to be sent a moment later since the I/O thread last looked.
    pub(super) was_put_off: bool,
    /// Requests submitted since the link was last idle.
    pub(super) burst: u32,
    pub(super) transmit: Transmit,
}

/// The I/O thread while it runs.
pub(super) struct Io {
    pub(super) wakeup: Arc<Wakeup>,
    pub(super) thread: ThreadId,
    /// It is awake, and looks at everything before it sleeps again.
    pub(super) is_awake: bool,
    /// When it wakes by itself; `None` for never.
    pub(super) wakes_at: Option<Instant>,
    /// It looks at everything again after a while.
    pub(super) ticks: bool,
    /// It waits for the socket to be readable.
    pub(super) watches_reading: bool,
    /// It waits for the socket to be writable.
    pub(super) watches_writing: bool,
}

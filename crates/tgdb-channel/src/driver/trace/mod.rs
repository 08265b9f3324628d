//! The trace that the property `enableTrace` asks for: a thread that writes requests to files.
//! Spans and events of `tracing` are the subject of [`observe`](super::observe).

mod files;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, TryRecvError};
use tgdb_transport::foreign::emit;

pub(crate) use files::TracePath;
use files::{Files, Opened, TraceError};

use super::observe::target;
use super::{Shared, State};
use crate::ChannelError;
use crate::proto::SentRequest;

/// How many bytes may wait to be written. What finds no room is left out.
const MAX_WAITING: usize = 16 << 20;
/// What an entry takes besides the bytes of its message.
const OVERHEAD: usize = 128;

/// The way to the thread, which ends with it.
pub(super) struct TraceQueue {
    queue: Sender<Entry>,
    backlog: Arc<Backlog>,
}

enum Entry {
    Request(SentRequest),
    /// Answers when all before is written.
    Flush(Sender<()>),
}

/// What waits to be written.
#[derive(Default)]
struct Backlog {
    bytes: AtomicUsize,
    /// Something found no room.
    has_gap: AtomicBool,
}

impl TraceQueue {
    /// Hands a request to the thread, without waiting for it.
    pub(super) fn push(&self, request: SentRequest) {
        let length = request.encoded_len() + OVERHEAD;
        let before = self.backlog.bytes.load(Ordering::Relaxed);
        if before > 0 && before + length > MAX_WAITING {
            self.backlog.has_gap.store(true, Ordering::Relaxed);
            return;
        }
        self.backlog.bytes.fetch_add(length, Ordering::Relaxed);
        // If it could not write, the thread has ended.
        let _ = self.queue.send(Entry::Request(request));
    }
}

impl Shared {
    /// Makes sure that the thread runs, if there is something for it to do.
    pub(super) fn start_trace(&self, state: &mut State) -> Result<(), ChannelError> {
        let Some(path) = &self.config.trace else { return Ok(()) };
        if state.trace.is_some() {
            return Ok(());
        }
        let (queue, entries) = crossbeam_channel::unbounded();
        let backlog = Arc::<Backlog>::default();
        let (path, backlog_there) = (path.clone(), backlog.clone());
        let run = move || {
            let files = Files::new(|number| path.create(number));
            if let Err(error) = write_all(&entries, files, &backlog_there) {
                // Nothing waits while it is logged.
                drop(entries);
                let cause = &error.source;
                emit(|| tracing::warn!(target: target::TRACE, "{error}: {cause}; the trace ends, the session goes on"));
            }
        };
        thread::Builder::new().name("tgdb-trace".into()).spawn(run).map_err(ChannelError::thread)?;
        state.trace = Some(TraceQueue { queue, backlog });
        Ok(())
    }

    /// Waits until all that was traced is written, or until the deadline.
    pub(super) fn flush_trace(&self, deadline: Instant) {
        let Some(queue) = self.lock().trace.as_ref().map(|trace| trace.queue.clone()) else { return };
        let (flushed, is_flushed) = crossbeam_channel::bounded(1);
        if queue.send(Entry::Flush(flushed)).is_ok() {
            let _ = is_flushed.recv_deadline(deadline);
        }
    }

    /// Lets the thread end when all is written.
    pub(crate) fn end_trace(&self) {
        self.lock().trace = None;
    }
}

/// Writes what comes until no more can come.
fn write_all<W, F>(entries: &Receiver<Entry>, mut files: Files<W, F>, backlog: &Backlog) -> Result<(), TraceError>
where
    W: io::Write,
    F: FnMut(u64) -> Result<Opened<W>, TraceError>,
{
    let mut has_warned = false;
    loop {
        let entry = match entries.try_recv() {
            Ok(entry) => entry,
            Err(TryRecvError::Disconnected) => return files.flush(),
            Err(TryRecvError::Empty) => {
                files.flush()?;
                let Ok(entry) = entries.recv() else { return Ok(()) };
                entry
            }
        };
        match entry {
            Entry::Flush(flushed) => {
                files.flush()?;
                // Who asked may have left.
                let _ = flushed.try_send(());
            }
            Entry::Request(request) => {
                backlog.bytes.fetch_sub(request.encoded_len() + OVERHEAD, Ordering::Relaxed);
                files.write(&request)?;
            }
        }
        if backlog.has_gap.load(Ordering::Relaxed) && !std::mem::replace(&mut has_warned, true) {
            emit(
                || tracing::warn!(target: target::TRACE, "the trace has gaps: its disk is slower than the connection"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::files::tests::{Disk, request};
    use super::*;

    fn queue() -> (TraceQueue, Receiver<Entry>) {
        let (queue, entries) = crossbeam_channel::unbounded();
        (TraceQueue { queue, backlog: Arc::default() }, entries)
    }

    #[test]
    fn what_waits_for_the_disk_is_bounded() {
        let (trace, entries) = queue();
        // The first is taken, whatever its length.
        trace.push(request(2 * MAX_WAITING));
        trace.push(request(100));
        assert!(entries.len() == 1 && trace.backlog.has_gap.load(Ordering::Relaxed));

        let (trace, entries) = queue();
        for _ in 0..100 {
            trace.push(request(1 << 20));
        }
        assert_eq!(entries.len(), 15);
        let TraceQueue { queue, backlog } = trace;
        drop(queue);
        let disk = Disk::new(usize::MAX);
        write_all(&entries, Files::new(|number| disk.open(number)), &backlog).expect("there is room");
        assert_eq!(backlog.bytes.load(Ordering::Relaxed), 0, "all was written");
    }

    #[test]
    fn a_full_disk_ends_the_trace_and_holds_up_nobody() {
        let (trace, entries) = queue();
        for _ in 0..10 {
            trace.push(request(1000));
        }
        let disk = Disk::new(5000);
        let ended = write_all(&entries, Files::new(|number| disk.open(number)), &trace.backlog);
        assert_eq!(ended.map_err(|error| error.source.kind()), Err(io::ErrorKind::StorageFull));
        drop(entries);
        trace.push(request(1000));
    }
}

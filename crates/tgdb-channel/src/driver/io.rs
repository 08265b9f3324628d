//! The I/O thread: reads when no caller does, sends when the system takes bytes again,
//! and watches the time.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tgdb_transport::foreign::emit;
use tgdb_transport::{Interest, Ready, Wakeup};

use super::observe::target;
use super::role::Io;
use super::{Shared, State};
use crate::ChannelError;

/// How often the thread looks at the clock while there is traffic: from the first value on,
/// doubling up to the second.
const TICK: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(10));
/// After so many ticks without traffic it sleeps.
const QUIET_TICKS: u32 = 3;

impl Shared {
    /// Makes sure that the thread runs. It ends when the session is not active any more.
    pub(super) fn start_io(self: &Arc<Self>, state: &mut State) -> Result<(), ChannelError> {
        if state.io.is_some() {
            return Ok(());
        }
        let wakeup = Arc::new(Wakeup::new().map_err(ChannelError::thread)?);
        let shared = self.clone();
        let thread = {
            let wakeup = wakeup.clone();
            thread::Builder::new().name("tgdb-io".into()).spawn(move || {
                let _guard = OnExit(&shared);
                shared.run_io(&wakeup);
            })
        };
        let thread = thread.map_err(ChannelError::thread)?;
        state.io = Some(Io {
            wakeup,
            thread: thread.thread().id(),
            is_awake: true,
            wakes_at: None,
            ticks: false,
            watches_reading: false,
            watches_writing: false,
        });
        Ok(())
    }

    /// Whether this is the I/O thread, which must not wait for itself.
    pub(super) fn is_io_thread(state: &State) -> bool {
        state.io.as_ref().is_some_and(|io| io.thread == thread::current().id())
    }

    fn run_io(self: &Arc<Self>, wakeup: &Wakeup) {
        let mut watch = Watch::new();
        loop {
            let mut state = self.lock();
            let now = Instant::now();
            if state.session.poll_timeout().is_some_and(|due| due <= now) {
                state.handle_time(now);
            }
            state.handle_schema_time(now);
            if state.write.due.is_none_or(|due| due <= now) {
                state = self.flush(state);
            }
            if !state.session.is_active() && state.session.in_flight() == 0 {
                state.io = None;
                state.shrink();
                return self.release(state);
            }
            let reads = watch.decides_to_read(&mut state, now);
            let interest = Interest { read: reads, write: state.write.is_blocked };
            let times = [state.session.poll_timeout(), state.write.due, state.schema_due(), watch.tick_ends];
            let wakes_at = times.into_iter().flatten().min();
            if let Some(io) = &mut state.io {
                io.is_awake = false;
                io.wakes_at = wakes_at;
                io.ticks = watch.tick_ends.is_some();
                io.watches_reading = reads;
                io.watches_writing = interest.write;
            }
            let connection = state.connection.clone();
            self.release(state);
            let socket = connection.as_ref().filter(|_| interest.read || interest.write);
            let ready = wakeup.wait(socket.map(|open| (&*open.socket, interest)), wakes_at);
            self.handle_ready(ready, &mut watch);
        }
    }

    fn handle_ready(self: &Arc<Self>, ready: std::io::Result<Ready>, watch: &mut Watch) {
        let ready = ready.unwrap_or_else(|error| {
            // `poll` fails only for lack of memory and the like.
            emit(|| tracing::error!(target: target::LINK, "cannot wait for the socket: {error}"));
            thread::sleep(TICK.1);
            Ready { readable: true, writable: true, woken: false }
        });
        let mut state = self.lock();
        if let Some(io) = &mut state.io {
            io.is_awake = true;
        }
        if ready.writable {
            state.write.is_blocked = false;
        }
        if ready.readable && state.read.is_taken {
            watch.is_outrun = true;
        }
        drop(state);
        if ready.readable {
            self.read_available();
        }
        if ready.readable || ready.writable {
            self.flush_now();
        }
    }

    /// Sends what waits, without waiting for more to join it.
    pub(super) fn flush_now(self: &Arc<Self>) {
        let state = self.flush(self.lock());
        self.release(state);
    }
}

/// Decides whether the thread watches the socket, and how long it sleeps at most.
///
/// Each wake-up costs. So while callers read it does not watch the socket, which would wake
/// it for each reply. And while there is traffic of any kind it looks at the clock by itself
/// every few milliseconds, so that a request with a deadline, or one that was put off, need
/// not wake it. Without traffic it sleeps until something happens.
struct Watch {
    taken_by_callers: u64,
    submitted: i64,
    watches: bool,
    quiet_ticks: u32,
    tick: Duration,
    tick_ends: Option<Instant>,
    /// A caller was reading when the socket became readable.
    is_outrun: bool,
}

impl Watch {
    fn new() -> Self {
        Self {
            taken_by_callers: 0,
            submitted: 0,
            watches: true,
            quiet_ticks: 0,
            tick: TICK.0,
            tick_ends: None,
            is_outrun: false,
        }
    }

    fn decides_to_read(&mut self, state: &mut State, now: Instant) -> bool {
        let was_put_off = std::mem::take(&mut state.write.was_put_off);
        let taken = std::mem::replace(&mut self.taken_by_callers, state.read.taken_by_callers);
        let callers_read = std::mem::take(&mut self.is_outrun) || taken != state.read.taken_by_callers;
        let submitted = std::mem::replace(&mut self.submitted, state.session.submitted());
        if callers_read || submitted != self.submitted {
            self.quiet_ticks = 0;
            self.watches &= !callers_read;
            // While requests are put off a longer tick would have to be cut short each time.
            self.tick = if was_put_off { TICK.0 } else { (self.tick * 2).min(TICK.1) };
            self.tick_ends = Some(now + self.tick);
        } else if self.tick_ends.is_some_and(|ends| ends <= now) {
            self.watches = true;
            self.quiet_ticks += 1;
            self.tick = TICK.0;
            self.tick_ends = (self.quiet_ticks < QUIET_TICKS).then(|| now + self.tick);
            if self.tick_ends.is_none() {
                state.shrink();
            }
        }
        state.readable_connection().is_some() && (self.watches || state.wants_reader())
    }
}

/// Ends the session if the thread ends by a panic in this crate, so that nobody waits for it.
struct OnExit<'a>(&'a Arc<Shared>);

impl Drop for OnExit<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.with(|state| {
                state.io = None;
                state.session.close(Instant::now(), crate::StopMethod::RemoteKill);
            });
        }
    }
}

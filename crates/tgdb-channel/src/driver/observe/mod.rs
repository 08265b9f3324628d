//! Spans and events for subscribers of `tracing` and loggers of `log`: see "Logs and tracing" in the
//! documentation of the crate. The files that the property `enableTrace` asks for are the subject of
//! [`trace`](super::trace).
//!
//! What happens under the lock is noted there, and emitted after it was released, by
//! [`Completions`](super::completions::Completions). Under the lock no subscriber is asked whether it is
//! interested, because its answer is code of the program. Only the maximum level is looked at, which is
//! a number.

mod attempt;
mod frames;
mod request;
mod span;

use tgdb_transport::foreign::is_emitting;
use tracing::level_filters::LevelFilter;
use tracing::{debug, info, warn};

pub(super) use attempt::AttemptSpans;
pub(crate) use attempt::LoginNames;
pub(super) use frames::FrameNote;
pub(crate) use request::RequestSpan;

use super::{Shared, State, Waiter};
use crate::ChannelError;
use crate::proto::Event;

/// The targets of events and spans.
pub(crate) mod target {
    pub(crate) const BULK: &str = "tgdb::bulk";
    pub(crate) const CALLBACK: &str = "tgdb::callback";
    pub(crate) const CONNECT: &str = "tgdb::connect";
    pub(crate) const FRAME: &str = "tgdb::frame";
    pub(crate) const LINK: &str = "tgdb::link";
    pub(crate) const PAYLOAD: &str = "tgdb::payload";
    pub(crate) const REQUEST: &str = "tgdb::request";
    pub(crate) const SETTINGS: &str = "tgdb::settings";
    pub(crate) const TRACE: &str = "tgdb::trace";
    pub(crate) const TRANSACTION: &str = "tgdb::transaction";
}

/// Whether the maximum level lets events of `DEBUG` through.
#[inline]
pub(super) fn may_debug() -> bool {
    LevelFilter::current() >= LevelFilter::DEBUG || log::max_level() >= log::LevelFilter::Debug
}

/// Whether the maximum level lets events of `TRACE` through, and this thread may emit them.
#[inline]
pub(super) fn may_trace() -> bool {
    (LevelFilter::current() >= LevelFilter::TRACE || log::max_level() >= log::LevelFilter::Trace) && !is_emitting()
}

/// Something that happened under the lock.
pub(super) enum Note {
    /// An event of the session, with the attempt to connect that it ends.
    Event(Event<Waiter>, Option<Box<AttemptSpans>>),
    /// An attempt to connect that was given up.
    Abandoned(Box<AttemptSpans>),
    /// Frames that were sent or received.
    Frames(Vec<FrameNote>),
}

/// Emits it. Without lock, inside [`emit`](tgdb_transport::foreign::emit).
pub(super) fn emit_note(note: Note) {
    match note {
        Note::Frames(notes) => notes.into_iter().for_each(FrameNote::emit),
        Note::Abandoned(attempt) => attempt.end("given up"),
        Note::Event(event, attempt) => emit_event(event, attempt),
    }
}

impl Shared {
    /// Keeps what cannot be emitted now. The next thread that releases the lock emits it; the I/O
    /// thread is woken to do so.
    pub(super) fn postpone(&self, note: Note) {
        let mut state = self.lock();
        state.postponed.push(note);
        let wakeup = state.io.as_ref().filter(|io| !io.is_awake).map(|io| io.wakeup.clone());
        drop(state);
        wakeup.iter().for_each(|wakeup| wakeup.wake());
    }
}

impl State {
    /// Keeps what observes an attempt, until its outcome is there.
    pub(super) fn replace_attempt(&mut self, attempt: &mut Option<AttemptSpans>) {
        let before = std::mem::replace(&mut self.attempt, attempt.take().map(Box::new));
        self.postponed.extend(before.map(Note::Abandoned));
    }

    /// The attempt to connect that ends with this event.
    pub(super) fn attempt_of(&mut self, event: &Event<Waiter>) -> Option<Box<AttemptSpans>> {
        match event {
            Event::LoggedIn { .. } => {
                let mut attempt = self.attempt.take()?;
                attempt.session_id = self.session.identity().map_or(0, |identity| identity.session_id);
                Some(attempt)
            }
            Event::AttemptFailed { .. } => self.take_old_attempt(),
            _ => None,
        }
    }

    /// The attempt to connect that nobody wants any more.
    pub(super) fn take_old_attempt(&mut self) -> Option<Box<AttemptSpans>> {
        self.attempt.take_if(|attempt| Some(attempt.link) != self.session.link())
    }
}

fn emit_event(event: Event<Waiter>, attempt: Option<Box<AttemptSpans>>) {
    match event {
        Event::LinkChanged { from, to } => debug!(target: target::LINK, %from, %to, "the link has changed"),
        Event::AttemptFailed { attempt: number, error, .. } => match attempt {
            Some(attempt) => attempt.failed(&error),
            // It took too long, and its thread is left behind.
            None => info!(target: target::CONNECT, attempt = number, "{error:#}"),
        },
        Event::LoggedIn { session, version, .. } => {
            if let Some(attempt) = attempt {
                attempt.logged_in(session, version);
            }
        }
        Event::GaveUp { attempts, error } => {
            warn!(target: target::CONNECT, attempts, "no server could be connected to: {error:#}");
        }
        Event::Lost { cause } => {
            warn!(target: target::LINK, "{:#}", ChannelError::ConnectionLost(cause));
        }
        Event::Unresponsive { silence } => {
            info!(target: target::LINK, ?silence, "the server is given up, for nothing at all arrives");
        }
        Event::Pinged => debug!(target: target::LINK, "ping"),
        Event::Resent { id, verb, times } => {
            info!(target: target::REQUEST, id, %verb, times, "sent again");
        }
        Event::TimedOut { id, verb, timeout, was_sent } => {
            info!(target: target::REQUEST, id, %verb, ?timeout, was_sent, "not answered in time");
        }
        Event::Dropped { verb, request_id, is_late: true, count } => {
            info!(target: target::REQUEST, id = request_id, %verb, count, "a late reply is dropped");
        }
        Event::Dropped { verb, request_id, count, .. } => {
            warn!(target: target::LINK, id = request_id, %verb, count, "a message that answers nothing is dropped");
        }
        Event::Ended { id, tracker, outcome, reply_len } => {
            if let Ok(request) = tracker.downcast::<RequestSpan>() {
                request.end(id, outcome, reply_len);
            }
        }
        _ => {}
    }
}

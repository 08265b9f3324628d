//! Who acts next, and what is to be done without the lock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tgdb_transport::foreign::is_emitting;

use super::State;
use crate::driver::completions::{Action, Code, Completions};
use crate::driver::observe::Note;
use crate::driver::role::{Io, Waiter};
use crate::proto::{Event, Transmit};

/// How long a message may wait for others to be sent with.
const COALESCE: Duration = Duration::from_millis(1);

impl State {
    /// Decides who acts next, and collects what is to be done without the lock. Called each
    /// time before the lock is released after something changed; this is the only place that
    /// makes these decisions.
    pub(in crate::driver) fn settle(&mut self) -> Completions {
        let mut completions = Completions::default();
        self.settle_notes(&mut completions);
        while let Some(event) = self.session.poll_event() {
            self.handle_event(event, &mut completions);
        }
        self.settle_attempt(&mut completions);
        if std::mem::take(&mut self.schemas_changed) {
            self.notify(&mut completions);
        }
        while let Some(waiter) = self.discarded.pop() {
            completions.push_code(Code::Drop(waiter));
        }
        for error in self.errors.extract_if(.., |error| Arc::strong_count(error) == 1) {
            completions.push_code(Code::DropError(error));
        }
        self.settle_reader(&mut completions);
        self.settle_writer();
        if let Some(due) = self.session.poll_link_timeout() {
            self.wake_io_by(due);
        }
        if std::mem::take(&mut self.io_must_wake)
            && let Some(io) = self.io.as_ref().filter(|io| !io.is_awake)
        {
            completions.push(Action::WakeIo(io.wakeup.clone()));
        }
        completions
    }

    /// Frames, and what was put off: to be emitted before what follows from them.
    #[inline]
    fn settle_notes(&mut self, completions: &mut Completions) {
        if !self.frame_notes.is_empty() {
            self.postponed.push(Note::Frames(std::mem::take(&mut self.frame_notes)));
        }
        if !self.postponed.is_empty() && !is_emitting() {
            self.postponed.drain(..).for_each(|note| completions.push_code(Code::Emit(note)));
        }
    }

    /// The attempt to connect that nobody wants any more.
    #[inline]
    fn settle_attempt(&mut self, completions: &mut Completions) {
        if self.attempt.is_some()
            && let Some(attempt) = self.take_old_attempt()
        {
            completions.push_code(Code::Emit(Note::Abandoned(attempt)));
        }
    }

    /// Who reads next, if nobody does.
    fn settle_reader(&mut self, completions: &mut Completions) {
        if self.readable_connection().is_none() {
            return;
        }
        while self.read.offered_to.is_none()
            && let Some(id) = self.read.followers.pop_front()
        {
            if let Some(Waiter::Thread(thread)) = self.session.waiter(id) {
                completions.push(Action::Unpark(thread.clone()));
                self.read.offered_to = Some(id);
            }
        }
        if self.read.offered_to.is_none() {
            // If the I/O thread looks at the clock every few milliseconds anyway, it notices by itself that
            // no thread reads.
            let is_enough = |io: &Io| io.watches_reading || (io.ticks && !self.wants_reader());
            self.io_must_wake |= self.io.as_ref().is_some_and(|io| !is_enough(io));
        }
    }

    /// Who writes what nobody writes yet: the I/O thread, a moment later, so that more can
    /// join it; or when the system takes bytes again.
    fn settle_writer(&mut self) {
        if self.is_flushable() {
            let due = *self.write.due.get_or_insert_with(|| Instant::now() + COALESCE);
            self.write.was_put_off = true;
            self.wake_io_by(due);
            return;
        }
        self.write.due = None;
        if self.write.is_blocked && !self.read.watches_writing {
            self.io_must_wake |= self.io.as_ref().is_some_and(|io| !io.watches_writing);
        }
    }

    fn handle_event(&mut self, event: Event<Waiter>, completions: &mut Completions) {
        match event {
            Event::Completed { id, waiter } => {
                self.async_waiting -= usize::from(waiter.is_async());
                match waiter {
                    Waiter::Thread(thread) => completions.push(Action::Unpark(thread)),
                    Waiter::Task(waker) => completions.wake(waker),
                    Waiter::Callback(callee) => match self.session.take(id) {
                        Some(ended) => {
                            self.callbacks.waiting += 1;
                            completions.push(Action::Callback(callee.due(id, ended)));
                        }
                        None => completions.push_code(Code::Drop(Waiter::Callback(callee))),
                    },
                    Waiter::Schema => {
                        if let Some(ended) = self.session.take(id) {
                            self.schemas.handle_ended(id, ended);
                            self.schemas_changed = true;
                        }
                    }
                    Waiter::Nobody => drop(self.session.take(id)),
                }
            }
            Event::Room { waiter: Waiter::Thread(thread) } => completions.push(Action::Unpark(thread)),
            Event::Room { waiter: Waiter::Task(waker) } => completions.wake(waker),
            Event::Room { waiter } => completions.push_code(Code::Drop(waiter)),
            Event::Connect { link, server } => completions.push(Action::Connect(link, server)),
            Event::CancelConnect { link } => {
                if let Some((_, cancel)) = self.connecting.take_if(|(current, _)| *current == link) {
                    completions.push(Action::CancelConnect(cancel));
                }
            }
            Event::Finish { link } => {
                if let Some(open) = self.connection_of(link) {
                    completions.push(Action::Finish(open.socket.clone()));
                }
            }
            Event::Close { link } => {
                if let Some(closed) = self.connection.take_if(|open| open.link == link) {
                    completions.push(Action::Close(closed.socket));
                    self.write.transmit = Transmit::default();
                    self.write.is_blocked = false;
                    self.write.is_backed_up = false;
                    self.write.uncounted = 0;
                    // The I/O thread may have the socket, too, and is to end if nothing follows.
                    self.wake_io();
                }
            }
            Event::ConnectEnded => self.notify(completions),
            Event::Sent { request } => {
                // Another event could overtake it if it was left to the completions.
                if let Some(trace) = &self.trace {
                    trace.push(request);
                }
            }
            note => {
                if matches!(note, Event::LinkChanged { .. }) {
                    self.notify(completions);
                }
                self.publish(&note);
                let attempt = self.attempt_of(&note);
                completions.push_code(Code::Emit(Note::Event(note, attempt)));
            }
        }
    }

    /// Wakes those who wait for the state of the link, or the schema.
    pub(in crate::driver) fn notify(&mut self, completions: &mut Completions) {
        completions.push(Action::Notify);
        for waker in std::mem::take(&mut self.watchers).into_values() {
            completions.wake(waker);
        }
    }
}

//! When something is due.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Instant;

/// The timers of a link. There is one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// Connecting or the login must be done, or the next attempt may begin.
    Link,
    /// A ping is to be sent if nothing went either way.
    Ping,
    /// The system must have taken bytes.
    Send,
    /// What arrived before a failed write must have been read.
    Grace,
    /// Something must have arrived.
    Liveness,
    /// Replies must have come, or the server must have closed its end.
    Close,
}

impl Timer {
    pub(super) const ALL: [Self; 6] = [Self::Link, Self::Ping, Self::Send, Self::Grace, Self::Liveness, Self::Close];
}

/// Due times by [`Timer`].
#[derive(Debug, Default)]
pub(super) struct Timers {
    due: [Option<Instant>; Timer::ALL.len()],
    /// The earliest of them, which is asked for much more often than one changes.
    next: Option<Instant>,
}

impl Timers {
    fn change(&mut self, timer: Timer, due: Option<Instant>) {
        self.due[timer as usize] = due;
        self.next = self.due.iter().flatten().min().copied();
    }

    pub(super) fn set(&mut self, timer: Timer, due: Instant) {
        self.change(timer, Some(due));
    }

    /// Sets a timer unless it is due earlier already.
    pub(super) fn bring_forward(&mut self, timer: Timer, due: Instant) {
        let earlier = self.due[timer as usize].filter(|set| *set < due);
        self.set(timer, earlier.unwrap_or(due));
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.change(timer, None);
    }

    pub(super) fn stop_all(&mut self) {
        *self = Self::default();
    }

    /// Stops a timer that is due, and says whether it was.
    pub(super) fn take_due(&mut self, timer: Timer, now: Instant) -> bool {
        let is_due = self.due[timer as usize].is_some_and(|due| due <= now);
        if is_due {
            self.stop(timer);
        }
        is_due
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.next
    }
}

/// What has a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// The request of that key.
    Request(i64),
    /// Waiting for room, with that ticket.
    Room(u64),
}

/// Deadlines of many. Most are later than all before, so that a queue holds them; a heap
/// holds the rest. One that is met is not taken out at once, which would cost more than all
/// the rest of a request; it is passed over when its time comes, or when more
/// than half of the entries are dead.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    queue: VecDeque<(Instant, Target)>,
    heap: BinaryHeap<Reverse<(Instant, Target)>>,
}

impl Deadlines {
    /// Dead entries that are not worth a sweep.
    const SLACK: usize = 64;

    pub(super) fn push(&mut self, due: Instant, target: Target) {
        if self.queue.back().is_none_or(|(last, _)| *last <= due) {
            self.queue.push_back((due, target));
        } else {
            self.heap.push(Reverse((due, target)));
        }
    }

    /// Drops the dead if they are many; `living` is how many are not.
    pub(super) fn sweep(&mut self, living: usize, is_alive: impl Fn(Instant, Target) -> bool) {
        if self.queue.len() + self.heap.len() > Self::SLACK + 2 * living {
            self.queue.retain(|(due, target)| is_alive(*due, *target));
            self.heap.retain(|Reverse((due, target))| is_alive(*due, *target));
            self.queue.shrink_to(Self::SLACK + 4 * living);
            self.heap.shrink_to(Self::SLACK + 4 * living);
        }
    }

    fn peek(&self) -> Option<(Instant, Target)> {
        let queued = self.queue.front().copied();
        let heaped = self.heap.peek().map(|Reverse(entry)| *entry);
        [queued, heaped].into_iter().flatten().min()
    }

    fn pop(&mut self) -> Option<(Instant, Target)> {
        let next = self.peek()?;
        if self.queue.front() == Some(&next) {
            self.queue.pop_front()
        } else {
            self.heap.pop().map(|Reverse(entry)| entry)
        }
    }

    /// The next deadline of one that is alive.
    pub(super) fn next(&mut self, is_alive: impl Fn(Instant, Target) -> bool) -> Option<Instant> {
        while self.queue.front().is_some_and(|(due, target)| !is_alive(*due, *target)) {
            self.queue.pop_front();
        }
        while self.heap.peek().is_some_and(|Reverse((due, target))| !is_alive(*due, *target)) {
            self.heap.pop();
        }
        self.peek().map(|(due, _)| due)
    }

    /// Takes the next one that is due.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<(Instant, Target)> {
        self.peek().filter(|(due, _)| *due <= now)?;
        self.pop()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_timer_is_due_once() {
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        let mut timers = Timers::default();
        timers.set(Timer::Ping, later);
        timers.set(Timer::Send, now);
        assert_eq!(timers.next(), Some(now));
        assert!(timers.take_due(Timer::Send, now) && !timers.take_due(Timer::Send, now));
        assert!(!timers.take_due(Timer::Ping, now), "it is not due yet");
        assert_eq!(timers.next(), Some(later));
    }

    #[test]
    fn the_dead_do_not_pile_up() {
        let now = Instant::now();
        let mut deadlines = Deadlines::default();
        for key in 0..100_000 {
            deadlines.push(now + Duration::from_secs(10), Target::Request(key));
            // Only the newest entry is alive.
            deadlines.sweep(1, |_, target| target == Target::Request(key));
            assert!(deadlines.queue.len() <= Deadlines::SLACK + 3);
        }
        assert_eq!(deadlines.next(|_, _| true), Some(now + Duration::from_secs(10)));
        assert_eq!(deadlines.pop_due(now), None);
        assert_eq!(deadlines.next(|_, _| false), None);
    }

    #[test]
    fn deadlines_come_in_their_order() {
        let now = Instant::now();
        let mut deadlines = Deadlines::default();
        for seconds in [5, 9, 2, 7, 9, 1] {
            deadlines.push(now + Duration::from_secs(seconds), Target::Request(seconds as i64));
        }
        let late = now + Duration::from_secs(8);
        let due: Vec<_> = std::iter::from_fn(|| deadlines.pop_due(late)).map(|(_, target)| target).collect();
        assert_eq!(due, [1, 2, 5, 7].map(Target::Request));
        assert_eq!(deadlines.next(|_, _| true), Some(now + Duration::from_secs(9)));
    }
}

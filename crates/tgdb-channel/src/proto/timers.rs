//! When something is due.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
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
    /// Replies must have come, or the server must have closed its end.
    Close,
}

impl Timer {
    pub(super) const ALL: [Self; 5] = [Self::Link, Self::Ping, Self::Send, Self::Grace, Self::Close];
}

/// Due times by [`Timer`].
#[derive(Debug, Default)]
pub(super) struct Timers([Option<Instant>; Timer::ALL.len()]);

impl Timers {
    pub(super) fn set(&mut self, timer: Timer, due: Instant) {
        self.0[timer as usize] = Some(due);
    }

    /// Sets a timer unless it is due earlier already.
    pub(super) fn bring_forward(&mut self, timer: Timer, due: Instant) {
        let earlier = self.0[timer as usize].filter(|set| *set < due);
        self.set(timer, earlier.unwrap_or(due));
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    pub(super) fn stop_all(&mut self) {
        *self = Self::default();
    }

    /// Stops a timer that is due, and says whether it was.
    pub(super) fn take_due(&mut self, timer: Timer, now: Instant) -> bool {
        self.0[timer as usize].take_if(|due| *due <= now).is_some()
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.0.iter().flatten().min().copied()
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

/// Deadlines of many. One that is met is not taken out at once, which would cost more
/// than all the rest of a request; it is passed over when its time comes, or when the
/// dead outnumber the living.
#[derive(Debug, Default)]
pub(super) struct Deadlines(BinaryHeap<Reverse<(Instant, Target)>>);

impl Deadlines {
    /// Dead entries that are not worth a sweep.
    const SLACK: usize = 64;

    pub(super) fn push(&mut self, due: Instant, target: Target) {
        self.0.push(Reverse((due, target)));
    }

    /// Drops the dead if they are many; `living` is how many are not.
    pub(super) fn sweep(&mut self, living: usize, is_alive: impl Fn(Instant, Target) -> bool) {
        if self.0.len() > Self::SLACK + 2 * living {
            self.0.retain(|Reverse((due, target))| is_alive(*due, *target));
            self.0.shrink_to(Self::SLACK + 4 * living);
        }
    }

    /// The next deadline of one that is alive.
    pub(super) fn next(&mut self, is_alive: impl Fn(Instant, Target) -> bool) -> Option<Instant> {
        while let Some(Reverse((due, target))) = self.0.peek() {
            if is_alive(*due, *target) {
                return Some(*due);
            }
            self.0.pop();
        }
        None
    }

    /// Takes the next one that is due.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<(Instant, Target)> {
        match self.0.peek() {
            Some(Reverse((due, _))) if *due <= now => self.0.pop().map(|Reverse(entry)| entry),
            _ => None,
        }
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
            // Only the last one waits.
            deadlines.sweep(1, |_, target| target == Target::Request(key));
            assert!(deadlines.0.len() <= Deadlines::SLACK + 3);
        }
        assert_eq!(deadlines.next(|_, _| true), Some(now + Duration::from_secs(10)));
        assert_eq!(deadlines.pop_due(now), None);
        assert_eq!(deadlines.next(|_, _| false), None);
    }
}

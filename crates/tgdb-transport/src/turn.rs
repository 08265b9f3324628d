//! A lock that can be waited for until a deadline.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Instant;

/// A lock that a panic elsewhere does not take away from us; what it guards is
/// valid between any two operations.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same, or `None` while another thread holds it.
pub(crate) fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Guards what one thread at a time uses, and holds while it waits for a peer.
#[derive(Debug, Default)]
pub(crate) struct Turn<T> {
    value: Mutex<T>,
    queue: Queue,
}

#[derive(Debug, Default)]
struct Queue {
    /// How many threads wait for their turn.
    length: AtomicUsize,
    gate: Mutex<()>,
    free: Condvar,
}

/// The turn of a thread, until dropped.
pub(crate) struct Turned<'a, T> {
    // Dropped before the next thread is woken.
    value: MutexGuard<'a, T>,
    _next: WakeNext<'a>,
}

impl<T> Turn<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value: Mutex::new(value), queue: Queue::default() }
    }

    /// The turn, or `None` while another thread has it.
    pub(crate) fn try_take(&self) -> Option<Turned<'_, T>> {
        try_lock(&self.value).map(|value| Turned { value, _next: WakeNext(&self.queue) })
    }

    /// Waits for the turn; `None` if it does not come by the deadline.
    pub(crate) fn take(&self, deadline: Option<Instant>) -> Option<Turned<'_, T>> {
        self.try_take().or_else(|| self.take_later(deadline))
    }

    #[cold]
    fn take_later(&self, deadline: Option<Instant>) -> Option<Turned<'_, T>> {
        let Queue { length, gate, free } = &self.queue;
        length.fetch_add(1, Ordering::SeqCst);
        // Either this thread sees the lock free below, or the holder sees the queue.
        fence(Ordering::SeqCst);
        let mut gate = lock(gate);
        let taken = loop {
            if let Some(turn) = self.try_take() {
                break Some(turn);
            }
            gate = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => free.wait(gate).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => break None,
                Some(left) => free.wait_timeout(gate, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        };
        length.fetch_sub(1, Ordering::SeqCst);
        taken
    }
}

/// Wakes the threads that wait, when dropped.
struct WakeNext<'a>(&'a Queue);

impl Drop for WakeNext<'_> {
    fn drop(&mut self) {
        fence(Ordering::SeqCst);
        if self.0.length.load(Ordering::SeqCst) > 0 {
            let _gate = lock(&self.0.gate);
            self.0.free.notify_all();
        }
    }
}

impl<T> Deref for Turned<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Turned<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

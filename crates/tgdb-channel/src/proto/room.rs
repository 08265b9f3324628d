//! Who waits for room for a request: first come, first served.

use std::collections::BTreeMap;

/// The queue for room. Each in it has a ticket; a lower one comes first.
#[derive(Debug)]
pub(super) struct RoomQueue<W> {
    places: BTreeMap<u64, Place<W>>,
    /// The ticket whose turn it is, if it was called and has not come yet.
    called: Option<u64>,
    last_ticket: u64,
}

#[derive(Debug)]
struct Place<W> {
    /// How many bytes it needs.
    length: usize,
    waiter: W,
}

impl<W> RoomQueue<W> {
    pub(super) fn new() -> Self {
        Self { places: BTreeMap::new(), called: None, last_ticket: 0 }
    }

    /// Joins the queue, with the ticket of an earlier turn if there was one. Returns the
    /// ticket, and the waiter that it had.
    pub(super) fn join(&mut self, ticket: Option<u64>, length: usize, waiter: W) -> (u64, Option<W>) {
        self.called.take_if(|called| Some(*called) == ticket);
        let ticket = ticket.unwrap_or_else(|| {
            self.last_ticket += 1;
            self.last_ticket
        });
        (ticket, self.places.insert(ticket, Place { length, waiter }).map(|place| place.waiter))
    }

    /// Takes a ticket out.
    pub(super) fn leave(&mut self, ticket: u64) -> Option<W> {
        self.called.take_if(|called| *called == ticket);
        self.places.remove(&ticket).map(|place| place.waiter)
    }

    /// How many bytes the first one needs, unless another was called and has not come yet.
    pub(super) fn next_length(&self) -> Option<usize> {
        self.places.first_key_value().filter(|_| self.called.is_none()).map(|(_, place)| place.length)
    }

    /// Calls the first one.
    pub(super) fn call_next(&mut self) -> Option<W> {
        let (ticket, place) = self.places.pop_first()?;
        self.called = Some(ticket);
        Some(place.waiter)
    }

    /// Empties the queue.
    pub(super) fn dismiss(&mut self) -> impl Iterator<Item = W> + use<W> {
        self.called = None;
        std::mem::take(&mut self.places).into_values().map(|place| place.waiter)
    }

    /// Whether a request may be taken in: nobody in the queue comes before it.
    pub(super) fn is_turn_of(&self, ticket: Option<u64>) -> bool {
        match self.called {
            Some(called) => ticket == Some(called),
            None => self.places.keys().next().is_none_or(|first| ticket.is_some_and(|ticket| ticket <= *first)),
        }
    }

    pub(super) fn contains(&self, ticket: u64) -> bool {
        self.places.contains_key(&ticket)
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// How many want room and do not have it yet, the one that was called among them.
    pub(super) fn waiting(&self) -> usize {
        self.places.len() + usize::from(self.called.is_some())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

//! What must be true of the requests of the program.

mod outcome;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use tgdb_channel::pdu::{Body, Message};
use tgdb_channel::proto::{Ended, Failure, LinkId, Outcome};
use tgdb_channel::{LinkState, ResendMode};
use tgdb_testkit::echoed;

use crate::coverage::Coverage;
use crate::links::Links;
use crate::wire::GivenOut;
use crate::{Check, EPSILON, check};
pub(crate) use outcome::Context;

/// The first time, and five times again.
const MAX_SENDS: u32 = 6;
/// Header and other fields of a request, at most.
const OVERHEAD: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Open,
    Ended,
    Cancelled,
    /// Cancelled when the outcome was there, but not known yet.
    GivenUp,
}

/// A request that the session took in.
#[derive(Debug)]
pub(crate) struct Tracked {
    pub(crate) key: i64,
    pub(crate) mode: ResendMode,
    pub(crate) is_one_way: bool,
    pub(crate) text: String,
    pub(crate) deadline: Duration,
    fate: Fate,
    /// Times given out, and the last time.
    sends: u32,
    last: Option<(LinkId, u64)>,
    is_answered: bool,
    /// Connections lost since it was taken in.
    losses: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Requests {
    all: Vec<Tracked>,
    by_key: HashMap<i64, usize>,
    /// Open ones by deadline.
    open: BTreeSet<(Duration, usize)>,
    /// Cancelled ones that may still be in the table, by deadline.
    leaving: BTreeSet<(Duration, usize)>,
    /// Length of the longest text.
    longest: usize,
}

impl Requests {
    /// The number that the next request will have.
    pub(crate) fn next_number(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn open_count(&self) -> usize {
        self.open.len()
    }

    /// Open ones, in the order of deadlines.
    pub(crate) fn open_numbers(&self) -> impl Iterator<Item = usize> {
        self.open.iter().map(|(_, number)| *number)
    }

    pub(crate) fn get(&self, number: usize) -> &Tracked {
        &self.all[number]
    }

    /// Whether its outcome, which may still be under way, was given up.
    pub(crate) fn is_given_up(&self, number: usize) -> bool {
        self.all[number].fate == Fate::GivenUp
    }

    /// How often a request may be executed.
    pub(crate) fn maximum(&self, number: usize) -> u32 {
        match self.all[number].mode {
            ResendMode::ReconnectAndResend => MAX_SENDS,
            _ => 1,
        }
    }

    pub(crate) fn add(
        &mut self,
        key: i64,
        text: String,
        (mode, is_one_way): (ResendMode, bool),
        deadline: Duration,
    ) -> Check {
        let number = self.all.len();
        check!(self.by_key.insert(key, number).is_none(), "key {key} is given out twice");
        check!((key < 0) == is_one_way, "key {key}, one-way {is_one_way}");
        self.open.insert((deadline, number));
        self.longest = self.longest.max(text.len());
        let (fate, last) = (Fate::Open, None);
        self.all.push(Tracked {
            key,
            mode,
            is_one_way,
            text,
            deadline,
            fate,
            sends: 0,
            last,
            is_answered: false,
            losses: 0,
        });
        Ok(())
    }

    pub(crate) fn cancel(&mut self, number: usize, has_outcome: bool, coverage: &mut Coverage) {
        let tracked = &mut self.all[number];
        match tracked.fate {
            Fate::Open => {
                self.open.remove(&(tracked.deadline, number));
                if has_outcome {
                    coverage.hit("cancelled after its end");
                    tracked.fate = Fate::GivenUp;
                    return;
                }
                let was_sent = tracked.sends > 0;
                coverage.hit(if was_sent { "cancelled after it was sent" } else { "cancelled before it was sent" });
                self.leaving.insert((tracked.deadline, number));
                tracked.fate = Fate::Cancelled;
            }
            Fate::Ended => coverage.hit("cancelled after its end"),
            Fate::Cancelled | Fate::GivenUp => {}
        }
    }

    pub(crate) fn on_lost(&mut self) {
        for (_, number) in &self.open {
            self.all[*number].losses += 1;
        }
    }

    pub(crate) fn on_given_out(&mut self, given: GivenOut, link: LinkId, coverage: &mut Coverage) -> Check {
        let tracked = self.all.get_mut(given.number).ok_or_else(|| format!("{given:?} was never taken in"))?;
        let GivenOut { number, request_id, end } = given;
        check!(request_id == tracked.key.max(-1), "request {number}, key {}, goes out as {given:?}", tracked.key);
        check!(matches!(tracked.fate, Fate::Open | Fate::Cancelled), "request {number} goes out after its end");
        tracked.sends += 1;
        let sends = tracked.sends;
        check!(tracked.last.is_none_or(|(last, _)| last != link), "request {number} goes out twice on {link:?}");
        let maximum = if tracked.mode == ResendMode::ReconnectAndResend { MAX_SENDS } else { 1 };
        check!(sends <= maximum, "request {number}, {:?}, goes out {sends} times", tracked.mode);
        if sends > 1 {
            coverage.hit("resent");
        }
        if sends == MAX_SENDS {
            coverage.hit("resent five times");
        }
        tracked.last = Some((link, end));
        if tracked.fate == Fate::Cancelled {
            self.leaving.remove(&(tracked.deadline, number));
        }
        Ok(())
    }

    pub(crate) fn on_ended(
        &mut self,
        number: usize,
        ended: Ended,
        context: &Context<'_>,
        coverage: &mut Coverage,
    ) -> Check {
        let tracked = &mut self.all[number];
        check!(tracked.fate == Fate::Open, "request {number} ends although it is {:?}: {ended:?}", tracked.fate);
        tracked.fate = Fate::Ended;
        self.open.remove(&(tracked.deadline, number));
        check!(
            context.now <= tracked.deadline + EPSILON,
            "request {number} ends late, its deadline was {:?}",
            tracked.deadline
        );
        let kind = tracked.judge(ended, context).map_err(|error| format!("request {number}: {error}; {tracked:?}"))?;
        tracked.is_answered = kind == "reply";
        coverage.hit(kind);
        Ok(())
    }

    /// Whether its outcome was its own reply.
    pub(crate) fn is_answered(&self, number: usize) -> bool {
        self.all[number].is_answered
    }

    /// How many bytes may wait to be sent above the bound of the settings: one message, and
    /// what is to be sent again.
    pub(crate) fn above_outbox(&self) -> usize {
        let again = self.open.iter().chain(&self.leaving).map(|(_, number)| &self.all[*number]);
        let again = again.filter(|tracked| tracked.sends > 0 && tracked.mode == ResendMode::ReconnectAndResend);
        self.longest + OVERHEAD + again.map(|tracked| tracked.text.len() + OVERHEAD).sum::<usize>()
    }

    /// After each step.
    pub(crate) fn check(&mut self, now: Duration, in_flight: usize) -> Check {
        if let Some((deadline, number)) = self.open.first() {
            check!(now <= *deadline + EPSILON, "request {number} has no outcome, its deadline was {deadline:?}");
        }
        while self.leaving.first().is_some_and(|(deadline, _)| *deadline + EPSILON < now) {
            self.leaving.pop_first();
        }
        let (least, most) = (self.open.len(), self.open.len() + self.leaving.len());
        check!((least..=most).contains(&in_flight), "{in_flight} requests in flight, but there are {least} to {most}");
        Ok(())
    }

    /// After the state changed: only those are open that such a state leaves open. `link` is
    /// the connection.
    pub(crate) fn check_survivors(&self, state: LinkState, link: Option<LinkId>) -> Check {
        use LinkState::{Closing, Connected, Reconnecting};
        for (_, number) in &self.open {
            let tracked = &self.all[*number];
            let is_queued = tracked.sends == 0 || tracked.mode == ResendMode::ReconnectAndResend;
            let may_be = match state {
                // Sent on this connection, or to be sent.
                Connected | Closing => is_queued || tracked.last.map(|(last, _)| last) == link,
                Reconnecting => tracked.mode != ResendMode::DontReconnectAndIgnore,
                _ => false,
            };
            check!(may_be, "request {number} is open, but the link is {state:?}: {tracked:?}");
        }
        Ok(())
    }

    /// The keys of the open requests with a reply, by id.
    pub(crate) fn open_keys(&self) -> Vec<i64> {
        let mut keys: Vec<i64> =
            self.open.iter().map(|(_, number)| self.all[*number].key).filter(|key| *key > 0).collect();
        keys.sort_unstable();
        keys
    }
}

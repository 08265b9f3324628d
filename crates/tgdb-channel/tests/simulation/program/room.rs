//! Those who wait for room.

use super::*;

/// One that waits for room.
pub(super) struct Room {
    pub(super) ticket: u64,
    pub(super) since: Duration,
    pub(super) deadline: Duration,
    pub(super) request: Option<Request<Token>>,
    pub(super) text: String,
    /// Was called, and looks again at that time.
    pub(super) looks_at: Option<Duration>,
}

impl Program {
    /// Whether somebody waits for room.
    pub(crate) fn waits_for_room(&self) -> bool {
        !self.rooms.is_empty()
    }

    /// After each step. `may_submit`: requests are possible in this state; `has_room`: there is room.
    pub(crate) fn check(&self, now: Duration, may_submit: bool, has_room: bool) -> Check {
        let uncalled = self.rooms.values().filter(|room| room.looks_at.is_none()).count();
        check!(may_submit || uncalled == 0, "{uncalled} wait for room although there will be none");
        let nobody_is_called = uncalled == self.rooms.len();
        check!(!has_room || uncalled == 0 || !nobody_is_called, "there is room, but nobody of {uncalled} is called");
        for room in self.rooms.values() {
            let deadline = room.deadline;
            check!(
                now <= deadline + EPSILON,
                "one waits for room since {:?}, its deadline was {deadline:?}",
                room.since
            );
        }
        Ok(())
    }
}

impl Simulation {
    pub(crate) fn on_room(&mut self, number: usize) {
        // It was left by now, or called twice: before and after the deadline.
        let Some(room) = self.program.rooms.get_mut(&number) else { return };
        let later = self.program.rng.time(&(ms(0)..=ms(2)));
        room.looks_at.get_or_insert(self.driver.network.now() + later);
        self.coverage.hit("room: called");
    }

    /// Those who were called for room try again.
    pub(super) fn look_for_room(&mut self, now: Duration) -> Check {
        let is_due = |room: &Room| room.looks_at.is_some_and(|time| time <= now);
        let due: Vec<usize> = self.program.rooms.iter().filter(|(_, room)| is_due(room)).map(|(at, _)| *at).collect();
        for number in due {
            let Some(room) = self.program.rooms.remove(&number) else { continue };
            let Room { ticket, since, deadline, request, text, .. } = room;
            let Some(request) = request else { continue };
            match self.submit(Some(ticket), request, text, since)? {
                Some((request, text)) if now < deadline => {
                    self.coverage.hit("room: called and full again");
                    let until = self.driver.at(deadline);
                    let length = request.payload.len();
                    self.driver.session.wait_for_room(Some(ticket), length, until, Token::Room(number));
                    let room = Room { ticket, since, deadline, request: Some(request), text, looks_at: None };
                    self.program.rooms.insert(number, room);
                    self.trace(|| format!("room {number}: again"));
                }
                not_taken => {
                    if not_taken.is_some() {
                        self.coverage.hit("room: time over");
                    }
                    self.trace(|| format!("room {number}: done"));
                    self.driver.session.leave_room(ticket);
                }
            }
        }
        Ok(())
    }
}

//! Requests of the program.

use super::*;

impl Simulation {
    /// The session that a request belongs to: the current one mostly, else an old one.
    fn choose_session(&mut self) -> Option<SessionNumber> {
        let rng = &mut self.program.rng;
        if !rng.chance(self.program.habits.pinned) {
            return None;
        }
        if rng.chance(0.1) {
            return self.requests.sessions().min();
        }
        self.driver.session.session_number()
    }

    pub(super) fn submit_one(&mut self) -> Check {
        use ResendMode::*;
        let program = &mut self.program;
        let padding = usize::try_from(program.rng.in_range(&program.habits.padding)).unwrap();
        let timeout = program.rng.time(&program.habits.timeout);
        let is_one_way = program.rng.chance(program.habits.one_way);
        let mode = match program.rng.chance(program.habits.resend) {
            true => ReconnectAndResend,
            false => [DontReconnectAndIgnore, ReconnectAndRaiseException, ReconnectAndIgnore][program.rng.below(3)],
        };
        let is_watched = program.rng.chance(0.8);
        let waits_for_room = program.rng.chance(0.7);
        let (mut request, text) = self.request(mode, timeout, is_one_way, padding);
        request.session = self.choose_session();
        if !is_watched {
            request.waiter = None;
        }
        let now = self.driver.now();
        match self.submit(None, request, text, now)? {
            None => Ok(()),
            Some((request, text)) if waits_for_room && timeout > Duration::ZERO => {
                let number = self.program.rooms_made;
                self.program.rooms_made += 1;
                let (since, deadline) = (now, now + timeout);
                let until = self.driver.at(deadline);
                let length = request.payload.len();
                let (ticket, _) = self.driver.session.wait_for_room(None, length, until, Token::Room(number));
                let room = Room { ticket, since, deadline, request: Some(request), text, looks_at: None };
                self.program.rooms.insert(number, room);
                self.trace(|| format!("room {number}: ticket {ticket} until {deadline:?}"));
                Ok(())
            }
            Some(_) => Ok(()),
        }
    }

    /// A request that echoes its number.
    pub(crate) fn request(
        &mut self,
        mode: ResendMode,
        timeout: Duration,
        is_one_way: bool,
        padding: usize,
    ) -> (Request<Token>, String) {
        let text = " ".repeat(padding);
        let payload = payload("");
        let deadline = self.driver.at(self.driver.now() + timeout);
        let waiter = Some(Token::Request(0));
        let verb = Verb::QUERY_REQUEST;
        (Request { verb, payload, mode, deadline, timeout, session: None, is_one_way, waiter, tracker: None }, text)
    }

    /// Submits a request at a time that can be past, with a ticket if it waited for room.
    /// Returns it if there is no room.
    pub(crate) fn submit(
        &mut self,
        ticket: Option<u64>,
        mut request: Request<Token>,
        padding: String,
        now: Duration,
    ) -> Result<Option<(Request<Token>, String)>, String> {
        let number = self.requests.next_number();
        let text = format!("{number} {padding}");
        request.payload = payload(&text);
        request.waiter = request.waiter.map(|_| Token::Request(number));
        let Request { mode, is_one_way, timeout, session, .. } = request;
        let is_watched = request.waiter.is_some();
        let state = self.driver.session.state();
        request.deadline = self.driver.at(now + timeout);
        match self.driver.session.submit_in_turn(ticket, request) {
            Ok(key) => {
                self.trace(|| {
                    format!(
                        "submit {number}: key {key}, {mode:?}, one-way {is_one_way}, timeout {timeout:?}, {session:?}"
                    )
                });
                if state == LinkState::Reconnecting {
                    self.coverage.hit("submitted while reconnecting");
                }
                check!(self.links.is_started, "a request is taken in before the start");
                self.requests.add(key, text, (mode, is_one_way, session), now + timeout)?;
                if !is_watched {
                    self.program.unwatched.push(number);
                }
                Ok(None)
            }
            Err(not_taken) => {
                let what = match not_taken.why {
                    SubmitError::Full => "not taken: full",
                    SubmitError::NotStarted => "not taken: not started",
                    SubmitError::SessionGone(_) => "not taken: session gone",
                    _ => "not taken: state",
                };
                self.coverage.hit(what);
                let is_possible = match not_taken.why {
                    SubmitError::State(why) => why == state && state != LinkState::Connected,
                    SubmitError::NotStarted => !self.links.is_started,
                    SubmitError::SessionGone(gone) => {
                        session == Some(gone) && self.driver.session.session_number() != session
                    }
                    _ => matches!(state, LinkState::Connected | LinkState::Reconnecting),
                };
                check!(is_possible, "not taken in {state:?}: {:?}", not_taken.why);
                Ok((not_taken.why == SubmitError::Full).then_some((not_taken.request, padding)))
            }
        }
    }
}

fn payload(text: &str) -> Payload {
    let body: Body = QueryRequest::text(QueryCommand::EXECUTE, text).into();
    Payload::encode(&body).unwrap()
}

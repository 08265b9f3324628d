//! The driver's work for what goes out.

use super::*;

impl Driver {
    /// Sends what the session has to say: the messages of requests that were given out.
    pub(crate) fn write(&mut self, coverage: &mut Coverage) -> Result<Vec<(LinkId, GivenOut)>, String> {
        let (now, millis) = (self.instant(), EPOCH + i64::try_from(self.now().as_millis()).unwrap());
        let mut all = Vec::new();
        while let Some(open) = self.open.as_mut()
            && self.session.link() == Some(open.link)
            && !self.is_blocked
        {
            let (link, conn, left) = (open.link, open.conn, self.transmit.remaining());
            if left == 0 && !self.session.has_transmit() {
                break;
            }
            if self.puts_off(Work::Write) {
                return Ok(all);
            }
            let open = self.open.as_mut().unwrap();
            if self.session.has_transmit() && (left == 0 || self.rng.chance(0.3)) {
                self.session.poll_transmit(now, millis, &mut self.transmit);
                let bytes: Vec<u8> = self.transmit.parts().iter().flat_map(|part| part.to_vec()).collect();
                check!(left > 0 || !bytes.is_empty(), "there was something to send, but nothing was given out");
                if left > 0 && bytes.len() > left {
                    coverage.hit("message added to a partial write");
                }
                let given = open.tap.on_given_out(self.network.now(), &bytes[left..], &mut self.wire)?;
                if given.iter().any(|given| given.request_id > 0) {
                    self.silence.on_asked(self.network.now());
                }
                all.extend(given.into_iter().map(|given| (link, given)));
            }
            let bytes: Vec<u8> = self.transmit.parts().iter().flat_map(|part| part.to_vec()).collect();
            let is_partial = self.rng.chance(self.habits.partial_writes);
            let offered = if is_partial { 1 + self.rng.below(bytes.len()) } else { bytes.len() };
            let taken = self.network.send(conn, &bytes[..offered]);
            self.is_blocked = taken < offered;
            coverage.add("window full", u64::from(self.is_blocked));
            coverage.add("partial write", u64::from(is_partial));
            self.transmit.advance(taken);
            self.note_progress(taken);
            self.sent.entry(link).and_modify(|(_, sent)| *sent += taken as u64);
            // 0 would say that it took something.
            if taken > 0 {
                self.session.handle_transmitted(now, link, taken);
            }
        }
        self.put_off[Work::Write as usize] = None;
        Ok(all)
    }

    fn note_progress(&mut self, taken: usize) {
        let now = self.now();
        match (self.transmit.remaining(), taken) {
            (0, _) => self.stalled_since = None,
            (_, 0) => drop(self.stalled_since.get_or_insert(now)),
            _ => self.stalled_since = Some(now),
        }
    }

    /// After each step.
    pub(crate) fn check(&self) -> Check {
        self.silence.check(self.now(), &self.session)?;
        if let Some(since) = self.stalled_since.filter(|_| self.conn().is_some()) {
            let limit = since + self.session.config().send_timeout + GRACE + EPSILON;
            check!(self.now() <= limit, "no byte goes since {since:?}, but the connection is kept");
        }
        Ok(())
    }

    /// Checks what the servers heard and executed. `link_of`: the connection that a request
    /// must be on, if it belongs to a session.
    pub(crate) fn check_wire(
        &mut self,
        maximum: impl Fn(usize) -> u32,
        link_of: impl Fn(usize) -> Option<LinkId>,
    ) -> Check {
        let sent = &self.sent;
        let may_be_on =
            |number, conn| link_of(number).is_none_or(|link| sent.get(&link).is_some_and(|sent| sent.0 == conn));
        self.wire.check(&self.network, maximum, may_be_on)
    }

    /// Whether nothing is left to be sent.
    pub(crate) fn is_sent(&self) -> bool {
        self.transmit.remaining() == 0 && !self.session.has_transmit()
    }
}

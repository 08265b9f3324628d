//! The driver's work for what comes in.

use super::*;

impl Driver {
    /// Gives the session what came.
    pub(crate) fn read(&mut self, coverage: &mut Coverage) -> Check {
        while let Some(event) = self.inbox.pop_front() {
            if self.puts_off(Work::Read) {
                self.inbox.push_front(event);
                break;
            }
            self.on_net_event(event, coverage)?;
        }
        let now = self.now();
        if let Some((_, link)) = self.read_ends.take_if(|(time, _)| *time <= now) {
            self.session.handle_disconnected(
                self.instant(),
                link,
                io_error("receive from", io::ErrorKind::ConnectionReset),
            );
        }
        let (overdue, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.attempts)
            .into_iter()
            .partition(|attempt| attempt.gives_up_at.is_some_and(|time| time <= now));
        self.attempts = rest;
        for Attempt { link, conn, .. } in overdue {
            self.network.close(conn);
            let timeout = self.session.config().connect_timeout;
            let error = TransportError::ConnectTimeout { operation: "connect to", peer: "a server".into(), timeout };
            self.session.handle_connect_failed(self.instant(), link, error.into());
        }
        Ok(())
    }

    fn on_net_event(&mut self, event: NetEvent, coverage: &mut Coverage) -> Check {
        let (now, conn) = (self.instant(), event.conn());
        let attempt = self.attempts.iter().position(|attempt| attempt.conn == conn);
        if let Some(attempt) = attempt.map(|position| self.attempts.remove(position)) {
            return self.on_attempt_ended(&attempt, &event, coverage);
        }
        let Some(open) = self.open.as_mut().filter(|open| open.conn == conn) else { return Ok(()) };
        let link = open.link;
        match event {
            NetEvent::Received(_, bytes) => {
                open.decoder.push(&bytes);
                self.session.handle_partial(now, link);
                self.silence.on_received(self.network.now(), &self.session);
                self.read_frames(link);
                self.silence.on_received(self.network.now(), &self.session);
            }
            NetEvent::Writable(_) => self.is_blocked = false,
            NetEvent::Closed(_, CloseKind::End) => {
                let cause =
                    TransportError::PeerClosed { operation: "receive from", peer: "a server".into(), partial: 0 };
                self.session.handle_disconnected(now, link, cause);
            }
            NetEvent::Closed(_, CloseKind::Reset) if self.rng.chance(0.5) => {
                coverage.hit("write failed");
                self.session.handle_send_failed(now, link, io_error("send to", io::ErrorKind::BrokenPipe));
                let later = self.rng.time(&(ms(0)..=ms(200)));
                self.read_ends = Some((self.now() + later, link));
            }
            NetEvent::Closed(_, CloseKind::Reset) => {
                let cause = io_error("receive from", io::ErrorKind::ConnectionReset);
                self.session.handle_disconnected(now, link, cause);
            }
            NetEvent::Connected(_) | NetEvent::ConnectFailed(..) => {}
        }
        Ok(())
    }

    fn on_attempt_ended(&mut self, attempt: &Attempt, event: &NetEvent, coverage: &mut Coverage) -> Check {
        let Attempt { link, conn, is_cancelled, .. } = *attempt;
        let now = self.instant();
        if is_cancelled {
            coverage.hit("attempt reported after its end");
        }
        if let NetEvent::ConnectFailed(_, failure) = event {
            let error = match failure {
                ConnectFailure::Refused => io_error("connect to", io::ErrorKind::ConnectionRefused),
                ConnectFailure::TimedOut => io_error("connect to", io::ErrorKind::TimedOut),
                ConnectFailure::NameNotFound => {
                    TransportError::Resolve { peer: "a server".into(), source: io::ErrorKind::NotFound.into() }
                }
                other => panic!("{other:?} is new: say what a socket makes of it"),
            };
            self.session.handle_connect_failed(now, link, ChannelError::from(error));
            return Ok(());
        }
        let is_wanted = self.session.handle_connected(now, link, "192.0.2.1:50000");
        check!(!is_wanted || !is_cancelled, "a connection is wanted that was cancelled: {link:?}");
        if is_wanted {
            self.open = Some(Open {
                link,
                conn,
                decoder: FrameDecoder::default(),
                tap: Tap::new(self.session.config().session_setup.len()),
            });
            self.sent.insert(link, (conn, 0));
        } else {
            self.network.close(conn);
        }
        Ok(())
    }

    fn read_frames(&mut self, link: LinkId) {
        let now = self.instant();
        while let Some(open) = self.open.as_mut()
            && self.session.link() == Some(link)
        {
            match open.decoder.next_frame() {
                Ok(Some(frame)) => {
                    open.tap.on_received(&frame);
                    self.session.handle_frame(now, link, frame);
                }
                Ok(None) => break,
                Err(source) => {
                    let cause = TransportError::Frame { peer: "a server".into(), source };
                    self.session.handle_disconnected(now, link, cause);
                }
            }
        }
    }
}

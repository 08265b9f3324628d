//! The driver of the session: sockets of the simulated network, and the clock.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::time::{Duration, Instant};

use tgdb_channel::ChannelError;
use tgdb_channel::pdu::FrameDecoder;
use tgdb_channel::proto::{Event, LinkId, Session, Transmit};
use tgdb_channel::transport::TransportError;
use tgdb_testkit::sim::{CloseKind, ConnId, ConnectFailure, NetEvent, Network, Rng};

use crate::coverage::Coverage;
use crate::scenario::{DRIVER, DriverHabits, Scenario, ms};
use crate::wire::{GivenOut, Tap, Wire};
use crate::{Check, EPSILON, Token, check};

/// How long work is put off at most, and for how long at once.
const LAZY_FOR: Duration = ms(2);
const LAZY_STEP: Duration = Duration::from_micros(300);
/// How long what arrived before a failed write may take to be read.
const GRACE: Duration = ms(100);
/// The time of headers at the start.
const EPOCH: i64 = 1_700_000_000_000;

/// Work that can be put off.
#[derive(Debug, Clone, Copy)]
enum Work {
    Read,
    Time,
    Write,
}

struct Attempt {
    link: LinkId,
    conn: ConnId,
    gives_up_at: Option<Duration>,
    is_cancelled: bool,
}

struct Open {
    link: LinkId,
    conn: ConnId,
    decoder: FrameDecoder,
    tap: Tap,
}

pub(crate) struct Driver {
    pub(crate) network: Network,
    pub(crate) session: Session<Token>,
    pub(crate) wire: Wire,
    start: Instant,
    rng: Rng,
    habits: DriverHabits,
    put_off: [Option<Duration>; 3],
    attempts: Vec<Attempt>,
    open: Option<Open>,
    /// Each connection, and how many bytes the system took.
    sent: HashMap<LinkId, (ConnId, u64)>,
    inbox: VecDeque<NetEvent>,
    transmit: Transmit,
    is_blocked: bool,
    /// Bytes wait, and none went since then.
    stalled_since: Option<Duration>,
    /// After a failed write, reading ends then.
    read_ends: Option<(Duration, LinkId)>,
}

fn io_error(operation: &'static str, kind: io::ErrorKind) -> TransportError {
    TransportError::Io { operation, peer: "a server".into(), source: kind.into() }
}

impl Driver {
    pub(crate) fn new(seed: u64, scenario: &mut Scenario) -> Self {
        Self {
            network: Network::new(seed, scenario.plan.clone()),
            session: Session::new(scenario.config.clone()),
            wire: Wire::new(scenario.config.ping_interval),
            start: Instant::now(),
            rng: Rng::of(seed, DRIVER, 0),
            habits: scenario.driver.clone(),
            put_off: [None; 3],
            attempts: Vec::new(),
            open: None,
            sent: HashMap::new(),
            inbox: VecDeque::new(),
            transmit: Transmit::default(),
            is_blocked: false,
            stalled_since: None,
            read_ends: None,
        }
    }

    /// The virtual time, and the same as the session takes it.
    pub(crate) fn now(&self) -> Duration {
        self.network.now()
    }

    pub(crate) fn at(&self, time: Duration) -> Instant {
        self.start + time
    }

    fn instant(&self) -> Instant {
        self.at(self.now())
    }

    /// The connection that is open, if it is that of the session.
    pub(crate) fn conn(&self) -> Option<ConnId> {
        self.open.as_ref().filter(|open| self.session.link() == Some(open.link)).map(|open| open.conn)
    }

    /// How many bytes the system took of a connection, and whether it is corrupted.
    pub(crate) fn connection(&self, link: LinkId) -> (u64, bool) {
        self.sent.get(&link).map_or((0, false), |(conn, taken)| (*taken, self.network.is_corrupted(*conn)))
    }

    /// Whether to put work off, that is there to be done.
    fn puts_off(&mut self, work: Work) -> bool {
        let now = self.now();
        let since = *self.put_off[work as usize].get_or_insert(now);
        if now < since + LAZY_FOR && self.rng.chance(self.habits.laziness) {
            return true;
        }
        self.put_off[work as usize] = None;
        false
    }

    /// Something was done to the session: there can be events, and messages to be sent.
    pub(crate) fn wake(&mut self) {
        let now = self.now();
        self.put_off[Work::Write as usize].get_or_insert(now);
    }

    pub(crate) fn wakes_at(&mut self) -> Option<Duration> {
        let timeout = self.session.poll_timeout().filter(|_| self.put_off[Work::Time as usize].is_none());
        let timeout = timeout.map(|due| due.saturating_duration_since(self.start));
        let is_lazy = self.put_off.iter().any(Option::is_some);
        let lazy = is_lazy.then(|| self.now() + LAZY_STEP);
        let attempts = self.attempts.iter().filter_map(|attempt| attempt.gives_up_at);
        let read_ends = self.read_ends.as_ref().map(|(time, _)| *time);
        attempts.chain(timeout).chain(lazy).chain(read_ends).min()
    }

    /// Moves on to that time, or to what comes first.
    pub(crate) fn advance_to(&mut self, until: Duration) {
        self.inbox.extend(self.network.advance_to(until));
    }

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
                self.read_frames(link);
            }
            NetEvent::Writable(_) => self.is_blocked = false,
            NetEvent::Closed(_, CloseKind::End) => {
                let cause = TransportError::PeerClosed { peer: "a server".into(), partial: 0 };
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
            };
            self.session.handle_connect_failed(now, link, ChannelError::from(error));
            return Ok(());
        }
        let is_wanted = self.session.handle_connected(now, link, "192.0.2.1:50000");
        check!(!is_wanted || !is_cancelled, "a connection is wanted that was cancelled: {link:?}");
        if is_wanted {
            self.open = Some(Open { link, conn, decoder: FrameDecoder::default(), tap: Tap::default() });
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

    /// Tells the session the time, if it wants to know.
    pub(crate) fn handle_time(&mut self) {
        let now = self.instant();
        if self.session.poll_timeout().is_some_and(|due| due <= now) && !self.puts_off(Work::Time) {
            self.session.handle_timeout(now);
        }
    }

    /// Does what an event of the session asks for.
    pub(crate) fn on_event(&mut self, event: &Event<Token>, coverage: &mut Coverage) {
        match event {
            Event::Connect { link, server } => {
                let gives_up = self.habits.gives_up.then(|| self.now() + self.session.config().connect_timeout);
                let conn = self.network.connect(*server);
                self.attempts.push(Attempt { link: *link, conn, gives_up_at: gives_up, is_cancelled: false });
            }
            Event::CancelConnect { link } => {
                coverage.hit("attempt given up by the session");
                let Some(at) = self.attempts.iter().position(|attempt| attempt.link == *link) else { return };
                if self.rng.chance(0.5) {
                    // It cannot be stopped, as some name resolution, and is reported when it ends.
                    self.attempts[at].is_cancelled = true;
                } else {
                    let attempt = self.attempts.remove(at);
                    self.network.close(attempt.conn);
                }
            }
            Event::Finish { link } => {
                if let Some(open) = self.open.as_ref().filter(|open| open.link == *link) {
                    self.network.finish(open.conn);
                }
            }
            Event::Close { link } => {
                if let Some(open) = self.open.take_if(|open| open.link == *link) {
                    self.network.close(open.conn);
                }
                self.transmit.clear();
                self.is_blocked = false;
                self.stalled_since = None;
                if self.read_ends.take().is_some() {
                    coverage.hit("write failed, then read on");
                }
            }
            _ => {}
        }
    }

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
            self.session.handle_transmitted(now, link, taken);
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
        if let Some(since) = self.stalled_since.filter(|_| self.conn().is_some()) {
            let limit = since + self.session.config().send_timeout + GRACE + EPSILON;
            check!(self.now() <= limit, "no byte goes since {since:?}, but the connection is kept");
        }
        Ok(())
    }

    /// Whether nothing is left to be sent.
    pub(crate) fn is_sent(&self) -> bool {
        self.transmit.remaining() == 0 && !self.session.has_transmit()
    }

    /// Cuts the connection.
    pub(crate) fn cut(&mut self, kind: CloseKind) {
        if let Some(open) = &self.open {
            self.network.cut(open.conn, kind);
        }
    }
}

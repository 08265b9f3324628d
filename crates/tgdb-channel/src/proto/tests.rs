//! The session's decisions, without a network. Waiters are names here, and the tests play
//! the driver and the server.

mod close;
mod connect;
mod liveness;
mod loss;
mod requests;
mod room;
mod scope;
mod sent;
mod stats;
mod transmit;

use std::time::{Duration, Instant};

use bytes::Bytes;
use tgdb_pdu::body::{AuthenticateResponse, HandshakeResponse, HandshakeStatus, QueryCommand, QueryRequest};
use tgdb_pdu::version::ProductVersion;
use tgdb_pdu::{AuthToken, Body, Frame, FrameDecoder, Header, Message, Verb};
use tgdb_transport::TransportError;

use super::*;
use crate::StopMethod;

const SECOND: Duration = Duration::from_secs(1);
const MODES: [(&str, ResendMode); 4] = [
    ("drop", ResendMode::DontReconnectAndIgnore),
    ("resend", ResendMode::ReconnectAndResend),
    ("raise", ResendMode::ReconnectAndRaiseException),
    ("ignore", ResendMode::ReconnectAndIgnore),
];

/// Bytes that nobody looks into, with the header that matters.
fn frame(verb: Verb, request_id: i64) -> Frame {
    Frame::new(Header { request_id, ..Header::default() }, verb, Bytes::new())
}

fn framed(body: impl Into<Body>) -> Frame {
    let mut decoder = FrameDecoder::default();
    decoder.push(&Message::new(Header::default(), body.into()).encode().expect("it fits"));
    decoder.next_frame().expect("a frame").expect("a whole one")
}

fn cut() -> TransportError {
    TransportError::PeerClosed { operation: "receive from", peer: "a:1".into(), partial: 0 }
}

fn names(ended: &[(&'static str, Outcome)]) -> Vec<&'static str> {
    ended.iter().map(|(name, _)| *name).collect()
}

/// A session with its driver, at a time of its own.
struct Driven {
    session: Session<&'static str>,
    now: Instant,
    transmit: Transmit,
    decoder: FrameDecoder,
    logins: i64,
    /// Taken from the session, but not by the test.
    events: Vec<Event<&'static str>>,
}

impl Driven {
    /// Not connected, with so many servers.
    fn new(servers: usize) -> Self {
        Self::with(servers, |_| {})
    }

    fn with(servers: usize, change: impl FnOnce(&mut SessionConfig)) -> Self {
        let mut config = SessionConfig::new("a:1");
        // Settings that these tests are not about.
        config.reconnect_spread = Duration::ZERO;
        config.liveness = Liveness::Off;
        config.servers = ["a:1", "b:2", "c:3"][..servers].iter().map(|name| (*name).into()).collect();
        change(&mut config);
        Self {
            session: Session::new(config),
            now: Instant::now(),
            transmit: Transmit::default(),
            decoder: FrameDecoder::default(),
            logins: 0,
            events: Vec::new(),
        }
    }

    /// Logged in and started.
    fn connected(servers: usize) -> Self {
        Self::connected_with(servers, |_| {})
    }

    fn connected_with(servers: usize, change: impl FnOnce(&mut SessionConfig)) -> Self {
        let mut driven = Self::with(servers, change);
        driven.session.connect(driven.now).expect("not active");
        driven.log_in();
        driven.session.start().expect("connected");
        driven
    }

    /// A request of each mode was sent; ids 1 to 4.
    fn with_one_of_each_mode(servers: usize) -> Self {
        let mut driven = Self::connected(servers);
        for (id, (name, mode)) in (1..).zip(MODES) {
            assert_eq!(driven.submit(name, mode), id);
        }
        driven.sent();
        driven
    }

    /// All events that were not taken yet.
    fn events(&mut self) -> Vec<Event<&'static str>> {
        self.events.extend(std::iter::from_fn(|| self.session.poll_event()));
        std::mem::take(&mut self.events)
    }

    /// Takes the events of one kind, and leaves the others.
    fn take_events<T>(&mut self, kind: impl Fn(&Event<&'static str>) -> Option<T>) -> Vec<T> {
        let mut taken = Vec::new();
        for event in self.events() {
            match kind(&event) {
                Some(wanted) => taken.push(wanted),
                None => self.events.push(event),
            }
        }
        taken
    }

    /// Who was reported an outcome, with it.
    fn ended(&mut self) -> Vec<(&'static str, Outcome)> {
        let completed = self.take_events(|event| match event {
            Event::Completed { id, waiter } => Some((*id, *waiter)),
            _ => None,
        });
        let ended = completed.into_iter().map(|(id, waiter)| {
            let ended = self.session.take(id).expect("an outcome");
            assert!(self.session.take(id).is_none(), "there is one outcome");
            (waiter, ended.outcome)
        });
        ended.collect()
    }

    /// Who was called into room.
    fn called(&mut self) -> Vec<&'static str> {
        self.take_events(|event| if let Event::Room { waiter } = event { Some(*waiter) } else { None })
    }

    /// The attempt that is asked for, and the index of its server.
    fn attempt(&mut self) -> Option<(LinkId, usize)> {
        let connect =
            |event: &_| if let Event::Connect { link, server } = event { Some((*link, *server)) } else { None };
        self.take_events(connect).pop()
    }

    /// The socket that is asked for is there.
    fn socket(&mut self) -> LinkId {
        let (link, _) = self.attempt().expect("an attempt");
        self.transmit.clear();
        self.decoder = FrameDecoder::default();
        assert!(self.session.handle_connected(self.now, link, "192.0.2.1:50000"));
        link
    }

    fn log_in(&mut self) {
        let link = self.socket();
        self.answer_login(link);
    }

    /// The server's part of a login. Token and session id are the number of the login.
    fn answer_login(&mut self, link: LinkId) {
        self.logins += 1;
        // The session does not try a server again before this time.
        self.now += Duration::from_millis(10);
        let handshake =
            |status| HandshakeResponse { status, challenge: ProductVersion::CLIENT.to_wire(), reason: None };
        let (auth_token, session_id) = (AuthToken::new(self.logins), self.logins);
        let answers = [
            framed(handshake(HandshakeStatus::ACCEPT_CHALLENGE)),
            framed(handshake(HandshakeStatus::PROCEED_WITH_AUTHENTICATION)),
            framed(AuthenticateResponse::Accepted { auth_token, session_id, certificate: None }),
        ];
        for answer in answers {
            assert_eq!(self.sent().len(), 1, "each answer follows a message");
            self.session.handle_frame(self.now, link, answer);
        }
    }

    /// How the last connect ended.
    fn outcome(&mut self) -> Option<Result<(), ChannelError>> {
        self.session.take_connect_outcome(self.session.last_connect())
    }

    fn link(&self) -> LinkId {
        self.session.link().expect("a connection")
    }

    fn request(&self, name: &'static str, mode: ResendMode) -> Request<&'static str> {
        let body: Body = QueryRequest::text(QueryCommand::EXECUTE, name).into();
        Request {
            verb: body.verb(),
            payload: Payload::encode(&body).expect("it fits"),
            mode,
            deadline: self.now + 60 * SECOND,
            timeout: 60 * SECOND,
            session: None,
            is_one_way: false,
            waiter: Some(name),
            tracker: None,
        }
    }

    fn submit(&mut self, name: &'static str, mode: ResendMode) -> i64 {
        self.submit_as(self.request(name, mode))
    }

    fn submit_one_way(&mut self, name: &'static str, mode: ResendMode) -> i64 {
        self.submit_as(Request { is_one_way: true, ..self.request(name, mode) })
    }

    fn submit_timed(&mut self, name: &'static str, timeout: Duration) -> i64 {
        let deadline = self.now + timeout;
        self.submit_as(Request { deadline, timeout, ..self.request(name, ResendMode::ReconnectAndIgnore) })
    }

    fn submit_as(&mut self, request: Request<&'static str>) -> i64 {
        self.session.submit(request).expect("it is taken in")
    }

    /// Why a request is not taken.
    fn not_taken(&mut self, mode: ResendMode) -> Option<SubmitError> {
        self.session.submit(self.request("not taken", mode)).err().map(|not_taken| not_taken.why)
    }

    /// Takes what is to be sent, without saying that it went.
    fn given_out(&mut self) -> Vec<Frame> {
        self.session.poll_transmit(self.now, 0, &mut self.transmit);
        let bytes: Vec<u8> = self.transmit.parts().iter().flat_map(|part| part.to_vec()).collect();
        self.decoder.push(&bytes);
        self.transmit.advance(bytes.len());
        std::iter::from_fn(|| self.decoder.next_frame().expect("frames")).collect()
    }

    /// Sends all that is to be sent.
    fn sent(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while self.session.has_transmit() {
            let before = frames.len();
            frames.extend(self.given_out());
            assert!(frames.len() > before, "there is something to be sent, but nothing is given out");
        }
        let length = frames.iter().map(|frame| tgdb_pdu::HEADER_LEN + frame.payload.len()).sum();
        if let Some(link) = self.session.link() {
            self.session.handle_transmitted(self.now, link, length);
        }
        frames
    }

    /// The ids of all that is sent.
    fn sent_ids(&mut self) -> Vec<i64> {
        self.sent().iter().map(|frame| frame.header.request_id).collect()
    }

    fn receive(&mut self, frame: Frame) {
        let link = self.link();
        self.session.handle_frame(self.now, link, frame);
    }

    fn reply(&mut self, request_id: i64) {
        self.receive(frame(Verb::QUERY_RESPONSE, request_id));
    }

    fn lose(&mut self) {
        let link = self.link();
        self.session.handle_disconnected(self.now, link, cut());
    }

    /// Lets time pass.
    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.session.handle_timeout(self.now);
    }

    /// Goes to the next timeout, and says how long that took.
    fn pass_to_timeout(&mut self) -> Duration {
        let before = self.now;
        self.now = self.session.poll_timeout().expect("a timeout");
        self.session.handle_timeout(self.now);
        self.now - before
    }
}

//! A client without I/O, as small as the tests allow.
#![allow(dead_code, unreachable_pub)]

use std::time::Duration;

use tgdb_pdu::body::*;
use tgdb_pdu::version::ProductVersion;
use tgdb_pdu::{Body, Frame, FrameDecoder, FrameError, Header, Message, Secret};
use tgdb_testkit::sim::*;
use tgdb_testkit::{DEFAULT_DATABASE, DEFAULT_PASSWORD, DEFAULT_USER, echoed};

pub const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Longer than anything here takes, but less than what never ends.
pub const LONG: Duration = Duration::from_secs(3600);

pub fn query(text: &str) -> Body {
    QueryRequest::text(QueryCommand::EXECUTE, text).into()
}

pub fn hello(kind: HandshakeKind) -> Body {
    let challenge = if kind == HandshakeKind::INITIATE { 0 } else { ProductVersion::CLIENT.to_wire() };
    HandshakeRequest { kind, ssl_mode: false, challenge }.into()
}

pub fn login() -> Body {
    AuthenticateRequest {
        database: Some(DEFAULT_DATABASE.into()),
        user: Some(DEFAULT_USER.into()),
        password: Secret::new(DEFAULT_PASSWORD),
        ..AuthenticateRequest::default()
    }
    .into()
}

pub fn frame(header: Header, body: Body) -> Frame {
    let mut decoder = FrameDecoder::default();
    decoder.push(&Message::new(header, body).encode().unwrap());
    decoder.next_frame().unwrap().unwrap()
}

/// No faults, and each way takes 1 ms.
pub fn calm() -> NetworkPlan {
    NetworkPlan { latency: ms(1)..=ms(1), ..NetworkPlan::calm(1) }
}

/// A client that was given as much time as it wants, and its network.
pub fn after(plan: NetworkPlan) -> (Client, Network) {
    let mut network = Network::new(1, plan);
    let mut client = Client::connect(&mut network, 0);
    client.run(&mut network, LONG);
    (client, network)
}

/// A session of three queries on a network of that plan: what there is after a minute.
pub fn three_queries(plan: NetworkPlan) -> (Client, Network) {
    let mut network = Network::new(9, plan);
    let mut client = Client::connect(&mut network, 0);
    while !client.logged_in && !client.is_gone() && client.step(&mut network, LONG) {}
    for text in ["one", "two", "three"] {
        client.query(&mut network, text);
    }
    let until = network.now() + ms(60_000);
    client.run(&mut network, until);
    (client, network)
}

/// One connection of the client: logs in by itself, and notes all that comes.
pub struct Client {
    pub conn: ConnId,
    pub header: Header,
    pub logged_in: bool,
    /// Messages after the login, with the time at which they came; `None` does not decode.
    pub received: Vec<(Duration, i64, Option<Body>)>,
    /// What ended it: before the login, or at all.
    pub rejected: Option<Body>,
    pub failed: Option<(Duration, ConnectFailure)>,
    pub closed: Option<(Duration, CloseKind)>,
    pub broken: Option<FrameError>,
    /// All events, with their time, and all bytes.
    pub trace: Vec<(Duration, NetEvent)>,
    pub bytes: Vec<u8>,
    out: Vec<u8>,
    decoder: FrameDecoder,
    last_id: i64,
}

impl Client {
    pub fn connect(network: &mut Network, server: usize) -> Self {
        let mut client = Self {
            conn: network.connect(server),
            header: Header::default(),
            logged_in: false,
            received: Vec::new(),
            rejected: None,
            failed: None,
            closed: None,
            broken: None,
            trace: Vec::new(),
            bytes: Vec::new(),
            out: Vec::new(),
            decoder: FrameDecoder::default(),
            last_id: 0,
        };
        client.write(hello(HandshakeKind::INITIATE));
        client
    }

    /// Connects and logs in.
    pub fn logged_in(network: &mut Network, server: usize) -> Self {
        let mut client = Self::connect(network, server);
        while !client.logged_in {
            assert!(client.step(network, LONG), "no login: {:?} {:?}", client.trace, client.rejected);
        }
        client
    }

    pub fn write(&mut self, body: Body) {
        self.header.sequence_no += 1;
        self.out.extend(Message::new(self.header, body).encode().unwrap());
    }

    /// Sends a query; its request id.
    pub fn query(&mut self, network: &mut Network, text: &str) -> i64 {
        self.last_id += 1;
        self.header.request_id = self.last_id;
        self.write(query(text));
        self.header.request_id = -1;
        self.flush(network);
        self.last_id
    }

    pub fn flush(&mut self, network: &mut Network) {
        let count = network.send(self.conn, &self.out);
        self.out.drain(..count);
    }

    pub fn unsent(&self) -> usize {
        self.out.len()
    }

    pub fn is_gone(&self) -> bool {
        self.failed.is_some() || self.closed.is_some()
    }

    /// Moves on to the next events, if they come by `until`, and handles them.
    pub fn step(&mut self, network: &mut Network, until: Duration) -> bool {
        let before = network.now();
        let events = network.advance_to(until);
        assert!(network.now() >= before && network.now() <= until.max(before), "time goes on, but not too far");
        assert!(!events.is_empty() || network.now() == until.max(before));
        for event in &events {
            if event.conn() == self.conn {
                self.on_event(network, event.clone());
            }
        }
        !events.is_empty()
    }

    pub fn run(&mut self, network: &mut Network, until: Duration) {
        while !self.is_gone() && self.step(network, until) {}
    }

    pub fn on_event(&mut self, network: &mut Network, event: NetEvent) {
        assert!(!self.is_gone(), "nothing follows the end: {event:?}");
        self.trace.push((network.now(), event.clone()));
        match event {
            NetEvent::Connected(_) | NetEvent::Writable(_) => self.flush(network),
            NetEvent::ConnectFailed(_, failure) => self.failed = Some((network.now(), failure)),
            NetEvent::Closed(_, kind) => self.closed = Some((network.now(), kind)),
            NetEvent::Received(_, bytes) => {
                assert!(!bytes.is_empty());
                self.bytes.extend_from_slice(&bytes);
                self.decoder.push(&bytes);
                loop {
                    match self.decoder.next_frame() {
                        Ok(Some(frame)) => self.on_frame(network, &frame),
                        Ok(None) => break,
                        Err(error) => {
                            self.broken = Some(error);
                            break;
                        }
                    }
                }
            }
        }
    }

    fn on_frame(&mut self, network: &mut Network, frame: &Frame) {
        let body = Message::decode(frame).ok().map(|message| message.body);
        if self.logged_in {
            self.received.push((network.now(), frame.header.request_id, body));
            return;
        }
        match body {
            Some(Body::HandshakeResponse(answer)) if answer.status == HandshakeStatus::ACCEPT_CHALLENGE => {
                self.write(hello(HandshakeKind::CHALLENGE_ACCEPTED));
            }
            Some(Body::HandshakeResponse(answer)) if answer.status == HandshakeStatus::PROCEED_WITH_AUTHENTICATION => {
                self.write(login());
            }
            Some(Body::AuthenticateResponse(AuthenticateResponse::Accepted { auth_token, session_id, .. })) => {
                self.logged_in = true;
                (self.header.auth_token, self.header.session_id) = (auth_token, session_id);
            }
            answer => self.rejected = answer,
        }
        self.flush(network);
    }

    /// Request ids and texts of the replies, in order.
    pub fn texts(&self) -> Vec<(i64, &str)> {
        self.received.iter().filter_map(|(_, id, body)| Some((*id, echoed(body.as_ref()?)?))).collect()
    }
}

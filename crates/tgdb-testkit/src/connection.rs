//! One connection of the threaded server: moves bytes between a socket and a session.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crossbeam_channel::Receiver;
use parking_lot::Mutex;
use tgdb_pdu::{Body, Frame, FrameDecoder, Message};

use crate::stream::{FaultyStream, ServerStream};
use crate::{Faults, ServerConfig, ServerEvent, ServerSession};

/// How often an idle connection looks for orders of the test.
const POLL: Duration = Duration::from_millis(5);

/// What a test wants a session to do.
pub(crate) enum Order {
    Terminate(String),
    Push(Body),
}

/// What went over one connection, in clear text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transcript {
    /// Bytes from the client, whole frames.
    pub from_client: Vec<u8>,
    /// Bytes from the server, whole frames.
    pub from_server: Vec<u8>,
}

/// What came over the connections of a server.
#[derive(Default)]
pub(crate) struct Record {
    pub(crate) logins: AtomicUsize,
    pub(crate) requests: AtomicUsize,
    pub(crate) pings: AtomicUsize,
    pub(crate) disconnects: AtomicUsize,
    pub(crate) transcripts: Mutex<Vec<Transcript>>,
    pub(crate) received: Mutex<Vec<Message>>,
}

/// Serves the connection until it ends.
pub(crate) fn run(
    tcp: &TcpStream,
    faults: Faults,
    session_id: i64,
    orders: &Receiver<Order>,
    config: &Arc<ServerConfig>,
    record: &Record,
) -> io::Result<()> {
    let session = ServerSession::new(Arc::clone(config), faults.clone(), session_id);
    let mut connection = Connection { session, transcript: Transcript::default(), config, record };
    let result = connection.talk(tcp, faults, orders);
    if config.record {
        record.transcripts.lock().push(connection.transcript);
    }
    let _ = tcp.shutdown(Shutdown::Both);
    result
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

struct Connection<'a> {
    session: ServerSession,
    transcript: Transcript,
    config: &'a ServerConfig,
    record: &'a Record,
}

impl Connection<'_> {
    fn talk(&mut self, tcp: &TcpStream, faults: Faults, orders: &Receiver<Order>) -> io::Result<()> {
        let mute = faults.mute;
        let in_clear = faults.terminate.is_some() || mute;
        let tls = self.config.tls.as_ref().filter(|_| !in_clear);
        let mut stream = ServerStream::new(FaultyStream::new(tcp.try_clone()?, faults), tls)?;
        tcp.set_read_timeout(Some(POLL))?;
        let mut decoder = FrameDecoder::default();
        let mut buf = vec![0; 64 * 1024];
        self.session.handle_connected(now());
        loop {
            for order in orders.try_iter() {
                match order {
                    Order::Terminate(reason) => self.session.terminate(now(), &reason),
                    Order::Push(body) => self.session.push(now(), body),
                }
            }
            self.flush(&mut stream)?;
            if self.session.is_over() {
                stream.end();
                return Ok(());
            }
            match stream.read(&mut buf) {
                Ok(0) => {
                    // The vendor's Python client waits for the answer to its TLS close.
                    stream.end();
                    return Ok(());
                }
                // The bytes need not be TGDB's: a mute server does not speak TLS either.
                Ok(_) if mute => {}
                Ok(count) => decoder.push(&buf[..count]),
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => continue,
                Err(error) => return Err(error),
            }
            while let Some(frame) = decoder.next_frame().map_err(io::Error::other)? {
                self.on_frame(&frame)?;
            }
        }
    }

    fn flush(&mut self, stream: &mut ServerStream) -> io::Result<()> {
        let mut out = Vec::new();
        if self.session.poll_transmit(&mut out) == 0 {
            return Ok(());
        }
        if self.config.record {
            self.transcript.from_server.extend_from_slice(&out);
        }
        stream.write_all(&out)
    }

    fn on_frame(&mut self, frame: &Frame) -> io::Result<()> {
        let (config, record) = (self.config, self.record);
        if config.record {
            self.transcript.from_client.extend_from_slice(&frame.encode().map_err(io::Error::other)?);
        }
        // The session has answered what it cannot decode.
        let Ok((event, message)) = self.session.handle_frame(now(), frame) else { return Ok(()) };
        if config.record {
            record.received.lock().push(message.clone());
        }
        let counter = match event {
            ServerEvent::LoggedIn => &record.logins,
            ServerEvent::Request => &record.requests,
            ServerEvent::Ping => &record.pings,
            ServerEvent::Left => &record.disconnects,
            ServerEvent::Handshake | ServerEvent::Invalid | ServerEvent::Ignored => return Ok(()),
        };
        counter.fetch_add(1, Ordering::SeqCst);
        if event == ServerEvent::Request {
            config.script.on_request(&mut self.session, &message);
        }
        Ok(())
    }
}

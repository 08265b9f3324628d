//! Making a connection: the attempts over the failover list, and one attempt.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use tgdb_pdu::{Body, Frame, Message, Verb};
use tgdb_transport::{TcpSocket, TgSocket, TransportError, verify_database_name};
use zeroize::Zeroizing;

use crate::shared::{Config, Connection, new_header};
use crate::{ChannelError, Credentials, Login, LoginError, LoginStep, Session};

/// The one who wants to connect, and may change its mind.
pub(crate) trait Gate {
    /// Waits; `false` to give up.
    fn pause(&self, time: Duration) -> bool;
    /// Takes note of the socket that logs in now; `false` to give up.
    fn opened(&self, socket: &Arc<dyn TgSocket>) -> bool;
}

/// Connects to the first server that lets us in.
///
/// Each round tries each server once, from `start` on; between rounds passes the
/// retry interval. So a spare server is found at once, where the vendor's clients
/// try the dead one to the end first.
///
/// Without a failover list the first failure ends it, and so do failures that
/// another server would repeat: login, version, end of the session.
pub(crate) fn connect(config: &Config, start: usize, gate: &dyn Gate) -> Result<Connection, ChannelError> {
    let count = config.urls.len();
    let mut attempts = 0;
    let mut last = ChannelError::Stopped;
    for round in 0..config.retry_count.max(1) {
        for offset in 0..count {
            let wait = if offset == 0 && round > 0 { config.retry_interval } else { Duration::ZERO };
            if !gate.pause(wait) {
                return Err(ChannelError::Stopped);
            }
            let index = (start + offset) % count;
            attempts += 1;
            match attempt(config, index, gate) {
                Ok(connection) => return Ok(connection),
                Err(error) if !config.has_failover() || error.ends_connecting() => return Err(error),
                Err(error) => {
                    log::info!("attempt {attempts}, {}: {error}", config.urls[index].authority());
                    last = error;
                }
            }
        }
    }
    Err(ChannelError::AllAttemptsFailed { servers: server_list(config), attempts, last: Box::new(last) })
}

/// The servers as an error shows them.
pub(crate) fn server_list(config: &Config) -> String {
    config.urls.iter().map(|url| url.authority()).collect::<Vec<_>>().join(", ")
}

/// Makes a socket and logs in.
fn attempt(config: &Config, index: usize, gate: &dyn Gate) -> Result<Connection, ChannelError> {
    let url = &config.urls[index];
    let peer = url.authority();
    let socket: Arc<dyn TgSocket> = match &config.tls {
        None => Arc::new(TcpSocket::connect(url.host(), url.port(), &config.socket)?),
        Some(tls) => match tls.connect(url.host(), url.port(), &config.socket) {
            Ok(socket) => Arc::new(socket),
            Err(error) => return Err(refused_before_tls(&peer, error)),
        },
    };
    if !gate.opened(&socket) {
        return Err(ChannelError::Stopped);
    }
    let session = login(config, &*socket, &peer).inspect_err(|_| socket.close())?;
    if let Some(database) = &config.verify_database {
        let certificate = session.certificate.as_deref().unwrap_or_default();
        verify_database_name(certificate, database)
            .map_err(|source| ChannelError::DatabaseName { peer: peer.clone(), source })
            .inspect_err(|_| socket.close())?;
    }
    log::info!("logged in at {peer}, server version {}", session.server_version);
    Ok(Connection {
        socket,
        auth_token: session.auth_token,
        session_id: session.session_id,
        server_version: session.server_version,
        url_index: index,
        generation: OnceLock::new(),
        send_failure: Mutex::new(None),
        since: Instant::now(),
        useful: AtomicBool::new(false),
    })
}

/// A server that refuses the client can do so in clear text on a TLS port.
fn refused_before_tls(peer: &str, error: TransportError) -> ChannelError {
    let TransportError::PlainFrame { frame, .. } = &error else { return error.into() };
    terminated(peer, frame).unwrap_or_else(|| error.into())
}

/// The error that a frame stands for with which a server refuses a client.
fn terminated(peer: &str, frame: &Frame) -> Option<ChannelError> {
    if frame.verb != Verb::SESSION_FORCEFULLY_TERMINATED {
        return None;
    }
    let reason = termination_reason(frame);
    Some(ChannelError::Login { peer: peer.to_owned(), source: LoginError::Terminated { reason }.into() })
}

/// Why the server ends the session, if the frame says so and can be read.
pub(crate) fn termination_reason(frame: &Frame) -> Option<String> {
    match Message::decode(frame).map(|message| message.body) {
        Ok(Body::SessionForcefullyTerminated(end)) => end.reason,
        _ => None,
    }
}

/// Runs the login on a socket. Each reply must come within the operation timeout.
fn login(config: &Config, socket: &dyn TgSocket, peer: &str) -> Result<Session, ChannelError> {
    // A server that is full says so before we speak, and may not listen then.
    if let Some(refused) = socket.try_read()?.and_then(|frame| terminated(peer, &frame)) {
        return Err(refused);
    }
    let credentials = Credentials { inbox_addr: socket.inbox_addr().to_string(), ..config.credentials.clone() };
    let (mut login, first) = Login::start(credentials);
    send(socket, first, peer)?;
    let mut deadline = Instant::now() + config.operation_timeout;
    loop {
        let frame = socket.recv_deadline(deadline)?;
        let step = login.on_frame(&frame);
        match step.map_err(|source| ChannelError::Login { peer: peer.to_owned(), source: source.into() })? {
            LoginStep::Send(next) => {
                send(socket, next, peer)?;
                deadline = Instant::now() + config.operation_timeout;
            }
            LoginStep::Wait => {}
            LoginStep::Done(session) => return Ok(session),
        }
    }
}

fn send(socket: &dyn TgSocket, body: Body, peer: &str) -> Result<(), ChannelError> {
    let verb = body.verb();
    let frame = Message::new(new_header(), body).encode().map_err(|source| ChannelError::Encode { verb, source })?;
    // It can hold the password.
    let frame = Zeroizing::new(frame);
    socket.send(&frame).map(drop).map_err(|error| {
        // The reason for the end can be there to be read.
        let last = socket.try_read().ok().flatten();
        last.and_then(|frame| terminated(peer, &frame)).unwrap_or_else(|| error.into())
    })
}

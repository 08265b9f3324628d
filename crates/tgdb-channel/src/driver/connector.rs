//! One attempt to connect, on a thread of its own, which can be left behind.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use tgdb_pdu::Verb;
use tgdb_transport::foreign::contain;
use tgdb_transport::{ConnectCancel, TcpSocket, TgSocket, TransportError};
use tgdb_url::TgUrl;

use super::observe::AttemptSpans;
use super::role::Connection;
use super::{Config, Shared};
use crate::ChannelError;
use crate::proto::{LinkId, LoginError, termination_reason};

/// Begins to connect to that server.
pub(super) fn spawn(shared: &Arc<Shared>, link: LinkId, server: usize) {
    let cancel = match ConnectCancel::new() {
        Ok(cancel) => cancel,
        Err(error) => return report(shared, link, Err(ChannelError::thread(error)), None),
    };
    let number = {
        let mut state = shared.lock();
        // The attempt may have been cancelled in the meantime.
        if !state.session.is_connecting(link) {
            return;
        }
        state.connecting = Some((link, cancel.clone()));
        state.session.attempts()
    };
    let attempt = {
        let shared = shared.clone();
        move || {
            let peer = shared.config.urls[server].authority();
            let mut spans = AttemptSpans::begin(link, peer.clone(), number);
            let result = spans.inside(|| {
                // The TLS configuration can be the program's.
                let result = contain(|| open(&shared.config, &shared.config.urls[server], &cancel));
                result.unwrap_or_else(|| Err(panicked(peer)))
            });
            spans.connected(result.as_deref().ok(), &shared.config.login);
            report(&shared, link, result, Some(spans));
        }
    };
    if let Err(error) = thread::Builder::new().name("tgdb-connect".into()).spawn(attempt) {
        report(shared, link, Err(ChannelError::thread(error)), None);
    }
}

/// A socket to the server of that URL, with the settings of the channel.
pub(crate) fn open(config: &Config, url: &TgUrl, cancel: &ConnectCancel) -> Result<Arc<dyn TgSocket>, ChannelError> {
    Ok(match &config.tls {
        None => Arc::new(TcpSocket::connect_with(url.host(), url.port(), &config.socket, cancel)?),
        Some(tls) => match tls.connect_with(url.host(), url.port(), &config.socket, cancel) {
            Ok(socket) => Arc::new(socket),
            Err(error) => return Err(rejected_before_tls(url.authority(), error)),
        },
    })
}

fn panicked(peer: String) -> ChannelError {
    let source = io::Error::other("code of the program panicked");
    TransportError::Io { operation: "connect to", peer, source }.into()
}

/// A server that rejects the client can do so in clear text on a TLS port.
fn rejected_before_tls(peer: String, error: TransportError) -> ChannelError {
    match &error {
        TransportError::PlainFrame { frame, .. } if frame.verb == Verb::SESSION_FORCEFULLY_TERMINATED => {
            let reason = termination_reason(frame);
            ChannelError::Login { peer, source: LoginError::Terminated { reason }.into() }
        }
        _ => error.into(),
    }
}

/// Reports to the session how the attempt ended.
fn report(
    shared: &Arc<Shared>,
    link: LinkId,
    result: Result<Arc<dyn TgSocket>, ChannelError>,
    spans: Option<AttemptSpans>,
) {
    let mut spans = spans;
    let unwanted = shared.with(|state| {
        let now = Instant::now();
        state.connecting.take_if(|(current, _)| *current == link);
        let is_wanted = state.session.is_connecting(link);
        if is_wanted {
            state.replace_attempt(&mut spans);
        }
        match result {
            Err(error) => {
                state.keep_error(&error);
                state.session.handle_connect_failed(now, link, error);
            }
            Ok(socket) => {
                let (ours, peers) = (socket.inbox_addr(), socket.outbox_addr());
                if !state.session.handle_connected(now, link, &ours.to_string()) {
                    return Some(socket);
                }
                state.addresses = Some((ours, peers));
                state.connection = Some(Connection { link, socket });
                state.arrivals = 0;
            }
        }
        None
    });
    if let Some(spans) = spans {
        spans.abandon();
    }
    match unwanted {
        Some(socket) => socket.close(),
        None => {
            // The first message of the login goes out. A frame can have come with the end of
            // the TLS handshake; then the descriptor is not readable.
            shared.flush_now();
            shared.read_available();
        }
    }
}

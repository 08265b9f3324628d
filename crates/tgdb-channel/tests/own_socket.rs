//! A socket of the channel's settings that the program drives itself.
#![allow(clippy::unwrap_used)]

mod support;

use support::*;
use tgdb_channel::pdu::{Body, Header, Message};
use tgdb_channel::transport::TgSocket;
use tgdb_channel::url::VersionCheck;
use tgdb_channel::*;
use tgdb_testkit::{DEFAULT_DATABASE, DEFAULT_PASSWORD, DEFAULT_USER};

fn log_in(socket: &dyn TgSocket, ssl_mode: bool) -> LoginSuccess {
    let send = |body: Body| socket.send(&Message::new(Header::default(), body).encode().unwrap()).unwrap();
    let (mut login, first) = Login::start(Credentials {
        user: DEFAULT_USER.into(),
        password: DEFAULT_PASSWORD.into(),
        database: Some(DEFAULT_DATABASE.into()),
        roles: None,
        client_id: "own socket".into(),
        inbox_addr: socket.inbox_addr().to_string(),
        ssl_mode,
        version_check: VersionCheck::Exact,
    });
    send(first);
    loop {
        match login.on_frame(&socket.recv().unwrap()).unwrap() {
            LoginStep::Send(next) => drop(send(next)),
            LoginStep::Wait => {}
            LoginStep::Done(success) => return success,
        }
    }
}

#[test]
fn a_program_can_log_in_and_ask_over_a_socket_of_its_own() {
    let plain = obedient();
    let (secure, over_tls, _ca) = secure();
    for (server, builder, ssl_mode) in [(&plain, builder(&plain.url()), false), (&secure, over_tls, true)] {
        let channel = builder.build().unwrap();
        let socket = channel.create_socket().unwrap();
        assert_eq!(socket.tls_info().is_some(), ssl_mode);
        let LoginSuccess { auth_token, session_id, .. } = log_in(&*socket, ssl_mode);
        let header = Header { request_id: 5, auth_token, session_id, ..Header::default() };
        socket.send(&Message::new(header, Body::MetadataRequest).encode().unwrap()).unwrap();
        let reply = Message::decode(&socket.recv().unwrap()).unwrap();
        assert_eq!(reply.header.request_id, 5);
        assert_eq!((server.logins(), channel.link_state()), (1, LinkState::NotConnected));
        socket.close();
    }
}

#[test]
fn the_failure_to_connect_is_that_of_the_channel() {
    let server = obedient();
    let channel = builder(&server.url()).build().unwrap();
    drop(server);
    assert!(matches!(channel.create_socket(), Err(ChannelError::Connect(_))));
}

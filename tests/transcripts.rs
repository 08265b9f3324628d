//! Recorded sessions, replayed at every split of the byte stream.
#![allow(clippy::unwrap_used)]

use tgdb_channel::pdu::{Body, Message, Secret};
use tgdb_channel::url::VersionCheck;
use tgdb_channel::*;
use tgdb_testkit::*;
use tgdb_tests::*;

/// What a channel and the testkit say to each other.
fn recorded() -> Transcript {
    let mut server = TestServer::start(ServerConfig { record: true, ..ServerConfig::default() }).unwrap();
    let channel = started(builder(&server.url()));
    channel.request(query("g.V()")).unwrap();
    channel.request(Body::MetadataRequest).unwrap();
    channel.stop(StopMethod::Graceful);
    server.kill();
    let transcript = server.transcripts().pop().unwrap();
    assert!(transcript.from_client.len() > 400 && transcript.from_server.len() > 400);
    transcript
}

#[test]
fn every_split_gives_the_same_messages() {
    let transcript = recorded();
    for stream in [&transcript.from_client, &transcript.from_server] {
        assert!(replayed(stream).len() >= 5);
    }
}

#[test]
fn the_login_replays_without_a_socket() {
    let transcript = recorded();
    let sent = frames(&[&transcript.from_client]);
    let credentials = Credentials {
        user: DEFAULT_USER.into(),
        password: Secret::from(DEFAULT_PASSWORD),
        database: Some(DEFAULT_DATABASE.into()),
        roles: None,
        client_id: "tgdb.rust-api.client".into(),
        inbox_addr: match Message::decode(&sent[2]).unwrap().body {
            Body::AuthenticateRequest(request) => request.inbox_addr.unwrap(),
            other => panic!("{other:?}"),
        },
        ssl_mode: false,
        version_check: VersionCheck::Exact,
    };
    let (mut login, first) = Login::start(credentials);
    let mut asked = vec![first];
    for frame in frames(&[&transcript.from_server]) {
        match login.on_frame(&frame).unwrap() {
            LoginStep::Send(next) => asked.push(next),
            LoginStep::Wait => {}
            LoginStep::Done(session) => {
                assert_eq!(session.session_id, 1001);
                let recorded: Vec<_> = sent[..3].iter().map(|frame| Message::decode(frame).unwrap().body).collect();
                assert_eq!(asked, recorded);
                return;
            }
        }
    }
    panic!("the login did not end");
}

//! Each fault of a simulated network does what its documentation says.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use tgdb_pdu::body::*;
use tgdb_pdu::{Body, FrameError, Verb};
use tgdb_testkit::sim::*;
use tgdb_testkit::{ServerConfig, echo};

fn calm() -> NetworkPlan {
    NetworkPlan { latency: ms(1)..=ms(1), ..NetworkPlan::calm(1) }
}

/// A client that was given as much time as it wants, and its network.
fn after(plan: NetworkPlan) -> (Client, Network) {
    let mut network = Network::new(1, plan);
    let mut client = Client::connect(&mut network, 0);
    client.run(&mut network, LONG);
    (client, network)
}

#[test]
fn connections_fail_in_three_ways() {
    let (client, network) = after(NetworkPlan { refused: 1.0, ..calm() });
    assert_eq!(client.failed, Some((ms(2), ConnectFailure::Refused)));
    assert!(network.heard().is_empty());
    let (client, _) = after(NetworkPlan { dns_failure: 1.0, ..calm() });
    assert_eq!(client.failed, Some((ms(2), ConnectFailure::NameNotFound)));
    let (client, _) = after(NetworkPlan { unanswered: 1.0, ..calm() });
    assert_eq!(client.failed, Some((ms(127_000), ConnectFailure::TimedOut)));

    let mut network = Network::new(1, NetworkPlan { unanswered: 1.0, ..calm() });
    let conn = network.connect(0);
    assert_eq!(network.send(conn, b"early"), 0);
    network.close(conn);
    assert_eq!((network.advance_to(LONG), network.now()), (vec![], LONG), "given up");
}

#[test]
fn logins_are_refused_in_five_ways() {
    let (client, network) = after(NetworkPlan { server_full: 1.0, ..calm() });
    assert!(matches!(client.refused, Some(Body::SessionForcefullyTerminated(_))), "{:?}", client.refused);
    assert!(client.closed.is_some() && network.heard().is_empty());

    let (client, _) = after(NetworkPlan { wrong_protocol: 1.0, ..calm() });
    assert_eq!(client.broken, Some(FrameError::UnsupportedVersion { found: 0x0200 }));

    let (client, _) = after(NetworkPlan { wrong_version: 1.0, ..calm() });
    let Some(Body::HandshakeResponse(answer)) = client.refused else { panic!("{:?}", client.refused) };
    assert_eq!(answer.status, HandshakeStatus::CHALLENGE_FAILED);

    let (client, _) = after(NetworkPlan { rejected: 1.0, ..calm() });
    let rejected = matches!(&client.refused, Some(Body::AuthenticateResponse(AuthenticateResponse::Rejected { .. })));
    assert!(rejected, "{:?}", client.refused);

    let (client, _) = after(NetworkPlan { login_exception: 1.0, ..calm() });
    assert!(matches!(client.refused, Some(Body::Exception(_))), "{:?}", client.refused);
}

/// A session of three queries on a network of that plan: what there is after a minute.
fn three_queries(plan: NetworkPlan) -> (Client, Network) {
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

#[test]
fn cuts_come_at_their_byte() {
    let (whole, network) = three_queries(calm());
    assert_eq!(whole.texts(), [(1, "one"), (2, "two"), (3, "three")]);
    let heard = network.heard().len();
    for at in 1..whole.bytes.len() {
        let (client, _) = three_queries(NetworkPlan { cut_to_client: Chance::always(at as u64..=at as u64), ..calm() });
        assert_eq!(client.bytes, whole.bytes[..at]);
        assert!(client.closed.is_some());
    }
    let mut last = 0;
    for at in 1.. {
        let cut_to_server = Chance::always(at..=at);
        let (client, network) = three_queries(NetworkPlan { cut_to_server, ..calm() });
        assert!(network.heard().len() >= last, "more bytes, no fewer frames");
        last = network.heard().len();
        if client.closed.is_none() {
            break;
        }
    }
    assert_eq!(last, heard);
}

#[test]
fn cuts_are_ends_or_resets() {
    for (reset, kind) in [(0.0, CloseKind::End), (1.0, CloseKind::Reset)] {
        let (client, network) = after(NetworkPlan { cut_after: Chance::always(ms(500)..=ms(500)), reset, ..calm() });
        // 2 ms for the connection before, 1 ms for the news behind.
        assert_eq!((client.closed, network.now()), (Some((ms(503), kind)), ms(503)));
    }
}

#[test]
fn a_cut_in_time_loses_what_is_under_way() {
    let plan = NetworkPlan { latency: ms(50)..=ms(50), cut_after: Chance::always(ms(1000)..=ms(1000)), ..calm() };
    let mut network = Network::new(1, plan);
    let mut client = Client::logged_in(&mut network, 0);
    // The connection stands at 100 ms and is cut at 1100 ms.
    client.run(&mut network, ms(960));
    client.query(&mut network, "just in time");
    client.run(&mut network, ms(1060));
    client.query(&mut network, "lost");
    client.run(&mut network, LONG);
    assert_eq!(client.closed.unwrap().0, ms(1150));
    assert_eq!(client.texts(), [(1, "just in time")]);
    assert_eq!(network.executed().len(), 1);

    let mut client = Client::logged_in(&mut network, 0);
    let made = client.trace[0].0;
    client.run(&mut network, made + ms(940));
    client.query(&mut network, "its reply is lost");
    client.run(&mut network, LONG);
    assert_eq!((client.texts(), network.executed().len()), (vec![], 2));
}

#[test]
fn one_bit_is_changed() {
    let (whole, _) = three_queries(calm());
    let flipped = |a: &[u8], b: &[u8]| a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>();
    // The last byte of the header of the last reply but one: only its data offset.
    let at = (whole.bytes.len() - 10) as u64;
    let (client, network) = three_queries(NetworkPlan { corrupt_to_client: Chance::always(at..=at), ..calm() });
    assert_eq!(client.bytes.len(), whole.bytes.len());
    assert_eq!(flipped(&client.bytes, &whole.bytes), 1);
    assert_ne!(client.bytes[at as usize], whole.bytes[at as usize]);
    assert!(network.is_corrupted(client.conn));

    // In the magic number of the first frame: the server hangs up.
    let (client, network) = after(NetworkPlan { corrupt_to_server: Chance::always(5..=5), ..calm() });
    assert!(client.closed.is_some() && network.heard().is_empty());
    assert!(network.is_corrupted(client.conn));
}

#[test]
fn a_server_that_does_not_read_fills_the_window() {
    let stop_reading = Chance::always(ms(100)..=ms(100));
    let plan = NetworkPlan { stop_reading, stall: ms(1000)..=ms(1000), window: 5000, ..calm() };
    let mut network = Network::new(1, plan.clone());
    let mut client = Client::logged_in(&mut network, 0);
    client.run(&mut network, ms(110));
    for _ in 0..100 {
        client.query(&mut network, &"x".repeat(100));
    }
    assert!(client.unsent() > 10_000);
    assert_eq!(network.send(client.conn, b"no room"), 0);
    client.run(&mut network, ms(1101));
    assert!(network.executed().is_empty() && client.unsent() > 10_000);
    client.run(&mut network, ms(2000));
    assert_eq!((network.executed().len(), client.texts().len(), client.unsent()), (100, 100, 0));

    let mut network = Network::new(1, NetworkPlan { endless_stall: 1.0, ..plan });
    let mut client = Client::logged_in(&mut network, 0);
    client.run(&mut network, ms(110));
    client.query(&mut network, "never");
    client.run(&mut network, LONG);
    assert!(network.executed().is_empty() && client.received.is_empty() && !client.is_gone());
}

#[test]
fn a_server_that_does_not_answer_still_works() {
    let stop_answering = Chance::always(ms(100)..=ms(100));
    let mut network = Network::new(1, NetworkPlan { stop_answering, stall: ms(1000)..=ms(1000), ..calm() });
    let mut client = Client::logged_in(&mut network, 0);
    client.run(&mut network, ms(110));
    client.query(&mut network, "late");
    client.run(&mut network, ms(1100));
    assert_eq!((network.executed().len(), client.texts()), (1, vec![]));
    client.run(&mut network, ms(1200));
    assert_eq!(client.texts(), [(1, "late")]);
}

#[test]
fn servers_restart() {
    let every = Some(ms(1000)..=ms(1000));
    let mut network = Network::new(1, NetworkPlan { restart_every: every, down: ms(500)..=ms(500), ..calm() });
    let mut client = Client::logged_in(&mut network, 0);
    client.run(&mut network, LONG);
    assert_eq!(client.closed.unwrap().0, ms(1001));
    assert!(!network.is_up(0));
    let mut client = Client::connect(&mut network, 0);
    client.run(&mut network, ms(1400));
    assert_eq!(client.failed.unwrap().1, ConnectFailure::Refused);
    network.advance_to(ms(1500));
    let mut client = Client::logged_in(&mut network, 0);
    client.run(&mut network, LONG);
    assert_eq!(client.closed.unwrap().0, ms(2501), "and again");
}

#[test]
fn sessions_are_terminated() {
    let (client, network) = after(NetworkPlan { terminate: Chance::always(ms(700)..=ms(700)), ..calm() });
    let [(at, -1, Some(Body::SessionForcefullyTerminated(_)))] = &client.received[..] else {
        panic!("{:?}", client.received)
    };
    assert_eq!((*at, client.closed), (ms(703), Some((ms(703), CloseKind::End))));
    assert!(network.executed().is_empty());
}

#[test]
fn replies_go_wrong() {
    let (client, network) = three_queries(NetworkPlan { missing_reply: 1.0, ..calm() });
    assert_eq!((network.executed().len(), client.received.len()), (3, 0));

    let (client, network) = three_queries(NetworkPlan { duplicate_reply: 1.0, ..calm() });
    assert_eq!(network.executed().len(), 3);
    assert_eq!(client.texts(), [(1, "one"), (1, "one"), (2, "two"), (2, "two"), (3, "three"), (3, "three")]);

    let (client, _) = three_queries(NetworkPlan { unknown_reply: 1.0, ..calm() });
    assert_eq!(client.texts(), [(1, "one"), (2, "two"), (3, "three")]);
    let unknown = client.received.iter().filter(|(_, id, _)| !(1..=3).contains(id)).count();
    assert_eq!(unknown, 3);

    let (client, _) = three_queries(NetworkPlan { bad_reply: 1.0, ..calm() });
    let bad: Vec<_> = client.received.iter().map(|(_, id, body)| (*id, body.is_none())).collect();
    assert_eq!(bad, [(1, true), (2, true), (3, true)]);

    let (client, _) = three_queries(NetworkPlan { late_reply: Chance::always(ms(900)..=ms(900)), ..calm() });
    assert!(client.received.iter().all(|(at, ..)| *at >= ms(900)) && client.texts().len() == 3);
}

#[test]
fn replies_overtake_each_other() {
    let mut network = Network::new(3, NetworkPlan { work: ms(0)..=ms(100), ..calm() });
    let mut client = Client::logged_in(&mut network, 0);
    let texts: Vec<String> = (1..=50).map(|number| format!("query {number}")).collect();
    for text in &texts {
        client.query(&mut network, text);
    }
    client.run(&mut network, ms(1000));
    let mut replies = client.texts();
    assert!(!replies.is_sorted());
    replies.sort();
    assert_eq!(replies, (1..).zip(texts.iter().map(String::as_str)).collect::<Vec<_>>());
    let executed: Vec<_> =
        network.executed().iter().map(|execution| (execution.request_id(), execution.text())).collect();
    assert_eq!(executed, (1..).zip(texts.iter().map(|text| Some(text.as_str()))).collect::<Vec<_>>(), "in order");
}

#[test]
fn messages_come_unasked() {
    let every = Some(ms(10)..=ms(10));
    let plan = NetworkPlan { ping_every: every.clone(), unasked_every: every, calm_after: Some(ms(1000)), ..calm() };
    let mut network = Network::new(1, plan);
    let mut client = Client::logged_in(&mut network, 0);
    client.run(&mut network, ms(5000));
    let pings = client.received.iter().filter(|(.., body)| matches!(body, Some(Body::Ping))).count();
    assert!((95..=100).contains(&pings), "{pings}");
    assert!((190..=200).contains(&client.received.len()));
    assert!(client.received.iter().all(|(_, id, _)| !(1..1000).contains(id)));
}

#[test]
fn faults_end_when_the_network_calms_down() {
    let plan = NetworkPlan {
        calm_after: Some(ms(1000)),
        cut_to_server: Chance::always(600..=600),
        cut_after: Chance::always(ms(2000)..=ms(2000)),
        stop_reading: Chance::always(ms(500)..=ms(500)),
        endless_stall: 1.0,
        missing_reply: 1.0,
        ..calm()
    };
    let mut network = Network::new(1, plan.clone());
    let mut client = Client::logged_in(&mut network, 0);
    client.query(&mut network, "missing");
    client.run(&mut network, ms(600));
    client.query(&mut network, "stalled");
    client.run(&mut network, LONG);
    assert_eq!(client.texts(), [(2, "stalled")]);
    assert!(!client.is_gone());

    let restart_every = Some(ms(900)..=ms(900));
    let mut network = Network::new(1, NetworkPlan { restart_every, refused: 1.0, ..plan });
    assert!(network.advance_to(ms(950)).is_empty() && !network.is_up(0));
    assert!(network.advance_to(ms(1000)).is_empty() && network.is_up(0));
    Client::logged_in(&mut network, 0).run(&mut network, LONG);
    assert!(network.is_up(0));
}

#[test]
fn faults_come_on_demand() {
    let mut network = Network::new(1, NetworkPlan { latency: ms(1)..=ms(1), ..NetworkPlan::calm(2) });
    let [mut cut, mut ended, mut stopped] = [0, 0, 1].map(|server| Client::logged_in(&mut network, server));
    let start = network.now();
    network.cut(cut.conn, CloseKind::Reset);
    cut.step(&mut network, LONG);
    assert_eq!(cut.closed, Some((start + ms(1), CloseKind::Reset)));
    network.terminate(ended.conn);
    network.terminate(ended.conn);
    ended.step(&mut network, LONG);
    assert_eq!((ended.received.len(), ended.closed.unwrap().1), (1, CloseKind::End));
    network.stop_server(1);
    stopped.step(&mut network, LONG);
    assert!(stopped.closed.is_some());
    let mut refused = Client::connect(&mut network, 1);
    refused.step(&mut network, LONG);
    assert!(refused.failed.is_some());
    network.start_server(1);
    Client::logged_in(&mut network, 1);
    assert_eq!(network.advance_to(LONG), []);
}

#[test]
fn scripts_answer_as_on_a_real_server() {
    let config = ServerConfig::scripted(|session: &mut _, request: &_| {
        echo(session, request);
        session.close();
    });
    let mut network = Network::with_config(1, calm(), config);
    let mut client = Client::logged_in(&mut network, 0);
    client.query(&mut network, "the last");
    client.query(&mut network, "too late for an answer");
    client.run(&mut network, LONG);
    assert_eq!(client.texts(), [(1, "the last")]);
    assert_eq!(client.closed.unwrap().1, CloseKind::End);
    assert_eq!(network.executed()[0].verb(), Verb::QUERY_REQUEST);
    assert_eq!(network.executed()[0].session_id, 1001);
}

//! Faults of servers on a simulated network do what their documentation says.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use tgdb_pdu::{Body, Verb};
use tgdb_testkit::sim::*;
use tgdb_testkit::{ServerConfig, echo};

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
    let mut unharmed = Client::logged_in(&mut network, 0);
    network.stop_server(1);
    stopped.step(&mut network, LONG);
    assert!(stopped.closed.is_some());
    let mut refused = Client::connect(&mut network, 1);
    refused.step(&mut network, LONG);
    assert!(refused.failed.is_some());
    network.start_server(1);
    Client::logged_in(&mut network, 1);
    unharmed.query(&mut network, "of the other server");
    unharmed.run(&mut network, LONG);
    assert_eq!(unharmed.texts(), [(1, "of the other server")]);
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

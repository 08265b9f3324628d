//! What holds on each simulated network, whatever its faults.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::*;
use tgdb_testkit::sim::*;

/// A client that reconnects to the next server whenever its connection ends, and sends a
/// query every 100 ms: all events with their time, and what was executed.
fn scenario(seed: u64, plan: NetworkPlan) -> (Vec<(Duration, NetEvent)>, Vec<Execution>) {
    let mut network = Network::new(seed, plan.clone());
    let mut trace = Vec::new();
    let mut client = Client::connect(&mut network, 0);
    for round in 0..50_u64 {
        client.run(&mut network, ms(100 * round));
        network.advance_to(ms(100 * round));
        if client.is_gone() || client.broken.is_some() || client.rejected.is_some() {
            network.close(client.conn);
            trace.append(&mut client.trace);
            client = Client::connect(&mut network, (round as usize) % plan.servers);
        } else if client.logged_in {
            client.query(&mut network, &format!("query {round}"));
        }
        if !network.is_corrupted(client.conn) {
            assert!(client.texts().iter().all(|(_, text)| text.starts_with("query ")));
        }
    }
    trace.append(&mut client.trace);
    (trace, network.executed().to_vec())
}

#[test]
fn a_seed_gives_the_same_events_each_time() {
    let mut different = 0;
    let mut previous = Vec::new();
    for seed in 0..200 {
        let plan = NetworkPlan::from_seed(seed);
        assert_eq!(plan, NetworkPlan::from_seed(seed));
        let (trace, executed) = scenario(seed, plan.clone());
        assert_eq!((&trace, &executed), (&scenario(seed, plan).0, &scenario(seed, NetworkPlan::from_seed(seed)).1));
        assert!(trace.is_sorted_by_key(|(at, _)| *at), "time never goes back");
        assert!(executed.is_sorted_by_key(|execution| execution.at));
        different += usize::from(trace != previous);
        previous = trace;
    }
    assert_eq!(different, 200);
}

#[test]
fn the_same_plan_under_another_seed_differs() {
    let plan = NetworkPlan { cut_after: Chance::new(0.5, ms(0)..=ms(900)), ..NetworkPlan::calm(2) };
    assert_ne!(scenario(1, plan.clone()).0, scenario(2, plan).0);
}

/// Made-up scenarios must be neither all calm nor all hopeless.
#[test]
fn made_up_scenarios_are_of_many_kinds() {
    let (mut events, mut runs_with) = ([0_usize; 5], [0_usize; 3]);
    for seed in 0..400 {
        let (trace, executed) = scenario(seed, NetworkPlan::from_seed(seed));
        for (_, event) in &trace {
            events[match event {
                NetEvent::Connected(_) => 0,
                NetEvent::ConnectFailed(..) => 1,
                NetEvent::Received(..) => 2,
                NetEvent::Writable(_) => 3,
                NetEvent::Closed(..) => 4,
            }] += 1;
        }
        runs_with[usize::from(!executed.is_empty()) + usize::from(executed.len() >= 40)] += 1;
    }
    assert!(events.iter().all(|count| *count > 50), "{events:?}");
    assert!(runs_with.iter().all(|count| *count >= 20), "none, some or nearly all executed: {runs_with:?}");
}

#[test]
fn without_a_cut_no_byte_is_lost() {
    for seed in 0..30 {
        let plan = NetworkPlan {
            latency: ms(0)..=ms(50),
            piece: 1..=30,
            window: 300,
            stop_reading: Chance::always(ms(0)..=ms(2000)),
            stop_answering: Chance::always(ms(0)..=ms(2000)),
            ..NetworkPlan::calm(1)
        };
        let mut network = Network::new(seed, plan);
        let mut client = Client::logged_in(&mut network, 0);
        let texts: Vec<String> = (0..60).map(|number| "x".repeat(number)).collect();
        for text in &texts {
            client.query(&mut network, text);
        }
        client.run(&mut network, LONG);
        let expected: Vec<_> = (1..).zip(texts.iter().map(String::as_str)).collect();
        assert_eq!(client.texts(), expected, "seed {seed}");
        let executed: Vec<_> =
            network.executed().iter().map(|execution| (execution.request_id(), execution.text().unwrap())).collect();
        assert_eq!(executed, expected);
        let numbers: Vec<_> = network.heard().iter().map(|heard| heard.header.sequence_no).collect();
        assert_eq!(numbers, (1..=63).collect::<Vec<_>>(), "three of the login, then the queries");
    }
}

#[test]
fn what_was_sent_before_the_close_is_executed() {
    for both in [false, true] {
        let mut network = Network::new(5, NetworkPlan { piece: 1..=9, ..NetworkPlan::calm(1) });
        let mut client = Client::logged_in(&mut network, 0);
        client.query(&mut network, "last");
        if both {
            network.close(client.conn)
        } else {
            network.finish(client.conn)
        }
        assert_eq!(network.send(client.conn, b"more"), 0);
        client.run(&mut network, LONG);
        assert_eq!(network.executed().len(), 1);
        // Who only finished hears of the server's end.
        assert_eq!(client.closed.map(|(_, kind)| kind), (!both).then_some(CloseKind::End));
    }
}

#[test]
fn the_clock_stops_where_something_comes() {
    let mut network = Network::new(5, NetworkPlan { latency: ms(7)..=ms(7), ..NetworkPlan::calm(1) });
    assert_eq!(network.next_event_at(), None);
    assert_eq!((network.advance_to(ms(100)), network.now()), (vec![], ms(100)));
    let conn = network.connect(0);
    assert_eq!(network.next_event_at(), Some(ms(114)));
    assert_eq!(network.advance_to(ms(113)), []);
    assert_eq!(network.advance_to(ms(1)), [], "the past counts as now");
    assert_eq!(network.now(), ms(113));
    assert_eq!((network.advance_to(ms(900)), network.now()), (vec![NetEvent::Connected(conn)], ms(114)));
}

#[test]
fn garbage_from_a_client_ends_its_connection_only() {
    let mut network = Network::new(5, NetworkPlan::calm(1));
    let mut other = Client::logged_in(&mut network, 0);
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 100], &[0x7f, 0xff, 0xff, 0xff, 0x0d, 0xb2, 0xd1, 0xe4]] {
        let mut client = Client::logged_in(&mut network, 0);
        assert_eq!(network.send(client.conn, garbage), garbage.len());
        client.run(&mut network, LONG);
        assert!(client.closed.is_some(), "{garbage:?}");
    }
    other.query(&mut network, "still there");
    let until = network.now() + ms(1000);
    other.run(&mut network, until);
    assert_eq!(other.texts(), [(1, "still there")]);
}

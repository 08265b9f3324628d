//! Faults of connections on a simulated network do what their documentation says.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use tgdb_pdu::body::*;
use tgdb_pdu::{Body, FrameError};
use tgdb_testkit::sim::*;

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
fn logins_fail_in_five_ways() {
    let (client, network) = after(NetworkPlan { server_full: 1.0, ..calm() });
    assert!(matches!(client.rejected, Some(Body::SessionForcefullyTerminated(_))), "{:?}", client.rejected);
    assert!(client.closed.is_some() && network.heard().is_empty());

    let (client, _) = after(NetworkPlan { wrong_protocol: 1.0, ..calm() });
    assert_eq!(client.broken, Some(FrameError::UnsupportedVersion { found: 0x0200 }));

    let (client, _) = after(NetworkPlan { wrong_version: 1.0, ..calm() });
    let Some(Body::HandshakeResponse(answer)) = client.rejected else { panic!("{:?}", client.rejected) };
    assert_eq!(answer.status, HandshakeStatus::CHALLENGE_FAILED);

    let (client, _) = after(NetworkPlan { rejected: 1.0, ..calm() });
    let rejected = matches!(&client.rejected, Some(Body::AuthenticateResponse(AuthenticateResponse::Rejected { .. })));
    assert!(rejected, "{:?}", client.rejected);

    let (client, _) = after(NetworkPlan { login_exception: 1.0, ..calm() });
    assert!(matches!(client.rejected, Some(Body::Exception(_))), "{:?}", client.rejected);
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
    // In the payload of the last reply.
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
fn a_stalled_server_notices_ends_later() {
    let plan = NetworkPlan { stall: ms(1000)..=ms(1000), ..calm() };
    let stop_reading = Chance::always(ms(100)..=ms(100));
    let mut network = Network::new(1, NetworkPlan { stop_reading, ..plan.clone() });
    let mut client = Client::logged_in(&mut network, 0);
    client.run(&mut network, ms(110));
    client.query(&mut network, "before the end");
    network.finish(client.conn);
    client.run(&mut network, LONG);
    assert_eq!(network.executed().len(), 1, "what came before the end of the stream is read first");
    assert_eq!(client.closed.unwrap().0, ms(1103));

    let stop_answering = Chance::always(ms(100)..=ms(100));
    let work = ms(300)..=ms(300);
    let every = Some(ms(400)..=ms(400));
    let plan = NetworkPlan { stop_answering, work, ping_every: every.clone(), unasked_every: every, ..plan };
    let mut network = Network::new(1, plan);
    let mut client = Client::logged_in(&mut network, 0);
    client.run(&mut network, ms(110));
    client.query(&mut network, "done after the end");
    client.run(&mut network, ms(200));
    network.terminate(client.conn);
    client.run(&mut network, LONG);
    assert_eq!((network.executed().len(), client.texts()), (1, vec![]));
    let [(at, -1, Some(Body::SessionForcefullyTerminated(_)))] = &client.received[..] else {
        panic!("nothing follows the end of a session: {:?}", client.received)
    };
    assert_eq!((*at, client.closed), (ms(1103), Some((ms(1103), CloseKind::End))));
}

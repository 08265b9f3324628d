//! The session's decisions, without sockets. Waiters are names here.

use std::time::{Duration, Instant};

use bytes::Bytes;
use tgdb_pdu::{Frame, Header, Verb};

use super::*;

fn pending(name: &'static str, mode: ResendMode) -> Pending<&'static str> {
    Pending {
        waiter: name,
        verb: Verb::QUERY_REQUEST,
        mode,
        timeout: Duration::from_secs(1),
        deadline: None,
        frame: (mode == ResendMode::ReconnectAndResend).then(|| Bytes::from_static(b"frame")),
        resends: 0,
        status: WaiterStatus::Waiting,
    }
}

fn frame(verb: Verb, request_id: i64) -> Frame {
    Frame { header: Header { request_id, ..Header::default() }, verb, padding: Bytes::new(), payload: Bytes::new() }
}

/// A connected core with one request in each mode, ids 1 to 4.
fn connected() -> Core<&'static str> {
    use ResendMode::*;
    let mut core = Core::new();
    let generation = core.connected();
    let modes = [DontReconnectAndIgnore, ReconnectAndResend, ReconnectAndRaiseException, ReconnectAndIgnore];
    for (name, mode) in ["drop", "resend", "raise", "ignore"].into_iter().zip(modes) {
        let id = core.next_id(generation).expect("connected");
        core.register(id, pending(name, mode));
    }
    core
}

fn names(ended: Vec<Pending<&'static str>>) -> Vec<&'static str> {
    ended.into_iter().map(|request| request.waiter).collect()
}

#[test]
fn a_reply_goes_to_its_own_waiter_alone() {
    let mut core = connected();
    assert!(matches!(core.route(&frame(Verb::QUERY_RESPONSE, 3)), Route::Reply(Pending { waiter: "raise", .. })));
    // The same again is late; ids never given out are unknown.
    assert!(matches!(core.route(&frame(Verb::QUERY_RESPONSE, 3)), Route::Dropped));
    for id in [0, -1, 5, i64::MIN, i64::MAX] {
        assert!(matches!(core.route(&frame(Verb::QUERY_RESPONSE, id)), Route::Dropped), "{id}");
    }
    assert_eq!((core.late_replies, core.unknown_replies), (1, 5));
    assert_eq!(core.pending().len(), 3, "nobody else was answered");
}

#[test]
fn a_ping_is_a_heartbeat_unless_it_answers_one() {
    let mut core = connected();
    assert!(matches!(core.route(&frame(Verb::PING, -1)), Route::Ping));
    assert!(matches!(core.route(&frame(Verb::PING, 2)), Route::Reply(Pending { waiter: "resend", .. })));
    assert!(matches!(core.route(&frame(Verb::SESSION_FORCEFULLY_TERMINATED, 1)), Route::Terminated));
    assert_eq!(core.unknown_replies, 0);
}

#[test]
fn an_abandoned_request_makes_its_reply_late() {
    let mut core = connected();
    assert!(core.abandon(1).is_some());
    assert!(core.abandon(1).is_none());
    assert!(matches!(core.route(&frame(Verb::QUERY_RESPONSE, 1)), Route::Dropped));
    assert_eq!(core.late_replies, 1);
}

#[test]
fn without_failover_a_loss_ends_all() {
    let mut core = connected();
    assert_eq!(names(core.lost(LinkState::FailedOnRecv, false)), ["drop", "resend", "raise", "ignore"]);
    assert_eq!(core.state(), LinkState::FailedOnRecv);
    assert_eq!(core.next_id(1), Err(Refused::State(LinkState::FailedOnRecv)));
}

#[test]
fn with_failover_each_mode_gets_its_own() {
    let mut core = connected();
    assert_eq!(names(core.lost(LinkState::FailedOnSend, true)), ["drop"]);
    assert_eq!(core.state(), LinkState::Reconnecting);
    let statuses: Vec<_> = core.pending().values().map(|request| request.status).collect();
    assert_eq!(statuses, [WaiterStatus::Resend, WaiterStatus::Waiting, WaiterStatus::Waiting]);
    let (generation, ended) = core.reconnected();
    assert_eq!((generation, names(ended)), (2, vec!["raise", "ignore"]));
    assert_eq!(core.next_id(1), Err(Refused::Stale), "the old connection is gone");
    assert_eq!(core.next_id(2), Ok(5));
    assert_eq!(core.to_resend(), [(2, Bytes::from_static(b"frame"))]);
    assert!(core.resending(2));
    assert!(core.to_resend().is_empty(), "it is sent again once");
    assert!(!core.resending(1), "an ended request is not sent again");
}

#[test]
fn a_second_loss_before_the_resend_keeps_it() {
    let mut core = connected();
    core.lost(LinkState::FailedOnRecv, true);
    core.reconnected();
    assert!(core.lost(LinkState::FailedOnRecv, true).is_empty());
    core.reconnected();
    assert_eq!(core.to_resend().len(), 1);
}

#[test]
fn a_message_is_not_sent_again_for_ever() {
    let mut core = connected();
    for _ in 0..MAX_RESENDS {
        core.lost(LinkState::FailedOnRecv, true);
        core.reconnected();
        assert!(core.resending(2));
    }
    core.lost(LinkState::FailedOnRecv, true);
    let (_, ended) = core.reconnected();
    assert_eq!(names(ended), ["resend"]);
}

#[test]
fn deadlines_expire_in_order_and_once() {
    let now = Instant::now();
    let mut core = connected();
    let mut register = |id, seconds| {
        let deadline = Some(now + Duration::from_secs(seconds));
        core.register(id, Pending { deadline, ..pending("timed", ResendMode::ReconnectAndIgnore) })
    };
    assert!(register(10, 5), "the first to expire");
    assert!(!register(11, 9));
    assert!(register(12, 2), "earlier than all");
    assert_eq!(core.next_deadline(), Some(now + Duration::from_secs(2)));
    let ids = |expired: Vec<(i64, Pending<_>)>| expired.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(ids(core.expire(now + Duration::from_secs(5))), [12, 10]);
    assert!(core.expire(now + Duration::from_secs(5)).is_empty());
    core.abandon(11);
    assert_eq!(core.next_deadline(), None, "an answered request does not expire");
}

#[test]
fn the_states_follow_the_diagram() {
    use LinkState::*;
    let mut core = Core::<()>::new();
    assert!(!core.closing(), "there is nothing to close yet");
    core.ended(Closed);
    assert_eq!(core.state(), NotConnected);
    core.connected();
    assert!(core.closing() && core.state().is_closed());
    core.ended(Closed);
    assert!(!core.closing());
    core.connected();
    core.ended(Terminated);
    core.ended(Closed);
    assert_eq!(core.state(), Terminated, "a stop does not hide why the link ended");
    core.connected();
    core.lost(FailedOnProcessing, true);
    core.ended(Closed);
    assert_eq!(core.state(), Closed);
    core.connected();
    assert_eq!(core.state(), Connected);
}

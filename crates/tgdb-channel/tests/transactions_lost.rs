//! Transactions whose session is lost, or of which it is not known whether they began.
#![allow(clippy::unwrap_used)]

mod support;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::thread;

use support::graph::*;
use support::logs::*;
use support::*;
use tgdb_channel::pdu::call::GetMetadata;
use tgdb_channel::pdu::graph::ChangeSet;
use tgdb_channel::pdu::{Message, Verb};
use tgdb_channel::*;
use tgdb_testkit::ServerSession;
use tracing::Level;

const BEGIN: Verb = Verb::BEGIN_TRANSACTION_REQUEST;
const COMMIT: Verb = Verb::COMMIT_TRANSACTION_REQUEST;
const ROLLBACK: Verb = Verb::ROLLBACK_TRANSACTION_REQUEST;

fn assert_gone<T: std::fmt::Debug>(result: Result<T, ChannelError>, session: SessionNumber) {
    let error = result.unwrap_err();
    let ChannelError::SessionGone { session: gone, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*gone, session);
    assert!(error.session_survives());
}

#[test]
fn a_transaction_of_a_lost_session_is_gone_and_nothing_of_it_is_sent() {
    let server = obliging();
    let channel = started(own_spare(&server));
    let (set, _) = one_airport();
    let lost: Vec<Transaction> = (0..4)
        .map(|_| {
            let transaction = channel.begin().unwrap();
            transaction.query("nodes").unwrap();
            change_session(&server, &channel);
            transaction
        })
        .collect();
    let sessions: Vec<_> = lost.iter().map(Transaction::session).collect();
    let before = asked(&server);
    assert_gone(lost[0].query("nodes"), sessions[0]);
    assert_gone(block_on(lost[1].query_async("nodes", RequestOptions::default())), sessions[1]);
    // The session of the transaction counts, not that of the options.
    let other = RequestOptions::session(SessionScope::Any);
    assert_gone(lost[0].call(GetMetadata, other), sessions[0]);
    assert_gone(lost[0].get_entity("airport", [("iata", "MUC")]), sessions[0]);
    let mut lost = lost.into_iter();
    assert_gone(lost.next().unwrap().commit(&set), sessions[0]);
    assert_gone(block_on(lost.next().unwrap().commit_async(&set, other)), sessions[1]);
    assert_gone(lost.next().unwrap().rollback(), sessions[2]);
    logged();
    drop(lost.next().unwrap());
    let [(Level::DEBUG, text)] = &logged()[..] else { panic!("one line") };
    assert!(text.contains("is gone"), "{text}");
    assert_eq!(asked(&server), before, "nothing was sent");
    channel.begin().unwrap().commit(&set).unwrap();
}

#[test]
fn a_transaction_is_lost_while_its_commit_is_under_way() {
    let is_committing = Arc::new(AtomicUsize::new(0));
    let server = {
        let is_committing = is_committing.clone();
        recording(move |session: &mut ServerSession, request: &Message| match request.verb() {
            COMMIT if is_committing.fetch_add(1, Ordering::SeqCst) == 0 => {}
            _ => serve(session, request, narrow()),
        })
    };
    let channel = started(own_spare(&server));
    let (set, _) = one_airport();
    let transaction = channel.begin().unwrap();
    thread::scope(|scope| {
        let committing = scope.spawn(|| transaction.commit(&set));
        eventually("it is on its way", || count(&server, COMMIT) == 1);
        server.cut_connections();
        let error = committing.join().unwrap().unwrap_err();
        assert!(matches!(error, ChannelError::NotResent { verb: COMMIT, .. }), "{error:?}");
    });
    channel.begin().unwrap().commit(&set).unwrap();
    assert_eq!(transaction_verbs(&server), [BEGIN, COMMIT, BEGIN, COMMIT]);
}

#[test]
fn a_begin_that_is_lost_is_sent_in_the_next_session() {
    let begun = AtomicUsize::new(0);
    let server = {
        recording(move |session: &mut ServerSession, request: &Message| match request.verb() {
            BEGIN if begun.fetch_add(1, Ordering::SeqCst) == 0 => session.close(),
            _ => serve(session, request, narrow()),
        })
    };
    let channel = started(own_spare(&server));
    let transaction = channel.begin().unwrap();
    assert_eq!(Some(transaction.session()), channel.session_number());
    transaction.commit(ChangeSet::default()).unwrap();
    assert_eq!(transaction_verbs(&server), [BEGIN, BEGIN, COMMIT]);
}

#[test]
fn a_begin_whose_outcome_is_not_known_is_rolled_back() {
    let server = {
        let begun = AtomicUsize::new(0);
        recording(move |session: &mut ServerSession, request: &Message| match request.verb() {
            BEGIN if begun.fetch_add(1, Ordering::SeqCst) < 2 => {}
            _ => serve(session, request, narrow()),
        })
    };
    let channel = started(builder(&server.url()));
    let error = channel.begin_with(within_ms(50)).unwrap_err();
    assert!(matches!(error, ChannelError::Timeout { verb: BEGIN, was_sent: true, .. }), "{error:?}");
    {
        let mut begin = pin!(channel.begin_async(RequestOptions::default()));
        let waker = Waker::from(ThreadWaker::new());
        while count(&server, BEGIN) < 2 {
            assert!(begin.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            thread::yield_now();
        }
        // Not another one meanwhile.
        assert!(matches!(channel.begin(), Err(ChannelError::TransactionOpen { .. })));
    }
    channel.begin().unwrap().commit(ChangeSet::default()).unwrap();
    assert_eq!(transaction_verbs(&server), [BEGIN, ROLLBACK, BEGIN, ROLLBACK, BEGIN, COMMIT]);
}

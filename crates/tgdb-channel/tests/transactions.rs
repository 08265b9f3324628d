//! Transactions and commits: what reaches the server, in which session, and what the log says.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use support::graph::*;
use support::logs::*;
use support::*;
use tgdb_channel::pdu::Verb;
use tgdb_channel::pdu::body::*;
use tgdb_channel::pdu::call::{GetMetadata, ServerError};
use tgdb_channel::pdu::graph::ChangeSet;
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;
use tracing::Level;

const BEGIN: Verb = Verb::BEGIN_TRANSACTION_REQUEST;
const COMMIT: Verb = Verb::COMMIT_TRANSACTION_REQUEST;
const ROLLBACK: Verb = Verb::ROLLBACK_TRANSACTION_REQUEST;
const QUERY: Verb = Verb::QUERY_REQUEST;

#[test]
fn a_transaction_begins_asks_and_commits_in_its_session() {
    let server = obliging();
    let channel = started(builder(&server.url()));
    let (set, id) = one_airport();
    let transaction = channel.begin().unwrap();
    assert_eq!((transaction.id(), Some(transaction.session())), (1, channel.session_number()));
    assert_eq!(transaction.query("nodes").unwrap().nodes().count(), 2);
    assert_eq!(transaction.call(GetMetadata, RequestOptions::default()).unwrap(), narrow());
    assert!(transaction.get_entity("airport", [("iata", "MUC")]).is_ok());
    let ids = transaction.commit(&set).unwrap();
    assert_eq!(ids.entity(id).map(|added| (added.real, added.version)), Some((1001, 1)));
    assert_eq!(transaction_verbs(&server), [BEGIN, QUERY, Verb::GET_ENTITY_REQUEST, COMMIT]);

    let transaction = channel.begin_with(within_ms(20_000)).unwrap();
    transaction.rollback().unwrap();
    assert_eq!(transaction_verbs(&server)[4..], [BEGIN, ROLLBACK]);
    // What is over is not rolled back once more.
    assert_eq!(logged(), []);
}

#[test]
fn a_transaction_of_tasks() {
    let server = obliging();
    let channel = started(builder(&server.url()));
    let (set, id) = one_airport();
    let options = RequestOptions::default();
    let ids = block_on(async {
        let transaction = channel.begin_async(options).await?;
        assert_eq!(transaction.query_async("names", options).await?.elements().count(), 2);
        transaction.call_async(GetMetadata, options).await?;
        transaction.get_entity_async("airport", [("iata", "MUC")], options).await?;
        let ids = transaction.commit_async(&set, options).await?;
        channel.begin_async(options).await?.rollback_async(options).await?;
        Ok::<_, ChannelError>(ids)
    });
    assert_eq!(ids.unwrap().entity(id).unwrap().real, 1001);
    let verbs = [BEGIN, QUERY, Verb::GET_ENTITY_REQUEST, COMMIT, BEGIN, ROLLBACK];
    assert_eq!(transaction_verbs(&server), verbs);
}

#[test]
fn a_commit_without_a_transaction_is_what_the_vendors_clients_send() {
    let server = obliging();
    let channel = started(builder(&server.url()));
    let (set, id) = one_airport();
    assert_eq!(channel.commit(&set).unwrap().entity(id).unwrap().real, 1001);
    assert!(block_on(channel.commit_async(&set, RequestOptions::default())).is_ok());
    let sent = server.received().into_iter().find(|message| message.verb() == COMMIT).unwrap();
    assert_eq!(sent.body, set.to_request().unwrap().into());
    // Nothing is not sent.
    assert_eq!(channel.commit(ChangeSet::default()).unwrap(), Default::default());
    assert_eq!(transaction_verbs(&server), [COMMIT, COMMIT]);
}

#[test]
fn a_commit_without_a_transaction_goes_to_whichever_session_there_is() {
    let server = obliging();
    let channel = started(own_spare(&server));
    let (set, _) = one_airport();
    channel.begin().unwrap().commit(&set).unwrap();
    change_session(&server, &channel);
    channel.commit(&set).unwrap();
    assert_eq!(transaction_verbs(&server), [BEGIN, COMMIT, COMMIT]);
}

#[test]
fn a_commit_that_fails_is_an_error_and_is_rolled_back() {
    let server = scripted(|_, request| {
        (request.verb() == COMMIT)
            .then(|| failed_commit(8004, "Transaction:17 failed. Root Error:TGTransactionOptimisticLockFailed x"))
    });
    let channel = started(builder(&server.url()));
    let (set, _) = one_airport();
    let transaction = channel.begin().unwrap();
    transaction.query("nodes").unwrap();
    let error = transaction.commit(&set).unwrap_err();
    assert!(error.session_survives());
    let ChannelError::Server(error) = error else { panic!("{error:?}") };
    assert_eq!(error.transaction_status(), Some(TransactionStatus::OPTIMISTIC_LOCK_FAILED));
    assert_eq!((error.code, error.name()), (8004, Some("GENERAL_ERROR")));
    let [(Level::DEBUG, text)] = &logged()[..] else { panic!("one line") };
    assert!(text.contains("commit failed"), "{text}");
    // The rollback is there before the next transaction begins.
    let options = RequestOptions::default();
    let failed = block_on(async { channel.begin_async(options).await?.commit_async(&set, options).await });
    assert_eq!(server_error(failed), (8004, Some("GENERAL_ERROR")));
    assert_eq!(server_error(channel.commit(&set)), (8004, Some("GENERAL_ERROR")));
    eventually("both are rolled back", || count(&server, ROLLBACK) == 2);
    assert_eq!(transaction_verbs(&server), [BEGIN, QUERY, COMMIT, ROLLBACK, BEGIN, COMMIT, ROLLBACK, COMMIT]);
}

#[test]
fn a_rollback_that_fails_is_an_error_and_is_not_tried_again() {
    let server = scripted(|_, request| {
        (request.verb() == ROLLBACK).then(|| Exception { code: 8010, message: Some("none".into()) }.into())
    });
    let channel = started(builder(&server.url()));
    let error = channel.begin().unwrap().rollback().unwrap_err();
    let ChannelError::Server(error) = error else { panic!("{error:?}") };
    assert_eq!(error, ServerError::new(ROLLBACK, 8010, Some("none".into())));
    assert_eq!(error.name(), Some("NOT_IN_TRANSACTION"));
    drop(channel.begin().unwrap());
    eventually("that one is rolled back", || count(&server, ROLLBACK) == 2);
}

#[test]
fn a_begin_that_fails_leaves_no_transaction() {
    let begun = AtomicUsize::new(0);
    let server = scripted(move |_, request| {
        let is_first = request.verb() == BEGIN && begun.fetch_add(1, Ordering::SeqCst) == 0;
        is_first.then(|| Exception { code: 8001, message: None }.into())
    });
    let channel = started(builder(&server.url()));
    assert_eq!(server_error(channel.begin()), (8001, Some("ALREADY_IN_PROGRESS")));
    channel.begin().unwrap().commit(ChangeSet::default()).unwrap();
    assert_eq!(transaction_verbs(&server), [BEGIN, BEGIN, COMMIT], "the transaction of another is not rolled back");
}

#[test]
fn a_transaction_that_is_dropped_is_rolled_back_and_the_log_says_so() {
    let server = obliging();
    let channel = started(builder(&server.url()));
    drop(channel.begin().unwrap());
    let [(Level::DEBUG, text)] = &logged()[..] else { panic!("one line") };
    assert!(text.contains("before it was used"), "{text}");
    let transaction = channel.begin().unwrap();
    transaction.query("nodes").unwrap();
    let (elapsed, ()) = time(|| drop(transaction));
    assert!(elapsed < Duration::from_secs(1), "{elapsed:?}");
    let [(Level::WARN, text)] = &logged()[..] else { panic!("one line") };
    assert!(text.contains("before it was committed"), "{text}");
    eventually("both are rolled back", || count(&server, ROLLBACK) == 2);
    assert_eq!(transaction_verbs(&server), [BEGIN, ROLLBACK, BEGIN, QUERY, ROLLBACK]);
    // Their replies were expected.
    channel.request(query("nodes")).unwrap();
    let stats = channel.stats();
    assert_eq!((stats.late_replies, stats.unknown_replies), (0, 0));
    assert_eq!(channel.waiters(), []);
}

#[test]
fn dropping_a_transaction_waits_for_nothing() {
    let server = scripted(|_, request| {
        if request.verb() == ROLLBACK {
            thread::sleep(Duration::from_millis(300));
        }
        None
    });
    // There is room for one request, and that is taken.
    let channel = started(builder(&server.url()).property(ConfigName::ChannelMaxInFlight, "1"));
    let transaction = channel.begin().unwrap();
    let held = channel.submit(query("nodes")).unwrap();
    assert!(matches!(channel.try_submit(query("nodes")), Err(ChannelError::Full { .. })));
    let (elapsed, ()) = time(|| drop(transaction));
    assert!(elapsed < Duration::from_millis(250), "{elapsed:?}");
    held.wait().unwrap();
    eventually("it is rolled back", || count(&server, ROLLBACK) == 1);
    channel.begin().unwrap().rollback().unwrap();
}

#[test]
fn a_session_has_one_transaction_at_a_time() {
    let server = obliging();
    let channel = started(builder(&server.url()));
    let (set, _) = one_airport();
    let transaction = channel.begin().unwrap();
    for error in [
        channel.begin().unwrap_err(),
        block_on(channel.begin_async(RequestOptions::default())).unwrap_err(),
        channel.clone().commit(&set).unwrap_err(),
    ] {
        assert!(matches!(error, ChannelError::TransactionOpen { .. }) && error.session_survives(), "{error:?}");
    }
    assert_eq!(transaction_verbs(&server), [BEGIN], "nothing was sent");
    transaction.commit(&set).unwrap();
    channel.commit(&set).unwrap();
    drop(channel.begin().unwrap());
    channel.begin().unwrap().rollback().unwrap();
    // Another channel has its own.
    let other = started(builder(&server.url()));
    let (first, second) = (channel.begin().unwrap(), other.begin().unwrap());
    first.commit(&set).unwrap();
    second.commit(&set).unwrap();
}

#[test]
fn a_transaction_can_outlive_the_handle_that_began_it() {
    let server = obliging();
    let channel = started(builder(&server.url()));
    let transaction = channel.begin().unwrap();
    drop(channel);
    assert_eq!(transaction.query("nodes").unwrap().nodes().count(), 2);
    transaction.commit(ChangeSet::default()).unwrap();
    // With the transaction the last handle went.
    eventually("the channel is stopped", || server.disconnects() == 1);
    assert_eq!(transaction_verbs(&server), [BEGIN, QUERY, COMMIT, Verb::DISCONNECT_CHANNEL_REQUEST]);
}

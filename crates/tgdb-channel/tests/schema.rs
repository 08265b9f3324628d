//! The schema: asked for once in each session, again when types are missing, and never in the way.
#![allow(clippy::unwrap_used)]

mod support;

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use support::graph::*;
use support::*;
use tgdb_channel::pdu::body::*;
use tgdb_channel::pdu::graph::Changes;
use tgdb_channel::pdu::{Body, BodyErrorKind, Message, Verb};
use tgdb_channel::*;
use tgdb_testkit::{ServerSession, TestServer};

fn asked_for_schema(server: &TestServer) -> usize {
    count(server, Verb::METADATA_REQUEST)
}

/// A server that answers the first request for the schema only after so many queries.
fn waiting_for_queries(queries: usize) -> TestServer {
    struct Seen {
        queries: usize,
        held: Option<Message>,
    }
    let seen = Mutex::new(Seen { queries: 0, held: None });
    recording(move |session: &mut ServerSession, request: &Message| {
        let mut seen = seen.lock().unwrap();
        match &request.body {
            Body::MetadataRequest if seen.queries < queries && seen.held.is_none() => {
                seen.held = Some(request.clone());
            }
            Body::QueryRequest(_) => {
                seen.queries += 1;
                serve(session, request, narrow());
                if seen.queries == queries
                    && let Some(held) = seen.held.take()
                {
                    serve(session, &held, large_schema());
                }
            }
            _ => serve(session, request, narrow()),
        }
    })
}

#[test]
fn the_schema_is_asked_for_once() {
    let server = narrow_server();
    let channel = started(builder(&server.url()));
    let schema = channel.schema().unwrap();
    assert!(schema.descriptor("iata").is_some());
    assert!(Arc::ptr_eq(&schema, &channel.schema().unwrap()));
    assert!(Arc::ptr_eq(&schema, &block_on(channel.schema_async()).unwrap()));
    assert!(Arc::ptr_eq(&schema, channel.query("nodes").unwrap().schema()));
    assert!(Arc::ptr_eq(&schema, &channel.clone().schema().unwrap()));
    assert_eq!(asked_for_schema(&server), 1);
}

#[test]
fn many_who_need_it_at_once_share_one_request() {
    const EACH: usize = 8;
    // Who looks first when it arrives, and decodes it, is another one each time.
    for _ in 0..30 {
        let server = waiting_for_queries(2 * EACH);
        let channel = started(builder(&server.url()));
        let barrier = Barrier::new(2 * EACH);
        thread::scope(|scope| {
            for _ in 0..EACH {
                scope.spawn(|| {
                    barrier.wait();
                    assert_eq!(channel.query("nodes").unwrap().nodes().count(), 2);
                });
                scope.spawn(|| {
                    barrier.wait();
                    let answer = block_on(channel.query_async("names", RequestOptions::default()));
                    assert_eq!(answer.unwrap().elements().count(), 2);
                });
            }
        });
        assert_eq!(asked_for_schema(&server), 1);
    }
}

#[test]
fn a_task_that_is_not_polled_holds_nobody_up() {
    let server = waiting_for_queries(2);
    let channel = started(builder(&server.url()));
    // It has asked for the schema, and is left there.
    let mut idle = pin!(channel.query_async("nodes", RequestOptions::default()));
    let waker = Waker::from(ThreadWaker::new());
    while asked_for_schema(&server) == 0 {
        assert!(idle.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        thread::yield_now();
    }
    assert_eq!(channel.query("names").unwrap().elements().count(), 2);
    assert_eq!(block_on(channel.query_async("names", RequestOptions::default())).unwrap().elements().count(), 2);
    assert_eq!(asked_for_schema(&server), 1);
    assert_eq!(block_on(idle).unwrap().nodes().count(), 2);
}

#[test]
fn a_descriptor_that_is_missing_makes_it_ask_again_once() {
    for in_task in [false, true] {
        let server = growing_server();
        let channel = started(builder(&server.url()));
        let query = |text: &'static str| match in_task {
            false => channel.query(text),
            true => block_on(channel.query_async(text, RequestOptions::default())),
        };
        assert_eq!(query("names").unwrap().elements().count(), 2);
        let city = query("city").unwrap();
        assert_eq!(city.value::<&str>(), Ok(Some("Munich")));
        assert_eq!(asked_for_schema(&server), 2);
        // Now it is known.
        assert_eq!(query("city").unwrap().value::<&str>(), Ok(Some("Munich")));
        assert_eq!(asked_for_schema(&server), 2);
        // What the server does not have either is an error, at once and each time.
        for asked in [3, 4] {
            let error = query("unheard").unwrap_err();
            let ChannelError::BadReply { verb: Verb::QUERY_REQUEST, source } = &error else { panic!("{error:?}") };
            assert_eq!(source.kind, BodyErrorKind::UnknownDescriptor { id: UNHEARD });
            assert!(error.session_survives());
            assert_eq!(asked_for_schema(&server), asked);
        }
        assert_eq!(count(&server, Verb::QUERY_REQUEST), 5, "no query was sent twice");
    }
}

#[test]
fn an_entity_with_a_descriptor_that_is_missing_makes_it_ask_again_once() {
    let schemas = AtomicUsize::new(0);
    let server = recording(move |session: &mut ServerSession, request: &Message| match &request.body {
        Body::GetEntityRequest(_) => session.reply(request, found(&[airport(1, "MUC")])),
        Body::MetadataRequest if schemas.fetch_add(1, Ordering::SeqCst) == 0 => {
            // The key's attribute has another id first.
            let mut metadata = wider();
            if let TypeGroup::AttributeDescriptors(descriptors) = &mut metadata.groups[0] {
                descriptors[0].id = 50;
            }
            session.reply(request, metadata);
        }
        _ => serve(session, request, narrow()),
    });
    let channel = started(builder(&server.url()));
    let found = channel.get_entity("airport", [("iata", "MUC")]).unwrap();
    assert_eq!(found.entity().unwrap().unwrap().get::<&str>("iata"), Ok("MUC"));
    assert_eq!(asked(&server), [Verb::METADATA_REQUEST, Verb::GET_ENTITY_REQUEST, Verb::METADATA_REQUEST]);
}

#[test]
fn each_session_has_its_own() {
    let mut first = narrow_server();
    let second = recording(|session: &mut ServerSession, request: &Message| serve(session, request, wider()));
    let channel = started(builder(&format!("{}/{{ftHosts={}}}", first.url(), second.address())));
    assert!(channel.schema().unwrap().descriptor("city").is_none());
    let before = channel.session_number();
    first.kill();
    eventually("there is another session", || channel.session_number().is_some_and(|now| Some(now) != before));
    // The answer is read with the schema of the session in which it came.
    assert_eq!(channel.query("city").unwrap().value::<&str>(), Ok(Some("Munich")));
    assert!(channel.schema().unwrap().descriptor("city").is_some());
    assert_eq!((asked_for_schema(&first), asked_for_schema(&second)), (1, 1));
}

#[test]
fn a_schema_that_is_asked_for_when_the_connection_is_lost_is_that_of_the_next() {
    let hold = |_: &mut ServerSession, _: &Message| {};
    let mut first = recording(hold);
    let second = recording(|session: &mut ServerSession, request: &Message| serve(session, request, wider()));
    let channel = started(builder(&format!("{}/{{ftHosts={}}}", first.url(), second.address())));
    thread::scope(|scope| {
        let asking = scope.spawn(|| channel.schema());
        let task = scope.spawn(|| block_on(channel.schema_async()));
        eventually("it is asked for", || first.requests() == 1);
        first.kill();
        for schema in [asking.join().unwrap(), task.join().unwrap()] {
            assert!(schema.unwrap().descriptor("city").is_some());
        }
    });
    assert_eq!(asked_for_schema(&second), 1);
}

#[test]
fn it_is_asked_for_again_if_the_program_wants_to() {
    let server = growing_server();
    let channel = started(builder(&server.url()));
    assert!(channel.schema().unwrap().descriptor("city").is_none());
    assert!(channel.refresh_schema().unwrap().descriptor("city").is_some());
    assert!(channel.schema().unwrap().descriptor("city").is_some());
    assert!(block_on(channel.refresh_schema_async()).is_ok());
    assert_eq!(asked_for_schema(&server), 3);
}

#[test]
fn new_descriptors_make_it_ask_again() {
    let server = growing_server();
    let channel = started(builder(&server.url()));
    let schema = channel.schema().unwrap();
    let mut changes = Changes::new(&schema);
    let node = changes.add_node(Some("airport")).unwrap();
    channel.commit(&changes).unwrap();
    assert!(Arc::ptr_eq(&schema, &channel.schema().unwrap()), "no types were added");
    changes.add_descriptor("city", AttributeType::STRING);
    changes.set(node, "city", "Munich").unwrap();
    channel.commit(&changes).unwrap();
    assert!(channel.schema().unwrap().descriptor("city").is_some());
    assert_eq!(asked_for_schema(&server), 2);
}

#[test]
fn what_goes_wrong_goes_to_all_who_wait_and_the_next_asks_again() {
    const EACH: usize = 4;
    let asked = Arc::new(AtomicUsize::new(0));
    let script = {
        let asked = asked.clone();
        move |session: &mut ServerSession, request: &Message| match &request.body {
            Body::MetadataRequest if asked.fetch_add(1, Ordering::SeqCst) == 0 => {
                // So that others come meanwhile.
                thread::sleep(Duration::from_millis(100));
                session.reply(request, Exception { code: 9, message: Some("not now".into()) });
            }
            _ => serve(session, request, narrow()),
        }
    };
    let server = recording(script);
    let channel = started(builder(&server.url()));
    let failures = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..EACH {
            scope.spawn(|| failures.fetch_add(usize::from(channel.schema().is_err()), Ordering::SeqCst));
            scope
                .spawn(|| failures.fetch_add(usize::from(block_on(channel.schema_async()).is_err()), Ordering::SeqCst));
        }
    });
    assert!(failures.into_inner() >= 1);
    assert!(asked.load(Ordering::SeqCst) <= 2, "not one request for each");
    assert!(channel.schema().is_ok());
    let server = recording(|session: &mut ServerSession, request: &Message| {
        session.reply(request, BeginTransactionResponse { transaction_id: 1 });
    });
    let channel = started(builder(&server.url()));
    for _ in 0..2 {
        assert!(matches!(channel.schema(), Err(ChannelError::WrongReply(_))));
    }
}

#[test]
fn a_call_ends_in_its_time_whoever_asks() {
    // Answers queries, and never a request for the schema.
    let server = recording(|session: &mut ServerSession, request: &Message| match &request.body {
        Body::MetadataRequest => {}
        _ => serve(session, request, narrow()),
    });
    let channel = started(builder(&server.url()));
    let limit = Duration::from_millis(200) + LATE;
    let assert_late = |result: Result<pdu::graph::Answer, ChannelError>| {
        let error = result.unwrap_err();
        assert!(matches!(error, ChannelError::Timeout { verb: Verb::METADATA_REQUEST, .. }), "{error:?}");
    };
    // First by itself, then beside one that takes longer.
    for shared in [false, true] {
        let holding = shared.then(|| {
            let long = channel.clone();
            let before = asked_for_schema(&server);
            let holding = thread::spawn(move || long.query_with("nodes", within_ms(20_000)));
            eventually("it is asked for", || asked_for_schema(&server) > before);
            holding
        });
        takes_at_most("a call", limit, || {
            let (elapsed, result) = time(|| channel.query_with("nodes", within_ms(200)));
            assert_late(result);
            elapsed
        });
        takes_at_most("a task", limit, || {
            let (elapsed, result) = time(|| block_on(channel.query_async("nodes", within_ms(200))));
            assert_late(result);
            elapsed
        });
        if let Some(holding) = holding {
            channel.stop(StopMethod::ClientForceful);
            assert!(matches!(holding.join().unwrap(), Err(ChannelError::Stopped)));
        }
    }
}

#[test]
fn those_who_wait_for_less_time_than_the_first_and_for_more_both_get_it() {
    let release = Arc::new((Mutex::new(Vec::new()), Mutex::new(false)));
    let script = {
        let release = release.clone();
        move |session: &mut ServerSession, request: &Message| {
            let (held, is_released) = &*release;
            match &request.body {
                Body::MetadataRequest if !*is_released.lock().unwrap() => held.lock().unwrap().push(request.clone()),
                _ => {
                    *is_released.lock().unwrap() = true;
                    held.lock().unwrap().drain(..).for_each(|held| serve(session, &held, narrow()));
                    serve(session, request, narrow());
                }
            }
        }
    };
    let server = recording(script);
    let channel = started(builder(&server.url()).property(url::ConfigName::ConnectionOperationTimeoutSeconds, "10"));
    thread::scope(|scope| {
        let first = scope.spawn(|| channel.schema());
        eventually("the first asks", || asked_for_schema(&server) == 1);
        // This one may take longer, so it waits with the first.
        let second = scope.spawn(|| channel.schema());
        thread::yield_now();
        channel.request(Body::TraverseRequest).unwrap();
        assert!(first.join().unwrap().is_ok() && second.join().unwrap().is_ok());
    });
    assert_eq!(asked_for_schema(&server), 1);
}

#[test]
fn without_room_for_a_shared_request_each_waits_for_room() {
    let server = narrow_server();
    let config = builder(&server.url()).property(url::ConfigName::ChannelMaxInFlight, "1");
    let channel = started(config);
    let held = channel.submit(Body::TraverseRequest).unwrap();
    thread::scope(|scope| {
        let asking = scope.spawn(|| channel.schema());
        let task = scope.spawn(|| block_on(channel.schema_async()));
        held.wait().unwrap();
        assert!(asking.join().unwrap().is_ok() && task.join().unwrap().is_ok());
    });
}

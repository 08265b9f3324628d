//! On each connection request ids and sequence numbers only rise, whoever sends, and also
//! when messages are sent again.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use support::*;
use tgdb_channel::pdu::{Body, FrameDecoder, Message, Verb};
use tgdb_channel::*;
use tgdb_testkit::{ServerConfig, ServerSession, TestServer, echo};

const THREADS: usize = 8;
const EACH: usize = 500;
const LIMIT: RequestOptions =
    RequestOptions { timeout: Some(LONG), resend: Some(ResendMode::ReconnectAndResend), session: None };

/// A message of one thread, in one of the ways to send it.
fn send(channel: &TgChannel, number: usize) {
    match number % 5 {
        0 => drop(channel.request_with(query("request"), LIMIT).unwrap()),
        1 => drop(block_on(channel.request_async(query("future"), LIMIT)).unwrap()),
        2 => {
            let waiters = channel.submit_all([query("one"), query("two")], LIMIT).unwrap();
            waiters.into_iter().for_each(|waiter| drop(waiter.wait().unwrap()));
        }
        3 => {
            let (called, call) = mpsc::channel();
            let callback = move |result: Result<_, _>| called.send(result).unwrap();
            channel.submit_callback(query("callback"), LIMIT, callback).unwrap();
            call.recv_timeout(LONG).unwrap().unwrap();
        }
        _ => assert_eq!(channel.send_with(Body::DumpStacktraceRequest, LIMIT).unwrap(), SendOutcome::Sent),
    }
}

#[test]
fn ids_and_sequence_numbers_only_rise_on_each_connection() {
    // Now and then some are not answered, and then the connection is cut. Not at the end,
    // where there may be too few threads left for it to come to the cut.
    let count = AtomicUsize::new(0);
    let script = move |session: &mut ServerSession, request: &Message| {
        let is_query = matches!(request.body, Body::QueryRequest(_));
        let number = count.fetch_add(usize::from(is_query), Ordering::SeqCst);
        match number % 1000 {
            996..999 if is_query && number < 3000 => {}
            999 if is_query && number < 3000 => session.close(),
            _ => echo(session, request),
        }
    };
    let mut server = TestServer::start(ServerConfig { record: true, ..ServerConfig::scripted(script) }).unwrap();
    // A failover list is what makes the channel connect again.
    let url = format!("{}/{{ftHosts={}}}", server.url(), server.address());
    let channel = started(builder(&url));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| (0..EACH).for_each(|number| send(&channel, number)));
        }
    });
    channel.stop(StopMethod::Graceful);
    server.kill();

    let transcripts = server.transcripts();
    assert!(transcripts.len() >= 4, "{} connections", transcripts.len());
    let mut messages = 0;
    let mut resent = 0;
    let mut highest = 0;
    for transcript in transcripts {
        let mut decoder = FrameDecoder::default();
        decoder.push(&transcript.from_client);
        let (mut last_id, mut last_sequence_no) = (0, -1);
        while let Some(frame) = decoder.next_frame().unwrap() {
            let header = frame.header;
            assert!(header.sequence_no > last_sequence_no, "{} after {last_sequence_no}", header.sequence_no);
            last_sequence_no = header.sequence_no;
            // The others have none of their own.
            if frame.verb == Verb::QUERY_REQUEST {
                assert!(header.request_id > last_id, "{} after {last_id}", header.request_id);
                resent += usize::from(header.request_id <= highest);
                last_id = header.request_id;
                messages += 1;
            }
        }
        highest = highest.max(last_id);
    }
    // A fifth has no reply, a fifth is two.
    assert!(messages >= THREADS * EACH, "{messages}");
    assert!(resent >= 12, "{resent}");
}

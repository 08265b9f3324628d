//! What a request costs in allocations while nobody listens to spans and events. Allocations are
//! counted for the process, so this has a program of its own.
#![allow(clippy::unwrap_used)]

mod support;

use std::alloc::System;
use std::io::{Read, Write};

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use support::*;
use tgdb_channel::pdu::body::{QueryOutcome, QueryResponse, QueryResult, Remainder};
use tgdb_channel::pdu::{Body, HEADER_LEN};
use tgdb_channel::*;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations of a request with its payload and its reply.
const PER_REQUEST: f64 = 3.0;

/// Answers each request with the same bytes, without allocating.
fn answer(mut client: Client) {
    let result = QueryResult {
        query_hash_id: 1,
        syntax: 1,
        annotation: "g.V()".into(),
        result_count: 0,
        total_count: Some(0),
        entities: Remainder::default(),
    };
    let body = Some(QueryResponse { length: 0, checksum: 0, outcome: QueryOutcome::Success(result) });
    let mut reply = client.encode(0, Body::from(body));
    let mut request = [0; 4096];
    while client.tcp.read_exact(&mut request[..HEADER_LEN]).is_ok() {
        let length = u32::from_be_bytes([request[0], request[1], request[2], request[3]]) as usize;
        if client.tcp.read_exact(&mut request[HEADER_LEN..length]).is_err() {
            return;
        }
        reply[28..36].copy_from_slice(&request[28..36]);
        if client.tcp.write_all(&reply).is_err() {
            return;
        }
    }
}

#[test]
fn a_request_that_nobody_observes_costs_no_more_allocations() {
    logs::no_logs();
    const COUNT: usize = 2_000;
    let peer = Peer::start(answer);
    let channel = started(builder(&peer.url()));
    let ask = || {
        let bodies = vec![query("g.V()"); COUNT];
        let region = Region::new(ALLOCATOR);
        bodies.into_iter().for_each(|body| drop(channel.request(body).unwrap()));
        let change = region.change();
        (change.allocations + change.reallocations) as f64 / COUNT as f64
    };
    ask();
    let each = ask();
    assert!(each < PER_REQUEST + 0.1, "{each} allocations for each request");
    // Who listens to what matters does not pay for the rest.
    tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).with_writer(std::io::sink).init();
    ask();
    let each = ask();
    assert!(each < PER_REQUEST + 0.1, "{each} allocations for each request, with a subscriber at INFO");
    channel.stop(StopMethod::ClientForceful);
}

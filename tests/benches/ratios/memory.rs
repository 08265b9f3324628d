//! What requests and channels take of memory.

use std::alloc::System;
use std::time::Duration;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tgdb_channel::pdu::Body;
use tgdb_channel::{ResponseWaiter, TgChannel};
use tgdb_tests::query;

use crate::{server, sessions};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations of one request and reply, those of cloning the body not included.
pub(crate) fn allocations_per_request(channel: &TgChannel, body: &Body) -> f64 {
    const COUNT: usize = 10_000;
    let bodies = vec![body.clone(); COUNT];
    let region = Region::new(ALLOCATOR);
    for body in bodies {
        drop(channel.request(body).unwrap());
    }
    let change = region.change();
    (change.allocations + change.reallocations) as f64 / COUNT as f64
}

/// Prints what a request in flight takes, and a channel that has done something.
pub(crate) fn of_waiters_and_channels() {
    const WAITERS: usize = 10_000;
    const CHANNELS: usize = 50;
    // Takes requests and answers none: its own memory does not change.
    let silent = server::silent();
    let url = format!("tcp://{silent}");
    let body = query("g.V()");
    let channel = sessions::channel(&url);
    let bodies = vec![body.clone(); WAITERS];
    let mut waiters = Vec::with_capacity(WAITERS);
    let region = Region::new(ALLOCATOR);
    waiters.extend(bodies.into_iter().map(|body| channel.submit(body).unwrap()));
    // Let what waits go out.
    let _ = waiters.pop().unwrap().wait_timeout(Duration::from_millis(100));
    report("memory of a waiter, of 10,000", &region, WAITERS, size_of::<ResponseWaiter>());
    drop(waiters);

    let mut channels = Vec::with_capacity(CHANNELS);
    let region = Region::new(ALLOCATOR);
    for _ in 0..CHANNELS {
        let channel = sessions::channel(&url);
        let _ = channel.submit(body.clone()).unwrap().wait_timeout(Duration::from_millis(20));
        channels.push(channel);
    }
    report("memory of a channel", &region, CHANNELS, 0);
}

fn report(what: &str, region: &Region<'_, System>, count: usize, more: usize) {
    let change = region.change();
    // What reallocation adds or takes away is in these two already.
    let bytes = change.bytes_allocated as i64 - change.bytes_deallocated as i64;
    println!("{what:<58} {:>29.0} B", bytes as f64 / count as f64 + more as f64);
}

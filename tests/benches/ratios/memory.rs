//! What requests and channels take of memory.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tgdb_channel::TgChannel;
use tgdb_channel::pdu::Body;

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

/// Bytes of the heap that `make` takes for one of `count` things, and does not give back.
pub(crate) fn bytes_of<T>(count: usize, make: impl FnOnce() -> T) -> (T, f64) {
    let region = Region::new(ALLOCATOR);
    let made = make();
    let change = region.change();
    let bytes = change.bytes_allocated as i64 - change.bytes_deallocated as i64 + change.bytes_reallocated as i64;
    (made, bytes as f64 / count as f64)
}

//! Whole sessions, compared with the same bytes by hand on the same server.

use std::time::{Duration, Instant};

use tgdb_channel::TgChannel;
use tgdb_channel::pdu::Body;
use tgdb_channel::pdu::body::*;
use tgdb_channel::url::ConfigName;
use tgdb_tests::{builder, query, started};

use crate::settings::Setting;
use crate::{compare, memory, report, server, tls, trips};

/// The answer to a query.
fn query_reply() -> Body {
    let result = QueryResult {
        query_hash_id: 1,
        syntax: 1,
        annotation: "g.V()".into(),
        result_count: 0,
        total_count: Some(0),
        entities: Remainder::default(),
    };
    Some(QueryResponse { length: 0, checksum: 0, outcome: QueryOutcome::Success(result) }).into()
}

/// A request with a mebibyte of payload and no secret in it, and its answer.
pub(crate) fn mebibyte() -> (Body, Body) {
    let key = Some((FetchOptions::default(), vec![7; 1 << 20].into()));
    let request = GetEntityRequest { command: GetEntityCommand::GET, result_id: 0, key };
    let entities = Remainder(vec![7; 1 << 20].into());
    (request.into(), Some(GetEntityResponse { result_id: 0, total_count: 0, entities }).into())
}

pub(crate) fn channel(url: &str) -> TgChannel {
    started(builder(url))
}

pub(crate) fn run(setting: Setting) {
    small(setting);
    large(setting);
    tls::run(setting);
    idle(setting);
}

fn small(setting: Setting) {
    const COUNT: u32 = 2_048;
    let address = server::start(&query_reply(), None, setting);
    let url = format!("tcp://{address}");
    let channel = channel(&url);
    let body = query("g.V()");
    let message = server::encode(&body);
    let mut reply = server::encode(&query_reply());
    let mut raw = trips::raw(address);
    let measured = compare(
        || trips::ping_pong(&mut raw, &message, &mut reply, COUNT),
        || trips::one_at_a_time(&channel, &body, COUNT),
    );
    report("request and reply / raw ping-pong of the same bytes", COUNT, &measured);

    let socket = trips::socket(address);
    let mut frames = Vec::new();
    for window in [64, 10_000] {
        let count = COUNT.max(window as u32) * 4;
        let batch = trips::batch(&message, window);
        let measured = compare(
            || trips::frames_by_hand(&socket, &batch, &mut frames, window, count),
            || trips::in_flight(&channel, &body, count, window),
        );
        report(&format!("{window} in flight / frames batched by hand, undecoded"), count, &measured);
        let by_hand = &mut || trips::messages_by_hand(&socket, &body, &mut frames, window, count);
        let measured = compare(&mut *by_hand, || trips::in_flight(&channel, &body, count, window));
        report(&format!("{window} in flight / messages batched by hand"), count, &measured);
        let measured = compare(&mut *by_hand, || trips::awaited(&channel, &body, count, window));
        report(&format!("{window} in flight from one task / messages batched by hand"), count, &measured);
    }
    let count = 20_000;
    let measured =
        compare(|| trips::in_flight(&channel, &body, count, 64), || trips::in_flight(&channel, &body, count, 10_000));
    report("10,000 in flight / 64 in flight", count, &measured);

    let mut raws: Vec<_> = (0..8).map(|_| trips::raw(address)).collect();
    let measured = compare(
        || {
            std::thread::scope(|scope| {
                for raw in &mut raws {
                    let (message, mut reply) = (&message, reply.clone());
                    scope.spawn(move || trips::ping_pong(raw, message, &mut reply, COUNT));
                }
            });
        },
        || {
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| trips::one_at_a_time(&channel, &body, COUNT));
                }
            });
        },
    );
    report("8 threads one at a time / 8 raw connections", COUNT * 8, &measured);
    println!("{:<58} {:>31.1}", "allocations per request", memory::allocations_per_request(&channel, &body));
    memory::of_waiters_and_channels();
}

fn large(setting: Setting) {
    const COUNT: u32 = 32;
    let (request, reply) = mebibyte();
    let address = server::start(&reply, None, setting);
    let channel = channel(&format!("tcp://{address}"));
    let message = server::encode(&request);
    let mut reply = server::encode(&reply);
    let mut raw = trips::raw(address);
    let measured = compare(
        || trips::ping_pong(&mut raw, &message, &mut reply, COUNT),
        || trips::one_at_a_time(&channel, &request, COUNT),
    );
    report("1 MiB each way / raw, undecoded", COUNT, &measured);
}

/// Wake-ups of the channel's threads while nothing happens.
fn idle(setting: Setting) {
    let address = server::start(&query_reply(), None, setting);
    let channel = started(builder(&format!("tcp://{address}")).property(ConfigName::ChannelPingInterval, "0"));
    channel.request(query("g.V()")).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let (before, begun) = (wake_ups(), Instant::now());
    std::thread::sleep(Duration::from_secs(2));
    let count = wake_ups() - before;
    println!("{:<58} {count:>21} in {:.1?}", "wake-ups of an idle channel", begun.elapsed());
}

/// How often threads of channels went to sleep so far.
fn wake_ups() -> u64 {
    let mut sum = 0;
    for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let status = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
        if status.starts_with("Name:\ttgdb-") {
            let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:\t"));
            sum += count.and_then(|count| count.parse::<u64>().ok()).unwrap_or_default();
        }
    }
    sum
}

//! An idle channel does nothing, and one that is over gives everything back. What the system
//! says about this process is in `/proc`; where there is none, nothing is checked.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use support::*;
use tgdb_channel::*;

/// These tests look at the whole process, so they run one by one. `None` without `/proc`.
fn alone() -> Option<MutexGuard<'static, ()>> {
    static ALONE: Mutex<()> = Mutex::new(());
    if !fs::exists("/proc/self/task").unwrap_or(false) || !fs::exists("/proc/self/fd").unwrap_or(false) {
        eprintln!("skipped: this system has no /proc");
        return None;
    }
    Some(ALONE.lock())
}

/// The threads of channels, with their names.
fn threads() -> Vec<(PathBuf, String)> {
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    let named = tasks.map(|task| (task.path(), fs::read_to_string(task.path().join("comm")).unwrap_or_default()));
    let named = named.map(|(path, name)| (path, name.trim().to_owned()));
    named.filter(|(_, name)| name.starts_with("tgdb-")).collect()
}

fn thread_names() -> Vec<String> {
    let mut names: Vec<_> = threads().into_iter().map(|(_, name)| name).collect();
    names.sort();
    names
}

/// How often the threads of channels have gone to sleep.
fn wake_ups() -> u64 {
    let of = |path: PathBuf| {
        let status = fs::read_to_string(path.join("status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.map_or(0, |number| number.trim().parse().unwrap())
    };
    threads().into_iter().map(|(path, _)| of(path)).sum()
}

/// How long the threads of channels have worked, in ticks of the kernel's clock (10 ms).
fn cpu_ticks() -> u64 {
    let of = |path: PathBuf| {
        let stat = fs::read_to_string(path.join("stat")).unwrap_or_default();
        // The fields behind the name, which is in parentheses: utime is the 12th, stime the 13th.
        let fields = stat.rsplit(')').next().unwrap().split_whitespace().skip(11).take(2);
        fields.map(|field| field.parse::<u64>().unwrap()).sum::<u64>()
    };
    threads().into_iter().map(|(path, _)| of(path)).sum()
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// A server that answers the next request, and then says nothing.
fn answers_one(mut client: Client) {
    if let Some(request) = client.read() {
        client.send(request.header.request_id, tgdb_channel::pdu::Body::TraverseResponse);
    }
    client.hold();
}

fn sleeps(what: &str) {
    // It looks at the clock a few times more after traffic.
    thread::sleep(Duration::from_millis(200));
    let before = wake_ups();
    thread::sleep(Duration::from_secs(2));
    assert_eq!(wake_ups() - before, 0, "{what}: wake-ups in 2 s");
}

#[test]
fn an_idle_channel_sleeps() {
    let Some(_alone) = alone() else { return };
    let peer = Peer::start(answers_one);
    let channel = started(builder(&peer.url()));
    sleeps("after the login");
    channel.request(query("one")).unwrap();
    sleeps("after a request");
    // One waits for a reply: there is nothing to do until its deadline.
    channel.submit_callback(query("hold"), within_ms(20_000), |_| ()).unwrap();
    sleeps("with a callback in flight");
    assert_eq!(thread_names(), ["tgdb-callbacks", "tgdb-io"]);
}

#[test]
fn a_request_without_time_keeps_no_thread_busy() {
    let Some(_alone) = alone() else { return };
    let server = obedient();
    let channel = started(builder(&server.url()));
    let _other = channel.submit(query("hold")).unwrap();
    let before = cpu_ticks();
    let (called, call) = mpsc::channel();
    channel.submit_callback(query("hold"), within_ms(0), move |result| called.send(result).unwrap()).unwrap();
    let result = call.recv_timeout(LONG).unwrap();
    assert!(matches!(result, Err(ChannelError::Timeout { .. })), "{result:?}");
    thread::sleep(Duration::from_secs(1));
    let used = cpu_ticks() - before;
    assert!(used < 10, "{used} ticks of 10 ms in 1 s");
}

/// Checks that the channel, which is kept, has no descriptor and no thread left when it has
/// come to its end in that way.
fn gives_everything_back(what: &str, end: impl FnOnce(&TgChannel, Peer)) {
    eventually("the last test has left", || threads().is_empty());
    let before = descriptors();
    let peer = Peer::start(answers_one);
    let channel = started(builder(&peer.url()));
    channel.request(query("one")).unwrap();
    assert!(descriptors() > before);
    end(&channel, peer);
    eventually(&format!("{what}: the thread ends"), || threads().is_empty());
    eventually(&format!("{what}: descriptors are given back"), || descriptors() == before);
    drop(channel);
}

#[test]
fn a_channel_that_is_over_gives_everything_back() {
    let Some(_alone) = alone() else { return };
    gives_everything_back("stopped", |channel, peer| {
        channel.stop(StopMethod::ClientForceful);
        drop(peer);
    });
    gives_everything_back("stopped gracefully", |channel, peer| {
        channel.stop(StopMethod::Graceful);
        drop(peer);
    });
    gives_everything_back("failed", |channel, peer| {
        drop(peer);
        eventually("the loss is noticed", || channel.in_error());
    });
    gives_everything_back("a waiter is kept", |channel, peer| {
        let waiter = channel.submit(query("hold")).unwrap();
        channel.stop(StopMethod::ClientForceful);
        drop(peer);
        assert!(matches!(waiter.wait(), Err(ChannelError::Stopped)));
    });
}

#[test]
fn a_channel_that_never_connected_gives_everything_back() {
    let Some(_alone) = alone() else { return };
    eventually("the last test has left", || threads().is_empty());
    let before = descriptors();
    let channel = builder("tcp://127.0.0.1:1").build().unwrap();
    for _ in 0..10 {
        channel.connect().unwrap_err();
    }
    eventually("threads end", || threads().is_empty());
    eventually("descriptors are given back", || descriptors() == before);
}

#[test]
fn the_thread_of_the_callbacks_ends_with_the_last_handle() {
    let Some(_alone) = alone() else { return };
    eventually("the last test has left", || threads().is_empty());
    let server = obedient();
    let channel = started(builder(&server.url()));
    channel.submit_callback(query("one"), within_ms(20_000), |_| ()).unwrap();
    channel.stop(StopMethod::Graceful);
    eventually("one is left", || thread_names() == ["tgdb-callbacks"]);
    drop(channel.clone());
    assert_eq!(thread_names(), ["tgdb-callbacks"]);
    drop(channel);
    eventually("none is left", || threads().is_empty());
}

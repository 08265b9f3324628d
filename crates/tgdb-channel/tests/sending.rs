//! Large messages over TLS arrive whole, though the server reads late: what the socket itself
//! holds is sent when the system takes it.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use support::*;
use tgdb_channel::url::ConfigName;

#[test]
fn what_is_backed_up_in_tls_is_sent_when_the_server_reads_again() {
    let (_server, builder, _ca) = secure();
    let channel = started(builder);
    for kib in [300, 1024, 2048, 2500, 3000, 4000, 5000] {
        // The server does not read for a while.
        let _stalls = channel.submit(query("stall 300")).unwrap();
        let (elapsed, result) = time(|| channel.request_with(large(kib * 1024), within_ms(20_000)));
        assert!(result.is_ok(), "{kib} KiB: {:?} after {elapsed:?}", result.map(drop));
        assert!(elapsed < Duration::from_secs(4), "{kib} KiB: {elapsed:?}");
    }
}

#[test]
fn the_last_record_of_a_message_does_not_stay_behind() {
    let (_server, builder, _ca) = secure();
    let builder = builder.property(ConfigName::ChannelSendSize, "64");
    std::thread::scope(|scope| {
        for kib in (0..26).map(|number| 100 + number * 40) {
            let builder = builder.clone();
            scope.spawn(move || {
                let channel = started(builder);
                let _stalls = channel.submit(query("stall 250")).unwrap();
                let (elapsed, result) = time(|| channel.request_with(large(kib * 1024), within_ms(20_000)));
                assert!(result.is_ok(), "{kib} KiB: {:?} after {elapsed:?}", result.map(drop));
                assert!(elapsed < Duration::from_secs(10), "{kib} KiB: {elapsed:?}");
            });
        }
    });
}

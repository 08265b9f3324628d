//! A logger of the program may use the channel that logs. The logger is one for the process,
//! so this has a program of its own.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::{Mutex, mpsc};
use std::time::Duration;

use support::*;
use tgdb_channel::*;

type Nested = (Duration, Result<(), ChannelError>);

/// The channel to be used for the next warning, and where to report the result.
static NEXT: Mutex<Option<(TgChannel, mpsc::Sender<Nested>)>> = Mutex::new(None);

struct Nosy;

impl log::Log for Nosy {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        if record.level() > log::Level::Warn {
            return;
        }
        let Some((channel, done)) = NEXT.lock().unwrap().take() else { return };
        let nested = time(|| channel.request_with(query("nested"), within_ms(20_000)).map(drop));
        done.send(nested).unwrap();
    }

    fn flush(&self) {}
}

#[test]
fn a_logger_may_use_the_channel_that_logs() {
    log::set_logger(&Nosy).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let server = obedient();
    let channel = started(builder(&server.url()));
    let nested = |wait: &dyn Fn()| {
        let (done, is_done) = mpsc::channel();
        *NEXT.lock().unwrap() = Some((channel.clone(), done));
        wait();
        let (elapsed, result) = is_done.recv_timeout(LONG).unwrap();
        assert!(result.is_ok(), "{result:?}");
        assert!(elapsed < Duration::from_secs(1), "{elapsed:?}");
    };
    // A message that nobody asked for is logged by the thread that reads: a caller,
    nested(&|| {
        let (elapsed, result) = time(|| channel.request_with(query("stray"), within_ms(500)));
        assert!(matches!(result, Err(ChannelError::Timeout { .. })), "{result:?}");
        assert!(elapsed < Duration::from_secs(2), "{elapsed:?}");
    });
    // or the I/O thread, for a task.
    nested(&|| {
        let result = block_on(channel.request_async(query("stray"), within_ms(500)));
        assert!(matches!(result, Err(ChannelError::Timeout { .. })), "{result:?}");
    });
    channel.stop(StopMethod::Graceful);
}

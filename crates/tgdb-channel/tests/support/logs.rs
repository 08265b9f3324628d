//! What is logged about transactions.

use std::sync::{Mutex, Once};
use std::thread::{self, ThreadId};

use log::Level;

/// What was logged, by which thread: tests run side by side.
static LOG: Mutex<Vec<(ThreadId, Level, String)>> = Mutex::new(Vec::new());

struct Collector;

impl log::Log for Collector {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        LOG.lock().unwrap().push((thread::current().id(), record.level(), record.args().to_string()));
    }

    fn flush(&self) {}
}

/// Collects from now on.
pub fn collect_log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Collector).unwrap();
        log::set_max_level(log::LevelFilter::Debug);
    });
}

/// What this thread logged about transactions since the last time.
pub fn logged() -> Vec<(Level, String)> {
    let mut log = LOG.lock().unwrap();
    let (ours, others) =
        log.drain(..).partition(|(thread, _, text)| *thread == thread::current().id() && text.contains("transaction"));
    *log = others;
    ours.into_iter().map(|(_, level, text)| (level, text)).collect()
}

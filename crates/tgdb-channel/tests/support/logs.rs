//! What the channel has to say: printed, so that it stands with a test that fails, and kept for tests
//! that look at it.

use std::fmt::{Debug, Write};
use std::sync::{Mutex, Once};
use std::thread::{self, ThreadId};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// What is printed unless the variable `RUST_LOG` says otherwise: what becomes of connections, but
/// not each request and frame.
const SHOWN: &str = "tgdb=debug,tgdb::request=info";

/// What was kept, by which thread: tests run side by side.
static KEPT: Mutex<Vec<(ThreadId, Level, String)>> = Mutex::new(Vec::new());

static ONCE: Once = Once::new();

/// For tests that count memory and for benchmarks: nothing is printed or kept in this program.
pub fn no_logs() {
    ONCE.call_once(|| {});
}

/// Prints and keeps events from now on, unless the program has its own subscriber or logger.
/// Tests print only if they fail.
pub fn show_logs() {
    ONCE.call_once(|| {
        if log::max_level() != log::LevelFilter::Off {
            return;
        }
        let shown = std::env::var("RUST_LOG").unwrap_or_else(|_| SHOWN.into());
        let shown: Targets = shown.parse().unwrap();
        let printed = tracing_subscriber::fmt::layer().with_test_writer().with_ansi(false).with_filter(shown);
        let kept = Targets::new().with_target("tgdb", Level::WARN).with_target("tgdb::transaction", Level::DEBUG);
        let subscriber = tracing_subscriber::registry().with(printed).with(Keeper.with_filter(kept));
        // It fails if there is another one.
        let _ = tracing::subscriber::set_global_default(subscriber);
    });
}

struct Keeper;

impl<S: Subscriber> Layer<S> for Keeper {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        KEPT.lock().unwrap().push((thread::current().id(), *event.metadata().level(), text.0));
    }
}

/// The message, which comes first, and the fields behind it.
#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        }
        .unwrap();
    }
}

/// The warnings so far, of all threads.
pub fn warnings() -> Vec<String> {
    let kept = KEPT.lock().unwrap();
    kept.iter().filter(|(_, level, _)| *level == Level::WARN).map(|(.., text)| text.clone()).collect()
}

/// What this thread said about transactions since the last time.
pub fn logged() -> Vec<(Level, String)> {
    let mut kept = KEPT.lock().unwrap();
    let (ours, others) =
        kept.drain(..).partition(|(thread, _, text)| *thread == thread::current().id() && text.contains("transaction"));
    *kept = others;
    ours.into_iter().map(|(_, level, text)| (level, text)).collect()
}

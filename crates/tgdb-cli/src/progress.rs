//! How far long work is, on the standard error, if that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::log;

/// How often a bar is drawn when nothing happens, so that its clock goes on.
const TICK: Duration = Duration::from_millis(200);

/// A bar up to that number, or without an end.
pub(crate) fn bar(end: Option<u64>, template: &str) -> ProgressBar {
    // Without a terminal nothing is drawn.
    let bar = end.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    if log::is_wanted() {
        // Lines of the log and a bar would mix.
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    // The templates are constants; a wrong one has no effect on the work.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    if !bar.is_hidden() {
        bar.enable_steady_tick(TICK);
    }
    bar
}

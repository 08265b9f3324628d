//! Times as people read them.

use std::time::Duration;

/// Milliseconds with three digits behind the point, so that times compare at a glance.
pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1000.0)
}

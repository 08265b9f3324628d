//! What `tgdb bench` prints.

use std::fmt::Write as _;
use std::time::Duration;

use anstyle::Style;
use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};

use super::Options;
use super::work::Tally;
use crate::duration;
use crate::exit::Failure;
use crate::output::{self, Color};

/// Quantiles, in text and as a field.
const QUANTILES: [(&str, &str, f64); 5] = [
    ("50%", "p50", 0.5),
    ("90%", "p90", 0.9),
    ("99%", "p99", 0.99),
    ("99.9%", "p999", 0.999),
    ("99.99%", "p9999", 0.9999),
];

/// The figures of a run.
pub(super) struct Report<'a> {
    pub(super) options: &'a Options,
    pub(super) elapsed: Duration,
    pub(super) tally: &'a Tally,
}

impl Report<'_> {
    fn per_second(&self) -> f64 {
        self.tally.requests() as f64 / self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    pub(super) fn print(&self, color: Color) -> Result<(), Failure> {
        let bold = if color.is_wanted() { Style::new().bold() } else { Style::new() };
        let Options { connections, in_flight, .. } = self.options;
        let mut text = String::new();
        let _ = writeln!(text, "connections {connections}, requests in flight on each {in_flight}");
        let _ = writeln!(text, "requests    {} in {:.3} s", self.tally.requests(), self.elapsed.as_secs_f64());
        let _ = writeln!(text, "rate        {bold}{:.0}{bold:#} a second", self.per_second());
        for (kind, count) in &self.tally.errors {
            let _ = writeln!(text, "errors      {count} of kind {kind}");
        }
        let mut line = |name: &str, nanoseconds: u64| {
            let time = duration::milliseconds(Duration::from_nanos(nanoseconds));
            let _ = writeln!(text, "  {name:<10}{time:>14}");
        };
        if let Some(latencies) = &self.tally.latencies {
            line("min", latencies.min());
            for (name, _, quantile) in QUANTILES {
                line(name, latencies.value_at_quantile(quantile));
            }
            line("max", latencies.max());
            line("mean", latencies.mean() as u64);
        }
        output::print(text.as_bytes())
    }

    pub(super) fn print_json(&self) -> Result<(), Failure> {
        let object = json!({
            "connections": self.options.connections,
            "in_flight": self.options.in_flight,
            "seconds": self.elapsed.as_secs_f64(),
            "requests": self.tally.requests(),
            "per_second": self.per_second(),
            "errors": self.tally.errors,
            "latency_us": self.tally.latencies.as_ref().map(latencies),
        });
        output::print_json(&object)
    }
}

fn latencies(latencies: &Histogram<u64>) -> Value {
    let us = |nanoseconds: u64| Value::from(nanoseconds as f64 / 1000.0);
    let mut object = Map::new();
    object.insert("min".into(), us(latencies.min()));
    object.insert("mean".into(), us(latencies.mean() as u64));
    for (_, name, quantile) in QUANTILES {
        object.insert(name.into(), us(latencies.value_at_quantile(quantile)));
    }
    object.insert("max".into(), us(latencies.max()));
    Value::Object(object)
}

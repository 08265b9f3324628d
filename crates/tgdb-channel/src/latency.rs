//! A histogram of latencies.

use std::fmt;
use std::time::Duration;

/// Buckets are made of units of 64 ns.
const UNIT_BITS: u32 = 6;
/// Each power of two of the units has 32 buckets of the same width.
const STEP_BITS: u32 = 5;
const BUCKETS: usize = 1024;

/// How long requests took: a histogram with a fixed memory of 8 KiB, which counts without
/// allocating.
///
/// Its buckets are log-linear: 32 for each power of two. So [`percentile`](Self::percentile) is at
/// most 3.2 % above the true value, below 2 µs at most 64 ns, and never below it. Values from 73
/// minutes on share the last bucket. Count, sum and maximum are exact.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use tgdb_channel::LatencyHistogram;
///
/// let mut histogram = LatencyHistogram::default();
/// for millis in 1..=100 {
///     histogram.record(Duration::from_millis(millis));
/// }
/// let median = histogram.percentile(50.0);
/// assert!(median >= Duration::from_millis(50) && median < Duration::from_millis(52));
/// assert_eq!(histogram.max(), Duration::from_millis(100));
/// assert_eq!(histogram.mean(), Duration::from_micros(50_500));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct LatencyHistogram {
    buckets: Box<[u64]>,
    count: u64,
    sum: Duration,
    max: Duration,
}

impl Default for LatencyHistogram {
    /// An empty one.
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS].into(), count: 0, sum: Duration::ZERO, max: Duration::ZERO }
    }
}

impl LatencyHistogram {
    /// Counts a latency.
    pub fn record(&mut self, latency: Duration) {
        if let Some(bucket) = self.buckets.get_mut(index(latency)) {
            *bucket += 1;
        }
        self.count += 1;
        self.sum = self.sum.saturating_add(latency);
        self.max = self.max.max(latency);
    }

    /// Adds the counts of another histogram, for example that of another channel.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *bucket += more;
        }
        self.count += other.count;
        self.sum = self.sum.saturating_add(other.sum);
        self.max = self.max.max(other.max);
    }

    /// How many latencies were counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their sum. Exact.
    pub fn sum(&self) -> Duration {
        self.sum
    }

    /// The longest. Exact; zero if nothing was counted.
    pub fn max(&self) -> Duration {
        self.max
    }

    /// The average. Zero if nothing was counted.
    pub fn mean(&self) -> Duration {
        let nanos = self.sum.as_nanos().checked_div(u128::from(self.count)).unwrap_or_default();
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// What so many percent of the latencies did not exceed: 50 for the median, 99.9 for all but
    /// one of a thousand. At most 3.2 % above the true value, and never above
    /// [`max`](Self::max). Less than 0 is taken for 0, more than 100 for 100. Zero if nothing was
    /// counted.
    pub fn percentile(&self, percent: f64) -> Duration {
        let rank = ((percent / 100.0 * self.count as f64).ceil() as u64).clamp(1, self.count.max(1));
        let mut below = 0;
        for (bound, count) in self.buckets() {
            below += count;
            if below >= rank {
                return bound.min(self.max);
            }
        }
        self.max
    }

    /// The buckets that counted something, in ascending order: the bound that their latencies
    /// are below, and how many there are. That of the last bucket, which has the latencies from 73
    /// minutes on too, is [`Duration::MAX`]. For monitoring systems with buckets of their own.
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> + '_ {
        let counted = self.buckets.iter().enumerate().filter(|(_, count)| **count > 0);
        counted.map(|(index, count)| (bound(index), *count))
    }
}

impl fmt::Debug for LatencyHistogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LatencyHistogram")
            .field("count", &self.count)
            .field("mean", &self.mean())
            .field("p50", &self.percentile(50.0))
            .field("p99", &self.percentile(99.0))
            .field("max", &self.max)
            .finish()
    }
}

/// The bucket of a latency.
fn index(latency: Duration) -> usize {
    let units = u64::try_from(latency.as_nanos() >> UNIT_BITS).unwrap_or(u64::MAX);
    // 0 for the first two rounds of steps, which are one unit wide.
    let shift = units.checked_ilog2().unwrap_or(0).saturating_sub(STEP_BITS);
    let index = (u64::from(shift) << STEP_BITS) + (units >> shift);
    usize::try_from(index).map_or(BUCKETS - 1, |index| index.min(BUCKETS - 1))
}

/// What the latencies of a bucket are below.
fn bound(index: usize) -> Duration {
    if index >= BUCKETS - 1 {
        return Duration::MAX;
    }
    let index = index as u64;
    let shift = (index >> STEP_BITS).saturating_sub(1);
    let units = index - (shift << STEP_BITS);
    Duration::from_nanos((units + 1) << shift << UNIT_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NANOS_MAX: u64 = 1 << 42;

    #[test]
    fn each_latency_is_below_the_bound_of_its_bucket_and_close_to_it() {
        let mut nanos = 0_u64;
        let mut last = 0;
        while nanos < NANOS_MAX - (1 << 37) {
            for near in [nanos.saturating_sub(1), nanos, nanos + 1] {
                let (latency, bucket) = (Duration::from_nanos(near), index(Duration::from_nanos(near)));
                let bound = bound(bucket).as_nanos() as u64;
                assert!(bound > near, "{latency:?} is not below {bound} ns");
                assert!(bound - near <= (near / 32).max(64), "{latency:?} is far below {bound} ns");
                assert!(bucket == last || bucket == last + 1 || near < nanos, "a gap before bucket {bucket}");
                last = bucket;
            }
            // Less than the width of a bucket.
            nanos += (nanos / 80).max(32);
        }
        assert!(last > BUCKETS - 50 && index(Duration::from_nanos(NANOS_MAX)) == BUCKETS - 1);
        assert_eq!(index(Duration::MAX), BUCKETS - 1);
    }

    #[test]
    fn percentiles_are_at_most_so_much_above_those_of_the_sorted_values() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut histogram = LatencyHistogram::default();
        let magnitudes: Vec<u32> = (0..10_000).map(|_| random.u32(1..40)).collect();
        let mut values: Vec<u64> = magnitudes.into_iter().map(|bits| random.u64(1..=1 << bits)).collect();
        values.iter().for_each(|nanos| histogram.record(Duration::from_nanos(*nanos)));
        values.sort_unstable();
        for percent in [0.0, 0.01, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0] {
            let rank = (percent / 100.0 * values.len() as f64).ceil() as usize;
            let exact = values[rank.max(1) - 1];
            let found = histogram.percentile(percent).as_nanos() as u64;
            assert!(found >= exact && found - exact <= (exact / 31).max(64), "{percent} %: {found}, not {exact}");
        }
        assert_eq!(histogram.max().as_nanos() as u64, values[values.len() - 1]);
        assert_eq!(histogram.sum().as_nanos() as u64, values.iter().sum::<u64>());
        assert_eq!((histogram.count(), histogram.percentile(-1.0)), (10_000, histogram.percentile(0.0)));
        assert_eq!(histogram.percentile(1000.0), histogram.max());
    }

    #[test]
    fn an_empty_one_and_one_of_long_latencies_have_answers() {
        let mut histogram = LatencyHistogram::default();
        let zero = Duration::ZERO;
        assert_eq!((histogram.percentile(99.0), histogram.mean(), histogram.max()), (zero, zero, zero));
        assert_eq!(histogram.buckets().count(), 0);
        let hours = Duration::from_secs(7200);
        histogram.record(hours);
        histogram.record(Duration::MAX);
        assert_eq!((histogram.percentile(50.0), histogram.sum()), (Duration::MAX, Duration::MAX));
        assert!(histogram.buckets().eq([(Duration::MAX, 2)]));
    }

    #[test]
    fn merging_is_counting_all() {
        let mut parts = [LatencyHistogram::default(), LatencyHistogram::default()];
        let mut all = LatencyHistogram::default();
        for micros in 1..1000 {
            let latency = Duration::from_micros(micros * micros);
            parts[micros as usize % 2].record(latency);
            all.record(latency);
        }
        let [mut merged, other] = parts;
        merged.merge(&other);
        assert_eq!(merged, all);
    }
}

//! Pseudo-random numbers that are the same on each machine and in each version.

use std::ops::RangeInclusive;
use std::time::Duration;

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators), for
/// all that a test derives from its seed.
///
/// # Example
/// ```
/// use tgdb_testkit::sim::Rng;
///
/// // The numbers of the first client of seed 42 do not depend on those of the second.
/// let mut first = Rng::of(42, 100, 0);
/// assert!(first.below(10) < 10);
/// ```
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// A generator of its own.
    #[cfg(test)]
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator for one of many things of a kind, whose numbers do not depend on
    /// how many the others have taken. A [`Network`](super::Network) uses kinds below 100.
    pub fn of(seed: u64, kind: u64, number: usize) -> Self {
        let mut rng = Self(seed ^ Self(kind).next());
        Self(rng.next() ^ Self(number as u64).next())
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// True with that probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        // 53 bits, the precision of the type.
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        unit < probability
    }

    /// A number in the range; its start if the range is empty.
    pub fn in_range(&mut self, range: &RangeInclusive<u64>) -> u64 {
        let number = self.next();
        match range.end().saturating_sub(*range.start()).checked_add(1) {
            Some(width) => range.start() + number % width,
            None => number,
        }
    }

    /// A time in the range, in whole nanoseconds.
    pub fn time(&mut self, range: &RangeInclusive<Duration>) -> Duration {
        let nanos = |time: &Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.in_range(&(nanos(range.start())..=nanos(range.end()))))
    }

    /// A number below `bound`.
    ///
    /// # Panics
    /// If `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        assert!(bound > 0, "no number is below 0");
        self.in_range(&(0..=bound as u64 - 1)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_reference() {
        let mut rng = Rng::new(1_234_567);
        let numbers: Vec<u64> = (0..3).map(|_| rng.next()).collect();
        assert_eq!(numbers, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn ranges_hold_their_ends() {
        let mut rng = Rng::new(7);
        let drawn: Vec<u64> = (0..200).map(|_| rng.in_range(&(3..=5))).collect();
        assert!((3..=5).all(|number| drawn.contains(&number)) && drawn.iter().all(|number| (3..=5).contains(number)));
        assert_eq!(rng.in_range(&(9..=9)), 9);
        assert_eq!(rng.in_range(&RangeInclusive::new(9, 2)), 9);
        rng.in_range(&(0..=u64::MAX));
        assert!((0..100).all(|_| !rng.chance(0.0) && rng.chance(1.0)));
    }
}

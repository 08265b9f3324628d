//! One direction of a connection: how bytes travel.

use std::time::Duration;

use bytes::Bytes;

use super::plan::{Chance, NetworkPlan};
use super::rng::Rng;

/// What arrives at the other end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    Piece(Bytes),
    /// The path is cut here.
    Cut,
}

#[derive(Debug, Default)]
pub(crate) struct Path {
    cut_at: Option<u64>,
    /// Offset and mask of a byte to be changed.
    corrupt: Option<(u64, u8)>,
    /// Bytes that have gone in.
    carried: u64,
    /// Nothing arrives before what was sent before it.
    last_arrival: Duration,
    /// Nothing goes in any more.
    ended: bool,
}

impl Path {
    /// A path whose faults are drawn.
    pub(crate) fn drawn(cut: &Chance<u64>, corrupt: &Chance<u64>, rng: &mut Rng) -> Self {
        let cut_at = cut.draw(rng);
        let mask = 1 << rng.below(8);
        Self { cut_at, corrupt: corrupt.draw(rng).map(|offset| (offset, mask)), ..Self::default() }
    }

    /// When something sent now arrives, behind all that is under way.
    pub(crate) fn arrival(&mut self, now: Duration, plan: &NetworkPlan, rng: &mut Rng) -> Duration {
        self.last_arrival = self.last_arrival.max(now + rng.time(&plan.latency));
        self.last_arrival
    }

    /// Sends bytes: what arrives, and when. Bytes behind a cut go nowhere.
    pub(crate) fn carry(
        &mut self,
        bytes: &[u8],
        now: Duration,
        plan: &NetworkPlan,
        rng: &mut Rng,
    ) -> Vec<(Duration, Arrival)> {
        let mut arrivals = Vec::new();
        if self.ended {
            return arrivals;
        }
        let until_cut = self.cut_at.map(|at| usize::try_from(at.saturating_sub(self.carried)).unwrap_or(usize::MAX));
        let mut whole = bytes[..bytes.len().min(until_cut.unwrap_or(usize::MAX))].to_vec();
        if let Some((offset, mask)) = self.corrupt
            && let Some(at) = offset.checked_sub(self.carried).and_then(|at| usize::try_from(at).ok())
            && let Some(byte) = whole.get_mut(at)
        {
            *byte ^= mask;
        }
        self.carried += whole.len() as u64;
        let mut rest = Bytes::from(whole);
        while !rest.is_empty() {
            let length = usize::try_from(rng.in_range(&plan.piece).max(1)).unwrap_or(usize::MAX);
            let piece = rest.split_to(length.min(rest.len()));
            arrivals.push((self.arrival(now, plan, rng), Arrival::Piece(piece)));
        }
        if self.cut_at == Some(self.carried) {
            self.ended = true;
            arrivals.push((self.arrival(now, plan, rng), Arrival::Cut));
        }
        arrivals
    }

    /// Whether the byte to be changed has gone by.
    pub(crate) fn is_corrupted(&self) -> bool {
        self.corrupt.is_some_and(|(offset, _)| offset < self.carried)
    }

    /// Takes back faults that have not happened yet.
    pub(crate) fn calm(&mut self) {
        if !self.ended {
            self.cut_at = None;
        }
        if !self.is_corrupted() {
            self.corrupt = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carry(path: &mut Path, bytes: &[u8], piece: u64) -> Vec<(Duration, Arrival)> {
        let latency = Duration::ZERO..=Duration::from_secs(1);
        let plan = NetworkPlan { piece: 1..=piece, latency, ..NetworkPlan::calm(1) };
        path.carry(bytes, Duration::ZERO, &plan, &mut Rng::new(3))
    }

    fn joined(arrivals: &[(Duration, Arrival)]) -> Vec<u8> {
        let piece = |(_, arrival): &(_, Arrival)| match arrival {
            Arrival::Piece(piece) => piece.to_vec(),
            Arrival::Cut => Vec::new(),
        };
        arrivals.iter().flat_map(piece).collect()
    }

    #[test]
    fn pieces_arrive_in_order_and_make_the_whole() {
        let mut path = Path::default();
        let bytes: Vec<u8> = (0..200).collect();
        let mut arrivals = carry(&mut path, &bytes, 7);
        arrivals.extend(carry(&mut path, &bytes, 7));
        assert!(arrivals.len() > 2 * 200 / 7);
        assert!(arrivals.is_sorted_by_key(|(at, _)| *at));
        assert_eq!(joined(&arrivals), bytes.repeat(2));
    }

    #[test]
    fn a_cut_ends_the_path_at_its_offset() {
        for cut in 0..=5 {
            let mut path = Path { cut_at: Some(cut), ..Path::default() };
            let mut arrivals = carry(&mut path, b"abc", 2);
            arrivals.extend(carry(&mut path, b"def", 2));
            arrivals.extend(carry(&mut path, b"ghi", 2));
            assert_eq!(joined(&arrivals), &b"abcdefghi"[..cut as usize]);
            assert_eq!(arrivals.pop().unwrap().1, Arrival::Cut);
        }
    }

    #[test]
    fn one_byte_is_changed() {
        let mut path = Path { corrupt: Some((4, 0x20)), ..Path::default() };
        let mut arrivals = carry(&mut path, b"abc", 2);
        assert!(!path.is_corrupted());
        arrivals.extend(carry(&mut path, b"def", 2));
        assert!(path.is_corrupted());
        assert_eq!(joined(&arrivals), b"abcdEf");
    }
}

//! One direction of a TCP connection from its segments, which can be late, early, repeated,
//! overlapping or missing.

use std::collections::BTreeMap;

use bytes::Bytes;

/// How many bytes wait for earlier ones before those count as missing.
const MAX_WAITING: usize = 16 << 20;

/// What a segment lets go on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    Data(Bytes),
    /// So many bytes are not in the capture.
    Missing(u64),
    /// The direction has ended.
    End,
}

/// A segment.
#[derive(Debug, Clone, Default)]
pub(super) struct Segment {
    pub(super) number: u32,
    pub(super) syn: bool,
    pub(super) fin: bool,
    pub(super) reset: bool,
    pub(super) payload: Bytes,
}

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Direction {
    /// Where the next byte is, counted from the first one. The sequence number wraps; this does not.
    position: u64,
    /// The sequence number of the byte at `position`; `None` before the first segment.
    next: Option<u32>,
    /// The capture has the start of the connection.
    pub(super) has_start: bool,
    waiting: BTreeMap<u64, Bytes>,
    waiting_len: usize,
    end: Option<u64>,
    ended: bool,
}

impl Direction {
    /// Whether a SYN with that number starts another connection of the same addresses.
    pub(super) fn is_restarted_by(&self, number: u32) -> bool {
        self.next.is_some_and(|next| self.position > 0 || next != number.wrapping_add(1))
    }

    /// Takes a segment.
    pub(super) fn push(&mut self, segment: Segment, parts: &mut Vec<Part>) {
        let Segment { mut number, syn, fin, reset, mut payload } = segment;
        if syn {
            number = number.wrapping_add(1);
            self.has_start |= self.next.is_none();
        }
        let next = *self.next.get_or_insert(number);
        if reset {
            return self.finish(parts);
        }
        // Nearer than 2 GiB, before or behind.
        let distance = i64::from(number.wrapping_sub(next) as i32);
        let start = self.position as i64 + distance;
        let end = start + payload.len() as i64;
        if fin && end >= 0 {
            self.end.get_or_insert(end as u64);
        }
        if end > self.position as i64 {
            let known = (self.position as i64 - start).max(0);
            payload = payload.slice(known as usize..);
            self.keep((start + known) as u64, payload);
        }
        self.take(parts);
        while self.waiting_len > MAX_WAITING {
            self.give_up(parts);
        }
    }

    /// The other end has got all bytes before that number. Those that are not here by then, while
    /// later ones are, are not in the capture.
    pub(super) fn acknowledge(&mut self, number: u32, parts: &mut Vec<Part>) {
        let Some(next) = self.next else { return };
        let acknowledged = self.position as i64 + i64::from(number.wrapping_sub(next) as i32);
        while self.waiting.keys().next().is_some_and(|start| (*start as i64) < acknowledged) {
            self.give_up(parts);
        }
    }

    /// Nothing more comes.
    pub(super) fn finish(&mut self, parts: &mut Vec<Part>) {
        while !self.waiting.is_empty() {
            self.give_up(parts);
        }
        if !std::mem::replace(&mut self.ended, true) {
            parts.push(Part::End);
        }
    }

    fn keep(&mut self, start: u64, payload: Bytes) {
        if self.ended || self.waiting.get(&start).is_some_and(|known| known.len() >= payload.len()) {
            return;
        }
        self.waiting_len += payload.len();
        if let Some(shorter) = self.waiting.insert(start, payload) {
            self.waiting_len -= shorter.len();
        }
    }

    /// Hands out what follows without a gap.
    fn take(&mut self, parts: &mut Vec<Part>) {
        while let Some(entry) = self.waiting.first_entry().filter(|entry| *entry.key() <= self.position) {
            let (start, payload) = entry.remove_entry();
            self.waiting_len -= payload.len();
            let known = self.position - start;
            if known < payload.len() as u64 {
                let payload = payload.slice(known as usize..);
                self.advance(payload.len() as u64);
                parts.push(Part::Data(payload));
            }
        }
        if self.end.is_some_and(|end| end <= self.position) && !std::mem::replace(&mut self.ended, true) {
            parts.push(Part::End);
        }
    }

    /// Passes over the bytes before the first ones that wait.
    fn give_up(&mut self, parts: &mut Vec<Part>) {
        let Some(start) = self.waiting.keys().next().copied() else { return };
        let missing = start.saturating_sub(self.position);
        if missing > 0 {
            parts.push(Part::Missing(missing));
            self.advance(missing);
        }
        self.take(parts);
    }

    fn advance(&mut self, bytes: u64) {
        self.position += bytes;
        self.next = self.next.map(|next| next.wrapping_add(bytes as u32));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(number: u32, payload: &'static str) -> Segment {
        Segment { number, payload: Bytes::from_static(payload.as_bytes()), ..Segment::default() }
    }

    fn syn(number: u32) -> Segment {
        Segment { number, syn: true, ..Segment::default() }
    }

    /// Data as text, `<n>` for `n` missing bytes and `.` for the end.
    fn stream(segments: Vec<Segment>) -> String {
        let (mut direction, mut parts) = (Direction::default(), Vec::new());
        segments.into_iter().for_each(|segment| direction.push(segment, &mut parts));
        direction.finish(&mut parts);
        shown(&parts)
    }

    fn shown(parts: &[Part]) -> String {
        let shown = |part: &Part| match part {
            Part::Data(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Part::Missing(bytes) => format!("<{bytes}>"),
            Part::End => ".".into(),
        };
        parts.iter().map(shown).collect()
    }

    /// Near the end of the sequence numbers, so that they wrap.
    const FIRST: u32 = u32::MAX - 2;

    fn at(offset: u32, payload: &'static str) -> Segment {
        segment(FIRST.wrapping_add(1).wrapping_add(offset), payload)
    }

    #[test]
    fn order_does_not_matter() {
        let pieces = [at(0, "ab"), at(2, "cd"), at(4, "ef")];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let segments = order.map(|number: usize| pieces[number].clone());
            assert_eq!(stream([vec![syn(FIRST)], segments.to_vec()].concat()), "abcdef.", "{order:?}");
        }
    }

    #[test]
    fn repeated_and_overlapping_bytes_come_once() {
        let segments =
            vec![syn(FIRST), at(0, "abc"), at(0, "abc"), at(1, "bcde"), syn(FIRST), at(6, "gh"), at(4, "efg")];
        assert_eq!(stream(segments), "abcdefgh.");
    }

    #[test]
    fn lost_segments_leave_a_gap() {
        assert_eq!(stream(vec![syn(FIRST), at(0, "ab"), at(5, "fg")]), "ab<3>fg.");
        let (mut direction, mut parts) = (Direction::default(), Vec::new());
        for segment in [syn(FIRST), at(0, "ab"), at(5, "fg")] {
            direction.push(segment, &mut parts);
        }
        assert_eq!(shown(&parts), "ab");
        direction.acknowledge(FIRST.wrapping_add(8), &mut parts);
        assert_eq!(shown(&parts), "ab<3>fg", "the other end has them");
    }

    #[test]
    fn the_end_waits_for_all_bytes() {
        let fin = Segment { fin: true, ..at(2, "c") };
        let (mut direction, mut parts) = (Direction::default(), Vec::new());
        direction.push(syn(FIRST), &mut parts);
        direction.push(fin, &mut parts);
        assert_eq!(shown(&parts), "");
        direction.push(at(0, "ab"), &mut parts);
        assert_eq!(shown(&parts), "abc.");
    }

    #[test]
    fn what_waits_is_bounded() {
        let (mut direction, mut parts) = (Direction::default(), Vec::new());
        direction.push(syn(FIRST), &mut parts);
        let large = Bytes::from(vec![0; 1 << 20]);
        for number in 0..40 {
            let number = FIRST.wrapping_add(100).wrapping_add(number * (2 << 20));
            direction.push(Segment { number, payload: large.clone(), ..Segment::default() }, &mut parts);
            assert!(direction.waiting_len <= MAX_WAITING);
        }
    }
}

//! Faults that are asked for: how they are written, and what they do to a stream.

use std::str::FromStr;
use std::time::Duration;

use tgdb_pdu::HEADER_LEN;

use crate::record::Side;

/// Which connections and directions a fault is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Scope {
    connection: Option<u64>,
    from: Option<Side>,
}

/// A fault and where it is for: `[CONNECTION/][to-server:|to-client:]WHAT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scoped<T> {
    scope: Scope,
    what: T,
}

/// How far a connection goes until it is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    Bytes(u64),
    Frames(u64),
}

/// A byte that is changed: its offset, and what is XORed to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Corruption {
    pub(crate) offset: u64,
    pub(crate) mask: u8,
}

/// A delay, as `50ms` or `1s 500ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delay(pub(crate) Duration);

impl<T: FromStr<Err = String>> FromStr for Scoped<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (connection, rest) = match text.split_once('/') {
            None => (None, text),
            Some((number, rest)) => {
                let number = number.parse().ok().filter(|number| *number > 0);
                (Some(number.ok_or("before / there must be the number of a connection, from 1 on")?), rest)
            }
        };
        let (from, what) = match rest.split_once(':') {
            None => (None, rest),
            Some(("to-server", what)) => (Some(Side::Client), what),
            Some(("to-client", what)) => (Some(Side::Server), what),
            Some((other, _)) => return Err(format!("{other:?} is no direction; say to-server or to-client")),
        };
        Ok(Self { scope: Scope { connection, from }, what: what.parse()? })
    }
}

impl FromStr for Cut {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let error = || "say how many bytes, as 1000, or how many frames, as 3frames".to_owned();
        match text.strip_suffix("frames") {
            Some(count) => count.trim_end().parse().map(Self::Frames),
            None => text.parse().map(Self::Bytes),
        }
        .map_err(|_| error())
    }
}

impl FromStr for Corruption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (offset, mask) = text.split_once('^').unwrap_or((text, "0xff"));
        let mask = match mask.strip_prefix("0x") {
            Some(digits) => u8::from_str_radix(digits, 16),
            None => mask.parse(),
        };
        match (offset.parse(), mask) {
            (Ok(offset), Ok(mask)) if mask != 0 => Ok(Self { offset, mask }),
            _ => Err("say the offset of a byte, as 60, and what to XOR to it, as 60^0x01".into()),
        }
    }
}

impl FromStr for Delay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        humantime::parse_duration(text).map(Self).map_err(|error| error.to_string())
    }
}

/// All faults of a proxy.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Faults, each [CONNECTION/][to-server:|to-client:]WHAT")]
pub(crate) struct Faults {
    /// Pass bytes on later by this time, such as 50ms or to-client:1s
    #[arg(long, value_name = "DELAY")]
    delay: Vec<Scoped<Delay>>,
    /// Close both ends after this number of bytes or frames, such as 1000 or 2/to-server:3frames
    #[arg(long, value_name = "COUNT")]
    cut_after: Vec<Scoped<Cut>>,
    /// Change the byte at this offset of the stream, such as to-client:60 or to-client:60^0x01
    #[arg(long, value_name = "OFFSET")]
    corrupt_at: Vec<Scoped<Corruption>>,
}

impl Faults {
    /// What is to happen to a direction of a connection.
    pub(crate) fn of(&self, connection: u64, from: Side) -> Plan {
        fn those<T: Copy>(all: &[Scoped<T>], connection: u64, from: Side) -> impl Iterator<Item = T> {
            let fits = move |scope: Scope| {
                scope.connection.is_none_or(|number| number == connection) && scope.from.is_none_or(|side| side == from)
            };
            all.iter().filter(move |fault| fits(fault.scope)).map(|fault| fault.what)
        }
        Plan {
            delay: those(&self.delay, connection, from).map(|delay| delay.0).sum(),
            cuts: those(&self.cut_after, connection, from).collect(),
            corruptions: those(&self.corrupt_at, connection, from).collect(),
            ..Plan::default()
        }
    }
}

/// The faults of one direction, and how far it has come.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) delay: Duration,
    cuts: Vec<Cut>,
    corruptions: Vec<Corruption>,
    position: u64,
    frames: FrameCounter,
}

/// What becomes of some bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Pass only that many on, then cut.
    pub(crate) cut: Option<usize>,
    /// Places, and what to XOR there.
    pub(crate) changes: Vec<(usize, u8)>,
}

impl Plan {
    /// Whether bytes can go as they are.
    pub(crate) fn is_idle(&self) -> bool {
        self.cuts.is_empty() && self.corruptions.is_empty()
    }

    /// What becomes of the next bytes, as they came.
    pub(crate) fn judge(&mut self, bytes: &[u8]) -> Verdict {
        let start = self.position;
        self.position += bytes.len() as u64;
        let here = |at: u64| at.checked_sub(start).and_then(|at| usize::try_from(at).ok());
        let by_bytes = self.cuts.iter().filter_map(|cut| match cut {
            Cut::Bytes(count) => here(*count).filter(|at| *at <= bytes.len()),
            Cut::Frames(_) => None,
        });
        let mut cut = by_bytes.min();
        let frames = self.cuts.iter().filter_map(|cut| match cut {
            Cut::Frames(count) => Some(*count),
            Cut::Bytes(_) => None,
        });
        if let Some(count) = frames.min() {
            let ended = self.frames.end_of(count, bytes);
            cut = cut.into_iter().chain(ended).min();
        }
        let kept = cut.unwrap_or(bytes.len());
        let changes = self.corruptions.iter().filter_map(|change| Some((here(change.offset)?, change.mask)));
        Verdict { cut, changes: changes.filter(|(at, _)| *at < kept).collect() }
    }
}

/// Counts the frames of a stream by their length fields.
#[derive(Debug, Default)]
struct FrameCounter {
    ended: u64,
    /// How much of the length field is there.
    field: Vec<u8>,
    /// How much of the frame is still to come.
    left: u64,
}

impl FrameCounter {
    /// Where in the bytes the frame of that number ends, if it does.
    fn end_of(&mut self, count: u64, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            if self.left == 0 && self.field.is_empty() && self.ended >= count {
                return Some(at);
            }
            if at == bytes.len() {
                return None;
            }
            if self.left > 0 {
                let step = self.left.min((bytes.len() - at) as u64);
                at += step as usize;
                self.left -= step;
                self.ended += u64::from(self.left == 0);
                continue;
            }
            self.field.push(bytes[at]);
            at += 1;
            if let Ok(field) = <[u8; 4]>::try_from(&self.field[..]) {
                self.field.clear();
                // A stream that is not TGDB has no frames; any length does.
                self.left = u64::from(u32::from_be_bytes(field)).max(HEADER_LEN as u64) - 4;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(faults: &Faults) -> Plan {
        faults.of(1, Side::Client)
    }

    #[test]
    fn scopes_are_read() {
        let all: Scoped<Delay> = "50ms".parse().expect("a delay");
        assert_eq!(all, Scoped { scope: Scope::default(), what: Delay(Duration::from_millis(50)) });
        let one: Scoped<Cut> = "2/to-client:3frames".parse().expect("a cut");
        let scope = Scope { connection: Some(2), from: Some(Side::Server) };
        assert_eq!(one, Scoped { scope, what: Cut::Frames(3) });
        let faults = Faults { cut_after: vec![one], ..Faults::default() };
        let is_cut = |connection, from| !faults.of(connection, from).is_idle();
        assert!(is_cut(2, Side::Server));
        assert!(!is_cut(1, Side::Server) && !is_cut(2, Side::Client));
        for wrong in ["0/5", "x/5", "up:5", "", "5fr", "-1"] {
            assert!(wrong.parse::<Scoped<Cut>>().is_err(), "{wrong}");
        }
        for wrong in ["5^0", "5^256", "^1", "x"] {
            assert!(wrong.parse::<Scoped<Corruption>>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn cuts_count_bytes_or_frames_however_they_come() {
        // Two frames of a header, and one with 4 bytes more.
        let frame =
            |payload: u8| [vec![0, 0, 0, HEADER_LEN as u8 + payload], vec![0; HEADER_LEN - 4 + payload as usize]];
        let stream = [frame(0).concat(), frame(4).concat(), frame(0).concat()].concat();
        for (cut, expected) in
            [("0", 0), ("57", 57), ("0frames", 0), ("1frames", 56), ("2frames", 116), ("3frames", 172)]
        {
            let faults = Faults { cut_after: vec![cut.parse().expect("a cut")], ..Faults::default() };
            for size in 1..=stream.len() {
                let (mut plan, mut passed, mut cut_at) = (plan(&faults), 0, None);
                for chunk in stream.chunks(size) {
                    if let Some(at) = plan.judge(chunk).cut {
                        cut_at = Some(passed + at);
                        break;
                    }
                    passed += chunk.len();
                }
                assert_eq!(cut_at, Some(expected), "{cut} in pieces of {size}");
            }
        }
    }

    #[test]
    fn corruption_hits_its_byte_in_any_piece() {
        let faults = Faults { corrupt_at: vec!["5^0x01".parse().expect("an offset")], ..Faults::default() };
        for size in 1..=8 {
            let mut plan = plan(&faults);
            let mut at = 0;
            let mut hit = Vec::new();
            for chunk in [0; 8].chunks(size) {
                hit.extend(plan.judge(chunk).changes.into_iter().map(|(place, mask)| (at + place, mask)));
                at += chunk.len();
            }
            assert_eq!(hit, [(5, 1)], "pieces of {size}");
        }
    }
}

//! Cuts one direction of a connection into frames, and finds the next frame where the
//! stream is damaged or begins in the middle of one.

use bytes::Bytes;
use memchr::memmem;
use tgdb_pdu::{Frame, FrameDecoder, HEADER_LEN, MAGIC};

/// The magic number stands behind the length.
const LENGTH_LEN: usize = 4;

/// What comes out of a stream.
#[derive(Debug)]
pub(super) enum Piece {
    Frame(Frame),
    /// Bytes without a frame, and why the search for one began.
    Skipped {
        bytes: u64,
        reason: String,
    },
}

/// A stream of bytes that need not be in order.
///
/// Memory: at most twice the bytes that arrived of one frame, and no more than twice the
/// maximum of a frame.
#[derive(Debug)]
pub(super) struct Splitter {
    decoder: FrameDecoder,
    maximum: u32,
    /// How many bytes the frames and gaps so far had.
    done: u64,
    /// How many bytes have come.
    arrived: u64,
    search: Option<Search>,
}

#[derive(Debug)]
struct Search {
    /// Bytes that can be the start of a header. Fewer than a header.
    tail: Vec<u8>,
    skipped: u64,
    reason: String,
}

impl Splitter {
    pub(super) fn new(maximum: u32) -> Self {
        Self { decoder: FrameDecoder::omitting(maximum), maximum, done: 0, arrived: 0, search: None }
    }

    /// Looks for the start of a frame, because the stream is joined in the middle.
    pub(super) fn search(&mut self, reason: &str) {
        let skipped = self.decoder.buffered() as u64;
        self.decoder = FrameDecoder::omitting(self.maximum);
        let reason = reason.to_owned();
        self.search.get_or_insert(Search { tail: Vec::new(), skipped: 0, reason }).skipped += skipped;
    }

    /// How many bytes of an incomplete frame are there.
    pub(super) fn buffered(&self) -> u64 {
        if self.search.is_some() { 0 } else { self.arrived - self.done }
    }

    /// Takes the next bytes.
    pub(super) fn push(&mut self, bytes: Bytes, pieces: &mut impl FnMut(Piece)) {
        let mut rest = Some(match &mut self.search {
            Some(search) if !search.tail.is_empty() => {
                search.tail.extend_from_slice(&bytes);
                std::mem::take(&mut search.tail).into()
            }
            _ => bytes,
        });
        while let Some(bytes) = rest.take() {
            rest = if self.search.is_some() { self.find(bytes, pieces) } else { self.cut(bytes, pieces) };
        }
    }

    /// The stream has ended: gives what was being searched then.
    pub(super) fn finish(&mut self, pieces: &mut impl FnMut(Piece)) {
        if let Some(search) = self.search.take() {
            let bytes = search.skipped + search.tail.len() as u64;
            if bytes > 0 {
                pieces(Piece::Skipped { bytes, reason: search.reason });
            }
        }
    }

    /// Cuts frames off; returns what is to be searched after an error.
    fn cut(&mut self, bytes: Bytes, pieces: &mut impl FnMut(Piece)) -> Option<Bytes> {
        let before = self.arrived;
        self.arrived += bytes.len() as u64;
        self.decoder.push(&bytes);
        loop {
            match self.decoder.next_frame() {
                Ok(Some(frame)) => {
                    self.done += frame.encoded_len() as u64 + u64::from(frame.omitted);
                    pieces(Piece::Frame(frame));
                }
                Ok(None) => return None,
                Err(error) => {
                    // Behind the start of what is no frame, so that the search gets on.
                    let start = (self.done + 1).saturating_sub(before);
                    let from = usize::try_from(start).unwrap_or(usize::MAX).min(bytes.len());
                    let skipped = before + from as u64 - self.done;
                    self.search = Some(Search { tail: Vec::new(), skipped, reason: error.to_string() });
                    return Some(bytes.slice(from..));
                }
            }
        }
    }

    /// Looks for a header; returns what begins with it.
    fn find(&mut self, bytes: Bytes, pieces: &mut impl FnMut(Piece)) -> Option<Bytes> {
        match header_at(&bytes) {
            Ok(at) => {
                let search = self.search.take()?;
                let skipped = search.skipped + at as u64;
                if skipped > 0 {
                    pieces(Piece::Skipped { bytes: skipped, reason: search.reason });
                }
                self.decoder = FrameDecoder::omitting(self.maximum);
                (self.done, self.arrived) = (0, 0);
                Some(bytes.slice(at..))
            }
            Err(kept) => {
                let search = self.search.as_mut()?;
                let passed = bytes.len() - kept;
                search.skipped += passed as u64;
                search.tail = bytes[passed..].to_vec();
                None
            }
        }
    }
}

/// Where the first header is; or how many bytes at the end can be the start of one.
fn header_at(bytes: &[u8]) -> Result<usize, usize> {
    let magic = MAGIC.to_be_bytes();
    for start in memmem::find_iter(bytes, &magic).filter_map(|at| at.checked_sub(LENGTH_LEN)) {
        let Some(header) = bytes.get(start..start + HEADER_LEN) else { return Err(bytes.len() - start) };
        if is_header(header) {
            return Ok(start);
        }
    }
    Err(bytes.len().min(LENGTH_LEN + magic.len() - 1))
}

/// Whether a decoder takes the bytes as a header. It passes the payload over.
fn is_header(header: &[u8]) -> bool {
    let mut decoder = FrameDecoder::omitting(HEADER_LEN as u32);
    decoder.push(header);
    decoder.next_frame().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tgdb_pdu::{Body, Header, Message};

    fn ping(number: i64) -> Vec<u8> {
        Message::new(Header { request_id: number, ..Header::default() }, Body::Ping).encode().expect("fits")
    }

    /// Request ids of the frames, and `-n` for `n` bytes skipped.
    fn pieces(splitter: &mut Splitter, chunks: &[&[u8]]) -> Vec<i64> {
        let mut found = Vec::new();
        let mut note = |piece| match piece {
            Piece::Frame(frame) => found.push(frame.header.request_id),
            Piece::Skipped { bytes, .. } => found.push(-(bytes as i64)),
        };
        for chunk in chunks {
            splitter.push(Bytes::copy_from_slice(chunk), &mut note);
        }
        splitter.finish(&mut note);
        found
    }

    #[test]
    fn damage_costs_no_more_than_the_damaged_frame() {
        // At each byte of the header that is checked. A length that is too large, but possible,
        // shows only when the stream ends.
        for damaged in [0, 4, 5, 6, 7, 8, 9, 54] {
            let mut stream = [ping(1), ping(2), ping(3)].concat();
            stream[HEADER_LEN + damaged] ^= 0x80;
            let found = pieces(&mut Splitter::new(1 << 20), &[&stream]);
            assert_eq!(found, [1, -(HEADER_LEN as i64), 3], "byte {damaged}");
        }
    }

    #[test]
    fn each_split_gives_the_same() {
        let mut stream = [ping(1), ping(2), ping(3)].concat();
        stream[HEADER_LEN + 4] ^= 1;
        for at in 0..stream.len() {
            let (start, end) = stream.split_at(at);
            let found = pieces(&mut Splitter::new(1 << 20), &[start, end]);
            assert_eq!(found, [1, -(HEADER_LEN as i64), 3], "split at {at}");
        }
        let bytes: Vec<_> = stream.chunks(1).collect();
        assert_eq!(pieces(&mut Splitter::new(1 << 20), &bytes), [1, -(HEADER_LEN as i64), 3]);
    }

    #[test]
    fn streams_without_a_frame_keep_no_bytes() {
        let mut splitter = Splitter::new(1 << 20);
        for _ in 0..100 {
            splitter.push(Bytes::from_static(&[0xff; 10_000]), &mut |piece| panic!("{piece:?}"));
        }
        assert!(splitter.search.as_ref().is_some_and(|search| search.tail.len() < HEADER_LEN));
        assert_eq!(pieces(&mut splitter, &[]), [-1_000_000]);
    }

    #[test]
    fn frames_above_the_maximum_are_passed_over() {
        let large = Frame::new(Header { request_id: 5, ..Header::default() }, tgdb_pdu::Verb(99), vec![1; 5000]);
        let stream = [large.encode().expect("fits"), ping(6)].concat();
        let mut splitter = Splitter::new(1000);
        assert_eq!(pieces(&mut splitter, &[&stream]), [5, 6]);
        assert_eq!(splitter.buffered(), 0);
    }
}

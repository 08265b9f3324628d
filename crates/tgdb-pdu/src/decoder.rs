//! Cuts a byte stream into frames.

use bytes::Bytes;

use crate::frame::{HEADER_LEN, check_prefix, parse_header};
use crate::{Frame, FrameError};

/// The default bound on the length of one frame: 64 MiB.
pub const DEFAULT_MAX_FRAME_LEN: u32 = 64 << 20;

/// Capacity of the buffer for frames that are not large, in bytes. A frame that is
/// longer gets a buffer of its own.
const SMALL: usize = 16 * 1024;

/// First capacity of the buffer of a large frame. It doubles as bytes come.
const LARGE: usize = 64 * 1024;

/// Small frames that arrived together share one allocation of at most this size.
const GROUP: usize = 4 * 1024;

/// Takes a byte stream in pieces of any size and gives whole frames back. It does
/// no I/O: bytes come in by [`push`](Self::push), or are read straight into
/// [`space`](Self::space).
///
/// Memory is taken for bytes that arrived, never for bytes that a length field
/// announces: at most 64 KiB, or twice what has arrived of a frame. A wrong
/// magic number or protocol version is an error as soon as its bytes are there, a frame
/// above the bound as soon as its length and magic number are.
///
/// The payload of a frame of more than 16 KiB is the buffer into which it was read.
/// The payload of a smaller frame is copied out; those that arrived together share
/// allocations of at most 4 KiB, so a frame that is kept keeps no more than that
/// beside itself.
///
/// # Example
/// ```
/// use tgdb_pdu::{Body, FrameDecoder, Header, Message};
///
/// let ping = Message::new(Header::default(), Body::Ping).encode()?;
/// let mut decoder = FrameDecoder::default();
/// decoder.push(&ping[..10]);
/// assert!(decoder.next_frame()?.is_none());
/// // Where a reader has the bytes put, up to the capacity.
/// decoder.space().extend_from_slice(&ping[10..]);
/// assert!(decoder.next_frame()?.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FrameDecoder {
    /// Bytes of the stream; those before `start` are done with.
    small: Vec<u8>,
    start: usize,
    /// A copy of `small[group_start..]` as far as it goes: whole frames.
    group: Bytes,
    group_start: usize,
    /// The start of a large frame and its length. It comes before what is in `small`.
    large: Option<(Vec<u8>, usize)>,
    maximum: u32,
    /// Frames above the maximum are passed over instead of an error.
    omits: bool,
    /// A frame that is being passed over, and how many of its bytes are still to come.
    omitting: Option<(Frame, usize)>,
    failed: Option<FrameError>,
}

impl Default for FrameDecoder {
    fn default() -> Self {
        Self::new(DEFAULT_MAX_FRAME_LEN)
    }
}

impl FrameDecoder {
    /// A decoder for which a frame of more than `max_frame_len` bytes is an error.
    pub fn new(max_frame_len: u32) -> Self {
        Self {
            small: Vec::new(),
            start: 0,
            group: Bytes::new(),
            group_start: 0,
            large: None,
            maximum: max_frame_len.min(i32::MAX as u32),
            omits: false,
            omitting: None,
            failed: None,
        }
    }

    /// A decoder that passes frames of more than `max_frame_len` bytes over: it gives their
    /// header with [`Frame::omitted`] set and without payload, takes no memory for the rest,
    /// and goes on behind it. So one reply that is too large does not end a connection.
    pub fn omitting(max_frame_len: u32) -> Self {
        Self { omits: true, ..Self::new(max_frame_len) }
    }

    /// Adds the next bytes of the stream. After an error they are dropped.
    pub fn push(&mut self, mut bytes: &[u8]) {
        if self.failed.is_some() {
            return;
        }
        if let Some((buf, length)) = &mut self.large {
            let (first, rest) = bytes.split_at(bytes.len().min(length.saturating_sub(buf.len())));
            while buf.capacity() - buf.len() < first.len() {
                grow(buf, *length);
            }
            buf.extend_from_slice(first);
            bytes = rest;
        }
        if bytes.is_empty() {
            return;
        }
        compact(&mut self.small, &mut self.start, &mut self.group);
        if self.large.is_none() && self.small.is_empty() {
            bytes = self.push_large(bytes);
        }
        self.small.extend_from_slice(bytes);
    }

    /// Takes the start of a large frame, which saves a copy of it, and returns the rest.
    fn push_large<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let length = check_prefix(bytes, self.maximum).ok().flatten().filter(|length| *length > SMALL);
        let Some(length) = length else { return bytes };
        let (first, rest) = bytes.split_at(bytes.len().min(length));
        let mut buf = Vec::with_capacity(length.min(LARGE.max(first.len())));
        buf.extend_from_slice(first);
        self.large = Some((buf, length));
        rest
    }

    /// The buffer to which the next bytes of the stream are to be appended, with
    /// spare capacity for at least one: 16 KiB at most, or the rest of a large frame
    /// as far as its buffer has grown. It is for readers that save a copy so.
    ///
    /// Append only, and only what fits; then call [`next_frame`](Self::next_frame)
    /// until it gives `None`. What is in the buffer is the start of a frame. After an
    /// error the bytes are dropped.
    pub fn space(&mut self) -> &mut Vec<u8> {
        if self.failed.is_some() {
            self.discard();
        }
        match &mut self.large {
            Some((buf, length)) if buf.len() < *length => {
                if buf.len() == buf.capacity() {
                    grow(buf, *length);
                }
                buf
            }
            _ => {
                compact(&mut self.small, &mut self.start, &mut self.group);
                self.small.reserve_exact(SMALL.saturating_sub(self.small.len()).max(1));
                &mut self.small
            }
        }
    }

    /// The next whole frame, or `None` if more bytes are needed.
    ///
    /// # Errors
    /// [`FrameError`] if the stream is not TGDB's. It stays so: the same error
    /// comes back on each later call.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.cut().inspect_err(|error| {
            *self = Self { failed: Some(error.clone()), omits: self.omits, ..Self::new(self.maximum) };
        })
    }

    /// How many bytes wait for the rest of their frame. 0 where the stream may end.
    pub fn buffered(&self) -> usize {
        self.large.as_ref().map_or(0, |(buf, _)| buf.len()) + self.small.len() - self.start
    }

    /// How many bytes a frame of more than 16 KiB, of which the start is there, still
    /// lacks; 0 if there is none. It says how much is worth reading at once.
    pub fn missing(&self) -> usize {
        self.large.as_ref().map_or(0, |(buf, length)| length.saturating_sub(buf.len()))
    }

    fn cut(&mut self) -> Result<Option<Frame>, FrameError> {
        if self.omitting.is_some() {
            return Ok(self.pass_over());
        }
        if let Some((buf, length)) = self.large.take() {
            // Not all of the prefix may have been there when the buffer was made.
            check_prefix(&buf, self.maximum)?;
            if buf.len() >= length {
                return large_frame(buf).map(Some);
            }
            self.large = Some((buf, length));
            return Ok(None);
        }
        let pending = &self.small[self.start..];
        let length = match check_prefix(pending, self.maximum) {
            Err(FrameError::TooLarge { .. }) if self.omits => return self.begin_omission(),
            checked => checked?,
        };
        let Some(length) = length else { return Ok(None) };
        if pending.len() < length {
            if length > SMALL {
                let mut buf = Vec::with_capacity(length.min(LARGE.max(pending.len())));
                buf.extend_from_slice(pending);
                self.large = Some((buf, length));
                self.discard();
            }
            return Ok(None);
        }
        let (header, verb, data_offset) = parse_header(pending, length)?;
        let (padding, payload) = if length == HEADER_LEN {
            (Bytes::new(), Bytes::new())
        } else if let Some(at) = self.grouped(length) {
            let part = |from: usize, to: usize| match to - from {
                0 => Bytes::new(),
                _ => self.group.slice(at + from..at + to),
            };
            (part(HEADER_LEN, data_offset), part(data_offset, length))
        } else {
            // One allocation, or two for a frame with padding.
            let frame = &self.small[self.start..][..length];
            (Bytes::copy_from_slice(&frame[HEADER_LEN..data_offset]), Bytes::copy_from_slice(&frame[data_offset..]))
        };
        self.start += length;
        if self.start == self.small.len() {
            self.discard();
        }
        Ok(Some(Frame { header, verb, padding, payload, omitted: 0 }))
    }

    /// Begins to pass a frame over once its header is there.
    fn begin_omission(&mut self) -> Result<Option<Frame>, FrameError> {
        let pending = &self.small[self.start..];
        let Some(length) = check_prefix(pending, i32::MAX as u32)? else { return Ok(None) };
        if pending.len() < HEADER_LEN {
            return Ok(None);
        }
        let (header, verb, _) = parse_header(pending, length)?;
        let omitted = (length - HEADER_LEN) as u32;
        self.omitting = Some((Frame { omitted, ..Frame::new(header, verb, Bytes::new()) }, omitted as usize));
        self.start += HEADER_LEN;
        Ok(self.pass_over())
    }

    /// Drops what is there of a frame that is passed over, and returns it when that was all.
    fn pass_over(&mut self) -> Option<Frame> {
        let (_, left) = self.omitting.as_mut()?;
        let here = (*left).min(self.small.len() - self.start);
        *left -= here;
        let is_over = *left == 0;
        self.start += here;
        self.group = Bytes::new();
        if self.start == self.small.len() {
            self.discard();
        }
        if is_over { self.omitting.take().map(|(frame, _)| frame) } else { None }
    }

    /// Where the first frame is in `group`, the copy that it shares with the next ones;
    /// `None` if there are none.
    fn grouped(&mut self, length: usize) -> Option<usize> {
        if self.group.is_empty() || self.start >= self.group_start + self.group.len() {
            let pending = &self.small[self.start..];
            let mut end = length;
            while let Some(next) = frame_len(&pending[end..]).filter(|next| end + next <= GROUP) {
                end += next;
            }
            if end == length {
                return None;
            }
            self.group = Bytes::copy_from_slice(&pending[..end]);
            self.group_start = self.start;
        }
        Some(self.start - self.group_start)
    }

    /// Forgets all bytes of `small`, and memory beyond its regular size.
    fn discard(&mut self) {
        self.small.clear();
        self.small.shrink_to(SMALL);
        self.start = 0;
        self.group = Bytes::new();
        self.group_start = 0;
    }
}

/// Moves the bytes that are not done with to the front. A group, whose place is
/// that of its bytes, does not survive it.
fn compact(small: &mut Vec<u8>, start: &mut usize, group: &mut Bytes) {
    if *start > 0 {
        small.drain(..*start);
        *start = 0;
        *group = Bytes::new();
    }
}

/// Doubles the capacity, but not beyond what the frame needs.
fn grow(buf: &mut Vec<u8>, length: usize) {
    let capacity = buf.capacity().max(LARGE / 2).saturating_mul(2).min(length).max(buf.len() + 1);
    buf.reserve_exact(capacity - buf.len());
}

/// The length of the first frame if all of it is there and it can be one.
fn frame_len(bytes: &[u8]) -> Option<usize> {
    let length = u32::from_be_bytes(*bytes.first_chunk()?) as usize;
    (length >= HEADER_LEN && length <= bytes.len()).then_some(length)
}

fn large_frame(buf: Vec<u8>) -> Result<Frame, FrameError> {
    let (header, verb, data_offset) = parse_header(&buf, buf.len())?;
    let mut payload = Bytes::from(buf);
    let padding = match data_offset {
        HEADER_LEN => Bytes::new(),
        _ => payload.slice(HEADER_LEN..data_offset),
    };
    // Not a slice, which would be a second allocation.
    bytes::Buf::advance(&mut payload, data_offset);
    Ok(Frame { header, verb, padding, payload, omitted: 0 })
}

//! Cuts a byte stream into frames.

mod cut;

use std::fmt;

use bytes::Bytes;

use crate::buffer::Buffer;
use crate::frame::{check_prefix, verb_of};
use crate::{Frame, FrameError, Verb};

/// The default bound on the length of one frame: 64 MiB.
pub const DEFAULT_MAX_FRAME_LEN: u32 = 64 << 20;

/// The default bound on the length of one frame before the login is done: 128 KiB.
pub const DEFAULT_MAX_LOGIN_FRAME_LEN: u32 = 128 << 10;

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
/// A payload that [can hold a secret](crate::Verb::holds_secret) is wiped when its last clone is
/// dropped, and so is each place of the decoder in which it was. This holds for readers that
/// take all frames out before they give more bytes.
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
pub struct FrameDecoder {
    /// Bytes of the stream; those before `start` are done with.
    small: Buffer,
    start: usize,
    /// A copy of `small[group_start..]` as far as it goes: whole frames.
    group: Bytes,
    group_start: usize,
    /// The start of a large frame and its length. It comes before what is in `small`.
    large: Option<(Buffer, usize)>,
    maximum: u32,
    /// The bound before the login is done.
    login_maximum: Option<u32>,
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

impl fmt::Debug for FrameDecoder {
    /// How much it holds, not what: that can be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("FrameDecoder");
        shown.field("buffered", &self.buffered()).field("maximum", &self.limit()).field("failed", &self.failed).finish()
    }
}

impl FrameDecoder {
    /// A decoder for which a frame of more than `max_frame_len` bytes is an error.
    pub fn new(max_frame_len: u32) -> Self {
        Self {
            small: Buffer::default(),
            start: 0,
            group: Bytes::new(),
            group_start: 0,
            large: None,
            maximum: max_frame_len.min(i32::MAX as u32),
            login_maximum: None,
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

    /// The same decoder with a smaller bound for what comes before the login is done, which
    /// [`end_login`](Self::end_login) says: so a peer that has no password cannot make a client
    /// take much memory. A frame above it is an error, even if longer frames are passed over.
    #[must_use]
    pub fn with_login_limit(mut self, max_frame_len: u32) -> Self {
        self.login_maximum = Some(max_frame_len.min(self.maximum));
        self
    }

    /// The login is done.
    pub fn end_login(&mut self) {
        self.login_maximum = None;
    }

    /// The bound that holds now.
    fn limit(&self) -> u32 {
        self.login_maximum.unwrap_or(self.maximum)
    }

    /// As [`check_prefix`].
    fn check(&self, start: &[u8]) -> Result<Option<usize>, FrameError> {
        check_prefix(start, self.limit()).map_err(|error| match error {
            FrameError::TooLarge { length, maximum } if self.login_maximum.is_some() => {
                FrameError::TooLargeInLogin { length, maximum }
            }
            error => error,
        })
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
            buf.extend(first);
            bytes = rest;
        }
        if bytes.is_empty() {
            return;
        }
        compact(&mut self.small, &mut self.start, &mut self.group);
        if self.large.is_none() && self.small.is_empty() {
            bytes = self.push_large(bytes);
        }
        self.small.extend(bytes);
    }

    /// Takes the start of a large frame, which saves a copy of it, and returns the rest.
    fn push_large<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let length = self.check(bytes).ok().flatten().filter(|length| *length > SMALL);
        let Some(length) = length else { return bytes };
        let (first, rest) = bytes.split_at(bytes.len().min(length));
        self.large = Some((large_buffer(first, length), length));
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
                buf.as_mut_vec()
            }
            _ => {
                compact(&mut self.small, &mut self.start, &mut self.group);
                self.small.reserve_exact(SMALL.saturating_sub(self.small.len()).max(1));
                self.small.as_mut_vec()
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
            let login_maximum = self.login_maximum;
            *self = Self { failed: Some(error.clone()), omits: self.omits, login_maximum, ..Self::new(self.maximum) };
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
}

/// Moves the bytes that are not done with to the front. A group, whose place is
/// that of its bytes, does not survive it.
fn compact(small: &mut Buffer, start: &mut usize, group: &mut Bytes) {
    if *start > 0 {
        small.drop_front(*start);
        *start = 0;
        *group = Bytes::new();
    }
}

/// Doubles the capacity, but not beyond what the frame needs.
fn grow(buf: &mut Buffer, length: usize) {
    if is_secret(buf) {
        buf.mark_secret();
    }
    let capacity = buf.capacity().max(LARGE / 2).saturating_mul(2).min(length).max(buf.len() + 1);
    buf.reserve_exact(capacity - buf.len());
}

/// Whether the frame whose start this is can hold a secret, as far as it can be seen.
fn is_secret(start: &[u8]) -> bool {
    verb_of(start).is_some_and(Verb::holds_secret)
}

/// The buffer of a large frame, with the first bytes of it.
fn large_buffer(first: &[u8], length: usize) -> Buffer {
    let mut buf = Buffer::with_capacity(length.min(LARGE.max(first.len())));
    buf.extend(first);
    if is_secret(first) {
        buf.mark_secret();
    }
    buf
}

//! Cuts a byte stream into frames.

use bytes::BytesMut;

use crate::frame::check_prefix;
use crate::{Frame, FrameError};

/// The default bound on the length of one frame: 64 MiB.
pub const DEFAULT_MAX_FRAME_LEN: u32 = 64 << 20;

/// Takes a byte stream in pieces of any size and gives whole frames back.
///
/// Memory is taken for bytes that arrived, never for bytes that a length field
/// announces. A frame above the bound is refused as soon as its first four bytes
/// are there, a wrong magic number or protocol version as soon as its bytes are.
#[derive(Debug)]
pub struct FrameDecoder {
    buf: BytesMut,
    maximum: u32,
    failed: Option<FrameError>,
}

impl Default for FrameDecoder {
    fn default() -> Self {
        Self::new(DEFAULT_MAX_FRAME_LEN)
    }
}

impl FrameDecoder {
    /// A decoder that refuses frames of more than `max_frame_len` bytes.
    pub fn new(max_frame_len: u32) -> Self {
        Self { buf: BytesMut::new(), maximum: max_frame_len.min(i32::MAX as u32), failed: None }
    }

    /// Adds the next bytes of the stream. After an error they are dropped.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.buf.extend_from_slice(bytes);
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
            self.buf = BytesMut::new();
            self.failed = Some(error.clone());
        })
    }

    fn cut(&mut self) -> Result<Option<Frame>, FrameError> {
        match check_prefix(&self.buf, self.maximum)? {
            Some(length) if self.buf.len() >= length => Frame::parse(self.buf.split_to(length).freeze()).map(Some),
            _ => Ok(None),
        }
    }

    /// How many bytes wait for the rest of their frame. 0 where the stream may end.
    pub fn buffered(&self) -> usize {
        self.buf.len()
    }
}

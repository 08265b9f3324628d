//! Cuts frames off the buffers of a decoder.

use bytes::Bytes;
use zeroize::Zeroize;

use super::{FrameDecoder, GROUP, SMALL, is_secret, large_buffer};
use crate::buffer::Buffer;
use crate::frame::{HEADER_LEN, check_prefix, parse_header};
use crate::{Frame, FrameError, Secret};

impl FrameDecoder {
    pub(super) fn cut(&mut self) -> Result<Option<Frame>, FrameError> {
        if self.omitting.is_some() {
            return Ok(self.pass_over());
        }
        if let Some((buf, length)) = self.large.take() {
            // Not all of the prefix may have been there when the buffer was made.
            self.check(&buf)?;
            if buf.len() >= length {
                return large_frame(buf).map(Some);
            }
            self.large = Some((buf, length));
            return Ok(None);
        }
        let pending = &self.small[self.start..];
        let length = match self.check(pending) {
            Err(FrameError::TooLarge { .. }) if self.omits => return self.begin_omission(),
            checked => checked?,
        };
        let Some(length) = length else { return Ok(None) };
        if pending.len() < length {
            if length > SMALL {
                self.large = Some((large_buffer(pending, length), length));
                self.discard();
            } else if is_secret(pending) {
                self.small.mark_secret();
            }
            return Ok(None);
        }
        let (header, verb, data_offset) = parse_header(pending, length)?;
        let (padding, payload) = if length == HEADER_LEN {
            (Bytes::new(), Bytes::new())
        } else if verb.holds_secret() {
            let parts = secret_parts(pending, data_offset, length);
            self.small.mark_secret();
            self.small.as_mut_vec()[self.start..][..length].zeroize();
            parts
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
                if is_secret(&pending[end..]) {
                    break;
                }
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
    pub(super) fn discard(&mut self) {
        self.small.reset(SMALL);
        self.start = 0;
        self.group = Bytes::new();
        self.group_start = 0;
    }
}

/// The length of the first frame if all of it is there and it can be one.
fn frame_len(bytes: &[u8]) -> Option<usize> {
    let length = u32::from_be_bytes(*bytes.first_chunk()?) as usize;
    (length >= HEADER_LEN && length <= bytes.len()).then_some(length)
}

/// Padding and payload of a frame with a secret, as copies that are wiped.
fn secret_parts(frame: &[u8], data_offset: usize, length: usize) -> (Bytes, Bytes) {
    let copy = |bytes: &[u8]| Secret::new(bytes).into();
    (copy(&frame[HEADER_LEN..data_offset]), copy(&frame[data_offset..length]))
}

fn large_frame(mut buf: Buffer) -> Result<Frame, FrameError> {
    let (header, verb, data_offset) = parse_header(&buf, buf.len())?;
    if verb.holds_secret() {
        buf.mark_secret();
    }
    let mut payload = buf.into_bytes();
    let padding = match data_offset {
        HEADER_LEN => Bytes::new(),
        _ => payload.slice(HEADER_LEN..data_offset),
    };
    // Not a slice, which would be a second allocation.
    bytes::Buf::advance(&mut payload, data_offset);
    Ok(Frame { header, verb, padding, payload, omitted: 0 })
}

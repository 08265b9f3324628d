//! The receiving half of a framed socket.

use std::io;
use std::net::Shutdown;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use tgdb_pdu::{Frame, FrameDecoder, FrameError};

use crate::error::RECEIVE_FIRST;
use crate::framed::{Framed, RECEIVE};
use crate::inbound::{Failure, Inbound, Wait};
use crate::stream::{ByteStream, Read, StreamError};
use crate::{TgSocket, TransportError, sys};

/// A deadline that is nearer than this is waited for by `poll`: the system's own
/// time for a read is one tick, and it rounds up.
const NEAR: Duration = Duration::from_millis(sys::TICK.as_millis() as u64 + 10);

impl<S: ByteStream> Framed<S> {
    /// Reads until `take` has taken what it wants from the decoder, which it says, or
    /// the waiting is over, which is `false`.
    fn receive(
        &self,
        wait: Wait,
        mut take: impl FnMut(&mut FrameDecoder) -> Result<bool, FrameError>,
    ) -> Result<bool, TransportError> {
        let inbound = match wait {
            // Whoever holds the lock reads already, and gets what comes.
            Wait::Not | Wait::OneRead => self.inbound.try_lock(),
            Wait::Until(None) => Some(self.inbound.lock()),
            Wait::Until(Some(deadline)) => self.inbound.try_lock_until(deadline),
        };
        let Some(mut inbound) = inbound else { return Ok(false) };
        let Inbound { decoder, failure } = &mut *inbound;
        if self.is_logged_in.load(Ordering::Acquire) {
            decoder.end_login();
        }
        let mut reads = 0;
        loop {
            if self.is_closed() {
                return Err(self.closed(RECEIVE));
            }
            // Before looking for frames: the deadline holds in a flood of them.
            let left = match wait {
                Wait::Until(Some(deadline)) => Some(deadline.saturating_duration_since(Instant::now())),
                _ => None,
            };
            if left.is_some_and(|left| left.is_zero()) && failure.is_none() {
                return Ok(false);
            }
            match take(decoder) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) => self.fail(failure, Failure::Frame(error)),
            }
            if let Some(failure) = failure {
                return Err(self.failed(failure.clone(), decoder.buffered()));
            }
            let read = match (wait, left) {
                (Wait::OneRead, _) if reads > 0 => return Ok(false),
                (Wait::OneRead | Wait::Not, _) => self.stream.read_into(decoder, false),
                (_, Some(left)) if left <= NEAR => {
                    let deadline = Instant::now().checked_add(left);
                    match sys::wait_for(self.stream.tcp(), PollFlags::IN, deadline) {
                        Ok(true) => self.stream.read_into(decoder, false),
                        Ok(false) => continue,
                        Err(error) => Err(error.into()),
                    }
                }
                _ => self.stream.read_into(decoder, true),
            };
            match read {
                Ok(Read::Some) => {
                    reads += 1;
                    self.arrivals.fetch_add(1, Ordering::Relaxed);
                }
                Ok(Read::End) => self.fail(failure, Failure::End),
                Err(StreamError::Io(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(StreamError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !matches!(wait, Wait::Until(_)) {
                        return Ok(false);
                    }
                }
                Err(error) => self.fail(failure, Failure::Stream(error)),
            }
        }
    }

    /// Keeps what ended the stream. The error of a stream that is still connected is
    /// made visible to those who wait for the descriptor, by ending the stream.
    #[cold]
    fn fail(&self, place: &mut Option<Failure>, failure: Failure) {
        place.get_or_insert(failure);
        let _ = self.stream.tcp().shutdown(Shutdown::Read);
    }

    #[cold]
    fn failed(&self, failure: Failure, partial: usize) -> TransportError {
        match failure {
            _ if self.is_closed() => self.closed(RECEIVE),
            Failure::Stream(error) => self.error(RECEIVE, error),
            Failure::Frame(source) => TransportError::Frame { peer: self.outbox.to_string(), source },
            Failure::End => {
                let is_silent = self.arrivals.load(Ordering::Relaxed) == 0 && self.tls_info().is_none();
                let operation = if is_silent { RECEIVE_FIRST } else { RECEIVE };
                TransportError::PeerClosed { operation, peer: self.outbox.to_string(), partial }
            }
        }
    }

    pub(crate) fn receive_one(&self, wait: Wait) -> Result<Option<Frame>, TransportError> {
        let mut frame = None;
        self.receive(wait, |decoder| {
            frame = decoder.next_frame()?;
            Ok(frame.is_some())
        })?;
        Ok(frame)
    }

    pub(crate) fn receive_batch(&self, frames: &mut Vec<Frame>, wait: Wait) -> Result<bool, TransportError> {
        let before = frames.len();
        self.receive(wait, |decoder| {
            loop {
                match decoder.next_frame() {
                    Ok(Some(frame)) => frames.push(frame),
                    Ok(None) => return Ok(frames.len() > before),
                    Err(error) if frames.len() == before => return Err(error),
                    // The decoder says it again next time. Whoever waits for the descriptor
                    // must not wait for that.
                    Err(_) => {
                        let _ = self.stream.tcp().shutdown(Shutdown::Read);
                        return Ok(true);
                    }
                }
            }
        })
    }
}

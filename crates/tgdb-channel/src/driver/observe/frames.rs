//! Frames, as they were sent and received.

use tgdb_pdu::{Frame, Message};
use tracing::trace;

use super::{may_trace, target};
use crate::driver::State;
use crate::proto::Transmit;

/// A frame that was sent or received.
pub(crate) struct FrameNote {
    direction: &'static str,
    bytes: usize,
    /// With its payload if payloads are asked for and it holds no secret.
    frame: Frame,
    has_payload: bool,
}

impl FrameNote {
    pub(super) fn emit(self) {
        let Self { direction, bytes, frame, has_payload } = self;
        let (verb, id) = (frame.verb, frame.header.request_id);
        trace!(target: target::FRAME, direction, %verb, id, bytes, "{direction}");
        if has_payload {
            match Message::decode(&frame) {
                Ok(message) => trace!(target: target::PAYLOAD, direction, %verb, id, "{message}"),
                Err(error) => trace!(target: target::PAYLOAD, direction, %verb, id, "not readable: {error:#}"),
            }
        }
    }
}

impl State {
    /// Notes what is about to be sent.
    pub(in crate::driver) fn note_sent(&mut self, transmit: &Transmit) {
        if may_trace() {
            let (notes, with_payload) = (&mut self.frame_notes, self.traces_payloads);
            transmit.for_each_frame(with_payload, |frame, bytes, has_payload| {
                notes.push(FrameNote { direction: "sent", bytes, frame, has_payload });
            });
        }
    }

    /// Notes what was received.
    pub(in crate::driver) fn note_received(&mut self, frames: &[Frame]) {
        if !may_trace() {
            return;
        }
        for frame in frames {
            let bytes = frame.encoded_len() + frame.omitted as usize;
            let has_payload = self.traces_payloads && frame.omitted == 0;
            let frame = match has_payload {
                true => frame.clone(),
                false => Frame::new(frame.header, frame.verb, bytes::Bytes::new()),
            };
            self.frame_notes.push(FrameNote { direction: "received", bytes, frame, has_payload });
        }
    }
}

//! What a socket has received and nobody has taken.

use std::time::Instant;

use tgdb_pdu::{FrameDecoder, FrameError};

use crate::stream::StreamError;

/// The decoder of what arrives.
pub(crate) struct Inbound {
    pub(crate) decoder: FrameDecoder,
    /// What ended the stream. It follows the frames that are still in the decoder.
    pub(crate) failure: Option<Failure>,
}

impl Inbound {
    pub(crate) fn new(decoder: FrameDecoder) -> Self {
        Self { decoder, failure: None }
    }
}

/// What ends a stream.
#[derive(Clone)]
pub(crate) enum Failure {
    Stream(StreamError),
    Frame(FrameError),
    End,
}

/// How long a receive method waits.
#[derive(Clone, Copy)]
pub(crate) enum Wait {
    /// As long as the system has bytes.
    Not,
    /// For one read that does not wait.
    OneRead,
    /// Until the deadline, if there is one.
    Until(Option<Instant>),
}

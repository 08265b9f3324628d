//! The server's end of a connection: its session, and what it has not read.

use std::sync::Arc;

use bytes::BytesMut;
use tgdb_pdu::{Frame, FrameDecoder, FrameError};

use super::event::ConnId;
use super::queue::Activity;
use super::world::World;
use crate::{Faults, ServerSession};

/// The session id of the first connection; each further one has the next.
const FIRST_SESSION: i64 = 1001;

pub(crate) struct ServerEnd {
    pub(super) session: ServerSession,
    decoder: FrameDecoder,
    /// Arrived, not read.
    pub(super) unread: BytesMut,
    /// The client's end of its stream has arrived.
    pub(super) fin: bool,
    pub(super) reading: bool,
    answering: bool,
}

impl ServerEnd {
    pub(crate) fn new(conn: ConnId, faults: Faults, world: &World) -> Self {
        let session_id = FIRST_SESSION + conn.0 as i64;
        let mut session = ServerSession::new(Arc::clone(&world.config), faults, session_id);
        session.handle_connected(world.now);
        let (unread, decoder) = (BytesMut::new(), FrameDecoder::default());
        Self { session, decoder, unread, fin: false, reading: true, answering: true }
    }

    /// What is to be sent now, and whether the connection is to be closed after it.
    pub(crate) fn poll_transmit(&mut self) -> Option<(Vec<u8>, bool)> {
        let mut out = Vec::new();
        self.answering.then(|| self.session.poll_transmit(&mut out))?;
        Some((out, self.session.is_over()))
    }

    pub(super) fn set(&mut self, activity: Activity, active: bool) {
        match activity {
            Activity::Reading => self.reading = active,
            Activity::Answering => self.answering = active,
        }
    }

    /// The next frame of what was read; how many bytes that took.
    pub(super) fn read(&mut self) -> (usize, Result<Option<Frame>, FrameError>) {
        let count = if self.reading { self.unread.len() } else { 0 };
        self.decoder.push(&self.unread.split_to(count));
        let frame = if self.reading { self.decoder.next_frame() } else { Ok(None) };
        (count, frame)
    }
}

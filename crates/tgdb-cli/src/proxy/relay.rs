//! Bytes from one socket to the other.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::fault::Plan;
use super::watch::{Peers, Watcher};
use crate::record::{Event, Side};

/// The maximum of bytes of one read. Small pieces share a block of that size.
pub(super) const PIECE: usize = 128 * 1024;

/// A block with less room than that is not read into.
const MIN_ROOM: usize = 16 * 1024;

/// How many pieces can be on their way while they are delayed. Then reading waits.
const DELAYED: usize = 64;

/// Why a direction ended before its stream did.
#[derive(Debug)]
pub(super) enum Stop {
    /// On purpose.
    Cut,
    Failed(Side, io::Error),
}

/// Reads pieces.
struct Source<R> {
    reader: R,
    block: BytesMut,
}

impl<R: AsyncRead + Unpin> Source<R> {
    /// The next bytes; none at the end.
    async fn next(&mut self) -> io::Result<Bytes> {
        if self.block.capacity() - self.block.len() < MIN_ROOM {
            self.block.reserve(PIECE);
        }
        self.reader.read_buf(&mut self.block).await?;
        Ok(self.block.split().freeze())
    }
}

/// One direction of a connection.
pub(super) struct Direction {
    pub(super) from: Side,
    pub(super) peers: Arc<Peers>,
    pub(super) watcher: Watcher,
    pub(super) plan: Plan,
}

impl Direction {
    /// Relays until the stream ends, and ends the other socket's stream too.
    pub(super) async fn run(
        mut self,
        reader: impl AsyncRead + Unpin,
        mut writer: impl AsyncWrite + Unpin,
    ) -> Result<(), Stop> {
        let from = self.from;
        let mut source = Source { reader, block: BytesMut::new() };
        if self.plan.delay.is_zero() {
            loop {
                let bytes = source.next().await.map_err(|error| Stop::Failed(from, error))?;
                if bytes.is_empty() {
                    return self.finish(&mut writer).await;
                }
                self.pass(bytes, &mut writer).await?;
            }
        }
        let (sender, receiver) = mpsc::channel(DELAYED);
        let read = read_ahead(source, sender, self.plan.delay, from);
        let ((), ()) = tokio::try_join!(read, self.write_later(receiver, &mut writer))?;
        Ok(())
    }

    async fn write_later(
        &mut self,
        mut pieces: mpsc::Receiver<(Instant, Bytes)>,
        writer: &mut (impl AsyncWrite + Unpin),
    ) -> Result<(), Stop> {
        while let Some((due, bytes)) = pieces.recv().await {
            tokio::time::sleep_until(due).await;
            if bytes.is_empty() {
                break;
            }
            self.pass(bytes, writer).await?;
        }
        self.finish(writer).await
    }

    /// Passes bytes on, with the faults that are due.
    async fn pass(&mut self, mut bytes: Bytes, writer: &mut (impl AsyncWrite + Unpin)) -> Result<(), Stop> {
        let mut cut = false;
        if !self.plan.is_idle() {
            let verdict = self.plan.judge(&bytes);
            if let Some(kept) = verdict.cut {
                bytes.truncate(kept);
                cut = true;
            }
            if !verdict.changes.is_empty() {
                let mut changed = BytesMut::from(&bytes[..]);
                for (at, mask) in verdict.changes {
                    changed[at] ^= mask;
                    self.fault(format!("changed a byte from {:#04x} to {:#04x}", changed[at] ^ mask, changed[at]));
                }
                bytes = changed.freeze();
            }
        }
        if !bytes.is_empty() {
            // Before the peer has them, so that its answer is seen later.
            self.watcher.data(&self.peers, self.from, bytes.clone());
            self.write(&bytes, writer).await?;
        }
        if cut {
            self.fault("cut".into());
            self.watcher.finished(&self.peers, self.from);
            let _ = writer.shutdown().await;
            return Err(Stop::Cut);
        }
        Ok(())
    }

    async fn write(&self, bytes: &[u8], writer: &mut (impl AsyncWrite + Unpin)) -> Result<(), Stop> {
        let written = async {
            writer.write_all(bytes).await?;
            writer.flush().await
        };
        written.await.map_err(|error| Stop::Failed(self.receiver(), error))
    }

    async fn finish(&mut self, writer: &mut (impl AsyncWrite + Unpin)) -> Result<(), Stop> {
        self.watcher.finished(&self.peers, self.from);
        // The peer can be gone already, which is no loss.
        let _ = writer.shutdown().await;
        Ok(())
    }

    fn receiver(&self) -> Side {
        Side::BOTH[1 - self.from as usize]
    }

    fn fault(&self, what: String) {
        self.watcher.event(&self.peers, Some(self.from), Event::Fault(what));
    }
}

/// Reads pieces and says when each is due. An empty one is the end.
async fn read_ahead(
    mut source: Source<impl AsyncRead + Unpin>,
    pieces: mpsc::Sender<(Instant, Bytes)>,
    delay: Duration,
    from: Side,
) -> Result<(), Stop> {
    loop {
        let bytes = source.next().await.map_err(|error| Stop::Failed(from, error))?;
        let is_end = bytes.is_empty();
        // Without a receiver the writer has ended with an error, which is the one to report.
        if pieces.send((Instant::now() + delay, bytes)).await.is_err() || is_end {
            return Ok(());
        }
    }
}

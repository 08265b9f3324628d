//! What the server does wrong, on demand.

use std::num::NonZeroUsize;

use tgdb_testkit::{Faults, LoginFault};

use crate::proxy::{Corruption, Delay};

/// How a login is refused.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Refusal {
    /// In the handshake: client and server are of different versions
    Version,
    /// User or password are wrong
    Rejected,
    /// There is no such database
    Database,
}

/// Faults of connections.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Faults; bytes are counted from the start of a connection, below TLS")]
pub(super) struct FaultArgs {
    /// Only the first COUNT connections of each port have the faults
    #[arg(long, value_name = "COUNT")]
    pub(super) faulty_connections: Option<usize>,
    /// Close a connection after this number of bytes was sent
    #[arg(long, value_name = "BYTES")]
    cut_after_sent: Option<u64>,
    /// Close a connection after this number of bytes was received
    #[arg(long, value_name = "BYTES")]
    cut_after_received: Option<u64>,
    /// Change the byte at this offset of what is sent, such as 60 or 60^0x01
    #[arg(long, value_name = "OFFSET")]
    corrupt_at: Option<Corruption>,
    /// Send in pieces of this number of bytes
    #[arg(long, value_name = "BYTES")]
    split_writes: Option<NonZeroUsize>,
    /// Wait before each write, such as 50ms or 1s
    #[arg(long, value_name = "DELAY")]
    delay: Option<Delay>,
    /// Add this number to the request id of each reply
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true, allow_negative_numbers = true)]
    request_id_offset: i64,
    /// Put this number into the protocol version of each header
    #[arg(long, value_name = "NUMBER")]
    protocol_version: Option<u16>,
    /// End each session with this reason instead of the handshake
    #[arg(long, value_name = "REASON")]
    refuse: Option<String>,
    /// Refuse each login in this way
    #[arg(long, value_name = "HOW")]
    refuse_login: Option<Refusal>,
    /// Accept connections and say nothing at all
    #[arg(long)]
    mute: bool,
    /// Log clients in and answer pings, but no request; on all connections
    #[arg(long)]
    pub(super) no_reply: bool,
}

impl FaultArgs {
    /// Those of a connection that has them.
    pub(super) fn faults(&self) -> Faults {
        Faults {
            cut_after_sent: self.cut_after_sent,
            cut_after_received: self.cut_after_received,
            corrupt_sent: self.corrupt_at.map(|change| (change.offset, change.mask)),
            split_writes: self.split_writes.map(NonZeroUsize::get),
            delay: self.delay.map(|delay| delay.0),
            request_id_offset: self.request_id_offset,
            protocol_version: self.protocol_version,
            terminate: self.refuse.clone(),
            mute: self.mute,
            login: self.refuse_login.map(|refusal| match refusal {
                Refusal::Version => LoginFault::Version,
                Refusal::Rejected => LoginFault::Rejected,
                Refusal::Database => LoginFault::Exception,
            }),
        }
    }
}

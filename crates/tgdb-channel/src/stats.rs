//! Counters of a channel.

use std::time::Duration;

use crate::LatencyHistogram;

/// What a channel has done since it was made; from [`TgChannel::stats`](crate::TgChannel::stats).
/// Counters only grow; [`in_flight`](Self::in_flight) and
/// [`waiting_for_room`](Self::waiting_for_room) are of the moment. They are kept over
/// reconnections, and cost a request some nanoseconds and no allocation.
///
/// # Example
/// ```no_run
/// # fn example(channel: &tgdb_channel::TgChannel) {
/// let stats = channel.stats();
/// println!("{} requests, {} in flight, {} timeouts", stats.requests, stats.in_flight, stats.timeouts);
/// println!("{} B out, {} B in, {} reconnects", stats.bytes_sent, stats.bytes_received, stats.reconnects);
/// println!("p99 {:?}, longest {:?}", stats.latency.percentile(99.0), stats.latency.max());
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ChannelStats {
    /// Requests that were taken in, the channel's own for the schema and rollbacks among them.
    /// Not those that were not taken in, nor the login and pings.
    pub requests: u64,
    /// Messages without reply that were taken in.
    pub one_way: u64,
    /// Replies that went to their request, those of them in which the server reports an error too.
    pub replies: u64,
    /// Requests without outcome now, messages without reply that were not handed over yet among
    /// them.
    pub in_flight: usize,
    /// Requests now that were not taken in yet, because as many are in flight or as many bytes wait
    /// as may: [`maxRequestsInFlight`](tgdb_url::ConfigName::ChannelMaxInFlight),
    /// [`maxOutboxSize`](tgdb_url::ConfigName::ChannelMaxOutboxSize). More than 0 for long means
    /// that the program asks faster than the server answers.
    pub waiting_for_room: usize,
    /// Bytes of messages that the operating system took, login and pings included. Without what
    /// TLS adds.
    pub bytes_sent: u64,
    /// Bytes of whole messages that came, login and pings included. Without what TLS adds.
    pub bytes_received: u64,
    /// How long requests took: from the call that made each to its reply. So the time is in it
    /// that a request waited for room, for a connection, and for others that were sent before it.
    /// Requests without reply are not: see [`timeouts`](Self::timeouts).
    pub latency: LatencyHistogram,
    /// Requests and messages without reply that had no outcome at their deadline. Not those that
    /// the program gave up before.
    pub timeouts: u64,
    /// Replies to requests that nobody waits for any more. They were dropped.
    pub late_replies: u64,
    /// Messages with a request id that was never given out. They were dropped.
    pub unknown_replies: u64,
    /// How often requests were sent again after a reconnection.
    pub resends: u64,
    /// Attempts to connect or to log in that failed.
    pub failed_attempts: u64,
    /// Connections that were lost after their login. Not those that the program or the server
    /// ended.
    pub losses: u64,
    /// Reconnections that succeeded, after a loss or a
    /// [`switch_server`](crate::TgChannel::switch_server).
    pub reconnects: u64,
    /// The time in which the channel had a session: from each login to the loss or the end of its
    /// connection, that which lasts included.
    pub connected: Duration,
}

//! States of the link, and ways to stop it.

use std::fmt;

/// State of the link to the server. The diagram is in the documentation of the crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkState {
    /// Never connected.
    NotConnected,
    /// Logged in.
    Connected,
    /// Being stopped; requests in flight can still be answered.
    Closing,
    /// Stopped, or given up after all attempts to reconnect.
    Closed,
    /// Lost while sending.
    FailedOnSend,
    /// Lost while receiving.
    FailedOnRecv,
    /// Lost because the server sent something that is not TGDB's.
    FailedOnProcessing,
    /// Lost, and being connected again.
    Reconnecting,
    /// Ended by the server.
    Terminated,
}

impl fmt::Display for LinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotConnected => "not connected",
            Self::Connected => "connected",
            Self::Closing => "closing",
            Self::Closed => "closed",
            Self::FailedOnSend => "lost while sending",
            Self::FailedOnRecv => "lost while receiving",
            Self::FailedOnProcessing => "lost, for what the server sent is not TGDB's",
            Self::Reconnecting => "reconnecting",
            Self::Terminated => "ended by the server",
        })
    }
}

impl LinkState {
    /// Whether the link is over: closing, closed or terminated.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Closing | Self::Closed | Self::Terminated)
    }

    /// Whether the link was lost.
    pub fn in_error(self) -> bool {
        matches!(self, Self::FailedOnSend | Self::FailedOnRecv | Self::FailedOnProcessing)
    }

    /// Whether the diagram has an arrow from here to there.
    pub(crate) fn can_become(self, next: Self) -> bool {
        use LinkState::*;
        match next {
            NotConnected => false,
            Connected => !matches!(self, Connected | Closing),
            Closing => matches!(self, Connected | Reconnecting),
            Closed => matches!(self, Closing | Reconnecting) || self.in_error(),
            FailedOnSend | FailedOnRecv | FailedOnProcessing => self == Connected,
            Reconnecting => self == Connected || self.in_error(),
            Terminated => matches!(self, Connected | Closing),
        }
    }
}

/// How to stop a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StopMethod {
    /// Wait for the replies to requests in flight, no longer than the operation
    /// timeout, then send a disconnect request and close.
    Graceful,
    /// Send a disconnect request and close; requests in flight end with
    /// [`ChannelError::Stopped`](crate::ChannelError::Stopped).
    ClientForceful,
    /// Close without a disconnect request, as if the server had ended the session.
    RemoteKill,
}

#[cfg(test)]
mod tests {
    use super::LinkState::{self, *};

    const ALL: [LinkState; 9] = [
        NotConnected,
        Connected,
        Closing,
        Closed,
        FailedOnSend,
        FailedOnRecv,
        FailedOnProcessing,
        Reconnecting,
        Terminated,
    ];

    /// The arrows of the diagram in the documentation of the crate, and no others.
    #[test]
    fn the_arrows_are_those_of_the_diagram() {
        let targets = |from| match from {
            NotConnected | Terminated | Closed => vec![Connected],
            Connected => vec![Closing, FailedOnSend, FailedOnRecv, FailedOnProcessing, Reconnecting, Terminated],
            Closing => vec![Closed, Terminated],
            FailedOnSend | FailedOnRecv | FailedOnProcessing => vec![Connected, Closed, Reconnecting],
            Reconnecting => vec![Connected, Closing, Closed],
        };
        for from in ALL {
            let can: Vec<_> = ALL.into_iter().filter(|to| from.can_become(*to)).collect();
            assert_eq!(can, targets(from), "{from:?}");
        }
    }
}

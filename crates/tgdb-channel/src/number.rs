//! The numbers that the vendor's Python client gives its enumerations (`channel.py`).

use crate::{ExceptionHandleResult, LinkState, ResendMode, StopMethod, WaiterStatus};

macro_rules! numbers {
    ($($name:ident { $($variant:ident = $number:literal,)+ })+) => {
        $(impl $name {
            /// The number that the vendor's Python client has for it (`channel.py`).
            pub const fn number(self) -> u8 {
                match self { $(Self::$variant => $number,)+ }
            }

            /// The value with that [`number`](Self::number), if there is one.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)+
                    _ => None,
                }
            }
        })+
    };
}

numbers! {
    LinkState {
        NotConnected = 0,
        Connected = 1,
        Closing = 2,
        Closed = 3,
        FailedOnSend = 4,
        FailedOnRecv = 5,
        FailedOnProcessing = 6,
        Reconnecting = 7,
        Terminated = 8,
    }
    ResendMode {
        DontReconnectAndIgnore = 0,
        ReconnectAndResend = 1,
        ReconnectAndRaiseException = 2,
        ReconnectAndIgnore = 3,
    }
    StopMethod {
        Graceful = 0,
        ClientForceful = 1,
        RemoteKill = 2,
    }
    ExceptionHandleResult {
        RethrowException = 0,
        RetryOperation = 1,
        Disconnected = 2,
    }
    WaiterStatus {
        Waiting = 1,
        Ok = 2,
        Pushed = 3,
        Resend = 4,
        Disconnected = 5,
        Closed = 6,
    }
}

/// The vendor has a second enumeration of the same values, `Status`, which counts from 0. (Its
/// `Disconnected` is the tuple `(4,)` by mistake; 4 is meant.)
impl WaiterStatus {
    /// The number of the vendor's `Status`: one less than [`number`](Self::number).
    pub const fn status_number(self) -> u8 {
        self.number() - 1
    }

    /// The value with that [`status_number`](Self::status_number), if there is one.
    pub const fn from_status_number(number: u8) -> Option<Self> {
        match number.checked_add(1) {
            Some(number) => Self::from_number(number),
            None => None,
        }
    }
}

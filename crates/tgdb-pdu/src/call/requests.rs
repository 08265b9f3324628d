//! Requests without a payload, which are no type of [`crate::body`].

use crate::Body;

macro_rules! without_payload {
    ($($(#[$doc:meta])* $name:ident => $body:ident;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
            pub struct $name;

            impl From<$name> for Body {
                fn from(_: $name) -> Self {
                    Self::$body
                }
            }
        )+
    };
}

without_payload! {
    /// Asks for the graph's types.
    GetMetadata => MetadataRequest;
    /// Begins a transaction. No client of the vendor sends it: they commit without one, and a
    /// rollback only forgets changes that were not sent.
    BeginTransaction => BeginTransactionRequest;
    /// Rolls the session's transaction back. No client of the vendor sends it.
    RollbackTransaction => RollbackTransactionRequest;
}

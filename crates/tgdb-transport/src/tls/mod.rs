//! TLS, as far as this build has it.

mod info;
mod options;

/// The target of what TLS says to loggers and subscribers.
#[cfg(feature = "tls")]
const LOG_TARGET: &str = "tgdb::tls";

#[cfg(not(feature = "tls"))]
mod absent;
#[cfg(feature = "tls")]
mod config;
#[cfg(feature = "tls")]
mod error;
#[cfg(feature = "tls")]
mod handshake;
#[cfg(feature = "tls")]
mod material;
#[cfg(feature = "tls")]
mod roots;
#[cfg(feature = "tls")]
mod socket;
#[cfg(feature = "tls")]
mod stream;
#[cfg(feature = "tls")]
mod verifier;

#[cfg(not(feature = "tls"))]
pub use absent::{TlsConnector, TlsSocket};
#[cfg(feature = "tls")]
pub(crate) use error::remedy;
#[cfg(feature = "tls")]
pub use error::{CertificateProblem, TlsError};
pub use info::TlsInfo;
pub use options::{Dangerous, Roots, TlsOptions};
#[cfg(feature = "tls")]
pub use socket::{TlsConnector, TlsSocket};

//! From a host name to addresses, within a time.

use std::fmt::Debug;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::attempt::Attempt;
use crate::foreign::contain;
use crate::signal::Signal;
use crate::{SocketOptions, TransportError};

/// Turns host names into addresses.
///
/// It may block as long as it likes: it runs on a thread of its own, `tgdb-resolve`,
/// which is left behind when the time for connecting is up, and ends when the
/// resolver returns.
///
/// # Example
/// ```
/// use std::{io, net::SocketAddr, sync::Arc};
/// use tgdb_transport::{Resolve, SocketOptions};
///
/// #[derive(Debug)]
/// struct Fixed(SocketAddr);
/// impl Resolve for Fixed {
///     fn resolve(&self, _host: &str, _port: u16) -> io::Result<Vec<SocketAddr>> {
///         Ok(vec![self.0])
///     }
/// }
/// let resolver = Fixed(([127, 0, 0, 1], 8222).into());
/// let options = SocketOptions { resolver: Some(Arc::new(resolver)), ..SocketOptions::default() };
/// # let _ = options;
/// ```
pub trait Resolve: Debug + Send + Sync {
    /// The addresses of the host, in the order of preference.
    ///
    /// # Errors
    /// Whatever the resolver reports; the connect fails with
    /// [`TransportError::Resolve`]. No address is an error too.
    fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The addresses of the host; at least one.
pub(crate) fn resolve(attempt: &Attempt<'_>) -> Result<Vec<SocketAddr>, TransportError> {
    let failed = |source| TransportError::Resolve { peer: attempt.peer(), source };
    let &Attempt { host, port, options, .. } = attempt;
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    let addresses = if is_scoped(host) {
        // Asks the system for the number of the interface, no name server.
        system(host, port).map_err(failed)?
    } else {
        in_background(attempt, options)?.map_err(failed)?
    };
    match addresses.is_empty() {
        true => Err(failed(io::Error::new(io::ErrorKind::NotFound, "the host has no address"))),
        false => Ok(addresses),
    }
}

/// A link-local address with its zone, such as `fe80::1%eth0`.
fn is_scoped(host: &str) -> bool {
    host.split_once('%').is_some_and(|(address, _)| address.parse::<Ipv6Addr>().is_ok())
}

fn system(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs()?.collect())
}

type Answer = io::Result<Vec<SocketAddr>>;

/// Wakes the waiting thread when it is dropped, so also if the resolver panics.
struct Done(Arc<(Mutex<Option<Answer>>, Signal)>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.1.set();
    }
}

fn in_background(attempt: &Attempt<'_>, options: &SocketOptions) -> Result<Answer, TransportError> {
    const OPERATION: &str = "resolve";
    attempt.check(OPERATION)?;
    let failed = |source| TransportError::Resolve { peer: attempt.peer(), source };
    let shared = Arc::new((Mutex::new(None), Signal::new().map_err(failed)?));
    let done = Done(shared.clone());
    let (host, port, resolver) = (attempt.host.to_owned(), attempt.port, options.resolver.clone());
    let work = move || {
        let answer = match resolver {
            Some(resolver) => resolver.resolve(&host, port),
            None => system(&host, port),
        };
        *done.0.0.lock() = Some(answer);
    };
    // A thread that panics with what panics again when it is dropped would end the process.
    let work = move || {
        let _ = contain(work);
    };
    std::thread::Builder::new().name("tgdb-resolve".into()).spawn(work).map_err(failed)?;
    attempt.wait(OPERATION, &mut vec![shared.1.poll_fd()], None)?;
    let answer = shared.0.lock().take();
    Ok(answer.unwrap_or_else(|| Err(io::Error::other("the resolver panicked"))))
}

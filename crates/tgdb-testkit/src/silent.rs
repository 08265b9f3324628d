//! An address at which nothing answers.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// A listener on the loopback interface whose queue of connections is full. On Linux it answers no
/// further one, so that a client that connects waits, as for a host that is switched off.
///
/// # Example
/// ```
/// use std::net::TcpStream;
/// use std::time::Duration;
/// use tgdb_testkit::SilentListener;
///
/// let silent = SilentListener::start()?;
/// let connecting = TcpStream::connect_timeout(&silent.address(), Duration::from_millis(10));
/// assert_eq!(connecting.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct SilentListener {
    listener: TcpListener,
    address: SocketAddr,
    /// What fills the queue.
    held: Vec<TcpStream>,
}

impl SilentListener {
    /// Listens, and fills the queue.
    ///
    /// # Errors
    /// Those of the operating system; [`io::ErrorKind::Other`] if the queue is never full.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket2::SockRef::from(&listener).listen(0)?;
        let address = listener.local_addr()?;
        let mut held = Vec::new();
        while let Ok(tcp) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
            held.push(tcp);
            if held.len() == 100 {
                return Err(io::Error::other("the queue of connections is never full"));
            }
        }
        Ok(Self { listener, address, held })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the silence: the listener, which can accept connections again.
    pub fn into_listener(self) -> TcpListener {
        drop(self.held);
        self.listener
    }
}

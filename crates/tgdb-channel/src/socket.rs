//! Sockets for programs that drive them themselves.

use std::sync::Arc;

use tgdb_transport::{ConnectCancel, TgSocket};

use crate::driver::connector::open;
use crate::{ChannelError, TgChannel};

impl TgChannel {
    /// A new socket to the server of [`url`](Self::url), with the channel's settings for sockets and
    /// TLS, for a program that drives it itself. The channel does not know of it: log in with
    /// [`Login`](crate::Login), receive with [`TgSocket::recv`]. Waits for at most `connectTimeout`.
    ///
    /// # Errors
    /// [`ChannelError::Connect`], and [`ChannelError::Login`] if the server ends the session
    /// before TLS.
    ///
    /// # Example
    /// ```no_run
    /// use tgdb_channel::TgChannel;
    /// use tgdb_channel::pdu::{Body, Header, Message};
    ///
    /// let channel = TgChannel::builder("tcp://localhost:8222").build()?;
    /// let socket = channel.create_socket()?;
    /// socket.send(&Message::new(Header::default(), Body::Ping).encode()?)?;
    /// println!("{:?}", Message::decode(&socket.recv()?)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create_socket(&self) -> Result<Arc<dyn TgSocket>, ChannelError> {
        let cancel = ConnectCancel::new().map_err(ChannelError::thread)?;
        open(&self.shared().config, self.url(), &cancel)
    }
}

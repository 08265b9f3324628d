//! One connection of the proxy.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::fault::Faults;
use super::relay::{Direction, Stop};
use super::tls::Tls;
use super::watch::{Peers, Watcher};
use crate::record::{Event, Side};

/// Clear text or TLS.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// What all connections share.
pub(super) struct Service {
    pub(super) target: String,
    pub(super) faults: Faults,
    pub(super) tls: Tls,
    pub(super) watcher: Watcher,
}

impl Service {
    /// Relays a connection until both directions have ended.
    pub(super) async fn connection(self: Arc<Self>, number: u64, client: TcpStream, address: SocketAddr) {
        let server = TcpStream::connect(&self.target).await;
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        let peer = server.as_ref().map_or(unknown, |server| server.peer_addr().unwrap_or(unknown));
        let peers = Arc::new(Peers::new(number, address, peer));
        match server {
            Ok(server) => {
                self.watcher.opened(&peers);
                self.both(client, server, &peers).await;
            }
            Err(error) => {
                let why = format!("cannot connect {address} to {}: {error}", self.target);
                self.watcher.event(&peers, None, Event::Failed(why));
            }
        }
        self.watcher.closed(&peers);
    }

    async fn both(&self, client: TcpStream, server: TcpStream, peers: &Arc<Peers>) {
        // Messages are small, and each is waited for.
        let _ = client.set_nodelay(true);
        let _ = server.set_nodelay(true);
        // Over clear text without a lock between the directions.
        let stop = match (&self.tls.clients, &self.tls.target) {
            (None, None) => {
                let (client, server) = (client.into_split(), server.into_split());
                self.relay(client, server, peers).await
            }
            _ => match self.handshakes(client, server, peers).await {
                Some((client, server)) => self.relay(tokio::io::split(client), tokio::io::split(server), peers).await,
                None => return,
            },
        };
        if let Err(Stop::Failed(side, error)) = stop {
            let why = format!("connection to {} lost: {error}", side.name());
            self.watcher.event(peers, None, Event::Failed(why));
        }
    }

    async fn relay<R, W, S, T>(&self, client: (R, W), server: (S, T), peers: &Arc<Peers>) -> Result<(), Stop>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
        S: AsyncRead + Unpin,
        T: AsyncWrite + Unpin,
    {
        let direction = |from| Direction {
            from,
            peers: peers.clone(),
            watcher: self.watcher.clone(),
            plan: self.faults.of(peers.number, from),
        };
        // The first error ends both.
        tokio::try_join!(
            direction(Side::Client).run(client.0, server.1),
            direction(Side::Server).run(server.0, client.1)
        )
        .map(|_| ())
    }

    /// Shakes hands where TLS is asked for, with the client first.
    async fn handshakes(
        &self,
        client: TcpStream,
        server: TcpStream,
        peers: &Arc<Peers>,
    ) -> Option<(Box<dyn Stream>, Box<dyn Stream>)> {
        let failed = |side: Side, error: io::Error| {
            let why = format!("no TLS with the {}: {error}", side.name());
            self.watcher.event(peers, None, Event::Failed(why));
        };
        let client: Box<dyn Stream> = match &self.tls.clients {
            None => Box::new(client),
            Some(acceptor) => match acceptor.accept(client).await {
                Ok(client) => Box::new(client),
                Err(error) => {
                    failed(Side::Client, error);
                    return None;
                }
            },
        };
        let server: Box<dyn Stream> = match &self.tls.target {
            None => Box::new(server),
            Some((connector, name)) => match connector.connect(name.clone(), server).await {
                Ok(server) => Box::new(server),
                Err(error) => {
                    failed(Side::Server, error);
                    return None;
                }
            },
        };
        Some((client, server))
    }
}

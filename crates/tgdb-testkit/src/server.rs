//! The listener, and its hold on the connections.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;
use tgdb_pdu::{Body, Message};

use crate::connection::{self, Order, Record, Transcript};
use crate::{Faults, ServerConfig};

/// The session id of the first connection; each further one has the next.
const FIRST_SESSION: i64 = 1001;

/// A running server. Dropping it is [`TestServer::kill`].
pub struct TestServer {
    address: SocketAddr,
    shared: Arc<ServerShared>,
    listener: Option<JoinHandle<()>>,
}

struct ServerShared {
    config: Arc<ServerConfig>,
    faults: Mutex<Faults>,
    record: Record,
    accepted: AtomicUsize,
    stopping: AtomicBool,
    connections: Mutex<Vec<Link>>,
}

struct Link {
    tcp: TcpStream,
    orders: Sender<Order>,
    thread: JoinHandle<()>,
}

impl TestServer {
    /// Starts a server.
    ///
    /// # Errors
    /// If the address is not a loopback address, or is taken.
    pub fn start(config: ServerConfig) -> io::Result<Self> {
        if !config.address.ip().is_loopback() {
            return Err(io::Error::other("the test server listens on loopback addresses only"));
        }
        let listener = TcpListener::bind(config.address)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(ServerShared {
            faults: Mutex::new(config.faults.clone()),
            config: Arc::new(config),
            record: Record::default(),
            accepted: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
            connections: Mutex::default(),
        });
        let thread = {
            let shared = shared.clone();
            std::thread::Builder::new().name("testkit-listener".into()).spawn(move || listen(&listener, &shared))?
        };
        Ok(Self { address, shared, listener: Some(thread) })
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The channel URL of the server. Over TLS the host is `localhost`, so that a
    /// certificate can name it.
    pub fn url(&self) -> String {
        match self.shared.config.tls {
            Some(_) => format!("ssl://localhost:{}", self.address.port()),
            None => format!("tcp://{}", self.address),
        }
    }

    /// Gives the next connections other faults.
    pub fn set_faults(&self, faults: Faults) {
        *self.shared.faults.lock() = faults;
    }

    /// Ends all sessions with a message that says why.
    pub fn terminate_sessions(&self, reason: &str) {
        self.order(|| Order::Terminate(reason.to_owned()));
    }

    /// Sends a message to all clients, unasked. Request id -1.
    pub fn push(&self, body: Body) {
        self.order(|| Order::Push(body.clone()));
    }

    fn order(&self, order: impl Fn() -> Order) {
        for link in self.shared.connections.lock().iter() {
            let _ = link.orders.send(order());
        }
    }

    /// Cuts all connections, but goes on listening.
    pub fn cut_connections(&self) {
        for link in self.shared.connections.lock().iter() {
            let _ = link.tcp.shutdown(Shutdown::Both);
        }
    }

    /// Stops listening, cuts all connections, and waits for the threads to end.
    pub fn kill(&mut self) {
        let Some(listener) = self.listener.take() else { return };
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Wakes the listener out of its accept.
        let _ = TcpStream::connect(self.address);
        let _ = listener.join();
        self.cut_connections();
        let links = std::mem::take(&mut *self.shared.connections.lock());
        for link in links {
            let _ = link.thread.join();
        }
    }

    /// How many connections were accepted.
    pub fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// How many logins succeeded.
    pub fn logins(&self) -> usize {
        self.shared.record.logins.load(Ordering::SeqCst)
    }

    /// How many messages came after the login, pings and the disconnect request aside.
    pub fn requests(&self) -> usize {
        self.shared.record.requests.load(Ordering::SeqCst)
    }

    /// How many pings came.
    pub fn pings(&self) -> usize {
        self.shared.record.pings.load(Ordering::SeqCst)
    }

    /// How many disconnect requests came.
    pub fn disconnects(&self) -> usize {
        self.shared.record.disconnects.load(Ordering::SeqCst)
    }

    /// With [`ServerConfig::record`], the messages that came, in the order of their arrival.
    pub fn received(&self) -> Vec<Message> {
        self.shared.record.received.lock().clone()
    }

    /// With [`ServerConfig::record`], what went over the connections that have ended.
    pub fn transcripts(&self) -> Vec<Transcript> {
        self.shared.record.transcripts.lock().clone()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn listen(listener: &TcpListener, shared: &Arc<ServerShared>) {
    for tcp in listener.incoming() {
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let Ok(tcp) = tcp else { continue };
        let number = shared.accepted.fetch_add(1, Ordering::SeqCst);
        if let Err(error) = accept(tcp, number, shared) {
            log::error!("connection {number}: {error}");
        }
    }
}

fn accept(tcp: TcpStream, number: usize, shared: &Arc<ServerShared>) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let faults = match shared.config.faulty_connections {
        Some(faulty) if number >= faulty => Faults::default(),
        _ => shared.faults.lock().clone(),
    };
    let (orders, receiver): (_, Receiver<Order>) = crossbeam_channel::unbounded();
    let session_tcp = tcp.try_clone()?;
    let session_shared = shared.clone();
    let thread = std::thread::Builder::new().name(format!("testkit-session-{number}")).spawn(move || {
        let session_id = FIRST_SESSION + number as i64;
        let ended = connection::run(
            &session_tcp,
            faults,
            session_id,
            &receiver,
            &session_shared.config,
            &session_shared.record,
        );
        log::debug!("connection {number} ended: {ended:?}");
    })?;
    let mut connections = shared.connections.lock();
    connections.retain(|link| !link.thread.is_finished());
    connections.push(Link { tcp, orders, thread });
    Ok(())
}

//! A server that behaves until the login is done, and then as a test wants it to.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tgdb_channel::pdu::{Body, FrameDecoder, Message};
use tgdb_testkit::{Faults, ServerConfig, ServerSession};

/// The server. Its connections end when it is dropped.
pub struct Peer {
    address: SocketAddr,
    /// Our connections, the listener among them.
    sockets: Arc<Mutex<Vec<Socket>>>,
    ends: Vec<Sender<()>>,
    listener: Option<thread::JoinHandle<()>>,
}

/// A client, from the server's side.
pub struct Client {
    pub tcp: TcpStream,
    session: ServerSession,
    decoder: FrameDecoder,
    ended: Receiver<()>,
}

impl Peer {
    /// Gives the first client, once it has logged in, to `serve`. The server's receive buffer
    /// is small, so that it takes little when it does not read.
    pub fn start(serve: impl FnOnce(Client) + Send + 'static) -> Self {
        Self::before_login(|client| {
            if let Some(client) = client.log_in() {
                serve(client);
            }
        })
    }

    /// Gives the first client to `serve` when it has connected. Else as [`Peer::start`].
    pub fn before_login(serve: impl FnOnce(Client) + Send + 'static) -> Self {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.set_recv_buffer_size(16 * 1024).unwrap();
        listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        listener.listen(16).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let sockets = Arc::new(Mutex::new(vec![listener.try_clone().unwrap()]));
        let (end, ended) = mpsc::channel();
        let thread = {
            let sockets = sockets.clone();
            thread::spawn(move || {
                let Ok((socket, _)) = listener.accept() else { return };
                sockets.lock().unwrap().push(socket.try_clone().unwrap());
                drop(listener);
                serve(Client::new(socket.into(), ended));
            })
        };
        Self { address, sockets, ends: vec![end], listener: Some(thread) }
    }

    /// Where the server listens.
    pub fn url(&self) -> String {
        format!("tcp://{}", self.address)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.ends.clear();
        for socket in self.sockets.lock().unwrap().drain(..) {
            let _ = socket.shutdown(Shutdown::Both);
        }
        if let Some(thread) = self.listener.take() {
            let _ = thread.join();
        }
    }
}

impl Client {
    fn new(tcp: TcpStream, ended: Receiver<()>) -> Self {
        tcp.set_nodelay(true).unwrap();
        let mut session = ServerSession::new(Arc::new(ServerConfig::default()), Faults::default(), 1001);
        session.handle_connected(Duration::ZERO);
        Self { tcp, session, decoder: FrameDecoder::default(), ended }
    }

    fn log_in(mut self) -> Option<Self> {
        while !self.session.is_logged_in() {
            self.read()?;
        }
        Some(self)
    }

    /// Sends that message again and again as fast as the client takes it, and reads nothing.
    pub fn flood(mut self, body: Body) {
        let mut bytes = Vec::new();
        for id in 0..1000 {
            bytes.extend(self.encode(987_654_321 + id, body.clone()));
        }
        while self.tcp.write_all(&bytes).is_ok() {}
    }

    /// The next message; `None` if the client is gone.
    pub fn read(&mut self) -> Option<Message> {
        let mut buf = vec![0; 64 * 1024];
        loop {
            if let Some(frame) = self.decoder.next_frame().ok()? {
                let (_, message) = self.session.handle_frame(Duration::ZERO, &frame).ok()?;
                self.flush()?;
                return Some(message);
            }
            match self.tcp.read(&mut buf) {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.decoder.push(&buf[..count]),
            }
        }
    }

    /// Sends a message with that request id; `None` if the client is gone.
    pub fn send(&mut self, request_id: i64, body: impl Into<Body>) -> Option<()> {
        self.session.send(request_id, body);
        self.flush()
    }

    fn flush(&mut self) -> Option<()> {
        let mut out = Vec::new();
        self.session.poll_transmit(&mut out);
        self.tcp.write_all(&out).ok()
    }

    /// The bytes of a message with that request id.
    pub fn encode(&mut self, request_id: i64, body: impl Into<Body>) -> Vec<u8> {
        self.session.send(request_id, body);
        let mut out = Vec::new();
        self.session.poll_transmit(&mut out);
        out
    }

    /// Waits for the end of the test, or that long; whether the test goes on.
    pub fn pause(&self, time: Duration) -> bool {
        self.ended.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Timeout)
    }

    /// Does nothing until the test is over.
    pub fn hold(self) {
        let _ = self.ended.recv();
    }
}

//! Requests and replies, over a channel and by hand.

use std::future::Future;
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use tgdb_channel::pdu::{Body, Frame, Header, Message};
use tgdb_channel::transport::{SocketOptions, TcpSocket, TgSocket};
use tgdb_channel::{ResponseWaiter, TgChannel};

/// A connection without any code of this project.
pub(crate) fn raw(address: SocketAddr) -> TcpStream {
    let tcp = TcpStream::connect(address).unwrap();
    tcp.set_nodelay(true).unwrap();
    tcp
}

/// Sends and waits, one message at a time.
pub(crate) fn ping_pong(tcp: &mut TcpStream, message: &[u8], reply: &mut [u8], count: u32) {
    for _ in 0..count {
        tcp.write_all(message).unwrap();
        tcp.read_exact(reply).unwrap();
    }
}

/// A socket of the transport, without a channel.
pub(crate) fn socket(address: SocketAddr) -> TcpSocket {
    TcpSocket::connect("127.0.0.1", address.port(), &SocketOptions::default()).unwrap()
}

/// Sends that many messages in one write and waits for as many replies, which it does not
/// look into.
pub(crate) fn frames_by_hand(socket: &TcpSocket, batch: &[u8], frames: &mut Vec<Frame>, window: usize, count: u32) {
    for _ in 0..count as usize / window {
        socket.send(batch).unwrap();
        receive(socket, frames, window);
        black_box(&frames);
    }
}

/// The same, but encodes the messages and decodes the replies.
pub(crate) fn messages_by_hand(socket: &TcpSocket, body: &Body, frames: &mut Vec<Frame>, window: usize, count: u32) {
    let mut batch = Vec::new();
    for _ in 0..count as usize / window {
        batch.clear();
        for id in 0..window as i64 {
            let header = Header { request_id: id, ..Header::default() };
            batch.extend_from_slice(&Message::new(header, body.clone()).encode().unwrap());
        }
        socket.send(&batch).unwrap();
        receive(socket, frames, window);
        for frame in &*frames {
            black_box(Message::decode(frame).unwrap());
        }
    }
}

fn receive(socket: &TcpSocket, frames: &mut Vec<Frame>, count: usize) {
    frames.clear();
    while frames.len() < count {
        socket.recv_batch(frames, None).unwrap();
    }
}

/// The same message so many times, with ids of their own.
pub(crate) fn batch(message: &[u8], window: usize) -> Vec<u8> {
    let mut batch = message.repeat(window);
    for (id, frame) in batch.chunks_mut(message.len()).enumerate() {
        frame[28..36].copy_from_slice(&(id as i64).to_be_bytes());
    }
    batch
}

pub(crate) fn one_at_a_time(channel: &TgChannel, body: &Body, count: u32) {
    for _ in 0..count {
        black_box(channel.request(body.clone()).unwrap());
    }
}

pub(crate) fn in_flight(channel: &TgChannel, body: &Body, count: u32, window: usize) {
    for _ in 0..count as usize / window {
        let waiters: Vec<_> = (0..window).map(|_| channel.submit(body.clone()).unwrap()).collect();
        for waiter in waiters {
            black_box(waiter.wait().unwrap());
        }
    }
}

/// The same from one task.
pub(crate) fn awaited(channel: &TgChannel, body: &Body, count: u32, window: usize) {
    for _ in 0..count as usize / window {
        let waiters: Vec<_> = (0..window).map(|_| channel.submit(body.clone()).unwrap()).collect();
        block_on(join_all(waiters));
    }
}

async fn join_all(waiters: Vec<ResponseWaiter>) {
    for waiter in waiters {
        black_box(waiter.await.unwrap());
    }
}

/// Wakes a thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest thing that runs a future.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

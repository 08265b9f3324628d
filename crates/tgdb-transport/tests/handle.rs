//! The descriptor below a socket, for event loops.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::os::fd::{AsFd, AsRawFd};

use rustix::event::{PollFd, PollFlags, poll};
use tgdb_transport::TgSocket;

use common::{message, number, pairs};

#[test]
fn a_socket_gives_its_descriptor() {
    for (client, server) in pairs() {
        let socket: &dyn TgSocket = &*client;
        assert_eq!(socket.as_fd().as_raw_fd(), socket.tcp_stream().as_raw_fd());
        // What came with the handshake is inside the socket, so look there first.
        assert!(client.try_read().unwrap().is_none());
        server.send(&message(7, 10)).unwrap();
        let frame = loop {
            let mut fds = [PollFd::new(&socket, PollFlags::IN)];
            assert_eq!(poll(&mut fds, None).unwrap(), 1);
            if let Some(frame) = client.try_read().unwrap() {
                break frame;
            }
        };
        assert_eq!(number(&frame), 7);
    }
}

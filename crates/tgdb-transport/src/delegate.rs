//! Sockets that wrap a `Framed` and pass each method on to it.

/// Implements `TgSocket` for `$name` by its field 0.
macro_rules! delegate_socket {
    ($name:ident) => {
        impl $crate::TgSocket for $name {
            fn send(&self, frame: &[u8]) -> Result<usize, $crate::TransportError> {
                self.0.send(frame)
            }
            fn recv(&self) -> Result<tgdb_pdu::Frame, $crate::TransportError> {
                self.0.recv()
            }
            fn recv_deadline(&self, deadline: std::time::Instant) -> Result<tgdb_pdu::Frame, $crate::TransportError> {
                self.0.recv_deadline(deadline)
            }
            fn try_read(&self) -> Result<Option<tgdb_pdu::Frame>, $crate::TransportError> {
                self.0.try_read()
            }
            fn recv_batch(
                &self,
                frames: &mut Vec<tgdb_pdu::Frame>,
                deadline: Option<std::time::Instant>,
            ) -> Result<(), $crate::TransportError> {
                self.0.recv_batch(frames, deadline)
            }
            fn try_recv_batch(&self, frames: &mut Vec<tgdb_pdu::Frame>) -> Result<(), $crate::TransportError> {
                self.0.try_recv_batch(frames)
            }
            fn try_send(&self, parts: &[std::io::IoSlice<'_>]) -> Result<usize, $crate::TransportError> {
                self.0.try_send(parts)
            }
            fn try_flush(&self) -> Result<bool, $crate::TransportError> {
                self.0.try_flush()
            }
            fn tcp_stream(&self) -> &std::net::TcpStream {
                self.0.tcp_stream()
            }
            fn inbox_addr(&self) -> std::net::SocketAddr {
                self.0.inbox_addr()
            }
            fn outbox_addr(&self) -> std::net::SocketAddr {
                self.0.outbox_addr()
            }
            fn tls_info(&self) -> Option<$crate::TlsInfo> {
                self.0.tls_info()
            }
            fn connect_times(&self) -> Option<$crate::ConnectTimes> {
                self.0.connect_times()
            }
            fn arrivals(&self) -> u64 {
                self.0.arrivals()
            }
            fn end_login(&self) {
                self.0.end_login()
            }
            fn finish(&self) {
                self.0.finish()
            }
            fn close(&self) {
                self.0.close()
            }
        }

        #[cfg(unix)]
        impl std::os::fd::AsFd for $name {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                $crate::TgSocket::tcp_stream(self).as_fd()
            }
        }

        #[cfg(windows)]
        impl std::os::windows::io::AsSocket for $name {
            fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
                $crate::TgSocket::tcp_stream(self).as_socket()
            }
        }
    };
}
pub(crate) use delegate_socket;

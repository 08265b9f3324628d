//! A server as cheap as it can be: it reads frames and answers each with the same reply
//! under the request's id. So what is measured is the client.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use rustls::{ServerConnection, StreamOwned};
use tgdb_channel::pdu::body::*;
use tgdb_channel::pdu::version::ProductVersion;
use tgdb_channel::pdu::{AuthToken, Body, HEADER_LEN, Header, Message, Verb};

use crate::settings::Setting;

/// Starts a server that answers all requests with that body. Returns its address.
pub(crate) fn start(reply: &Body, tls: Option<Arc<rustls::ServerConfig>>, setting: Setting) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let reply: Arc<[u8]> = encode(reply).into();
    std::thread::spawn(move || {
        setting.pin_server();
        for tcp in listener.incoming() {
            let tcp = tcp.unwrap();
            tcp.set_nodelay(true).unwrap();
            let (reply, tls) = (reply.clone(), tls.clone());
            std::thread::spawn(move || match tls {
                None => serve(tcp, &reply),
                Some(tls) => serve(StreamOwned::new(ServerConnection::new(tls).unwrap(), tcp), &reply),
            });
        }
    });
    address
}

/// Starts a server that logs clients in and answers no request. It needs no buffer to speak of.
pub(crate) fn silent() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut open = Vec::with_capacity(64);
        for tcp in listener.incoming() {
            let mut tcp = tcp.unwrap();
            let mut buf = [0; 1024];
            // The three messages of the login.
            for _ in 0..3 {
                tcp.read_exact(&mut buf[..4]).unwrap();
                let length = u32::from_be_bytes(buf[..4].try_into().unwrap()) as usize;
                tcp.read_exact(&mut buf[4..length]).unwrap();
                let mut out = Vec::new();
                answer(&buf[..length], &[], &mut out);
                tcp.write_all(&out).unwrap();
            }
            open.push(tcp.try_clone().unwrap());
            std::thread::spawn(move || {
                let mut buf = [0; 16 * 1024];
                while tcp.read(&mut buf).is_ok_and(|count| count > 0) {}
            });
        }
    });
    address
}

pub(crate) fn encode(body: &Body) -> Vec<u8> {
    Message::new(Header::default(), body.clone()).encode().unwrap()
}

fn serve(mut stream: impl Read + Write, reply: &[u8]) {
    let mut buf = vec![0; 2 << 20];
    let mut out = Vec::new();
    let mut end = 0;
    loop {
        match stream.read(&mut buf[end..]) {
            Ok(0) | Err(_) => return,
            Ok(count) => end += count,
        }
        let mut start = 0;
        while let Some(length) = frame_length(&buf[start..end]) {
            answer(&buf[start..start + length], reply, &mut out);
            start += length;
        }
        buf.copy_within(start..end, 0);
        end -= start;
        if stream.write_all(&out).and_then(|()| stream.flush()).is_err() {
            return;
        }
        out.clear();
    }
}

/// The length of the frame at the start, if it is whole.
fn frame_length(bytes: &[u8]) -> Option<usize> {
    let length = u32::from_be_bytes(bytes.get(..4)?.try_into().unwrap()) as usize;
    (bytes.len() >= length).then_some(length)
}

fn answer(request: &[u8], reply: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    match Verb(i16::from_be_bytes([request[10], request[11]])) {
        Verb::HANDSHAKE_REQUEST => {
            let status = match request[HEADER_LEN] {
                1 => HandshakeStatus::ACCEPT_CHALLENGE,
                _ => HandshakeStatus::PROCEED_WITH_AUTHENTICATION,
            };
            let challenge = ProductVersion::CLIENT.to_wire();
            out.extend(encode(&HandshakeResponse { status, challenge, reason: None }.into()));
        }
        Verb::AUTHENTICATE_REQUEST => {
            let auth_token = AuthToken::new(7);
            out.extend(encode(&AuthenticateResponse::Accepted { auth_token, session_id: 8, certificate: None }.into()));
        }
        Verb::DISCONNECT_CHANNEL_REQUEST | Verb::PING => return,
        _ => out.extend_from_slice(reply),
    }
    out[start + 28..start + 36].copy_from_slice(&request[28..36]);
}

//! Decodes what one side of a connection sent, from a file with its raw bytes. Wireshark ("Follow
//! TCP Stream", saved as raw), tcpflow and `tgdb serve --dump` write such files.
//!
//! `cargo run -p tgdb-pdu --example decode -- FILE`
//!
//! Without a file it decodes a stream that it writes itself.

#![forbid(unsafe_code)]

use std::error::Error;
use std::fs::File;
use std::io::Read;

use tgdb_pdu::body::{QueryCommand, QueryRequest};
use tgdb_pdu::{Body, EncodeError, FrameDecoder, Header, Message};

fn main() -> Result<(), Box<dyn Error>> {
    let count = match std::env::args_os().nth(1) {
        Some(name) => decode(File::open(name)?)?,
        None => decode(&*stream()?)?,
    };
    println!("{count} messages");
    Ok(())
}

/// Prints each message, and returns how many there were.
fn decode(mut input: impl Read) -> Result<usize, Box<dyn Error>> {
    let mut decoder = FrameDecoder::default();
    let mut buf = [0; 4096];
    let mut count = 0;
    loop {
        // A frame may be spread over several reads, and a read may have several frames.
        let length = input.read(&mut buf)?;
        if length == 0 {
            return Ok(count);
        }
        decoder.push(&buf[..length]);
        // An error here means that the rest of the stream cannot be decoded.
        while let Some(frame) = decoder.next_frame()? {
            match Message::decode(&frame) {
                Ok(message) => println!("{message}"),
                // One damaged message; those behind it are whole.
                Err(error) => println!("{:?}: {error}", frame.verb),
            }
            count += 1;
        }
    }
}

/// What a client sends: a query, then a ping.
fn stream() -> Result<Vec<u8>, EncodeError> {
    let query = QueryRequest::text(QueryCommand::EXECUTE_GREMLIN_STR, "g.V().count()");
    let query = Message::new(Header { request_id: 1, ..Header::default() }, query.into());
    let ping = Message::new(Header { request_id: 2, ..Header::default() }, Body::Ping);
    Ok([query.encode()?, ping.encode()?].concat())
}

//! Inputs that are one stream of bytes.

use std::io::{BufRead, BufReader, Read};

use bytes::Bytes;
use tgdb_pdu::HEADER_LEN;

use super::hex::Hex;
use super::{Input, Sink};
use crate::exit::Failure;
use crate::record::{Event, Record, Settings, Side, Talk};

const CHUNK: usize = 64 * 1024;

/// One direction of a connection, whichever it is.
struct Stream {
    talk: Talk,
    records: Vec<Record>,
}

impl Stream {
    fn new(settings: Settings) -> Self {
        Self { talk: Talk::new(None, settings), records: Vec::new() }
    }

    fn push(&mut self, bytes: Bytes, sink: &mut Sink<'_>) -> Result<(), Failure> {
        self.talk.push(Side::Client, None, bytes, &mut self.records);
        self.write(sink)
    }

    fn finish(mut self, sink: &mut Sink<'_>) -> Result<(), Failure> {
        self.talk.finish(Side::Client, None, &mut self.records);
        self.write(sink)
    }

    fn write(&mut self, sink: &mut Sink<'_>) -> Result<(), Failure> {
        self.records.iter_mut().for_each(|record| record.from = None);
        sink.write(&mut self.records)
    }
}

/// Raw bytes.
pub(super) fn decode(mut input: Input, settings: Settings, sink: &mut Sink<'_>) -> Result<(), Failure> {
    let mut stream = Stream::new(settings);
    let mut buf = vec![0; CHUNK];
    loop {
        match input.reader.read(&mut buf) {
            Ok(0) => return stream.finish(sink),
            Ok(count) => stream.push(Bytes::copy_from_slice(&buf[..count]), sink)?,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(input.failed(error)),
        }
    }
}

/// Hexadecimal digits.
pub(super) fn decode_hex(mut input: Input, settings: Settings, sink: &mut Sink<'_>) -> Result<(), Failure> {
    let mut stream = Stream::new(settings);
    let mut hex = Hex::default();
    let mut reader = BufReader::new(std::mem::replace(&mut input.reader, Box::new(std::io::empty())));
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.by_ref().take(CHUNK as u64).read_until(b'\n', &mut line);
        if read.map_err(|error| input.failed(error))? == 0 {
            return stream.finish(sink);
        }
        let is_whole = line.len() < CHUNK;
        match hex.line(&line, is_whole) {
            Ok(bytes) => stream.push(bytes.into(), sink)?,
            Err(number) => return Err(input.damaged(format!("line {number} is no hex dump"))),
        }
    }
}

/// What Java's client writes (`ChannelMessageTracer.java`): for each message that it sent its
/// length, 4 bytes, and the message.
pub(super) fn decode_trace(mut input: Input, settings: Settings, sink: &mut Sink<'_>) -> Result<(), Failure> {
    let mut talk = Talk::new(None, settings);
    let mut records = Vec::new();
    let mut offset = 0_u64;
    loop {
        let mut length = [0; 4];
        match fill(&mut input, &mut length)? {
            0 => return Ok(()),
            4 => {}
            bytes => {
                records.push(talk.record(None, None, Event::Incomplete { bytes }));
                return sink.write(&mut records);
            }
        }
        let announced = i64::from(i32::from_be_bytes(length));
        if announced < HEADER_LEN as i64 {
            return Err(input.damaged(format!("no message of length {announced} can be at offset {offset}")));
        }
        offset += 4 + announced as u64;
        // Memory is taken for bytes that are there only.
        let mut left = announced as u64;
        while left > 0 {
            let mut buf = vec![0; left.min(CHUNK as u64) as usize];
            let count = fill(&mut input, &mut buf)?;
            buf.truncate(count as usize);
            talk.push(Side::Client, None, buf.into(), &mut records);
            sink.write(&mut records)?;
            if count == 0 {
                break;
            }
            left -= count;
        }
        if left == announced as u64 {
            records.push(talk.record(None, None, Event::Incomplete { bytes: 4 }));
        }
        // A message is shorter than its entry if something else is behind it.
        talk.finish(Side::Client, None, &mut records);
        sink.write(&mut records)?;
    }
}

/// Reads until the buffer is full or the input ends.
fn fill(input: &mut Input, buf: &mut [u8]) -> Result<u64, Failure> {
    let mut count = 0;
    while count < buf.len() {
        match input.reader.read(&mut buf[count..]) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(input.failed(error)),
        }
    }
    Ok(count as u64)
}

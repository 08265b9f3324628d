//! Both directions of one connection: messages, and which request each reply answers.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tgdb_pdu::{Frame, Message, Verb};

use super::split::{Piece, Splitter};
use super::{Event, Record, Seen, Side, check};

/// How many requests without a reply are remembered.
const MAX_OPEN: usize = 65_536;

/// Messages without a request id that are a request and its reply all the same: a client sends no
/// second one before the reply.
const LOGIN: [Verb; 5] = [
    Verb::HANDSHAKE_REQUEST,
    Verb::HANDSHAKE_RESPONSE,
    Verb::AUTHENTICATE_REQUEST,
    Verb::AUTHENTICATE_RESPONSE,
    Verb::EXCEPTION,
];

/// How the messages of a connection are to be looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// Larger frames are shown without their content, in bytes.
    pub(crate) max_frame: u32,
    /// Encode each message again and compare.
    pub(crate) check: bool,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Talk {
    connection: Option<u64>,
    settings: Settings,
    streams: [Splitter; 2],
    open: BTreeMap<i64, (Verb, Option<SystemTime>)>,
}

impl Talk {
    pub(crate) fn new(connection: Option<u64>, settings: Settings) -> Self {
        let streams = [Splitter::new(settings.max_frame), Splitter::new(settings.max_frame)];
        Self { connection, settings, streams, open: BTreeMap::new() }
    }

    /// Gives the connection a number.
    pub(crate) fn number(&mut self, connection: u64) {
        self.connection = Some(connection);
    }

    pub(crate) fn connection(&self) -> Option<u64> {
        self.connection
    }

    /// A record of something else about this connection.
    pub(crate) fn record(&self, time: Option<SystemTime>, from: Option<Side>, event: Event) -> Record {
        Record { time, connection: self.connection, from, event }
    }

    /// Takes bytes that came from a side.
    pub(crate) fn push(&mut self, from: Side, time: Option<SystemTime>, bytes: Bytes, records: &mut Vec<Record>) {
        let mut pieces = Vec::new();
        self.streams[from as usize].push(bytes, &mut |piece| pieces.push(piece));
        records.extend(pieces.into_iter().map(|piece| self.on_piece(from, time, piece)));
    }

    /// The next bytes from a side are missing.
    pub(crate) fn miss(&mut self, from: Side, time: Option<SystemTime>, bytes: u64, records: &mut Vec<Record>) {
        records.push(self.record(time, Some(from), Event::Missed { bytes }));
        self.streams[from as usize].search("bytes before are missing");
    }

    /// The bytes from a side begin in the middle of a stream.
    pub(crate) fn join(&mut self, from: Side) {
        self.streams[from as usize].search("the capture begins inside a message");
    }

    /// No further bytes come from a side.
    pub(crate) fn finish(&mut self, from: Side, time: Option<SystemTime>, records: &mut Vec<Record>) {
        let stream = &mut self.streams[from as usize];
        let mut pieces = Vec::new();
        let bytes = stream.buffered();
        stream.finish(&mut |piece| pieces.push(piece));
        *stream = Splitter::new(self.settings.max_frame);
        records.extend(pieces.into_iter().map(|piece| self.on_piece(from, time, piece)));
        if bytes > 0 {
            records.push(self.record(time, Some(from), Event::Incomplete { bytes }));
        }
    }

    fn on_piece(&mut self, from: Side, time: Option<SystemTime>, piece: Piece) -> Record {
        let event = match piece {
            Piece::Frame(frame) => Event::Message(Box::new(self.on_frame(from, time, frame))),
            Piece::Skipped { bytes, reason } => Event::Skipped { bytes, reason },
        };
        self.record(time, Some(from), event)
    }

    fn on_frame(&mut self, from: Side, time: Option<SystemTime>, frame: Frame) -> Seen {
        let (header, verb, padding) = (frame.header, frame.verb, frame.padding.len());
        let length = frame.encoded_len() as u64 + u64::from(frame.omitted);
        let checked = self.settings.check.then(|| frame.clone());
        let message = Message::try_from(frame);
        let difference = match (&checked, &message) {
            (Some(frame), Ok(message)) => check::difference(frame, message),
            _ => None,
        };
        let reply = self.matched(from, header.request_id, verb, time);
        Seen { header, verb, length, padding, message, reply, difference }
    }

    /// Remembers a request, or finds the one that a reply answers.
    fn matched(
        &mut self,
        from: Side,
        id: i64,
        verb: Verb,
        time: Option<SystemTime>,
    ) -> Option<(Verb, Option<Duration>)> {
        match from {
            Side::Client => {
                if id != -1 || LOGIN.contains(&verb) {
                    self.open.insert(id, (verb, time));
                }
                if self.open.len() > MAX_OPEN {
                    self.open.pop_first();
                }
                None
            }
            Side::Server if id == -1 && !LOGIN.contains(&verb) => None,
            Side::Server => {
                let (verb, asked) = self.open.remove(&id)?;
                Some((verb, time.zip(asked).and_then(|(time, asked)| time.duration_since(asked).ok())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;
    use tgdb_pdu::{Body, Header};

    const SETTINGS: Settings = Settings { max_frame: 1 << 20, check: true };

    /// The verb of the request that each message of the conversation answers, and after how long.
    fn replies(messages: &[(Side, i64, Body)]) -> Vec<Option<(Verb, u64)>> {
        let mut talk = Talk::new(None, SETTINGS);
        let mut records = Vec::new();
        for (second, (from, request_id, body)) in (0..).zip(messages) {
            let message = Message::new(Header { request_id: *request_id, ..Header::default() }, body.clone());
            let time = UNIX_EPOCH + Duration::from_secs(second);
            talk.push(*from, Some(time), message.encode().expect("it fits").into(), &mut records);
        }
        let reply = |record: &Record| match &record.event {
            Event::Message(seen) => seen.reply.map(|(verb, after)| (verb, after.expect("times are known").as_secs())),
            other => panic!("{other:?}"),
        };
        records.iter().map(reply).collect()
    }

    #[test]
    fn replies_find_their_requests_in_any_order() {
        let (request, reply) = (Body::RollbackTransactionRequest, Body::RollbackTransactionResponse);
        let found = replies(&[
            (Side::Client, 1, request.clone()),
            (Side::Client, 2, Body::MetadataRequest),
            (Side::Server, 2, reply.clone()),
            (Side::Server, 1, reply.clone()),
            (Side::Server, 1, reply),
            (Side::Client, -1, Body::Ping),
            (Side::Server, -1, Body::Ping),
        ]);
        let metadata = Some((Verb::METADATA_REQUEST, 1));
        let rollback = Some((Verb::ROLLBACK_TRANSACTION_REQUEST, 3));
        assert_eq!(found, [None, None, metadata, rollback, None, None, None]);
    }

    #[test]
    fn open_requests_are_bounded() {
        let mut talk = Talk::new(None, SETTINGS);
        for id in 0..2 * MAX_OPEN as i64 {
            talk.matched(Side::Client, id, Verb::QUERY_REQUEST, None);
        }
        assert_eq!(talk.open.len(), MAX_OPEN);
        assert!(talk.matched(Side::Server, 2 * MAX_OPEN as i64 - 1, Verb::QUERY_RESPONSE, None).is_some());
    }
}

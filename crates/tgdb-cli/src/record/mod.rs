//! What is shown: a record for each message, and for whatever else happens.

mod bounded;
mod check;
mod json;
mod secrets;
mod split;
mod talk;
mod text;

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use tgdb_pdu::{BodyError, Header, Message, Verb};

pub(crate) use check::Difference;
pub(crate) use talk::{Settings, Talk};

/// Which end of a connection bytes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::Client, Self::Server];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// One line of output.
#[derive(Debug)]
pub(crate) struct Record {
    /// When it happened, if the input has it.
    pub(crate) time: Option<SystemTime>,
    /// Number of the connection, from 1 on, if the input has several.
    pub(crate) connection: Option<u64>,
    /// Where it came from, if that is known.
    pub(crate) from: Option<Side>,
    pub(crate) event: Event,
}

#[derive(Debug)]
pub(crate) enum Event {
    Message(Box<Seen>),
    /// A proxy is ready.
    Listening {
        address: SocketAddr,
    },
    Opened {
        client: SocketAddr,
        server: SocketAddr,
    },
    /// A fault that was asked for was committed.
    Fault(String),
    /// A connection cannot be made, or is lost.
    Failed(String),
    Closed,
    /// Bytes in which no frame could be found.
    Skipped {
        bytes: u64,
        reason: String,
    },
    /// Bytes that were not looked at, because the output is slower than the connection,
    /// or that the capture lacks.
    Missed {
        bytes: u64,
    },
    /// A stream ended inside a frame, of which so many bytes are there.
    Incomplete {
        bytes: u64,
    },
    /// Something to know about the input as a whole.
    Note(String),
}

/// A message that was seen.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) header: Header,
    pub(crate) verb: Verb,
    /// Length of the frame in bytes.
    pub(crate) length: u64,
    /// Bytes between header and payload.
    pub(crate) padding: usize,
    pub(crate) message: Result<Message, BodyError>,
    /// The request that it answers, and how long that took.
    pub(crate) reply: Option<(Verb, Option<Duration>)>,
    /// What would differ if it was encoded again.
    pub(crate) difference: Option<Difference>,
}

impl Record {
    /// Whether it says that something could not be decoded.
    pub(crate) fn is_undecoded(&self) -> bool {
        match &self.event {
            Event::Message(seen) => seen.message.is_err(),
            Event::Skipped { .. } | Event::Incomplete { .. } => true,
            _ => false,
        }
    }
}

/// How records are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    /// JSON lines in place of text.
    pub(crate) json: bool,
    /// Text with colours.
    pub(crate) color: bool,
    pub(crate) show_secrets: bool,
    /// The maximum of characters of a message's content.
    pub(crate) width: usize,
}

impl Format {
    /// Appends the line of a record, without a line feed.
    pub(crate) fn write(&self, record: &Record, line: &mut Vec<u8>) {
        if self.json { json::write(self, record, line) } else { text::write(self, record, line) }
    }

    /// The content of a message in at most [`Format::width`] characters.
    fn content(&self, message: &Message) -> String {
        let text = bounded::debug(&message.body, self.width);
        match message.trailing.len() {
            0 => text,
            trailing => format!("{text}, and {trailing} bytes behind it"),
        }
    }
}

//! Records as text.

use std::io::Write;

use anstyle::{AnsiColor, Style};

use crate::duration::milliseconds;

use super::{Difference, Event, Format, Record, Seen, Side, secrets};

/// The colours of a line; none of them has an effect where colours are not wanted.
struct Styles {
    verb: Style,
    wrong: Style,
    odd: Style,
    dim: Style,
}

impl Styles {
    fn of(format: &Format) -> Self {
        let style = |style| if format.color { style } else { Style::new() };
        Self {
            verb: style(Style::new().bold()),
            wrong: style(AnsiColor::Red.on_default()),
            odd: style(AnsiColor::Yellow.on_default()),
            dim: style(Style::new().dimmed()),
        }
    }
}

/// Writing to memory does not fail.
macro_rules! put {
    ($line:expr, $($what:tt)*) => {{
        let _ = write!($line, $($what)*);
    }};
}

pub(super) fn write(format: &Format, record: &Record, line: &mut Vec<u8>) {
    let Styles { wrong, odd, dim, .. } = Styles::of(format);
    if let Some(time) = record.time {
        put!(line, "{dim}{}{dim:#} ", humantime::format_rfc3339_micros(time));
    }
    if let Some(connection) = record.connection {
        put!(line, "#{connection} ");
    }
    match record.from {
        Some(Side::Client) => line.extend_from_slice(b"-> "),
        Some(Side::Server) => line.extend_from_slice(b"<- "),
        None => {}
    }
    match &record.event {
        Event::Message(seen) => message(format, seen, line),
        Event::Listening { address } => {
            put!(line, "listening on {address}");
        }
        Event::Opened { client, server } => {
            put!(line, "opened: {client} to {server}");
        }
        Event::Fault(what) => {
            put!(line, "{odd}fault{odd:#}: {what}");
        }
        Event::Failed(why) => {
            put!(line, "{wrong}failed{wrong:#}: {why}");
        }
        Event::Closed => line.extend_from_slice(b"closed"),
        Event::Skipped { bytes, reason } => {
            put!(line, "{wrong}skipped {bytes} bytes{wrong:#}: {reason}");
        }
        Event::Missed { bytes } => {
            put!(line, "{odd}{bytes} bytes are missing here{odd:#}");
        }
        Event::Incomplete { bytes } => {
            put!(line, "{wrong}ends inside a message{wrong:#}, of which there are {bytes} bytes");
        }
        Event::Note(note) => line.extend_from_slice(note.as_bytes()),
    }
}

fn message(format: &Format, seen: &Seen, line: &mut Vec<u8>) {
    let Styles { verb, wrong, odd, .. } = Styles::of(format);
    put!(line, "{verb}{}{verb:#}", seen.verb);
    if seen.header.request_id != -1 {
        put!(line, " request {}", seen.header.request_id);
    }
    if seen.header.session_id != 0 {
        put!(line, " session {}", seen.header.session_id);
    }
    put!(line, " {} B", seen.length);
    if let Some((request, latency)) = seen.reply {
        match latency {
            Some(latency) => put!(line, " after {}", milliseconds(latency)),
            None => put!(line, " answers {request}"),
        }
    }
    match &seen.message {
        Ok(message) => {
            put!(line, "  {}", format.content(message));
        }
        Err(error) => {
            put!(line, "  {wrong}{error}{wrong:#}");
        }
    }
    match &seen.difference {
        None => {}
        Some(Difference::Bytes { offset, length, encoded_length }) => {
            put!(
                line,
                "  {odd}encodes differently{odd:#}: from offset {offset} on, {encoded_length} bytes for {length}"
            );
        }
        Some(Difference::Invalid(why)) => {
            put!(line, "  {odd}does not encode again{odd:#}: {why}");
        }
        Some(Difference::Padding(bytes)) => {
            put!(line, "  {odd}encodes without its {bytes} bytes of padding{odd:#}");
        }
    }
    if format.show_secrets {
        for (name, value) in secrets::of(&seen.header, seen.message.as_ref().ok()) {
            put!(line, "  {odd}{name}={value}{odd:#}");
        }
    }
}

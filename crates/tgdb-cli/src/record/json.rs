//! Records as JSON objects.

use serde_json::{Map, Value, json};

use super::{Difference, Event, Format, Record, Seen, secrets};

pub(super) fn write(format: &Format, record: &Record, line: &mut Vec<u8>) {
    let mut object = Map::new();
    let mut set = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
    set("event", name(&record.event).into());
    if let Some(time) = record.time {
        set("time", humantime::format_rfc3339_micros(time).to_string().into());
    }
    if let Some(connection) = record.connection {
        set("connection", connection.into());
    }
    if let Some(from) = record.from {
        set("from", from.name().into());
    }
    match &record.event {
        Event::Message(seen) => message(format, seen, &mut set),
        Event::Listening { address } => set("address", address.to_string().into()),
        Event::Opened { client, server } => {
            set("client", client.to_string().into());
            set("server", server.to_string().into());
        }
        Event::Fault(text) | Event::Failed(text) | Event::Note(text) => set("text", text.as_str().into()),
        Event::Closed => {}
        Event::Skipped { bytes, reason } => {
            set("bytes", (*bytes).into());
            set("text", reason.as_str().into());
        }
        Event::Missed { bytes } | Event::Incomplete { bytes } => set("bytes", (*bytes).into()),
    }
    // A map of strings and numbers; writing to memory does not fail.
    let _ = serde_json::to_writer(line, &object);
}

fn name(event: &Event) -> &'static str {
    match event {
        Event::Message(_) => "message",
        Event::Listening { .. } => "listening",
        Event::Opened { .. } => "opened",
        Event::Fault(_) => "fault",
        Event::Failed(_) => "failed",
        Event::Closed => "closed",
        Event::Skipped { .. } => "skipped",
        Event::Missed { .. } => "missed",
        Event::Incomplete { .. } => "incomplete",
        Event::Note(_) => "note",
    }
}

fn message(format: &Format, seen: &Seen, set: &mut impl FnMut(&str, Value)) {
    set("verb", seen.verb.to_string().into());
    set("verb_id", seen.verb.0.into());
    set("length", seen.length.into());
    set("padding", seen.padding.into());
    set("sequence_no", seen.header.sequence_no.into());
    set("timestamp", seen.header.timestamp.into());
    set("request_id", seen.header.request_id.into());
    set("session_id", seen.header.session_id.into());
    set("tenant_id", seen.header.tenant_id.into());
    if let Some((verb, latency)) = seen.reply {
        set("answers", verb.to_string().into());
        if let Some(latency) = latency {
            set("latency_us", (latency.as_nanos() as f64 / 1000.0).into());
        }
    }
    match &seen.message {
        Ok(message) => {
            set("content", format.content(message).into());
            set("trailing", message.trailing.len().into());
        }
        Err(error) => set("error", error.to_string().into()),
    }
    match &seen.difference {
        None => {}
        Some(Difference::Bytes { offset, length, encoded_length }) => {
            set("differs", json!({ "offset": offset, "length": length, "encoded_length": encoded_length }));
        }
        Some(Difference::Invalid(why)) => set("differs", json!({ "error": why })),
        Some(Difference::Padding(bytes)) => set("differs", json!({ "padding": bytes })),
    }
    if format.show_secrets {
        let secrets = secrets::of(&seen.header, seen.message.as_ref().ok());
        set("secrets", secrets.into_iter().map(|(name, value)| (name, Value::from(value))).collect::<Value>());
    }
}

//! The requests that a server is sent, as lines of output.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};
use serde_json::json;
use tgdb_pdu::{Message, Secret};
use tgdb_testkit::{Script, ServerSession};

/// How many lines wait for the output before sessions do.
pub(super) const LINES: usize = 1024;

/// Takes the lines, from any thread.
pub(super) struct Sink {
    lines: Sender<String>,
    json: bool,
}

/// A sink, and where its lines come out.
pub(super) fn queue(json: bool) -> (Option<Sink>, Receiver<String>) {
    let (lines, receiver) = bounded(LINES);
    (Some(Sink { lines, json }), receiver)
}

/// Shows each request before another script answers it.
pub(super) struct Traced {
    pub(super) script: Arc<dyn Script>,
    pub(super) sink: Sink,
}

impl Script for Traced {
    fn on_request(&self, session: &mut ServerSession, request: &Message) {
        let line = match self.sink.json {
            true => json!({
                "event": "request",
                "session_id": session.id(),
                "request_id": request.header.request_id,
                "verb": request.verb().to_string(),
                "content": request.to_string(),
            })
            .to_string(),
            false => format!("session {}: {request}", session.id()),
        };
        // It fails when the server ends.
        let _ = self.sink.lines.send(line);
        self.script.on_request(session, request);
    }

    fn is_user(&self, name: &str, password: &Secret) -> bool {
        self.script.is_user(name, password)
    }
}

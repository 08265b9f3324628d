//! Commands that do something.

use std::io::{self, IsTerminal, Write};

use serde_json::{Value, json};
use tgdb_channel::{ChannelError, RequestOptions, ResendMode, TgChannel};
use tgdb_pdu::body::{KillConnection, SetLogLevel};
use tgdb_pdu::{Reader, Verb};

use super::numbering::{Numbering, Task};
use crate::exit::Failure;
use crate::listing::Listing;
use crate::output;

/// Says what was done.
fn done(listing: &mut Listing, text: &str, value: &Value) -> Result<(), Failure> {
    if listing.is_json() { listing.thing(value) } else { output::print(format!("{text}\n").as_bytes()) }
}

pub(super) fn kill(
    channel: &TgChannel,
    numbering: Numbering,
    listing: &mut Listing,
    session_id: i64,
) -> Result<(), Failure> {
    // Java sets the flag always and means one session; with Python it means all of them.
    let kill = KillConnection { session_id, all_sessions: !numbering.is_python() };
    let reply = channel.call(numbering.with(Task::Kill, &kill)?)?;
    let mut reader = Reader::new(Verb::ADMIN_RESPONSE, reply.payload.0.clone());
    match reader.u32("killed").map_err(ChannelError::from)? {
        0 => Err(Failure::NotDone { reason: format!("the server has no session {session_id}") }),
        count => done(listing, &format!("ended session {session_id}"), &json!({ "killed": count })),
    }
}

pub(super) fn log_level(
    channel: &TgChannel,
    numbering: Numbering,
    listing: &mut Listing,
    level: i16,
    component: i64,
) -> Result<(), Failure> {
    channel.call(numbering.with(Task::SetLogLevel, &SetLogLevel { level, component })?)?;
    done(listing, &format!("set the log level to {level}"), &json!({ "log_level": level, "components": component }))
}

pub(super) fn checkpoint(channel: &TgChannel, numbering: Numbering, listing: &mut Listing) -> Result<(), Failure> {
    channel.call(numbering.request(Task::Checkpoint))?;
    done(listing, "made a checkpoint", &json!({ "checkpoint": true }))
}

/// Asks whether the server is to be stopped. A script has to say it on the command line.
pub(super) fn confirm(is_confirmed: bool) -> Result<(), Failure> {
    if is_confirmed {
        return Ok(());
    }
    let not_done = |reason: &str| Err(Failure::Usage { reason: reason.into() });
    if !io::stdin().is_terminal() {
        return not_done("nobody can be asked whether to stop the server; --yes does it without a question");
    }
    let mut answer = String::new();
    // The standard error can be closed; nothing is done without an answer.
    let _ = write!(io::stderr(), "Stop the server for all its clients? [y/N] ");
    io::stdin().read_line(&mut answer).map_err(|source| Failure::Read { path: "the standard input".into(), source })?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => not_done("the server was not stopped"),
    }
}

pub(super) fn stop(channel: &TgChannel, numbering: Numbering, listing: &mut Listing) -> Result<(), Failure> {
    let options = RequestOptions::resend(ResendMode::DontReconnectAndIgnore);
    match channel.call_with(numbering.request(Task::Stop), options) {
        // A server that stops has no time for a reply, maybe.
        Ok(_) | Err(ChannelError::Lost { .. } | ChannelError::Terminated { .. }) => {
            done(listing, "the server stops", &json!({ "stopping": true }))
        }
        Err(error) => Err(error.into()),
    }
}

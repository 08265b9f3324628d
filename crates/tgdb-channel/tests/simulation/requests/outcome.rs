//! Which outcome a request can have.

use super::*;

/// What the driver knows when an outcome is there.
pub(crate) struct Context<'a> {
    pub(crate) now: Duration,
    pub(crate) links: &'a Links,
    /// The state of the link at that moment, if it is known.
    pub(crate) state: Option<LinkState>,
    pub(crate) may_not_decode: bool,
    /// How many bytes the system took of a connection, and whether it is corrupted.
    pub(crate) connection: &'a dyn Fn(LinkId) -> (u64, bool),
}

impl Context<'_> {
    fn may_be(&self, state: LinkState) -> bool {
        self.state.is_none_or(|is| is == state)
    }
}

impl Tracked {
    /// Whether there can be such an outcome; what it is called.
    pub(super) fn judge(&self, Ended { outcome, .. }: Ended, context: &Context<'_>) -> Result<&'static str, String> {
        let Context { now, links, connection, state, .. } = context;
        let is_due = *now >= self.deadline;
        Ok(match outcome {
            Outcome::Reply(reply) => {
                check!(!self.is_one_way, "a reply to a message that has none");
                let frame = reply.into_frame();
                check!(frame.header.request_id == self.key, "the reply to {}", frame.header.request_id);
                let Some((link, _)) = self.last else { return Err("a reply before it was sent".into()) };
                match Message::decode(&frame) {
                    _ if connection(link).1 => "reply on a corrupted connection",
                    Err(_) if context.may_not_decode => "reply does not decode",
                    Ok(Message { body: Body::QueryResponse(response), .. }) => {
                        let body = Body::QueryResponse(response);
                        let text = echoed(&body);
                        check!(text == Some(&self.text), "the reply to {text:?}");
                        "reply"
                    }
                    other => return Err(format!("the reply is {other:?}")),
                }
            }
            Outcome::Sent => {
                let is_gone = self.last.is_some_and(|(link, end)| end <= connection(link).0);
                check!(self.is_one_way && is_gone, "sent, but not all of it was taken");
                "sent"
            }
            Outcome::Ignored => {
                use ResendMode::{DontReconnectAndIgnore, ReconnectAndIgnore};
                let may_be = matches!(self.mode, DontReconnectAndIgnore | ReconnectAndIgnore);
                check!(self.is_one_way && may_be && self.losses > 0, "ignored");
                "ignored"
            }
            Outcome::Failed(Failure::Timeout { was_sent }) => {
                check!(is_due, "a timeout before the deadline");
                check!(was_sent == (self.sends > 0), "a timeout that says was_sent {was_sent}");
                if was_sent { "timeout, sent" } else { "timeout, not sent" }
            }
            Outcome::Failed(Failure::NotConnected { state, .. }) => {
                check!(is_due && self.sends == 0, "not connected, before the deadline or after it was sent");
                check!(state == LinkState::Reconnecting, "not connected: {state:?}");
                "timeout while reconnecting"
            }
            Outcome::Failed(Failure::Lost(_)) => {
                let is_closing = context.may_be(LinkState::Closing);
                let is_final = is_closing || !links.has_failover() || self.mode == ResendMode::DontReconnectAndIgnore;
                check!(is_final && (self.losses > 0 || is_closing), "lost");
                "failed: lost"
            }
            Outcome::Failed(Failure::NotResent(_)) => {
                let may_not = self.mode != ResendMode::ReconnectAndResend || self.sends == MAX_SENDS;
                check!(may_not && self.sends > 0 && self.losses > 0, "not resent");
                check!(context.may_be(LinkState::Connected), "not resent, but {state:?}");
                "failed: not resent"
            }
            Outcome::Failed(Failure::ReconnectFailed { .. }) => {
                check!(context.may_be(LinkState::Closed) && links.has_failover(), "reconnecting failed, but {state:?}");
                "failed: reconnecting failed"
            }
            Outcome::Failed(Failure::Terminated { .. }) => {
                check!(context.may_be(LinkState::Terminated), "terminated, but {state:?}");
                "failed: terminated"
            }
            Outcome::Failed(Failure::Stopped) => {
                check!(links.stops_requests(*now), "stopped by nobody, or too early");
                "failed: stopped"
            }
            other => return Err(format!("an outcome unknown here: {other:?}")),
        })
    }
}

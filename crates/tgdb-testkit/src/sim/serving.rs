//! What the server does on a connection: reads, executes, answers.

use std::time::Duration;

use tgdb_pdu::body::{Exception, MetadataResponse, RawBody};
use tgdb_pdu::{Body, Frame, Message, Verb};

use super::conn::Conn;
use super::event::{Execution, Heard};
use super::queue::Step;
use super::server_end::ServerEnd;
use super::world::World;
use crate::ServerEvent;

/// Added to a request id to get one that was never used.
const UNKNOWN: i64 = 1 << 40;
/// The minimum time between two messages that the client did not ask for.
const SHORTEST: Duration = Duration::from_micros(1);

/// Steps of the server's end.
impl Conn {
    pub(super) fn serve(&mut self, step: Step, world: &mut World) {
        let Some(end) = &mut self.server_end else { return };
        match step {
            Step::ToServer(bytes) => end.unread.extend_from_slice(&bytes),
            Step::FinToServer => end.fin = true,
            Step::Terminate => end.session.terminate(world.now, "ended by the administrator"),
            Step::Stall(activity) => {
                end.set(activity, false);
                let length = self.rng.time(&world.plan.stall);
                if !self.rng.chance(world.plan.endless_stall) {
                    world.push(world.now + length, self.id, Step::Resume(activity));
                }
            }
            Step::Resume(activity) => end.set(activity, true),
            Step::Work(request) => self.answer(&request, world),
            Step::Ping => self.ping(world),
            Step::Unasked => self.send_unasked(world),
            _ => {}
        }
        self.read(world);
        self.transmit(world);
    }

    fn read(&mut self, world: &mut World) {
        while let Some(end) = &mut self.server_end {
            let (count, frame) = end.read();
            if count > 0 {
                self.acknowledge(count, world);
            }
            match frame {
                Ok(Some(frame)) => self.on_frame(&frame, world),
                Ok(None) => break,
                // Not a client of this protocol.
                Err(_) => return self.abort(None, world),
            }
        }
        if let Some(end) = &mut self.server_end
            && end.fin
            && end.reading
        {
            end.session.close();
        }
    }

    fn on_frame(&mut self, frame: &Frame, world: &mut World) {
        let (at, server, conn) = (world.now, self.server, self.id);
        world.heard.push(Heard { at, server, conn, verb: frame.verb, header: frame.header });
        let Some(end) = &mut self.server_end else { return };
        let Ok((event, request)) = end.session.handle_frame(world.now, frame) else { return };
        match event {
            ServerEvent::LoggedIn => {
                self.schedule(Step::Ping, world);
                self.schedule(Step::Unasked, world);
            }
            ServerEvent::Request => {
                let session_id = end.session.id();
                world.executed.push(Execution { at, server, conn, session_id, request: request.clone() });
                let late = world.plan.late_reply.draw(&mut self.rng).unwrap_or_default();
                let done = at + self.rng.time(&world.plan.work) + late;
                world.push(done, conn, Step::Work(Box::new(request)));
            }
            _ => {}
        }
    }

    fn answer(&mut self, request: &Message, world: &World) {
        let (plan, rng) = (&world.plan, &mut self.rng);
        let [missing, twice, unknown, bad] =
            [plan.missing_reply, plan.duplicate_reply, plan.unknown_reply, plan.bad_reply].map(|odds| rng.chance(odds));
        let Some(ServerEnd { session, .. }) = &mut self.server_end else { return };
        if !session.is_logged_in() || missing {
            return;
        }
        session.set_now(world.now);
        let script = &world.config.script;
        if unknown {
            session.send(request.header.request_id.wrapping_add(UNKNOWN), MetadataResponse::default());
        }
        let one_way = matches!(request.body, Body::ConnectionProperties(_) | Body::DumpStacktraceRequest);
        for _ in 0..1 + usize::from(twice) {
            if bad && !one_way {
                session.reply(request, undecodable(&request.body));
            } else {
                script.on_request(session, request);
            }
        }
    }

    fn ping(&mut self, world: &mut World) {
        if let Some(ServerEnd { session, .. }) = &mut self.server_end
            && session.is_logged_in()
        {
            session.push(world.now, Body::Ping);
            self.schedule(Step::Ping, world);
        }
    }

    fn send_unasked(&mut self, world: &mut World) {
        if let Some(ServerEnd { session, .. }) = &mut self.server_end
            && session.is_logged_in()
        {
            session.set_now(world.now);
            match self.rng.below(3) {
                0 => session.send(-1, Exception { code: 1, message: Some("unasked".into()) }),
                1 => session.send(-1, MetadataResponse::default()),
                _ => session.send(UNKNOWN + self.rng.below(1000) as i64, MetadataResponse::default()),
            }
            self.schedule(Step::Unasked, world);
        }
    }

    /// The next ping, or the next unasked message, if the plan has them.
    fn schedule(&mut self, step: Step, world: &mut World) {
        let every = match step {
            Step::Ping => world.plan.ping_every.clone(),
            _ => world.plan.unasked_every.clone(),
        };
        if let Some(every) = every {
            let after = self.rng.time(&every).max(SHORTEST);
            world.push(world.now + after, self.id, step);
        }
    }
}

/// A reply of the right verb whose payload ends too early, or an exception like that.
fn undecodable(request: &Body) -> Body {
    let verb = match request {
        Body::QueryRequest(_) => Verb::QUERY_RESPONSE,
        _ => Verb::EXCEPTION,
    };
    Body::Raw(RawBody { verb, payload: vec![0, 0, 1].into() })
}

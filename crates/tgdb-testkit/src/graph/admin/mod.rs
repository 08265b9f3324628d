//! Administration commands.
//!
//! Java and Python differ in the numbers of commands from 14 on and in two replies. Which of them
//! asks shows in the length of the request: Java (and Go, and this project's client) write 0,
//! Python the length of the payload. So Python is answered as Python reads it, all others as Java.

mod create;
mod describe;
mod info;

use std::sync::Weak;
use std::time::Duration;

use tgdb_pdu::body::{
    AdminCommand, AdminRequest, AdminResponse, AttributeDescriptor, ConnectionInfo, KillConnection, List64,
    PythonAdminCommand, Remainder, StoredProcedure, Types, UserInfo, UserWithRoleIds, Users,
};
use tgdb_pdu::{BodyError, EncodeError, Reader, Verb, Wire, Writer};

use super::client::Client;
use super::{State, UNSUPPORTED};
use crate::ServerConfig;

/// Why a command was not done.
#[derive(Debug)]
struct Failure {
    result: i32,
    text: String,
}

impl Failure {
    fn new(result: i32, text: impl Into<String>) -> Self {
        Self { result, text: text.into() }
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        Self::new(UNSUPPORTED, error.to_string())
    }
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Self {
        Self::new(UNSUPPORTED, error.to_string())
    }
}

/// A command, in either numbering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    Shared(AdminCommand),
    StoredProcedures,
    Describe,
    Kill,
    /// Done by doing nothing: the log level, a checkpoint.
    Nothing,
    Unsupported,
}

fn task(request: &AdminRequest) -> Task {
    let has_arguments = !request.arguments.expose().is_empty();
    if is_python(request) {
        return match PythonAdminCommand::from(request.command) {
            PythonAdminCommand::SHOW_STORED_PROCEDURES => Task::StoredProcedures,
            PythonAdminCommand::DESCRIBE => Task::Describe,
            PythonAdminCommand::KILL_CONNECTION => Task::Kill,
            PythonAdminCommand::SET_LOG_LEVEL | PythonAdminCommand::CHECKPOINT_SERVER => Task::Nothing,
            PythonAdminCommand(1..=13) => Task::Shared(request.command),
            _ => Task::Unsupported,
        };
    }
    match request.command {
        // Python's number for a command that Java does not have.
        AdminCommand::DESCRIBE if !has_arguments => Task::StoredProcedures,
        AdminCommand::DESCRIBE => Task::Describe,
        AdminCommand::KILL_CONNECTION => Task::Kill,
        AdminCommand::SET_LOG_LEVEL | AdminCommand::CHECKPOINT_SERVER => Task::Nothing,
        AdminCommand(1..=13) => Task::Shared(request.command),
        _ => Task::Unsupported,
    }
}

fn is_python(request: &AdminRequest) -> bool {
    request.length != 0
}

/// A command with all that it can be about.
pub(super) struct Admin<'a> {
    pub(super) state: &'a mut State,
    pub(super) config: &'a ServerConfig,
    /// Who asks.
    pub(super) client: &'a Client,
    pub(super) now: Duration,
}

impl Admin<'_> {
    pub(super) fn answer(&mut self, request: &AdminRequest) -> Result<AdminResponse, EncodeError> {
        let (result, data) = match self.data(request) {
            Ok(data) => (0, data),
            Err(failure) => {
                let mut w = Writer::default();
                w.utf("message", &failure.text.chars().take(1000).collect::<String>())?;
                (failure.result, w.into_vec())
            }
        };
        Ok(AdminResponse { result, command: request.command, payload: Remainder(data.into()) })
    }

    fn data(&mut self, request: &AdminRequest) -> Result<Vec<u8>, Failure> {
        let is_python = is_python(request);
        let graph = &self.state.graph;
        match task(request) {
            Task::Shared(AdminCommand::SHOW_USERS) if is_python => encoded(&Users::WithRoleIds(self.users())),
            Task::Shared(AdminCommand::SHOW_USERS) => encoded(&Users::WithRoleName(self.users_with_names())),
            Task::Shared(AdminCommand::SHOW_ROLES) => encoded(&self.roles()),
            Task::Shared(AdminCommand::SHOW_ATTR_DESCS) => {
                let all = graph.schema.descriptors().iter().map(|descriptor| (**descriptor).clone());
                encoded(&all.collect::<Vec<AttributeDescriptor>>())
            }
            Task::Shared(AdminCommand::SHOW_INDICES) => encoded(&self.indices()),
            Task::Shared(AdminCommand::SHOW_TYPES) => {
                let (node_types, edge_types) = self.types();
                encoded(&Types { node_types, edge_types })
            }
            Task::Shared(AdminCommand::SHOW_INFO) => encoded(&self.info(is_python)),
            Task::Shared(AdminCommand::SHOW_CONNECTIONS) => encoded(&self.connections()),
            Task::Shared(command) => self.create(command, request, is_python),
            Task::StoredProcedures => encoded(&Vec::<StoredProcedure>::new()),
            Task::Describe => {
                let name = reader(request).utf("name")?;
                match self.describe(&name) {
                    Some(description) => encoded(&description),
                    None => Err(Failure::new(UNSUPPORTED, format!("nothing has the name {name:?}"))),
                }
            }
            Task::Kill => {
                let kill = KillConnection::decode("arguments", &mut reader(request))?;
                // Java sets the flag always, and means one session.
                encoded(&self.kill(kill.session_id, kill.all_sessions && is_python))
            }
            Task::Nothing => Ok(Vec::new()),
            Task::Unsupported => {
                let text = format!("administration command {} is not supported by this test server", request.command.0);
                Err(Failure::new(UNSUPPORTED, text))
            }
        }
    }

    /// Configured users, then those that were created; both by name. Ids count from 1. Each can have
    /// all roles of the server, unless it was created with some.
    fn users(&self) -> Vec<UserWithRoleIds> {
        let mut configured: Vec<&String> = self.config.users.keys().collect();
        configured.sort();
        let all_roles: Vec<i32> = (1..).take(self.config.roles.len()).collect();
        let configured = configured.into_iter().map(|name| (name.clone(), all_roles.clone()));
        let created = self.state.users.iter().map(|(name, user)| (name.clone(), user.role_ids.clone()));
        let all = configured.chain(created).zip(1..);
        all.map(|((name, role_ids), id)| UserWithRoleIds {
            system_type: tgdb_pdu::body::SystemType::PRINCIPAL,
            id,
            name,
            // The hash of the password is not sent.
            password_hash: tgdb_pdu::Secret::default(),
            role_ids,
        })
        .collect()
    }

    fn users_with_names(&self) -> Vec<UserInfo> {
        let name_of = |id: &i32| self.config.roles.get(usize::try_from(*id - 1).unwrap_or(usize::MAX)).cloned();
        let all = self.users().into_iter();
        all.map(|user| UserInfo {
            system_type: user.system_type,
            id: user.id,
            name: user.name,
            data: user.password_hash,
            role: user.role_ids.first().and_then(name_of).unwrap_or_default(),
        })
        .collect()
    }

    /// Sessions that have sent a request since their login, and not ended.
    fn connections(&self) -> List64<ConnectionInfo> {
        let clients = self.state.clients.iter().filter_map(Weak::upgrade);
        let all = clients.filter(|client| !client.is_killed()).map(|client| ConnectionInfo {
            listener: info::LISTENER.to_owned(),
            client_id: client.client_id.clone(),
            session_id: client.session_id,
            user: client.user.clone(),
            remote_addr: client.address.clone(),
            created: i64::try_from(client.created.as_nanos()).unwrap_or(i64::MAX),
        });
        List64(all.collect())
    }

    /// Ends a session, or all but the one that asks.
    fn kill(&self, session_id: i64, all: bool) -> Killed {
        let clients = self.state.clients.iter().filter_map(Weak::upgrade).filter(|client| !client.is_killed());
        let killed = clients.filter(|client| match all {
            true => !std::ptr::eq(&**client, self.client),
            false => client.session_id == session_id,
        });
        Killed(killed.map(|client| client.kill()).count() as u32)
    }
}

/// How many sessions were killed.
struct Killed(u32);

impl Wire for Killed {
    const MIN_LEN: usize = 4;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.u32(self.0);
        Ok(())
    }

    fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        r.u32(field).map(Self)
    }
}

fn reader(request: &AdminRequest) -> Reader {
    Reader::new(Verb::ADMIN_REQUEST, request.arguments.expose().to_vec().into())
}

fn encoded(data: &impl Wire) -> Result<Vec<u8>, Failure> {
    let mut w = Writer::default();
    data.encode("data", &mut w)?;
    Ok(w.into_vec())
}

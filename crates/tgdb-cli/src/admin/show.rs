//! Commands that ask.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tgdb_channel::{ChannelError, TgChannel};
use tgdb_pdu::Wire;
use tgdb_pdu::body::{
    AdminCommand, AdminRequest, AnyServerInfo, AttributeDescriptor, ConnectionInfo, Description, IndexInfo, List64,
    PythonAdminCommand, Role, StoredProcedure, UserInfo, UserWithRoleIds, Users,
};
use tgdb_pdu::version::ProductVersion;

use super::numbering::{Numbering, Task};
use super::objects;
use crate::exit::Failure;
use crate::listing::Listing;
use crate::metadata;

/// Names of the states of a server, as Java and Go know them.
const STATES: &[&str] =
    &["created", "initialized", "started", "suspended", "interrupted", "stop requested", "stopped", "shut down"];
/// The state of a server that runs, as Python knows it.
const STARTED_IN_PYTHON: i8 = 4;

fn ask<T: Wire>(channel: &TgChannel, request: AdminRequest) -> Result<T, Failure> {
    Ok(channel.call(request)?.data().map_err(ChannelError::from)?)
}

pub(super) fn users(channel: &TgChannel, listing: &mut Listing) -> Result<(), Failure> {
    let users = match ask(channel, AdminRequest::new(AdminCommand::SHOW_USERS))? {
        Users::WithRoleName(users) => {
            let user = |user: &UserInfo| objects::user(user.id, &user.name, &[&user.role]);
            users.iter().map(user).collect::<Vec<_>>()
        }
        Users::WithRoleIds(users) => {
            let roles: Vec<Role> = ask(channel, AdminRequest::new(AdminCommand::SHOW_ROLES))?;
            let names: HashMap<i32, &str> = roles.iter().map(|role| (role.id, role.name.as_str())).collect();
            let name = |id: &i32| names.get(id).map_or_else(|| id.to_string(), |name| (*name).to_owned());
            let user = |user: &UserWithRoleIds| {
                let roles: Vec<String> = user.role_ids.iter().map(name).collect();
                objects::user(user.id, &user.name, &roles.iter().map(String::as_str).collect::<Vec<_>>())
            };
            users.iter().map(user).collect()
        }
    };
    listing.list(&users, &["id", "name", "roles"])
}

pub(super) fn roles(channel: &TgChannel, listing: &mut Listing) -> Result<(), Failure> {
    let roles: Vec<Role> = ask(channel, AdminRequest::new(AdminCommand::SHOW_ROLES))?;
    let roles: Vec<Value> = roles.iter().map(objects::role).collect();
    listing.list(&roles, objects::ROLE)
}

pub(super) fn connections(channel: &TgChannel, listing: &mut Listing) -> Result<(), Failure> {
    let List64(all) = ask(channel, AdminRequest::new(AdminCommand::SHOW_CONNECTIONS))?;
    let connection = |connection: &ConnectionInfo| {
        json!({
            "session": connection.session_id,
            "user": connection.user,
            "client": connection.client_id,
            "address": connection.remote_addr,
            "listener": connection.listener,
            "since": time(connection.created),
        })
    };
    let all: Vec<Value> = all.iter().map(connection).collect();
    listing.list(&all, &["session", "user", "client", "address", "listener", "since"])
}

/// A time in nanoseconds since 1970.
fn time(nanoseconds: i64) -> Option<String> {
    let since = Duration::from_nanos(u64::try_from(nanoseconds).ok()?);
    Some(humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + since).to_string())
}

pub(super) fn indices(channel: &TgChannel, listing: &mut Listing) -> Result<(), Failure> {
    let all: Vec<IndexInfo> = ask(channel, AdminRequest::new(AdminCommand::SHOW_INDICES))?;
    let all: Vec<Value> = all.iter().map(objects::index).collect();
    listing.list(&all, objects::INDEX)
}

pub(super) fn procedures(channel: &TgChannel, numbering: Numbering, listing: &mut Listing) -> Result<(), Failure> {
    if !numbering.is_python() {
        let reason = "the server numbers its commands as Java's client, which has none for stored procedures";
        return Err(Failure::NotDone { reason: reason.into() });
    }
    let request = AdminRequest::new(PythonAdminCommand::SHOW_STORED_PROCEDURES.into());
    let all: Vec<StoredProcedure> = ask(channel, numbering.sized(request))?;
    let all: Vec<Value> = all.iter().map(objects::procedure).collect();
    listing.list(&all, &["id", "name", "module", "parameters", "returns"])
}

pub(super) fn describe(
    channel: &TgChannel,
    numbering: Numbering,
    listing: &mut Listing,
    name: &String,
) -> Result<(), Failure> {
    let description: Description = ask(channel, numbering.with(Task::Describe, name)?)?;
    match description {
        Description::NodeType { node_type, indices, attributes } => {
            listing.thing(&metadata::node_type(&node_type))?;
            list_attributes(listing, &attributes)?;
            listing.title("Indices")?;
            listing.list(&indices.0.iter().map(objects::index).collect::<Vec<_>>(), objects::INDEX)
        }
        Description::EdgeType { edge_type, from, to, attributes } => {
            listing.thing(&metadata::edge_type(&edge_type, from.as_ref(), to.as_ref()))?;
            list_attributes(listing, &attributes)
        }
        Description::AttributeDescriptor(attribute) => listing.thing(&metadata::attribute(&attribute)),
        Description::Index { index, attributes } => {
            listing.thing(&objects::index(&index))?;
            list_attributes(listing, &attributes)
        }
        Description::Role(role) => listing.thing(&objects::role(&role)),
        Description::StoredProcedure(procedure) => listing.thing(&objects::procedure(&procedure)),
        Description::User { user, roles } => {
            let names: Vec<&str> = roles.iter().map(|role| role.name.as_str()).collect();
            listing.thing(&objects::user(user.id, &user.name, &names))
        }
        _ => Err(Failure::NotDone { reason: "the server describes something that is not known here".into() }),
    }
}

fn list_attributes(listing: &mut Listing, List64(attributes): &List64<AttributeDescriptor>) -> Result<(), Failure> {
    listing.title("Attributes")?;
    listing.list(&attributes.iter().map(metadata::attribute).collect::<Vec<_>>(), metadata::ATTRIBUTE)
}

pub(super) fn info(channel: &TgChannel, listing: &mut Listing) -> Result<(), Failure> {
    let info: AnyServerInfo = ask(channel, AdminRequest::new(AdminCommand::SHOW_INFO))?;
    let (mut shown, version) = match &info {
        AnyServerInfo::Short(info) => {
            let mut shown = object(info)?;
            let state = usize::try_from(info.state).ok().and_then(|state| STATES.get(state));
            if let Some(state) = state {
                shown["state"] = json!(state);
            }
            shown["started"] = json!(time(info.started));
            (shown, info.version)
        }
        AnyServerInfo::Long(info) => {
            let mut shown = object(info)?;
            if info.state == STARTED_IN_PYTHON {
                shown["state"] = json!("started");
            }
            let uptime = u64::try_from(info.uptime).map(Duration::from_nanos).unwrap_or_default();
            shown["uptime"] = json!(humantime::format_duration(Duration::from_secs(uptime.as_secs())).to_string());
            (shown, info.version)
        }
    };
    shown["version"] = json!(ProductVersion::from_wire(version).to_string());
    listing.thing(&shown)
}

fn object(value: &impl serde::Serialize) -> Result<Value, Failure> {
    let unshown = |error: serde_json::Error| Failure::Data { path: "the answer".into(), reason: error.to_string() };
    serde_json::to_value(value).map_err(unshown)
}

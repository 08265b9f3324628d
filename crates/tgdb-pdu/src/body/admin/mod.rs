//! Administration commands (`AdminRequest.java`, `AdminResponse.java`, `AdminHelper.java`).

mod arguments;
mod command;
mod description;
mod info;
mod long_info;
mod objects;

pub use arguments::*;
pub use command::*;
pub use description::*;
pub use info::*;
pub use long_info::*;
pub use objects::{Parameter, Role, RolePermission, StoredProcedure, Types, UserWithRoleIds, Users};

use std::fmt;

use super::Remainder;
use crate::wire::wire_struct;
use crate::{BodyError, EncodeError, Reader, Secret, Verb, Wire, Writer};

/// A command: `i32` length, `i32` checksum, `i32` command, arguments.
///
/// # Example
/// ```
/// use tgdb_pdu::body::{AdminCommand, AdminRequest};
///
/// let users = AdminRequest::new(AdminCommand::SHOW_USERS);
/// assert!(users.arguments.expose().is_empty());
/// ```
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct AdminRequest {
    /// 0 in Java; the length of the payload in bytes in Python.
    pub length: i32,
    /// 0.
    pub checksum: i32,
    /// What to do.
    pub command: AdminCommand,
    /// The arguments' bytes. They can hold a password.
    pub arguments: Secret,
}

impl AdminRequest {
    /// A command without arguments, as Java writes it.
    pub fn new(command: AdminCommand) -> Self {
        Self { length: 0, checksum: 0, command, arguments: Secret::default() }
    }

    /// A command with arguments, as Java writes it.
    ///
    /// # Errors
    /// [`EncodeError`] if an argument does not fit its encoding.
    pub fn with(command: AdminCommand, arguments: &impl Wire) -> Result<Self, EncodeError> {
        let mut w = Writer::with_capacity(4096);
        arguments.encode("arguments", &mut w)?;
        Ok(Self { arguments: Secret::new(w.into_vec()), ..Self::new(command) })
    }
}

impl fmt::Debug for AdminRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AdminRequest({}, {} bytes of arguments)", self.command, self.arguments.expose().len())
    }
}

impl Wire for AdminRequest {
    const MIN_LEN: usize = 12;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.i32(self.length);
        w.i32(self.checksum);
        self.command.encode("command", w)?;
        w.raw(self.arguments.expose());
        Ok(())
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let (length, checksum) = (r.i32("length")?, r.i32("checksum")?);
        let command = AdminCommand::decode("command", r)?;
        r.take_memory("arguments", r.remaining())?;
        Ok(Self { length, checksum, command, arguments: Secret::new(&r.take_rest()[..]) })
    }
}

wire_struct! {
    /// Answer to a command: `i32` result, `i32` command, data.
    #[derive(Eq)]
    pub struct AdminResponse {
        /// 0 if the command was done.
        pub result: i32,
        /// The command answered.
        pub command: AdminCommand,
        /// What the command answers; see [`AdminResponse::data`]. With another
        /// result than 0 a string; see [`AdminResponse::error_message`]. It can hold hashes of
        /// passwords, so that only its length is shown and serialized.
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::length"))]
        pub payload: Remainder,
    }
}

impl AdminResponse {
    /// The data as the type that goes with the command, such as
    /// [`Users`] for [`AdminCommand::SHOW_USERS`].
    ///
    /// # Errors
    /// [`BodyError`] if the data does not have that layout.
    pub fn data<T: Wire>(&self) -> Result<T, BodyError> {
        T::decode("data", &mut self.reader())
    }

    /// The server's text if the result is not 0 and there is one.
    pub fn error_message(&self) -> Option<String> {
        if self.result == 0 { None } else { self.reader().utf("message").ok() }
    }

    fn reader(&self) -> Reader {
        Reader::new(Verb::ADMIN_RESPONSE, self.payload.0.clone())
    }
}

//! What administration commands take.

use crate::body::{AttributeType, Chars};
use crate::wire::wire_struct;
use crate::{BodyError, EncodeError, Reader, Secret, Wire, Writer};

wire_struct! {
    /// Arguments of [`AdminCommand::KILL_CONNECTION`](super::AdminCommand::KILL_CONNECTION).
    #[derive(Eq)]
    pub struct KillConnection {
        /// Session to kill.
        pub session_id: i64,
        /// Whether to kill all sessions, and not only that one: so Python means it. Java always
        /// writes true, also for one session.
        pub all_sessions: bool,
    }
}

wire_struct! {
    /// Arguments of [`AdminCommand::SET_LOG_LEVEL`](super::AdminCommand::SET_LOG_LEVEL).
    #[derive(Eq)]
    pub struct SetLogLevel {
        /// The level.
        pub level: i16,
        /// The components, a bit each.
        pub component: i64,
    }
}

wire_struct! {
    /// Arguments of [`AdminCommand::CREATE_NODE_TYPE`](super::AdminCommand::CREATE_NODE_TYPE).
    #[derive(Eq)]
    pub struct CreateNodeType {
        /// Name of the type.
        pub name: String,
        /// Page size in bytes, 512 in Java.
        pub page_size: i32,
        /// Names of its attributes.
        pub attributes: Vec<Chars>,
        /// Names of the attributes of its primary key.
        pub primary_key: Vec<Chars>,
    }
}

wire_struct! {
    /// Arguments of [`AdminCommand::CREATE_EDGE_TYPE`](super::AdminCommand::CREATE_EDGE_TYPE).
    #[derive(Eq)]
    pub struct CreateEdgeType {
        /// Name of the type.
        pub name: String,
        /// Name of the node type that it starts at.
        pub from_node_type: String,
        /// Name of the node type that it ends at.
        pub to_node_type: String,
        /// `directed`, `undirected` or `bidirected`.
        pub direction: String,
        /// Names of its attributes.
        pub attributes: Vec<Chars>,
        /// Names of the attributes of its primary key; none in Java.
        pub primary_key: Vec<Chars>,
    }
}

/// Arguments of [`AdminCommand::CREATE_ATTR_DESC`](super::AdminCommand::CREATE_ATTR_DESC): bool "is array", bool "is
/// encrypted", string name, `i32` type, and for numbers `i16` precision and scale.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CreateAttributeDescriptor {
    /// Whether it holds many values.
    pub is_array: bool,
    /// Whether its value is encrypted.
    pub is_encrypted: bool,
    /// Its name.
    pub name: String,
    /// The type of its value, written with 32 bits here.
    pub value_type: AttributeType,
    /// Precision and scale; written if the value is a number.
    pub number: (i16, i16),
}

impl Wire for CreateAttributeDescriptor {
    const MIN_LEN: usize = 8;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.bool(self.is_array);
        w.bool(self.is_encrypted);
        w.utf("name", &self.name)?;
        w.i32(self.value_type.0.into());
        if self.value_type == AttributeType::NUMBER {
            w.i16(self.number.0);
            w.i16(self.number.1);
        }
        Ok(())
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let is_array = r.bool("is_array")?;
        let is_encrypted = r.bool("is_encrypted")?;
        let name = r.utf("name")?;
        let code = r.i32("value_type")?;
        let value_type = AttributeType(
            i8::try_from(code).map_err(|_| r.error("value_type", crate::BodyErrorKind::UnknownValue(code.into())))?,
        );
        let number = if value_type == AttributeType::NUMBER { (r.i16("precision")?, r.i16("scale")?) } else { (0, 0) };
        Ok(Self { is_array, is_encrypted, name, value_type, number })
    }
}

/// Arguments of [`AdminCommand::CREATE_USER`](super::AdminCommand::CREATE_USER): string name, string password,
/// `i32` count of roles, strings.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CreateUser {
    /// Name of the user.
    pub name: String,
    /// Password of the user, UTF-8, 32,767 bytes at most.
    pub password: Secret,
    /// Names of the roles of the user.
    pub roles: Vec<String>,
}

impl Wire for CreateUser {
    const MIN_LEN: usize = 8;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.utf("name", &self.name)?;
        w.count_i16("password", self.password.expose().len())?;
        w.raw(self.password.expose());
        self.roles.encode("roles", w)
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let name = r.utf("name")?;
        let length = i64::from(r.i16("password")?);
        let length = r.check_count("password", length, 1)?;
        let password = Secret::new(&r.raw("password", length)?[..]);
        Ok(Self { name, password, roles: Vec::decode("roles", r)? })
    }
}

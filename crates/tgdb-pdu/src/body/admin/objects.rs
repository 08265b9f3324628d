//! Users, roles, types and stored procedures in the answers of administration commands
//! (`adminimpl.py`, `gmdimpl.py`, `AdminHelper.java`).

use crate::body::{Chars, EdgeType, List64, NodeType, SystemType, UserInfo};
use crate::wire::wire_struct;
use crate::{BodyError, EncodeError, Reader, Secret, Wire, Writer};

wire_struct! {
    /// A user with role ids, as Python and Go read it.
    #[derive(Eq)]
    pub struct UserWithRoleIds {
        /// [`SystemType::PRINCIPAL`].
        pub system_type: SystemType,
        /// Id of the user.
        pub id: i32,
        /// Name of the user.
        pub name: String,
        /// Hash of the password.
        pub password_hash: Secret,
        /// Ids of the roles of the user.
        pub role_ids: Vec<i32>,
    }
}

/// All users, in either of the layouts that the vendor's clients read; which one a server writes is
/// not known. Answer to [`SHOW_USERS`](super::AdminCommand::SHOW_USERS): `i32` count, users.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Users {
    /// Each with the ids of its roles: Python and Go.
    WithRoleIds(Vec<UserWithRoleIds>),
    /// Each with the name of one role: Java.
    WithRoleName(Vec<UserInfo>),
}

impl Wire for Users {
    const MIN_LEN: usize = 4;

    fn encode(&self, field: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        match self {
            Self::WithRoleIds(users) => users.encode(field, w),
            Self::WithRoleName(users) => users.encode(field, w),
        }
    }

    /// As Python and Go read it, unless only the layout of Java takes all bytes.
    fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        either(field, r, Self::WithRoleIds, Self::WithRoleName)
    }
}

/// The first layout, unless the second takes all bytes and the first does not.
pub(crate) fn either<A: Wire, B: Wire, T>(
    field: &'static str,
    r: &mut Reader,
    first: impl FnOnce(A) -> T,
    second: impl FnOnce(B) -> T,
) -> Result<T, BodyError> {
    let mut again = r.fork();
    let as_first = A::decode(field, r);
    if as_first.is_ok() && r.remaining() == 0 {
        return as_first.map(first);
    }
    again.share_memory(r);
    match B::decode(field, &mut again) {
        Ok(value) if again.remaining() == 0 => {
            *r = again;
            Ok(second(value))
        }
        _ => as_first.map(first),
    }
}

wire_struct! {
    /// What a role may do with an object, 21 bytes.
    #[derive(Copy, Eq)]
    pub struct RolePermission {
        /// Id of the object.
        pub object_id: i32,
        /// Bits of what is granted: create, read, update, delete, encrypted, execute, lowest first.
        pub granted: u64,
        /// Bits of what is revoked.
        pub revoked: u64,
        /// 1 for the system catalogue, 2 for the default.
        pub flag: u8,
    }
}

wire_struct! {
    /// A role. [`SHOW_ROLES`](super::AdminCommand::SHOW_ROLES) answers `Vec<Role>`.
    #[derive(Eq)]
    pub struct Role {
        /// [`SystemType::ROLE`].
        pub system_type: SystemType,
        /// Id of the role.
        pub id: i32,
        /// Name of the role.
        pub name: String,
        /// Bits of its privileges: grant, revoke, operate, diagnostic, import, export, proxy, lowest
        /// first.
        pub privileges: u64,
        /// What it may do with the system catalogue.
        pub system_catalog: RolePermission,
        /// What it may do where nothing else is said.
        pub default: RolePermission,
        /// What it may do with single objects.
        pub permissions: Vec<RolePermission>,
    }
}

wire_struct! {
    /// The types of a graph. Answer to [`SHOW_TYPES`](super::AdminCommand::SHOW_TYPES).
    #[derive(Eq)]
    pub struct Types {
        /// Node types.
        pub node_types: Vec<NodeType>,
        /// Edge types.
        pub edge_types: Vec<EdgeType>,
    }
}

wire_struct! {
    /// A parameter of a stored procedure.
    #[derive(Eq)]
    pub struct Parameter {
        /// Its name.
        pub name: Chars,
        /// Id of its type.
        pub type_id: i32,
    }
}

wire_struct! {
    /// A stored procedure. Python's command 14 answers `Vec<StoredProcedure>`.
    #[derive(Eq)]
    pub struct StoredProcedure {
        /// [`SystemType::STORED_PROCEDURE`].
        pub system_type: SystemType,
        /// Id of the procedure.
        pub id: i32,
        /// Name of the procedure.
        pub name: String,
        /// The module that it is in.
        pub module: Chars,
        /// What it returns.
        pub return_type: Chars,
        /// Its parameters.
        pub parameters: List64<Parameter>,
    }
}

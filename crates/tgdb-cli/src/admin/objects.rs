//! What administration commands answer, as JSON objects.

use serde_json::{Value, json};
use tgdb_pdu::body::{IndexInfo, Role, RolePermission, StoredProcedure};

/// Names of the bits of privileges and permissions, lowest first.
const PRIVILEGES: &[&str] = &["grant", "revoke", "operate", "diagnostic", "import", "export", "proxy"];
const PERMISSIONS: &[&str] = &["create", "read", "update", "delete", "encrypted", "execute"];

/// Fields of the tables.
pub(super) const INDEX: &[&str] = &["id", "name", "is_unique", "types", "attributes", "entries", "status"];
pub(super) const ROLE: &[&str] = &["id", "name", "privileges", "catalog", "default"];

/// A user. The hash of the password is not shown.
pub(super) fn user(id: i32, name: &str, roles: &[&str]) -> Value {
    json!({ "kind": "user", "id": id, "name": name, "roles": roles })
}

pub(super) fn role(role: &Role) -> Value {
    let permission = |permission: &RolePermission| {
        json!({
            "object_id": permission.object_id,
            "granted": names(permission.granted, PERMISSIONS),
            "revoked": names(permission.revoked, PERMISSIONS),
        })
    };
    json!({
        "kind": "role",
        "id": role.id,
        "name": role.name,
        "privileges": names(role.privileges, PRIVILEGES),
        "catalog": names(role.system_catalog.granted, PERMISSIONS),
        "default": names(role.default.granted, PERMISSIONS),
        "permissions": role.permissions.iter().map(permission).collect::<Vec<_>>(),
    })
}

/// The names of the bits that are set; a number where there is no name.
fn names(bits: u64, names: &[&str]) -> Vec<String> {
    let name = |bit: u32| names.get(bit as usize).map_or_else(|| format!("bit {bit}"), |name| (*name).to_owned());
    (0..u64::BITS).filter(|bit| bits >> bit & 1 == 1).map(name).collect()
}

pub(super) fn index(index: &IndexInfo) -> Value {
    json!({
        "kind": "index",
        "id": index.id,
        "name": index.name,
        "is_unique": index.is_unique,
        "types": index.types,
        "attributes": index.attributes,
        "block_size": index.block_size,
        "entries": index.entry_count,
        "status": String::from_utf8_lossy(&index.status),
    })
}

pub(super) fn procedure(procedure: &StoredProcedure) -> Value {
    let parameters: Vec<&str> = procedure.parameters.0.iter().map(|parameter| parameter.name.0.as_str()).collect();
    json!({
        "kind": "stored procedure",
        "id": procedure.id,
        "name": procedure.name,
        "module": procedure.module.0,
        "parameters": parameters,
        "returns": procedure.return_type.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_have_names() {
        assert_eq!(names(0b1000_0101, PRIVILEGES), ["grant", "operate", "bit 7"]);
    }
}

//! Types, indices and roles, all of them or one by name.

use tgdb_pdu::body::{
    AttributeDescriptor, Description, EdgeType, IndexInfo, List16, List64, MetadataResponse, NodeType, Role,
    RolePermission, SystemType, TypeGroup,
};

use super::Admin;
use crate::graph::schema::PAGE_SIZE;

/// All privileges of a role, and all permissions for an object: seven and six bits.
const ALL_PRIVILEGES: u64 = 0x7f;
const ALL_PERMISSIONS: u64 = 0x3f;
const SYSTEM_CATALOG: u8 = 1;
const DEFAULT: u8 = 2;

impl Admin<'_> {
    pub(super) fn types(&self) -> (Vec<NodeType>, Vec<EdgeType>) {
        let MetadataResponse { groups } = self.state.graph.metadata();
        let (mut nodes, mut edges) = (Vec::new(), Vec::new());
        for group in groups {
            match group {
                TypeGroup::NodeTypes(types) => nodes = types,
                TypeGroup::EdgeTypes(types) => edges = types,
                TypeGroup::AttributeDescriptors(_) => {}
            }
        }
        (nodes, edges)
    }

    /// The index of each primary key.
    pub(super) fn indices(&self) -> Vec<IndexInfo> {
        let (node_types, _) = self.types();
        node_types.iter().flat_map(index_of).collect()
    }

    /// One role for each name in the configuration. Roles are not enforced, so each may do all.
    pub(super) fn roles(&self) -> Vec<Role> {
        let permission = |flag| RolePermission { object_id: 0, granted: ALL_PERMISSIONS, revoked: 0, flag };
        let roles = self.config.roles.iter().zip(1..);
        roles
            .map(|(name, id)| Role {
                system_type: SystemType::ROLE,
                id,
                name: name.clone(),
                privileges: ALL_PRIVILEGES,
                system_catalog: permission(SYSTEM_CATALOG),
                default: permission(DEFAULT),
                permissions: Vec::new(),
            })
            .collect()
    }

    pub(super) fn describe(&self, name: &str) -> Option<Description> {
        let (node_types, edge_types) = self.types();
        if let Some(node_type) = node_types.iter().find(|found| found.entity_type.name == name) {
            return Some(Description::NodeType {
                node_type: node_type.clone(),
                indices: List64(index_of(node_type).into_iter().collect()),
                attributes: self.descriptors(&node_type.entity_type.attributes.0),
            });
        }
        if let Some(edge_type) = edge_types.into_iter().find(|found| found.entity_type.name == name) {
            let end = |id| node_types.iter().find(|found| found.entity_type.id == id).cloned();
            return Some(Description::EdgeType {
                from: end(edge_type.from_type_id),
                to: end(edge_type.to_type_id),
                attributes: self.descriptors(&edge_type.entity_type.attributes.0),
                edge_type,
            });
        }
        if let Some(descriptor) = self.state.graph.schema.descriptor(name) {
            return Some(Description::AttributeDescriptor((**descriptor).clone()));
        }
        if let Some(index) = node_types.iter().flat_map(index_of).find(|index| index.name == name) {
            let attributes = self.descriptors(&index.attributes);
            return Some(Description::Index { index, attributes });
        }
        let roles = self.roles();
        if let Some(role) = roles.iter().find(|role| role.name == name) {
            return Some(Description::Role(role.clone()));
        }
        let user = self.users().into_iter().find(|user| user.name == name)?;
        let roles = roles.into_iter().filter(|role| user.role_ids.contains(&role.id)).collect();
        Some(Description::User { user, roles })
    }

    fn descriptors(&self, names: &[String]) -> List64<AttributeDescriptor> {
        let found = names.iter().filter_map(|name| self.state.graph.schema.descriptor(name));
        List64(found.map(|descriptor| (**descriptor).clone()).collect())
    }
}

fn index_of(node_type: &NodeType) -> Option<IndexInfo> {
    let List16(key) = &node_type.primary_key;
    let id = *node_type.index_ids.0.first()?;
    Some(IndexInfo {
        system_type: SystemType::INDEX,
        id,
        name: format!("{}_pk", node_type.entity_type.name),
        is_unique: true,
        attributes: key.clone(),
        types: vec![node_type.entity_type.name.clone()],
        block_size: PAGE_SIZE,
        entry_count: node_type.entry_count,
        status: bytes::Bytes::from_static(b"online"),
    })
}

//! Creating users, attribute descriptors and types.

use tgdb_pdu::Wire;
use tgdb_pdu::body::{
    AdminCommand, AdminRequest, AttributeDescriptor, AttributeType, Chars, CreateAttributeDescriptor, CreateEdgeType,
    CreateNodeType, CreateUser, EdgeDirection, EdgeType, EntityType, List16, NodeType, SystemType, TypeGroup,
};
use tgdb_pdu::call::AdminStatus;
use tgdb_pdu::graph::{ChangeSet, Schema};

use super::{Admin, Failure, UNSUPPORTED, reader};
use crate::graph::User;
use crate::graph::schema::INDEX_OFFSET;

impl Admin<'_> {
    pub(super) fn create(
        &mut self,
        command: AdminCommand,
        request: &AdminRequest,
        is_python: bool,
    ) -> Result<Vec<u8>, Failure> {
        let mut reader = reader(request);
        // The same failure has another code in Java.
        let duplicate = if is_python { AdminStatus::DUPLICATE_OBJECT } else { AdminStatus::DUPLICATE_OBJECT_JAVA };
        match command {
            AdminCommand::CREATE_USER => self.create_user(CreateUser::decode("arguments", &mut reader)?, duplicate)?,
            AdminCommand::CREATE_ATTR_DESC => {
                self.create_descriptor(CreateAttributeDescriptor::decode("arguments", &mut reader)?)?;
            }
            AdminCommand::CREATE_NODE_TYPE => {
                self.create_node_type(CreateNodeType::decode("arguments", &mut reader)?, duplicate)?;
            }
            AdminCommand::CREATE_EDGE_TYPE => {
                self.create_edge_type(CreateEdgeType::decode("arguments", &mut reader)?, duplicate)?;
            }
            other => {
                let text = format!("administration command {} is not supported by this test server", other.0);
                return Err(Failure::new(UNSUPPORTED, text));
            }
        }
        Ok(Vec::new())
    }

    fn check_name(&self, name: &str, duplicate: AdminStatus) -> Result<(), Failure> {
        match self.describe(name) {
            Some(_) => Err(Failure::new(duplicate.0, format!("something has the name {name:?} already"))),
            None if name.is_empty() => Err(Failure::new(UNSUPPORTED, "the name is empty")),
            None => Ok(()),
        }
    }

    /// The user can log in from now on.
    fn create_user(&mut self, user: CreateUser, duplicate: AdminStatus) -> Result<(), Failure> {
        self.check_name(&user.name, duplicate)?;
        let known = self.roles();
        let role_ids = user.roles.iter().map(|name| {
            let found = known.iter().find(|role| role.name == *name).map(|role| role.id);
            let failure = || Failure::new(AdminStatus::INVALID_ROLE.0, format!("there is no role {name:?}"));
            found.ok_or_else(failure)
        });
        let role_ids = role_ids.collect::<Result<Vec<_>, _>>()?;
        self.state.users.insert(user.name, User { password: user.password, role_ids });
        Ok(())
    }

    fn create_descriptor(&mut self, new: CreateAttributeDescriptor) -> Result<(), Failure> {
        self.check_name(&new.name, AdminStatus::DUPLICATE_ATTRIBUTE_DESCRIPTOR)?;
        let descriptor = AttributeDescriptor {
            system_type: SystemType::ATTRIBUTE_DESCRIPTOR,
            id: -1,
            name: new.name,
            value_type: new.value_type,
            is_array: new.is_array,
            is_encrypted: new.is_encrypted,
            number: (new.value_type == AttributeType::NUMBER).then_some(new.number),
        };
        let changes = ChangeSet { descriptors: vec![descriptor], ..ChangeSet::default() };
        let committed = self.state.graph.commit(changes);
        committed.map(drop).map_err(|failure| Failure::new(UNSUPPORTED, failure.text))
    }

    fn create_node_type(&mut self, new: CreateNodeType, duplicate: AdminStatus) -> Result<(), Failure> {
        let (entity_type, key) = self.entity_type(
            SystemType::NODE_TYPE,
            new.name,
            new.page_size,
            (new.attributes, new.primary_key),
            duplicate,
        )?;
        let index_ids = if key.0.is_empty() { Vec::new() } else { vec![entity_type.id.saturating_add(INDEX_OFFSET)] };
        let node_type = NodeType { entity_type, primary_key: key, index_ids: List16(index_ids), entry_count: 0 };
        self.add_types(TypeGroup::NodeTypes(vec![node_type]));
        Ok(())
    }

    fn create_edge_type(&mut self, new: CreateEdgeType, duplicate: AdminStatus) -> Result<(), Failure> {
        // Any other text stands for the direction of an edge without a type: both ways.
        let direction = match new.direction.as_str() {
            "directed" => EdgeDirection::DIRECTED,
            "undirected" => EdgeDirection::UNDIRECTED,
            _ => EdgeDirection::BIDIRECTIONAL,
        };
        let end = |name: &str| {
            let found = self.state.graph.schema.node_type(name).map(|found| found.entity_type.id);
            found.ok_or_else(|| Failure::new(UNSUPPORTED, format!("there is no node type {name:?}")))
        };
        let (from_type_id, to_type_id) = (end(&new.from_node_type)?, end(&new.to_node_type)?);
        let lists = (new.attributes, new.primary_key);
        let (entity_type, _) =
            self.entity_type(SystemType::EDGE_TYPE, new.name, crate::graph::schema::PAGE_SIZE, lists, duplicate)?;
        let edge_type = EdgeType { entity_type, from_type_id, to_type_id, direction, entry_count: 0 };
        self.add_types(TypeGroup::EdgeTypes(vec![edge_type]));
        Ok(())
    }

    /// What node types and edge types have in common, and the primary key.
    fn entity_type(
        &self,
        system_type: SystemType,
        name: String,
        page_size: i32,
        (attributes, key): (Vec<Chars>, Vec<Chars>),
        duplicate: AdminStatus,
    ) -> Result<(EntityType, List16<String>), Failure> {
        self.check_name(&name, duplicate)?;
        let schema = &self.state.graph.schema;
        let [attributes, key] = [attributes, key].map(|names| names.into_iter().map(|Chars(name)| name).collect());
        let (attributes, key): (Vec<String>, Vec<String>) = (attributes, key);
        if let Some(name) = attributes.iter().chain(&key).find(|name| schema.descriptor(name).is_none()) {
            return Err(Failure::new(UNSUPPORTED, format!("there is no attribute descriptor {name:?}")));
        }
        let attributes = List16(attributes);
        Ok((EntityType { system_type, id: self.state.graph.next_type_id(), name, page_size, attributes }, List16(key)))
    }

    fn add_types(&mut self, group: TypeGroup) {
        let graph = &mut self.state.graph;
        let mut metadata = graph.metadata();
        metadata.groups.push(group);
        graph.schema = Schema::from(metadata);
    }
}

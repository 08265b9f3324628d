//! Changes that are checked before any of them is made.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use tgdb_pdu::body::{AddedEntity, AttributeDescriptor, DescriptorId, SystemType, TransactionStatus, UpdatedEntity};
use tgdb_pdu::graph::{Attribute, AttributeList, Edge, Entity, Node, Value};

use super::Graph;

/// Why a commit failed.
#[derive(Debug)]
pub(super) struct CommitFailure {
    pub(super) status: TransactionStatus,
    pub(super) text: String,
}

fn failed<T>(status: TransactionStatus, text: String) -> Result<T, CommitFailure> {
    Err(CommitFailure { status, text })
}

/// What is to become of the graph. `None` stands for a removed entity.
pub(super) struct Staged<'g> {
    graph: &'g Graph,
    pub(super) next_id: i64,
    next_descriptor: i32,
    /// New descriptors, by temporary id.
    descriptors: HashMap<i32, Arc<AttributeDescriptor>>,
    pub(super) new_descriptors: Vec<Arc<AttributeDescriptor>>,
    /// Real ids of new entities.
    ids: HashMap<i64, i64>,
    pub(super) nodes: BTreeMap<i64, Option<Node>>,
    pub(super) edges: BTreeMap<i64, Option<Edge>>,
    pub(super) keys: HashMap<(i32, String), i64>,
}

impl<'g> Staged<'g> {
    pub(super) fn new(graph: &'g Graph) -> Self {
        Self {
            graph,
            next_id: graph.next_id,
            next_descriptor: graph.next_type_id(),
            descriptors: HashMap::new(),
            new_descriptors: Vec::new(),
            ids: HashMap::new(),
            nodes: BTreeMap::new(),
            edges: BTreeMap::new(),
            keys: HashMap::new(),
        }
    }

    fn make_id(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id - 1
    }

    pub(super) fn add_descriptors(
        &mut self,
        descriptors: Vec<AttributeDescriptor>,
    ) -> Result<Vec<DescriptorId>, CommitFailure> {
        let mut ids = Vec::new();
        for descriptor in descriptors {
            let temporary = descriptor.id;
            let known = self.graph.schema.descriptor(&descriptor.name).cloned();
            let known = known.or_else(|| self.new_descriptors.iter().find(|new| new.name == descriptor.name).cloned());
            let real = match known {
                Some(known) if known.value_type == descriptor.value_type && known.is_array == descriptor.is_array => {
                    known
                }
                Some(known) => {
                    let text = format!("attribute {:?} is there with type {}", known.name, known.value_type);
                    return failed(TransactionStatus::VERIFICATION_ERROR, text);
                }
                None if descriptor.is_array => {
                    let text = format!("attribute {:?} is an array, for which no layout is known", descriptor.name);
                    return failed(TransactionStatus::VERIFICATION_ERROR, text);
                }
                None => {
                    let system_type = SystemType::ATTRIBUTE_DESCRIPTOR;
                    let new = Arc::new(AttributeDescriptor { id: self.next_descriptor, system_type, ..descriptor });
                    self.next_descriptor += 1;
                    self.new_descriptors.push(new.clone());
                    new
                }
            };
            ids.push(DescriptorId { temporary, real: real.id });
            self.descriptors.insert(temporary, real);
        }
        Ok(ids)
    }

    pub(super) fn add(&mut self, entities: Vec<Entity>) -> Result<Vec<AddedEntity>, CommitFailure> {
        let mut added = Vec::new();
        for entity in &entities {
            let real = self.make_id();
            if self.ids.insert(entity.id(), real).is_some() {
                let text = format!("temporary id {} is there twice", entity.id());
                return failed(TransactionStatus::MALFORMED, text);
            }
            added.push(AddedEntity { temporary: entity.id(), real, version: 1 });
        }
        let (nodes, edges): (Vec<_>, Vec<_>) =
            entities.into_iter().zip(&added).partition(|(entity, _)| matches!(entity, Entity::Node(_)));
        // Edges can stand before the nodes that they are between.
        for (entity, ids) in nodes.into_iter().chain(edges) {
            match entity {
                Entity::Node(node) => {
                    if node.type_id != 0 && self.graph.schema.node_type_by_id(node.type_id).is_none() {
                        let text = format!("there is no node type {}", node.type_id);
                        return failed(TransactionStatus::VERIFICATION_ERROR, text);
                    }
                    let attributes = self.merged(&AttributeList::default(), node.attributes)?;
                    let node = Node { id: ids.real, version: 1, is_new: false, attributes, edges: Vec::new(), ..node };
                    self.nodes.insert(ids.real, Some(node));
                }
                Entity::Edge(edge) => {
                    let attributes = self.merged(&AttributeList::default(), edge.attributes)?;
                    let [from, to] = [self.end(edge.from)?, self.end(edge.to)?];
                    let mut edge = Edge { id: ids.real, version: 1, is_new: false, attributes, from, to, ..edge };
                    self.check_edge_type(&mut edge)?;
                    self.edges.insert(ids.real, Some(edge));
                }
            }
        }
        Ok(added)
    }

    /// The real id of an end of a new edge.
    fn end(&self, id: i64) -> Result<i64, CommitFailure> {
        let real = self.ids.get(&id).copied().unwrap_or(id);
        if self.node(real).is_some() {
            return Ok(real);
        }
        match id {
            1.. => failed(TransactionStatus::OPTIMISTIC_LOCK_FAILED, format!("node {id}, an end of an edge, is gone")),
            _ => failed(TransactionStatus::MALFORMED, format!("node {id}, an end of an edge, is not there")),
        }
    }

    /// The type decides the direction, and which nodes can be ends.
    fn check_edge_type(&self, edge: &mut Edge) -> Result<(), CommitFailure> {
        if edge.type_id == 0 {
            return Ok(());
        }
        let Some(edge_type) = self.graph.schema.edge_type_by_id(edge.type_id) else {
            let text = format!("there is no edge type {}", edge.type_id);
            return failed(TransactionStatus::VERIFICATION_ERROR, text);
        };
        edge.direction = edge_type.direction;
        for (end, wanted) in [(edge.from, edge_type.from_type_id), (edge.to, edge_type.to_type_id)] {
            let found = self.node(end).map_or(0, |node| node.type_id);
            if wanted != 0 && found != wanted {
                let text = format!("edge type {:?} is not for a node of type {found}", edge_type.entity_type.name);
                return failed(TransactionStatus::VERIFICATION_ERROR, text);
            }
        }
        Ok(())
    }

    fn node(&self, id: i64) -> Option<&Node> {
        match self.nodes.get(&id) {
            Some(staged) => staged.as_ref(),
            None => self.graph.nodes.get(&id),
        }
    }

    fn edge(&self, id: i64) -> Option<&Edge> {
        match self.edges.get(&id) {
            Some(staged) => staged.as_ref(),
            None => self.graph.edges.get(&id),
        }
    }

    /// Each entity gets a new version, also one that is only there to be checked, so that of two
    /// commits that put an edge to one node the later one fails.
    pub(super) fn change(&mut self, entities: Vec<Entity>) -> Result<Vec<UpdatedEntity>, CommitFailure> {
        let mut updated = Vec::new();
        let mut seen = HashSet::new();
        for entity in entities {
            if !seen.insert(entity.id()) {
                return failed(TransactionStatus::MALFORMED, format!("entity {} is changed twice", entity.id()));
            }
            let version = match entity {
                Entity::Node(change) => {
                    let old = current(self.node(change.id), change.id, change.version, |node| node.version)?.clone();
                    let (id, version) = (old.id, old.version + 1);
                    let attributes = self.merged(&old.attributes, change.attributes)?;
                    self.nodes.insert(id, Some(Node { version, attributes, ..old }));
                    UpdatedEntity { id, version: version.into() }
                }
                // Its ends are not looked at: Java writes 0 for those that it has not loaded.
                Entity::Edge(change) => {
                    let old = current(self.edge(change.id), change.id, change.version, |edge| edge.version)?.clone();
                    let (id, version) = (old.id, old.version + 1);
                    let attributes = self.merged(&old.attributes, change.attributes)?;
                    self.edges.insert(id, Some(Edge { version, attributes, ..old }));
                    UpdatedEntity { id, version: version.into() }
                }
            };
            updated.push(version);
        }
        Ok(updated)
    }

    /// Edges of a removed node go with it.
    pub(super) fn remove(&mut self, entities: Vec<Entity>) -> Result<Vec<i64>, CommitFailure> {
        let mut removed = Vec::new();
        for entity in entities {
            let id = entity.id();
            match entity {
                Entity::Node(node) => {
                    let edges = match self.graph.nodes.get(&id) {
                        // Removed by itself before.
                        Some(_) if matches!(self.nodes.get(&id), Some(None)) => continue,
                        // Changed by the same commit, and so checked.
                        Some(old) if matches!(self.nodes.get(&id), Some(Some(_))) => &old.edges,
                        old => &current(old, id, node.version, |node| node.version)?.edges,
                    };
                    self.edges.extend(edges.iter().map(|edge| (*edge, None)));
                    if self.edges.values().flatten().any(|edge| [edge.from, edge.to].contains(&id)) {
                        let text = format!("node {id} is removed, and gets an edge");
                        return failed(TransactionStatus::VERIFICATION_ERROR, text);
                    }
                    self.nodes.insert(id, None);
                }
                Entity::Edge(edge) => {
                    if !self.edges.contains_key(&id) {
                        current(self.graph.edges.get(&id), id, edge.version, |edge| edge.version)?;
                    }
                    self.edges.insert(id, None);
                }
            }
            removed.push(id);
        }
        Ok(removed)
    }

    /// The attributes with those that are set, without those that are set to null.
    fn merged(&mut self, old: &AttributeList, set: AttributeList) -> Result<AttributeList, CommitFailure> {
        let mut attributes: Vec<Attribute> = old.iter().cloned().collect();
        for attribute in &set {
            let descriptor = self.descriptors.get(&attribute.descriptor.id).unwrap_or(&attribute.descriptor).clone();
            let mut value = attribute.value.clone();
            match &mut value {
                Value::Encrypted(_) => {
                    let text = format!(
                        "attribute {:?} is encrypted; this server has no RSA key, and takes none of those",
                        descriptor.name
                    );
                    return failed(TransactionStatus::VERIFICATION_ERROR, text);
                }
                Value::Clob(object) | Value::Blob(object) => match self.graph.objects.get(&object.id) {
                    // As it was read, and not set again.
                    Some(known) if object.data.is_none() => object.data = Some(known.clone()),
                    _ => object.id = self.make_id(),
                },
                _ => {}
            }
            attributes.push(Attribute { descriptor, value });
        }
        // Of two of one descriptor the later one counts.
        let merged: AttributeList = attributes.into_iter().collect();
        Ok(merged.iter().filter(|attribute| !attribute.value.is_null()).cloned().collect())
    }

    pub(super) fn check_keys(&mut self) -> Result<(), CommitFailure> {
        for (id, node) in self.nodes.iter().filter_map(|(id, node)| Some((*id, node.as_ref()?))) {
            let Some(node_type) = self.graph.schema.node_type_by_id(node.type_id) else { continue };
            if node_type.primary_key.0.is_empty() {
                continue;
            }
            let name = &node_type.entity_type.name;
            let Some(key) = self.graph.key_of(node.type_id, &node.attributes) else {
                let text = format!("an attribute of the primary key of {name:?} is null");
                return failed(TransactionStatus::UNIQUE_INDEX_KEY_ATTRIBUTE_NULL, text);
            };
            // The holder of before counts only if this commit leaves it as it is.
            let holder = self.graph.keys.get(&key).filter(|holder| !self.nodes.contains_key(holder));
            if holder.is_some() || self.keys.insert(key, id).is_some() {
                let text = format!("another {name:?} has that primary key");
                return failed(TransactionStatus::UNIQUE_CONSTRAINT_VIOLATION, text);
            }
        }
        Ok(())
    }
}

/// The entity, if it is there in the version that the client has read.
fn current<T>(entity: Option<&T>, id: i64, read: i32, version: impl Fn(&T) -> i32) -> Result<&T, CommitFailure> {
    let status = TransactionStatus::OPTIMISTIC_LOCK_FAILED;
    match entity {
        None => failed(status, format!("entity {id} is gone")),
        Some(entity) if version(entity) != read => {
            failed(status, format!("entity {id} has version {}, and not {read}", version(entity)))
        }
        Some(entity) => Ok(entity),
    }
}

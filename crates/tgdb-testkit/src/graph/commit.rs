//! Commits: all changes or none.
//!
//! | check | status |
//! |---|---|
//! | an end of a new edge is an id that nobody has | 8003 |
//! | a type does not exist, or does not go with the ends of the edge; a descriptor is there with another type, or is an array; an attribute is encrypted | 8005 |
//! | another node has the primary key | 8007 |
//! | a changed or removed entity is gone, or has another version | 8008 |
//! | an attribute of the primary key is null or missing | 8011 |

use tgdb_pdu::body::CommitBlock;
use tgdb_pdu::graph::{AttributeList, ChangeSet, Edge, Node, Value};

use super::Graph;
use super::stage::{CommitFailure, Staged};

impl Graph {
    /// Makes the changes and returns the ids and versions of what was changed, for the reply.
    pub(super) fn commit(&mut self, changes: ChangeSet) -> Result<Vec<CommitBlock>, CommitFailure> {
        let mut staged = Staged::new(self);
        let descriptors = staged.add_descriptors(changes.descriptors)?;
        let added = staged.add(changes.added)?;
        let updated = staged.change(changes.changed)?;
        let removed = staged.remove(changes.removed)?;
        staged.check_keys()?;
        let Staged { next_id, new_descriptors, nodes, edges, keys, .. } = staged;
        self.next_id = next_id;
        for descriptor in new_descriptors {
            self.schema.add_descriptor((*descriptor).clone());
        }
        // Old keys are removed before new ones are added, because two nodes can swap their keys.
        for (id, node) in nodes {
            self.put_node(id, node);
        }
        for (id, edge) in edges {
            self.put_edge(id, edge);
        }
        self.keys.extend(keys);
        let mut blocks = Vec::new();
        if !descriptors.is_empty() {
            blocks.push(CommitBlock::AttributeDescriptors(descriptors));
        }
        if !added.is_empty() {
            blocks.push(CommitBlock::Added(added));
        }
        if !updated.is_empty() {
            blocks.push(CommitBlock::Updated(updated));
        }
        if !removed.is_empty() {
            blocks.push(CommitBlock::Removed(removed));
        }
        Ok(blocks)
    }

    fn put_node(&mut self, id: i64, node: Option<Node>) {
        if let Some(old) = self.nodes.remove(&id) {
            if let Some(key) = self.key_of(old.type_id, &old.attributes) {
                self.keys.remove(&key);
            }
            self.forget_objects(&old.attributes);
        }
        if let Some(node) = node {
            self.keep_objects(&node.attributes);
            self.nodes.insert(id, node);
        }
    }

    fn put_edge(&mut self, id: i64, edge: Option<Edge>) {
        if let Some(old) = self.edges.remove(&id) {
            self.forget_objects(&old.attributes);
            if edge.is_none() {
                for end in [old.from, old.to] {
                    if let Some(node) = self.nodes.get_mut(&end) {
                        node.edges.retain(|edge| *edge != id);
                    }
                }
            }
        } else if let Some(edge) = &edge {
            // An edge from a node to itself is in the list of its edges once.
            let ends = [Some(edge.from), Some(edge.to).filter(|to| *to != edge.from)];
            for end in ends.into_iter().flatten() {
                if let Some(node) = self.nodes.get_mut(&end) {
                    node.edges.push(id);
                }
            }
        }
        if let Some(edge) = edge {
            self.keep_objects(&edge.attributes);
            self.edges.insert(id, edge);
        }
    }

    fn keep_objects(&mut self, attributes: &AttributeList) {
        for attribute in attributes {
            if let Value::Clob(object) | Value::Blob(object) = &attribute.value {
                self.objects.insert(object.id, object.data.clone().unwrap_or_default());
            }
        }
    }

    fn forget_objects(&mut self, attributes: &AttributeList) {
        for attribute in attributes {
            if let Value::Clob(object) | Value::Blob(object) = &attribute.value {
                self.objects.remove(&object.id);
            }
        }
    }
}

//! Import: each record is a commit of its own, so that those before a failure stay.

use std::collections::{BTreeMap, HashMap};

use tgdb_pdu::body::{BeginImportRequest, ImportDateFormat, ImportErrors, ImportLoad, ImportPortion};
use tgdb_pdu::body::{PartialImportRequest, TypeCount};
use tgdb_pdu::graph::{Changes, Entity, Value};

use super::super::Graph;
use super::{csv, text};

/// An import that was begun.
#[derive(Debug)]
pub(super) struct Import {
    errors: ImportErrors,
    load: ImportLoad,
    dates: ImportDateFormat,
    /// The nodes by the ids of their records, which edges name.
    nodes: HashMap<String, i64>,
    /// The columns of each type, and the portion that is due.
    types: HashMap<String, (Vec<String>, i32)>,
    loaded: BTreeMap<(bool, String), i64>,
}

/// A type whose records come.
struct Target<'a> {
    name: &'a str,
    is_node: bool,
    columns: &'a [String],
}

impl Import {
    /// `None` for an import of files.
    pub(super) fn begin(request: &BeginImportRequest) -> Option<Self> {
        let BeginImportRequest::Batches { errors, load, date_format } = request else { return None };
        Some(Self {
            errors: errors.clone(),
            load: load.clone(),
            dates: date_format.clone(),
            nodes: HashMap::new(),
            types: HashMap::new(),
            loaded: BTreeMap::new(),
        })
    }

    /// How many entities of each type were loaded, edge types first.
    pub(super) fn loaded(self) -> Vec<TypeCount> {
        let count = |((is_node, name), count)| TypeCount { name, is_node, count };
        self.loaded.into_iter().map(count).collect()
    }

    /// Loads a portion, and says how much of it; `None` if it is not due or damaged, or a record
    /// cannot be loaded.
    pub(super) fn load(&mut self, graph: &mut Graph, request: &PartialImportRequest) -> Option<Vec<TypeCount>> {
        let ImportPortion::Batch { type_name, index, columns, .. } = &request.portion else { return None };
        if !request.is_intact() {
            return None;
        }
        let is_node = graph.schema.node_type(type_name).is_some();
        if !is_node && graph.schema.edge_type(type_name).is_none() {
            return None;
        }
        if let Some(columns) = columns {
            let columns = columns.iter().map(|column| column.0.clone()).collect();
            // A type can come once.
            if self.types.insert(type_name.clone(), (columns, 0)).is_some() {
                return None;
            }
        }
        let (columns, due) = self.types.get_mut(type_name)?;
        if due != index {
            return None;
        }
        *due += 1;
        let columns = columns.clone();
        let target = Target { name: type_name, is_node, columns: &columns };
        let mut count = 0;
        for record in csv::read(std::str::from_utf8(&request.data).ok()?)? {
            match self.record(graph, &target, &record) {
                Some(()) => count += 1,
                None if self.errors == ImportErrors::Ignore => {}
                None => return None,
            }
        }
        *self.loaded.entry((is_node, type_name.clone())).or_default() += count;
        Some(vec![TypeCount { name: type_name.clone(), is_node, count }])
    }

    /// Loads a record; `None` if that is not possible.
    fn record(&mut self, graph: &mut Graph, target: &Target<'_>, record: &[Option<String>]) -> Option<()> {
        let (ids, fields) = record.split_at_checked(if target.is_node { 1 } else { 2 })?;
        if fields.len() != target.columns.len() {
            return None;
        }
        let mut values = Vec::new();
        for (name, field) in target.columns.iter().zip(fields) {
            let value = match field {
                None => Value::Null,
                Some(field) => text::read(graph.schema.descriptor(name)?.value_type, field, &self.dates)?,
            };
            values.push((name, value));
        }
        let known = if target.is_node { self.existing(graph, target.name, &values) } else { None };
        let schema = graph.schema.clone();
        let mut changes = Changes::new(&schema);
        let id = match (known.and_then(|id| graph.node(id)), ids) {
            (Some(node), _) => {
                changes.update_node(node);
                node.id
            }
            (None, [_]) => changes.add_node(Some(target.name)).ok()?,
            (None, ids) => {
                let mut ends = ids.iter().map(|id| self.nodes.get(id.as_ref()?).copied());
                changes.add_edge(target.name, ends.next()??, ends.next()??).ok()?
            }
        };
        for (name, value) in values {
            changes.set(id, name, value).ok()?;
        }
        let next = graph.next_id;
        graph.commit(changes.into_set()).ok()?;
        if let [Some(id)] = ids {
            // A commit gives its first id to the first entity.
            self.nodes.insert(id.clone(), known.unwrap_or(next));
        }
        Some(())
    }

    /// The node that has the record's primary key, if existing ones are to be changed.
    fn existing(&self, graph: &Graph, type_name: &str, values: &[(&String, Value)]) -> Option<i64> {
        if self.load != ImportLoad::Upsert {
            return None;
        }
        let mut changes = Changes::new(&graph.schema);
        let id = changes.add_node(Some(type_name)).ok()?;
        for (name, value) in values {
            changes.set(id, name, value.clone()).ok()?;
        }
        let Some(Entity::Node(node)) = changes.as_set().added.first() else { return None };
        graph.keys.get(&graph.key_of(node.type_id, &node.attributes)?).copied()
    }
}

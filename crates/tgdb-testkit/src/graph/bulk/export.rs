//! Export: all node types and edge types that have entities, one after another.

use std::collections::VecDeque;

use tgdb_pdu::body::{
    BeginExportRequest, BeginExportResponse, BulkOutcome, Chars, ExportPortion, ExportedColumns, PartialExportRequest,
    PartialExportResponse, TypeCount,
};
use tgdb_pdu::graph::{AttributeList, Value};

use super::super::Graph;
use super::{csv, text};

/// What is still to be sent. Entities that are removed meanwhile do not come.
#[derive(Debug)]
pub(super) struct Export {
    types: VecDeque<Rest>,
    max_entities: usize,
}

/// A type, and what of it is still to be sent.
#[derive(Debug)]
struct Rest {
    name: String,
    columns: Vec<String>,
    ids: VecDeque<i64>,
    is_new: bool,
}

impl Export {
    /// `None` for an export to files.
    pub(super) fn begin(graph: &Graph, request: &BeginExportRequest) -> Option<(Self, BeginExportResponse)> {
        let BeginExportRequest::Batches { max_entities } = request else { return None };
        let max_entities = usize::try_from(*max_entities).unwrap_or_default().max(1);
        let nodes = graph.schema.node_types().iter().map(|found| (&found.entity_type, true));
        let edges = graph.schema.edge_types().iter().map(|found| (&found.entity_type, false));
        let (mut types, mut counts) = (VecDeque::new(), Vec::new());
        for (found, is_node) in nodes.chain(edges) {
            let ids: VecDeque<i64> = match is_node {
                true => graph.nodes().filter(|node| node.type_id == found.id).map(|node| node.id).collect(),
                false => graph.edges().filter(|edge| edge.type_id == found.id).map(|edge| edge.id).collect(),
            };
            if ids.is_empty() {
                continue;
            }
            let is_text = |name: &&String| graph.schema.descriptor(name).is_some_and(|found| text::is_text(found));
            let columns = found.attributes.0.iter().filter(is_text).cloned().collect();
            counts.push(TypeCount { name: found.name.clone(), is_node, count: ids.len() as i64 });
            types.push_back(Rest { name: found.name.clone(), columns, ids, is_new: true });
        }
        let portions = |rest: &Rest| rest.ids.len().div_ceil(max_entities);
        let requests = i32::try_from(types.iter().map(portions).sum::<usize>()).unwrap_or(i32::MAX);
        let reply = BeginExportResponse { requests, outcome: BulkOutcome::Done(counts) };
        Some((Self { types, max_entities }, reply))
    }

    /// The next portion; `None` if there is no more, or another one is asked for.
    pub(super) fn next(&mut self, graph: &Graph, request: &PartialExportRequest) -> Option<PartialExportResponse> {
        if request.request != PartialExportRequest::NEXT {
            return None;
        }
        let rest = self.types.front_mut()?;
        let new_type = std::mem::take(&mut rest.is_new).then(|| ExportedColumns {
            type_name: rest.name.clone(),
            columns: rest.columns.iter().cloned().map(Chars).collect(),
        });
        let (mut data, mut entities) = (String::new(), 0);
        let count = rest.ids.len().min(self.max_entities);
        for id in rest.ids.drain(..count) {
            let attributes = if let Some(node) = graph.node(id) {
                csv::write(&mut data, true, Some(&id.to_string()));
                &node.attributes
            } else if let Some(edge) = graph.edge(id) {
                csv::write(&mut data, true, Some(&edge.from.to_string()));
                csv::write(&mut data, false, Some(&edge.to.to_string()));
                &edge.attributes
            } else {
                continue;
            };
            write_values(&mut data, attributes, &rest.columns);
            entities += 1;
        }
        if rest.ids.is_empty() {
            self.types.pop_front();
        }
        let portion = ExportPortion::Batch { new_type, entities, more: !self.types.is_empty() };
        Some(PartialExportResponse::new(portion, data.into_bytes().into()))
    }
}

fn write_values(data: &mut String, attributes: &AttributeList, columns: &[String]) {
    for name in columns {
        let value = attributes.get::<Value>(name).ok();
        csv::write(data, false, value.as_ref().and_then(text::write).as_deref());
    }
    data.push('\n');
}

//! Getting entities by key or id, and large objects.

use std::collections::HashSet;

use bytes::Bytes;
use tgdb_pdu::body::{
    EntityKey, Exception, FetchOptions, GetEntityCommand, GetEntityRequest, GetEntityResponse, GetLargeObjectRequest,
    GetLargeObjectResponse,
};
use tgdb_pdu::call::QueryStatus;
use tgdb_pdu::graph::{Attribute, Edge, Entity, Value};
use tgdb_pdu::obfuscation::Obfuscated;
use tgdb_pdu::{Body, EncodeError, Reader, Verb, Wire, Writer};

use super::Graph;
use super::client::ClientState;
use super::schema::ID;
use super::view::{OBFUSCATION_KEY, View};

/// How many results a session can have open; the oldest goes first.
const MAX_RESULTS: usize = 16;

/// How many bytes of a large object go into one chunk.
const CHUNK: usize = 16 * 1024;

/// Status of a large object that is not there. The vendor's clients give it no name.
const NO_OBJECT: i32 = 1;

fn failed(status: QueryStatus, text: String) -> Exception {
    Exception { code: status.0, message: Some(text) }
}

pub(super) fn answer(
    graph: &Graph,
    state: &mut ClientState,
    request: &GetEntityRequest,
    view: View,
) -> Result<Body, EncodeError> {
    let reply = match found(graph, state, request) {
        Ok((result_id, found, near)) => {
            let entities =
                |ids: Vec<i64>| ids.into_iter().filter_map(|id| graph.entity(id, view)).collect::<Vec<Entity>>();
            let (found, near) = (entities(found), entities(near));
            Some(GetEntityResponse::of_entities(request.command, result_id, &found, &near, view.layout)?).into()
        }
        Err(exception) => exception.into(),
    };
    Ok(reply)
}

/// Result id, ids of the entities found, ids of those near them.
type Found = (i32, Vec<i64>, Vec<i64>);

fn found(graph: &Graph, state: &mut ClientState, request: &GetEntityRequest) -> Result<Found, Exception> {
    let command = request.command;
    match (&request.key, command) {
        (Some((options, key)), _) => {
            let all = graph.matching(command, key)?;
            Ok(part(graph, state, 0, all, options))
        }
        (None, GetEntityCommand::CONTINUE) => match state.results.remove(&request.result_id) {
            // Its reply has no marks, which would show what is a result and what is near one.
            Some((rest, fetch_size)) => {
                let options = FetchOptions { fetch_size, traversal_depth: 0, ..FetchOptions::default() };
                Ok(part(graph, state, request.result_id, rest, &options))
            }
            None => Err(no_result(request.result_id)),
        },
        (None, GetEntityCommand::CLOSE) => match state.results.remove(&request.result_id) {
            Some(_) => Ok((request.result_id, Vec::new(), Vec::new())),
            None => Err(no_result(request.result_id)),
        },
        (None, command) => Err(failed(QueryStatus::INVALID, format!("get-entity command {} is unknown", command.0))),
    }
}

fn no_result(id: i32) -> Exception {
    failed(QueryStatus::NOT_DEFINED, format!("the session has no open result {id}"))
}

/// As many as the options ask for, and what is near them; the rest is kept under a result id.
fn part(graph: &Graph, state: &mut ClientState, id: i32, mut all: Vec<i64>, options: &FetchOptions) -> Found {
    let limit = usize::try_from(options.fetch_size).ok().filter(|limit| *limit > 0).unwrap_or(usize::MAX);
    let rest = all.split_off(all.len().min(limit));
    let result_id = match (rest.is_empty(), id) {
        (true, _) => 0,
        (false, 0) => {
            state.last_result = state.last_result.wrapping_add(1).max(1);
            state.last_result
        }
        (false, id) => id,
    };
    if !rest.is_empty() {
        if state.results.len() >= MAX_RESULTS {
            state.results.pop_first();
        }
        state.results.insert(result_id, (rest, options.fetch_size));
    }
    let near = graph.near_of(&all, options, limit - all.len());
    (result_id, all, near)
}

impl Graph {
    /// Ids of the entities that a key fits; for command 0 the first one at most.
    fn matching(&self, command: GetEntityCommand, key: &Bytes) -> Result<Vec<i64>, Exception> {
        let malformed = |error: tgdb_pdu::BodyError| failed(QueryStatus::INVALID, error.to_string());
        let mut reader = Reader::new(Verb::GET_ENTITY_REQUEST, key.clone());
        let key = EntityKey::decode("key", &mut reader).map_err(malformed)?;
        let mut wanted = Vec::new();
        for attribute in key.attributes(&self.schema).map_err(malformed)? {
            let attribute = attribute.to_attribute().map_err(malformed)?;
            let name = attribute.descriptor.name.clone();
            // Numbers are brought to the scale that they are kept with.
            let fitted = Attribute::new(attribute.descriptor, attribute.value);
            wanted.push(fitted.map_err(|error| failed(QueryStatus::INVALID, format!("key, {name:?}: {error}")))?);
        }
        if command == GetEntityCommand::GET_BY_ID {
            return match wanted.as_slice() {
                [Attribute { descriptor, value: Value::Long(id) }] if descriptor.name == ID => Ok(Some(*id)
                    .filter(|id| self.nodes.contains_key(id) || self.edges.contains_key(id))
                    .into_iter()
                    .collect()),
                _ => Err(failed(QueryStatus::INVALID, format!("a key for an id has one attribute, {ID:?}"))),
            };
        }
        if wanted.is_empty() {
            return Err(failed(QueryStatus::INVALID, "the key has no attributes".to_owned()));
        }
        let type_id = match &key.type_name {
            None => None,
            Some(name) => match self.schema.node_type(name) {
                Some(found) => Some(found.entity_type.id),
                None => {
                    return Err(failed(QueryStatus::NODE_TYPE_NOT_FOUND, format!("there is no node type {name:?}")));
                }
            },
        };
        let fits = |wanted: &Attribute, found: &Attribute| {
            found.descriptor.id == wanted.descriptor.id && found.value == wanted.value && !found.value.is_null()
        };
        let nodes = self.nodes().filter(|node| type_id.is_none_or(|id| id == node.type_id));
        let nodes = nodes.filter(|node| wanted.iter().all(|one| node.attributes.iter().any(|found| fits(one, found))));
        let limit = if command == GetEntityCommand::GET { 1 } else { usize::MAX };
        Ok(nodes.map(|node| node.id).take(limit).collect())
    }

    /// Ids of what is near: edges, and the nodes at their other ends, as far away and as many as
    /// the options say, nearest first.
    fn near_of(&self, found: &[i64], options: &FetchOptions, limit: usize) -> Vec<i64> {
        let per_node = usize::try_from(options.edge_fetch_size).ok().filter(|limit| *limit > 0).unwrap_or(usize::MAX);
        let mut seen: HashSet<i64> = found.iter().copied().collect();
        let mut near = Vec::new();
        let mut frontier = found.to_vec();
        for _ in 0..options.traversal_depth.max(0) {
            let mut next = Vec::new();
            for id in &frontier {
                // The ends of a found edge count as its neighbours.
                if let Some(edge) = self.edges.get(id) {
                    next.extend([edge.from, edge.to].into_iter().filter(|end| seen.insert(*end)));
                }
                let edges = self.nodes.get(id).into_iter().flat_map(|node| node.edges.iter().take(per_node));
                for Edge { id, from, to, .. } in edges.filter_map(|edge| self.edges.get(edge)) {
                    if seen.insert(*id) {
                        near.push(*id);
                    }
                    next.extend([*from, *to].into_iter().filter(|end| seen.insert(*end)));
                }
            }
            if next.is_empty() || near.len() >= limit {
                break;
            }
            near.extend(&next);
            frontier = next;
        }
        near.truncate(limit);
        near
    }
}

/// A large object, in chunks. With "decrypt" it comes in the form of [`obfuscation`](tgdb_pdu::obfuscation),
/// which Java's client removes.
pub(super) fn large_object(
    graph: &Graph,
    request: &GetLargeObjectRequest,
) -> Result<GetLargeObjectResponse, EncodeError> {
    let Some(data) = graph.objects.get(&request.entity_id) else {
        return Ok(GetLargeObjectResponse::Failed { status: NO_OBJECT });
    };
    let mut data = data.clone();
    if request.decrypt {
        let mut w = Writer::default();
        Obfuscated { key: OBFUSCATION_KEY, data }.encode("object", &mut w)?;
        data = w.into_vec().into();
    }
    let starts = (0..data.len()).step_by(CHUNK);
    let chunks = starts.map(|start| data.slice(start..data.len().min(start + CHUNK))).collect();
    Ok(GetLargeObjectResponse::Found { entity_id: request.entity_id, chunks: Some(chunks) })
}

//! Requests for queries, and their replies.

use tgdb_pdu::EncodeError;
use tgdb_pdu::body::{AttributeType, QueryCommand, QueryRequest, QueryResponse, QueryResult, QueryTarget};
use tgdb_pdu::call::QueryStatus;
use tgdb_pdu::graph::{Attribute, Element, Entity, ResultType};

use super::client::ClientState;
use super::gremlin::{self, Item, Outcome, QueryFailure, Shape, value_order};
use super::view::View;
use super::{Graph, tgql};

/// How many prepared queries a session can have.
const MAX_PREPARED: usize = 1000;

pub(super) fn answer(
    graph: &Graph,
    state: &mut ClientState,
    request: &QueryRequest,
    view: View,
) -> Result<QueryResponse, EncodeError> {
    match result(graph, state, request, view) {
        Ok(result) => QueryResponse::succeeded(result?),
        Err(failure) => QueryResponse::failed(failure.status.0, &shortened(failure.text)),
    }
}

/// Texts of failures repeat names from the query, of which there is only so much room.
fn shortened(text: String) -> String {
    text.chars().take(1000).collect()
}

type Answer = Result<Result<QueryResult, EncodeError>, QueryFailure>;

fn result(graph: &Graph, state: &mut ClientState, request: &QueryRequest, view: View) -> Answer {
    let text = match &request.target {
        QueryTarget::Text(text) => {
            if text.edge_filter.is_some() || text.traversal_condition.is_some() || text.end_condition.is_some() {
                return unsupported("edge filters, and conditions for going on and ending, are not supported");
            }
            text.query.clone().unwrap_or_default()
        }
        QueryTarget::Id(_) | QueryTarget::Nothing => String::new(),
    };
    match (request.command, &request.target) {
        (QueryCommand::EXECUTE_GREMLIN_STR, _) => run_gremlin(graph, 0, &text, request, view),
        (QueryCommand::EXECUTE, _) => run_tgql(graph, 0, &text, request, view),
        (QueryCommand::CREATE, _) => {
            if is_gremlin(&text) {
                gremlin::check(&text, graph)?;
            } else {
                tgql::run(&text, graph)?;
            }
            if state.queries.len() >= MAX_PREPARED {
                let text = format!("the session has {MAX_PREPARED} prepared queries; close some");
                return Err(QueryFailure::new(QueryStatus::INVALID, text));
            }
            // Java takes ids above 0 only.
            state.last_query += 1;
            state.queries.insert(state.last_query, text);
            Ok(QueryResult::of_elements(state.last_query, &ResultType::Node, Vec::new(), view.layout))
        }
        (QueryCommand::EXECUTE_ID, QueryTarget::Id(id)) => match state.queries.get(id) {
            Some(text) if is_gremlin(text) => run_gremlin(graph, *id, text, request, view),
            Some(text) => run_tgql(graph, *id, text, request, view),
            None => unknown(*id),
        },
        (QueryCommand::CLOSE, QueryTarget::Id(id)) => match state.queries.remove(id) {
            Some(_) => Ok(QueryResult::of_elements(*id, &ResultType::Node, Vec::new(), view.layout)),
            None => unknown(*id),
        },
        (QueryCommand::EXECUTE_GREMLIN | QueryCommand(7), _) => {
            unsupported("Gremlin bytecode is not supported; send the query as text")
        }
        (command, _) => Err(QueryFailure::new(QueryStatus::INVALID, format!("query command {} is unknown", command.0))),
    }
}

/// Requests to prepare a query do not say in which language it is.
fn is_gremlin(text: &str) -> bool {
    text.trim_start().strip_prefix('g').is_some_and(|rest| rest.trim_start().starts_with('.'))
}

fn unsupported(text: &str) -> Answer {
    let text = format!("{text} (this is a test server)");
    Err(QueryFailure::new(QueryStatus::STEP_NOT_SUPPORTED, text))
}

fn unknown(id: i64) -> Answer {
    Err(QueryFailure::new(QueryStatus::NOT_DEFINED, format!("the session has no prepared query {id}")))
}

fn run_gremlin(graph: &Graph, id: i64, text: &str, request: &QueryRequest, view: View) -> Answer {
    let Outcome { shape, items } = gremlin::run(text, graph)?;
    let items = chosen(graph, items, request)?;
    let item_type = match (shape, items.first()) {
        (Shape::Path, Some(Item::Path(path))) => ResultType::Path(path.iter().map(item_type).collect()),
        (Shape::Value, _) => common_type(&items),
        (_, Some(first)) => item_type(first),
        (_, None) => ResultType::Node,
    };
    let elements = items.iter().filter_map(|item| element(graph, item, view)).collect();
    Ok(QueryResult::of_elements(id, &item_type, elements, view.layout))
}

/// Java makes a result of each node in the reply, so nothing near the results is sent along.
fn run_tgql(graph: &Graph, id: i64, text: &str, request: &QueryRequest, view: View) -> Answer {
    let items = chosen(graph, tgql::run(text, graph)?, request)?;
    let found: Vec<Entity> = items.iter().filter_map(|item| entity(graph, item, view)).collect();
    Ok(QueryResult::of_entities(id, &found, &[], view.layout))
}

/// In the order that the request asks for, and no more than it asks for.
fn chosen(graph: &Graph, mut items: Vec<Item>, request: &QueryRequest) -> Result<Vec<Item>, QueryFailure> {
    if let Some(sort) = &request.sort {
        let status = QueryStatus::ATTRIBUTE_DESCRIPTOR_NOT_FOUND;
        let found = graph.schema().descriptor(&sort.attribute);
        let unknown = || QueryFailure::new(status, format!("the graph has no attribute {:?}", sort.attribute));
        let descriptor = found.ok_or_else(unknown)?;
        items.sort_by(|a, b| {
            let [a, b] = [a, b].map(|item| graph.sort_value(item, Some(descriptor)));
            match (a, b) {
                (Some(a), Some(b)) if sort.descending => value_order(&b, &a),
                (Some(a), Some(b)) => value_order(&a, &b),
                (a, b) => a.is_none().cmp(&b.is_none()),
            }
        });
        limit(&mut items, sort.limit);
    }
    limit(&mut items, request.options.fetch_size);
    Ok(items)
}

/// 0 and less is no limit.
fn limit<T>(items: &mut Vec<T>, limit: i32) {
    if let Ok(limit @ 1..) = usize::try_from(limit) {
        items.truncate(limit);
    }
}

fn scalar(attribute: &Attribute) -> ResultType {
    match attribute.descriptor.value_type {
        AttributeType::CLOB | AttributeType::BLOB => ResultType::Scalar(None),
        value_type => ResultType::Scalar(Some(value_type)),
    }
}

fn item_type(item: &Item) -> ResultType {
    match item {
        Item::Node(_) => ResultType::Node,
        Item::Edge(_) => ResultType::Edge,
        Item::Value(attribute) | Item::Transient(attribute) => scalar(attribute),
        Item::Map(_) => ResultType::Map,
        Item::Path(items) => ResultType::Path(items.iter().map(item_type).collect()),
    }
}

/// The type of all values, or any scalar if they differ.
fn common_type(items: &[Item]) -> ResultType {
    let mut types = items.iter().map(item_type);
    match types.next() {
        Some(first) if types.all(|other| other == first) => first,
        _ => ResultType::Scalar(None),
    }
}

fn entity(graph: &Graph, item: &Item, view: View) -> Option<Entity> {
    match item {
        Item::Node(id) | Item::Edge(id) => graph.entity(*id, view),
        _ => None,
    }
}

fn element(graph: &Graph, item: &Item, view: View) -> Option<Element> {
    Some(match item {
        Item::Node(_) | Item::Edge(_) => Element::Entity(entity(graph, item, view)?),
        Item::Value(attribute) => Element::AttributeValue(view.of(attribute)?),
        Item::Transient(attribute) => Element::TransientValue(attribute.clone()),
        Item::Map(attributes) => {
            let seen = attributes.iter().filter_map(|attribute| view.of(attribute));
            let entry = |seen: Attribute| (seen.descriptor.name.clone(), Element::AttributeValue(seen));
            Element::Map(seen.map(entry).collect())
        }
        Item::Path(items) => Element::MixedList(items.iter().filter_map(|item| element(graph, item, view)).collect()),
    })
}

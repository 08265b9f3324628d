//! A small part of TGQL: conditions with `and` between them, as
//! `@nodetype = 'airport' and elevation > 5000;`.
//!
//! No grammar of TGQL is public; this is what the vendor's examples show of it.

use tgdb_pdu::call::QueryStatus;

use super::Graph;
use super::gremlin::{Item, Literal, Operator, QueryFailure, Test, Token, tokens};

fn unsupported(offset: usize) -> QueryFailure {
    let text = format!(
        "TGQL from byte {offset} on is not supported by this test server; it takes conditions such as \
         @nodetype = 'airport' and elevation > 5000;"
    );
    QueryFailure::new(QueryStatus::STEP_NOT_SUPPORTED, text)
}

/// The nodes, or with `@edgetype` the edges, that meet all conditions, by id.
pub(super) fn run(text: &str, graph: &Graph) -> Result<Vec<Item>, QueryFailure> {
    let tokens = tokens(text)?;
    let mut rest = tokens.as_slice();
    let offset = |rest: &[(usize, Token)]| rest.first().map_or(text.len(), |(offset, _)| *offset);
    let (mut node_type, mut edge_type) = (None, None);
    let mut conditions = Vec::new();
    loop {
        let start = offset(rest);
        let [(_, Token::Name(name)), behind @ ..] = rest else { return Err(unsupported(start)) };
        let (operator, behind) = operator(behind).ok_or_else(|| unsupported(offset(behind)))?;
        let [(_, value), behind @ ..] = behind else { return Err(unsupported(offset(behind))) };
        let literal = match value {
            Token::Text(text) => Literal::Text(text.clone()),
            Token::Integer(number) => Literal::Integer(*number),
            Token::Decimal(number) => Literal::Decimal(*number),
            Token::Name(word) if word == "true" || word == "false" => Literal::Boolean(word == "true"),
            _ => return Err(unsupported(start)),
        };
        match (name.as_str(), operator, literal) {
            ("@nodetype", Operator::Equal, Literal::Text(name)) => {
                let found = graph.schema().node_type(&name).map(|found| found.entity_type.id);
                node_type = Some(found.ok_or_else(|| missing(QueryStatus::NODE_TYPE_NOT_FOUND, "node type", &name))?);
            }
            ("@edgetype", Operator::Equal, Literal::Text(name)) => {
                let found = graph.schema().edge_type(&name).map(|found| found.entity_type.id);
                edge_type = Some(found.ok_or_else(|| missing(QueryStatus::EDGE_TYPE_NOT_FOUND, "edge type", &name))?);
            }
            (name, operator, literal) => {
                let status = QueryStatus::ATTRIBUTE_DESCRIPTOR_NOT_FOUND;
                if graph.schema().descriptor(name).is_none() {
                    return Err(missing(status, "attribute", name));
                }
                conditions.push((name.to_owned(), Test::Compare(operator, literal)));
            }
        }
        match behind {
            [(_, Token::Name(and)), behind @ ..] if and.eq_ignore_ascii_case("and") => rest = behind,
            [] | [(_, Token::Sign(';'))] => break,
            _ => return Err(unsupported(offset(behind))),
        }
    }
    let meets = |attributes: &tgdb_pdu::graph::AttributeList| {
        conditions.iter().all(|(name, test)| {
            let mut found = attributes.iter().filter(|attribute| attribute.descriptor.name == *name);
            found.any(|attribute| test.is_met(&attribute.value))
        })
    };
    if let Some(edge_type) = edge_type {
        let edges = graph.edges().filter(|edge| edge.type_id == edge_type && meets(&edge.attributes));
        return Ok(edges.map(|edge| Item::Edge(edge.id)).collect());
    }
    let nodes = graph.nodes().filter(|node| node_type.is_none_or(|id| id == node.type_id) && meets(&node.attributes));
    Ok(nodes.map(|node| Item::Node(node.id)).collect())
}

fn missing(status: QueryStatus, what: &str, name: &str) -> QueryFailure {
    QueryFailure::new(status, format!("the graph has no {what} {name:?}"))
}

/// An operator of one or two signs, and what is behind it.
fn operator(tokens: &[(usize, Token)]) -> Option<(Operator, &[(usize, Token)])> {
    let sign = |at: usize| match tokens.get(at) {
        Some((_, Token::Sign(sign))) => Some(*sign),
        _ => None,
    };
    let (operator, length) = match (sign(0)?, sign(1)) {
        ('=', Some('=')) => (Operator::Equal, 2),
        ('=', _) => (Operator::Equal, 1),
        ('!', Some('=')) | ('<', Some('>')) => (Operator::NotEqual, 2),
        ('<', Some('=')) => (Operator::LessOrEqual, 2),
        ('<', _) => (Operator::Less, 1),
        ('>', Some('=')) => (Operator::GreaterOrEqual, 2),
        ('>', _) => (Operator::Greater, 1),
        _ => return None,
    };
    tokens.get(length..).map(|behind| (operator, behind))
}

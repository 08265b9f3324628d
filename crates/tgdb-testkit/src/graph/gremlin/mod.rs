//! A small part of Gremlin: text to [`Token`](token::Token)s, to calls ([`parse`]), to steps
//! ([`plan`]), which are then walked over the graph ([`walk`]).

mod arguments;
mod look;
mod parse;
mod plan;
mod step;
mod test;
mod token;
mod walk;

use tgdb_pdu::call::QueryStatus;

pub(super) use step::Shape;
pub(super) use test::{Literal, Operator, Test, value_order};
pub(super) use token::{Token, tokens};
pub(super) use walk::Item;

use super::Graph;

/// Why a query failed.
#[derive(Debug)]
pub(super) struct QueryFailure {
    pub(super) status: QueryStatus,
    pub(super) text: String,
}

impl QueryFailure {
    pub(super) fn new(status: QueryStatus, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }
}

/// What a query gives, and of which kind that is.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) shape: Shape,
    pub(super) items: Vec<Item>,
}

/// Whether the text is one that [`run`] can be asked with.
pub(super) fn check(text: &str, graph: &Graph) -> Result<(), QueryFailure> {
    plan::plan(&parse::parse(text)?, graph.schema()).map(drop)
}

pub(super) fn run(text: &str, graph: &Graph) -> Result<Outcome, QueryFailure> {
    let plan = plan::plan(&parse::parse(text)?, graph.schema())?;
    walk::walk(&plan, graph)
}

//! Walking steps over the graph.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use tgdb_pdu::body::AttributeDescriptor;
use tgdb_pdu::call::QueryStatus;
use tgdb_pdu::graph::{Attribute, Value};

use super::step::{End, Plan, Step};
use super::{Outcome, QueryFailure};
use crate::graph::Graph;

/// How many items all steps of a query can make together. It bounds time and memory.
pub(in crate::graph) const MAX_ITEMS: usize = 200_000;

/// Something that a query finds.
#[derive(Debug, Clone)]
pub(in crate::graph) enum Item {
    Node(i64),
    Edge(i64),
    /// The value of an attribute.
    Value(Attribute),
    /// A value that is no entity's.
    Transient(Attribute),
    Map(Vec<Attribute>),
    Path(Vec<Item>),
}

impl Item {
    /// The same text for equal items.
    fn identity(&self) -> String {
        match self {
            Self::Node(id) => format!("node {id}"),
            Self::Edge(id) => format!("edge {id}"),
            Self::Value(attribute) | Self::Transient(attribute) => {
                format!("{}:{}", attribute.value.as_ref().type_name(), attribute.value)
            }
            Self::Map(attributes) => {
                let entry = |a: &Attribute| format!("{}={:?}", a.descriptor.id, a.value.to_string());
                attributes.iter().map(entry).collect::<Vec<_>>().join(",")
            }
            Self::Path(items) => items.iter().map(Self::identity).collect::<Vec<_>>().join("/"),
        }
    }
}

/// An item, and how it was reached if that matters.
#[derive(Debug, Clone)]
pub(super) struct Traverser {
    pub(super) item: Item,
    before: Option<Rc<Traverser>>,
}

pub(super) fn walk(plan: &Plan, graph: &Graph) -> Result<Outcome, QueryFailure> {
    let with_paths = plan.steps.iter().any(|step| matches!(step, Step::Path | Step::ToEnd(End::Other)));
    let mut walker = Walker { graph, with_paths, left: MAX_ITEMS };
    let mut traversers = Vec::new();
    for step in &plan.steps {
        traversers = walker.step(step, traversers)?;
    }
    Ok(Outcome { shape: plan.shape, items: traversers.into_iter().map(|traverser| traverser.item).collect() })
}

struct Walker<'g> {
    graph: &'g Graph,
    with_paths: bool,
    /// How many items may still be made.
    left: usize,
}

impl Walker<'_> {
    fn step(&mut self, step: &Step, all: Vec<Traverser>) -> Result<Vec<Traverser>, QueryFailure> {
        let graph = self.graph;
        match step {
            Step::Nodes(ids) => {
                let ids = selected(ids, || graph.nodes.keys(), |id| graph.nodes.contains_key(id));
                self.start(ids.into_iter().map(Item::Node))
            }
            Step::Edges(ids) => {
                let ids = selected(ids, || graph.edges.keys(), |id| graph.edges.contains_key(id));
                self.start(ids.into_iter().map(Item::Edge))
            }
            Step::OfType(types) => self.keep(all, |item| graph.type_of(item).is_some_and(|id| types.contains(&id))),
            Step::WithId(ids) => {
                self.keep(all, |item| matches!(item, Item::Node(id) | Item::Edge(id) if ids.contains(id)))
            }
            Step::Has(descriptor, test) => self.keep(all, |item| match graph.value(item, descriptor) {
                Some(attribute) => test.as_ref().is_none_or(|test| test.is_met(&attribute.value)),
                None => false,
            }),
            Step::HasNot(descriptor) => self.keep(all, |item| graph.value(item, descriptor).is_none()),
            Step::Is(test) => self.keep(all, |item| match item {
                Item::Value(attribute) | Item::Transient(attribute) => test.is_met(&attribute.value),
                _ => false,
            }),
            Step::ToEdges(way, types) => self.each(all, |traverser, out| {
                graph.near(&traverser.item, *way, types, |edge, _| out(Item::Edge(edge.id)))
            }),
            Step::ToNodes(way, types) => {
                self.each(all, |traverser, out| graph.near(&traverser.item, *way, types, |_, far| out(Item::Node(far))))
            }
            Step::ToEnd(end) => self.each(all, |traverser, out| {
                let Item::Edge(id) = traverser.item else { return Ok(()) };
                let Some(edge) = graph.edges.get(&id) else { return Ok(()) };
                match end {
                    End::From => out(Item::Node(edge.from)),
                    End::To => out(Item::Node(edge.to)),
                    End::Both => out(Item::Node(edge.from)).and_then(|()| out(Item::Node(edge.to))),
                    End::Other => match traverser.before.as_ref().map(|before| &before.item) {
                        Some(Item::Node(near)) if *near == edge.from => out(Item::Node(edge.to)),
                        Some(Item::Node(_)) => out(Item::Node(edge.from)),
                        _ => {
                            let text = "step otherV(): no step came to the edge from a node";
                            Err(QueryFailure::new(QueryStatus::STEP_NOT_ALLOWED, text))
                        }
                    },
                }
            }),
            Step::Values(descriptors) => self.each(all, |traverser, out| {
                graph.values(&traverser.item, descriptors).into_iter().try_for_each(|value| out(Item::Value(value)))
            }),
            Step::ValueMap(descriptors) => {
                self.each(all, |traverser, out| out(Item::Map(graph.values(&traverser.item, descriptors))))
            }
            Step::Path => {
                let mut paths = Vec::new();
                for traverser in &all {
                    let path = path(traverser);
                    self.charge(path.len())?;
                    paths.push(path);
                }
                self.start(paths.into_iter().map(Item::Path))
            }
            Step::Count(descriptor) => self.start([transient(descriptor, all.len() as i64)].into_iter()),
            Step::Dedup => {
                let mut seen = HashSet::new();
                self.keep(all, |item| seen.insert(item.identity()))
            }
            Step::Range(skip, take) => Ok(all.into_iter().skip(*skip).take(*take).collect()),
            Step::Order(keys) => Ok(graph.sorted(all, keys)),
            Step::Id(descriptor) => self.each(all, |traverser, out| match traverser.item {
                Item::Node(id) | Item::Edge(id) => out(transient(descriptor, id)),
                _ => Ok(()),
            }),
            Step::Label(descriptor) => self.each(all, |traverser, out| match graph.label(&traverser.item) {
                Some(label) => out(transient(descriptor, label)),
                None => Ok(()),
            }),
        }
    }

    fn charge(&mut self, items: usize) -> Result<(), QueryFailure> {
        let left = self.left.checked_sub(items);
        let text = || format!("the query goes over more than {MAX_ITEMS} items; limit it");
        self.left = left.ok_or_else(|| QueryFailure::new(QueryStatus::INVALID, text()))?;
        Ok(())
    }

    /// Items that were reached from nowhere.
    fn start(&mut self, items: impl ExactSizeIterator<Item = Item>) -> Result<Vec<Traverser>, QueryFailure> {
        self.charge(items.len())?;
        Ok(items.map(|item| Traverser { item, before: None }).collect())
    }

    fn keep(
        &mut self,
        mut all: Vec<Traverser>,
        mut is_kept: impl FnMut(&Item) -> bool,
    ) -> Result<Vec<Traverser>, QueryFailure> {
        all.retain(|traverser| is_kept(&traverser.item));
        Ok(all)
    }

    /// From each item to those that `step` hands out.
    fn each(
        &mut self,
        all: Vec<Traverser>,
        step: impl Fn(&Traverser, &mut dyn FnMut(Item) -> Result<(), QueryFailure>) -> Result<(), QueryFailure>,
    ) -> Result<Vec<Traverser>, QueryFailure> {
        let mut reached = Vec::new();
        for traverser in all {
            let traverser = Rc::new(traverser);
            step(&traverser, &mut |item| {
                self.charge(1)?;
                let before = self.with_paths.then(|| traverser.clone());
                reached.push(Traverser { item, before });
                Ok(())
            })?;
        }
        Ok(reached)
    }
}

/// The ids asked for that are there, or all.
fn selected<'g, I: Iterator<Item = &'g i64>>(
    asked: &[i64],
    all: impl FnOnce() -> I,
    is_there: impl Fn(&i64) -> bool,
) -> Vec<i64> {
    if asked.is_empty() { all().copied().collect() } else { asked.iter().copied().filter(is_there).collect() }
}

fn path(traverser: &Traverser) -> Vec<Item> {
    let mut items = vec![traverser.item.clone()];
    let mut before = traverser.before.as_ref();
    while let Some(traverser) = before {
        items.push(traverser.item.clone());
        before = traverser.before.as_ref();
    }
    items.reverse();
    items
}

fn transient(descriptor: &Arc<AttributeDescriptor>, value: impl Into<Value>) -> Item {
    Item::Transient(Attribute { descriptor: descriptor.clone(), value: value.into() })
}

//! Calls to steps: names of steps, their arguments, and what may follow what.

use std::sync::Arc;

use tgdb_pdu::body::AttributeDescriptor;
use tgdb_pdu::call::QueryStatus;
use tgdb_pdu::graph::Schema;

use super::arguments::{failed, integers, test, texts};
use super::parse::{Argument, Call};
use super::step::{End, Plan, Shape, Step, Way};
use super::{Literal, QueryFailure};
use crate::graph::schema::{COUNT, ID, LABEL};

/// How many steps a query can have.
const MAX_STEPS: usize = 100;

pub(super) fn plan(calls: &[Call], schema: &Schema) -> Result<Plan, QueryFailure> {
    if calls.len() > MAX_STEPS {
        let text = format!("the query has {} steps, {MAX_STEPS} at most are taken", calls.len());
        return Err(QueryFailure::new(QueryStatus::STEP_NOT_ALLOWED, text));
    }
    let mut planner = Planner { schema, steps: Vec::new(), shape: None };
    for call in calls {
        planner.call(call)?;
    }
    let shape = planner.shape.unwrap_or(Shape::Node);
    Ok(Plan { steps: planner.steps, shape })
}

struct Planner<'s> {
    schema: &'s Schema,
    steps: Vec<Step>,
    /// What the last step gives; `None` before the first.
    shape: Option<Shape>,
}

impl Planner<'_> {
    fn call(&mut self, call: &Call) -> Result<(), QueryFailure> {
        use Shape::{Edge, Node, Transient, Value};
        let name = call.name.as_str();
        let arguments = call.arguments.as_slice();
        match name {
            "V" => self.start(call, Step::Nodes(integers(call, arguments)?), Node),
            "E" => self.start(call, Step::Edges(integers(call, arguments)?), Edge),
            "out" | "in" | "both" => {
                self.only(call, &[Node])?;
                let step = Step::ToNodes(way(name), self.edge_types(call)?);
                self.push(step, Node)
            }
            "outE" | "inE" | "bothE" => {
                self.only(call, &[Node])?;
                let step = Step::ToEdges(way(name.trim_end_matches('E')), self.edge_types(call)?);
                self.push(step, Edge)
            }
            "outV" => self.end(call, End::From),
            "inV" => self.end(call, End::To),
            "bothV" => self.end(call, End::Both),
            "otherV" => self.end(call, End::Other),
            "has" => self.has(call),
            "hasNot" => {
                self.only(call, &[Node, Edge])?;
                let [Argument::Literal(Literal::Text(key))] = arguments else { return self.wrong_arguments(call) };
                let step = Step::HasNot(self.descriptor(key)?);
                self.filter(step)
            }
            "hasLabel" => {
                let step = Step::OfType(self.types(call, arguments)?);
                self.filter(step)
            }
            "hasId" => {
                self.only(call, &[Node, Edge])?;
                match integers(call, arguments)? {
                    ids if ids.is_empty() => self.wrong_arguments(call),
                    ids => self.filter(Step::WithId(ids)),
                }
            }
            "is" => {
                self.only(call, &[Value, Transient])?;
                let [condition] = arguments else { return self.wrong_arguments(call) };
                let step = Step::Is(test(call, condition)?);
                self.filter(step)
            }
            "values" | "valueMap" => {
                self.only(call, &[Node, Edge])?;
                let mut descriptors = Vec::new();
                for argument in arguments {
                    let Argument::Literal(Literal::Text(key)) = argument else { return self.wrong_arguments(call) };
                    let descriptor = self.descriptor(key)?;
                    // A map has a key once; a value that is asked for twice is there twice.
                    if name == "values" || !descriptors.contains(&descriptor) {
                        descriptors.push(descriptor);
                    }
                }
                match name {
                    "values" => self.push(Step::Values(descriptors), Value),
                    _ => self.push(Step::ValueMap(descriptors), Shape::Map),
                }
            }
            "path" => self.bare(call, |_| Ok(Step::Path), Shape::Path),
            "count" => self.bare(call, |planner| planner.descriptor(COUNT).map(Step::Count), Transient),
            "id" => {
                self.only(call, &[Node, Edge])?;
                self.bare(call, |planner| planner.descriptor(ID).map(Step::Id), Transient)
            }
            "label" => {
                self.only(call, &[Node, Edge])?;
                self.bare(call, |planner| planner.descriptor(LABEL).map(Step::Label), Transient)
            }
            "dedup" if arguments.is_empty() => self.filter(Step::Dedup),
            "dedup" => failed(QueryStatus::STEP_ARGUMENT_NOT_SUPPORTED, call, "takes no arguments here"),
            "limit" | "range" => self.range(call),
            "order" if arguments.is_empty() => self.filter(Step::Order(Vec::new())),
            "order" => failed(QueryStatus::STEP_ARGUMENT_NOT_SUPPORTED, call, "takes no arguments here"),
            "by" => self.by(call),
            _ if self.shape.is_none() => not_allowed(call, "a query begins with V() or E()"),
            _ => failed(QueryStatus::STEP_NOT_SUPPORTED, call, "is not supported by this test server"),
        }
    }

    fn push(&mut self, step: Step, shape: Shape) -> Result<(), QueryFailure> {
        self.steps.push(step);
        self.shape = Some(shape);
        Ok(())
    }

    /// A step behind which there is what was before it.
    fn filter(&mut self, step: Step) -> Result<(), QueryFailure> {
        match self.shape {
            Some(shape) => self.push(step, shape),
            None => Err(QueryFailure::new(QueryStatus::STEP_NOT_ALLOWED, "a query begins with V() or E()")),
        }
    }

    fn start(&mut self, call: &Call, step: Step, shape: Shape) -> Result<(), QueryFailure> {
        match self.shape {
            None => self.push(step, shape),
            Some(_) => not_allowed(call, "is allowed at the beginning only"),
        }
    }

    /// A step without arguments.
    fn bare(
        &mut self,
        call: &Call,
        step: impl FnOnce(&Self) -> Result<Step, QueryFailure>,
        shape: Shape,
    ) -> Result<(), QueryFailure> {
        match (self.shape, call.arguments.as_slice()) {
            (None, _) => not_allowed(call, "a query begins with V() or E()"),
            // A path has no place in another, nor in what a step does with its items.
            (Some(Shape::Path | Shape::Map), _) if shape == Shape::Path => not_allowed(call, "has no place here"),
            (_, []) => {
                let step = step(self)?;
                self.push(step, shape)
            }
            _ => failed(QueryStatus::STEP_ARGUMENT_NOT_SUPPORTED, call, "takes no arguments here"),
        }
    }

    fn end(&mut self, call: &Call, end: End) -> Result<(), QueryFailure> {
        self.only(call, &[Shape::Edge])?;
        self.bare(call, |_| Ok(Step::ToEnd(end)), Shape::Node)
    }

    fn only(&self, call: &Call, shapes: &[Shape]) -> Result<(), QueryFailure> {
        match self.shape {
            None => not_allowed(call, "a query begins with V() or E()"),
            Some(shape) if shapes.contains(&shape) => Ok(()),
            Some(shape) => not_allowed(call, &format!("is not for a {shape:?}").to_lowercase()),
        }
    }

    fn wrong_arguments<T>(&self, call: &Call) -> Result<T, QueryFailure> {
        match call.arguments.is_empty() {
            true => failed(QueryStatus::STEP_ARGUMENT_MISSING, call, "an argument is missing"),
            false => failed(QueryStatus::STEP_ARGUMENT_NOT_SUPPORTED, call, "these arguments are not supported"),
        }
    }

    fn has(&mut self, call: &Call) -> Result<(), QueryFailure> {
        self.only(call, &[Shape::Node, Shape::Edge])?;
        let text = |argument: &Argument| match argument {
            Argument::Literal(Literal::Text(text)) => Some(text.clone()),
            _ => None,
        };
        match call.arguments.as_slice() {
            [Argument::Word(word), value] if word == "label" => {
                let step = Step::OfType(self.types(call, std::slice::from_ref(value))?);
                self.filter(step)
            }
            [Argument::Word(word), value] if word == "id" => {
                let step = Step::WithId(integers(call, std::slice::from_ref(value))?);
                self.filter(step)
            }
            [key] if text(key).is_some() => {
                let step = Step::Has(self.descriptor(&text(key).unwrap_or_default())?, None);
                self.filter(step)
            }
            [key, condition] if text(key).is_some() => {
                let descriptor = self.descriptor(&text(key).unwrap_or_default())?;
                self.filter(Step::Has(descriptor, Some(test(call, condition)?)))
            }
            [label, key, condition] if text(key).is_some() => {
                let step = Step::OfType(self.types(call, std::slice::from_ref(label))?);
                self.filter(step)?;
                let descriptor = self.descriptor(&text(key).unwrap_or_default())?;
                self.filter(Step::Has(descriptor, Some(test(call, condition)?)))
            }
            _ => self.wrong_arguments(call),
        }
    }

    fn range(&mut self, call: &Call) -> Result<(), QueryFailure> {
        let numbers = integers(call, &call.arguments)?;
        let (skip, take) = match (call.name.as_str(), numbers.as_slice()) {
            (_, []) => return self.wrong_arguments(call),
            ("limit", [take]) => (0, *take),
            // -1 stands for no end.
            ("range", [from, -1]) => (*from, i64::MAX),
            ("range", [from, to]) if from <= to => (*from, to - from),
            _ => return failed(QueryStatus::STEP_ARGUMENT_INVALID, call, "these numbers make no range"),
        };
        match (usize::try_from(skip), usize::try_from(take)) {
            (Ok(skip), Ok(take)) => self.filter(Step::Range(skip, take)),
            _ => failed(QueryStatus::STEP_ARGUMENT_INVALID, call, "a number is negative"),
        }
    }

    fn by(&mut self, call: &Call) -> Result<(), QueryFailure> {
        let (key, is_descending) = match call.arguments.as_slice() {
            [] => return self.wrong_arguments(call),
            [Argument::Word(order)] => (None, order),
            [Argument::Literal(Literal::Text(key))] => (Some(self.descriptor(key)?), &String::from("asc")),
            [Argument::Literal(Literal::Text(key)), Argument::Word(order)] => (Some(self.descriptor(key)?), order),
            _ => return self.wrong_arguments(call),
        };
        let is_descending = match is_descending.as_str() {
            "asc" | "incr" => false,
            "desc" | "decr" => true,
            _ => return failed(QueryStatus::STEP_MODULATION_INVALID, call, "an order is asc or desc"),
        };
        match self.steps.last_mut() {
            Some(Step::Order(keys)) => {
                keys.push((key, is_descending));
                Ok(())
            }
            _ => failed(QueryStatus::STEP_MODULATION_INVALID, call, "follows order() only"),
        }
    }

    fn descriptor(&self, name: &str) -> Result<Arc<AttributeDescriptor>, QueryFailure> {
        let status = QueryStatus::ATTRIBUTE_DESCRIPTOR_NOT_FOUND;
        let found = self.schema.descriptor(name).cloned();
        found.ok_or_else(|| QueryFailure::new(status, format!("the graph has no attribute {name:?}")))
    }

    fn edge_types(&self, call: &Call) -> Result<Vec<i32>, QueryFailure> {
        texts(call, &call.arguments)?.into_iter().map(|name| self.edge_type(&name)).collect()
    }

    fn edge_type(&self, name: &str) -> Result<i32, QueryFailure> {
        let status = QueryStatus::EDGE_TYPE_NOT_FOUND;
        let found = self.schema.edge_type(name).map(|found| found.entity_type.id);
        found.ok_or_else(|| QueryFailure::new(status, format!("the graph has no edge type {name:?}")))
    }

    fn node_type(&self, name: &str) -> Result<i32, QueryFailure> {
        let status = QueryStatus::NODE_TYPE_NOT_FOUND;
        let found = self.schema.node_type(name).map(|found| found.entity_type.id);
        found.ok_or_else(|| QueryFailure::new(status, format!("the graph has no node type {name:?}")))
    }

    /// Types of nodes or edges, whichever there are here. A name of the other kind is a type of
    /// which there are none.
    fn types(&self, call: &Call, arguments: &[Argument]) -> Result<Vec<i32>, QueryFailure> {
        self.only(call, &[Shape::Node, Shape::Edge])?;
        let names = texts(call, arguments)?;
        if names.is_empty() {
            return self.wrong_arguments(call);
        }
        let of_nodes = self.shape == Some(Shape::Node);
        let found = names.iter().map(|name| match (self.node_type(name), self.edge_type(name)) {
            (Ok(id), _) if of_nodes => Ok(id),
            (_, Ok(id)) if !of_nodes => Ok(id),
            (Err(failure), Err(_)) if of_nodes => Err(failure),
            (Err(_), Err(failure)) => Err(failure),
            _ => Ok(NO_TYPE),
        });
        found.collect()
    }
}

/// An id that no type has.
const NO_TYPE: i32 = -1;

fn not_allowed<T>(call: &Call, text: &str) -> Result<T, QueryFailure> {
    failed(QueryStatus::STEP_NOT_ALLOWED, call, text)
}

fn way(name: &str) -> Way {
    match name {
        "out" => Way::Out,
        "in" => Way::In,
        _ => Way::Both,
    }
}

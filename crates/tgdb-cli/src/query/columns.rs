//! What an answer looks like as rows: which columns there are, and the cells of an element.

use std::collections::HashMap;

use tgdb_pdu::BodyError;
use tgdb_pdu::graph::{Answer, ElementRef, EntityRef, ValueRef};

use crate::table::Cell;

/// A column. Names of attributes cannot be mistaken for the others: those have an `@`, as what the
/// server makes up has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Column<'a> {
    Id,
    Type,
    From,
    To,
    /// An attribute, or an entry of a map.
    Named(&'a str),
    /// A place in a list or path.
    Item(usize),
    /// The element is a value.
    Value,
}

/// The columns of an answer.
pub(super) struct Columns<'a> {
    places: HashMap<Column<'a>, usize>,
    columns: Vec<Column<'a>>,
    /// The attribute whose values the elements are; `None` of more than one.
    value_name: Option<&'a str>,
}

impl<'a> Columns<'a> {
    /// Goes over the whole answer; values are not decoded.
    pub(super) fn of(answer: &'a Answer) -> Result<Self, BodyError> {
        let mut columns = Self { places: HashMap::new(), columns: Vec::new(), value_name: None };
        for element in answer.elements() {
            columns.look_at(element?)?;
        }
        Ok(columns)
    }

    fn look_at(&mut self, element: ElementRef<'a>) -> Result<(), BodyError> {
        match element {
            ElementRef::Entity(entity) => {
                self.add(Column::Id);
                self.add(Column::Type);
                if entity.as_edge().is_some() {
                    self.add(Column::From);
                    self.add(Column::To);
                }
                let names = entity.attributes().into_iter().map(|attribute| attribute.name());
                names.filter(|name| !is_hidden(name)).for_each(|name| self.add(Column::Named(name)));
            }
            ElementRef::Map(map) => {
                for entry in map {
                    self.add(Column::Named(entry?.0));
                }
            }
            ElementRef::List(list) => (1..=list.len()).for_each(|number| self.add(Column::Item(number))),
            ElementRef::Attribute(attribute) => self.add(Column::Named(attribute.name())),
            ElementRef::AttributeValue(value) | ElementRef::TransientValue(value) => {
                let name = Some(value.name());
                let is_first = !self.places.contains_key(&Column::Value);
                self.value_name = if is_first || self.value_name == name { name } else { None };
                self.add(Column::Value);
            }
            _ => self.add(Column::Value),
        }
        Ok(())
    }

    fn add(&mut self, column: Column<'a>) {
        let next = self.columns.len();
        self.places.entry(column).or_insert_with(|| {
            self.columns.push(column);
            next
        });
    }

    /// The names of the columns.
    pub(super) fn names(&self) -> Vec<String> {
        let name = |column: &Column<'_>| match column {
            Column::Id => "@id".to_owned(),
            Column::Type => "@type".to_owned(),
            Column::From => "@from".to_owned(),
            Column::To => "@to".to_owned(),
            Column::Named(name) => (*name).to_owned(),
            Column::Item(number) => number.to_string(),
            Column::Value => self.value_name.unwrap_or("value").trim_start_matches('@').to_owned(),
        };
        self.columns.iter().map(name).collect()
    }

    /// The cells of an element, one for each column. Their text is as it came.
    pub(super) fn cells(&self, element: ElementRef<'_>) -> Result<Vec<Cell>, BodyError> {
        let mut cells = vec![Cell::default(); self.columns.len()];
        let mut set = |column: Column<'_>, cell: Cell| {
            if let Some(place) = self.places.get(&column).and_then(|place| cells.get_mut(*place)) {
                *place = cell;
            }
        };
        match element {
            ElementRef::Entity(entity) => {
                set(Column::Id, Cell::number(entity.id().to_string()));
                set(Column::Type, raw(type_of(&entity)));
                if let Some(edge) = entity.as_edge() {
                    set(Column::From, Cell::number(edge.from().to_string()));
                    set(Column::To, Cell::number(edge.to().to_string()));
                }
                for attribute in entity.attributes() {
                    set(Column::Named(attribute.name()), value(attribute.value()?));
                }
            }
            ElementRef::Map(map) => {
                for entry in map {
                    let (key, element) = entry?;
                    set(Column::Named(key), short(element)?);
                }
            }
            ElementRef::List(list) => {
                for (element, number) in list.zip(1..) {
                    set(Column::Item(number), short(element?)?);
                }
            }
            ElementRef::Attribute(attribute) => set(Column::Named(attribute.name()), value(attribute.value()?)),
            other => set(Column::Value, short(other)?),
        }
        Ok(cells)
    }
}

/// Java and Python hide attributes of such names, too.
fn is_hidden(name: &str) -> bool {
    name.starts_with('@')
}

fn raw(text: String) -> Cell {
    Cell { text, is_number: false }
}

fn value(value: ValueRef<'_>) -> Cell {
    use ValueRef::{Byte, Double, Float, Integer, Long, Number, Short};
    let is_number = matches!(value, Byte(_) | Short(_) | Integer(_) | Long(_) | Float(_) | Double(_) | Number(_));
    let text = if value.is_null() { String::new() } else { value.to_string() };
    Cell { text, is_number }
}

fn type_of(entity: &EntityRef<'_>) -> String {
    let name = match entity {
        EntityRef::Node(node) => node.node_type().map(|found| found.entity_type.name.clone()),
        EntityRef::Edge(edge) => edge.edge_type().map(|found| found.entity_type.name.clone()),
    };
    name.unwrap_or_else(|| entity.type_id().to_string())
}

/// An element in one cell.
fn short(element: ElementRef<'_>) -> Result<Cell, BodyError> {
    Ok(match element {
        ElementRef::AttributeValue(attribute) | ElementRef::TransientValue(attribute) => value(attribute.value()?),
        ElementRef::Attribute(attribute) => raw(format!("{}: {}", attribute.name(), value(attribute.value()?).text)),
        ElementRef::Entity(entity) => raw(format!("{}({})", type_of(&entity), key_of(&entity)?)),
        ElementRef::List(list) => {
            let items = list.map(|item| Ok(short(item?)?.text)).collect::<Result<Vec<_>, BodyError>>()?;
            raw(format!("[{}]", items.join(", ")))
        }
        ElementRef::Map(map) => {
            let entry = |entry: Result<(&str, ElementRef<'_>), BodyError>| {
                let (key, element) = entry?;
                Ok(format!("{key}: {}", short(element)?.text))
            };
            raw(format!("{{{}}}", map.map(entry).collect::<Result<Vec<_>, BodyError>>()?.join(", ")))
        }
        _ => Cell::default(),
    })
}

/// The values of a node's primary key, or else the id.
fn key_of(entity: &EntityRef<'_>) -> Result<String, BodyError> {
    let mut values = Vec::new();
    if let Some(node_type) = entity.as_node().and_then(|node| node.node_type()) {
        for name in &node_type.primary_key.0 {
            let attribute = entity.attributes().into_iter().find(|attribute| attribute.name() == name);
            values.extend(attribute.map(|attribute| attribute.value().map(|key| value(key).text)).transpose()?);
        }
    }
    Ok(if values.is_empty() { format!("#{}", entity.id()) } else { values.join(", ") })
}

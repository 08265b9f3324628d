//! The content of the embedded graph, from tables in the crate.

use std::collections::HashMap;

use tgdb_pdu::graph::{ChangeError, ChangeSet, Changes, Char, Date, Schema, Time, Timestamp, Value};

const AIRPORTS: &str = include_str!("data/airports.csv");
const COUNTRIES: &str = include_str!("data/countries.csv");
const ROUTES: &str = include_str!("data/routes.csv");

/// The smallest picture in the PNG format: one transparent pixel.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\
    \0\0\0\rIDATx\xdac\xfc\xff\x9f\xa1\x1e\0\x07\x82\x02\x7f=\xc8H\xef\0\0\0\0IEND\xaeB`\x82";
/// The airport that has it.
const PICTURED: &str = "MUC";

/// The rows of a table, each as values by column. Columns are separated by `|`, which no value has.
fn rows(table: &'static str) -> impl Iterator<Item = HashMap<&'static str, &'static str>> {
    let mut lines = table.lines();
    let columns: Vec<_> = lines.next().unwrap_or_default().split('|').collect();
    lines.map(move |line| columns.iter().copied().zip(line.split('|')).filter(|(_, value)| !value.is_empty()).collect())
}

/// All entities as additions to an empty graph: countries, airports, the country of each airport,
/// routes.
pub(super) fn additions(schema: &Schema) -> Result<ChangeSet, ChangeError> {
    let mut changes = Changes::new(schema);
    let mut nodes = HashMap::new();
    for row in rows(COUNTRIES) {
        let node = changes.add_node(Some("country"))?;
        for name in attributes(schema, "country") {
            changes.set(node, name, row.get(name).copied())?;
        }
        nodes.insert(row["code"], node);
    }
    let mut homes = Vec::new();
    for (number, row) in rows(AIRPORTS).enumerate() {
        let node = changes.add_node(Some("airport"))?;
        for name in attributes(schema, "airport") {
            match (name, row.get(name)) {
                ("updated", _) => changes.set(node, name, updated(number))?,
                ("picture", _) if row["iata"] == PICTURED => changes.set(node, name, PICTURE)?,
                (_, Some(text)) => changes.set(node, name, value(name, text))?,
                (_, None) => {}
            }
        }
        nodes.insert(row["iata"], node);
        homes.push((node, nodes[row["country"]]));
    }
    for (airport, country) in homes {
        changes.add_edge("located_in", airport, country)?;
    }
    for row in rows(ROUTES) {
        let route = changes.add_edge("route", nodes[row["from"]], nodes[row["to"]])?;
        changes.set(route, "distance", value("distance", row["distance"]))?;
        changes.set(route, "fare", row["fare"])?;
    }
    Ok(changes.as_set().clone())
}

/// In the order of the type, so that the graph is the same each time.
fn attributes<'s>(schema: &'s Schema, node_type: &str) -> impl Iterator<Item = &'s str> {
    schema.node_type(node_type).into_iter().flat_map(|found| &found.entity_type.attributes.0).map(String::as_str)
}

/// A day and time that differs from airport to airport.
fn updated(number: usize) -> Option<Value> {
    let time = Time { hour: 12, minute: u8::try_from(number).ok()?, second: 30, millisecond: 250 };
    Some(Timestamp::new(Date::new(2024, 2, 29)?, time).into())
}

/// A column's text as a value that the attribute takes; the tables are as they should be, which the
/// tests show.
fn value(name: &str, text: &str) -> Value {
    match name {
        "elevation" | "runways" | "longest_runway" | "passengers" | "distance" => text.parse::<i64>().ok().into(),
        "latitude" | "longitude" => text.parse::<f64>().ok().into(),
        "utc_offset" => text.parse::<f32>().ok().into(),
        "code_letter" => text.chars().next().and_then(|letter| Char::try_from(letter).ok()).into(),
        "hub" => (text == "true").into(),
        "opened" => {
            let mut parts = text.split('-').map(|part| part.parse::<i16>().unwrap_or_default());
            let mut part = || parts.next().unwrap_or_default();
            let (year, month, day) = (part(), part(), part());
            u8::try_from(month).ok().zip(u8::try_from(day).ok()).and_then(|(m, d)| Date::new(year, m, d)).into()
        }
        _ => text.into(),
    }
}

//! Things with fields, as tables or as JSON lines. Each is a JSON object.

use std::io::{self, BufWriter, Write};

use clap::Args;
use serde_json::Value;

use crate::exit::Failure;
use crate::output::{Color, json_line};
use crate::table::{Cell, Screen, Table};

/// How things are shown.
#[derive(Debug, Args)]
pub(crate) struct Shown {
    /// Write one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// The standard output of a command that lists things.
pub(crate) struct Listing {
    is_json: bool,
    screen: Screen,
    /// Whether something stands above what comes.
    is_begun: bool,
    out: BufWriter<io::StdoutLock<'static>>,
}

impl Listing {
    pub(crate) fn new(shown: &Shown, color: Color) -> Self {
        Self {
            is_json: shown.json,
            screen: Screen::of(color),
            is_begun: false,
            out: BufWriter::new(io::stdout().lock()),
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.is_json
    }

    /// A line above a table, and an empty one between tables. JSON has none.
    pub(crate) fn title(&mut self, text: &str) -> Result<(), Failure> {
        if self.is_json {
            return Ok(());
        }
        let space = if self.is_begun { "\n" } else { "" };
        self.is_begun = true;
        writeln!(self.out, "{space}{}", self.screen.heading(text)).map_err(Failure::Output)
    }

    /// Writes things. The table has those fields only.
    pub(crate) fn list(&mut self, things: &[Value], fields: &[&str]) -> Result<(), Failure> {
        if self.is_json {
            return things.iter().try_for_each(|thing| self.line(&json_line(thing)?));
        }
        self.is_begun = true;
        let mut table = Table::new(fields.iter().copied(), self.screen);
        for thing in things {
            table.row(fields.iter().map(|field| cell(&thing[*field])).collect(), &mut self.out)?;
        }
        table.finish(&mut self.out)?;
        self.out.flush().map_err(Failure::Output)
    }

    /// Writes one thing: its fields below each other.
    pub(crate) fn thing(&mut self, thing: &Value) -> Result<(), Failure> {
        if self.is_json {
            return self.line(&json_line(thing)?);
        }
        self.is_begun = true;
        let mut fields = Vec::new();
        flatten("", thing, &mut fields);
        let width = fields.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        for (name, value) in fields {
            let line = format!("{name:<width$}  {}", cell(value).text);
            writeln!(self.out, "{}", line.trim_end()).map_err(Failure::Output)?;
        }
        self.out.flush().map_err(Failure::Output)
    }

    fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.out.write_all(line.as_bytes()).and_then(|()| self.out.flush()).map_err(Failure::Output)
    }
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::default(),
        Value::String(text) => Cell::text(text),
        Value::Number(number) => Cell::number(number.to_string()),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| cell(item).text).collect();
            Cell { text: items.join(", "), is_number: false }
        }
        other => Cell::text(&other.to_string()),
    }
}

/// The fields of an object, and those of the objects in it, with their names after its own.
fn flatten<'v>(prefix: &str, value: &'v Value, fields: &mut Vec<(String, &'v Value)>) {
    let below = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
    match value {
        Value::Object(object) => object.iter().for_each(|(name, value)| flatten(&below(name), value, fields)),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().zip(1..).for_each(|(item, number)| flatten(&below(&number.to_string()), item, fields));
        }
        value => fields.push((prefix.to_owned(), value)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_in_objects_have_long_names() {
        let thing = json!({ "a": 1, "b": { "c": [1, 2], "d": [{ "e": "x" }, { "e": "y" }] } });
        let mut fields = Vec::new();
        flatten("", &thing, &mut fields);
        let shown: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", cell(value).text)).collect();
        assert_eq!(shown, ["a=1", "b.c=1, 2", "b.d.1.e=x", "b.d.2.e=y"]);
    }
}

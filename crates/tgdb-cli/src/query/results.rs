//! Answers, written as a table, as JSON lines or as CSV.

use std::io::{self, IsTerminal, Write};

use tgdb_channel::ChannelError;
use tgdb_pdu::escaped;
use tgdb_pdu::graph::Answer;

use super::columns::Columns;
use crate::exit::Failure;
use crate::output::json_line;
use crate::table::{Cell, Screen, Table};

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Columns, for people
    Table,
    /// One JSON object, or value, a line
    Json,
    /// Comma-separated values, with a line of names
    Csv,
}

/// Where and how results are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writing {
    pub(crate) format: Format,
    pub(crate) screen: Screen,
}

impl Writing {
    /// Writes all results, each as soon as it is decoded. `go_on` is asked before each.
    pub(crate) fn write(
        &self,
        answer: &Answer,
        out: &mut dyn Write,
        go_on: &dyn Fn() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Table => self.table(answer, out, go_on)?,
            Format::Json => json(answer, out, go_on)?,
            Format::Csv => csv(answer, out, go_on)?,
        }
        out.flush().map_err(Failure::Output)
    }

    fn table(
        &self,
        answer: &Answer,
        out: &mut dyn Write,
        go_on: &dyn Fn() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let columns = Columns::of(answer).map_err(malformed)?;
        let names = columns.names();
        let mut table = Table::new(names.iter().map(String::as_str), self.screen);
        for element in answer.elements() {
            go_on()?;
            let mut cells = columns.cells(element.map_err(malformed)?).map_err(malformed)?;
            cells.iter_mut().for_each(escape);
            table.row(cells, out)?;
        }
        table.finish(out)
    }
}

fn malformed(error: tgdb_pdu::BodyError) -> Failure {
    ChannelError::from(error).into()
}

/// What numbers look like is known; all else can have anything in it.
fn escape(cell: &mut Cell) {
    if !cell.is_number {
        cell.text = escaped(&cell.text).to_string();
    }
}

fn json(answer: &Answer, out: &mut dyn Write, go_on: &dyn Fn() -> Result<(), Failure>) -> Result<(), Failure> {
    for element in answer.elements() {
        go_on()?;
        out.write_all(json_line(&element.map_err(malformed)?)?.as_bytes()).map_err(Failure::Output)?;
    }
    Ok(())
}

fn csv(answer: &Answer, out: &mut dyn Write, go_on: &dyn Fn() -> Result<(), Failure>) -> Result<(), Failure> {
    let is_terminal = io::stdout().is_terminal();
    let columns = Columns::of(answer).map_err(malformed)?;
    let names = columns.names();
    if names.is_empty() {
        return Ok(());
    }
    let mut out = csv::Writer::from_writer(out);
    out.write_record(&names).map_err(unwritten)?;
    for element in answer.elements() {
        go_on()?;
        let mut cells = columns.cells(element.map_err(malformed)?).map_err(malformed)?;
        if is_terminal {
            cells.iter_mut().for_each(escape);
        }
        out.write_record(cells.iter().map(|cell| &cell.text)).map_err(unwritten)?;
    }
    out.flush().map_err(Failure::Output)
}

fn unwritten(error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Failure::Output(error),
        other => Failure::Output(io::Error::other(format!("{other:?}"))),
    }
}

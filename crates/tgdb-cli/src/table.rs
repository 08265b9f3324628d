//! Tables of text: the first rows decide how wide the columns are, the others are written as they come.

use std::io::{self, IsTerminal, Write};

use anstyle::Style;
use tgdb_pdu::escaped;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::exit::Failure;
use crate::output::Color;

/// How many rows are kept back to size the columns.
const SAMPLE: usize = 1000;
/// How many cells of them. A server can name as many columns as it likes.
const SAMPLE_CELLS: usize = 100_000;
/// Columns are not padded beyond that, or one long cell would make all rows long.
const MAX_PADDING: usize = 1000;
/// Columns are not cut below that, or the rows become records.
const MIN_WIDTH: usize = 8;
const SEPARATOR: &str = " | ";

/// Where a table is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    /// Columns of the terminal; `None` if it is none, and nothing is cut.
    width: Option<usize>,
    heading: Style,
}

impl Screen {
    pub(crate) fn of(color: Color) -> Self {
        let heading = if color.is_wanted() { Style::new().bold() } else { Style::new() };
        let width = if io::stdout().is_terminal() { terminal_size::terminal_size() } else { None };
        Self { width: width.map(|(width, _)| width.0.into()), heading }
    }

    /// Text in the style of headings.
    pub(crate) fn heading(&self, text: &str) -> String {
        format!("{}{text}{:#}", self.heading, self.heading)
    }
}

/// A piece of a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) text: String,
    /// Whether it stands at the right, as numbers do.
    pub(crate) is_number: bool,
}

impl Cell {
    /// Any text; what would disturb the terminal is escaped.
    pub(crate) fn text(text: &str) -> Self {
        Self { text: escaped(text).to_string(), is_number: false }
    }

    pub(crate) fn number(text: String) -> Self {
        Self { text, is_number: true }
    }

    fn width(&self) -> usize {
        self.text.width()
    }
}

/// A table that is being written.
pub(crate) struct Table {
    screen: Screen,
    header: Vec<String>,
    shape: Shape,
    rows: u64,
}

enum Shape {
    /// Not decided; the rows so far.
    Open(Vec<Vec<Cell>>),
    /// Columns of those widths.
    Columns(Vec<usize>),
    /// One line for each cell, with names of that width: there are too many columns.
    Records(usize),
}

impl Table {
    pub(crate) fn new<'n>(header: impl IntoIterator<Item = &'n str>, screen: Screen) -> Self {
        let header = header.into_iter().map(|name| escaped(name).to_string()).collect();
        Self { screen, header, shape: Shape::Open(Vec::new()), rows: 0 }
    }

    /// Takes the next row, which has a cell for each column.
    pub(crate) fn row(&mut self, cells: Vec<Cell>, out: &mut dyn Write) -> Result<(), Failure> {
        if let Shape::Open(rows) = &mut self.shape {
            rows.push(cells);
            let is_enough = rows.len() >= SAMPLE || rows.len() * self.header.len() >= SAMPLE_CELLS;
            return if is_enough { self.open(out) } else { Ok(()) };
        }
        self.write(&cells, out)
    }

    /// Writes what is left, and says how many rows there were.
    pub(crate) fn finish(mut self, out: &mut dyn Write) -> Result<(), Failure> {
        self.open(out)?;
        let plural = if self.rows == 1 { "" } else { "s" };
        writeln!(out, "({} row{plural})", self.rows).map_err(Failure::Output)
    }

    /// Decides on the shape and writes the rows that waited for it.
    fn open(&mut self, out: &mut dyn Write) -> Result<(), Failure> {
        let Shape::Open(rows) = &mut self.shape else { return Ok(()) };
        let rows = std::mem::take(rows);
        let widest = |column: usize, name: &String| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(Cell::width);
            cells.chain([name.width()]).max().unwrap_or_default().min(MAX_PADDING)
        };
        let widths = self.header.iter().enumerate().map(|(column, name)| widest(column, name)).collect();
        self.shape = match fitted(widths, self.screen.width) {
            Some(widths) => Shape::Columns(widths),
            None => Shape::Records(self.header.iter().map(|name| name.width()).max().unwrap_or_default()),
        };
        if let Shape::Columns(widths) = &self.shape
            && !widths.is_empty()
        {
            let names: Vec<Cell> =
                self.header.iter().map(|name| Cell { text: name.clone(), is_number: false }).collect();
            let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            let head = self.screen.heading(&line(&names, widths, false));
            writeln!(out, "{head}\n{}", rule.join("-+-")).map_err(Failure::Output)?;
        }
        rows.iter().try_for_each(|row| self.write(row, out))
    }

    fn write(&mut self, cells: &[Cell], out: &mut dyn Write) -> Result<(), Failure> {
        self.rows += 1;
        let written = match &self.shape {
            Shape::Open(_) => Ok(()),
            Shape::Columns(widths) => writeln!(out, "{}", line(cells, widths, self.screen.width.is_some())),
            Shape::Records(width) => self.record(cells, *width, out),
        };
        written.map_err(Failure::Output)
    }

    fn record(&self, cells: &[Cell], width: usize, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.screen.heading(&format!("-- {} --", self.rows)))?;
        let left = self.screen.width.map(|screen| screen.saturating_sub(width + SEPARATOR.len()).max(MIN_WIDTH));
        for (name, cell) in self.header.iter().zip(cells).filter(|(_, cell)| !cell.text.is_empty()) {
            let text = left.map_or_else(|| cell.text.clone(), |left| cut(&cell.text, left));
            writeln!(out, "{name}{}{SEPARATOR}{text}", " ".repeat(width.saturating_sub(name.width())))?;
        }
        Ok(())
    }
}

/// The widths, with the widest made as narrow as the screen asks for; `None` if that is not enough.
fn fitted(mut widths: Vec<usize>, screen: Option<usize>) -> Option<Vec<usize>> {
    let Some(screen) = screen else { return Some(widths) };
    let room = screen.saturating_sub(SEPARATOR.len() * widths.len().saturating_sub(1));
    let total = |limit: usize| widths.iter().map(|width| *width.min(&limit)).sum::<usize>();
    let limit = (MIN_WIDTH..=screen.max(MIN_WIDTH)).rev().find(|limit| total(*limit) <= room)?;
    widths.iter_mut().for_each(|width| *width = (*width).min(limit));
    Some(widths)
}

/// The cells beside each other, cut to the widths if that is wanted.
fn line(cells: &[Cell], widths: &[usize], cuts: bool) -> String {
    let mut line = String::new();
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let text = if cuts { cut(&cell.text, *width) } else { cell.text.clone() };
        let space = " ".repeat(width.saturating_sub(text.width()));
        let separator = if column == 0 { "" } else { SEPARATOR };
        line += &if cell.is_number { format!("{separator}{space}{text}") } else { format!("{separator}{text}{space}") };
    }
    line.truncate(line.trim_end().len());
    line
}

/// The text, or its beginning with a mark that there is more.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let (mut short, mut used) = (String::new(), 1);
    for character in text.chars() {
        used += character.width().unwrap_or_default();
        if used > width {
            break;
        }
        short.push(character);
    }
    short + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(width: Option<usize>, header: &[&str], rows: &[&[&str]]) -> String {
        let screen = Screen { width, heading: Style::new() };
        let (mut table, mut out) = (Table::new(header.iter().copied(), screen), Vec::new());
        for row in rows {
            let cell = |text: &&str| match text.parse::<f64>() {
                Ok(_) => Cell::number((*text).to_owned()),
                Err(_) => Cell::text(text),
            };
            table.row(row.iter().map(cell).collect(), &mut out).unwrap();
        }
        table.finish(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_as_wide_as_their_text() {
        let shown = table(None, &["city", "n"], &[&["東京", "7"], &["Zürich", "12"]]);
        assert_eq!(shown, "city   | n\n-------+---\n東京   |  7\nZürich | 12\n(2 rows)\n");
    }

    #[test]
    fn long_text_is_cut_on_a_terminal_only() {
        let long = "x".repeat(100);
        let rows: &[&[&str]] = &[&["1", &long]];
        assert!(table(None, &["a", "b"], rows).contains(&long));
        for line in table(Some(40), &["a", "b"], rows).lines() {
            assert!(line.width() <= 40, "{line}");
        }
        assert!(table(Some(40), &["a", "b"], rows).contains("x…\n"));
    }

    #[test]
    fn too_many_columns_become_records() {
        let header = ["alpha", "beta", "gamma"];
        let long = "y".repeat(30);
        let shown = table(Some(20), &header, &[&[&long, "", &long]]);
        assert_eq!(shown, format!("-- 1 --\nalpha | {0}…\ngamma | {0}…\n(1 row)\n", "y".repeat(11)));
    }

    #[test]
    fn later_rows_are_not_kept_back_and_not_cut() {
        let screen = Screen { width: None, heading: Style::new() };
        let (mut table, mut out) = (Table::new(["a"], screen), Vec::new());
        for _ in 0..SAMPLE {
            assert!(out.is_empty());
            table.row(vec![Cell::text("a")], &mut out).unwrap();
        }
        let kept = out.len();
        assert!(kept > 2 * SAMPLE);
        table.row(vec![Cell::text("longer")], &mut out).unwrap();
        assert!(out.len() > kept);
        table.finish(&mut out).unwrap();
        assert!(String::from_utf8_lossy(&out).ends_with("\na\nlonger\n(1001 rows)\n"));
    }

    #[test]
    fn many_columns_and_long_cells_take_no_room_of_other_rows() {
        let columns = SAMPLE_CELLS / 10;
        let (header, screen) = (vec!["a"; columns], Screen { width: None, heading: Style::new() });
        let (mut table, mut out) = (Table::new(header, screen), Vec::new());
        for _ in 0..10 {
            assert!(out.is_empty(), "rows are kept back");
            table.row(vec![Cell::text("b"); columns], &mut out).unwrap();
        }
        assert!(!out.is_empty(), "rows are not kept back any more");

        let long = "x".repeat(10 * MAX_PADDING);
        let shown = self::table(None, &["a", "b"], &[&[&long, "1"], &["y", "2"]]);
        assert!(shown.contains(&format!("\n{long} | 1\n")), "nothing is cut");
        assert!(shown.len() < long.len() + 5 * MAX_PADDING, "{}", shown.len());
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(Cell::text("a\u{1b}[2J\nb").text, "a\\u{1b}[2J\\nb");
    }
}

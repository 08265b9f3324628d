//! Which column of a user's CSV goes where.

use std::collections::HashSet;

use tgdb_pdu::body::Chars;
use tgdb_url::Properties;

use super::format::CsvFormat;
use super::record::Record;
use super::{BulkError, DataErrorKind};

/// The names that the columns of the ids have in a user's CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IdColumns {
    id: String,
    from: String,
    to: String,
}

impl IdColumns {
    /// Those of the properties `bulkIOIdColName`, `bulkIOFromColName` and `bulkIOToColName`.
    pub(super) fn of(properties: &Properties) -> Result<Self, BulkError> {
        let name = |name: Result<Option<&str>, _>, default: &str| match name {
            Ok(name) => Ok(name.unwrap_or(default).to_owned()),
            Err(error) => Err(BulkError::Property(error)),
        };
        Ok(Self {
            id: name(properties.bulk_id_column(), "id")?,
            from: name(properties.bulk_from_column(), "from")?,
            to: name(properties.bulk_to_column(), "to")?,
        })
    }

    /// Those of nodes, or of edges.
    pub(super) fn names(&self, is_node: bool) -> Vec<&str> {
        if is_node { vec![&self.id] } else { vec![&self.from, &self.to] }
    }
}

/// The columns of a user's CSV in the order of a bulk message: ids first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    order: Vec<usize>,
    ids: usize,
    attributes: Vec<String>,
}

impl Columns {
    /// Reads them off a header. The first column with the name of an id is that.
    pub(super) fn of(header: &Record, ids: &[&str]) -> Result<Self, DataErrorKind> {
        let names: Vec<&str> = header.fields().map(|field| field.text).collect();
        let mut order = Vec::new();
        for id in ids {
            let column = names.iter().position(|name| name == id);
            order.push(column.ok_or_else(|| DataErrorKind::NoColumn { name: (*id).to_owned() })?);
        }
        let (mut seen, mut attributes) = (HashSet::new(), Vec::new());
        for (index, name) in names.iter().enumerate() {
            if order.iter().take(ids.len()).any(|id| *id == index) {
                continue;
            }
            if name.is_empty() {
                return Err(DataErrorKind::NamelessColumn { column: index + 1 });
            }
            if !seen.insert(*name) {
                return Err(DataErrorKind::ColumnTwice { name: (*name).to_owned() });
            }
            attributes.push((*name).to_owned());
            order.push(index);
        }
        Ok(Self { order, ids: ids.len(), attributes })
    }

    /// Names of the attributes, as a bulk message has them.
    pub(super) fn attributes(&self) -> Vec<Chars> {
        self.attributes.iter().cloned().map(Chars).collect()
    }

    /// Writes a record of the user as a line of a bulk message.
    pub(super) fn write(&self, record: &Record, line: &mut Vec<u8>) -> Result<(), DataErrorKind> {
        if record.len() != self.order.len() {
            return Err(DataErrorKind::FieldCount { expected: self.order.len(), found: record.len() });
        }
        for (place, column) in self.order.iter().enumerate() {
            let value = record.field(*column).and_then(|field| field.user_value());
            if value.is_none() && place < self.ids {
                return Err(DataErrorKind::NullId { column: column + 1 });
            }
            CsvFormat::WIRE.write_field(line, place == 0, value);
        }
        line.push(b'\n');
        Ok(())
    }
}

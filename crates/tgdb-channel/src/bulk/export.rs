//! Export of all entities.

use std::io::{self, Write};
use std::ops::ControlFlow;

use tgdb_pdu::Body;
use tgdb_pdu::body::TypeCount;

use super::columns::IdColumns;
use super::export_flow::{ExportFlow, Sink};
use super::format::CsvFormat;
use super::link::Link;
use super::progress::report;
use super::record::Record;
use super::{BulkError, BulkProgress, BulkStep, ExportOptions};
use crate::TgChannel;

/// From this length on what is to be written is written.
const BUFFER: usize = 64 * 1024;

/// A type whose records come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportType<'a> {
    /// Its name. It comes from the server: check it before it becomes the name of a file.
    pub name: &'a str,
    /// Whether it is a node type; else it is an edge type.
    pub is_node: bool,
    /// How many entities the server has announced.
    pub announced: i64,
    /// Names of the attributes in the columns behind the ids.
    pub columns: &'a [String],
}

/// What has come of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportedType {
    /// Its name.
    pub name: String,
    /// Whether it is a node type; else it is an edge type.
    pub is_node: bool,
    /// How many entities the server announced at the begin.
    pub announced: i64,
    /// How many entities the server said were in its portions.
    pub counted: i64,
    /// How many records came, and were written.
    pub records: u64,
}

impl ExportedType {
    pub(super) fn announced(count: TypeCount) -> Self {
        let TypeCount { name, is_node, count } = count;
        Self { name, is_node, announced: count, counted: 0, records: 0 }
    }

    /// Whether all three counts are the same. If not, the graph may have been changed meanwhile, or
    /// records are missing. It is logged as a warning, and no error, as the vendor's client does
    /// not look at the counts.
    pub fn is_consistent(&self) -> bool {
        self.announced == self.counted && u64::try_from(self.counted) == Ok(self.records)
    }
}

/// Exports all nodes and edges as CSV, and says what has come of each type.
///
/// `open` gives the writer for a type; one is open at a time, and it is flushed and dropped before
/// the next one. A type without entities may not come. The first line of the CSV names the columns:
/// `id` for nodes, `from` and `to` for edges (properties `bulkIOIdColName`, `bulkIOFromColName`,
/// `bulkIOToColName`), then the attributes. [`BulkImport`](super::BulkImport) reads it.
///
/// The server is asked for one portion after another, of 1,000 entities at most (property
/// `bulkIOEntityBatchSize`). One portion and 64 KiB of text are in memory, and a record whose other
/// part comes in the next portion, of 16 MiB at most. The length of a portion is bounded by
/// `maxFrameSize`. The export ends when the server says that there is no more; after 16 portions
/// in a row without data it is an error. `progress` is called after each portion, and can cancel
/// it.
///
/// All requests belong to one session. If the connection is lost, the export fails. If it fails or is
/// cancelled, a `CancelExportRequest` is sent. The vendor's client never sends that, so what a
/// server makes of it is not known; no reply is waited for.
///
/// # Errors
/// [`BulkError::Request`], [`BulkError::Server`], [`BulkError::UnexpectedReply`],
/// [`BulkError::UnexpectedType`], [`BulkError::Data`], [`BulkError::NoProgress`],
/// [`BulkError::NotIntact`], [`BulkError::Write`], [`BulkError::Cancelled`]; [`BulkError::Property`]
/// if a property about bulk data does not have its type.
///
/// # Example
/// ```no_run
/// use std::fs::File;
/// use std::ops::ControlFlow;
///
/// use tgdb_channel::bulk::{ExportOptions, export};
/// # fn example(channel: &tgdb_channel::TgChannel) -> Result<(), Box<dyn std::error::Error>> {
/// let mut number = 0;
/// let exported = export(
///     channel,
///     ExportOptions::default(),
///     |_type| {
///         number += 1;
///         File::create(format!("{number}.csv"))
///     },
///     |progress| {
///         println!("{}: {} records", progress.name, progress.records);
///         ControlFlow::Continue(())
///     },
/// )?;
/// for one in &exported {
///     println!("{}: {} records, complete: {}", one.name, one.records, one.is_consistent());
/// }
/// # Ok(())
/// # }
/// ```
pub fn export<W: Write>(
    channel: &TgChannel,
    options: ExportOptions,
    open: impl FnMut(ExportType<'_>) -> io::Result<W>,
    progress: impl FnMut(BulkProgress<'_>) -> ControlFlow<()>,
) -> Result<Vec<ExportedType>, BulkError> {
    let properties = channel.properties();
    let ids = IdColumns::of(properties)?;
    let max_entities = properties.bulk_entity_batch_size()?.unwrap_or(1000);
    let link = Link::new(channel, options.timeout);
    let step = || BulkStep::BeginExport;
    let flow = match link.request(ExportFlow::begin(max_entities), step)? {
        Body::BeginExportResponse(reply) => ExportFlow::begun(reply, options.verify)?,
        other => return Err(BulkError::UnexpectedReply { step: step(), verb: other.verb() }),
    };
    let writer = CsvWriter { open, ids, format: options.format, current: None, buffer: Vec::new() };
    let result = run(&link, flow, writer, progress);
    if result.is_err() {
        link.send(Body::CancelExportRequest);
    }
    result
}

fn run<W: Write>(
    link: &Link,
    mut flow: ExportFlow,
    mut writer: CsvWriter<impl FnMut(ExportType<'_>) -> io::Result<W>, W>,
    mut progress: impl FnMut(BulkProgress<'_>) -> ControlFlow<()>,
) -> Result<Vec<ExportedType>, BulkError> {
    let mut bytes = 0;
    while let Some(request) = flow.next() {
        match link.request(request, || flow.step())? {
            Body::PartialExportResponse(reply) => {
                bytes += reply.data.len() as u64;
                flow.handle_portion(reply, &mut writer)?;
            }
            other => return Err(BulkError::UnexpectedReply { step: flow.step(), verb: other.verb() }),
        }
        writer.write(0)?;
        if flow.next().is_some() {
            let (name, portions, records) = (flow.type_name(), flow.portions, flow.records);
            report(&mut progress, BulkProgress { name, portions, total: None, records, bytes }, || flow.step())?;
        }
    }
    Ok(flow.into_types())
}

/// Writes records as CSV.
struct CsvWriter<F, W> {
    open: F,
    ids: IdColumns,
    format: CsvFormat,
    current: Option<(String, W)>,
    buffer: Vec<u8>,
}

impl<F, W: Write> CsvWriter<F, W> {
    /// Writes what is in the buffer, if it is longer than that.
    fn write(&mut self, longer_than: usize) -> Result<(), BulkError> {
        let Some((type_name, writer)) = &mut self.current else { return Ok(()) };
        if self.buffer.len() > longer_than {
            let result = writer.write_all(&self.buffer);
            self.buffer.clear();
            result.map_err(|source| BulkError::Write { type_name: type_name.clone(), source })?;
        }
        Ok(())
    }
}

impl<F: FnMut(ExportType<'_>) -> io::Result<W>, W: Write> Sink for CsvWriter<F, W> {
    fn open(&mut self, exported: ExportType<'_>) -> Result<(), BulkError> {
        let type_name = exported.name.to_owned();
        let writer = (self.open)(exported);
        let writer = writer.map_err(|source| BulkError::Write { type_name: type_name.clone(), source })?;
        self.current = Some((type_name, writer));
        let ids = self.ids.names(exported.is_node);
        let names = ids.into_iter().chain(exported.columns.iter().map(String::as_str));
        for (index, name) in names.enumerate() {
            self.format.write_field(&mut self.buffer, index == 0, Some(name));
        }
        self.buffer.push(b'\n');
        Ok(())
    }

    fn write_record(&mut self, record: &Record) -> Result<(), BulkError> {
        for (index, field) in record.fields().enumerate() {
            self.format.write_field(&mut self.buffer, index == 0, field.wire_value());
        }
        self.buffer.push(b'\n');
        self.write(BUFFER)
    }

    fn close(&mut self) -> Result<(), BulkError> {
        self.write(0)?;
        let Some((type_name, mut writer)) = self.current.take() else { return Ok(()) };
        writer.flush().map_err(|source| BulkError::Write { type_name, source })
    }
}

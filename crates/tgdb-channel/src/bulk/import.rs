//! Import of records.

use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use tgdb_pdu::Body;
use tgdb_pdu::body::{BeginImportRequest, ImportPortion, PartialImportRequest, TypeCount};

use super::columns::{Columns, IdColumns};
use super::format::CsvFormat;
use super::link::Link;
use super::loaded::{Loaded, done};
use super::packer::Packed;
use super::plan::Plan;
use super::progress::report;
use super::{BulkError, BulkProgress, BulkStep, ImportOptions};
use crate::TgChannel;

/// An import of nodes and edges from CSV.
///
/// The source is read twice: first the portions are counted and all records are checked, because the
/// first message of a type has their total. So an error in the source is found before anything
/// is sent. Then it is sent in portions of 32,000 bytes and 1,000 nodes or 2,500 edges at most
/// (properties `bulkIONodeBatchSize`, `bulkIOEdgeBatchSize`), each of which waits for the answer to
/// the one before. The vendor's client does it so, too; whether a server would keep the order of
/// several is not known, and the first portion has the columns of all. So one portion and 16 KiB
/// of the source are in memory, and nothing more. A pipe, which cannot be read twice, goes into a
/// file first.
///
/// All requests belong to one session. If the connection is lost, the import fails, and nothing of
/// it is sent in another session.
///
/// A value that is dropped before [`finish`](Self::finish) ends the import at the server without
/// waiting for the answer. The protocol has nothing to undo what was loaded.
///
/// # Example
/// ```no_run
/// use std::fs::File;
/// use std::ops::ControlFlow;
///
/// use tgdb_channel::bulk::{BulkImport, ImportOptions};
/// # fn example(channel: &tgdb_channel::TgChannel) -> Result<(), Box<dyn std::error::Error>> {
/// let mut import = BulkImport::begin(channel, ImportOptions::default())?;
/// // The columns are `id` and names of attributes.
/// let people = import.import_nodes("person", File::open("person.csv")?, |progress| {
///     println!("{} of {:?} portions", progress.portions, progress.total);
///     ControlFlow::Continue(())
/// })?;
/// println!("{} records, {} loaded", people.records, people.loaded);
/// // The columns are `from`, `to` and names of attributes.
/// import.import_edges("knows", File::open("knows.csv")?, |_| ControlFlow::Continue(()))?;
/// for count in import.finish()?.loaded {
///     println!("{}: {}", count.name, count.count);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct BulkImport {
    link: Link,
    format: CsvFormat,
    ids: IdColumns,
    max_nodes: u32,
    max_edges: u32,
    types: HashSet<String>,
    loaded: Loaded,
    /// A type failed half-way.
    is_over: bool,
    is_finished: bool,
}

/// What became of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportedType {
    /// Records sent.
    pub records: u64,
    /// Portions sent.
    pub portions: u64,
    /// Bytes of data in them.
    pub bytes: u64,
    /// Entities of the type that the server says it has loaded. It may have passed over some with
    /// [`ImportErrors::Ignore`](tgdb_pdu::body::ImportErrors::Ignore).
    pub loaded: i64,
}

/// What became of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportSummary {
    /// Entities loaded, by type: the sums of what the server said about each portion.
    pub loaded: Vec<TypeCount>,
    /// What the server said at the end. Whether that repeats the sums is not known.
    pub at_end: Vec<TypeCount>,
}

impl BulkImport {
    /// Begins an import in the current session of the channel.
    ///
    /// # Errors
    /// [`BulkError::Request`], [`BulkError::Server`], [`BulkError::UnexpectedReply`];
    /// [`BulkError::Property`] if a property about bulk data does not have its type.
    pub fn begin(channel: &TgChannel, options: ImportOptions) -> Result<Self, BulkError> {
        let properties = channel.properties();
        let ids = IdColumns::of(properties)?;
        let (max_nodes, max_edges) = (properties.bulk_node_batch_size()?, properties.bulk_edge_batch_size()?);
        let link = Link::new(channel, options.timeout);
        let ImportOptions { errors, load, date_format, format, .. } = options;
        begin_import(&link, BeginImportRequest::Batches { errors, load, date_format })?;
        Ok(Self {
            link,
            format,
            ids,
            max_nodes: max_nodes.unwrap_or(1000),
            max_edges: max_edges.unwrap_or(2500),
            types: HashSet::new(),
            loaded: Loaded::default(),
            is_over: false,
            is_finished: false,
        })
    }

    /// Imports nodes of a type. The source has a column for the id, by which edges name the node
    /// (default `id`, property `bulkIOIdColName`), and one for each attribute. It is read from
    /// its position on.
    ///
    /// The callback is called before the first portion and after each one.
    ///
    /// # Errors
    /// Before anything is sent: [`BulkError::Read`], [`BulkError::Data`] (a record that is longer
    /// than 32,000 bytes in a message is an error, too), [`BulkError::TypeTwice`],
    /// [`BulkError::Over`], [`BulkError::TooManyPortions`]. Later: [`BulkError::Request`],
    /// [`BulkError::Server`], [`BulkError::Cancelled`], [`BulkError::UnexpectedReply`],
    /// [`BulkError::SourceChanged`], [`BulkError::Read`]; then only [`finish`](Self::finish) is left.
    pub fn import_nodes<R: Read + Seek>(
        &mut self,
        type_name: &str,
        source: R,
        progress: impl FnMut(BulkProgress<'_>) -> ControlFlow<()>,
    ) -> Result<ImportedType, BulkError> {
        self.import(type_name, true, source, progress)
    }

    /// Imports edges of a type. The source has columns for the ids of the nodes where the edge
    /// comes from and goes to (default `from` and `to`, properties `bulkIOFromColName` and
    /// `bulkIOToColName`), and one for each attribute.
    ///
    /// # Errors
    /// As [`import_nodes`](Self::import_nodes).
    pub fn import_edges<R: Read + Seek>(
        &mut self,
        type_name: &str,
        source: R,
        progress: impl FnMut(BulkProgress<'_>) -> ControlFlow<()>,
    ) -> Result<ImportedType, BulkError> {
        self.import(type_name, false, source, progress)
    }

    /// Ends the import at the server.
    ///
    /// # Errors
    /// [`BulkError::Request`], [`BulkError::Server`], [`BulkError::UnexpectedReply`].
    pub fn finish(mut self) -> Result<ImportSummary, BulkError> {
        self.is_finished = true;
        let step = || BulkStep::EndImport;
        let at_end = match self.link.request(Body::EndImportRequest, step)? {
            Body::EndImportResponse(reply) => done(reply.0, step)?,
            other => return Err(BulkError::UnexpectedReply { step: step(), verb: other.verb() }),
        };
        Ok(ImportSummary { loaded: std::mem::take(&mut self.loaded).into_counts(), at_end })
    }

    fn import<R: Read + Seek>(
        &mut self,
        type_name: &str,
        is_node: bool,
        mut source: R,
        progress: impl FnMut(BulkProgress<'_>) -> ControlFlow<()>,
    ) -> Result<ImportedType, BulkError> {
        if self.is_over {
            return Err(BulkError::Over { type_name: type_name.to_owned() });
        }
        if self.types.contains(type_name) {
            return Err(BulkError::TypeTwice { type_name: type_name.to_owned() });
        }
        let max_records = if is_node { self.max_nodes } else { self.max_edges };
        let ids = self.ids.clone();
        let plan = Plan { type_name, ids: ids.names(is_node), max_records, format: self.format };
        let read_error = |source: io::Error| BulkError::Read { name: type_name.to_owned(), source };
        let start = source.stream_position().map_err(read_error)?;
        let mut total = 0;
        let columns = plan.each_portion(&mut source, |_, _| {
            total += 1;
            Ok(())
        })?;
        if i32::try_from(total).is_err() {
            return Err(BulkError::TooManyPortions { name: type_name.to_owned() });
        }
        source.seek(SeekFrom::Start(start)).map_err(read_error)?;
        self.types.insert(type_name.to_owned());
        let result = self.send(&plan, &mut source, &columns, total, progress);
        self.is_over = result.is_err();
        result
    }

    fn send<R: Read>(
        &mut self,
        plan: &Plan<'_>,
        source: &mut R,
        counted: &Columns,
        total: u64,
        mut progress: impl FnMut(BulkProgress<'_>) -> ControlFlow<()>,
    ) -> Result<ImportedType, BulkError> {
        let type_name = plan.type_name;
        let changed = || BulkError::SourceChanged { name: type_name.to_owned() };
        let mut so_far = BulkProgress { name: type_name, portions: 0, total: Some(total), records: 0, bytes: 0 };
        let first = step(type_name, 0, total, &Packed::default());
        report(&mut progress, so_far, || first)?;
        plan.each_portion(source, |columns, packed| {
            if so_far.portions >= total || columns != counted {
                return Err(changed());
            }
            let step = || step(type_name, so_far.portions, total, &packed);
            let index = so_far.portions as i32;
            let portion = ImportPortion::Batch {
                type_name: type_name.to_owned(),
                index,
                total: total as i32,
                columns: (index == 0).then(|| columns.attributes()),
            };
            let request = PartialImportRequest::new(portion, packed.data.clone());
            send_portion(&self.link, request, &mut self.loaded, step)?;
            let done = step();
            so_far.portions += 1;
            so_far.records += packed.records;
            so_far.bytes += packed.data.len() as u64;
            report(&mut progress, so_far, || done)
        })?;
        if so_far.portions != total {
            return Err(changed());
        }
        let BulkProgress { portions, records, bytes, .. } = so_far;
        Ok(ImportedType { records, portions, bytes, loaded: self.loaded.count(type_name) })
    }
}

impl Drop for BulkImport {
    fn drop(&mut self) {
        if !self.is_finished {
            self.link.submit(Body::EndImportRequest);
        }
    }
}

fn step(type_name: &str, index: u64, portions: u64, packed: &Packed) -> BulkStep {
    let Packed { first_record, offset, .. } = *packed;
    BulkStep::ImportRecords { type_name: type_name.to_owned(), portion: index + 1, portions, first_record, offset }
}

/// Sends a [`BeginImportRequest`].
pub(super) fn begin_import(link: &Link, begin: BeginImportRequest) -> Result<(), BulkError> {
    let step = || BulkStep::BeginImport;
    match link.request(begin, step)? {
        Body::BeginImportResponse(reply) if reply.result == 0 => Ok(()),
        Body::BeginImportResponse(reply) => Err(BulkError::Server { step: step(), result: reply.result }),
        other => Err(BulkError::UnexpectedReply { step: step(), verb: other.verb() }),
    }
}

/// Sends a portion, and adds what the server says that it has loaded.
pub(super) fn send_portion(
    link: &Link,
    request: PartialImportRequest,
    loaded: &mut Loaded,
    step: impl Fn() -> BulkStep,
) -> Result<(), BulkError> {
    match link.request(request, &step)? {
        Body::PartialImportResponse(reply) => {
            loaded.add(done(reply.0, step)?);
            Ok(())
        }
        other => Err(BulkError::UnexpectedReply { step: step(), verb: other.verb() }),
    }
}

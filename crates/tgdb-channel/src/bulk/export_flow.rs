//! The course of an export, without I/O.

use std::collections::HashMap;

use tgdb_pdu::body::{
    BeginExportRequest, BeginExportResponse, ExportPortion, ExportedColumns, PartialExportRequest,
    PartialExportResponse,
};
use tgdb_pdu::{Body, escaped};
use tgdb_transport::foreign::emit;

use super::format::CsvFormat;
use super::loaded::done;
use super::record::Record;
use super::tokenizer::Tokenizer;
use super::{BulkError, BulkStep, DataError, DataErrorKind, ExportType, ExportedType};
use crate::driver::observe::target;

/// How much memory a record takes at most, 16 MiB. It can come in several portions.
const MAX_RECORD: usize = 16 << 20;

/// How many portions without data may come in a row.
const MAX_EMPTY: u32 = 16;

/// Where the records go.
pub(super) trait Sink {
    /// Records of another type follow.
    fn open(&mut self, exported: ExportType<'_>) -> Result<(), BulkError>;
    /// One record.
    fn write_record(&mut self, record: &Record) -> Result<(), BulkError>;
    /// There are no more records of the type.
    fn close(&mut self) -> Result<(), BulkError>;
}

/// What was asked for, and what has come.
#[derive(Debug)]
pub(super) struct ExportFlow {
    types: Vec<ExportedType>,
    by_name: HashMap<String, usize>,
    current: Option<Current>,
    verify: bool,
    record: Record,
    pub(super) portions: u64,
    pub(super) records: u64,
    empty: u32,
    is_done: bool,
}

#[derive(Debug)]
struct Current {
    index: usize,
    fields: usize,
    tokenizer: Tokenizer,
}

impl ExportFlow {
    /// What begins an export with that many entities in a portion at most.
    pub(super) fn begin(max_entities: u32) -> Body {
        let max_entities = i32::try_from(max_entities.max(1)).unwrap_or(i32::MAX);
        BeginExportRequest::Batches { max_entities }.into()
    }

    /// The export that the server has begun.
    pub(super) fn begun(reply: BeginExportResponse, verify: bool) -> Result<Self, BulkError> {
        let counts = done(reply.outcome, || BulkStep::BeginExport)?;
        let types: Vec<_> = counts.into_iter().map(ExportedType::announced).collect();
        let by_name = types.iter().enumerate().map(|(index, exported)| (exported.name.clone(), index)).collect();
        // Without types the database is empty.
        let is_done = types.is_empty();
        let record = Record::default();
        Ok(Self { types, by_name, current: None, verify, record, portions: 0, records: 0, empty: 0, is_done })
    }

    /// The next request, until all has come.
    pub(super) fn next(&self) -> Option<Body> {
        (!self.is_done).then(|| PartialExportRequest { request: PartialExportRequest::NEXT }.into())
    }

    /// Where it is.
    pub(super) fn step(&self) -> BulkStep {
        BulkStep::Export { portion: self.portions + 1, records: self.records }
    }

    /// Name of the type whose records come; empty before the first.
    pub(super) fn type_name(&self) -> &str {
        self.current.as_ref().map_or("", |current| &self.types[current.index].name)
    }

    /// Takes a portion.
    pub(super) fn handle_portion(
        &mut self,
        reply: PartialExportResponse,
        sink: &mut impl Sink,
    ) -> Result<(), BulkError> {
        if self.verify && !reply.is_intact() {
            return Err(BulkError::NotIntact { step: self.step() });
        }
        let ExportPortion::Batch { new_type, entities, more } = reply.portion else {
            return Err(BulkError::UnexpectedReply {
                step: self.step(),
                verb: tgdb_pdu::Verb::PARTIAL_EXPORT_RESPONSE,
            });
        };
        self.empty = if new_type.is_none() && reply.data.is_empty() { self.empty + 1 } else { 0 };
        if let Some(new_type) = new_type {
            self.end_type(sink)?;
            self.begin_type(new_type, sink)?;
        }
        match &self.current {
            Some(current) => {
                let counted = &mut self.types[current.index].counted;
                *counted = counted.saturating_add(entities.into());
            }
            None if reply.data.is_empty() => {}
            None => return Err(BulkError::UnexpectedType { step: self.step(), type_name: String::new() }),
        }
        self.feed(&reply.data, sink)?;
        if more && self.empty >= MAX_EMPTY {
            return Err(BulkError::NoProgress { step: self.step(), portions: self.empty });
        }
        if !more {
            self.end_type(sink)?;
            self.is_done = true;
        }
        self.portions += 1;
        Ok(())
    }

    /// What has come.
    pub(super) fn into_types(self) -> Vec<ExportedType> {
        self.types
    }

    fn begin_type(&mut self, new_type: ExportedColumns, sink: &mut impl Sink) -> Result<(), BulkError> {
        let ExportedColumns { type_name, columns } = new_type;
        // It is taken out, so that no type comes twice.
        let Some(index) = self.by_name.remove(&type_name) else {
            return Err(BulkError::UnexpectedType { step: self.step(), type_name });
        };
        let exported = &self.types[index];
        let columns: Vec<String> = columns.into_iter().map(|column| column.0).collect();
        let fields = columns.len() + if exported.is_node { 1 } else { 2 };
        let tokenizer = Tokenizer::new(CsvFormat::WIRE, MAX_RECORD);
        self.current = Some(Current { index, fields, tokenizer });
        let ExportedType { name, is_node, announced, .. } = exported;
        sink.open(ExportType { name, is_node: *is_node, announced: *announced, columns: &columns })
    }

    fn feed(&mut self, mut data: &[u8], sink: &mut impl Sink) -> Result<(), BulkError> {
        let Some(current) = &mut self.current else { return Ok(()) };
        let exported = &mut self.types[current.index];
        while current.tokenizer.next(&mut data, &mut self.record).map_err(|error| data_error(&exported.name, error))? {
            take(current, exported, &self.record, sink)?;
            self.records += 1;
        }
        Ok(())
    }

    fn end_type(&mut self, sink: &mut impl Sink) -> Result<(), BulkError> {
        let Some(mut current) = self.current.take() else { return Ok(()) };
        let exported = &mut self.types[current.index];
        if current.tokenizer.finish(&mut self.record).map_err(|error| data_error(&exported.name, error))? {
            take(&current, exported, &self.record, sink)?;
            self.records += 1;
        }
        if !exported.is_consistent() {
            let ExportedType { name, announced, counted, records, .. } = exported;
            emit(|| {
                tracing::warn!(target: target::BULK,
                    "export of {}: {announced} entities announced, {counted} counted by the server, {records} came",
                    escaped(name)
                );
            });
        }
        sink.close()
    }
}

fn data_error(type_name: &str, error: DataError) -> BulkError {
    // There is no header, whose number would be 0.
    BulkError::Data { type_name: type_name.to_owned(), source: DataError { record: error.record + 1, ..error } }
}

fn take(
    current: &Current,
    exported: &mut ExportedType,
    record: &Record,
    sink: &mut impl Sink,
) -> Result<(), BulkError> {
    if record.len() != current.fields {
        let kind = DataErrorKind::FieldCount { expected: current.fields, found: record.len() };
        let error = DataError { record: exported.records, offset: record.offset, kind };
        return Err(data_error(&exported.name, error));
    }
    exported.records += 1;
    sink.write_record(record)
}

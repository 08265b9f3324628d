//! Any message of a bulk import or export.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use tgdb_pdu::Body;
use tgdb_pdu::body::*;

use super::{boxed, bytes, text};

fn outcome() -> impl Strategy<Value = BulkOutcome> {
    let count =
        (text(), any::<bool>(), any::<i64>()).prop_map(|(name, is_node, count)| TypeCount { name, is_node, count });
    prop_oneof![
        vec(count, 0..4).prop_map(BulkOutcome::Done),
        any::<i32>()
            .prop_filter("not success", |result| *result != 0)
            .prop_map(|result| BulkOutcome::Failed { result }),
    ]
}

fn begin_import() -> impl Strategy<Value = BeginImportRequest> {
    let errors = prop_oneof![Just(ImportErrors::Stop), Just(ImportErrors::Ignore)];
    let load =
        prop_oneof![Just(ImportLoad::Insert), Just(ImportLoad::Upsert), Just(ImportLoad::Other("merge".to_owned()))];
    let date_format =
        prop_oneof![Just(ImportDateFormat::Ymd), Just(ImportDateFormat::Mdy), Just(ImportDateFormat::Dmy)];
    prop_oneof![
        (errors, load, date_format).prop_map(|(errors, load, date_format)| BeginImportRequest::Batches {
            errors,
            load,
            date_format,
        }),
        any::<(i32, i32)>().prop_map(|(portions, files)| BeginImportRequest::Files { portions, files }),
    ]
}

fn columns() -> impl Strategy<Value = Vec<Chars>> {
    vec(text().prop_map(Chars), 0..4)
}

fn partial_import() -> impl Strategy<Value = PartialImportRequest> {
    let batch = (text(), prop_oneof![Just(0), any::<i32>()], any::<i32>(), columns()).prop_map(
        |(type_name, index, total, columns)| ImportPortion::Batch {
            type_name,
            index,
            total,
            columns: (index == 0).then_some(columns),
        },
    );
    let file =
        (text(), any::<(i32, i32)>()).prop_map(|(name, (total, index))| ImportPortion::File { name, total, index });
    let data = prop_oneof![8 => bytes(), 1 => Just(vec![b'x'; 32_767].into())];
    (any::<(u32, u64)>(), prop_oneof![batch, file], data)
        .prop_map(|((length, checksum), portion, data)| PartialImportRequest { length, checksum, portion, data })
}

fn partial_export() -> impl Strategy<Value = PartialExportResponse> {
    let new_type = (text(), columns()).prop_map(|(type_name, columns)| ExportedColumns { type_name, columns });
    let batch = (option::of(new_type), any::<(i32, bool)>())
        .prop_map(|(new_type, (entities, more))| ExportPortion::Batch { new_type, entities, more });
    let portion = prop_oneof![batch, text().prop_map(|name| ExportPortion::File { name })];
    (portion, any::<(u32, u64)>(), bytes()).prop_map(|(portion, (length, checksum), data)| PartialExportResponse {
        portion,
        length,
        checksum,
        data,
    })
}

pub(super) fn bodies() -> [BoxedStrategy<Body>; 9] {
    let begin_export = prop_oneof![
        any::<i32>().prop_map(|max_entities| BeginExportRequest::Batches { max_entities }),
        text().prop_map(|zip| BeginExportRequest::Files { zip }),
    ];
    [
        boxed(begin_export),
        boxed((any::<i32>(), outcome()).prop_map(|(requests, outcome)| BeginExportResponse { requests, outcome })),
        boxed(any::<i32>().prop_map(|request| PartialExportRequest { request })),
        boxed(partial_export()),
        boxed(begin_import()),
        boxed(any::<i32>().prop_map(|result| BeginImportResponse { result })),
        boxed(partial_import()),
        boxed(outcome().prop_map(PartialImportResponse)),
        boxed(outcome().prop_map(EndImportResponse)),
    ]
}

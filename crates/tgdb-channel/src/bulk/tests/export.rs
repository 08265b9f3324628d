//! The course of an export.

use tgdb_pdu::body::*;
use tgdb_pdu::{Body, Verb};

use super::super::export_flow::{ExportFlow, Sink};
use super::super::record::Record;
use super::super::{BulkError, BulkStep, DataErrorKind, ExportType};

/// Keeps what comes as lines.
#[derive(Default)]
struct Lines(Vec<String>);

impl Sink for Lines {
    fn open(&mut self, exported: ExportType<'_>) -> Result<(), BulkError> {
        self.0.push(format!("open {} {}", exported.name, exported.columns.join("+")));
        Ok(())
    }
    fn write_record(&mut self, record: &Record) -> Result<(), BulkError> {
        let fields: Vec<_> = record.fields().map(|field| field.wire_value().unwrap_or("-").to_owned()).collect();
        self.0.push(fields.join("|"));
        Ok(())
    }
    fn close(&mut self) -> Result<(), BulkError> {
        self.0.push("close".into());
        Ok(())
    }
}

fn begun(types: &[(&str, bool, i64)]) -> BeginExportResponse {
    let count = |(name, is_node, count): &(&str, bool, i64)| TypeCount {
        name: (*name).into(),
        is_node: *is_node,
        count: *count,
    };
    BeginExportResponse { requests: 1, outcome: BulkOutcome::Done(types.iter().map(count).collect()) }
}

fn flow(types: &[(&str, bool, i64)]) -> ExportFlow {
    ExportFlow::begun(begun(types), false).unwrap()
}

fn portion(new_type: Option<(&str, &[&str])>, entities: i32, more: bool, data: &str) -> PartialExportResponse {
    let new_type = new_type.map(|(name, columns)| ExportedColumns {
        type_name: name.into(),
        columns: columns.iter().map(|column| Chars((*column).into())).collect(),
    });
    PartialExportResponse::new(ExportPortion::Batch { new_type, entities, more }, data.to_owned().into())
}

#[test]
fn records_come_out_whole_though_portions_cut_them() {
    let mut flow = flow(&[("person", true, 3), ("knows", false, 1), ("empty", true, 0)]);
    let mut lines = Lines::default();
    let portions = [
        portion(Some(("person", &["name"])), 1, true, "1,Ann\n2,\"B"),
        portion(None, 1, true, "ob\n\"\n3,n"),
        portion(None, 1, true, ""),
        // The end of a type without a line feed.
        portion(None, 0, true, "ull"),
        portion(Some(("knows", &[])), 1, false, "1,2\n"),
    ];
    for portion in portions {
        assert_eq!(flow.next(), Some(PartialExportRequest { request: -1 }.into()));
        flow.handle_portion(portion, &mut lines).unwrap();
    }
    assert_eq!(flow.next(), None, "all has come");
    assert_eq!(lines.0, ["open person name", "1|Ann", "2|Bob\n", "3|-", "close", "open knows ", "1|2", "close"]);
    assert_eq!((flow.portions, flow.records), (5, 4));
    let types = flow.into_types();
    let counts: Vec<_> = types.iter().map(|exported| (&*exported.name, exported.counted, exported.records)).collect();
    assert_eq!(counts, [("person", 3, 3), ("knows", 1, 1), ("empty", 0, 0)]);
    assert!(types.iter().all(|exported| exported.is_consistent()));
}

#[test]
fn an_empty_database_is_not_asked_for_portions() {
    assert_eq!(flow(&[]).next(), None);
    assert_eq!(ExportFlow::begin(0), BeginExportRequest::Batches { max_entities: 1 }.into());
    assert_eq!(ExportFlow::begin(u32::MAX), BeginExportRequest::Batches { max_entities: i32::MAX }.into());
    let failed = BeginExportResponse { requests: 0, outcome: BulkOutcome::Failed { result: 9 } };
    let error = ExportFlow::begun(failed, false).unwrap_err();
    assert!(matches!(error, BulkError::Server { step: BulkStep::BeginExport, result: 9 }));
}

/// Gives the error of the last portion; those before it are fine.
fn error(portions: Vec<PartialExportResponse>, verify: bool) -> BulkError {
    let mut flow = ExportFlow::begun(begun(&[("person", true, 3), ("knows", false, 1)]), verify).unwrap();
    let last = portions.len() - 1;
    for (index, portion) in portions.into_iter().enumerate() {
        let result = flow.handle_portion(portion, &mut Lines::default());
        if index == last {
            return result.unwrap_err();
        }
        result.unwrap();
    }
    unreachable!()
}

#[test]
fn a_hostile_server_gets_nowhere() {
    let person = Some(("person", &["name"][..]));
    let unknown = error(vec![portion(Some(("cat", &[])), 0, true, "")], false);
    assert!(matches!(unknown, BulkError::UnexpectedType { type_name, .. } if type_name == "cat"));
    let twice = error(vec![portion(person, 0, true, ""), portion(person, 0, true, "")], false);
    assert!(matches!(twice, BulkError::UnexpectedType { type_name, .. } if type_name == "person"));
    let untyped = error(vec![portion(None, 0, true, "1\n")], false);
    assert!(matches!(untyped, BulkError::UnexpectedType { type_name, .. } if type_name.is_empty()));
    let file = PartialExportResponse::new(ExportPortion::File { name: "a".into() }, "".into());
    let file = error(vec![file], false);
    assert!(matches!(file, BulkError::UnexpectedReply { verb: Verb::PARTIAL_EXPORT_RESPONSE, .. }));
    let endless = error(std::iter::repeat_n(portion(None, 7, true, ""), 16).collect(), false);
    assert!(matches!(endless, BulkError::NoProgress { portions: 16, .. }));
    let mut broken = portion(person, 1, false, "1,Ann\n");
    broken.checksum ^= 1;
    assert!(matches!(error(vec![broken], true), BulkError::NotIntact { .. }));

    let data_error = |portions| match error(portions, false) {
        BulkError::Data { type_name, source } => (type_name, source.record, source.offset, source.kind),
        other => panic!("{other}"),
    };
    let fields = data_error(vec![portion(person, 2, true, "1,Ann\n2,Bo"), portion(None, 0, true, "b,3\n")]);
    assert_eq!(fields, ("person".into(), 2, 6, DataErrorKind::FieldCount { expected: 2, found: 3 }));
    let unfinished = data_error(vec![portion(person, 1, true, "1,\"A"), portion(Some(("knows", &[])), 1, true, "")]);
    assert_eq!(unfinished, ("person".into(), 1, 0, DataErrorKind::Unfinished));
    // A record that never ends takes 16 MiB, and no more.
    let long = || portion(None, 0, true, &"x".repeat(1 << 20));
    let mut portions = vec![portion(person, 1, true, "1,")];
    portions.extend((0..16).map(|_| long()));
    assert_eq!(data_error(portions).3, DataErrorKind::RecordTooLong { maximum: 16 << 20 });
}

#[test]
fn wrong_counts_are_reported() {
    for (announced, entities) in [(3, 1), (1, 3), (1, -1), (i64::MIN, i32::MIN)] {
        let mut flow = flow(&[("person", true, announced)]);
        flow.handle_portion(portion(Some(("person", &["name"])), entities, false, "1,Ann\n"), &mut Lines::default())
            .unwrap();
        let types = flow.into_types();
        assert!(!types[0].is_consistent(), "{types:?}");
        assert_eq!((types[0].announced, types[0].counted, types[0].records), (announced, entities.into(), 1));
    }
}

#[test]
fn the_requests_are_those_of_the_protocol() {
    let verbs = [ExportFlow::begin(1000), flow(&[("a", true, 0)]).next().unwrap()].map(|body: Body| body.verb());
    assert_eq!(verbs, [Verb::BEGIN_EXPORT_REQUEST, Verb::PARTIAL_EXPORT_REQUEST]);
}

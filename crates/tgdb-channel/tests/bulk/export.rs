//! Export.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Write};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tgdb_channel::bulk::*;
use tgdb_channel::pdu::body::*;
use tgdb_channel::pdu::{Body, Verb};
use tgdb_channel::url::ConfigName;
use tgdb_channel::{ChannelError, TgChannel};

use crate::server::*;
use crate::support::*;

/// Files in memory.
#[derive(Clone, Default)]
struct Files(Rc<RefCell<BTreeMap<String, Vec<u8>>>>);

struct File(Files, String);

impl Write for File {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.0.borrow_mut().entry(self.1.clone()).or_default().extend_from_slice(buf);
        Ok(buf.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Files {
    fn open(&self) -> impl FnMut(ExportType<'_>) -> io::Result<File> {
        let files = self.clone();
        move |exported| Ok(File(files.clone(), exported.name.to_owned()))
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8(self.0.borrow()[name].clone()).unwrap()
    }
}

fn import_both(channel: &TgChannel, format: CsvFormat, person: String, knows: String) {
    let mut import = BulkImport::begin(channel, ImportOptions::default().format(format)).unwrap();
    import.import_nodes("person", Cursor::new(person), go_on).unwrap();
    import.import_edges("knows", Cursor::new(knows), go_on).unwrap();
    import.finish().unwrap();
}

const PEOPLE: &str = "id,name,note\n\
    1,Ann,\n\
    2,null,\"null\"\n\
    3,\"\",\"say \"\"hi\"\", it's\"\n\
    4,back\\slash,\"two\nlines\"\n\
    5,hé,\"a\r\nb\"\n\
    6,\" x \",\"\\\"\n\
    7,\"\\n\",\"# \"\"\"\n";

/// Line ends, quotes, commas, backslashes; null, the text `null`, and the empty text.
#[test]
fn what_was_exported_imports_as_the_same_rows() {
    for format in [
        CsvFormat::default(),
        CsvFormat { escape: Escape::Backslash, ..CsvFormat::default() },
        CsvFormat { delimiter: Delimiter::Semicolon, escape: Escape::DoubledQuote },
        CsvFormat { delimiter: Delimiter::Tab, escape: Escape::Backslash },
    ] {
        for cut in [1, 7, 64, 10_000] {
            let bulk = Bulk::default();
            let (_server, channel) = bulk.serve();
            import_both(&channel, CsvFormat::default(), PEOPLE.into(), "from,to\n1,2\n2,1\n".into());
            let first = bulk.lock().types.clone();
            assert!(
                first["person"].text().starts_with("1,Ann,null\n2,null,\"null\"\n3,\"\",\"say \\\"hi\\\", it\\'s\"\n")
            );
            bulk.lock().cut = cut;
            let files = Files::default();
            let options = ExportOptions::default().format(format).verify(true);
            let exported = export(&channel, options, files.open(), go_on).unwrap();
            let counts: Vec<_> = exported.iter().map(|one| (&*one.name, one.is_node, one.records)).collect();
            assert_eq!(counts, [("knows", false, 2), ("person", true, 7)]);
            assert!(exported.iter().all(ExportedType::is_consistent), "{exported:?}");
            bulk.lock().types.clear();
            import_both(&channel, format, files.text("person"), files.text("knows"));
            assert_eq!(bulk.lock().types, first, "{format:?}, {cut} bytes in a portion: {}", files.text("person"));
        }
    }
}

/// A small graph at the server, exported one byte a portion.
fn small() -> (Bulk, tgdb_testkit::TestServer, TgChannel) {
    let bulk = Bulk::default();
    let (server, channel) = bulk.serve_with(|builder| builder.property(ConfigName::BulkIOEntityBatchSize, "77"));
    let data = Data { columns: vec!["name".into()], portions: vec![b"1,Ann\n2,Bob\n".to_vec()], total: 1 };
    bulk.lock().types.insert("person".into(), data);
    (bulk, server, channel)
}

#[test]
fn the_header_names_the_columns_and_the_requests_are_python_s() {
    let (bulk, server, channel) = small();
    bulk.lock().cut = 6;
    let files = Files::default();
    let mut seen = Vec::new();
    export(&channel, ExportOptions::default(), files.open(), |progress| {
        seen.push((progress.name.to_owned(), progress.portions, progress.records, progress.bytes, progress.total));
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(files.text("person"), "id,name\n1,Ann\n2,Bob\n");
    assert_eq!(seen, [("person".to_owned(), 1, 1, 6, None)], "there is nothing to cancel after the last one");
    assert_eq!(bulk.lock().begun, [BeginExportRequest::Batches { max_entities: 77 }.into()]);
    let one = Verb::PARTIAL_EXPORT_REQUEST;
    assert_eq!(asked(&server), [Verb::BEGIN_EXPORT_REQUEST, one, one], "and no end");
    bulk.lock().types.clear();
    assert_eq!(export(&channel, ExportOptions::default(), files.open(), go_on).unwrap(), []);
    assert_eq!(asked(&server).len(), 4, "an empty database is not asked for portions");
}

#[test]
fn what_came_is_written_before_more_is_asked_for() {
    /// Counts what is written.
    struct Counter(Arc<AtomicU64>);
    impl Write for Counter {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            self.0.fetch_add(buf.len() as u64, Ordering::SeqCst);
            Ok(buf.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (bulk, _server, channel) = small();
    let lines: String = (0..10_000).map(|id| format!("{id:09},x\n")).collect();
    {
        let mut state = bulk.lock();
        state.types.get_mut("person").unwrap().portions = vec![lines.clone().into_bytes()];
        state.cut = 10_000;
    }
    let written = Arc::new(AtomicU64::new(0));
    let (writer, kept) = (written.clone(), Arc::new(AtomicU64::new(0)));
    let maximum = kept.clone();
    bulk.lock().on_portion = Some(Box::new(move |sent| {
        maximum.fetch_max(sent.saturating_sub(writer.load(Ordering::SeqCst)), Ordering::SeqCst);
    }));
    export(&channel, ExportOptions::default(), |_| Ok(Counter(written.clone())), go_on).unwrap();
    assert_eq!(written.load(Ordering::SeqCst), ("id,name\n".len() + lines.len()) as u64);
    let kept = kept.load(Ordering::SeqCst);
    assert!(kept <= 12, "{kept} bytes that came were not written: more than a record");
}

#[test]
fn a_cancelled_export_tells_the_server() {
    let (bulk, _server, channel) = small();
    let error =
        export(&channel, ExportOptions::default(), Files::default().open(), |progress| match progress.portions {
            8 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        });
    let error = error.unwrap_err();
    let expected = BulkStep::Export { portion: 9, records: 1 };
    assert!(matches!(&error, BulkError::Cancelled { step } if *step == expected), "{error:?}");
    eventually("it was cancelled", || bulk.lock().cancelled == 1);
    assert_eq!(bulk.lock().portions, 8);
    assert!(channel.is_connected());
}

#[test]
fn a_server_that_does_not_keep_to_the_protocol_ends_the_export() {
    let portion = |portion| Body::from(PartialExportResponse::new(portion, "3,Cy\n".into()));
    let batch = |new_type| portion(ExportPortion::Batch { new_type, entities: 1, more: true });
    let unknown = ExportedColumns { type_name: "cat".into(), columns: Vec::new() };
    let mut broken = PartialExportResponse::new(ExportPortion::File { name: "a".into() }, "3,Cy\n".into());
    broken.length = u32::MAX;
    let name = |error: &BulkError| match error {
        BulkError::UnexpectedReply { .. } => "reply",
        BulkError::UnexpectedType { .. } => "type",
        BulkError::NotIntact { .. } => "not intact",
        BulkError::Request { source, .. } => match &**source {
            ChannelError::Server { .. } => "exception",
            ChannelError::BadReply { .. } => "layout",
            other => panic!("{other}"),
        },
        other => panic!("{other}"),
    };
    let raw = |hex: &[u8]| RawBody { verb: Verb::PARTIAL_EXPORT_RESPONSE, payload: hex.to_vec().into() };
    // Two billion columns.
    let many = Body::Raw(raw(&[1, 1, 0, 1, b'a', 0x7f, 0xff, 0xff, 0xff]));
    let cases = [
        (portion(ExportPortion::File { name: "a.csv".into() }), "reply"),
        (batch(Some(unknown)), "type"),
        (batch(None), "type"),
        (broken.into(), "not intact"),
        (Exception { code: 8103, message: None }.into(), "exception"),
        (BeginExportResponse { requests: 0, outcome: BulkOutcome::Failed { result: 1 } }.into(), "reply"),
        (many, "layout"),
    ];
    for (reply, expected) in cases {
        let (bulk, _server, channel) = small();
        bulk.lock().instead = Some((1, Instead::Reply(reply)));
        let options = ExportOptions::default().verify(true);
        let error = export(&channel, options, Files::default().open(), go_on).unwrap_err();
        assert_eq!(name(&error), expected, "{error:?}");
        eventually("it was cancelled", || bulk.lock().cancelled == 1);
    }
}

#[test]
fn what_cannot_be_written_ends_the_export() {
    let (bulk, _server, channel) = small();
    let full = |_: ExportType<'_>| Ok(&mut [][..] as &mut [u8]);
    let error = export(&channel, ExportOptions::default(), full, go_on).unwrap_err();
    assert!(matches!(&error, BulkError::Write { type_name, .. } if type_name == "person"), "{error:?}");
    let none = |_: ExportType<'_>| Err::<Vec<u8>, _>(io::Error::other("no such directory"));
    bulk.lock().portions = 0;
    let error = export(&channel, ExportOptions::default(), none, go_on).unwrap_err();
    let BulkError::Write { source, .. } = &error else { panic!("{error:?}") };
    assert_eq!(source.to_string(), "no such directory");
    eventually("both were cancelled", || bulk.lock().cancelled == 2);
}

//! Import.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tgdb_channel::ChannelError;
use tgdb_channel::bulk::*;
use tgdb_channel::pdu::Verb;
use tgdb_channel::pdu::body::*;
use tgdb_channel::url::ConfigName;

use crate::server::*;
use crate::support::*;

/// CSV of that many people, each of some 50 bytes.
fn people(count: usize) -> Cursor<String> {
    let mut csv = "id,name\n".to_owned();
    for id in 1..=count {
        csv.push_str(&format!("{id},{:040}\n", id));
    }
    Cursor::new(csv)
}

#[test]
fn portions_are_whole_records_within_the_bounds() {
    let bulk = Bulk::default();
    let (server, channel) = bulk.serve();
    let options = ImportOptions::default().errors(ImportErrors::Ignore).load(ImportLoad::Upsert);
    let mut import = BulkImport::begin(&channel, options).unwrap();
    let mut seen = Vec::new();
    let imported = import.import_nodes("person", people(2500), |progress| {
        assert_eq!((progress.name, progress.total), ("person", Some(4)));
        seen.push((progress.portions, progress.records, progress.bytes));
        ControlFlow::Continue(())
    });
    let imported = imported.unwrap();
    let summary = import.finish().unwrap();
    assert_eq!((imported.records, imported.portions, imported.loaded), (2500, 4, 2500));
    assert_eq!(summary.loaded, [TypeCount { name: "person".into(), is_node: true, count: 2500 }]);
    let state = bulk.lock();
    let person = &state.types["person"];
    assert_eq!((&person.columns[..], person.total, state.ended), (&["name".to_owned()][..], 4, 1));
    assert_eq!(imported.bytes, person.text().len() as u64);
    let lengths: Vec<_> = person.portions.iter().map(Vec::len).collect();
    assert!(lengths.iter().all(|length| *length <= 32_000), "{lengths:?}");
    assert!(person.portions.iter().all(|portion| portion.ends_with(b"\n")));
    // The header aside the lines are those of the source.
    assert_eq!(person.text(), people(2500).into_inner()["id,name\n".len()..]);
    assert_eq!(seen.first(), Some(&(0, 0, 0)), "before the first one, too");
    assert_eq!(seen.last(), Some(&(4, 2500, imported.bytes)));
    assert_eq!(seen.len(), 5);
    let begin = BeginImportRequest::Batches {
        errors: ImportErrors::Ignore,
        load: ImportLoad::Upsert,
        date_format: ImportDateFormat::Ymd,
    };
    assert_eq!(state.begun, [begin.into()]);
    let mut expected = vec![Verb::BEGIN_IMPORT_REQUEST];
    expected.extend([Verb::PARTIAL_IMPORT_REQUEST; 4]);
    expected.push(Verb::END_IMPORT_REQUEST);
    assert_eq!(asked(&server), expected);
}

#[test]
fn nodes_and_edges_have_bounds_and_names_of_their_own() {
    let bulk = Bulk::default();
    let (_server, channel) = bulk.serve_with(|builder| {
        builder
            .property(ConfigName::BulkIONodeBatchSize, "2")
            .property(ConfigName::BulkIOEdgeBatchSize, "3")
            .property(ConfigName::BulkIOIdColName, "key")
            .property(ConfigName::BulkIOToColName, "ziel")
    });
    let mut import = BulkImport::begin(&channel, ImportOptions::default()).unwrap();
    let nodes = import.import_nodes("person", Cursor::new("name,key\na,1\nb,2\nc,3\n"), go_on).unwrap();
    let edges =
        import.import_edges("knows", Cursor::new("since,ziel,from\n7,2,1\n8,3,2\n9,1,3\n,1,1\n"), go_on).unwrap();
    let empty = import.import_nodes("city", Cursor::new("key\n"), go_on).unwrap();
    assert_eq!((nodes.portions, edges.portions, empty.portions, empty.loaded), (2, 2, 0, 0));
    let state = bulk.lock();
    assert_eq!(state.types["person"].text(), "1,a\n2,b\n3,c\n");
    assert_eq!(state.types["knows"].text(), "1,2,7\n2,3,8\n3,1,9\n1,1,null\n");
    assert_eq!(state.types["knows"].columns, ["since"]);
    assert!(!state.types.contains_key("city"), "nothing to send");
}

/// What is not acknowledged is one portion, and the source is not read further ahead than 16 KiB.
#[test]
fn memory_is_bounded_by_a_portion() {
    let bulk = Bulk::default();
    let (_server, channel) = bulk.serve();
    let read = Arc::new(AtomicU64::new(0));
    let ahead = Arc::new(AtomicU64::new(0));
    let (reader, maximum) = (read.clone(), ahead.clone());
    bulk.lock().on_portion = Some(Box::new(move |acknowledged| {
        // The client waits for the answer meanwhile.
        maximum.fetch_max(reader.load(Ordering::SeqCst).saturating_sub(acknowledged), Ordering::SeqCst);
    }));
    let source = Counted { inner: people(20_000), read: read.clone() };
    let imported = import_one(&channel, source).unwrap();
    assert!(imported.bytes > 800_000 && imported.portions > 25, "{imported:?}");
    let ahead = ahead.load(Ordering::SeqCst);
    assert!((1..=32_000 + 16 * 1024 + 100).contains(&ahead), "{ahead} bytes were read that the server did not have");
}

fn import_one<R: Read + Seek>(channel: &tgdb_channel::TgChannel, source: R) -> Result<ImportedType, BulkError> {
    let mut import = BulkImport::begin(channel, ImportOptions::default()).unwrap();
    let imported = import.import_nodes("person", source, go_on);
    import.finish().unwrap();
    imported
}

#[test]
fn a_cancelled_import_stops_there_and_is_ended() {
    let bulk = Bulk::default();
    let (_server, channel) = bulk.serve();
    let mut import = BulkImport::begin(&channel, ImportOptions::default()).unwrap();
    let error = import.import_nodes("person", people(5000), |progress| match progress.portions {
        2 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    let error = error.unwrap_err();
    assert!(matches!(&error, BulkError::Cancelled { step: BulkStep::ImportRecords { portion: 2, .. } }), "{error:?}");
    let error = import.import_nodes("city", people(1), go_on).unwrap_err();
    assert!(matches!(&error, BulkError::Over { type_name } if type_name == "city"), "{error:?}");
    let loaded = import.finish().unwrap().loaded;
    let state = bulk.lock();
    assert_eq!((state.types["person"].portions.len(), state.ended, state.portions), (2, 1, 2));
    let lines = state.types["person"].text().lines().count();
    assert_eq!(loaded, [TypeCount { name: "person".into(), is_node: true, count: lines as i64 }]);
    drop(state);

    // Before the first portion; dropped without an end, which is then sent by itself.
    let mut import = BulkImport::begin(&channel, ImportOptions::default()).unwrap();
    assert!(matches!(
        import.import_nodes("person", people(1), |_| ControlFlow::Break(())),
        Err(BulkError::Cancelled { .. })
    ));
    drop(import);
    eventually("it was ended", || bulk.lock().ended == 2);
    assert_eq!(bulk.lock().portions, 2);
}

#[test]
fn a_failure_says_where() {
    let failed = PartialImportResponse(BulkOutcome::Failed { result: 9005 });
    let exception = Exception { code: 7, message: Some("no".into()) };
    let wrong = EndImportResponse(BulkOutcome::Done(Vec::new()));
    for reply in [failed.into(), exception.into(), wrong.into()] {
        let bulk = Bulk::default();
        let (_server, channel) = bulk.serve();
        bulk.lock().instead = Some((3, Instead::Reply(reply)));
        let error = import_one(&channel, people(5000)).unwrap_err();
        let step = match error {
            BulkError::Server { step, result: 9005 } => step,
            BulkError::Request { step, source } => {
                assert!(matches!(*source, ChannelError::Server(ref error) if error.code == 7), "{source}");
                step
            }
            BulkError::UnexpectedReply { step, verb: Verb::END_IMPORT_RESPONSE } => step,
            other => panic!("{other:?}"),
        };
        let state = bulk.lock();
        let sent: Vec<_> = state.types["person"].portions.concat();
        let records = sent.iter().filter(|byte| **byte == b'\n').count() as u64;
        let offset = ("id,name\n".len() + sent.len()) as u64;
        let type_name = "person".to_owned();
        let expected =
            BulkStep::ImportRecords { type_name, portion: 3, portions: 8, first_record: records + 1, offset };
        assert_eq!(step, expected);
        assert_eq!((state.portions, state.ended), (3, 1), "nothing was sent behind it but the end");
    }
}

#[test]
fn a_begin_that_fails_is_an_error() {
    let failing = |session: &mut tgdb_testkit::ServerSession, request: &tgdb_channel::pdu::Message| {
        session.reply(request, BeginImportResponse { result: 9001 });
    };
    let server = tgdb_testkit::TestServer::start(tgdb_testkit::ServerConfig::scripted(failing)).unwrap();
    let channel = started(builder(&server.url()));
    let error = BulkImport::begin(&channel, ImportOptions::default()).unwrap_err();
    assert!(matches!(error, BulkError::Server { step: BulkStep::BeginImport, result: 9001 }), "{error:?}");
    assert_eq!(server.requests(), 1, "what has not begun is not ended");
}

/// The second record is longer than a portion. Python loops without end there.
#[test]
fn errors_in_the_source_are_found_before_anything_is_sent() {
    let bulk = Bulk::default();
    let (_server, channel) = bulk.serve();
    let mut import = BulkImport::begin(&channel, ImportOptions::default()).unwrap();
    let long = format!("id,name\n1,a\n2,{}\n", "x".repeat(32_000));
    let cases = [
        (long, 2, 12, DataErrorKind::RecordTooLong { maximum: 32_000 }),
        ("id,name\n1,a\n2\n".into(), 2, 12, DataErrorKind::FieldCount { expected: 2, found: 1 }),
        ("\u{feff}id,name\n,a\n".into(), 1, 11, DataErrorKind::NullId { column: 1 }),
        ("\u{feff}name\n".into(), 0, 3, DataErrorKind::NoColumn { name: "id".into() }),
        (String::new(), 0, 0, DataErrorKind::NoHeader),
        ("id,name\n1,\"a\n".into(), 1, 8, DataErrorKind::Unfinished),
    ];
    for (csv, record, offset, kind) in cases {
        let error = import.import_nodes("person", Cursor::new(csv), go_on).unwrap_err();
        let BulkError::Data { type_name, source } = error else { panic!("{error:?}") };
        let found = (&*type_name, source.record, source.offset, source.kind);
        assert_eq!(found, ("person", record, offset, kind));
    }
    assert_eq!(bulk.lock().portions, 0);
    // So it can be mended.
    let longest = format!("id,name\n1,{}\n", "x".repeat(32_000 - "1,\n".len()));
    assert_eq!(import.import_nodes("person", Cursor::new(longest), go_on).unwrap().portions, 1);
    let error = import.import_nodes("person", people(1), go_on).unwrap_err();
    assert!(matches!(error, BulkError::TypeTwice { .. }), "{error:?}");
    assert_eq!(bulk.lock().portions, 1);
}

/// Fails behind what it has.
struct Failing(Cursor<&'static str>);

impl Read for Failing {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buf)? {
            0 => Err(io::Error::other("the disk is on fire")),
            read => Ok(read),
        }
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_source_that_cannot_be_read_is_an_error() {
    let bulk = Bulk::default();
    let (_server, channel) = bulk.serve();
    let error = import_one(&channel, Failing(Cursor::new("id\n1\n2\n"))).unwrap_err();
    let BulkError::Read { name, source } = &error else { panic!("{error:?}") };
    assert_eq!((&**name, &*source.to_string()), ("person", "the disk is on fire"));
    let file = ("a.csv".to_owned(), Failing(Cursor::new("")));
    assert!(import_files(&channel, [file], None, go_on).is_ok(), "an empty file is not read");
    assert_eq!(bulk.lock().portions, 0);
}

/// Is another one when it is read for the second time.
struct Changing {
    now: Cursor<&'static str>,
    then: &'static str,
}

impl Read for Changing {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.now.read(buf)
    }
}

impl Seek for Changing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if to == SeekFrom::Start(0) {
            self.now = Cursor::new(self.then);
        }
        self.now.seek(to)
    }
}

#[test]
fn a_source_that_changes_is_noticed() {
    for then in ["id\n1\n2\n3\n", "id\n1\n", "id,name\n1,a\n2,b\n"] {
        let bulk = Bulk::default();
        let (_server, channel) = bulk.serve_with(|builder| builder.property(ConfigName::BulkIONodeBatchSize, "1"));
        let source = Changing { now: Cursor::new("id\n1\n2\n"), then };
        let error = import_one(&channel, source).unwrap_err();
        assert!(matches!(&error, BulkError::SourceChanged { name } if name == "person"), "{error:?}");
        assert!(bulk.lock().portions <= 2, "no more than was announced");
    }
}

#[test]
fn files_go_as_they_are() {
    let bulk = Bulk::default();
    let (server, channel) = bulk.serve();
    let long = "x".repeat(32_764 * 2 + 1);
    let mut skipped = Cursor::new("// 1\n[a]\n");
    skipped.set_position(5);
    let files = [("big.csv", Cursor::new(&*long)), ("a.conf", skipped), ("empty.csv", Cursor::new(""))];
    let mut seen = Vec::new();
    let files = files.map(|(name, file)| (name.to_owned(), file));
    let loaded = import_files(&channel, files, Some(Duration::from_secs(20)), |progress| {
        seen.push((progress.name.to_owned(), progress.portions, progress.total, progress.bytes));
        ControlFlow::Continue(())
    });
    assert_eq!(loaded.unwrap().len(), 2);
    let state = bulk.lock();
    assert_eq!(state.begun, [BeginImportRequest::Files { portions: 4, files: 3 }.into()]);
    let lengths: Vec<_> = state.types["big.csv"].portions.iter().map(Vec::len).collect();
    assert_eq!(lengths, [32_764, 32_764, 1]);
    assert_eq!(state.types["a.conf"].text(), "[a]\n");
    assert_eq!(seen[3], ("big.csv".into(), 3, Some(3), long.len() as u64));
    assert_eq!(state.ended, 0, "the server knows the end");
    // Python sends the token in place of the session id here; which this server rejects.
    let ids: Vec<_> = server.received().iter().map(|message| message.header.session_id).collect();
    assert_eq!(ids[3..], [channel.session_id(); 5]);
}

#[test]
fn a_failing_import_of_files_is_ended() {
    let bulk = Bulk::default();
    let (_server, channel) = bulk.serve();
    bulk.lock().instead = Some((2, Instead::Reply(PartialImportResponse(BulkOutcome::Failed { result: 5 }).into())));
    let long = "x".repeat(100_000);
    let error = import_files(&channel, [("a.csv".to_owned(), Cursor::new(long))], None, go_on).unwrap_err();
    let name = "a.csv".to_owned();
    let expected = BulkStep::ImportFile { name, portion: 2, portions: 4, offset: 32_764 };
    assert!(matches!(&error, BulkError::Server { step, result: 5 } if *step == expected), "{error:?}");
    eventually("it was ended", || bulk.lock().ended == 1);
    assert_eq!(bulk.lock().portions, 2);
}

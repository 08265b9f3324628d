//! The connection is lost on the way.

use std::io::Cursor;
use std::time::Duration;

use tgdb_channel::bulk::*;
use tgdb_channel::pdu::Verb;
use tgdb_channel::{ChannelError, TgChannel};
use tgdb_testkit::TestServer;

use crate::server::*;
use crate::support::*;

/// Waits until the channel has a session that is not that of the import or export.
fn reconnected(server: &TestServer, channel: &TgChannel) {
    eventually("it is connected again", || server.logins() >= 2 && channel.is_connected());
}

/// An error of the channel that says that the session is lost.
fn assert_lost(error: &BulkError) {
    let BulkError::Request { source, .. } = error else { panic!("{error:?}") };
    assert!(matches!(**source, ChannelError::Lost { .. }), "{source:?}");
}

fn assert_gone(error: &BulkError) {
    let BulkError::Request { source, .. } = error else { panic!("{error:?}") };
    assert!(matches!(**source, ChannelError::SessionGone { .. }), "{source:?}");
}

#[test]
fn nothing_of_an_import_is_sent_in_another_session() {
    let bulk = Bulk::default();
    let (server, channel) = bulk.serve();
    bulk.lock().instead = Some((2, Instead::Hangup));
    let csv: String = (0..5000).map(|id| format!("{id},{id:040}\n")).collect();
    let mut import = BulkImport::begin(&channel, ImportOptions::default()).unwrap();
    let error = import.import_nodes("person", Cursor::new(format!("id,name\n{csv}")), go_on).unwrap_err();
    assert_lost(&error);
    reconnected(&server, &channel);
    let one = Verb::PARTIAL_IMPORT_REQUEST;
    let before = [Verb::BEGIN_IMPORT_REQUEST, one, one];
    assert_eq!(asked(&server), before);
    assert_gone(&import.finish().unwrap_err());
    // One that is dropped does not end another session's import.
    let import = BulkImport::begin(&channel, ImportOptions::default()).unwrap();
    server.cut_connections();
    eventually("it is connected again", || server.logins() >= 3 && channel.is_connected());
    drop(import);
    // Another one works.
    let import = BulkImport::begin(&channel, ImportOptions::default()).unwrap();
    import.finish().unwrap();
    let begin = Verb::BEGIN_IMPORT_REQUEST;
    assert_eq!(asked(&server)[before.len()..], [begin, begin, Verb::END_IMPORT_REQUEST]);
}

#[test]
fn an_import_between_two_types_notices_that_its_session_is_gone() {
    let bulk = Bulk::default();
    let (server, channel) = bulk.serve();
    let mut import = BulkImport::begin(&channel, ImportOptions::default()).unwrap();
    import.import_nodes("person", Cursor::new("id\n1\n"), go_on).unwrap();
    server.cut_connections();
    reconnected(&server, &channel);
    assert_gone(&import.import_nodes("city", Cursor::new("id\n1\n"), go_on).unwrap_err());
    assert_eq!(bulk.lock().portions, 1);
}

#[test]
fn nothing_of_an_export_is_sent_in_another_session() {
    let bulk = Bulk::default();
    let (server, channel) = bulk.serve();
    let data = Data { columns: Vec::new(), portions: vec![b"1\n2\n".to_vec()], total: 1 };
    bulk.lock().types.insert("person".into(), data);
    bulk.lock().instead = Some((3, Instead::Hangup));
    let error = export(&channel, ExportOptions::default(), |_| Ok(Vec::new()), go_on).unwrap_err();
    assert_lost(&error);
    reconnected(&server, &channel);
    let one = Verb::PARTIAL_EXPORT_REQUEST;
    assert_eq!(asked(&server), [Verb::BEGIN_EXPORT_REQUEST, one, one, one]);
    assert_eq!(bulk.lock().cancelled, 0);
}

#[test]
fn a_server_that_does_not_answer_ends_an_import_at_its_timeout() {
    let bulk = Bulk::default();
    let (_server, channel) = bulk.serve();
    let held = bulk.clone();
    // Time enough for the begin on a busy machine.
    let options = ImportOptions::default().timeout(Duration::from_secs(1));
    let mut import = BulkImport::begin(&channel, options).unwrap();
    // The server's script waits for the lock.
    let guard = held.lock();
    let error = import.import_nodes("person", Cursor::new("id\n1\n"), go_on).unwrap_err();
    drop(guard);
    let BulkError::Request { source, .. } = &error else { panic!("{error:?}") };
    assert!(matches!(**source, ChannelError::Timeout { verb: Verb::PARTIAL_IMPORT_REQUEST, .. }), "{source:?}");
}

#[test]
fn without_a_connection_there_is_nothing_to_begin() {
    let bulk = Bulk::default();
    let (_server, channel) = bulk.serve();
    channel.stop(tgdb_channel::StopMethod::ClientForceful);
    let errors = [
        BulkImport::begin(&channel, ImportOptions::default()).map(drop).unwrap_err(),
        import_files(&channel, [("a".to_owned(), Cursor::new("b"))], None, go_on).map(drop).unwrap_err(),
        export(&channel, ExportOptions::default(), |_| Ok(Vec::new()), go_on).map(drop).unwrap_err(),
    ];
    for error in errors {
        let BulkError::Request { source, .. } = &error else { panic!("{error:?}") };
        assert!(matches!(**source, ChannelError::NotConnected { .. }), "{source:?}");
    }
}

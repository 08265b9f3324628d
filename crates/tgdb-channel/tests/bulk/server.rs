//! A server for bulk data. It keeps the data of an import as it came, and exports it.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tgdb_channel::TgChannel;
use tgdb_channel::bulk::BulkProgress;
use tgdb_channel::pdu::body::*;
use tgdb_channel::pdu::{Body, Message, Verb};
use tgdb_testkit::{ServerConfig, ServerSession, TestServer};

use crate::support::*;

/// The data of one type, or file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Data {
    pub columns: Vec<String>,
    pub portions: Vec<Vec<u8>>,
    pub total: i32,
}

impl Data {
    pub fn text(&self) -> String {
        String::from_utf8(self.portions.concat()).unwrap()
    }
}

/// What the server keeps, and is to do.
#[derive(Default)]
pub struct State {
    pub begun: Vec<Body>,
    pub types: BTreeMap<String, Data>,
    pub ended: usize,
    pub cancelled: usize,
    /// Portions of imports and exports asked for.
    pub portions: usize,
    /// Takes the place of the usual reply to that portion; the first is 1.
    pub instead: Option<(usize, Instead)>,
    /// Called with the number of bytes of portions that came before, for each portion.
    pub on_portion: Option<Box<dyn FnMut(u64) + Send>>,
    bytes: u64,
    /// The portions of an export that are still to be sent.
    export: Vec<PartialExportResponse>,
    /// How many bytes of an exported type are in a portion.
    pub cut: usize,
}

pub enum Instead {
    Reply(Body),
    Hangup,
}

#[derive(Clone, Default)]
pub struct Bulk(Arc<Mutex<State>>);

impl Bulk {
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The server, and a channel to it, which would reconnect.
    pub fn serve(&self) -> (TestServer, TgChannel) {
        self.serve_with(|builder| builder)
    }

    pub fn serve_with(
        &self,
        set: impl FnOnce(tgdb_channel::ChannelBuilder) -> tgdb_channel::ChannelBuilder,
    ) -> (TestServer, TgChannel) {
        let script = {
            let bulk = self.clone();
            move |session: &mut ServerSession, request: &Message| bulk.lock().answer(session, request)
        };
        let server = TestServer::start(ServerConfig { record: true, ..ServerConfig::scripted(script) }).unwrap();
        let builder = builder(&format!("{}/{{ftHosts={}}}", server.url(), server.address()))
            .property(tgdb_channel::url::ConfigName::ChannelFTReconnectSpreadSeconds, "0");
        let channel = started(set(builder));
        (server, channel)
    }
}

impl State {
    fn answer(&mut self, session: &mut ServerSession, request: &Message) {
        if matches!(request.body, Body::PartialImportRequest(_) | Body::PartialExportRequest(_)) {
            self.portions += 1;
            if let Some(on_portion) = &mut self.on_portion {
                on_portion(self.bytes);
            }
            match self.instead.take_if(|(portion, _)| *portion == self.portions) {
                Some((_, Instead::Reply(body))) => return session.reply(request, body),
                Some((_, Instead::Hangup)) => return session.close(),
                None => {}
            }
        }
        match &request.body {
            Body::BeginImportRequest(begin) => {
                self.begun.push(begin.clone().into());
                session.reply(request, BeginImportResponse { result: 0 });
            }
            Body::PartialImportRequest(portion) => {
                let counts = self.take(portion);
                session.reply(request, PartialImportResponse(BulkOutcome::Done(counts)));
            }
            Body::EndImportRequest => {
                self.ended += 1;
                session.reply(request, EndImportResponse(BulkOutcome::Done(Vec::new())));
            }
            Body::BeginExportRequest(begin) => {
                self.begun.push(begin.clone().into());
                let reply = self.begin_export();
                session.reply(request, reply);
            }
            Body::PartialExportRequest(next) => {
                assert_eq!(next.request, PartialExportRequest::NEXT);
                let portion = self.export.remove(0);
                self.bytes += portion.data.len() as u64;
                session.reply(request, portion);
            }
            Body::CancelExportRequest => self.cancelled += 1,
            other => panic!("{other:?}"),
        }
    }

    fn take(&mut self, portion: &PartialImportRequest) -> Vec<TypeCount> {
        assert!(portion.is_intact());
        self.bytes += portion.data.len() as u64;
        let (name, index, total) = match &portion.portion {
            ImportPortion::Batch { type_name, index, total, columns } => {
                if let Some(columns) = columns {
                    let columns = columns.iter().map(|column| column.0.clone()).collect();
                    self.types.insert(type_name.clone(), Data { columns, total: *total, ..Data::default() });
                }
                (type_name, index, total)
            }
            ImportPortion::File { name, total, index } => {
                self.types.entry(name.clone()).or_insert(Data { total: *total, ..Data::default() });
                (name, index, total)
            }
        };
        let data = self.types.get_mut(name).unwrap();
        assert_eq!((*index as usize, *total), (data.portions.len(), data.total));
        data.portions.push(portion.data.to_vec());
        vec![TypeCount { name: name.clone(), is_node: true, count: records(&portion.data) }]
    }

    fn begin_export(&mut self) -> BeginExportResponse {
        self.export.clear();
        let mut counts = Vec::new();
        for (name, data) in &self.types {
            let (text, columns) = (data.portions.concat(), data.columns.iter().cloned().map(Chars).collect());
            let mut new_type = Some(ExportedColumns { type_name: name.clone(), columns });
            counts.push(TypeCount { name: name.clone(), is_node: !is_edge(name), count: records(&text) });
            let mut entities = records(&text) as i32;
            for piece in text.chunks(self.cut.max(1)) {
                let portion = ExportPortion::Batch {
                    new_type: new_type.take(),
                    entities: std::mem::take(&mut entities),
                    more: true,
                };
                self.export.push(PartialExportResponse::new(portion, piece.to_vec().into()));
            }
        }
        if let Some(PartialExportResponse { portion: ExportPortion::Batch { more, .. }, .. }) = self.export.last_mut() {
            *more = false;
        }
        BeginExportResponse { requests: self.export.len() as i32, outcome: BulkOutcome::Done(counts) }
    }
}

pub fn is_edge(type_name: &str) -> bool {
    type_name == "knows"
}

/// How many line feeds outside of quotes there are, as the vendor's client counts records; a quote
/// behind a backslash does not count.
fn records(csv: &[u8]) -> i64 {
    let (mut records, mut is_quoted, mut is_escaped) = (0, false, false);
    for byte in csv {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => records += 1,
            _ => {}
        }
    }
    records
}

/// What the server was asked after the login.
pub fn asked(server: &TestServer) -> Vec<Verb> {
    let verbs = server.received().into_iter().map(|message| message.verb());
    verbs.filter(|verb| !matches!(*verb, Verb::HANDSHAKE_REQUEST | Verb::AUTHENTICATE_REQUEST)).collect()
}

pub fn go_on(_: BulkProgress<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// A source that counts what is read since it was sought last.
pub struct Counted<R> {
    pub inner: R,
    pub read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buf)?;
        self.read.fetch_add(read as u64, Ordering::SeqCst);
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.read.store(0, Ordering::SeqCst);
        self.inner.seek(to)
    }
}

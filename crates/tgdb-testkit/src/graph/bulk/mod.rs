//! Bulk import and export of records. What the vendor's server does where its client does not tell
//! is a guess.

mod csv;
mod export;
mod import;
mod text;

use tgdb_pdu::Body;
use tgdb_pdu::body::{BulkOutcome, EndImportResponse, Exception, PartialImportResponse};

use super::{Graph, UNSUPPORTED};
use export::Export;
use import::Import;

/// The import and the export of a session.
#[derive(Debug, Default)]
pub(super) struct BulkState {
    import: Option<Import>,
    export: Option<Export>,
}

/// The result in place of entities: a record cannot be loaded, or the portion is not due. The
/// vendor's client gives the codes no names.
const FAILED: i32 = 1;

/// The answer to a request of an import or export; `None` for other requests. The inner one is
/// `None` for a request without a reply.
pub(super) fn answer(graph: &mut Graph, own: &mut BulkState, body: &Body) -> Option<Option<Body>> {
    Some(Some(match body {
        Body::BeginImportRequest(request) => match Import::begin(request) {
            Some(import) => {
                own.import = Some(import);
                tgdb_pdu::body::BeginImportResponse { result: 0 }.into()
            }
            None => unsupported("a file in the format of the vendor's server"),
        },
        Body::PartialImportRequest(request) => {
            let loaded = own.import.as_mut().and_then(|import| import.load(graph, request));
            PartialImportResponse(loaded.map_or(failed(), BulkOutcome::Done)).into()
        }
        Body::EndImportRequest => {
            let import = own.import.take();
            EndImportResponse(import.map_or(failed(), |import| BulkOutcome::Done(import.loaded()))).into()
        }
        Body::BeginExportRequest(request) => match Export::begin(graph, request) {
            Some((export, reply)) => {
                own.export = Some(export);
                reply.into()
            }
            None => unsupported("an export to files"),
        },
        Body::PartialExportRequest(request) => match own.export.as_mut().and_then(|export| export.next(graph, request))
        {
            Some(portion) => portion.into(),
            None => unsupported("a portion that is not due"),
        },
        Body::CancelExportRequest => {
            own.export = None;
            return Some(None);
        }
        _ => return None,
    }))
}

fn failed() -> BulkOutcome {
    BulkOutcome::Failed { result: FAILED }
}

fn unsupported(what: &str) -> Body {
    let message = Some(format!("{what} is not supported by this test server"));
    Exception { code: UNSUPPORTED, message }.into()
}

//! Messages in one line each, of bounded length, for logs.
//!
//! ```text
//! QueryRequest request 7 session 42: EXECUTE_GREMLIN_STR "g.V().count()"
//! QueryResponse request 7 session 42: 1 results of type "[l]", 25 bytes
//! ```

use std::fmt::{self, Write};

use bytes::Bytes;

use crate::body::*;
use crate::{Body, Frame, Header, Message, Verb};

/// How many characters a line has at most.
const MAX_LINE: usize = 200;

/// How many characters of a text are shown.
const MAX_TEXT: usize = 60;

/// Bytes in hex, of which some may be left out.
#[cfg(feature = "serde")]
pub(crate) struct Hex<'a> {
    /// Those to be shown.
    pub(crate) first: &'a [u8],
    /// How many there are in all.
    pub(crate) length: usize,
}

#[cfg(feature = "serde")]
impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        if self.length > self.first.len() { write!(f, "... ({} bytes)", self.length) } else { Ok(()) }
    }
}

/// Cuts what is written after [`MAX_LINE`] characters.
struct Line<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    left: usize,
}

impl<'a, 'f> Line<'a, 'f> {
    fn new(f: &'a mut fmt::Formatter<'f>) -> Self {
        Self { f, left: MAX_LINE - 3 }
    }
}

impl Write for Line<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match self.left {
                0 => return Ok(()),
                1 => self.f.write_str("...")?,
                _ => self.f.write_char(character)?,
            }
            self.left -= 1;
        }
        Ok(())
    }
}

/// The start of a text, in quotes; what is no visible character is escaped.
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(MAX_TEXT) {
            Some((end, _)) => write!(f, "{:?}...", &self.0[..end]),
            None => write!(f, "{:?}", self.0),
        }
    }
}

struct Nullable<'a>(Option<Text<'a>>);

impl fmt::Display for Nullable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(text) => fmt::Display::fmt(text, f),
            None => f.write_str("null"),
        }
    }
}

/// A text that can be null.
fn text(text: &Option<String>) -> Nullable<'_> {
    Nullable(text.as_deref().map(Text))
}

impl fmt::Display for Frame {
    /// One line of 200 characters at most: verb, request, session, lengths. Nothing of the payload.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Line::new(f);
        write_head(&mut line, self.verb, &self.header)?;
        write!(line, ": {} bytes", self.payload.len())?;
        match self.padding.len() {
            0 => {}
            length => write!(line, " behind {length} of padding")?,
        }
        match self.omitted {
            0 => Ok(()),
            length => write!(line, ", {length} passed over"),
        }
    }
}

impl fmt::Display for Message {
    /// One line of 200 characters at most, whatever the message holds: verb, request, session, and
    /// the fields that matter most. Texts are cut and escaped; secrets are not shown.
    /// ```
    /// use tgdb_pdu::body::{QueryCommand, QueryRequest};
    /// use tgdb_pdu::{Header, Message};
    ///
    /// let header = Header { request_id: 7, session_id: 42, ..Header::default() };
    /// let query = QueryRequest::text(QueryCommand::EXECUTE_GREMLIN_STR, "g.V().count()");
    /// assert_eq!(
    ///     Message::new(header, query.into()).to_string(),
    ///     r#"QueryRequest request 7 session 42: EXECUTE_GREMLIN_STR(4) "g.V().count()""#,
    /// );
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Line::new(f);
        write_head(&mut line, self.verb(), &self.header)?;
        let mut summary = String::new();
        write_body(&mut summary, &self.body)?;
        if !summary.is_empty() {
            write!(line, ": {summary}")?;
        }
        match self.trailing.len() {
            0 => Ok(()),
            length => write!(line, ", {length} bytes behind it"),
        }
    }
}

fn write_head(line: &mut impl Write, verb: Verb, header: &Header) -> fmt::Result {
    write!(line, "{verb}")?;
    if header.request_id != Header::default().request_id {
        write!(line, " request {}", header.request_id)?;
    }
    if header.session_id != 0 {
        write!(line, " session {}", header.session_id)?;
    }
    Ok(())
}

/// The fields that matter most; bounded, as all texts are.
fn write_body(line: &mut impl Write, body: &Body) -> fmt::Result {
    match body {
        Body::HandshakeRequest(request) => write!(line, "{}, ssl mode {}", request.kind, request.ssl_mode),
        Body::HandshakeResponse(response) => {
            write!(line, "{}", response.status)?;
            let Some(reason) = &response.reason else { return Ok(()) };
            let start = reason.get(..4 * MAX_TEXT).unwrap_or(reason);
            write!(line, " {}", Text(&String::from_utf8_lossy(start)))
        }
        Body::AuthenticateRequest(request) => {
            let (user, database) = (text(&request.user), text(&request.database));
            write!(line, "user {user}, database {database}, client {}", text(&request.client_id))
        }
        Body::AuthenticateResponse(AuthenticateResponse::Accepted { session_id, certificate, .. }) => {
            write!(line, "accepted as session {session_id}")?;
            certificate.as_ref().map_or(Ok(()), |der| write!(line, ", certificate of {} bytes", der.len()))
        }
        Body::AuthenticateResponse(AuthenticateResponse::Rejected { status }) => {
            write!(line, "rejected with status {status}")
        }
        Body::BeginTransactionResponse(response) => write!(line, "transaction {}", response.transaction_id),
        Body::CommitTransactionRequest(request) => write!(line, "{} bytes of changes", request.changes.len()),
        Body::CommitTransactionResponse(response) => write_commit(line, &response.outcome),
        Body::QueryRequest(request) => match &request.target {
            QueryTarget::Text(query) => write!(line, "{} {}", request.command, text(&query.query)),
            QueryTarget::Id(id) => write!(line, "{} of prepared query {id}", request.command),
            QueryTarget::Nothing => write!(line, "{}", request.command),
        },
        Body::QueryResponse(None) | Body::GetEntityResponse(None) => line.write_str("empty"),
        Body::QueryResponse(Some(response)) => match &response.outcome {
            QueryOutcome::Success(result) => {
                let (count, annotation) = (result.result_count, Text(&result.annotation));
                write!(line, "{count} results of type {annotation}, {} bytes", result.entities.len())
            }
            QueryOutcome::Failed { result, .. } => {
                write!(line, "failed with {result}")?;
                response.outcome.message().map_or(Ok(()), |message| write!(line, " {}", Text(&message)))
            }
        },
        Body::AdminRequest(request) => {
            write!(line, "{}, {} bytes of arguments", request.command, request.arguments.expose().len())
        }
        Body::AdminResponse(AdminResponse { result: 0, command, payload }) => {
            write!(line, "{command} done, {} bytes", payload.len())
        }
        Body::AdminResponse(response) => {
            write!(line, "{} failed with {}", response.command, response.result)?;
            response.error_message().map_or(Ok(()), |message| write!(line, " {}", Text(&message)))
        }
        Body::MetadataResponse(metadata) => {
            let mut counts = [0; 3];
            for group in &metadata.groups {
                let kind = match group {
                    TypeGroup::AttributeDescriptors(_) => 0,
                    TypeGroup::NodeTypes(_) => 1,
                    TypeGroup::EdgeTypes(_) => 2,
                };
                counts[kind] += group.len();
            }
            let [descriptors, node_types, edge_types] = counts;
            write!(line, "{descriptors} descriptors, {node_types} node types, {edge_types} edge types")
        }
        Body::GetEntityRequest(request) => match &request.key {
            Some((_, key)) => write!(line, "{}, key of {} bytes", request.command, key.len()),
            None => write!(line, "{} of result {}", request.command, request.result_id),
        },
        Body::GetEntityResponse(Some(response)) => {
            write!(line, "{} entities, {} bytes", response.total_count, response.entities.len())
        }
        Body::GetLargeObjectRequest(request) => write!(line, "object {}", request.entity_id),
        Body::GetLargeObjectResponse(GetLargeObjectResponse::Found { entity_id, chunks }) => match chunks {
            Some(chunks) => {
                let length: usize = chunks.iter().map(Bytes::len).sum();
                write!(line, "object {entity_id}, {length} bytes in {} chunks", chunks.len())
            }
            None => write!(line, "object {entity_id}, no data"),
        },
        Body::GetLargeObjectResponse(GetLargeObjectResponse::Failed { status }) => {
            write!(line, "failed with status {status}")
        }
        Body::SessionForcefullyTerminated(terminated) => write!(line, "reason {}", text(&terminated.reason)),
        Body::DecryptBufferRequest(request) => write!(line, "{} bytes", request.buffer.len()),
        Body::DecryptBufferResponse(response) => write!(line, "{} bytes", response.buffer.expose().len()),
        Body::ConnectionProperties(properties) => write!(line, "{} properties", properties.properties.len()),
        Body::Exception(exception) => write!(line, "code {} {}", exception.code, text(&exception.message)),
        Body::BeginExportResponse(response) => write_bulk(line, &response.outcome),
        Body::PartialExportRequest(request) => write!(line, "portion {}", request.request),
        Body::PartialExportResponse(response) => write!(line, "{} bytes of data", response.data.len()),
        Body::BeginImportResponse(response) => write!(line, "result {}", response.result),
        Body::PartialImportRequest(request) => write!(line, "{} bytes of data", request.data.len()),
        Body::PartialImportResponse(response) => write_bulk(line, &response.0),
        Body::EndImportResponse(response) => write_bulk(line, &response.0),
        Body::Raw(raw) => write!(line, "{} bytes", raw.payload.len()),
        _ => Ok(()),
    }
}

fn write_commit(line: &mut impl Write, outcome: &CommitOutcome) -> fmt::Result {
    match outcome {
        CommitOutcome::Committed(blocks) => {
            let mut counts = [0; 3];
            for block in blocks {
                match block {
                    CommitBlock::Added(items) => counts[0] += items.len(),
                    CommitBlock::Updated(items) => counts[1] += items.len(),
                    CommitBlock::Removed(items) => counts[2] += items.len(),
                    CommitBlock::AttributeDescriptors(_) | CommitBlock::Other(..) => {}
                }
            }
            let [added, updated, removed] = counts;
            write!(line, "committed, {added} added, {updated} updated, {removed} removed")
        }
        CommitOutcome::Failed { status, message } => write!(line, "failed with {status} {}", text(message)),
    }
}

fn write_bulk(line: &mut impl Write, outcome: &BulkOutcome) -> fmt::Result {
    match outcome {
        BulkOutcome::Done(types) => write!(line, "{} types", types.len()),
        BulkOutcome::Failed { result, .. } => write!(line, "failed with {result}"),
    }
}

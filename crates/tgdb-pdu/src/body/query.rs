//! Queries (`QueryRequest.java`, `QueryResponse.java`).

use crate::wire::{wire_code, wire_struct};
use crate::{BodyError, EncodeError, Reader, Wire, Writer};

use super::Remainder;

wire_code! {
    /// What to do with a query. Four bytes.
    pub struct QueryCommand(i32) {
        /// None.
        INVALID = 0,
        /// Prepare a query.
        CREATE = 1,
        /// Execute TGQL text.
        EXECUTE = 2,
        /// Execute Gremlin bytecode.
        EXECUTE_GREMLIN = 3,
        /// Execute Gremlin text.
        EXECUTE_GREMLIN_STR = 4,
        /// Execute a prepared query.
        EXECUTE_ID = 5,
        /// Close a prepared query.
        CLOSE = 6,
    }
}

impl QueryCommand {
    /// Whether texts follow: for 1 to 4, and for 7, which Java writes so without naming it.
    fn takes_text(self) -> bool {
        matches!(self.0, 1..=4 | 7)
    }

    fn takes_id(self) -> bool {
        matches!(self, Self::EXECUTE_ID | Self::CLOSE)
    }
}

wire_struct! {
    /// How much of a result to send. 10 bytes.
    #[derive(Copy, Eq)]
    pub struct FetchOptions {
        /// Maximum number of entities to fetch; 0 for no limit.
        pub fetch_size: i32,
        /// Entities in one batch, 10 to 32767.
        pub batch_size: i16,
        /// How many edges away to follow, 1 to 1000.
        pub traversal_depth: i16,
        /// Edges of each node to fetch; 0 for no limit.
        pub edge_fetch_size: i16,
    }
}

impl Default for FetchOptions {
    /// Java's: 1000 entities, batches of 50, depth 3, all edges.
    fn default() -> Self {
        Self { fetch_size: 1000, batch_size: 50, traversal_depth: 3, edge_fetch_size: 0 }
    }
}

wire_struct! {
    /// The order of a result.
    #[derive(Eq)]
    pub struct SortOrder {
        /// The attribute to sort by.
        pub attribute: String,
        /// Whether the maximum comes first.
        pub descending: bool,
        /// Maximum number of results; 0 for no limit.
        pub limit: i32,
    }
}

wire_struct! {
    /// The texts of a query, each a nullable string.
    #[derive(Default, Eq)]
    pub struct QueryText {
        /// The query.
        pub query: Option<String>,
        /// Filter for edges.
        pub edge_filter: Option<String>,
        /// Condition for going on.
        pub traversal_condition: Option<String>,
        /// Condition for ending.
        pub end_condition: Option<String>,
    }
}

/// What a query request is about; which one it is follows from the command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum QueryTarget {
    /// Commands 1 to 4, and 7.
    Text(QueryText),
    /// Commands 5 and 6: the `i64` id of a prepared query.
    Id(i64),
    /// Any other command.
    Nothing,
}

/// A query: `i32` length, `i32` checksum, `i32` command, [`FetchOptions`], bool
/// "is sorted" with [`SortOrder`], and the target.
///
/// # Example
/// ```
/// use tgdb_pdu::body::{QueryCommand, QueryRequest};
///
/// let mut query = QueryRequest::gremlin("g.V().hasLabel('airport')");
/// query.options.fetch_size = 100;
/// assert_ne!(query.command, QueryCommand::CREATE);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct QueryRequest {
    /// 1 in Java and Go; the length of the payload in Python.
    pub length: i32,
    /// 1 in Java and Go; a checksum in Python.
    pub checksum: i32,
    /// What to do.
    pub command: QueryCommand,
    /// How much to send.
    pub options: FetchOptions,
    /// In which order.
    pub sort: Option<SortOrder>,
    /// What it is about.
    pub target: QueryTarget,
}

impl QueryRequest {
    /// A query as Java writes it, with default options and no order.
    pub fn text(command: QueryCommand, query: impl Into<String>) -> Self {
        Self::new(command, QueryTarget::Text(QueryText { query: Some(query.into()), ..Default::default() }))
    }

    /// Executes or closes a prepared query.
    pub fn prepared(command: QueryCommand, id: i64) -> Self {
        Self::new(command, QueryTarget::Id(id))
    }

    fn new(command: QueryCommand, target: QueryTarget) -> Self {
        Self { length: 1, checksum: 1, command, options: FetchOptions::default(), sort: None, target }
    }
}

impl Wire for QueryRequest {
    const MIN_LEN: usize = 23;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.i32(self.length);
        w.i32(self.checksum);
        self.command.encode("command", w)?;
        self.options.encode("options", w)?;
        w.bool(self.sort.is_some());
        if let Some(sort) = &self.sort {
            sort.encode("sort", w)?;
        }
        match &self.target {
            QueryTarget::Text(text) if self.command.takes_text() => text.encode("target", w)?,
            QueryTarget::Id(id) if self.command.takes_id() => w.i64(*id),
            QueryTarget::Nothing if !self.command.takes_text() && !self.command.takes_id() => {}
            _ => return Err(EncodeError::Inconsistent { field: "target", reason: "does not go with the command" }),
        }
        Ok(())
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let length = r.i32("length")?;
        let checksum = r.i32("checksum")?;
        let command = QueryCommand::decode("command", r)?;
        let options = FetchOptions::decode("options", r)?;
        let sort = if r.bool("is_sorted")? { Some(SortOrder::decode("sort", r)?) } else { None };
        let target = if command.takes_text() {
            QueryTarget::Text(QueryText::decode("target", r)?)
        } else if command.takes_id() {
            QueryTarget::Id(r.i64("query_hash_id")?)
        } else {
            QueryTarget::Nothing
        };
        Ok(Self { length, checksum, command, options, sort, target })
    }
}

/// A query's result: `i32` length, `i32` checksum, `i32` result, and the fields
/// of the outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct QueryResponse {
    /// Length as the server sent it. The vendor's clients ignore it.
    pub length: i32,
    /// Checksum as the server sent it. The vendor's clients ignore it.
    pub checksum: i32,
    /// How the query ended.
    pub outcome: QueryOutcome,
}

/// How a query ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum QueryOutcome {
    /// Result 0.
    Success(QueryResult),
    /// Any other result; 8100 to 8120 have names in `QueryResponse.java`.
    Failed {
        /// The result, not 0.
        result: i32,
        /// What follows; the vendor's languages disagree on it. See [`QueryOutcome::message`].
        detail: Remainder,
    },
}

impl QueryOutcome {
    /// The server's text for a failed query, or `None` if there is none that can be read.
    ///
    /// Java looks for it behind the query id (`i64`) and the syntax (`i8`),
    /// Python right behind the result.
    pub fn message(&self) -> Option<String> {
        let Self::Failed { detail, .. } = self else { return None };
        let text_at = |skip: usize| {
            let rest = detail.get(skip..)?;
            let (length, text) = rest.split_first_chunk::<2>()?;
            let length = usize::try_from(i16::from_be_bytes(*length)).ok()?;
            String::from_utf8(text.get(..length)?.to_vec()).ok().filter(|text| !text.is_empty())
        };
        text_at(9).or_else(|| text_at(0))
    }
}

/// The result of a query: `i64` id, `i8` syntax, string annotation, `i32` result
/// count, with syntax 1 `i32` total count, then the entities.
///
/// The default is what a reply without a payload stands for: no results.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct QueryResult {
    /// Id of the prepared query.
    pub query_hash_id: i64,
    /// 1 if a total count follows the result count.
    pub syntax: i8,
    /// The type of the result, in the vendor's notation.
    pub annotation: String,
    /// How many results there are here.
    pub result_count: i32,
    /// How many entities there are in all; there if and only if `syntax` is 1.
    pub total_count: Option<i32>,
    /// The results; their layout depends on the graph's metadata. Read them with
    /// [`elements`](Self::elements) or [`entities`](Self::entities).
    pub entities: Remainder,
}

impl Wire for QueryResult {
    const MIN_LEN: usize = 15;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.i64(self.query_hash_id);
        w.i8(self.syntax);
        w.utf("annotation", &self.annotation)?;
        w.i32(self.result_count);
        match self.total_count {
            Some(total) if self.syntax == 1 => w.i32(total),
            None if self.syntax != 1 => {}
            _ => {
                return Err(EncodeError::Inconsistent {
                    field: "total_count",
                    reason: "must be there if and only if the syntax is 1",
                });
            }
        }
        self.entities.encode("entities", w)
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let query_hash_id = r.i64("query_hash_id")?;
        let syntax = r.i8("syntax")?;
        Ok(Self {
            query_hash_id,
            syntax,
            annotation: r.utf("annotation")?,
            result_count: r.i32("result_count")?,
            total_count: if syntax == 1 { Some(r.i32("total_count")?) } else { None },
            entities: Remainder::decode("entities", r)?,
        })
    }
}

impl Wire for QueryResponse {
    const MIN_LEN: usize = 12;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.i32(self.length);
        w.i32(self.checksum);
        match &self.outcome {
            QueryOutcome::Success(result) => {
                w.i32(0);
                result.encode("result", w)
            }
            QueryOutcome::Failed { result: 0, .. } => {
                Err(EncodeError::Inconsistent { field: "result", reason: "a failed query cannot have result 0" })
            }
            QueryOutcome::Failed { result, detail } => {
                w.i32(*result);
                detail.encode("detail", w)
            }
        }
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        Ok(Self {
            length: r.i32("length")?,
            checksum: r.i32("checksum")?,
            outcome: match r.i32("result")? {
                0 => QueryOutcome::Success(QueryResult::decode("result", r)?),
                result => QueryOutcome::Failed { result, detail: Remainder::decode("detail", r)? },
            },
        })
    }
}

//! What a request is answered with, and what a server's failure means.
//!
//! A [`Body`] can be any message. [`Request`] ties the body of a request to that of its reply,
//! and a failure that the server reports to a typed [`ServerError`], wherever it stands in the
//! reply: an [`Exception`](crate::body::Exception) in place of it, or a status inside it.
//!
//! | request | successful reply |
//! |---|---|
//! | [`QueryRequest`](crate::body::QueryRequest) | [`QueryResult`](crate::body::QueryResult) |
//! | [`GetEntityRequest`](crate::body::GetEntityRequest) | [`GetEntityResponse`](crate::body::GetEntityResponse) |
//! | [`GetMetadata`] | [`MetadataResponse`](crate::body::MetadataResponse) |
//! | [`BeginTransaction`] | [`BeginTransactionResponse`](crate::body::BeginTransactionResponse) |
//! | [`CommitTransactionRequest`](crate::body::CommitTransactionRequest) | [`CommitTransactionResponse`](crate::body::CommitTransactionResponse) |
//! | [`RollbackTransaction`] | `()` |
//! | [`GetLargeObjectRequest`](crate::body::GetLargeObjectRequest) | [`Chunks`](crate::body::Chunks) |
//! | [`DecryptBufferRequest`](crate::body::DecryptBufferRequest) | [`DecryptBufferResponse`](crate::body::DecryptBufferResponse) |
//! | [`AdminRequest`](crate::body::AdminRequest) | [`AdminResponse`](crate::body::AdminResponse) |
//! | [`HandshakeRequest`](crate::body::HandshakeRequest) | [`HandshakeResponse`](crate::body::HandshakeResponse) |
//! | [`AuthenticateRequest`](crate::body::AuthenticateRequest) | [`AuthenticateResponse`](crate::body::AuthenticateResponse) |
//!
//! # Example
//! ```
//! use tgdb_pdu::body::{QueryOutcome, QueryRequest, QueryResponse, Remainder};
//! use tgdb_pdu::call::{CallError, QueryStatus, Request};
//!
//! // What a server answers to a query that it cannot parse.
//! let outcome = QueryOutcome::Failed { result: 8102, detail: Remainder::default() };
//! let reply = Some(QueryResponse { length: 0, checksum: 0, outcome }).into();
//!
//! let Err(CallError::Server(error)) = QueryRequest::reply(reply) else { panic!("it failed") };
//! assert_eq!(error.code, QueryStatus::PARSING_ERROR.0);
//! assert_eq!(error.name(), Some("PARSING_ERROR"));
//! ```

mod error;
mod replies;
mod requests;
mod status;

pub use error::{CallError, RootError, ServerError};
pub use requests::{BeginTransaction, GetMetadata, RollbackTransaction};
pub use status::{AdminStatus, QueryStatus};

use crate::Body;

/// The body of a request, tied to that of its reply.
///
/// A program that has a request and a reply of its own, for a verb that is
/// [raw](crate::body::RawBody) here, can implement it for its own type:
/// ```
/// use bytes::Bytes;
/// use tgdb_pdu::body::RawBody;
/// use tgdb_pdu::call::{CallError, Request};
/// use tgdb_pdu::{Body, Verb};
///
/// /// Verb 70, which has no layout here.
/// struct Ask(Bytes);
///
/// impl From<Ask> for Body {
///     fn from(ask: Ask) -> Self {
///         Body::Raw(RawBody { verb: Verb(70), payload: ask.0 })
///     }
/// }
///
/// impl Request for Ask {
///     type Reply = Bytes;
///
///     fn reply(body: Body) -> Result<Bytes, CallError> {
///         match body {
///             Body::Raw(RawBody { verb: Verb(71), payload }) => Ok(payload),
///             other => Err(CallError::unexpected(Verb(70), other)),
///         }
///     }
/// }
/// ```
pub trait Request: Into<Body> {
    /// What a successful reply holds.
    type Reply;

    /// What the body of the reply holds.
    ///
    /// # Errors
    /// [`CallError::Server`] if the server did not do what was asked, [`CallError::WrongReply`] if
    /// the body is not that of the reply to this request.
    fn reply(body: Body) -> Result<Self::Reply, CallError>;
}

//! The reply to each request.

use super::{BeginTransaction, CallError, GetMetadata, Request, RollbackTransaction, ServerError};
use crate::body::*;
use crate::{Body, Verb};

/// `request, verb => reply type: pattern => result;` where the result is a `Result`.
macro_rules! replies {
    ($($request:ty, $verb:ident => $reply:ty: $pattern:pat => $result:expr;)+) => {
        $(impl Request for $request {
            type Reply = $reply;

            fn reply(body: Body) -> Result<$reply, CallError> {
                match body {
                    $pattern => $result,
                    other => Err(CallError::unexpected(Verb::$verb, other)),
                }
            }
        })+
    };
}

replies! {
    // As in Java, a reply without a payload stands for no results.
    QueryRequest, QUERY_REQUEST => QueryResult: Body::QueryResponse(reply) => query(reply);
    GetEntityRequest, GET_ENTITY_REQUEST => GetEntityResponse:
        Body::GetEntityResponse(reply) => Ok(reply.unwrap_or_default());
    GetMetadata, METADATA_REQUEST => MetadataResponse: Body::MetadataResponse(reply) => Ok(reply);
    BeginTransaction, BEGIN_TRANSACTION_REQUEST => BeginTransactionResponse:
        Body::BeginTransactionResponse(reply) => Ok(reply);
    CommitTransactionRequest, COMMIT_TRANSACTION_REQUEST => CommitTransactionResponse:
        Body::CommitTransactionResponse(reply) => commit(reply);
    RollbackTransaction, ROLLBACK_TRANSACTION_REQUEST => (): Body::RollbackTransactionResponse => Ok(());
    GetLargeObjectRequest, GET_LARGE_OBJECT_REQUEST => Chunks: Body::GetLargeObjectResponse(reply) => large_object(reply);
    DecryptBufferRequest, DECRYPT_BUFFER_REQUEST => DecryptBufferResponse: Body::DecryptBufferResponse(reply) => Ok(reply);
    AdminRequest, ADMIN_REQUEST => AdminResponse: Body::AdminResponse(reply) => admin(reply);
    HandshakeRequest, HANDSHAKE_REQUEST => HandshakeResponse: Body::HandshakeResponse(reply) => handshake(reply);
    AuthenticateRequest, AUTHENTICATE_REQUEST => AuthenticateResponse:
        Body::AuthenticateResponse(reply) => authenticate(reply);
}

fn query(reply: Option<QueryResponse>) -> Result<QueryResult, CallError> {
    let Some(QueryResponse { outcome, .. }) = reply else { return Ok(QueryResult::default()) };
    let message = outcome.message();
    match outcome {
        QueryOutcome::Success(result) => Ok(result),
        QueryOutcome::Failed { result, .. } => Err(ServerError::new(Verb::QUERY_REQUEST, result, message).into()),
    }
}

fn commit(reply: CommitTransactionResponse) -> Result<CommitTransactionResponse, CallError> {
    match reply.outcome {
        CommitOutcome::Committed(_) => Ok(reply),
        CommitOutcome::Failed { status, message } => {
            Err(ServerError::new(Verb::COMMIT_TRANSACTION_REQUEST, status.0, message).into())
        }
    }
}

fn large_object(reply: GetLargeObjectResponse) -> Result<Chunks, CallError> {
    match reply {
        GetLargeObjectResponse::Found { entity_id, chunks } => Ok(Chunks { entity_id, chunks }),
        GetLargeObjectResponse::Failed { status } => {
            Err(ServerError::new(Verb::GET_LARGE_OBJECT_REQUEST, status, None).into())
        }
    }
}

fn admin(reply: AdminResponse) -> Result<AdminResponse, CallError> {
    match reply.result {
        0 => Ok(reply),
        code => Err(ServerError::new(Verb::ADMIN_REQUEST, code, reply.error_message()).into()),
    }
}

fn authenticate(reply: AuthenticateResponse) -> Result<AuthenticateResponse, CallError> {
    match reply {
        AuthenticateResponse::Rejected { status } => {
            Err(ServerError::new(Verb::AUTHENTICATE_REQUEST, status, None).into())
        }
        accepted => Ok(accepted),
    }
}

fn handshake(reply: HandshakeResponse) -> Result<HandshakeResponse, CallError> {
    match (reply.status, reply.reason) {
        (status @ HandshakeStatus::CHALLENGE_FAILED, reason) => {
            let reason = reason.map(|reason| crate::excerpt(&reason));
            Err(ServerError::new(Verb::HANDSHAKE_REQUEST, status.0.into(), reason).into())
        }
        (status, reason) => Ok(HandshakeResponse { status, challenge: reply.challenge, reason }),
    }
}

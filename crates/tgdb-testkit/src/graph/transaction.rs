//! Begin, commit and rollback.
//!
//! The vendor's Java and Python clients commit without a begin before, and roll back without a
//! request. So a commit needs no begin; begin only marks the session until the next commit or
//! rollback, and a second begin fails with 8001.

use tgdb_pdu::body::{
    BeginTransactionResponse, CommitTransactionRequest, CommitTransactionResponse, Exception, TransactionStatus,
};
use tgdb_pdu::graph::ChangeSet;
use tgdb_pdu::{Body, EncodeError};

use super::Graph;
use super::client::ClientState;

pub(super) fn begin(state: &mut ClientState, next: i64) -> Body {
    if let Some(open) = state.transaction {
        let message = Some(format!("transaction {open} of the session is open; commit it or roll it back"));
        return Exception { code: TransactionStatus::ALREADY_IN_PROGRESS.0, message }.into();
    }
    state.transaction = Some(next);
    BeginTransactionResponse { transaction_id: next }.into()
}

pub(super) fn rollback(state: &mut ClientState) -> Body {
    state.transaction = None;
    Body::RollbackTransactionResponse
}

pub(super) fn commit(
    graph: &mut Graph,
    state: &mut ClientState,
    request: &CommitTransactionRequest,
) -> Result<CommitTransactionResponse, EncodeError> {
    state.transaction = None;
    let changes = match ChangeSet::from_request(request, graph.schema()) {
        Ok(changes) => changes,
        Err(error) => return CommitTransactionResponse::failed(TransactionStatus::MALFORMED, &error.to_string()),
    };
    match graph.commit(changes) {
        Ok(blocks) => CommitTransactionResponse::committed(blocks),
        Err(failure) => {
            let text: String = failure.text.chars().take(1000).collect();
            CommitTransactionResponse::failed(failure.status, &text)
        }
    }
}

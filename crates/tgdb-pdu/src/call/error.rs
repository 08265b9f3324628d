//! Why a request has no successful reply.

use super::status::{TRANSACTION_NAMES, name_of};
use crate::body::TransactionStatus;
use crate::{Body, Verb};

/// The reply is not that of a request that succeeded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The server reports that it did not do what was asked.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The server answered with a message that is no reply to the request.
    #[error("{request} was answered with {reply}; client and server may be of different versions")]
    WrongReply {
        /// The request.
        request: Verb,
        /// What came instead of its reply.
        reply: Verb,
    },
}

impl CallError {
    /// What a body means that is not the reply to `request`: the server's error if it is an
    /// exception, else a wrong reply.
    pub fn unexpected(request: Verb, body: Body) -> Self {
        match body {
            Body::Exception(exception) => ServerError::new(request, exception.code, exception.message).into(),
            body => Self::WrongReply { request, reply: body.verb() },
        }
    }
}

/// The server did not do what it was asked for, and says why.
///
/// ```
/// use tgdb_pdu::Verb;
/// use tgdb_pdu::body::TransactionStatus;
/// use tgdb_pdu::call::ServerError;
///
/// let error = ServerError::new(Verb::COMMIT_TRANSACTION_REQUEST, 8008, Some("node 17".to_owned()));
/// assert_eq!(error.code, TransactionStatus::OPTIMISTIC_LOCK_FAILED.0);
/// assert_eq!(
///     error.to_string(),
///     "CommitTransactionRequest: the server reports error 8008 (OPTIMISTIC_LOCK_FAILED): node 17"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{verb}: the server reports error {code}{}{}", name_text(self.name()), message_text(.message))]
#[non_exhaustive]
pub struct ServerError {
    /// The request.
    pub verb: Verb,
    /// The server's code, to be compared with those of
    /// [`QueryStatus`](super::QueryStatus), [`TransactionStatus`] and
    /// [`AdminStatus`](super::AdminStatus). Those of logins, large objects and exceptions have
    /// no names.
    pub code: i32,
    /// The server's text.
    pub message: Option<String>,
}

/// The error below a [`TransactionStatus::GENERAL_ERROR`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RootError<'a> {
    /// What it is.
    pub status: TransactionStatus,
    /// The server's text behind its name; can be empty.
    pub message: &'a str,
}

impl ServerError {
    /// The server's failure of a request, with code and text as it gave them.
    pub fn new(verb: Verb, code: i32, message: Option<String>) -> Self {
        Self { verb, code, message }
    }

    /// The name of the code, if the vendor's clients have one for it in replies to this request.
    pub fn name(&self) -> Option<&'static str> {
        name_of(self.verb, self.code)
    }

    /// The root error of a commit that failed with [`TransactionStatus::GENERAL_ERROR`], if the
    /// server's text names one that is known: `Transaction:17 failed. Root Error:<name> <text>`.
    /// A root error can itself be a general error with a text of this form; then it is that one's.
    ///
    /// Source: `TGTransactionException.buildTransactionException` (`exception.py`). Java does not
    /// look into the text.
    /// ```
    /// use tgdb_pdu::Verb;
    /// use tgdb_pdu::body::TransactionStatus;
    /// use tgdb_pdu::call::ServerError;
    ///
    /// let text = "Transaction:17 failed. Root Error:TGTransactionUniqueConstraintViolation key MUC";
    /// let error = ServerError::new(Verb::COMMIT_TRANSACTION_REQUEST, 8004, Some(text.to_owned()));
    /// let root = error.root().expect("it has one");
    /// assert_eq!(root.status, TransactionStatus::UNIQUE_CONSTRAINT_VIOLATION);
    /// assert_eq!(root.message, "key MUC");
    /// ```
    pub fn root(&self) -> Option<RootError<'_>> {
        if self.name().is_none() || TransactionStatus(self.code) != TransactionStatus::GENERAL_ERROR {
            return None;
        }
        let mut root = root_of(self.message.as_deref()?)?;
        while root.status == TransactionStatus::GENERAL_ERROR
            && let Some(below) = root_of(root.message)
        {
            root = below;
        }
        Some(root)
    }

    /// How a commit failed: the status of the [root error](Self::root) if there is one, else that
    /// of the reply; `None` if this is no failure of a transaction.
    pub fn transaction_status(&self) -> Option<TransactionStatus> {
        match self.verb {
            Verb::BEGIN_TRANSACTION_REQUEST | Verb::COMMIT_TRANSACTION_REQUEST | Verb::ROLLBACK_TRANSACTION_REQUEST => {
                Some(self.root().map_or(TransactionStatus(self.code), |root| root.status))
            }
            _ => None,
        }
    }
}

fn root_of(text: &str) -> Option<RootError<'_>> {
    let text = text.strip_prefix("Transaction:")?;
    let behind_number = text.trim_start_matches(|character: char| character.is_ascii_digit());
    if behind_number.len() == text.len() {
        return None;
    }
    let text = behind_number.strip_prefix(" failed. Root Error:")?;
    let named = TRANSACTION_NAMES.iter().filter_map(|(name, status)| Some((name, *status, text.strip_prefix(name)?)));
    let (_, status, message) = named.max_by_key(|(name, ..)| name.len())?;
    Some(RootError { status, message: message.trim() })
}

fn name_text(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!(" ({name})"))
}

fn message_text(message: &Option<String>) -> String {
    message.as_ref().map_or_else(String::new, |message| format!(": {}", crate::escaped(message)))
}

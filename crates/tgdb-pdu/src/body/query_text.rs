//! Queries from their text (`ConnectionImpl.executeQuery`, `connectionimpl.py`).

use super::{QueryCommand, QueryRequest};

impl QueryRequest {
    /// Executes Gremlin text, such as `g.V().count()`, with default options and no order.
    ///
    /// The text goes to the server as it is. The vendor's clients change nothing either, and add
    /// no `;`: whether a server wants one at the end is not known.
    pub fn gremlin(text: impl Into<String>) -> Self {
        Self::text(QueryCommand::EXECUTE_GREMLIN_STR, text)
    }

    /// Executes TGQL text, such as `@nodetype = 'airport';`, with default options and no order.
    /// The text goes to the server as it is.
    pub fn tgql(text: impl Into<String>) -> Self {
        Self::text(QueryCommand::EXECUTE, text)
    }
}

/// The languages by the prefix that a text can have, and Java's command for each. `gbc` is
/// Gremlin bytecode, under a number that Java does not name for other purposes.
const PREFIXES: &[(&str, QueryCommand)] = &[
    ("gremlin://", QueryCommand::EXECUTE_GREMLIN_STR),
    ("tgql://", QueryCommand::EXECUTE),
    ("gbc://", QueryCommand(7)),
];

impl From<&str> for QueryRequest {
    /// The query of a text that can have a prefix for its language: `gremlin://`, `tgql://`, or
    /// `gbc://` for Gremlin bytecode, in any case. The prefix is not sent. Without one it is
    /// Gremlin; the vendor's clients take the property `tgdb.connection.defaultQueryLanguage`,
    /// which is TGQL by default. A text with another prefix is Gremlin, prefix included; in the
    /// vendor's clients it is not sent, and has no results.
    /// ```
    /// use tgdb_pdu::body::QueryRequest;
    ///
    /// assert_eq!(QueryRequest::from("g.V()"), QueryRequest::gremlin("g.V()"));
    /// assert_eq!(QueryRequest::from("gremlin://g.V()"), QueryRequest::gremlin("g.V()"));
    /// assert_eq!(QueryRequest::from("tgql://@nodetype = 'a';"), QueryRequest::tgql("@nodetype = 'a';"));
    /// ```
    fn from(text: &str) -> Self {
        for (prefix, command) in PREFIXES {
            if let Some((head, rest)) = text.split_at_checked(prefix.len())
                && head.eq_ignore_ascii_case(prefix)
            {
                return Self::text(*command, rest);
            }
        }
        Self::gremlin(text)
    }
}

impl From<String> for QueryRequest {
    /// As from a `&str`.
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

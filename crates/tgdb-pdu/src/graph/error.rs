//! What can go wrong with attributes and changes.

use super::{ConvertError, MAX_STRING_LEN};
use crate::body::AttributeType;
use crate::{BodyError, EncodeError};

/// An attribute cannot be read or set as was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttributeError {
    /// The entity does not have the attribute. `Option` reads it as `None`.
    #[error("attribute `{attribute}` is not there; ask for an Option if it can be absent")]
    Missing {
        /// Its name.
        attribute: String,
    },
    /// The schema has no such attribute.
    #[error("the graph has no attribute `{attribute}`; check the name, or get the metadata again")]
    Unknown {
        /// Its name.
        attribute: String,
    },
    /// The value is of another type than was asked for.
    #[error("attribute `{attribute}` is of type {found}, {wanted} was asked for; ask for the type it has")]
    WrongType {
        /// Its name.
        attribute: String,
        /// The type that it has, as the vendor writes it.
        found: &'static str,
        /// The Rust type asked for.
        wanted: &'static str,
    },
    /// An element of a result is no value.
    #[error("the result has a {found} where a value was asked for; ask for entities or elements")]
    NoValue {
        /// What it is.
        found: &'static str,
    },
    /// The value is of the right type, and the type asked for cannot hold it.
    #[error(
        "attribute `{attribute}` is {value}, which is out of the range of {wanted}; ask for a type of this crate, which holds all values"
    )]
    OutOfRange {
        /// Its name.
        attribute: String,
        /// The value, cut after 64 characters.
        value: String,
        /// The Rust type asked for.
        wanted: &'static str,
    },
    /// The value to be set does not fit the type of the attribute.
    #[error("attribute `{attribute}` takes a {expected}, this value of type {found} does not fit it")]
    DoesNotFit {
        /// Its name.
        attribute: String,
        /// The type of the attribute.
        expected: AttributeType,
        /// The type of the value.
        found: &'static str,
    },
    /// The text to be set is too long for a String; a Clob takes it.
    #[error("attribute `{attribute}` takes {MAX_STRING_LEN} bytes of text at most, not {length}; use a Clob")]
    TooLong {
        /// Its name.
        attribute: String,
        /// Length of the text in bytes of modified UTF-8.
        length: usize,
    },
    /// The bytes of the value are malformed.
    #[error(transparent)]
    Malformed(#[from] BodyError),
    /// The value cannot be written.
    #[error("attribute cannot be written: {0}")]
    Encode(#[from] EncodeError),
}

impl AttributeError {
    #[cold]
    pub(crate) fn convert(attribute: &str, error: ConvertError) -> Self {
        let attribute = attribute.to_owned();
        match error {
            ConvertError::WrongType { found, wanted } => Self::WrongType { attribute, found, wanted },
            ConvertError::OutOfRange { value, wanted } => Self::OutOfRange { attribute, value, wanted },
        }
    }
}

/// A change cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// The schema has no such node type or edge type.
    #[error("the graph has no type `{name}`; check the name, or get the metadata again")]
    UnknownType {
        /// Its name.
        name: String,
    },
    /// The entity was neither added nor updated.
    #[error("entity {id} is not part of the changes; add or update it first")]
    UnknownEntity {
        /// Its id.
        id: i64,
    },
    /// The attribute does not exist, or does not take the value.
    #[error(transparent)]
    Attribute(#[from] AttributeError),
    /// The request cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

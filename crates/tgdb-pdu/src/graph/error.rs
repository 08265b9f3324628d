//! What can go wrong with attributes and changes.

use super::{ConvertError, MAX_STRING_LEN};
use crate::body::AttributeType;
use crate::{BodyError, EncodeError, escaped};

/// An attribute cannot be read or set as was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttributeError {
    /// The entity does not have the attribute. `Option` reads it as `None`.
    #[error("attribute `{}` is not there; ask for an Option if it can be absent", escaped(.attribute))]
    Missing {
        /// Its name.
        attribute: String,
    },
    /// The schema has no such attribute.
    #[error("the graph has no attribute `{}`; check the name, or get the metadata again", escaped(.attribute))]
    Unknown {
        /// Its name.
        attribute: String,
    },
    /// The value is of another type than was asked for.
    #[error("attribute `{}` is of type {found}, {wanted} was asked for; ask for the type it has", escaped(.attribute))]
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
        "attribute `{}` is {}, which is out of the range of {wanted}; ask for a type of this crate, which holds all values",
        escaped(.attribute), escaped(.value)
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
    #[error("attribute `{}` takes a {expected}, this value of type {found} does not fit it", escaped(.attribute))]
    DoesNotFit {
        /// Its name.
        attribute: String,
        /// The type of the attribute.
        expected: AttributeType,
        /// The type of the value.
        found: &'static str,
    },
    /// The text to be set is too long for a String; a Clob takes it.
    #[error("attribute `{}` takes {MAX_STRING_LEN} bytes of text at most, not {length}; use a Clob", escaped(.attribute))]
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
    #[error("the attribute cannot be written")]
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
    #[error("the graph has no type `{}`; check the name, or get the metadata again", escaped(.name))]
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

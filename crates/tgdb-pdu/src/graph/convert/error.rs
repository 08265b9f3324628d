//! Why a value cannot be converted.

use std::fmt;

use crate::graph::ValueRef;

/// A value cannot be had as the type that was asked for, or the other way round.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// The value is of another type.
    #[error("the value is of type {found}, {wanted} was asked for; ask for the type of the attribute")]
    WrongType {
        /// The type of the value, as the vendor writes it.
        found: &'static str,
        /// The Rust type asked for.
        wanted: &'static str,
    },
    /// The value is of the right type, and no value of the type asked for is equal to it.
    #[error("{value} is out of the range of {wanted}; ask for a type of this crate, which holds all values")]
    OutOfRange {
        /// The value, cut after 64 characters.
        value: String,
        /// The Rust type asked for.
        wanted: &'static str,
    },
}

impl ConvertError {
    #[cold]
    pub(crate) fn wrong_type(value: ValueRef<'_>, wanted: &'static str) -> Self {
        Self::WrongType { found: value.type_name(), wanted }
    }

    #[cfg_attr(
        not(any(feature = "jiff", feature = "time", feature = "chrono", feature = "rust_decimal")),
        expect(dead_code, reason = "only types of other crates have a narrower range")
    )]
    #[cold]
    pub(crate) fn out_of_range(value: &impl fmt::Display, wanted: &'static str) -> Self {
        Self::OutOfRange { value: value.to_string().chars().take(64).collect(), wanted }
    }
}

//! Numbers from and to rust_decimal's.

use rust_decimal::Decimal;

use super::{into_value, through};
use crate::graph::{ConvertError, FromValue, Number, NumberRef};

impl TryFrom<NumberRef<'_>> for Decimal {
    type Error = ConvertError;

    /// Fails if the number has more digits than a `Decimal`, 28 or 29 before and behind the
    /// decimal point in all, so that nothing is rounded.
    fn try_from(number: NumberRef<'_>) -> Result<Self, ConvertError> {
        let plain = number.to_plain();
        plain
            .and_then(|plain| Self::from_str_exact(&plain).ok())
            .ok_or_else(|| ConvertError::out_of_range(&number, Self::WANTED))
    }
}

impl From<Decimal> for Number {
    /// With the precision and scale of the value; setting an attribute brings it to those of
    /// the descriptor.
    fn from(decimal: Decimal) -> Self {
        let text = decimal.to_string();
        // The text has at most 30 characters, so that the count fits.
        let precision = text.bytes().filter(u8::is_ascii_digit).count() as i16;
        Self { precision, scale: decimal.scale() as i16, text }
    }
}

through! {
    Decimal, "rust_decimal::Decimal": NumberRef<'a>;
}

into_value! {
    Decimal, decimal => Number::from(decimal).into();
}

//! Decimal numbers.
//!
//! Layout: `i16` precision, `i16` scale, decimal text as a string (`NumberAttribute.java`,
//! `attrimpl.py`). Java writes the precision and scale of the descriptor, and the value rounded
//! to the scale; Python writes the value's own digits, with an exponent if it has one.

use std::fmt;

use crate::MAX_UTF_LEN;

/// A decimal number as it is on the wire, borrowed. Equality is that of the fields:
/// `1.0` and `1.00` differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NumberRef<'a> {
    /// Digits in all, of the descriptor; the value can have more.
    pub precision: i16,
    /// Digits behind the decimal point, of the descriptor; the value can have more or fewer.
    pub scale: i16,
    /// The number in decimal, such as `-12.34500` or `1E+10`.
    pub text: &'a str,
}

/// A decimal number.
/// ```
/// use tgdb_pdu::graph::Number;
/// let price = Number::new("1.2345E+1", 20, 5).expect("a number");
/// assert_eq!(price.to_string(), "12.34500");
/// assert_eq!(Number::new("twelve", 20, 5), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Number {
    /// Digits in all, of the descriptor; the value can have more.
    pub precision: i16,
    /// Digits behind the decimal point, of the descriptor; the value can have more or fewer.
    pub scale: i16,
    /// The number in decimal, such as `-12.34500` or `1E+10`.
    pub text: String,
}

impl Number {
    /// The number as Java writes it: rounded half up and padded to `scale` digits behind the
    /// decimal point, without exponent; zero has no sign.
    ///
    /// `None` if the text is no decimal number, or longer than [`MAX_UTF_LEN`] so written.
    pub fn new(text: &str, precision: i16, scale: i16) -> Option<Self> {
        let text = Decimal::parse(text)?.rounded(scale.into())?;
        Some(Self { precision, scale, text })
    }

    /// The number, borrowed.
    pub fn as_ref(&self) -> NumberRef<'_> {
        NumberRef { precision: self.precision, scale: self.scale, text: &self.text }
    }
}

impl NumberRef<'_> {
    /// An owned copy.
    pub fn to_number(self) -> Number {
        Number { precision: self.precision, scale: self.scale, text: self.text.to_owned() }
    }

    /// The number without an exponent, all its digits kept. `None` if the text is no decimal
    /// number, or longer than [`MAX_UTF_LEN`] so written.
    /// ```
    /// # use tgdb_pdu::graph::NumberRef;
    /// let number = NumberRef { precision: 20, scale: 5, text: "1E+10" };
    /// assert_eq!(number.to_plain().as_deref(), Some("10000000000"));
    /// ```
    pub fn to_plain(self) -> Option<String> {
        let decimal = Decimal::parse(self.text)?;
        decimal.rounded((-decimal.exponent).max(0))
    }

    /// The nearest double. `None` if the text is no decimal number.
    pub fn to_f64(self) -> Option<f64> {
        Decimal::parse(self.text)?;
        self.text.parse().ok()
    }
}

impl fmt::Display for NumberRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Digits times a power of ten.
struct Decimal {
    negative: bool,
    /// ASCII digits, without leading zeros; none for zero.
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, i64::from(exponent.parse::<i32>().ok()?)),
            None => (text, 0),
        };
        let negative = mantissa.starts_with('-');
        let mantissa = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.len() + fraction.len() == 0 {
            return None;
        }
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let digits = digits.iter().copied().skip_while(|digit| *digit == b'0').collect();
        Some(Self { negative, digits, exponent: exponent - fraction.len() as i64 })
    }

    /// In decimal with `scale` digits behind the point, rounded half up (away from zero).
    fn rounded(&self, scale: i64) -> Option<String> {
        let scale = usize::try_from(scale).ok()?;
        // How many zeros are appended; if negative, how many digits are cut off.
        let shift = self.exponent.checked_add(scale as i64)?;
        let mut digits = self.digits.clone();
        if shift >= 0 {
            let zeros = if digits.is_empty() { 0 } else { usize::try_from(shift).ok()? };
            if digits.len().saturating_add(zeros) > MAX_UTF_LEN {
                return None;
            }
            digits.resize(digits.len() + zeros, b'0');
        } else {
            let dropped = usize::try_from(-shift).ok()?;
            let kept = digits.len().checked_sub(dropped);
            let up = kept.is_some_and(|kept| digits[kept] >= b'5');
            digits.truncate(kept.unwrap_or(0));
            if up {
                increment(&mut digits);
            }
        }
        let padded = digits.len().max(scale + 1);
        if padded + 2 > MAX_UTF_LEN {
            return None;
        }
        let mut text = String::with_capacity(padded + 2);
        if self.negative && digits.iter().any(|digit| *digit != b'0') {
            text.push('-');
        }
        let leading = std::iter::repeat_n(b'0', padded - digits.len());
        for (at, digit) in leading.chain(digits.iter().copied()).enumerate() {
            if at == padded - scale {
                text.push('.');
            }
            text.push(char::from(digit));
        }
        Some(text)
    }
}

/// Adds one to the number that the digits make.
fn increment(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_half_up_at_the_scale() {
        for (text, scale, expected) in [
            ("0", 5, "0.00000"),
            ("-0.000004", 5, "0.00000"),
            ("-0.000005", 5, "-0.00001"),
            ("9999.999", 2, "10000.00"),
            ("1.005", 2, "1.01"),
            ("0.5", 0, "1"),
            ("0.05", 0, "0"),
            ("1E+10", 2, "10000000000.00"),
            (".5", 1, "0.5"),
            ("5.", 1, "5.0"),
            ("+7e-3", 4, "0.0070"),
            ("0E+2000000000", 1, "0.0"),
            ("1E-2000000000", 1, "0.0"),
        ] {
            assert_eq!(Number::new(text, 20, scale).map(|number| number.text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_or_too_long_is_an_error() {
        for text in ["", "-", ".", "1e", "e5", "1.2.3", "NaN", "inf", "0x10", "1 ", "1E+99999999999", "1E+2000000000"] {
            assert_eq!(Number::new(text, 20, 5), None, "{text}");
        }
        assert_eq!(Number::new("1", 20, -1), None);
        assert_eq!(NumberRef { precision: 1, scale: 0, text: "1E-2000000000" }.to_plain(), None);
    }
}

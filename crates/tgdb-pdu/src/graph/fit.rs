//! Making a value fit the type of its attribute.

use super::{AttributeError, LargeObject, MAX_STRING_LEN, Number, Value};
use crate::body::{AttributeDescriptor, AttributeType};

/// The value as the type of the descriptor; see [`Attribute::new`](super::Attribute::new).
pub(crate) fn fitted(descriptor: &AttributeDescriptor, value: Value) -> Result<Value, AttributeError> {
    let failed = |value: &Value| AttributeError::DoesNotFit {
        attribute: descriptor.name.clone(),
        expected: descriptor.value_type,
        found: value.as_ref().type_name(),
    };
    let integer = i64::try_from(value.as_ref()).ok();
    let fits = |fitted: Option<Value>| fitted.ok_or_else(|| failed(&value));
    match (descriptor.value_type, &value) {
        (_, Value::Null) => Ok(value),
        (_, Value::Encrypted(_)) if descriptor.is_encrypted => Ok(value),
        (AttributeType::STRING, Value::String(text)) => match modified_len(text) {
            ..=MAX_STRING_LEN => Ok(value),
            length => Err(AttributeError::TooLong { attribute: descriptor.name.clone(), length }),
        },
        (AttributeType::BYTE, _) => fits(integer.and_then(|value| i8::try_from(value).ok()).map(Value::Byte)),
        (AttributeType::SHORT, _) => fits(integer.and_then(|value| i16::try_from(value).ok()).map(Value::Short)),
        (AttributeType::INTEGER, _) => fits(integer.and_then(|value| i32::try_from(value).ok()).map(Value::Integer)),
        (AttributeType::LONG, _) => fits(integer.map(Value::Long)),
        (AttributeType::DOUBLE, _) => fits(f64::try_from(value.as_ref()).ok().map(Value::Double)),
        (AttributeType::NUMBER, _) => {
            let text = match &value {
                Value::Number(number) => Some(number.text.clone()),
                Value::String(text) => Some(text.clone()),
                _ => integer.map(|value| value.to_string()),
            };
            let (precision, scale) = descriptor.number.unwrap_or_default();
            fits(text.and_then(|text| Number::new(&text, precision, scale)).map(Value::Number))
        }
        (AttributeType::CLOB, Value::String(text)) => Ok(Value::Clob(LargeObject::new(text.clone().into_bytes()))),
        (AttributeType::CLOB, Value::Clob(object) | Value::Blob(object))
            if object.data.as_deref().is_none_or(|data| std::str::from_utf8(data).is_ok()) =>
        {
            Ok(Value::Clob(object.clone()))
        }
        (AttributeType::BOOLEAN, Value::Boolean(_))
        | (AttributeType::CHAR, Value::Char(_))
        | (AttributeType::FLOAT, Value::Float(_))
        | (AttributeType::DATE, Value::Date(_))
        | (AttributeType::TIME, Value::Time(_))
        | (AttributeType::TIMESTAMP, Value::Timestamp(_))
        | (AttributeType::BLOB, Value::Blob(_)) => Ok(value),
        _ => Err(failed(&value)),
    }
}

/// Length in Java's modified UTF-8, by which Java bounds strings (`StringAttribute.java`).
fn modified_len(text: &str) -> usize {
    text.chars()
        .map(|c| {
            if c == '\0' {
                2
            } else if c.len_utf8() == 4 {
                6
            } else {
                c.len_utf8()
            }
        })
        .sum()
}

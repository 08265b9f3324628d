//! Values as text, and back.

use tgdb_pdu::body::{AttributeDescriptor, AttributeType, ImportDateFormat};
use tgdb_pdu::graph::{Char, Date, LargeObject, Time, Timestamp, Value};

/// Whether an attribute goes with an export: encrypted ones and bytes do not.
pub(super) fn is_text(descriptor: &AttributeDescriptor) -> bool {
    !descriptor.is_encrypted && descriptor.value_type != AttributeType::BLOB
}

/// The text of a value; `None` for null.
pub(super) fn write(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Clob(object) => object.data.as_deref().map(|data| String::from_utf8_lossy(data).into_owned()),
        other => Some(other.to_string()),
    }
}

/// A value of that type; `None` if the text is none.
pub(super) fn read(value_type: AttributeType, text: &str, dates: &ImportDateFormat) -> Option<Value> {
    Some(match value_type {
        AttributeType::BOOLEAN => text.to_ascii_lowercase().parse::<bool>().ok()?.into(),
        AttributeType::BYTE | AttributeType::SHORT | AttributeType::INTEGER | AttributeType::LONG => {
            text.parse::<i64>().ok()?.into()
        }
        AttributeType::CHAR => {
            let mut characters = text.chars();
            let only = characters.next().filter(|_| characters.next().is_none());
            Char::try_from(only?).ok()?.into()
        }
        AttributeType::FLOAT => text.parse::<f32>().ok()?.into(),
        AttributeType::DOUBLE => text.parse::<f64>().ok()?.into(),
        AttributeType::DATE => date(text, dates)?.into(),
        AttributeType::TIME => time(text)?.into(),
        AttributeType::TIMESTAMP => {
            let (day, clock) = text.split_once(['T', ' '])?;
            Timestamp::new(date(day, dates)?, time(clock)?).into()
        }
        AttributeType::CLOB => Value::Clob(LargeObject::new(text.as_bytes().to_vec())),
        AttributeType::STRING | AttributeType::NUMBER => text.into(),
        _ => return None,
    })
}

fn date(text: &str, format: &ImportDateFormat) -> Option<Date> {
    let mut parts = text.split(['-', '/', '.']);
    let parts = [parts.next()?, parts.next()?, parts.next().filter(|_| parts.next().is_none())?];
    let [year, month, day] = match (format, parts) {
        (ImportDateFormat::Ymd, parts) => parts,
        (ImportDateFormat::Mdy, [month, day, year]) | (ImportDateFormat::Dmy, [day, month, year]) => [year, month, day],
        _ => return None,
    };
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

fn time(text: &str) -> Option<Time> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = clock.split(':').map(|part| part.parse::<u8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0)).filter(|_| parts.next().is_none())?;
    // The first three digits behind the point are the milliseconds.
    let digits: String = fraction.chars().chain("00".chars()).take(3).collect();
    Some(Time { hour, minute, second, millisecond: digits.parse().ok()? })
        .filter(|time| time.hour < 24 && time.minute < 60 && time.second < 60)
}

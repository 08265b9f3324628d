//! Comparing values with what a query says.

use std::cmp::Ordering;

use tgdb_pdu::graph::Value;

/// A value in a query.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::graph) enum Literal {
    Text(String),
    Integer(i64),
    Decimal(f64),
    Boolean(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graph) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A condition for a value.
#[derive(Debug, Clone)]
pub(in crate::graph) enum Test {
    Compare(Operator, Literal),
    /// One of these; none of these if false.
    Among(Vec<Literal>, bool),
    Both(Box<[Test; 2]>),
    Either(Box<[Test; 2]>),
}

impl Test {
    /// Whether a value that is not null meets the condition. Values of types that do not compare
    /// are neither equal nor in any order.
    pub(in crate::graph) fn is_met(&self, value: &Value) -> bool {
        match self {
            Self::Compare(operator, literal) => {
                let order = literal_order(value, literal);
                match operator {
                    Operator::Equal => order == Some(Ordering::Equal),
                    Operator::NotEqual => order != Some(Ordering::Equal),
                    Operator::Less => order == Some(Ordering::Less),
                    Operator::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                    Operator::Greater => order == Some(Ordering::Greater),
                    Operator::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
                }
            }
            Self::Among(literals, wanted) => {
                literals.iter().any(|literal| literal_order(value, literal) == Some(Ordering::Equal)) == *wanted
            }
            Self::Both(tests) => tests.iter().all(|test| test.is_met(value)),
            Self::Either(tests) => tests.iter().any(|test| test.is_met(value)),
        }
    }
}

/// What of a value is compared. Dates and times compare as the text of ISO 8601.
#[derive(Debug)]
enum Key {
    Boolean(bool),
    Integer(i64),
    Decimal(f64),
    Text(String),
}

fn key(value: &Value) -> Option<Key> {
    Some(match value {
        Value::Boolean(value) => Key::Boolean(*value),
        Value::Byte(value) => Key::Integer((*value).into()),
        Value::Short(value) => Key::Integer((*value).into()),
        Value::Integer(value) => Key::Integer((*value).into()),
        Value::Long(value) => Key::Integer(*value),
        Value::Float(value) => Key::Decimal((*value).into()),
        Value::Double(value) => Key::Decimal(*value),
        Value::Number(number) => Key::Decimal(number.as_ref().to_f64()?),
        Value::Char(_) | Value::String(_) | Value::Date(_) | Value::Time(_) | Value::Timestamp(_) => {
            Key::Text(value.to_string())
        }
        _ => return None,
    })
}

fn order(a: &Key, b: &Key) -> Option<Ordering> {
    match (a, b) {
        (Key::Boolean(a), Key::Boolean(b)) => Some(a.cmp(b)),
        (Key::Integer(a), Key::Integer(b)) => Some(a.cmp(b)),
        (Key::Integer(a), Key::Decimal(b)) => (*a as f64).partial_cmp(b),
        (Key::Decimal(a), Key::Integer(b)) => a.partial_cmp(&(*b as f64)),
        (Key::Decimal(a), Key::Decimal(b)) => a.partial_cmp(b),
        (Key::Text(a), Key::Text(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn literal_order(value: &Value, literal: &Literal) -> Option<Ordering> {
    let literal = match literal {
        Literal::Text(text) => Key::Text(text.clone()),
        Literal::Integer(number) => Key::Integer(*number),
        Literal::Decimal(number) => Key::Decimal(*number),
        Literal::Boolean(value) => Key::Boolean(*value),
    };
    order(&key(value)?, &literal)
}

/// The order of two values, for sorting: a total order, in which what does not compare with
/// anything comes last.
pub(in crate::graph) fn value_order(a: &Value, b: &Value) -> Ordering {
    let rank = |key: &Option<Key>| match key {
        Some(Key::Boolean(_)) => 0,
        Some(Key::Decimal(number)) if number.is_nan() => 2,
        Some(Key::Integer(_) | Key::Decimal(_)) => 1,
        Some(Key::Text(_)) => 3,
        None => 4,
    };
    let (a, b) = (key(a), key(b));
    let within = || a.as_ref().zip(b.as_ref()).and_then(|(a, b)| order(a, b)).unwrap_or(Ordering::Equal);
    rank(&a).cmp(&rank(&b)).then_with(within)
}

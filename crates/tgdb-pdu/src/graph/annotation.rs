//! The annotation of a query's result: what type it is
//! (`query/impl/ResultDataDescriptor*.java`, `queryimpl.py`).
//!
//! | notation | type |
//! |---|---|
//! | `V`, `E` | node, edge |
//! | `S` | scalar of any type |
//! | `? b c h i l f d n s D e a` | Boolean, Byte, Char, Short, Integer, Long, Float, Double, Number, String, Date, Time, TimeStamp |
//! | `[x]` | list of x |
//! | `{...}` | map from strings to scalars, whatever is in it; the brace need not be closed |
//! | `P(x,y,...)` | path |
//! | `(x,y,...)` | tuple |

use std::fmt::{self, Write as _};
use std::str::FromStr;

use super::MAX_NESTING;
use crate::body::AttributeType;

/// The type of a query's result as its annotation says. The element types in the result decide;
/// the annotation only announces them.
/// ```
/// use tgdb_pdu::graph::ResultType::{self, *};
/// let paths = List(Box::new(Path(vec![Node, Edge, Node])));
/// assert_eq!("[P(V,E,V)]".parse(), Ok(paths.clone()));
/// assert_eq!(paths.to_string(), "[P(V,E,V)]");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum ResultType {
    /// A node.
    Node,
    /// An edge.
    Edge,
    /// A value; `None` if of any type.
    Scalar(Option<AttributeType>),
    /// A list.
    List(Box<ResultType>),
    /// A map from strings to values.
    Map,
    /// A path.
    Path(Vec<ResultType>),
    /// A tuple.
    Tuple(Vec<ResultType>),
}

/// An annotation is empty, unknown, or nested more than [`MAX_NESTING`] deep.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("annotation has no meaning from byte {offset} on; go by the element types of the result")]
#[non_exhaustive]
pub struct AnnotationError {
    /// Where it cannot be read any further, in bytes.
    pub offset: usize,
}

/// The letters of the scalar types.
const SCALARS: [(char, AttributeType); 13] = [
    ('?', AttributeType::BOOLEAN),
    ('b', AttributeType::BYTE),
    ('c', AttributeType::CHAR),
    ('h', AttributeType::SHORT),
    ('i', AttributeType::INTEGER),
    ('l', AttributeType::LONG),
    ('f', AttributeType::FLOAT),
    ('d', AttributeType::DOUBLE),
    ('n', AttributeType::NUMBER),
    ('s', AttributeType::STRING),
    ('D', AttributeType::DATE),
    ('e', AttributeType::TIME),
    ('a', AttributeType::TIMESTAMP),
];

impl fmt::Display for ResultType {
    /// The notation. A scalar type without a letter, such as CLOB, is written as any scalar.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node => f.write_str("V"),
            Self::Edge => f.write_str("E"),
            Self::Scalar(value_type) => {
                let letter = SCALARS.iter().find(|(_, known)| Some(*known) == *value_type);
                f.write_char(letter.map_or('S', |(letter, _)| *letter))
            }
            Self::List(item) => write!(f, "[{item}]"),
            Self::Map => f.write_str("{s,S}"),
            Self::Path(items) => {
                f.write_char('P')?;
                write_items(items, f)
            }
            Self::Tuple(items) => write_items(items, f),
        }
    }
}

fn write_items(items: &[ResultType], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_char('(')?;
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_char(',')?;
        }
        write!(f, "{item}")?;
    }
    f.write_char(')')
}

impl FromStr for ResultType {
    type Err = AnnotationError;

    fn from_str(text: &str) -> Result<Self, AnnotationError> {
        let mut rest = text;
        match parse(&mut rest, 0) {
            Some(parsed) if rest.is_empty() => Ok(parsed),
            _ => Err(AnnotationError { offset: text.len() - rest.len() }),
        }
    }
}

/// Takes a type off the front.
fn parse(rest: &mut &str, depth: usize) -> Option<ResultType> {
    if depth > MAX_NESTING {
        return None;
    }
    let first = rest.chars().next()?;
    let behind = &rest[first.len_utf8()..];
    let parsed = match first {
        'V' => Some(ResultType::Node),
        'E' => Some(ResultType::Edge),
        'S' => Some(ResultType::Scalar(None)),
        '[' => {
            *rest = behind;
            let item = parse(rest, depth + 1)?;
            *rest = rest.strip_prefix(']')?;
            return Some(ResultType::List(Box::new(item)));
        }
        '{' => {
            *rest = behind_brace(behind);
            return Some(ResultType::Map);
        }
        'P' if behind.starts_with('(') => {
            *rest = &behind[1..];
            return parse_items(rest, depth + 1).map(ResultType::Path);
        }
        '(' => {
            *rest = behind;
            return parse_items(rest, depth + 1).map(ResultType::Tuple);
        }
        letter => Some(ResultType::Scalar(Some(SCALARS.iter().find(|(known, _)| *known == letter)?.1))),
    };
    *rest = behind;
    parsed
}

/// Types with commas between them, and the closing bracket.
fn parse_items(rest: &mut &str, depth: usize) -> Option<Vec<ResultType>> {
    let mut items = Vec::new();
    if let Some(behind) = rest.strip_prefix(')') {
        *rest = behind;
        return Some(items);
    }
    loop {
        items.push(parse(rest, depth)?);
        match rest.strip_prefix(',') {
            Some(behind) => *rest = behind,
            None => break,
        }
    }
    *rest = rest.strip_prefix(')')?;
    Some(items)
}

/// What stands behind the brace that closes a map; nothing if none does.
fn behind_brace(inside: &str) -> &str {
    let mut open = 1usize;
    for (at, character) in inside.char_indices() {
        match character {
            '{' => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return &inside[at + 1..];
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_meaning_is_an_error_where_it_ends() {
        let offset = |text: &str| text.parse::<ResultType>().unwrap_err().offset;
        assert_eq!(offset(""), 0);
        assert_eq!(offset("x"), 0);
        assert_eq!(offset("[V"), 2);
        assert_eq!(offset("Vx"), 1);
        assert_eq!(offset("P(V,"), 4);
        assert_eq!(offset("PV"), 0);
        assert_eq!(offset("é"), 0);
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth| "[".repeat(depth) + "V" + &"]".repeat(depth);
        assert!(nested(MAX_NESTING).parse::<ResultType>().is_ok());
        assert!(nested(MAX_NESTING + 1).parse::<ResultType>().is_err());
        assert!("[".repeat(32_000).parse::<ResultType>().is_err());
    }

    #[test]
    fn maps_inside_other_types() {
        let parsed: ResultType = "({s,{s,S}},[{s,S}])".parse().unwrap();
        assert_eq!(parsed, ResultType::Tuple(vec![ResultType::Map, ResultType::List(Box::new(ResultType::Map))]));
    }
}

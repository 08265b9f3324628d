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

use std::str::FromStr;

use super::MAX_NESTING;
use crate::body::AttributeType;

/// The type of a query's result as its annotation says. The element types in the result decide;
/// the annotation only announces them.
/// ```
/// use tgdb_pdu::graph::ResultType::{self, *};
/// assert_eq!("[P(V,E,V)]".parse(), Ok(List(Box::new(Path(vec![Node, Edge, Node])))));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
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
pub struct AnnotationError {
    /// Where it cannot be read any further, in bytes.
    pub offset: usize,
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
    let scalar = |value_type| Some(ResultType::Scalar(value_type));
    let parsed = match first {
        'V' => Some(ResultType::Node),
        'E' => Some(ResultType::Edge),
        'S' => scalar(None),
        '?' => scalar(Some(AttributeType::BOOLEAN)),
        'b' => scalar(Some(AttributeType::BYTE)),
        'c' => scalar(Some(AttributeType::CHAR)),
        'h' => scalar(Some(AttributeType::SHORT)),
        'i' => scalar(Some(AttributeType::INTEGER)),
        'l' => scalar(Some(AttributeType::LONG)),
        'f' => scalar(Some(AttributeType::FLOAT)),
        'd' => scalar(Some(AttributeType::DOUBLE)),
        'n' => scalar(Some(AttributeType::NUMBER)),
        's' => scalar(Some(AttributeType::STRING)),
        'D' => scalar(Some(AttributeType::DATE)),
        'e' => scalar(Some(AttributeType::TIME)),
        'a' => scalar(Some(AttributeType::TIMESTAMP)),
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
        _ => return None,
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
    fn what_has_no_meaning_is_refused_where_it_ends() {
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

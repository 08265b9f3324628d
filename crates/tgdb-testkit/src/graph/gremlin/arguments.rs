//! Arguments of steps: their types.

use tgdb_pdu::call::QueryStatus;

use super::parse::{Argument, Call};
use super::{Literal, Operator, QueryFailure, Test};

/// A failure that names the step.
pub(super) fn failed<T>(status: QueryStatus, call: &Call, text: &str) -> Result<T, QueryFailure> {
    Err(QueryFailure::new(status, format!("step {}(): {text}", call.name)))
}

/// Arguments that are texts, or one list of texts.
pub(super) fn texts(call: &Call, arguments: &[Argument]) -> Result<Vec<String>, QueryFailure> {
    let texts = flat(arguments).map(|argument| match argument {
        Argument::Literal(Literal::Text(text)) => Ok(text.clone()),
        _ => failed(QueryStatus::STEP_ARGUMENT_NOT_SUPPORTED, call, "takes texts here"),
    });
    texts.collect()
}

/// Arguments that are integers, or one list of integers.
pub(super) fn integers(call: &Call, arguments: &[Argument]) -> Result<Vec<i64>, QueryFailure> {
    let integers = flat(arguments).map(|argument| match argument {
        Argument::Literal(Literal::Integer(number)) => Ok(*number),
        _ => failed(QueryStatus::STEP_ARGUMENT_NOT_SUPPORTED, call, "takes integers here"),
    });
    integers.collect()
}

fn flat(arguments: &[Argument]) -> std::slice::Iter<'_, Argument> {
    match arguments {
        [Argument::List(items)] => items.iter(),
        _ => arguments.iter(),
    }
}

/// A value, or a predicate.
pub(super) fn test(call: &Call, argument: &Argument) -> Result<Test, QueryFailure> {
    let unsupported = || failed(QueryStatus::STEP_ARGUMENT_NOT_SUPPORTED, call, "this condition is not supported");
    let predicate = match argument {
        Argument::Literal(literal) => return Ok(Test::Compare(Operator::Equal, literal.clone())),
        Argument::Call(predicate) => predicate,
        _ => return unsupported(),
    };
    let mut literals = Vec::new();
    for argument in flat(&predicate.arguments) {
        match argument {
            Argument::Literal(literal) => literals.push(literal.clone()),
            _ => return unsupported(),
        }
    }
    let compare = |operator, literal: &Literal| Test::Compare(operator, literal.clone());
    use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    Ok(match (predicate.name.as_str(), literals.as_slice()) {
        ("eq", [literal]) => compare(Equal, literal),
        ("neq", [literal]) => compare(NotEqual, literal),
        ("lt", [literal]) => compare(Less, literal),
        ("lte", [literal]) => compare(LessOrEqual, literal),
        ("gt", [literal]) => compare(Greater, literal),
        ("gte", [literal]) => compare(GreaterOrEqual, literal),
        ("within", _) => Test::Among(literals, true),
        ("without", _) => Test::Among(literals, false),
        ("between", [from, to]) => Test::Both(Box::new([compare(GreaterOrEqual, from), compare(Less, to)])),
        ("inside", [from, to]) => Test::Both(Box::new([compare(Greater, from), compare(Less, to)])),
        ("outside", [from, to]) => Test::Either(Box::new([compare(Less, from), compare(Greater, to)])),
        ("eq" | "neq" | "lt" | "lte" | "gt" | "gte" | "between" | "inside" | "outside", _) => {
            return failed(QueryStatus::STEP_ARGUMENT_INVALID, call, "the condition has too many or too few values");
        }
        _ => return unsupported(),
    })
}

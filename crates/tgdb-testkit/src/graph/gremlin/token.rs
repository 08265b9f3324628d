//! Words, numbers, texts and signs of a query.

use tgdb_pdu::call::QueryStatus;

use super::QueryFailure;

#[derive(Debug, Clone, PartialEq)]
pub(in crate::graph) enum Token {
    Name(String),
    Text(String),
    Integer(i64),
    Decimal(f64),
    Sign(char),
}

/// The tokens with their offsets in the text, in bytes.
pub(in crate::graph) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, QueryFailure> {
    let mut rest = text;
    let mut tokens = Vec::new();
    loop {
        rest = rest.trim_start();
        let offset = text.len() - rest.len();
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let token = match first {
            '\'' | '"' => quoted(&mut rest, first).map(Token::Text),
            '0'..='9' | '-' | '+' => number(&mut rest),
            _ if is_word(first) => {
                let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                let (word, behind) = rest.split_at(length);
                rest = behind;
                Some(Token::Name(word.to_owned()))
            }
            _ => {
                rest = &rest[first.len_utf8()..];
                "()[].,;=<>!".contains(first).then_some(Token::Sign(first))
            }
        };
        match token {
            Some(token) => tokens.push((offset, token)),
            None => return Err(unparsable(offset)),
        }
    }
}

pub(super) fn unparsable(offset: usize) -> QueryFailure {
    QueryFailure::new(QueryStatus::PARSING_ERROR, format!("the query cannot be parsed from byte {offset} on"))
}

/// A name can start with `@` or `_`, as those of hidden attributes and of anonymous traversals do.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '@'
}

/// A text in quotes, with the escapes of Java.
fn quoted(rest: &mut &str, quote: char) -> Option<String> {
    let mut chars = rest[quote.len_utf8()..].chars();
    let mut text = String::new();
    loop {
        match chars.next()? {
            '\\' => text.push(match chars.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'u' => {
                    let digits = chars.as_str().get(..4)?;
                    chars = chars.as_str()[4..].chars();
                    char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
                }
                escaped @ ('\'' | '"' | '\\' | '$') => escaped,
                _ => return None,
            }),
            c if c == quote => break,
            c => text.push(c),
        }
    }
    *rest = chars.as_str();
    Some(text)
}

/// A number, which can have a sign, a fraction, an exponent and a letter for its type.
fn number(rest: &mut &str) -> Option<Token> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut length = usize::from(rest.starts_with(['-', '+']));
    let whole = digits(&rest[length..]);
    if whole == 0 {
        return None;
    }
    length += whole;
    let mut is_decimal = false;
    let fraction = rest[length..].strip_prefix('.').map_or(0, digits);
    if fraction > 0 {
        is_decimal = true;
        length += 1 + fraction;
    }
    if let Some(exponent) = rest[length..].strip_prefix(['e', 'E']) {
        let sign = usize::from(exponent.starts_with(['-', '+']));
        let power = digits(&exponent[sign..]);
        if power > 0 {
            is_decimal = true;
            length += 1 + sign + power;
        }
    }
    let (text, behind) = rest.split_at(length);
    let suffix = behind.chars().next().filter(|c| "lLiIsSbBfFdD".contains(*c));
    *rest = &behind[suffix.map_or(0, char::len_utf8)..];
    if rest.chars().next().is_some_and(is_word) {
        return None;
    }
    match suffix {
        Some('f' | 'F' | 'd' | 'D') => text.parse().ok().map(Token::Decimal),
        _ if is_decimal => text.parse().ok().map(Token::Decimal),
        _ => text.parse().ok().map(Token::Integer),
    }
}

//! Tokens to calls: `g.V().has('iata', 'MUC')` is two calls with their arguments.

use tgdb_pdu::call::QueryStatus;

use super::token::{Token, tokens, unparsable};
use super::{Literal, QueryFailure};

/// One call of a chain.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) arguments: Vec<Argument>,
}

#[derive(Debug, Clone)]
pub(super) enum Argument {
    Literal(Literal),
    /// A bare word, such as `label` or `desc`; `T.label` and `Order.desc` count as their last word.
    Word(String),
    List(Vec<Argument>),
    /// A predicate, such as `gt(5)`, or an anonymous traversal.
    Call(Call),
}

/// How deep calls and lists can be nested.
const MAX_DEPTH: usize = 16;

/// The calls behind `g`.
pub(super) fn parse(text: &str) -> Result<Vec<Call>, QueryFailure> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, end: text.len() };
    let offset = parser.offset();
    if parser.next() != Some(&Token::Name("g".to_owned())) {
        return Err(unparsable(offset));
    }
    let mut calls = Vec::new();
    while parser.take('.') {
        calls.push(parser.call(0)?);
    }
    parser.take(';');
    if !parser.tokens.is_empty() {
        return Err(unparsable(parser.offset()));
    }
    if calls.is_empty() {
        return Err(QueryFailure::new(QueryStatus::STEP_MISSING, "no step follows g; begin with g.V() or g.E()"));
    }
    Ok(calls)
}

struct Parser<'t> {
    tokens: &'t [(usize, Token)],
    end: usize,
}

impl<'t> Parser<'t> {
    fn offset(&self) -> usize {
        self.tokens.first().map_or(self.end, |(offset, _)| *offset)
    }

    fn next(&mut self) -> Option<&'t Token> {
        let ((_, token), rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(token)
    }

    fn take(&mut self, sign: char) -> bool {
        let found = matches!(self.tokens, [(_, Token::Sign(next)), ..] if *next == sign);
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }

    fn call(&mut self, depth: usize) -> Result<Call, QueryFailure> {
        let offset = self.offset();
        match self.next() {
            Some(Token::Name(name)) if self.take('(') => {
                let arguments = self.arguments(')', depth)?;
                Ok(Call { name: name.clone(), arguments })
            }
            _ => Err(unparsable(offset)),
        }
    }

    /// Arguments and the closing bracket.
    fn arguments(&mut self, close: char, depth: usize) -> Result<Vec<Argument>, QueryFailure> {
        let mut arguments = Vec::new();
        if self.take(close) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.argument(depth + 1)?);
            if self.take(close) {
                return Ok(arguments);
            }
            if !self.take(',') {
                return Err(unparsable(self.offset()));
            }
        }
    }

    fn argument(&mut self, depth: usize) -> Result<Argument, QueryFailure> {
        let offset = self.offset();
        if depth > MAX_DEPTH {
            return Err(unparsable(offset));
        }
        Ok(match self.next() {
            Some(Token::Text(text)) => Argument::Literal(Literal::Text(text.clone())),
            Some(Token::Integer(number)) => Argument::Literal(Literal::Integer(*number)),
            Some(Token::Decimal(number)) => Argument::Literal(Literal::Decimal(*number)),
            Some(Token::Sign('[')) => Argument::List(self.arguments(']', depth)?),
            Some(Token::Name(name)) => match name.as_str() {
                "true" | "false" => Argument::Literal(Literal::Boolean(name == "true")),
                // The class of a word or predicate.
                "T" | "P" | "Order" if self.take('.') => return self.argument(depth),
                _ if self.take('(') => {
                    Argument::Call(Call { name: name.clone(), arguments: self.arguments(')', depth)? })
                }
                "__" if self.take('.') => Argument::Call(self.call(depth)?),
                _ => Argument::Word(name.clone()),
            },
            _ => return Err(unparsable(offset)),
        })
    }
}

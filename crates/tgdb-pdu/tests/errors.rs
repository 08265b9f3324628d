//! What errors say: text of a peer without control characters, and each layer something of its own.
#![allow(clippy::unwrap_used)]

use std::error::Error;

use tgdb_pdu::body::AttributeType;
use tgdb_pdu::call::ServerError;
use tgdb_pdu::graph::{AttributeError, ChangeError};
use tgdb_pdu::{EncodeError, Message, Verb};

/// A name as a server could have it in its metadata.
const NAME: &str = "a\nb\u{1b}[2K\u{202e}c";

fn with_names() -> Vec<Box<dyn Error>> {
    let attribute = || NAME.to_owned();
    let (found, wanted, value) = ("String", "i32", NAME.to_owned());
    vec![
        Box::new(AttributeError::Missing { attribute: attribute() }),
        Box::new(AttributeError::Unknown { attribute: attribute() }),
        Box::new(AttributeError::WrongType { attribute: attribute(), found, wanted }),
        Box::new(AttributeError::OutOfRange { attribute: attribute(), value, wanted }),
        Box::new(AttributeError::DoesNotFit { attribute: attribute(), expected: AttributeType::INTEGER, found }),
        Box::new(AttributeError::TooLong { attribute: attribute(), length: 7 }),
        Box::new(ChangeError::UnknownType { name: attribute() }),
        Box::new(ServerError::new(Verb::QUERY_REQUEST, 7, Some(attribute()))),
    ]
}

#[test]
fn names_of_a_server_cannot_write_lines_of_their_own() {
    for error in with_names() {
        let text = error.to_string();
        assert!(text.contains(r"a\nb\u{1b}[2K\u{202e}c"), "{text}");
    }
}

#[test]
fn no_layer_says_what_the_next_one_says() {
    let encode = || EncodeError::StringTooLong { field: "text", length: 40_000 };
    let malformed = Message::decode(&tgdb_pdu::Frame::new(Default::default(), Verb::EXCEPTION, vec![1])).unwrap_err();
    let mut errors = with_names();
    errors.extend([
        Box::new(AttributeError::Encode(encode())) as Box<dyn Error>,
        Box::new(AttributeError::Malformed(malformed)),
        Box::new(ChangeError::Encode(encode())),
        Box::new(ChangeError::Attribute(AttributeError::Encode(encode()))),
    ]);
    for error in errors {
        let mut layers = vec![error.to_string()];
        let mut cause = error.source();
        while let Some(error) = cause {
            layers.push(error.to_string());
            cause = error.source();
        }
        for pair in layers.windows(2) {
            assert!(!pair[0].contains(&pair[1]), "{layers:?}");
        }
    }
}

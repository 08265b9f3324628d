//! Texts with a grammar: annotations and decimal numbers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rust_decimal::Decimal;
use tgdb_pdu::graph::{Number, NumberRef, ResultType};

fuzz_target!(|input: &[u8]| {
    let Some(([p0, p1, s0, s1], text)) = input.split_first_chunk() else { return };
    let (precision, scale) = (i16::from_be_bytes([*p0, *p1]), i16::from_be_bytes([*s0, *s1]));
    let Ok(text) = std::str::from_utf8(text) else { return };
    match text.parse::<ResultType>() {
        Ok(_) => {}
        Err(error) => assert!(error.offset <= text.len() && text.is_char_boundary(error.offset)),
    }
    let number = NumberRef { precision, scale, text };
    if let Some(plain) = number.to_plain() {
        assert_eq!(NumberRef { text: &plain, ..number }.to_plain().as_ref(), Some(&plain), "already plain");
        assert_eq!(NumberRef { text: &plain, ..number }.to_f64(), number.to_f64());
    }
    if let Some(rounded) = Number::new(text, precision, scale) {
        assert_eq!(Number::new(&rounded.text, precision, scale).as_ref(), Some(&rounded), "already rounded");
        let behind = rounded.text.split_once('.').map_or(0, |(_, behind)| behind.len());
        assert_eq!(behind, usize::try_from(scale).expect("a negative scale is an error"));
    }
    if let Ok(decimal) = Decimal::try_from(number) {
        assert_eq!(Decimal::try_from(Number::from(decimal).as_ref()), Ok(decimal));
    }
});

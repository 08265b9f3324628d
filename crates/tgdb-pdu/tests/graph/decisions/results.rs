//! Decisions on results and keys.

use tgdb_pdu::BodyErrorKind;
use tgdb_pdu::body::*;

use super::*;
use crate::support::*;

#[test]
fn a_result_that_is_no_list_is_an_error() {
    let result = query_result(&hex(&named("query_replies", "outer type not a list")["hex"]));
    assert_eq!(result.elements(&*SCHEMA).unwrap_err().kind, BodyErrorKind::UnknownValue(6));
}

#[test]
fn an_unknown_descriptor_costs_what_stands_behind_it_only() {
    // Java loses all results, silently.
    let known = [0, 0, 0, 5, 0, 0, 0, 0, 7];
    let bytes = [&[1, 0, 0, 0, 3, 3][..], &known, &[0, 0, 3, 0xe7, 0, 1, 2, 3, 4], &known].concat();
    let items: Vec<_> = gremlin(bytes).elements(&*SCHEMA).unwrap().map(|item| item.map(drop)).collect();
    assert_eq!(items.len(), 2);
    assert_eq!(items[1].as_ref().unwrap_err().kind, BodyErrorKind::UnknownDescriptor { id: 999 });
}

#[test]
fn keys_need_no_type() {
    // An error in Python; Java has it in its layout.
    let key = EntityKey::new(&SCHEMA, None, [("count", 3.into())]).unwrap();
    assert_eq!(hex::encode(encode(&key)), "000001000000050000000003");
    assert_eq!(decode::<EntityKey>(&encode(&key)), key);
}

#[test]
fn a_list_of_void_has_no_elements() {
    let result = query_result(&hex(&named("query_replies", "element type void")["hex"]));
    assert_eq!(result.elements(&*SCHEMA).unwrap().count(), 0);
}

#[test]
fn an_annotation_without_meaning_does_not_keep_the_result_from_being_read() {
    // Java throws; Go knows no letter of a scalar but `n`.
    for annotation in ["", "?!", "[V"] {
        let result = QueryResult { annotation: annotation.to_owned(), ..of_attribute(&vector("int 1")) };
        assert!(result.result_type().is_err(), "{annotation}");
        assert_eq!(result.elements(&*SCHEMA).unwrap().count(), 1);
    }
}

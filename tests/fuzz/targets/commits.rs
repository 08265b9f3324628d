//! Commits and keys as a server reads them, and the reply to a commit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tgdb_fuzz::{LAYOUTS, SCHEMA, decode};
use tgdb_pdu::Verb;
use tgdb_pdu::body::*;
use tgdb_pdu::graph::*;

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    match *choice & 3 {
        0 | 1 => request(bytes),
        2 => response(bytes, LAYOUTS[usize::from(*choice >> 4) % 2]),
        _ => key(bytes),
    }
});

fn request(bytes: &[u8]) {
    let Some(request) = decode::<CommitTransactionRequest>(Verb::COMMIT_TRANSACTION_REQUEST, bytes) else { return };
    let Ok(changes) = ChangeSet::from_request(&request, &SCHEMA) else { return };
    let first = changes.to_request().expect("what was read can be written");
    let again = ChangeSet::from_request(&first, &SCHEMA).expect("what was written can be read");
    assert_eq!(again.to_request().expect("as before"), first);
}

fn response(bytes: &[u8], layout: Layout) {
    let Some(response) = decode::<CommitTransactionResponse>(Verb::COMMIT_TRANSACTION_RESPONSE, bytes) else { return };
    let _ = CommitIds::from(&response);
    if let Ok(Some(entities)) = response.debug_entities((&*SCHEMA, layout)) {
        let _ = EntityMap::read(entities);
    }
}

fn key(bytes: &[u8]) {
    let Some(key) = decode::<EntityKey>(Verb::GET_ENTITY_REQUEST, bytes) else { return };
    let Ok(attributes) = key.attributes(&SCHEMA) else { return };
    let values = attributes.map(|attribute| Ok((attribute.name(), attribute.value()?.to_value())));
    let Ok(values) = values.collect::<Result<Vec<_>, tgdb_pdu::BodyError>>() else { return };
    // A value that was read need not be one that can be set: a string can be too long.
    let Ok(first) = EntityKey::new(&SCHEMA, key.type_name.as_deref(), values) else { return };
    assert_eq!(first.attributes(&SCHEMA).expect("what was written can be read").len(), attributes.len());
}

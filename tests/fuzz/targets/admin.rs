//! What administration commands take and answer: each type reads and writes any bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tgdb_fuzz::round_trip;
use tgdb_pdu::Verb;
use tgdb_pdu::body::*;

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    let verb = Verb::ADMIN_RESPONSE;
    match *choice % 14 {
        0 => round_trip::<Users>(verb, bytes),
        1 => round_trip::<Vec<Role>>(verb, bytes),
        2 => round_trip::<Types>(verb, bytes),
        3 => round_trip::<Vec<AttributeDescriptor>>(verb, bytes),
        4 => round_trip::<Vec<IndexInfo>>(verb, bytes),
        5 => round_trip::<AnyServerInfo>(verb, bytes),
        6 => round_trip::<List64<ConnectionInfo>>(verb, bytes),
        7 => round_trip::<Vec<StoredProcedure>>(verb, bytes),
        8 => round_trip::<Description>(verb, bytes),
        9 => round_trip::<CreateUser>(verb, bytes),
        10 => round_trip::<CreateAttributeDescriptor>(verb, bytes),
        11 => round_trip::<CreateEdgeType>(verb, bytes),
        12 => round_trip::<KillConnection>(verb, bytes),
        _ => {
            let response = tgdb_fuzz::decode::<AdminResponse>(verb, bytes);
            let _ = response.and_then(|response| response.error_message());
        }
    }
});

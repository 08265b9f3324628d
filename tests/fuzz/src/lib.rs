//! What the fuzz targets share.

use std::fmt::Debug;
use std::sync::LazyLock;

use tgdb_pdu::body::MetadataResponse;
use tgdb_pdu::graph::{Layout, Schema};
use tgdb_pdu::{EncodeError, Reader, Verb, Wire, Writer};

/// The schema of the recorded vectors.
pub static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let vectors = include_str!("../../vectors/graph.json");
    let vectors: serde_json::Value = serde_json::from_str(vectors).expect("the vectors are JSON");
    let bytes = hex::decode(vectors["metadata"]["hex"].as_str().expect("hex")).expect("hex");
    decode::<MetadataResponse>(Verb::METADATA_RESPONSE, &bytes).expect("the recorded metadata").into()
});

/// All layouts of graph data.
pub const LAYOUTS: [Layout; 3] = [Layout::Reply, Layout::ReplyWithData, Layout::Request];

/// Reads a value from the front of the bytes.
pub fn decode<T: Wire>(verb: Verb, bytes: &[u8]) -> Option<T> {
    T::decode("value", &mut Reader::new(verb, bytes.to_vec().into())).ok()
}

/// The bytes that a value is written as.
pub fn written(write: impl FnOnce(&mut Writer) -> Result<(), EncodeError>) -> Result<Vec<u8>, EncodeError> {
    let mut w = Writer::default();
    write(&mut w)?;
    Ok(w.into_vec())
}

/// What was read must be written as the same bytes again once it has been read back. The first
/// time they can differ: a bool of 2 is written as 1.
pub fn round_trip<T: Wire + Debug>(verb: Verb, bytes: &[u8]) {
    let Some(value) = decode::<T>(verb, bytes) else { return };
    let first = written(|w| value.encode("value", w)).expect("what was read can be written");
    let again = decode::<T>(verb, &first).expect("what was written can be read");
    assert_eq!(written(|w| again.encode("value", w)).expect("as before"), first, "{value:?}");
}

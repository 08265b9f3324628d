//! The primitive encodings, and the trait that bodies are built from.
//!
//! Integers and IEEE floats are big-endian
//! (`ProtocolDataOutputStream.java`, `ProtocolDataInputStream.java`).

mod reader;
mod types;
mod writer;

pub use reader::{DECODE_ALLOWANCE, Reader};
pub use types::Wire;
pub(crate) use types::{decode_list, encode_list, push, wire_code, wire_struct};
pub use writer::{MAX_UTF_LEN, Writer};

//! The hash of bulk data.

const MULTIPLIER: u64 = 0xc6a4_a793_5bd1_e995;
const SHIFT: u32 = 47;

/// MurmurHash64A of the data with seed 0, which goes along with each portion of bulk data
/// (`utils.py`, `tg_checkSum64`).
///
/// It finds accidents, not forgeries. Our own code, as no crate with this hash is maintained.
///
/// # Example
/// ```
/// assert_eq!(tgdb_pdu::body::murmur_hash_64a(b""), 0);
/// assert_eq!(tgdb_pdu::body::murmur_hash_64a(b"a"), 0x0717_17d2_d36b_6b11);
/// ```
pub fn murmur_hash_64a(data: &[u8]) -> u64 {
    let (words, rest) = data.as_chunks::<8>();
    let mut hash = (data.len() as u64).wrapping_mul(MULTIPLIER);
    for word in words {
        let mut word = u64::from_le_bytes(*word).wrapping_mul(MULTIPLIER);
        word ^= word >> SHIFT;
        hash = (hash ^ word.wrapping_mul(MULTIPLIER)).wrapping_mul(MULTIPLIER);
    }
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        hash = (hash ^ u64::from_le_bytes(last)).wrapping_mul(MULTIPLIER);
    }
    hash = (hash ^ (hash >> SHIFT)).wrapping_mul(MULTIPLIER);
    hash ^ (hash >> SHIFT)
}

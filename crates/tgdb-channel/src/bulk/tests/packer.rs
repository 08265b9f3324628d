//! Lines put together to portions.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::packer::{MAX_PORTION, Packed, Packer};

fn pack(lines: &[Vec<u8>], max_records: u32) -> Vec<Packed> {
    let mut packer = Packer::new(max_records);
    let mut offset = 0;
    let mut portions = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        portions.extend(packer.add(line, index as u64 + 1, offset));
        offset += line.len() as u64;
    }
    portions.extend(packer.take());
    assert_eq!(packer.take(), None);
    portions
}

proptest! {
    #[test]
    fn portions_are_whole_lines_and_as_few_as_can_be(
        lengths in vec(prop_oneof![1usize..40, 1usize..=MAX_PORTION], 0..40),
        max_records in 0u32..8,
    ) {
        let lines: Vec<Vec<u8>> = lengths.iter().map(|length| vec![b'x'; *length]).collect();
        let portions = pack(&lines, max_records);
        let mut rest = &lines[..];
        let mut offset = 0;
        for (index, portion) in portions.iter().enumerate() {
            let (own, others) = rest.split_at(portion.records as usize);
            prop_assert_eq!(&portion.data[..], own.concat());
            prop_assert!(portion.data.len() <= MAX_PORTION && portion.records <= max_records.max(1).into());
            prop_assert_eq!((portion.first_record as usize, portion.offset), (lines.len() - rest.len() + 1, offset));
            let is_full = others.first().is_none_or(|next| {
                portion.records == u64::from(max_records.max(1)) || portion.data.len() + next.len() > MAX_PORTION
            });
            prop_assert!(is_full, "portion {} of {}", index, portions.len());
            offset += portion.data.len() as u64;
            rest = others;
        }
        prop_assert!(rest.is_empty());
    }
}

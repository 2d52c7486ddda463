//! Rows read back as they were written, and nothing that is read makes them panic.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn extent() -> impl Strategy<Value = Extent> {
    (any::<u64>(), any::<u64>(), 0..1u64 << 40).prop_map(|(segment, offset, length)| Extent {
        segment,
        offset,
        length,
    })
}

proptest! {
    #[test]
    fn blob_rows_read_back(extents in vec(extent(), 0..20), seed in any::<u32>()) {
        let length = extents.iter().map(|extent| extent.length).sum();
        // Fits usize: at most a part.
        let count = blocks(length).min(PART_BLOCKS) as u32;
        let row = BlobRow { length, extents, checksums: (0..count).map(|n| n ^ seed).collect() };
        prop_assert_eq!(BlobRow::parse(&row.encode()).unwrap(), row.clone());
        let doomed = parse_doomed(&doomed_key(9), &doomed_value(&row)).unwrap();
        prop_assert_eq!(doomed, (9, length, row.extents));
    }

    #[test]
    fn damaged_rows_are_refused_or_read(bytes in vec(any::<u8>(), 0..200), cut in any::<prop::sample::Index>()) {
        let _ = BlobRow::parse(&bytes);
        let _ = parse_doomed(&bytes, &bytes);
        let _ = parse_key(&bytes);
        let _ = parse_checksums(&bytes);
        let extents = vec![Extent { segment: 1, offset: 4096, length: 70_000 }];
        let whole = BlobRow { length: 70_000, extents, checksums: vec![1, 2] }.encode();
        prop_assert!(BlobRow::parse(&whole[..cut.index(whole.len())]).is_err());
    }

    #[test]
    fn keys_read_back_in_order(a in any::<(u64, u64)>(), b in any::<(u64, u64)>()) {
        let id = |(number, partition)| BlobId { partition: Partition(partition), number };
        prop_assert_eq!(parse_key(&key(id(a))).unwrap(), id(a));
        prop_assert_eq!(key(id(a)).cmp(&key(id(b))), a.cmp(&b));
    }
}

#[test]
fn the_layout_is_that_of_the_format() {
    let extents = vec![Extent {
        segment: 0x0102,
        offset: 4096,
        length: 65_537,
    }];
    let row = BlobRow {
        length: 65_537,
        extents,
        checksums: vec![0xAABB_CCDD, 1],
    };
    let expected = [
        &[1, 16][..],
        &[1, 0, 1, 0, 0, 0, 0, 0],
        &[1, 0, 0, 0],
        &[2, 1, 0, 0, 0, 0, 0, 0],
        &[0, 16, 0, 0, 0, 0, 0, 0],
        &[1, 0, 1, 0, 0, 0, 0, 0],
        &[0xDD, 0xCC, 0xBB, 0xAA, 1, 0, 0, 0],
    ];
    assert_eq!(row.encode(), expected.concat());
    assert_eq!(
        key(BlobId {
            partition: Partition(3),
            number: 2
        }),
        b"B\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x03"
    );
    assert_eq!(checksum_key(2, 1), b"C\0\0\0\0\0\0\0\x02\0\0\0\x01");
    assert_eq!(doomed_key(2), b"D\0\0\0\0\0\0\0\x02");
    assert_eq!(checksum_keys(1, 64 << 20).count(), 0);
    assert_eq!(checksum_keys(1, (64 << 20) + 1).count(), 1);
}

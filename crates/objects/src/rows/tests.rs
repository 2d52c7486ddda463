use bytes::Bytes;
use cairn_storage::Row;
use cairn_types::{
    Checksum, ChecksumAlgorithm, ChecksumValue, ETag, StorageClass, TagSet, Timestamp, UploadId, VersionOrder,
};
use proptest::prelude::*;

use super::keys::{self, Place};
use super::records::*;
use crate::ContentHeaders;

fn text() -> impl Strategy<Value = String> {
    "[\u{0}\u{1}a/é\u{10FFFF}]{0,6}"
}

proptest! {
    #[test]
    fn rows_order_like_keys(a in text(), b in text()) {
        let (x, y) = (keys::head(&a), keys::head(&b));
        prop_assert_eq!(x.key.cmp(&y.key), a.as_bytes().cmp(b.as_bytes()));
        if a < b {
            // All rows of the one are before all rows of the other.
            prop_assert!(keys::older(&a, VersionOrder(0)).key < y.key);
            prop_assert!(keys::after_key(keys::VERSIONS, &a).as_slice() <= &*y.key);
        }
        prop_assert_eq!(
            x.key.starts_with(&keys::prefix(keys::VERSIONS, &b)),
            a.starts_with(b.as_str())
        );
        let end = keys::after_prefix(keys::prefix(keys::VERSIONS, &b));
        prop_assert_eq!(&*x.key < end.as_slice(), a.as_bytes() < b.as_bytes() || a.starts_with(b.as_str()));
    }

    #[test]
    fn keys_come_back(key in text(), order: u64) {
        let head = keys::head(&key);
        let (back, suffix) = keys::split(&head.key).unwrap();
        prop_assert_eq!((&back, keys::place(suffix)), (&key, Some(Place::Head)));
        let older = keys::older(&key, VersionOrder(order));
        let (back, suffix) = keys::split(&older.key).unwrap();
        prop_assert_eq!((&back, keys::place(suffix)), (&key, Some(Place::Older(VersionOrder(order)))));
        prop_assert!(head.key < older.key);
        if order > 0 {
            prop_assert!(older.key < keys::older(&key, VersionOrder(order - 1)).key);
        }
    }

    #[test]
    fn garbage_is_an_error(bytes: Vec<u8>) {
        let _ = keys::split(&bytes).map(|(_, suffix)| keys::place(suffix));
        let _ = (keys::part_number(&bytes), keys::blob_number(&bytes), keys::closed_id(&bytes));
        let _ = (Head::decode(&bytes), Version::decode(&bytes), Summary::of_head(&bytes));
        let _ = (decode::<PartRecord>("part", &bytes), decode::<UploadRecord>("upload", &bytes));
    }
}

#[test]
fn the_longest_keys_fit() {
    let key = "\u{0}".repeat(1024);
    let id = UploadId::from_bytes(&[0xFF; 32]).unwrap();
    assert!(keys::older(&key, VersionOrder(0)).key.len() <= Row::KEY_BYTES_MAX);
    assert!(keys::upload(&key, &id).key.len() <= Row::KEY_BYTES_MAX);
}

#[test]
fn other_forms_are_refused() {
    let value = encode(&7_u64).unwrap();
    assert_eq!(decode::<u64>("number", &value).unwrap(), 7);
    let mut newer = value.to_vec();
    newer[0] = 2;
    assert!(decode::<u64>("number", &newer).is_err());
    let mut longer = value.to_vec();
    longer.push(0);
    assert!(decode::<u64>("number", &longer).is_err());
    assert!(decode::<u64>("number", &[]).is_err());
}

/// What is on disks must stay readable: these bytes are docs/on-disk.md's example.
#[test]
fn a_head_byte_by_byte() {
    let head = Head {
        fields: HeadFields {
            changes: 3,
            null: Some(VersionOrder(1)),
        },
        version: Version {
            summary: Summary {
                order: VersionOrder(2),
                nonce: Some([0xAB; 16]),
                modified: Timestamp::from_micros(5),
                object: Some(ObjectSummary {
                    size: 300,
                    etag: ETag::plain([0xCD; 16]),
                    storage_class: StorageClass::Standard,
                    checksum: Checksum::full_object(
                        ChecksumValue::new(ChecksumAlgorithm::Crc32, vec![1, 2, 3, 4]).unwrap(),
                    ),
                }),
            },
            details: Details {
                headers: ContentHeaders {
                    content_type: Some("t".into()),
                    ..ContentHeaders::default()
                },
                user: vec![("n".into(), "v".into())],
                tags: TagSet::default(),
                website_redirect: None,
                body: Body::Inline([0xEF; 16]),
            },
        },
    };
    let mut expected = vec![1, 3, 1, 1, 2, 1];
    expected.extend([0xAB; 16]);
    expected.extend([5, 1, 0xAC, 0x02]);
    expected.extend([0xCD; 16]);
    expected.extend([0, 0, 0, 4, 1, 2, 3, 4, 1, 0]);
    expected.extend([1, 1, b't', 0, 0, 0, 0, 0]);
    expected.extend([1, 1, b'n', 1, b'v', 0, 0, 1]);
    expected.extend([0xEF; 16]);
    let encoded = head.encode().unwrap();
    assert_eq!(encoded, Bytes::from(expected));
    assert_eq!(Head::decode(&encoded).unwrap(), head);
    assert_eq!(Summary::of_head(&encoded).unwrap(), head.version.summary);
    let older = head.version.encode().unwrap();
    assert_eq!(Version::decode(&older).unwrap(), head.version);
    assert_eq!(Summary::of_older(&older).unwrap(), head.version.summary);
}

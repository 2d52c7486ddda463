use bytes::Bytes;
use cairn_storage::Row;
use cairn_types::{
    AccountId, CanonicalUserId, Checksum, ChecksumAlgorithm, ChecksumType, ChecksumValue, ETag, StorageClass,
    TagSet, Timestamp, UploadId, VersionOrder,
};
use proptest::prelude::*;

use super::keys::{self, Place};
use super::listed::Listed;
use super::records::*;
use crate::{ContentHeaders, ListedObject, Owner};

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
        prop_assert_eq!((&*back, keys::place(suffix)), (key.as_str(), Some(Place::Head)));
        let older = keys::older(&key, VersionOrder(order));
        let (back, suffix) = keys::split(&older.key).unwrap();
        prop_assert_eq!((&*back, keys::place(suffix)), (key.as_str(), Some(Place::Older(VersionOrder(order)))));
        prop_assert!(head.key < older.key);
        if order > 0 {
            prop_assert!(older.key < keys::older(&key, VersionOrder(order - 1)).key);
        }
    }

    #[test]
    fn garbage_is_an_error(bytes: Vec<u8>) {
        let _ = keys::split(&bytes).map(|(_, suffix)| keys::place(suffix));
        let _ = (keys::part_number(&bytes), keys::blob_number(&bytes), keys::closed_id(&bytes));
        let _ = (Head::decode(&bytes), Version::decode(&bytes), Listed::of_head(&bytes), Listed::of_older(&bytes));
        let _ = (decode::<PartRecord>("part", &bytes), UploadRecord::decode(&bytes));
    }
}

/// What a listing shows of a summary.
fn shown(summary: &Summary) -> Listed {
    let object = |object: &ObjectSummary| ListedObject {
        modified: summary.modified,
        etag: object.etag,
        size: object.size,
        storage_class: object.storage_class,
        owner: object.owner.clone().map(Box::new),
        checksum: (object.checksum.value.algorithm(), object.checksum.kind),
    };
    Listed {
        order: summary.order,
        nonce: summary.nonce,
        modified: summary.modified,
        object: summary.object.as_ref().map(object),
    }
}

/// Numbers of every length.
fn number() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0_u32..64).prop_map(|(number, shift)| number >> shift)
}

fn any_object() -> impl Strategy<Value = ObjectSummary> {
    (
        number(),
        (any::<[u8; 16]>(), any::<Option<u16>>()),
        prop::sample::select(StorageClass::ALL),
        (prop::sample::select(ChecksumAlgorithm::ALL), any::<[u8; 64]>()),
        (
            prop::sample::select(&[ChecksumType::Composite, ChecksumType::FullObject]),
            any::<Option<u16>>(),
        ),
        any::<bool>(),
    )
        .prop_map(
            |(size, (md5, parts), storage_class, (algorithm, digest), (kind, of_parts), owned)| {
                let digest = &digest[..algorithm.digest_bytes()];
                ObjectSummary {
                    size,
                    etag: ETag { md5, parts },
                    storage_class,
                    checksum: Checksum {
                        value: ChecksumValue::new(algorithm, digest).unwrap(),
                        kind,
                        parts: of_parts,
                    },
                    owner: owned.then(owner),
                }
            },
        )
}

fn any_head() -> impl Strategy<Value = Head> {
    let fields = (number(), prop::option::of(number().prop_map(VersionOrder)));
    let of_object = prop::option::weighted(0.9, any_object());
    let rest = (number(), any::<Option<[u8; 16]>>(), number());
    (fields, rest, of_object, prop::collection::vec(any::<u8>(), 0..3)).prop_map(
        |((changes, null), (order, nonce, modified), object, acl)| Head {
            fields: HeadFields { changes, null },
            version: Version {
                summary: Summary {
                    order: VersionOrder(order),
                    nonce,
                    modified: Timestamp::from_micros(modified),
                    object,
                },
                details: Details {
                    acl,
                    ..Details::of_marker()
                },
            },
        },
    )
}

proptest! {
    #[test]
    fn a_listing_reads_what_decoding_reads(head in any_head()) {
        let Head { version, .. } = &head;
        let (as_head, as_older) = (head.encode().unwrap(), version.encode().unwrap());
        prop_assert_eq!(&Head::decode(&as_head).unwrap(), &head);
        prop_assert_eq!(Listed::of_head(&as_head).unwrap(), shown(&version.summary));
        prop_assert_eq!(Listed::of_older(&as_older).unwrap(), shown(&version.summary));

        // What is behind the summary is not read, and nothing of it can be missing.
        let shared = as_head[0] == 2;
        let details = postcard::to_allocvec(&version.details).unwrap().len()
            + if shared { 1 + version.details.acl.len() } else { 0 };
        for (value, read) in [
            (&as_head, Listed::of_head as fn(&[u8]) -> _),
            (&as_older, Listed::of_older),
        ] {
            let front = value.len() - details;
            prop_assert_eq!(read(&value[..front]).unwrap(), shown(&version.summary));
            for length in 0..front {
                prop_assert!(read(&value[..length]).is_err(), "{} of {}", length, front);
            }
        }
    }
}

#[test]
fn a_listing_refuses_numbers_that_do_not_fit() {
    let [_, summary, details] = head_bytes();
    for (last, fits) in [(1, true), (2, false), (0x81, false)] {
        let changes = [vec![0xFF; 9], vec![last, 0]].concat();
        let value = [vec![1], changes, summary.clone(), details.clone()].concat();
        assert_eq!(Head::decode(&value).is_ok(), fits, "{last}");
        assert_eq!(Listed::of_head(&value).is_ok(), fits, "{last}");
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

fn owner() -> Owner {
    Owner {
        account: AccountId::parse("123456789012").unwrap(),
        canonical: CanonicalUserId::parse(&"a".repeat(64)).unwrap(),
    }
}

fn owner_bytes() -> Vec<u8> {
    let mut bytes = vec![1, 12];
    bytes.extend(b"123456789012");
    bytes.push(64);
    bytes.extend([b'a'; 64]);
    bytes
}

/// docs/on-disk.md's example.
fn head() -> Head {
    Head {
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
                        ChecksumValue::new(ChecksumAlgorithm::Crc32, &[1, 2, 3, 4]).unwrap(),
                    ),
                    owner: None,
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
                acl: Vec::new(),
            },
        },
    }
}

/// Its bytes behind the form, up to the summary; the summary; the details.
fn head_bytes() -> [Vec<u8>; 3] {
    let mut summary = vec![2, 1];
    summary.extend([0xAB; 16]);
    summary.extend([5, 1, 0xAC, 0x02]);
    summary.extend([0xCD; 16]);
    summary.extend([0, 0, 0, 4, 1, 2, 3, 4, 1, 0]);
    let mut details = vec![1, 1, b't', 0, 0, 0, 0, 0];
    details.extend([1, 1, b'n', 1, b'v', 0, 0, 1]);
    details.extend([0xEF; 16]);
    [vec![3, 1, 1], summary, details]
}

/// What is on disks must stay readable: the first form is that of all versions written before objects had
/// owners and ACLs, and of all since that have none of their own.
#[test]
fn a_head_byte_by_byte() {
    let head = head();
    let [fields, summary, details] = head_bytes();
    let expected = [vec![1], fields, summary, details].concat();
    let encoded = head.encode().unwrap();
    assert_eq!(encoded, Bytes::from(expected));
    assert_eq!(Head::decode(&encoded).unwrap(), head);
    assert_eq!(Listed::of_head(&encoded).unwrap(), shown(&head.version.summary));
    let older = head.version.encode().unwrap();
    assert_eq!(Version::decode(&older).unwrap(), head.version);
    assert_eq!(Listed::of_older(&older).unwrap(), shown(&head.version.summary));
}

/// The second form: an owner before the summary, an ACL at the end.
#[test]
fn a_head_with_an_owner_and_an_acl_byte_by_byte() {
    let [fields, summary, details] = head_bytes();
    for (owned, acl) in [(true, vec![7, 8]), (true, vec![]), (false, vec![7, 8])] {
        let mut head = head();
        head.version.summary.object.as_mut().unwrap().owner = owned.then(owner);
        head.version.details.acl = acl.clone();
        let owner = if owned { owner_bytes() } else { vec![0] };
        let length = vec![acl.len() as u8];
        let expected = [
            vec![2],
            fields.clone(),
            owner.clone(),
            summary.clone(),
            details.clone(),
            length.clone(),
            acl.clone(),
        ]
        .concat();
        let encoded = head.encode().unwrap();
        assert_eq!(encoded, Bytes::from(expected.clone()));
        assert_eq!(Head::decode(&encoded).unwrap(), head);
        assert_eq!(Listed::of_head(&encoded).unwrap(), shown(&head.version.summary));
        let older = head.version.encode().unwrap();
        let expected_older = [vec![2], owner, summary.clone(), details.clone(), length, acl].concat();
        assert_eq!(older, Bytes::from(expected_older));
        assert_eq!(Version::decode(&older).unwrap(), head.version);
        assert_eq!(Listed::of_older(&older).unwrap(), shown(&head.version.summary));

        let mut longer = expected.clone();
        longer.push(0);
        assert!(Head::decode(&longer).is_err());
        let mut newer = expected;
        newer[0] = 3;
        assert!(Head::decode(&newer).is_err());
    }
}

#[test]
fn uploads_of_both_forms_are_read() {
    let record = UploadRecord {
        initiated: Timestamp::from_micros(5),
        initiator: owner(),
        checksum: None,
        storage_class: StorageClass::Standard,
        replaces: None,
        headers: ContentHeaders::default(),
        user: Vec::new(),
        tags: TagSet::default(),
        website_redirect: None,
        owner: None,
        acl: Vec::new(),
    };
    // Initiated, initiator, no checksum, STANDARD, replaces nothing, no headers, metadata, tags, redirect.
    let initiator = owner_bytes().split_off(1);
    let rest = vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let first = [vec![1, 5], initiator.clone(), rest.clone()].concat();
    assert_eq!(record.encode().unwrap(), Bytes::from(first.clone()));
    assert_eq!(UploadRecord::decode(&first).unwrap(), record);

    let shared = UploadRecord {
        owner: Some(owner()),
        acl: vec![9],
        ..record
    };
    let second = [vec![2, 5], initiator, rest, owner_bytes(), vec![1, 9]].concat();
    assert_eq!(shared.encode().unwrap(), Bytes::from(second.clone()));
    assert_eq!(UploadRecord::decode(&second).unwrap(), shared);
    assert!(UploadRecord::decode(&second[..second.len() - 1]).is_err());
}

//! What an entry keeps, and how it is encoded.

use proptest::prelude::*;

use super::{any_entry, entry, id};
use crate::segment::{MAGIC, Records, append};
use crate::{
    Entry, FACT_BYTES_MAX, FACTS_MAX, Fact, HOST_BYTES_MAX, MESSAGE_BYTES_MAX, TARGET_BYTES_MAX,
    WORD_BYTES_MAX, redacted,
};

#[test]
fn texts_are_cut_at_their_limits_with_a_mark() {
    let mut long = entry(1);
    long.host = "h".repeat(HOST_BYTES_MAX + 1).into();
    long.target = format!("/{}", "é".repeat(TARGET_BYTES_MAX)).into();
    long.message = Some("m".repeat(MESSAGE_BYTES_MAX + 1).into());
    long.signing_region = Some("r".repeat(1 << 20).into());
    long.facts = (0..=FACTS_MAX)
        .map(|kind| Fact {
            kind: u8::try_from(kind).unwrap(),
            bytes: vec![0; if kind == 0 { FACT_BYTES_MAX + 1 } else { 3 }],
        })
        .chain((0..3).map(|_| Fact {
            kind: 99,
            bytes: vec![],
        }))
        .collect();
    let kept = Entry::decode(&long.encode().unwrap()).unwrap();
    assert_eq!(kept.host.len(), HOST_BYTES_MAX);
    assert!(kept.host.ends_with("h…"));
    assert!(kept.target.len() <= TARGET_BYTES_MAX && kept.target.ends_with("é…"));
    assert!(kept.message.unwrap().len() <= MESSAGE_BYTES_MAX);
    assert!(kept.signing_region.unwrap().len() <= WORD_BYTES_MAX);
    assert_eq!(kept.facts.len(), FACTS_MAX);
    assert_eq!(kept.facts[0].kind, 1, "the fact that is too long is left out");
    // What fits is not touched.
    let fits = entry(2);
    assert_eq!(Entry::decode(&fits.clone().encode().unwrap()), Some(fits));
}

#[test]
fn the_largest_entry_fits_its_limit() {
    let mut largest = entry(1);
    let long = || "x".repeat(1 << 16).into();
    (largest.request_id, largest.method, largest.host) = (long(), long(), long());
    (largest.target, largest.operation) = (long(), long());
    (largest.signing_region, largest.principal) = (Some(long()), Some(long()));
    (largest.code, largest.message) = (Some(long()), Some(long()));
    largest.bucket = cairn_types::BucketName::parse(&"b".repeat(63)).ok();
    largest.facts = vec![
        Fact {
            kind: 255,
            bytes: vec![255; FACT_BYTES_MAX]
        };
        FACTS_MAX
    ];
    (largest.micros, largest.status) = (u64::MAX, u16::MAX);
    let bytes = largest.encode().expect("it fits");
    assert!(
        bytes.len() > Entry::BYTES_MAX - 1024,
        "the limit is not far from it"
    );
}

#[test]
fn secrets_are_replaced() {
    for (target, kept) in [
        ("/b/k", None),
        ("/b/k?versionId=1&list-type=2", None),
        ("/b?continuation-token=abc", None),
        ("/b?policy", None),
        ("/k?X-Amz-Signature=ab12", Some("/k?X-Amz-Signature=***")),
        (
            "/k?X-Amz-Credential=AKIA%2F20260101&X-Amz-Signature=ab12&x-id=GetObject",
            Some("/k?X-Amz-Credential=AKIA%2F20260101&X-Amz-Signature=***&x-id=GetObject"),
        ),
        (
            "/k?AWSAccessKeyId=A&Signature=a%2Bb%3D&Expires=1",
            Some("/k?AWSAccessKeyId=A&Signature=***&Expires=1"),
        ),
        (
            "/k?x-amz-security-token=secret",
            Some("/k?x-amz-security-token=***"),
        ),
        (
            "/k?X-AMZ-SECURITY-TOKEN=secret?&a",
            Some("/k?X-AMZ-SECURITY-TOKEN=***&a"),
        ),
        ("/k?X%2DAmz%2DSign%61ture=s", Some("/k?X%2DAmz%2DSign%61ture=***")),
        (
            "/k?x-amz-server-side-encryption-customer-key=k",
            Some("/k?x-amz-server-side-encryption-customer-key=***"),
        ),
        (
            "/?Action=AssumeRole&TokenCode=123456",
            Some("/?Action=AssumeRole&TokenCode=***"),
        ),
        ("/?Policy=%7B%7D&a=b", Some("/?Policy=***&a=b")),
    ] {
        assert_eq!(redacted(target).as_deref(), kept, "{target}");
    }
}

/// A signature that is cut by the limit, or whose replacement makes the target longer than it.
#[test]
fn no_cut_uncovers_a_secret() {
    let name = "X-Amz-Signature=";
    for padding in TARGET_BYTES_MAX - 40..TARGET_BYTES_MAX + 10 {
        let mut entry = entry(1);
        let path = format!("/{}", "k".repeat(padding - name.len() - 2));
        entry.target = format!("{path}?{name}SECRET&a=1&X-Amz-Security-Token=S").into();
        let bytes = entry.encode().unwrap();
        let kept = Entry::decode(&bytes).unwrap();
        assert!(kept.target.len() <= TARGET_BYTES_MAX);
        assert!(
            !kept.target.contains("SECRET") && !kept.target.contains("=S"),
            "{}",
            kept.target
        );
        assert!(!bytes.windows(6).any(|window| window == b"SECRET"));
    }
}

#[test]
fn an_entry_is_known_by_its_id_without_being_decoded() {
    let bytes = entry(7).encode().unwrap();
    assert!(Entry::is_of(&bytes, &id(7)));
    for other in [
        "",
        "7",
        &id(8),
        &id(7)[1..],
        &format!("{}0", id(7)),
        &"x".repeat(1 << 12),
    ] {
        assert!(!Entry::is_of(&bytes, other), "{other}");
    }
    let mut later = bytes;
    later[0] = 2;
    assert_eq!(Entry::decode(&later), None, "a later form is not guessed at");
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(entry in any_entry()) {
        let mut bounded = entry.clone().bounded();
        if let Some(target) = redacted(&bounded.target) {
            bounded.target = target.into();
        }
        let bytes = entry.bounded().encode().unwrap();
        prop_assert!(bytes.len() <= Entry::BYTES_MAX);
        let kept = Entry::decode(&bytes).unwrap();
        prop_assert_eq!(&kept, &bounded.bounded());
        prop_assert!(kept.request_id.len() > 127 || Entry::is_of(&bytes, &kept.request_id));
        // And again: what was read can be kept.
        prop_assert_eq!(Entry::decode(&kept.clone().encode().unwrap()), Some(kept));
    }

    #[test]
    fn random_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Entry::decode(&bytes);
        let mut formed = vec![1];
        formed.extend_from_slice(&bytes);
        let _ = Entry::decode(&formed);
        let mut segment = MAGIC.to_vec();
        // Whole records around what is random, so that the payload's reader is reached, too.
        append(&formed, &mut segment);
        segment.extend_from_slice(&bytes);
        let mut records = Records::of(&segment).unwrap();
        prop_assert_eq!(records.next(), Some(&formed[..]));
        for payload in records {
            let _ = Entry::decode(payload);
        }
        let _ = Records::of(&bytes);
    }

    /// Any one byte changed: what is before it is read, what is changed is not.
    #[test]
    fn a_changed_byte_is_seen(at in 8_usize..600, change in 1_u8..=255) {
        let mut segment = MAGIC.to_vec();
        let payloads: Vec<_> = (0..4).map(|number| entry(number).encode().unwrap()).collect();
        for payload in &payloads {
            append(payload, &mut segment);
        }
        let at = at.min(segment.len() - 1);
        segment[at] ^= change;
        let read: Vec<&[u8]> = Records::of(&segment).unwrap().collect();
        prop_assert!(read.len() < payloads.len());
        for (read, written) in read.iter().zip(&payloads) {
            prop_assert_eq!(*read, &written[..]);
        }
    }
}

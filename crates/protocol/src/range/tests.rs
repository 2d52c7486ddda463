use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::{ByteRange, CopySourceRange, RangeRequest, Selection, select};
use crate::S3Error;

fn part(first: u64, last: u64) -> Selection {
    Selection::Part(ByteRange { first, last })
}

// facts/06 §5, row by row: an object of 10 bytes.
#[test]
fn ranges_of_ten_bytes() {
    for (value, expected) in [
        ("bytes=0-8", part(0, 8)),
        ("bytes=1-", part(1, 9)),
        ("bytes=-2", part(8, 9)),
        ("bytes=-15", part(0, 9)),
        ("bytes=0-100", part(0, 9)),
        ("bytes=-0", Selection::Unsatisfiable),
        ("bytes=100-200", Selection::Unsatisfiable),
        ("bytes=10-", Selection::Unsatisfiable),
        ("bytes=1-0", Selection::Whole),
        ("bytes=-1-", Selection::Whole),
        ("bytes=0--1", Selection::Whole),
        ("bytes=0-1,3-4", Selection::Whole),
        ("bytes=0-1,", Selection::Whole),
        ("lines=0-1", Selection::Whole),
        ("bytes", Selection::Whole),
        ("bytes=", Selection::Whole),
        ("bytes=-", Selection::Whole),
        ("bytes=a-b", Selection::Whole),
        ("bytes=+1-2", Selection::Whole),
        ("bytes= 1-2", Selection::Whole),
        ("", Selection::Whole),
        // Beyond 64 bits.
        ("bytes=0-99999999999999999999", part(0, 9)),
        ("bytes=99999999999999999999-", Selection::Unsatisfiable),
        ("bytes=-99999999999999999999", part(0, 9)),
    ] {
        assert_eq!(select(value, 10), expected, "{value}");
    }
}

#[test]
fn no_range_of_an_empty_object_can_be_had() {
    for value in ["bytes=0-0", "bytes=0-", "bytes=-1"] {
        assert_eq!(select(value, 0), Selection::Unsatisfiable, "{value}");
    }
    assert_eq!(select("bytes=1-0", 0), Selection::Whole);
}

#[test]
fn the_error_names_range_and_size() {
    let mut headers = HeaderMap::new();
    assert_eq!(RangeRequest::read(&headers).resolve(10), Ok(None));
    headers.insert("range", HeaderValue::from_static("bytes=100-200"));
    let request = RangeRequest::read(&headers);
    let error = request.resolve(10).unwrap_err();
    assert_eq!((error.code(), error.status().as_u16()), ("InvalidRange", 416));
    assert_eq!(
        error.details(),
        [
            ("RangeRequested", "bytes=100-200".into()),
            ("ActualObjectSize", "10".into())
        ]
    );
    // facts/06 §5: with partNumber.
    assert!(request.exclude(None).is_ok());
    let part_number = cairn_types::PartNumber::MIN;
    assert_eq!(
        request.exclude(Some(part_number)).unwrap_err().code(),
        "InvalidRequest"
    );
    assert!(RangeRequest::default().exclude(Some(part_number)).is_ok());
}

#[test]
fn a_part_knows_its_length_and_header() {
    let range = ByteRange { first: 2, last: 5 };
    assert_eq!((range.len(), range.offsets()), (4, 2..6));
    assert_eq!(range.content_range(10), "bytes 2-5/10");
}

fn copy(value: &str) -> Result<Option<CopySourceRange>, S3Error> {
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-copy-source-range", HeaderValue::from_str(value).unwrap());
    CopySourceRange::read(&headers)
}

// facts/06 §7.
#[test]
fn copied_ranges_are_strict() {
    assert_eq!(CopySourceRange::read(&HeaderMap::new()), Ok(None));
    let range = |value, size| copy(value).unwrap().unwrap().resolve(size);
    assert_eq!(range("bytes=0-9", 10), Ok(ByteRange { first: 0, last: 9 }));
    assert_eq!(
        range("bytes=0-10", 10).unwrap_err().message(),
        "Range specified is not valid for source object of size: 10"
    );
    assert_eq!(
        range("bytes=10-11", 10),
        Err(S3Error::invalid_request(
            "The specified copy range is invalid for the source object size"
        ))
    );
    assert!(range("bytes=0-0", 0).is_err());
    for bad in [
        "bytes=1-",
        "bytes=-1",
        "bytes=2-1",
        "bytes=0-1,3-4",
        "0-1",
        "BYTES=0-1",
        "bytes=a-b",
        "",
    ] {
        let error = copy(bad).unwrap_err();
        assert_eq!(error.code(), "InvalidArgument", "{bad}");
        assert_eq!(error.details()[1], ("ArgumentValue", bad.to_owned()));
    }
}

proptest! {
    #[test]
    fn a_selected_part_lies_inside(value in "bytes=[0-9]{0,22}-[0-9]{0,22}", size in any::<u64>()) {
        if let Selection::Part(range) = select(&value, size) {
            prop_assert!(range.first <= range.last && range.last < size);
            prop_assert_eq!(range.len(), range.offsets().end - range.offsets().start);
        }
    }

    #[test]
    fn any_text_is_answered(value in any::<String>(), size in any::<u64>()) {
        let _ = select(&value, size);
    }

    #[test]
    fn copies_lie_inside(first in any::<u64>(), last in any::<u64>(), size in any::<u64>()) {
        if let Ok(Some(range)) = copy(&format!("bytes={first}-{last}"))
            && let Ok(range) = range.resolve(size)
        {
            prop_assert!(range.first <= range.last && range.last < size);
        }
    }
}

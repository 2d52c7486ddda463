use cairn_types::{VersionId, VersionOrder};
use http::HeaderMap;

use super::*;

fn query(raw: &str) -> Query {
    Query::parse(Some(raw)).unwrap()
}

fn refusal<T: std::fmt::Debug>(result: Result<T, S3Error>) -> (String, String, String) {
    let error = result.unwrap_err();
    assert_eq!(error.code(), "InvalidArgument");
    let detail = |name| {
        let found = error.details().into_iter().find(|(element, _)| *element == name);
        found.map_or_else(|| "-".to_owned(), |(_, text)| text)
    };
    (
        error.message().into_owned(),
        detail("ArgumentName"),
        detail("ArgumentValue"),
    )
}

fn triple(message: &str, name: &str, value: &str) -> (String, String, String) {
    (message.to_owned(), name.to_owned(), value.to_owned())
}

// facts/06 §3.
#[test]
fn page_sizes() {
    for (raw, expected) in [
        ("", 1000),
        ("max-keys=", 1000),
        ("max-keys=0", 0),
        ("max-keys=7", 7),
        ("max-keys=1000", 1000),
        ("max-keys=1001", 1000),
        ("max-keys=2147483647", 1000),
    ] {
        assert_eq!(max_keys(&query(raw)), Ok(expected), "{raw}");
    }
    for bad in ["blah", "2147483648", "1.5", "99999999999999999999"] {
        assert_eq!(
            refusal(max_keys(&query(&format!("max-keys={bad}")))),
            triple(
                "Provided max-keys not an integer or within integer range",
                "max-keys",
                bad
            )
        );
    }
    assert_eq!(
        refusal(max_keys(&query("max-keys=-1"))),
        triple(
            "Argument maxKeys must be an integer between 0 and 2147483647",
            "maxKeys",
            "-1"
        )
    );
    assert_eq!(max_parts(&query("max-parts=&part-number-marker=")), Ok(1000));
    assert_eq!(refusal(max_uploads(&query("max-uploads=-5"))).1, "maxUploads");
    assert_eq!(part_number_marker(&query("part-number-marker=")), Ok(0));
    assert_eq!(part_number_marker(&query("part-number-marker=9")), Ok(9));
    assert_eq!(
        refusal(part_number_marker(&query("part-number-marker=x"))).1,
        "part-number-marker"
    );
    assert_eq!(max_buckets(&query("")), Ok(10_000));
    assert_eq!(max_buckets(&query("max-buckets=1")), Ok(1));
    for bad in ["0", "10001", "x", "-1"] {
        assert_eq!(refusal(max_buckets(&query(&format!("max-buckets={bad}")))).2, bad);
    }
}

// facts/06 §3.
#[test]
fn encodings_and_regions() {
    assert_eq!(encoding_type(&query("")), Ok(None));
    assert_eq!(
        encoding_type(&query("encoding-type=url")),
        Ok(Some(EncodingType::Url))
    );
    for bad in ["", "URL", "base64"] {
        assert_eq!(
            refusal(encoding_type(&query(&format!("encoding-type={bad}")))),
            triple(
                "Invalid Encoding Method specified in Request",
                "encoding-type",
                bad
            )
        );
    }
    assert_eq!(
        bucket_region(&query("bucket-region=eu-west-1"))
            .unwrap()
            .unwrap()
            .as_str(),
        "eu-west-1"
    );
    assert_eq!(
        refusal(bucket_region(&query("bucket-region=A_b"))),
        triple(
            "Argument value A_b is not a valid AWS Region",
            "bucket-region",
            "A_b"
        )
    );
    assert_eq!(
        refusal::<()>(Err(invalid_continuation_token())),
        triple(
            "The continuation token provided is incorrect",
            "continuation-token",
            "-"
        )
    );
    assert_eq!(delimiter(&query("delimiter=")), None);
    assert_eq!(delimiter(&query("delimiter=%2F%2F")), Some("//"));
    assert!(fetch_owner(&query("fetch-owner=true")) && !fetch_owner(&query("fetch-owner=false")));
}

// facts/06 §8.
#[test]
fn part_numbers() {
    assert_eq!(part_number(&query("")), Ok(None));
    assert_eq!(
        part_number(&query("partNumber=10000")).unwrap().unwrap().get(),
        10_000
    );
    for bad in ["0", "10001", "-1", "x", "", "99999999999999999999"] {
        assert_eq!(
            refusal(part_number(&query(&format!("partNumber={bad}")))),
            triple(
                "Part number must be an integer between 1 and 10000, inclusive",
                "partNumber",
                bad
            )
        );
    }
}

// facts/06 §3, §4.
#[test]
fn versions() {
    let id = VersionId::generate(VersionOrder(5));
    assert_eq!(version_id(&query("")), Ok(None));
    assert_eq!(version_id(&query("versionId=null")), Ok(Some(VersionId::Null)));
    assert_eq!(version_id(&query(&format!("versionId={id}"))), Ok(Some(id)));
    assert_eq!(
        refusal(version_id(&query("versionId=x"))),
        triple("Invalid version id specified", "versionId", "x")
    );
    assert_eq!(
        refusal(version_id(&query("versionId="))),
        triple("Version id cannot be the empty string", "versionId", "")
    );
    assert_eq!(version_markers(&query("")), Ok(VersionMarkers::default()));
    let markers = version_markers(&query(&format!("key-marker=k&version-id-marker={id}"))).unwrap();
    assert_eq!((markers.key.as_str(), markers.version_id), ("k", Some(id)));
    assert_eq!(
        refusal(version_markers(&query(&format!("version-id-marker={id}")))),
        triple(
            "A version-id marker cannot be specified without a key marker.",
            "version-id-marker",
            &id.to_string()
        )
    );
    assert_eq!(
        refusal(version_markers(&query("key-marker=k&version-id-marker="))).1,
        "version-id-marker"
    );
    assert_eq!(
        refusal(version_markers(&query("key-marker=k&version-id-marker=x"))).2,
        "x"
    );
}

// facts/04 §2.
#[test]
fn overrides() {
    let raw =
        "response-content-type=text/plain&response-content-disposition=attachment;+filename=%22%C3%A9%22";
    let mut headers = HeaderMap::new();
    headers.insert(
        "content-type",
        http::HeaderValue::from_static("binary/octet-stream"),
    );
    ResponseOverrides::read(&query(raw), true)
        .unwrap()
        .apply(&mut headers);
    assert_eq!(headers["content-type"], "text/plain");
    assert_eq!(
        headers["content-disposition"].as_bytes(),
        b"attachment; filename=\"\xe9\""
    );
    assert_eq!(
        ResponseOverrides::read(&query(raw), false).unwrap_err().message(),
        "Request specific response headers cannot be used for anonymous GET requests."
    );
    assert!(ResponseOverrides::read(&query("prefix=a"), false).is_ok());
    for bad in ["%E4%BD%A0", "a%0D%0Ab", "%00"] {
        let refusal = refusal(ResponseOverrides::read(
            &query(&format!("response-expires={bad}")),
            true,
        ));
        assert_eq!(refusal.0, "Header value cannot be represented using ISO-8859-1.");
        assert_eq!(refusal.1, "response-expires");
    }
}

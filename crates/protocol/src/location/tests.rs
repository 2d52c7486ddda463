use cairn_types::{BucketName, ObjectKey, RegionName};

use super::{BucketLocation, bucket_host, object_url};

fn region(name: &str) -> RegionName {
    RegionName::parse(name).unwrap()
}

fn decide(endpoint: &str, constraint: Option<&str>) -> Result<(String, Option<String>), String> {
    let known = ["us-east-1", "us-west-2", "eu-west-1"];
    let home = BucketLocation::decide(&region(endpoint), constraint, |word| {
        known.contains(&word).then(|| region(word))
    });
    home.map(|home| (home.region.to_string(), home.constraint().map(str::to_owned)))
        .map_err(|error| {
            let details: Vec<_> = error.details().into_iter().map(|(_, text)| text).collect();
            format!("{} {} {}", error.code(), error.message(), details.concat())
        })
}

// facts/02 §4, row by row; GetBucketLocation from §3.
#[test]
fn create_bucket() {
    let home = |region: &str, word: Option<&str>| Ok((region.to_owned(), word.map(str::to_owned)));
    let invalid = |word: &str| {
        Err(format!(
            "InvalidLocationConstraint The specified location-constraint is not valid {word}"
        ))
    };
    let illegal = |word: &str| {
        Err(format!(
            "IllegalLocationConstraintException The {word} location constraint is incompatible for the region \
             specific endpoint this request was sent to. "
        ))
    };
    for (endpoint, constraint, expected) in [
        ("us-east-1", None, home("us-east-1", None)),
        ("us-east-1", Some("us-east-1"), invalid("us-east-1")),
        ("us-east-1", Some("foo"), invalid("foo")),
        ("us-east-1", Some("aws-global"), invalid("aws-global")),
        (
            "us-east-1",
            Some("us-west-2"),
            home("us-west-2", Some("us-west-2")),
        ),
        ("us-east-1", Some("EU"), home("eu-west-1", Some("EU"))),
        ("us-west-2", None, illegal("unspecified")),
        (
            "us-west-2",
            Some("us-west-2"),
            home("us-west-2", Some("us-west-2")),
        ),
        ("us-west-2", Some("eu-west-1"), illegal("eu-west-1")),
        ("us-west-2", Some("us-east-1"), illegal("us-east-1")),
        ("us-west-2", Some("bar"), illegal("bar")),
        ("us-west-2", Some("EU"), illegal("EU")),
        ("eu-west-1", Some("EU"), home("eu-west-1", Some("EU"))),
        (
            "eu-west-1",
            Some("eu-west-1"),
            home("eu-west-1", Some("eu-west-1")),
        ),
    ] {
        assert_eq!(
            decide(endpoint, constraint),
            expected,
            "{endpoint} {constraint:?}"
        );
    }
}

// facts/02 §4, facts/06 §8.
#[test]
fn urls() {
    let bucket = BucketName::parse("my-bucket").unwrap();
    let home = |name| BucketLocation {
        region: region(name),
        created_as_eu: false,
    };
    assert_eq!(
        home("us-east-1").created_header(&bucket, "localhost"),
        "/my-bucket"
    );
    assert_eq!(
        home("us-west-2").created_header(&bucket, "localhost"),
        "http://my-bucket.s3.localhost/"
    );
    assert_eq!(
        bucket_host(&bucket, &region("us-west-2"), "localhost"),
        "my-bucket.s3.us-west-2.localhost"
    );
    let key = ObjectKey::new("a b/é+").unwrap();
    assert_eq!(
        object_url("https", &bucket, &region("us-east-1"), "localhost", &key),
        "https://my-bucket.s3.localhost/a%20b/%C3%A9%2B"
    );
}

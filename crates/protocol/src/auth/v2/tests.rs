use cairn_types::Timestamp;

use crate::auth::tests::{Request, answer};

fn published(method: &str, target: &str, date: &str, signature: &str) -> Request {
    let authorization = format!("AWS AKIAIOSFODNN7EXAMPLE:{signature}");
    let mut request = Request::new(
        method,
        target,
        &[("date", date), ("authorization", &authorization)],
    );
    request.bucket_in_host = Some("awsexamplebucket1".to_owned());
    request
}

// facts/04 §4.
#[test]
fn published_signatures() {
    let requests = [
        published(
            "GET",
            "/photos/puppy.jpg",
            "Tue, 27 Mar 2007 19:36:42 +0000",
            "qgk2+6Sv9/oM7G3qLEjTH1a1l1g=",
        ),
        published(
            "PUT",
            "/photos/puppy.jpg",
            "Tue, 27 Mar 2007 21:15:45 +0000",
            "iqRzw+ileNPu1fhspnRs8nOjjIA=",
        )
        .with("content-type", "image/jpeg"),
        published(
            "GET",
            "/?prefix=photos&max-keys=50&marker=puppy",
            "Tue, 27 Mar 2007 19:42:41 +0000",
            "m0WP8eCtspQl5Ahe6L1SozdX9YA=",
        ),
        published(
            "GET",
            "/?acl",
            "Tue, 27 Mar 2007 19:44:46 +0000",
            "82ZHiFIjc+WbcwFKGUVEQspPn+0=",
        ),
    ];
    for request in requests {
        assert_eq!(request.verify(), Ok(()));
        let authentication = request.parse().unwrap();
        assert_eq!(authentication.access_key_id(), Some("AKIAIOSFODNN7EXAMPLE"));
        assert_eq!(authentication.check_scope("nowhere", "s3"), Ok(()));
        assert!(!authentication.is_presigned());
        // The bucket is part of what is signed, wherever it was sent.
        let mut path_style = request.clone();
        path_style.bucket_in_host = None;
        assert_eq!(path_style.verify().unwrap_err().code(), "SignatureDoesNotMatch");
        path_style.path = format!("/awsexamplebucket1{}", request.path);
        assert_eq!(path_style.verify(), Ok(()));
    }
}

// facts/04 §4: an unsigned header is no case of its own, and the mismatch has no canonical request.
#[test]
fn the_wrong_signature() {
    let request = published(
        "GET",
        "/photos/puppy.jpg",
        "Tue, 27 Mar 2007 19:36:42 +0000",
        "qgk2+6Sv9/oM7G3qLEjTH1a1l1g=",
    )
    .with("x-amz-acl", "private");
    let error = request.verify().unwrap_err();
    assert_eq!(error.code(), "SignatureDoesNotMatch");
    let details = error.details();
    let names: Vec<&str> = details.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "AWSAccessKeyId",
            "StringToSign",
            "SignatureProvided",
            "StringToSignBytes"
        ]
    );
    assert_eq!(
        details[1].1,
        "GET\n\n\nTue, 27 Mar 2007 19:36:42 +0000\nx-amz-acl:private\n/awsexamplebucket1/photos/puppy.jpg"
    );
}

// facts/04 §4: with x-amz-date the date line is empty.
#[test]
fn the_amazon_date_takes_the_place_of_the_date() {
    let date = "Tue, 27 Mar 2007 19:36:42 GMT";
    let request = published("GET", "/k?versionId=a%20b&other=1&acl", date, "bm90IGl0")
        .with("x-amz-date", date)
        .with("x-amz-meta-b", "2");
    let mut request = request;
    request
        .headers
        .append("x-amz-meta-b", http::HeaderValue::from_static(" 3"));
    let error = request.verify().unwrap_err();
    let expected =
        format!("GET\n\n\n\nx-amz-date:{date}\nx-amz-meta-b:2,3\n/awsexamplebucket1/k?acl&versionId=a b");
    assert_eq!(error.details()[1].1, expected);
}

// facts/04 §4.
#[test]
fn query_authentication() {
    let incomplete =
        "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters";
    for query in [
        "Signature=a&Expires=1",
        "AWSAccessKeyId=a&Expires=1",
        "AWSAccessKeyId=a&Signature=a",
    ] {
        let request = Request::new("GET", &format!("/k?{query}"), &[]);
        assert_eq!(
            answer(request.parse()),
            ("AccessDenied", incomplete.to_owned()),
            "{query}"
        );
    }
    let request = Request::new("GET", "/k?AWSAccessKeyId=AKID&Signature=a&Expires=soon", &[]);
    let message = "Invalid date (should be seconds since epoch): soon".to_owned();
    assert_eq!(answer(request.parse()), ("AccessDenied", message));

    let request = Request::new(
        "GET",
        "/k?AWSAccessKeyId=AKID&Signature=a&Expires=1175139620",
        &[],
    );
    let authentication = request.parse().unwrap();
    assert!(authentication.is_presigned());
    assert_eq!(
        authentication.check_time(Timestamp::from_seconds(1_175_139_619)),
        Ok(())
    );
    let error = authentication
        .check_time(Timestamp::from_seconds(1_175_139_620))
        .unwrap_err();
    assert_eq!(
        (error.code(), error.message().as_ref()),
        ("AccessDenied", "Request has expired")
    );
    assert_eq!(
        error.details(),
        [
            ("Expires", "2007-03-29T03:40:20Z".to_owned()),
            ("ServerTime", "2007-03-29T03:40:20Z".to_owned())
        ]
    );
}

// Both ways there and back, with the values of response-* decoded in what is signed.
#[test]
fn what_the_signer_signs_the_verifier_takes() {
    let mut signer = crate::auth::sign::Signer::new("AKID", crate::auth::tests::secret(), "us-east-1");
    signer.session_token = Some("to/ken==".to_owned());
    let uri: http::Uri =
        "http://s3.localhost/b/a%20key?response-content-type=text%2Fplain%3B%20charset%3Dutf-8&x=1"
            .parse()
            .unwrap();
    let mut headers = http::HeaderMap::new();
    headers.insert("content-type", http::HeaderValue::from_static("image/png"));
    let expires = Timestamp::from_seconds(2_000_000_000);
    let signed = signer
        .presign_v2(&http::Method::PUT, &uri, &headers, None, expires)
        .unwrap();
    let mut request = Request::new("PUT", "/b/a%20key", &[("content-type", "image/png")]);
    request.query = signed.query().unwrap().to_owned();
    assert_eq!(request.verify(), Ok(()));
    assert_eq!(request.parse().unwrap().session_token(), Some("to/ken=="));
    request.query = request.query.replace("plain", "html");
    assert!(request.verify().is_err());
}

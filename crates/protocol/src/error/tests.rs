use super::S3Error;

// facts/06 §1: no namespace, the special children after Message, RequestId and HostId last.
#[test]
fn the_document_has_amazons_form() {
    let error = S3Error::NoSuchKey {
        key: "a&b<\u{1}".into(),
    };
    assert_eq!(
        error.to_xml(true, "4442587FB7D0A2F9", "host="),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code>\
         <Message>The specified key does not exist.</Message><Key>a&amp;b&lt;&#x1;</Key>\
         <RequestId>4442587FB7D0A2F9</RequestId><HostId>host=</HostId></Error>"
    );
}

// facts/03 §1.
#[test]
fn no_cors_configuration() {
    let error = S3Error::NoSuchCORSConfiguration {
        bucket_name: "b".into(),
    };
    assert_eq!(error.status().as_u16(), 404);
    assert_eq!(
        error.to_xml(false, "R", "H"),
        "<Error><Code>NoSuchCORSConfiguration</Code><Message>The CORS configuration does not exist</Message>\
         <BucketName>b</BucketName><RequestId>R</RequestId><HostId>H</HostId></Error>"
    );
}

#[test]
fn a_detail_that_is_not_there_has_no_element() {
    let error = S3Error::AuthorizationHeaderMalformed {
        message: "m".into(),
        region: None,
    };
    assert!(error.details().is_empty());
    assert_eq!(error.message(), "m");
    let error = S3Error::AuthorizationHeaderMalformed {
        message: "m".into(),
        region: Some("r".into()),
    };
    assert_eq!(error.details(), [("Region", "r".to_owned())]);
}

// facts/04 §1, §2: both are AccessDenied on the wire.
#[test]
fn refinements_of_access_denied_share_its_code() {
    let error = S3Error::AccessDeniedHeadersNotSigned {
        headers: "x-amz-a, x-amz-b".into(),
    };
    assert_eq!((error.code(), error.status().as_u16()), ("AccessDenied", 403));
    assert_eq!(
        error.details(),
        [("HeadersNotSigned", "x-amz-a, x-amz-b".to_owned())]
    );
    let error = S3Error::AccessDeniedExpired {
        x_amz_expires: None,
        expires: "2026-01-01T00:00:00Z".into(),
        server_time: "2026-01-01T00:00:01Z".into(),
    };
    assert_eq!((error.code(), error.details().len()), ("AccessDenied", 2));
}

use http::HeaderMap;

use super::*;

fn answer(status: u16, headers: &[(&'static str, &str)], body: &'static str) -> Answer {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, value.parse().unwrap());
    }
    Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers: map,
        body: Bytes::from_static(body.as_bytes()),
    }
}

#[test]
fn a_redirect_says_what_to_give_instead() {
    let photos = BucketName::parse("photos").unwrap();
    let told = |answer: &Answer| elsewhere(answer, &photos);
    let region = ("x-amz-bucket-region", "eu-west-1");
    let moved = answer(
        301,
        &[region],
        "<Error><Code>PermanentRedirect</Code><Message>M.</Message>\
         <Endpoint>photos.s3-eu-west-1.localhost:9000</Endpoint></Error>",
    );
    assert_eq!(
        told(&moved).unwrap(),
        "the bucket is in eu-west-1: --endpoint http://s3-eu-west-1.localhost:9000 --region eu-west-1"
    );
    assert_eq!(said(&moved), "PermanentRedirect: M.");
    let to = ("location", "http://photos.s3.eu-west-1.localhost:9000/?cors");
    assert_eq!(
        told(&answer(307, &[region, to], "")).unwrap(),
        "the bucket is in eu-west-1: --endpoint http://s3.eu-west-1.localhost:9000 --region eu-west-1"
    );
    let scope = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>";
    assert!(
        told(&answer(400, &[], scope))
            .unwrap()
            .ends_with("--region eu-west-1")
    );
    assert_eq!(told(&answer(404, &[], "")), None);
}

#[test]
fn what_is_no_error_document_is_told() {
    let told = said(&answer(404, &[], "not found\n"));
    assert!(told.starts_with("404 Not Found, and no error document"), "{told}");
}

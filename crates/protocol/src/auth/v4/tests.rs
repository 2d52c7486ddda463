use cairn_types::Timestamp;

use crate::S3Error;
use crate::auth::tests::{EMPTY, Request, answer, authorization, get_object, moment};
use crate::auth::{SIGNED_HEADERS_MAX, Source};

const MALFORMED: &str = "The authorization header is malformed; ";
const QUERY: &str = "Error parsing the X-Amz-Credential parameter; ";

const PRESIGNED: &str = "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2F\
    us-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&\
    X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";

fn presigned() -> Request {
    Request::new("GET", PRESIGNED, &[])
}

fn presigned_with(name: &str, value: Option<&str>) -> Request {
    let mut request = presigned();
    let parameters: Vec<String> = request
        .query
        .split('&')
        .filter_map(|pair| match pair.split_once('=') {
            Some((listed, _)) if listed == name => value.map(|value| format!("{name}={value}")),
            _ => Some(pair.to_owned()),
        })
        .collect();
    request.query = parameters.join("&");
    request
}

// facts/04 §1, the published examples.
#[test]
fn published_signatures() {
    assert_eq!(get_object().verify(), Ok(()));

    let signed = "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class";
    let put = Request::new(
        "PUT",
        "/test%24file.text",
        &[
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            (
                "x-amz-content-sha256",
                "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
            ),
            (
                "authorization",
                &authorization(
                    signed,
                    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
                ),
            ),
        ],
    );
    assert_eq!(put.verify(), Ok(()));

    let signed = "host;x-amz-content-sha256;x-amz-date";
    let listings = [
        (
            "/?lifecycle",
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            "/?max-keys=2&prefix=J",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
        // The order sent does not matter.
        (
            "/?prefix=J&max-keys=2",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ];
    for (target, signature) in listings {
        let list = Request::new(
            "GET",
            target,
            &[
                ("x-amz-content-sha256", EMPTY),
                ("x-amz-date", "20130524T000000Z"),
                ("authorization", &authorization(signed, signature)),
            ],
        );
        assert_eq!(list.verify(), Ok(()), "{target}");
    }
    assert_eq!(presigned().verify(), Ok(()));
    assert!(presigned().parse().unwrap().is_presigned());
}

// facts/04 §1: the date may come in `Date` alone, in either form; then it is what is signed.
#[test]
fn the_date_header_serves() {
    for date in ["Fri, 24 May 2013 00:00:00 GMT", "20130524T000000Z"] {
        let request = get_object().without("x-amz-date").with("date", date);
        let authentication = request.parse().unwrap();
        assert_eq!(authentication.check_scope("us-east-1", "s3"), Ok(()));
        assert_eq!(authentication.check_time(moment()), Ok(()));
    }
    for date in ["", "yesterday", "2013-05-24T00:00:00Z"] {
        let request = get_object().with("x-amz-date", date);
        let message = "AWS authentication requires a valid Date or x-amz-date header".to_owned();
        assert_eq!(answer(request.parse()), ("AccessDenied", message), "{date}");
    }
}

// facts/04 §1, AuthorizationHeaderMalformed.
#[test]
fn malformed_authorization() {
    let requires =
        "the authorization header requires three components: Credential, SignedHeaders, and Signature.";
    let credential =
        "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
    let ok = "Credential=A/20130524/us-east-1/s3/aws4_request";
    let cases = [
        (String::new(), requires),
        (ok.to_owned(), requires),
        (format!("{ok},SignedHeaders=host,Signature=a,More=b"), requires),
        (
            format!("{ok},SignedHeaders,Signature=a"),
            "the authorization component \"SignedHeaders\" is malformed.",
        ),
        (
            format!("{ok},SignedHeaders=,Signature=a"),
            "the authorization component \"SignedHeaders=\" is malformed.",
        ),
        (
            format!("C={ok},SignedHeaders=host,Signature=a"),
            "missing Credential.",
        ),
        (format!("{ok},Signed=host,Signature=a"), "missing SignedHeaders."),
        (format!("{ok},SignedHeaders=host,Sig=a"), "missing Signature."),
        (
            "Credential=A/20130524/us-east-1/s3,SignedHeaders=host,Signature=a".to_owned(),
            credential,
        ),
        (
            "Credential=A/B/20130524/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=a".to_owned(),
            credential,
        ),
        (
            "Credential=/20130524/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=a".to_owned(),
            credential,
        ),
        (
            format!("{ok},SignedHeaders=host;host,Signature=a"),
            "the authorization component \"SignedHeaders=host;host\" is malformed.",
        ),
    ];
    for (value, tail) in cases {
        let request = get_object().with("authorization", &format!("AWS4-HMAC-SHA256 {value}"));
        assert_eq!(
            answer(request.parse()),
            ("AuthorizationHeaderMalformed", format!("{MALFORMED}{tail}")),
            "{value}"
        );
    }
    // With spaces after the commas, in any order.
    let value = format!("AWS4-HMAC-SHA256 Signature=a,  SignedHeaders=host, {ok}");
    assert!(get_object().with("authorization", &value).parse().is_ok());
    let request = get_object().without("x-amz-content-sha256");
    let message = "Missing required header for this request: x-amz-content-sha256".to_owned();
    assert_eq!(answer(request.parse()), ("InvalidRequest", message));
}

#[test]
fn so_many_signed_headers_and_no_more() {
    let list = |n: usize| (0..n).map(|n| format!("h{n:04}")).collect::<Vec<_>>().join(";");
    let request = |n| get_object().with("authorization", &authorization(&list(n), "a"));
    assert!(request(SIGNED_HEADERS_MAX).parse().is_ok());
    assert_eq!(
        request(SIGNED_HEADERS_MAX + 1).parse().unwrap_err().code(),
        "AuthorizationHeaderMalformed"
    );
    // Unsorted is as good, if none is there twice.
    assert!(
        get_object()
            .with("authorization", &authorization("range;host", "a"))
            .parse()
            .is_ok()
    );
    assert!(
        get_object()
            .with("authorization", &authorization("b;a;b", "a"))
            .parse()
            .is_err()
    );
}

// facts/04 §1, §2: header and query share the tails, and a wrong region says which is right.
#[test]
fn scopes() {
    let cases = [
        (
            "20130524/eu-west-1/s3/aws4_request",
            "the region 'eu-west-1' is wrong; expecting 'us-east-1'",
            Some("us-east-1"),
        ),
        (
            "20130524/us-east-1/ec2/aws4_request",
            "incorrect service \"ec2\". This endpoint belongs to \"s3\".",
            None,
        ),
        (
            "20130524/us-east-1/s3/aws3_request",
            "incorrect terminal \"aws3_request\". This endpoint uses \"aws4_request\".",
            None,
        ),
        (
            "24052013T/us-east-1/s3/aws4_request",
            "incorrect date format \"24052013T\". This date in the credential must be in the format \"yyyyMMdd\".",
            None,
        ),
        (
            "20130525/us-east-1/s3/aws4_request",
            "Invalid credential date \"20130525\". This date is not the same as X-Amz-Date: \"20130524\".",
            None,
        ),
    ];
    for (scope, tail, region) in cases {
        let region = region.map(str::to_owned);
        let value = format!("AWS4-HMAC-SHA256 Credential=AKID/{scope},SignedHeaders=host,Signature=a");
        let request = get_object().with("authorization", &value);
        let error = request
            .parse()
            .unwrap()
            .check_scope("us-east-1", "s3")
            .unwrap_err();
        let message = format!("{MALFORMED}{tail}");
        let expected = S3Error::AuthorizationHeaderMalformed {
            message,
            region: region.clone(),
        };
        assert_eq!(error, expected);

        let request = presigned_with("X-Amz-Credential", Some(&format!("AKID/{scope}")));
        let error = request
            .parse()
            .unwrap()
            .check_scope("us-east-1", "s3")
            .unwrap_err();
        let beginning = if tail.starts_with("Invalid") { "" } else { QUERY };
        let message = format!("{beginning}{tail}");
        let expected = S3Error::AuthorizationQueryParametersError { message, region };
        assert_eq!(error, expected);
    }
    assert_eq!(
        get_object().parse().unwrap().check_scope("us-east-1", "s3"),
        Ok(())
    );
}

// facts/04 §2.
#[test]
fn malformed_query() {
    let requires = "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, \
                    X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.";
    let names = [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Signature",
        "X-Amz-Date",
        "X-Amz-SignedHeaders",
        "X-Amz-Expires",
    ];
    let code = "AuthorizationQueryParametersError";
    for name in names {
        assert_eq!(
            answer(presigned_with(name, None).parse()),
            (code, requires.to_owned()),
            "{name}"
        );
    }
    let credential = format!(
        "{QUERY}the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"."
    );
    let week = "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less \
                than 604800 seconds";
    let cases = [
        (
            "X-Amz-Algorithm",
            "AWS4-HMAC-SHA1",
            "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"",
        ),
        ("X-Amz-Credential", "nothing", &credential),
        (
            "X-Amz-Credential",
            "AKIAIOSFODNN7EXAMPLE%252F20130524%252Fus-east-1%252Fs3%252Faws4_request",
            &credential,
        ),
        (
            "X-Amz-Date",
            "2013-05-24",
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
        ),
        ("X-Amz-Expires", "soon", "X-Amz-Expires should be a number"),
        ("X-Amz-Expires", "", "X-Amz-Expires should be a number"),
        ("X-Amz-Expires", "-", "X-Amz-Expires should be a number"),
        ("X-Amz-Expires", "%2B1", "X-Amz-Expires should be a number"),
        ("X-Amz-Expires", "-1", "X-Amz-Expires must be non-negative"),
        ("X-Amz-Expires", "604801", week),
        ("X-Amz-Expires", "99999999999999999999999", week),
        ("X-Amz-SignedHeaders", "", requires),
    ];
    for (name, value, message) in cases {
        assert_eq!(
            answer(presigned_with(name, Some(value)).parse()),
            (code, message.to_owned()),
            "{name}={value}"
        );
    }
    assert!(presigned_with("X-Amz-Expires", Some("604800")).parse().is_ok());
    assert_eq!(
        presigned_with("X-Amz-Algorithm", Some("AWS4-ECDSA-P256-SHA256"))
            .parse()
            .unwrap_err()
            .code(),
        "NotImplemented"
    );
}

// facts/04 §1: 15 minutes either way; the date is shown as it was sent.
#[test]
fn skew() {
    let authentication = get_object().parse().unwrap();
    for seconds in [0, 900] {
        assert_eq!(
            authentication.check_time(Timestamp::from_seconds(moment().seconds() + seconds)),
            Ok(())
        );
        assert_eq!(
            authentication.check_time(Timestamp::from_seconds(moment().seconds() - seconds)),
            Ok(())
        );
    }
    let late = Timestamp::from_seconds(moment().seconds() + 901);
    let error = authentication.check_time(late).unwrap_err();
    assert_eq!(error.code(), "RequestTimeTooSkewed");
    assert_eq!(
        error.details(),
        [
            ("RequestTime", "20130524T000000Z".to_owned()),
            ("ServerTime", "2013-05-24T00:15:01Z".to_owned()),
            ("MaxAllowedSkewMilliseconds", "900000".to_owned()),
        ]
    );
    let early = Timestamp::from_seconds(moment().seconds() - 901);
    assert!(authentication.check_time(early).is_err());
    let date = "Fri, 24 May 2013 00:00:00 GMT";
    let error = get_object()
        .without("x-amz-date")
        .with("date", date)
        .parse()
        .unwrap()
        .check_time(late);
    assert_eq!(error.unwrap_err().details()[0], ("RequestTime", date.to_owned()));
}

// facts/04 §2.
#[test]
fn a_presigned_request_has_its_time() {
    let authentication = presigned().parse().unwrap();
    let at = |seconds: i64| Timestamp::from_seconds(moment().seconds().saturating_add_signed(seconds));
    for seconds in [-900, 0, 900, 901, 86_399] {
        assert_eq!(authentication.check_time(at(seconds)), Ok(()), "{seconds}");
    }
    let error = authentication.check_time(at(86_400)).unwrap_err();
    assert_eq!(
        (error.code(), error.message().as_ref()),
        ("AccessDenied", "Request has expired")
    );
    assert_eq!(
        error.details(),
        [
            ("X-Amz-Expires", "86400".to_owned()),
            ("Expires", "2013-05-25T00:00:00Z".to_owned()),
            ("ServerTime", "2013-05-25T00:00:00Z".to_owned()),
        ]
    );
    // minio issue 2638 shows the children of Amazon's answer.
    let error = authentication.check_time(at(-901)).unwrap_err();
    assert_eq!(
        (error.code(), error.message().as_ref()),
        ("AccessDenied", "Request is not yet valid")
    );
    assert_eq!(
        error.details(),
        [
            ("X-Amz-Date", "1369353600000".to_owned()),
            ("Expires", "2013-05-25T00:00:00Z".to_owned()),
            ("ServerTime", "2013-05-23T23:44:59Z".to_owned()),
        ]
    );
    let none = presigned_with("X-Amz-Expires", Some("0")).parse().unwrap();
    assert_eq!(
        none.check_time(moment()).unwrap_err().message(),
        "Request has expired"
    );
}

// facts/04 §1: x-amz-* headers must be signed, joined in the order they came.
#[test]
fn headers_not_signed() {
    let message = "There were headers present in the request which were not signed";
    let cases = [
        (
            get_object().with("x-amz-acl", "private").with("x-amz-a", "1"),
            "x-amz-acl, x-amz-a",
        ),
        (
            presigned()
                .with("x-amz-date", "d")
                .with("x-amz-decoded-content-length", "1"),
            "x-amz-date, x-amz-decoded-content-length",
        ),
        // facts/04 §2: also where the query has the same name.
        (presigned().with("x-amz-expires", "86400"), "x-amz-expires"),
        (
            get_object().with(
                "authorization",
                &authorization("range;x-amz-content-sha256;x-amz-date", "a"),
            ),
            "host",
        ),
    ];
    for (request, names) in cases {
        let error = request.verify().unwrap_err();
        assert_eq!(
            (error.code(), error.message().as_ref()),
            ("AccessDenied", message)
        );
        assert_eq!(error.details(), [("HeadersNotSigned", names.to_owned())]);
    }
    // The exception, and headers that are not Amazon's.
    assert_eq!(presigned().with("x-amz-content-sha256", EMPTY).verify(), Ok(()));
    assert_eq!(
        get_object()
            .with("content-type", "text/plain")
            .with("expect", "100-continue")
            .verify(),
        Ok(())
    );
}

// facts/04 §1: what a wrong signature is told.
#[test]
fn the_wrong_signature_is_told_all() {
    let error = get_object().with("range", "bytes=0-8").verify().unwrap_err();
    assert_eq!(
        (error.code(), error.status().as_u16()),
        ("SignatureDoesNotMatch", 403)
    );
    let canonical = format!(
        "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-8\nx-amz-content-sha256:{EMPTY}\n\
         x-amz-date:20130524T000000Z\n\nhost;range;x-amz-content-sha256;x-amz-date\n{EMPTY}"
    );
    let details = error.details();
    let names: Vec<&str> = details.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "AWSAccessKeyId",
            "StringToSign",
            "SignatureProvided",
            "StringToSignBytes",
            "CanonicalRequest",
            "CanonicalRequestBytes"
        ]
    );
    assert_eq!(details[0].1, "AKIAIOSFODNN7EXAMPLE");
    assert!(
        details[1]
            .1
            .starts_with("AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n")
    );
    assert_eq!(
        details[2].1,
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    );
    assert!(details[3].1.starts_with("41 57 53 34 2d 48 "));
    assert_eq!(details[4].1, canonical);
    assert!(details[5].1.starts_with("47 45 54 0a 2f "));
}

// facts/04 §1, believed: a client may sign the key encoded and send it raw. The query is taken as sent too,
// which botocore signs.
#[test]
fn other_spellings_of_what_was_signed() {
    let signer = crate::auth::sign::Signer::new("AKID", crate::auth::tests::secret(), "us-east-1");
    let (mut parts, ()) =
        http::Request::get("https://examplebucket.s3.amazonaws.com/a%24b/c%2Bd?prefix=x%20y")
            .body(())
            .unwrap()
            .into_parts();
    signer
        .header_v4(&mut parts, &super::Payload::Unsigned, moment())
        .unwrap();
    let mut request = Request::new("GET", "/", &[]);
    request.headers = parts.headers;
    for (path, query, right) in [
        ("/a%24b/c%2Bd", "prefix=x%20y", true),
        ("/a$b/c+d", "prefix=x%20y", true),
        ("/a$b/c%2bd", "prefix=x+y", true),
        ("/a$b/c%20d", "prefix=x%20y", false),
        ("/a%24b/c%2Bd", "prefix=x%2By", false),
        ("/a%24b/c%2Bd", "prefix=x%20y&", true),
        ("/a%24b/c%2Bd", "prefix=x%20y&a", false),
        ("//a%24b/c%2Bd", "prefix=x%20y", false),
    ] {
        request.path = path.to_owned();
        request.query = query.to_owned();
        assert_eq!(request.verify().is_ok(), right, "{path}?{query}");
    }
}

// facts/04 §2: a header wins over the parameter of its name, so that the two cannot say different things; whether the
// query is taken encoded or as sent.
#[test]
fn a_header_wins_over_the_parameter_of_its_name() {
    let signed = |parameter: &str, header: &str| {
        let mut request =
            presigned_with("X-Amz-SignedHeaders", Some("host;x-amz-acl")).with("x-amz-acl", header);
        let (unsigned, _) = request.query.split_once("&X-Amz-Signature").unwrap();
        request.query = format!("{unsigned}&{parameter}");
        // Signed as clients do it, which know nothing of the rule.
        let mut lines: Vec<String> = request.query.split('&').map(str::to_owned).collect();
        lines.sort_unstable();
        let canonical = super::canonical_request(&super::Canonical {
            head: &request.head(),
            path: &request.path,
            query: &lines.join("&"),
            signed_headers: "host;x-amz-acl",
            payload: "UNSIGNED-PAYLOAD",
        });
        let scope = "20130524/us-east-1/s3/aws4_request";
        let text = super::string_to_sign("20130524T000000Z", scope, &canonical);
        let key =
            crate::auth::SigningKey::derive(&crate::auth::tests::secret(), "20130524", "us-east-1", "s3");
        let signature = String::from_utf8(key.sign(text.as_bytes()).to_vec()).unwrap();
        request.query.push_str(&format!("&X-Amz-Signature={signature}"));
        request
    };
    for parameter in [
        "x-amz-acl=private",
        "X-Amz-Acl=private",
        "x-amz-acl=p%72ivate",
        "x%2Damz-acl=private",
    ] {
        assert_eq!(signed(parameter, "private").verify(), Ok(()), "{parameter}");
        let error = signed(parameter, "public-read").verify().unwrap_err();
        assert_eq!(error.code(), "SignatureDoesNotMatch", "{parameter}");
    }
}

#[test]
fn what_a_claim_says() {
    let authentication = presigned().parse().unwrap();
    let crate::auth::Authentication::V4(v4) = authentication else {
        panic!("not SigV4");
    };
    assert_eq!(v4.source(), Source::Query);
    assert_eq!(
        (v4.region(), v4.service(), v4.date()),
        ("us-east-1", "s3", moment())
    );
    assert_eq!(v4.expires_seconds(), Some(86_400));
    assert_eq!(v4.session_token(), None);
    let token = get_object().with("x-amz-security-token", "t").parse().unwrap();
    assert_eq!(token.session_token(), Some("t"));
    let mut token = presigned();
    token.query.push_str("&X-Amz-Security-Token=t%2Bt");
    assert_eq!(token.parse().unwrap().session_token(), Some("t+t"));
    assert_eq!(token.verify().unwrap_err().code(), "SignatureDoesNotMatch");
}

//! Amazon's published signatures, and what each malformed form is answered with.

use std::borrow::Cow;

use cairn_types::{SecretAccessKey, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::{Authentication, Payload, RequestHead, SigningKeys, claimed_service, parse, parse_with_body};
use crate::S3Error;

pub(super) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub(super) const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

pub(super) fn secret() -> SecretAccessKey {
    SecretAccessKey::parse(SECRET).unwrap()
}

/// A request of the published examples.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) host: String,
    pub(super) headers: HeaderMap,
    pub(super) bucket_in_host: Option<String>,
}

impl Request {
    pub(super) fn new(method: &str, target: &str, headers: &[(&str, &str)]) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::try_from(*name).unwrap(),
                HeaderValue::try_from(*value).unwrap(),
            );
        }
        Self {
            method: method.parse().unwrap(),
            path: path.to_owned(),
            query: query.to_owned(),
            host: "examplebucket.s3.amazonaws.com".to_owned(),
            headers: map,
            bucket_in_host: None,
        }
    }

    pub(super) fn head(&self) -> RequestHead<'_> {
        RequestHead {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
            host: &self.host,
            bucket_in_host: self.bucket_in_host.as_deref(),
        }
    }

    pub(super) fn parse(&self) -> Result<Authentication, S3Error> {
        parse(&self.head(), true)
    }

    pub(super) fn verify(&self) -> Result<(), S3Error> {
        let keys = SigningKeys::default();
        self.parse()?.verify(&self.head(), &secret(), &keys).map(|_| ())
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(
            HeaderName::try_from(name).unwrap(),
            HeaderValue::try_from(value).unwrap(),
        );
        self
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }
}

pub(super) fn authorization(signed_headers: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
         SignedHeaders={signed_headers},Signature={signature}"
    )
}

/// The first example: GET with a range.
pub(super) fn get_object() -> Request {
    let authorization = authorization(
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    );
    Request::new(
        "GET",
        "/test.txt",
        &[
            ("range", "bytes=0-9"),
            ("x-amz-content-sha256", EMPTY),
            ("x-amz-date", "20130524T000000Z"),
            ("authorization", &authorization),
        ],
    )
}

pub(super) fn moment() -> Timestamp {
    Timestamp::parse_iso8601_basic("20130524T000000Z").unwrap()
}

/// Code and message.
pub(super) fn answer<T: std::fmt::Debug>(result: Result<T, S3Error>) -> (&'static str, String) {
    let error = result.unwrap_err();
    (error.code(), error.message().into_owned())
}

fn with_authorization(value: &str) -> Request {
    get_object().with("authorization", value)
}

#[test]
fn a_request_without_a_signature_is_anonymous() {
    let request = Request::new("GET", "/?Expires=1&prefix=X-Amz-Date", &[]);
    let authentication = request.parse().unwrap();
    assert_eq!(authentication.access_key_id(), None);
    assert_eq!(authentication.payload(), &Payload::Unsigned);
    assert!(authentication.anonymous().is_some());
    assert!(authentication.check_scope("anywhere", "s3").is_ok());
    assert!(authentication.check_time(moment()).is_ok());
}

// facts/04 §3: chunks need a seed to be signed with.
#[test]
fn an_anonymous_stream_may_not_be_signed() {
    let signed = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    let request = Request::new("PUT", "/k", &[("x-amz-content-sha256", signed)]);
    let expected = (
        "InvalidRequest",
        "The value of x-amz-content-sha256 header is invalid.".to_owned(),
    );
    assert_eq!(answer(request.parse()), expected);
    let unsigned = request.with("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    let authentication = unsigned.parse().unwrap();
    assert_eq!(
        authentication
            .payload()
            .refuse_streaming()
            .map_err(|e| e.message().into_owned()),
        Err(expected.1)
    );
}

// facts/04 §1, "Other header problems".
#[test]
fn authorization_headers_of_no_form() {
    let cases = [
        (
            "AWS4-HMAC-SHA256",
            "InvalidArgument",
            "Authorization header is invalid -- one and only one ' ' (space) required.",
        ),
        (
            "Bearer token",
            "InvalidArgument",
            "Unsupported Authorization Type",
        ),
        (
            "AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d",
            "NotImplemented",
            "A header you provided implies functionality that is not implemented",
        ),
        (
            "AWS AKID",
            "InvalidArgument",
            "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
        ),
    ];
    for (value, code, message) in cases {
        assert_eq!(
            answer(with_authorization(value).parse()),
            (code, message.to_owned()),
            "{value}"
        );
    }
    let error = with_authorization("Bearer token").parse().unwrap_err();
    assert_eq!(
        error.details(),
        [
            ("ArgumentName", "Authorization".to_owned()),
            ("ArgumentValue", "Bearer token".to_owned())
        ]
    );
}

// facts/04 §1: header and query at once, of either version; also two headers.
#[test]
fn one_mechanism_at_a_time() {
    let message = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query \
                   string parameter or the Authorization header should be specified";
    for query in [
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "Signature=a",
        "X-Amz-Signatur%65=a",
    ] {
        let mut request = get_object();
        request.query = query.to_owned();
        assert_eq!(
            answer(request.parse()),
            ("InvalidArgument", message.to_owned()),
            "{query}"
        );
    }
    let mut request = get_object();
    request
        .headers
        .append("authorization", HeaderValue::from_static("AWS a:b"));
    assert_eq!(answer(request.parse()), ("InvalidArgument", message.to_owned()));
}

// facts/01 §2.
#[test]
fn sigv2_can_be_switched_off() {
    let message =
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";
    let header = with_authorization("AWS AKID:c2ln");
    let mut query = get_object().without("authorization");
    query.query = "AWSAccessKeyId=AKID&Expires=1&Signature=c2ln".to_owned();
    for request in [header, query] {
        assert!(request.parse().is_ok());
        assert_eq!(
            answer(parse(&request.head(), false)),
            ("InvalidRequest", message.to_owned())
        );
    }
}

// facts/04 §1.
#[test]
fn values_of_the_content_hash() {
    let message = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, \
                   STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, \
                   STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER \
                   or a valid sha256 value.";
    for value in [
        "",
        "nonsense",
        "unsigned-payload",
        &EMPTY[1..],
        &format!("{EMPTY}00"),
    ] {
        assert_eq!(
            answer(Payload::parse(value)),
            ("InvalidArgument", message.to_owned()),
            "{value}"
        );
    }
    assert_eq!(
        Payload::parse("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")
            .unwrap_err()
            .code(),
        "NotImplemented"
    );
    let payloads = [
        Payload::Unsigned,
        Payload::StreamingSigned { trailer: false },
        Payload::StreamingSigned { trailer: true },
        Payload::StreamingUnsignedTrailer,
        Payload::of(b""),
    ];
    for payload in payloads {
        assert_eq!(Payload::parse(&payload.header_value()), Ok(payload));
    }
    assert_eq!(Payload::of(b"").header_value(), EMPTY);
}

// facts/04 §1: the children, in their order.
#[test]
fn a_body_of_another_hash() {
    let payload = Payload::of(b"right");
    let verified = super::Verified::without_chunk_signatures(payload.clone());
    let mut body = verified.body(&HeaderMap::new()).unwrap();
    let mut frame = bytes::Bytes::from_static(b"wrong");
    assert_eq!(
        body.decode(&mut frame),
        Ok(Some(bytes::Bytes::from_static(b"wrong")))
    );
    assert_eq!(body.decode(&mut frame), Ok(None));
    let error = body.finish().unwrap_err();
    assert_eq!(error.code(), "XAmzContentSHA256Mismatch");
    assert_eq!(
        error.details(),
        [
            ("ClientComputedContentSHA256", payload.header_value()),
            ("S3ComputedContentSHA256", Payload::of(b"wrong").header_value()),
        ]
    );
}

#[test]
fn signing_keys_are_kept_and_bounded() {
    let keys = SigningKeys::new(10);
    let request = get_object();
    let authentication = request.parse().unwrap();
    for _ in 0..2 {
        assert!(authentication.verify(&request.head(), &secret(), &keys).is_ok());
        assert_eq!(keys.len(), 1);
    }
    // Another secret under the same id does not find the first one's key.
    let other = SecretAccessKey::parse("another-secret").unwrap();
    assert!(authentication.verify(&request.head(), &other, &keys).is_err());
    for n in 0..100 {
        let other = SecretAccessKey::parse(&format!("secret-number-{n}")).unwrap();
        assert!(authentication.verify(&request.head(), &other, &keys).is_err());
    }
    assert!(keys.len() <= 10, "{}", keys.len());
    assert_eq!(
        format!("{:?}", super::SigningKey::derive(&secret(), "d", "r", "s")),
        "SigningKey(…)"
    );
}

/// The example of Amazon's guide to SigV4 (IAM ListUsers): services other than S3 sign the hash of the
/// body without sending it.
#[test]
fn another_services_signature_is_over_the_body_that_came() {
    let request = Request {
        host: "iam.amazonaws.com".to_owned(),
        ..Request::new(
            "GET",
            "/?Action=ListUsers&Version=2010-05-08",
            &[
                ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
                ("x-amz-date", "20150830T123600Z"),
                (
                    "authorization",
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
                     SignedHeaders=content-type;host;x-amz-date, \
                     Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
                ),
            ],
        )
    };
    let secret = SecretAccessKey::parse("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY").unwrap();
    let verify = |request: &Request, body: &[u8]| {
        let authentication = parse_with_body(&request.head(), body)?;
        authentication.check_scope("us-east-1", "iam")?;
        let verified = authentication.verify(&request.head(), &secret, &SigningKeys::default());
        verified.map(|_| ())
    };
    verify(&request, b"").unwrap();
    assert_eq!(
        verify(&request, b"x").unwrap_err().code(),
        "SignatureDoesNotMatch"
    );
    // A hash that is sent counts as little as one that is not; as an x-amz-* header it must be signed.
    let sent = request.clone().with("x-amz-content-sha256", EMPTY);
    assert_eq!(verify(&sent, b"").unwrap_err().code(), "AccessDenied");

    let anonymous = parse_with_body(&request.clone().without("authorization").head(), b"").unwrap();
    assert!(anonymous.anonymous().is_some());
    let v2 = request.clone().with("authorization", "AWS AKIDEXAMPLE:c2ln");
    assert_eq!(verify(&v2, b"").unwrap_err().code(), "InvalidArgument");
    let short = request.with("authorization", "AWS4-HMAC-SHA256 Credential=x");
    assert_eq!(
        verify(&short, b"").unwrap_err().code(),
        "AuthorizationHeaderMalformed"
    );
}

#[test]
fn the_claimed_service_is_read_from_the_scope() {
    let claimed = |value: &str| {
        let request = Request::new("GET", "/", &[("authorization", value)]);
        claimed_service(&request.headers, "").map(Cow::into_owned)
    };
    let scope = "AKID/20150830/us-east-1/account/aws4_request";
    let whole = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
    assert_eq!(claimed(&whole).as_deref(), Some("account"));
    let tight = format!("AWS4-HMAC-SHA256 SignedHeaders=host,Credential={scope},Signature=0");
    assert_eq!(claimed(&tight).as_deref(), Some("account"));
    assert_eq!(claimed("AWS4-HMAC-SHA256 Credential=AKID/20150830"), None);
    assert_eq!(claimed("AWS AKID:sig"), None);
    assert_eq!(claimed(&format!("Basic Credential={scope}")), None);
    assert_eq!(claimed_service(&HeaderMap::new(), ""), None);
    let presigned = format!("Action=x&X-Amz-Credential={}", scope.replace('/', "%2F"));
    assert_eq!(
        claimed_service(&HeaderMap::new(), &presigned).as_deref(),
        Some("account")
    );
    assert_eq!(claimed_service(&HeaderMap::new(), "AWSAccessKeyId=a/b/c/d"), None);
}

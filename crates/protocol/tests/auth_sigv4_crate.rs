//! Whatever the `aws-sigv4` crate signs the way the AWS SDK for Rust does for S3, the verifier takes; and
//! after any one change it refuses.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use cairn_protocol::S3Error;
use cairn_protocol::auth::{Authentication, RequestHead, SigningKeys, parse};
use cairn_types::{SecretAccessKey, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const IN_PATH: &AsciiSet = &UNRESERVED.remove(b'/');
const HOST: &str = "bucket.s3.localhost:9000";

#[derive(Debug, Clone)]
struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    secret: String,
    token: Option<String>,
    at_seconds: u64,
}

impl Request {
    fn verify(&self) -> Result<(), S3Error> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.append(
                HeaderName::try_from(name).unwrap(),
                HeaderValue::try_from(value).unwrap(),
            );
        }
        let method: Method = self.method.parse().unwrap();
        let head = RequestHead {
            method: &method,
            path: &self.path,
            query: &self.query,
            headers: &headers,
            host: HOST,
            bucket_in_host: Some("bucket"),
        };
        let authentication: Authentication = parse(&head, true)?;
        authentication.check_scope("eu-test-1", "s3")?;
        authentication.check_time(Timestamp::from_seconds(self.at_seconds))?;
        assert_eq!(authentication.access_key_id(), Some("AKIDEXAMPLE"));
        assert_eq!(authentication.session_token(), self.token.as_deref());
        let secret = SecretAccessKey::parse(&self.secret).unwrap();
        authentication
            .verify(&head, &secret, &SigningKeys::new(4))
            .map(drop)
    }

    fn sign(&mut self, presigned: bool) {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        if presigned {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(Duration::from_secs(900));
        } else {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            self.secret.clone(),
            self.token.clone(),
            None,
            "test",
        );
        let identity = credentials.into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region("eu-test-1")
            .name("s3")
            .time(SystemTime::UNIX_EPOCH + Duration::from_secs(self.at_seconds))
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let query = if self.query.is_empty() {
            String::new()
        } else {
            format!("?{}", self.query)
        };
        let uri = format!("http://{HOST}{}{query}", self.path);
        let headers: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let body = if presigned {
            SignableBody::UnsignedPayload
        } else {
            SignableBody::Bytes(b"body")
        };
        let request = SignableRequest::new(&self.method, uri, headers.into_iter(), body).unwrap();
        let (instructions, _) = sign(request, &params).unwrap().into_parts();
        let (headers, parameters) = instructions.into_parts();
        for header in headers {
            self.headers
                .push((header.name().to_owned(), header.value().to_owned()));
        }
        for (name, value) in parameters {
            if !self.query.is_empty() {
                self.query.push('&');
            }
            let value = utf8_percent_encode(&value, UNRESERVED);
            self.query.push_str(&format!("{name}={value}"));
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,8}", "[ -~]{0,8}", "[+%/=&? ]{1,4}", "[äß€😀a]{0,4}"]
}

fn path() -> impl Strategy<Value = String> {
    let encoded = |text: String| utf8_percent_encode(&text, IN_PATH).to_string();
    let segment = prop_oneof![
        4 => text().prop_map(encoded),
        1 => Just(".".to_owned()),
        1 => Just("..".to_owned()),
        1 => Just(String::new()),
        // Valid in a path without encoding, and sent so by some.
        1 => "[a-z!$&'()*+,;=:@]{1,6}",
    ];
    proptest::collection::vec(segment, 1..5).prop_map(|segments| format!("/{}", segments.join("/")))
}

fn query() -> impl Strategy<Value = String> {
    let encoded = |text: String| utf8_percent_encode(&text, UNRESERVED).to_string();
    let name = prop_oneof!["[a-z]{1,4}", "[a-zA-Z~ /+]{1,4}", "[äß€😀]{1,3}"].prop_map(encoded);
    let pair = prop_oneof![
        3 => (name.clone(), text().prop_map(encoded)).prop_map(|(name, value)| format!("{name}={value}")),
        1 => name.clone(),
        1 => name.clone().prop_map(|name| format!("{name}=")),
        1 => Just("repeated=b".to_owned()),
        1 => Just("repeated=a".to_owned()),
        1 => Just("plus=a+b".to_owned()),
        1 => Just("lower=%c3%a4%2f".to_owned()),
    ];
    proptest::collection::vec(pair, 0..5).prop_map(|pairs| pairs.join("&"))
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    let header = prop_oneof![
        ("x-amz-meta-[a-z0-9-]{1,6}", "[!-~][ -~]{0,12}[!-~]"),
        ("x-amz-meta-same", "[a-z]{1,3}"),
        (Just("range".to_owned()), Just("bytes=0-9".to_owned())),
        (Just("content-md5".to_owned()), Just("  a   b c  ".to_owned())),
    ];
    proptest::collection::vec(header, 0..6)
}

prop_compose! {
    fn request()(
        method in prop_oneof![Just("GET"), Just("PUT"), Just("DELETE"), Just("HEAD"), Just("POST")],
        path in path(),
        query in query(),
        headers in headers(),
        secret in "[!-~]{8,90}",
        token in proptest::option::of("[A-Za-z0-9+/=]{4,40}"),
        at_seconds in 1_400_000_000u64..4_000_000_000,
    ) -> Request {
        Request { method: method.to_owned(), path, query, headers, secret, token, at_seconds }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_it_signs_is_right(mut request in request(), presigned in any::<bool>()) {
        request.sign(presigned);
        prop_assert_eq!(request.verify(), Ok(()));
    }

    #[test]
    fn after_one_change_it_is_not(
        mut request in request(),
        presigned in any::<bool>(),
        change in 0..6u8,
        at in any::<proptest::sample::Index>(),
    ) {
        request.headers.push(("x-amz-meta-here".to_owned(), "value".to_owned()));
        request.sign(presigned);
        match change {
            0 => request.method = if request.method == "PUT" { "POST" } else { "PUT" }.to_owned(),
            1 => {
                let at = 1 + at.index(request.path.len());
                request.path.insert(at, 'x');
            }
            2 => request.query.push_str("&added"),
            3 => {
                let header = request.headers.iter_mut().find(|(name, _)| name == "x-amz-meta-here").unwrap();
                header.1.insert(at.index(header.1.len() + 1), 'x');
            }
            4 => request.headers.retain(|(name, _)| name != "x-amz-meta-here"),
            _ => {
                let hash = request.headers.iter_mut().find(|(name, _)| name == "x-amz-content-sha256");
                match hash {
                    Some((_, value)) => *value = "UNSIGNED-PAYLOAD".to_owned(),
                    None => request.headers.push(("x-amz-acl".to_owned(), "public-read".to_owned())),
                }
            }
        }
        let code = request.verify().unwrap_err().code();
        prop_assert!(matches!(code, "SignatureDoesNotMatch" | "AccessDenied"), "{}", code);
    }
}

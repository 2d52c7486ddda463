//! The signature of a form: facts/04 §5, facts/02 §1.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cairn_types::{SecretAccessKey, Timestamp};

use super::*;
use crate::auth::SigningKeys;
use crate::post::{Policy, PostRequest, Signature, Success};

/// The policy of AWS's example ("Example: Browser-Based Upload using HTTP POST"), whose lines end with CRLF.
const EXAMPLE: &str = r#"{ "expiration": "2015-12-30T12:00:00.000Z",
  "conditions": [
    {"bucket": "sigv4examplebucket"},
    ["starts-with", "$key", "user/user1/"],
    {"acl": "public-read"},
    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},
    ["starts-with", "$Content-Type", "image/"],
    {"x-amz-meta-uuid": "14365123651274"},
    {"x-amz-server-side-encryption": "AES256"},
    ["starts-with", "$x-amz-meta-tag", ""],

    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},
    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
    {"x-amz-date": "20151229T000000Z" }
  ]
}"#;

fn example_policy() -> String {
    STANDARD.encode(EXAMPLE.replace('\n', "\r\n"))
}

fn secret() -> SecretAccessKey {
    SecretAccessKey::parse("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY").unwrap()
}

fn v4(policy: &str) -> Vec<(&str, &str)> {
    vec![
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        (
            "X-Amz-Credential",
            "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request",
        ),
        ("X-Amz-Date", "20151229T000000Z"),
        ("Policy", policy),
        (
            "X-Amz-Signature",
            "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e",
        ),
    ]
}

// facts/04 §5, the whole way: form, signature, policy, upload.
#[test]
fn amazons_example() {
    let policy = example_policy();
    let mut pairs = v4(&policy);
    pairs.extend([
        ("key", "user/user1/${filename}"),
        ("acl", "public-read"),
        (
            "success_action_redirect",
            "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html",
        ),
        ("Content-Type", "image/jpeg"),
        ("x-amz-meta-uuid", "14365123651274"),
        ("x-amz-server-side-encryption", "AES256"),
        ("x-amz-meta-tag", ""),
    ]);
    let (file, _) = read(&form(&pairs, b"jpeg")).unwrap();
    let signature = Signature::read(&file.fields, false).unwrap();
    assert_eq!(signature.access_key_id(), Some("AKIAIOSFODNN7EXAMPLE"));
    assert_eq!(
        (signature.region(), signature.session_token()),
        (Some("us-east-1"), None)
    );
    signature.check_scope("us-east-1").unwrap();
    signature.verify(&secret(), &SigningKeys::new(1)).unwrap();
    let policy = Policy::read(&file.fields).unwrap().unwrap();
    let now = Timestamp::parse_iso8601("2015-12-29T12:00:00Z").unwrap();
    let judgement = policy.judge(&file.fields, &bucket(), now);
    assert_eq!(judgement.refusal(), None, "{judgement}");
    let post = PostRequest::read(&file.fields).unwrap();
    assert_eq!(post.key.as_str(), "user/user1/a.txt");
    assert!(matches!(post.success, Success::SeeOther(_)));
}

#[test]
fn version_2() {
    let policy = example_policy();
    // Computed with Python's hmac.
    let pairs = |signature| {
        fields(&[
            ("AWSAccessKeyId", "AKIAIOSFODNN7EXAMPLE"),
            ("Policy", &policy),
            ("Signature", signature),
        ])
    };
    let given = pairs("QyigO3Da7gYxPW1IXllc6C7gI74=");
    let signature = Signature::read(&given, true).unwrap();
    assert_eq!(
        (signature.access_key_id(), signature.region()),
        (Some("AKIAIOSFODNN7EXAMPLE"), None)
    );
    signature.check_scope("eu-west-1").unwrap();
    signature.verify(&secret(), &SigningKeys::new(1)).unwrap();
    let wrong = Signature::read(&pairs("AAAA"), true).unwrap();
    assert_eq!(
        wrong.verify(&secret(), &SigningKeys::new(1)).unwrap_err().code(),
        "SignatureDoesNotMatch"
    );
    assert_eq!(
        refusal(Signature::read(&given, false)),
        "InvalidRequest: The authorization mechanism you have provided is not supported. Please use \
         AWS4-HMAC-SHA256."
    );
}

#[test]
fn a_form_without_signature_is_anonymous() {
    let signature = Signature::read(&fields(&[("key", "k"), ("policy", "p")]), true).unwrap();
    assert!(matches!(signature, Signature::Anonymous));
    assert_eq!(Policy::read(&fields(&[("policy", "")])), Ok(None));
    assert_eq!(Policy::read(&fields(&[])), Ok(None));
    assert!(Policy::read(&fields(&[("policy", "p")])).is_err());
    assert_eq!(
        (signature.access_key_id(), signature.session_token()),
        (None, None)
    );
    assert!(signature.check_scope("r").is_ok() && signature.verify(&secret(), &SigningKeys::new(1)).is_ok());
}

#[test]
fn fields_that_are_missing() {
    let text = |name: &str| {
        format!(
            "InvalidArgument: Bucket POST must contain a field named '{name}'.  If it is specified, please check \
             the order of the fields."
        )
    };
    for name in [
        "X-Amz-Signature",
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
    ] {
        let mut pairs = v4("p");
        pairs.retain(|(known, _)| *known != name);
        let error = Signature::read(&fields(&pairs), true).unwrap_err();
        assert_eq!(
            error.details(),
            [
                ("ArgumentName", name.to_owned()),
                ("ArgumentValue", String::new())
            ]
        );
        assert_eq!(refusal::<()>(Err(error)), text(name));
    }
    let mut pairs = v4("p");
    pairs.retain(|(known, _)| *known != "Policy");
    assert_eq!(refusal(Signature::read(&fields(&pairs), true)), text("policy"));
    for (given, missing) in [("signature", "AWSAccessKeyId"), ("awsaccesskeyid", "Signature")] {
        let error = Signature::read(&fields(&[(given, "x"), ("policy", "p")]), true);
        assert_eq!(refusal(error), text(missing));
    }
    pairs.push(("policy", ""));
    assert_eq!(refusal(Signature::read(&fields(&pairs), true)), text("policy"));
    let both = fields(&[("signature", "x"), ("awsaccesskeyid", "x")]);
    assert_eq!(refusal(Signature::read(&both, true)), text("policy"));
}

#[test]
fn credentials_that_do_not_fit() {
    let with = |name: &str, value: &str| {
        let mut pairs = v4("p");
        pairs.retain(|(known, _)| *known != name);
        let mut given = fields(&pairs);
        given.add(name, value).unwrap();
        let error = Signature::read(&given, true).and_then(|signature| signature.check_scope("us-east-1"));
        error.unwrap_err()
    };
    for (scope, expected) in [
        (
            "AKID/20151229/us-east-1/s3",
            "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
        ),
        (
            "AKID/20151229/eu-west-1/s3/aws4_request",
            "the region 'eu-west-1' is wrong; expecting 'us-east-1'",
        ),
        (
            "AKID/20151229/us-east-1/sts/aws4_request",
            "incorrect service \"sts\". This endpoint belongs to \"s3\".",
        ),
        (
            "AKID/20151229/us-east-1/s3/aws5_request",
            "incorrect terminal \"aws5_request\". This endpoint uses \"aws4_request\".",
        ),
        (
            "AKID/2015-12-29/us-east-1/s3/aws4_request",
            "incorrect date format \"2015-12-29\". This date in the credential must be in the format \"yyyyMMdd\".",
        ),
        (
            "AKID/20151230/us-east-1/s3/aws4_request",
            "Invalid credential date \"20151230\". This date is not the same as X-Amz-Date: \"20151229\".",
        ),
    ] {
        let error = with("X-Amz-Credential", scope);
        assert_eq!(
            (error.code(), error.status().as_u16()),
            ("InvalidArgument", 400),
            "{scope}"
        );
        assert_eq!(error.message(), expected);
        assert_eq!(error.details(), [("ArgumentName", "x-amz-credential".to_owned())]);
    }
    let error = with("X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256");
    assert_eq!(error.message(), "Only AWS4-HMAC-SHA256 is supported");
    assert_eq!(
        error.details(),
        [
            ("ArgumentName", "X-Amz-Algorithm".into()),
            ("ArgumentValue", "AWS4-ECDSA-P256-SHA256".into())
        ]
    );
    let error = with("X-Amz-Date", "2015-12-29");
    assert_eq!(
        error.message(),
        "X-Amz-Date must be formated via ISO8601 Long format"
    );
    assert_eq!(
        error.details(),
        [
            ("ArgumentName", "X-Amz-Date".into()),
            ("ArgumentValue", "2015-12-29".into())
        ]
    );
}

#[test]
fn a_policy_that_was_changed() {
    let policy = STANDARD.encode("{}");
    let signature = Signature::read(&fields(&v4(&policy)), true).unwrap();
    let error = signature.verify(&secret(), &SigningKeys::new(1)).unwrap_err();
    assert_eq!(
        (error.code(), error.status().as_u16()),
        ("SignatureDoesNotMatch", 403)
    );
    let names: Vec<_> = error.details().into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "AWSAccessKeyId",
            "StringToSign",
            "SignatureProvided",
            "StringToSignBytes"
        ]
    );
    let [(_, id), (_, text), ..] = &error.details()[..] else {
        panic!()
    };
    assert_eq!((id.as_str(), text), ("AKIAIOSFODNN7EXAMPLE", &policy));
    // Another key's, and one that is longer or shorter.
    let example = example_policy();
    let right = Signature::read(&fields(&v4(&example)), true).unwrap();
    let other = SecretAccessKey::parse("another-secret-key").unwrap();
    assert!(right.verify(&other, &SigningKeys::new(1)).is_err());
    for signature in [
        "",
        "8afdbf40",
        "8AFDBF4008C03F22C2CD3CDB72E4AFBB1F6A588F3255AC628749A66D7F09699E",
    ] {
        let mut pairs = v4(&example);
        pairs.pop();
        pairs.push(("X-Amz-Signature", signature));
        let wrong = Signature::read(&fields(&pairs), true).unwrap();
        assert!(
            wrong.verify(&secret(), &SigningKeys::new(1)).is_err(),
            "{signature}"
        );
    }
}

#[test]
fn session_tokens() {
    let mut pairs = v4("p");
    pairs.push(("x-amz-security-token", "token"));
    assert_eq!(
        Signature::read(&fields(&pairs), true).unwrap().session_token(),
        Some("token")
    );
    let v2 = [
        ("AWSAccessKeyId", "i"),
        ("signature", "s"),
        ("policy", "p"),
        ("X-Amz-Security-Token", "token"),
    ];
    assert_eq!(
        Signature::read(&fields(&v2), true).unwrap().session_token(),
        Some("token")
    );
}

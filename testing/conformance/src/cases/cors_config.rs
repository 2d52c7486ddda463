//! Put, Get and DeleteBucketCors: the document and its validation (facts/03 §1).
//!
//! What is refused leaves the configuration that was there. What follows from one is in `cors_preflight`,
//! `cors_examples` and `cors_actual`.

use crate::kit::{Answer, Bucket, Request, Signer, bucket, cases, crc32, endpoint, name, sha256};

cases! {
    "03 §1 the document comes back": round_trip, children_in_any_order, only_what_was_set;
    "03 §1 namespace optional": namespaces;
    "03 §1 texts are stored verbatim": verbatim;
    "03 §1 replaces the whole document": replaces_all;
    "03 §1 validation errors": refusals;
    "03 §1 MalformedXML": malformed;
    "03 §1 100 rules": hundred_rules;
    "03 §1 ID at most 255 characters, unique": ids;
    "03 §1 64 KB": sixty_four_kib;
    "03 §1 Content-MD5 or a checksum is required": integrity_is_required, digests, wrong_digests;
    "03 §1 GET without a configuration": none;
    "03 §1 DELETE answers 204, also when nothing was set": delete_is_idempotent;
    "03 §1 missing bucket": missing_bucket, bucket_made_again;
    "03 §1 permission": permission;
}

const PROLOG: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const XMLNS: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
const MALFORMED: &str =
    "The XML you provided was not well-formed or did not validate against our published schema";

/// The least that is a rule.
const RULE: &str = "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>";

pub(super) fn document(rules: &str) -> String {
    format!("<CORSConfiguration>{rules}</CORSConfiguration>")
}

/// Sets the bucket's configuration; it must work.
#[track_caller]
pub(super) fn configure(b: &Bucket, rules: &str) {
    put(b, rules).bare(200).lacks("content-type");
}

#[track_caller]
fn put(b: &Bucket, rules: &str) -> Answer {
    b.at("PUT", "cors").body(document(rules)).md5().send()
}

/// The configuration as it comes back, whole.
#[track_caller]
fn comes_back(b: &Bucket, rules: &str) {
    let answer = b.at("GET", "cors").send();
    answer.status(200).has("content-type", "application/xml");
    answer.is(format!(
        "{PROLOG}<CORSConfiguration {XMLNS}>{rules}</CORSConfiguration>"
    ));
}

/// A rule with the least, and this.
fn with(children: &str) -> String {
    RULE.replace("</CORSRule>", &format!("{children}</CORSRule>"))
}

/// The order of a rule's children is believed [B].
fn round_trip() {
    let b = bucket();
    let rules = "<CORSRule><ID>uploads</ID><AllowedMethod>PUT</AllowedMethod><AllowedMethod>POST</AllowedMethod>\
                 <AllowedMethod>DELETE</AllowedMethod><AllowedOrigin>http://www.example.com</AllowedOrigin>\
                 <AllowedOrigin>https://*.example.com</AllowedOrigin><AllowedHeader>*</AllowedHeader>\
                 <MaxAgeSeconds>3000</MaxAgeSeconds><ExposeHeader>x-amz-request-id</ExposeHeader>\
                 <ExposeHeader>ETag</ExposeHeader></CORSRule>\
                 <CORSRule><AllowedMethod>GET</AllowedMethod><AllowedMethod>HEAD</AllowedMethod>\
                 <AllowedOrigin>*</AllowedOrigin></CORSRule>";
    configure(&b, rules);
    comes_back(&b, rules);
    // As it came back, it can be put.
    let read = b.at("GET", "cors").send();
    b.at("PUT", "cors").body(&read.body).md5().send().bare(200);
    comes_back(&b, rules);
    // In a host as well.
    let host = endpoint().named(&format!("{}.s3.{}", b.name, endpoint().region));
    let got = Request::get("/?cors").host(&host).send();
    assert_eq!(got.status(200).text(), read.text());
}

fn children_in_any_order() {
    let b = bucket();
    configure(
        &b,
        "<CORSRule><ExposeHeader>b</ExposeHeader><AllowedOrigin>http://z</AllowedOrigin><MaxAgeSeconds>1</MaxAgeSeconds>\
         <AllowedHeader>z</AllowedHeader><AllowedMethod>PUT</AllowedMethod><ExposeHeader>a</ExposeHeader>\
         <AllowedHeader>a</AllowedHeader><AllowedOrigin>http://a</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
         <ID>one</ID></CORSRule>",
    );
    comes_back(
        &b,
        "<CORSRule><ID>one</ID><AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod>\
         <AllowedOrigin>http://z</AllowedOrigin><AllowedOrigin>http://a</AllowedOrigin><AllowedHeader>z</AllowedHeader>\
         <AllowedHeader>a</AllowedHeader><MaxAgeSeconds>1</MaxAgeSeconds><ExposeHeader>b</ExposeHeader>\
         <ExposeHeader>a</ExposeHeader></CORSRule>",
    );
}

fn only_what_was_set() {
    let b = bucket();
    configure(&b, RULE);
    comes_back(&b, RULE);
    let zero = with("<MaxAgeSeconds>0</MaxAgeSeconds>");
    configure(&b, &zero);
    comes_back(&b, &zero);
}

fn namespaces() {
    let b = bucket();
    for root in [
        "CORSConfiguration".to_owned(),
        format!("CORSConfiguration {XMLNS}"),
    ] {
        let body = format!("{PROLOG}<{root}>\n  {RULE}\n</CORSConfiguration>\n");
        b.at("PUT", "cors").body(body).md5().send().bare(200);
        comes_back(&b, RULE);
        b.at("DELETE", "cors").send().bare(204);
    }
}

/// "need not be a URL; not normalised; empty string accepted"; "case preserved"; "not checked to be a known header".
fn verbatim() {
    let b = bucket();
    let rules = "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>http://test.com:80</AllowedOrigin>\
                 <AllowedOrigin>HTTPS://Test.COM/</AllowedOrigin><AllowedOrigin>localhost:4566</AllowedOrigin>\
                 <AllowedOrigin>*.suffix</AllowedOrigin><AllowedOrigin>start*end</AllowedOrigin>\
                 <AllowedOrigin>a &amp; b</AllowedOrigin><AllowedOrigin>null</AllowedOrigin><AllowedOrigin></AllowedOrigin>\
                 <AllowedHeader>x-AMZ-server-SIDE-encryption</AllowedHeader><AllowedHeader>X-Amz-*</AllowedHeader>\
                 <ExposeHeader>GET</ExposeHeader><ExposeHeader>Not-A-Known-Header</ExposeHeader></CORSRule>";
    configure(&b, rules);
    comes_back(&b, rules);
}

fn replaces_all() {
    let b = bucket();
    configure(&b, &(with("<ID>one</ID>") + &with("<ID>two</ID>")));
    configure(&b, RULE);
    comes_back(&b, RULE);
}

/// A rule's changed part, and the message, all 400 InvalidRequest: the table of validation errors.
const REFUSALS: &[(&str, &str)] = &[
    (
        "<AllowedMethod>MYMETHOD</AllowedMethod>",
        "Found unsupported HTTP method in CORS config. Unsupported method is MYMETHOD",
    ),
    (
        "<AllowedMethod>get</AllowedMethod>",
        "Found unsupported HTTP method in CORS config. Unsupported method is get",
    ),
    (
        "<AllowedMethod>OPTIONS</AllowedMethod>",
        "Found unsupported HTTP method in CORS config. Unsupported method is OPTIONS",
    ),
    (
        "<AllowedMethod>PATCH</AllowedMethod>",
        "Found unsupported HTTP method in CORS config. Unsupported method is PATCH",
    ),
    (
        "<AllowedMethod>*</AllowedMethod>",
        "Found unsupported HTTP method in CORS config. Unsupported method is *",
    ),
    (
        "<AllowedMethod/>",
        "Found unsupported HTTP method in CORS config. Unsupported method is ",
    ),
    (
        "<AllowedOrigin>http://*.example.*</AllowedOrigin>",
        "AllowedOrigin \"http://*.example.*\" can not have more than one wildcard.",
    ),
    (
        "<AllowedOrigin>**</AllowedOrigin>",
        "AllowedOrigin \"**\" can not have more than one wildcard.",
    ),
    (
        "<AllowedHeader>*-amz-*</AllowedHeader>",
        "AllowedHeader \"*-amz-*\" can not have more than one wildcard.",
    ),
    (
        "<AllowedHeader>x amz</AllowedHeader>",
        "AllowedHeader \"x amz\" contains invalid character.",
    ),
    (
        "<AllowedHeader>x:amz</AllowedHeader>",
        "AllowedHeader \"x:amz\" contains invalid character.",
    ),
    (
        "<AllowedHeader>x/amz</AllowedHeader>",
        "AllowedHeader \"x/amz\" contains invalid character.",
    ),
    (
        "<AllowedHeader>größe</AllowedHeader>",
        "AllowedHeader \"größe\" contains invalid character.",
    ),
    // "same word AllowedHeader for both".
    (
        "<ExposeHeader>x amz</ExposeHeader>",
        "AllowedHeader \"x amz\" contains invalid character.",
    ),
    (
        "<ExposeHeader>x:amz</ExposeHeader>",
        "AllowedHeader \"x:amz\" contains invalid character.",
    ),
    (
        "<ExposeHeader>*</ExposeHeader>",
        "We currently do not support wildcard for ExposeHeader.",
    ),
    (
        "<ExposeHeader>x-amz-*</ExposeHeader>",
        "We currently do not support wildcard for ExposeHeader.",
    ),
];

fn refusals() {
    let b = bucket();
    configure(&b, RULE);
    for (children, message) in REFUSALS {
        // Whichever rule it is in.
        for rules in [
            with(children),
            format!("{RULE}{}", with(children)),
            with(children) + RULE,
        ] {
            println!("{rules}");
            put(&b, &rules).error(400, "InvalidRequest", message, &[]);
        }
    }
    comes_back(&b, RULE);
}

fn malformed() {
    let b = bucket();
    configure(&b, RULE);
    let twice = |element: &str| with(&element.repeat(2));
    for body in [
        "not XML".to_owned(),
        "<CORSConfiguration>".to_owned(),
        document(RULE) + "<more/>",
        RULE.to_owned(),
        format!("<Configuration>{RULE}</Configuration>"),
        document(""),
        "<CORSConfiguration/>".to_owned(),
        document("<CORSRule/>"),
        document(&format!("{RULE}<CORSRule/>")),
        document("<CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule>"),
        document("<CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule>"),
        document("<Rule/>"),
        document(&with("<Other/>")),
        document(&with("<MaxAgeSeconds>soon</MaxAgeSeconds>")),
        document(&twice("<MaxAgeSeconds>1</MaxAgeSeconds>")),
        document(&twice("<ID>1</ID>")),
        format!(
            "<!DOCTYPE x [<!ENTITY e \"GET\">]>{}",
            document(&RULE.replace("GET", "&e;"))
        ),
    ] {
        println!("{body}");
        let answer = b.at("PUT", "cors").body(&body).md5().send();
        answer.error(400, "MalformedXML", MALFORMED, &[]);
    }
    let answer = b.at("PUT", "cors").body("").md5().send();
    answer.code(400, "MissingRequestBodyError");
    comes_back(&b, RULE);
}

fn hundred_rules() {
    let b = bucket();
    let rules = |count| {
        (1..=count)
            .map(|number| with(&format!("<MaxAgeSeconds>{number}</MaxAgeSeconds>")))
            .collect::<String>()
    };
    configure(&b, &rules(100));
    comes_back(&b, &rules(100));
    let message = "The number of CORS rules should not exceed allowed limit of 100 rules.";
    put(&b, &rules(101)).error(400, "InvalidRequest", message, &[]);
    comes_back(&b, &rules(100));
}

/// The codes are unsettled, and uniqueness is believed [B].
fn ids() {
    let b = bucket();
    let rule = |id: &str| with("").replace("<CORSRule>", &format!("<CORSRule><ID>{id}</ID>"));
    for id in ["i".repeat(255), "ü".repeat(255), "a b/ö".to_owned()] {
        configure(&b, &rule(&id));
        comes_back(&b, &rule(&id));
    }
    let kept = rule("one") + &rule("two") + RULE;
    configure(&b, &kept);
    for refused in [rule(&"i".repeat(256)), rule("one") + RULE + &rule("one")] {
        let answer = put(&b, &refused);
        let error = answer.xml();
        assert!(
            answer.status == 400 && matches!(error.get("Code"), "InvalidRequest" | "MalformedXML"),
            "{answer}"
        );
    }
    comes_back(&b, &kept);
}

/// Which of two codes is unsettled [B].
fn sixty_four_kib() {
    let b = bucket();
    // 1450 origins, and spaces up to the limit: what is stored is nearly as large.
    let origins = (0..1450).map(|number| format!("<AllowedOrigin>http://{number:07}</AllowedOrigin>"));
    let rules = format!(
        "<CORSRule><AllowedMethod>GET</AllowedMethod>{}</CORSRule>",
        origins.collect::<String>()
    );
    let body = |bytes: usize| {
        let body = document(&rules);
        format!("{body}{}", " ".repeat(bytes - body.len()))
    };
    b.at("PUT", "cors").body(body(65_536)).md5().send().bare(200);
    comes_back(&b, &rules);
    let answer = b.at("PUT", "cors").body(body(65_537)).md5().send();
    let error = answer.xml();
    assert!(
        answer.status == 400 && matches!(error.get("Code"), "EntityTooLarge" | "MaxMessageLengthExceeded"),
        "{answer}"
    );
    comes_back(&b, &rules);
    // The last of them is found, too.
    let preflight = b.at("OPTIONS", "").anonymous();
    let answer = preflight.cors(Some("http://0001449"), Some("GET"), None).send();
    answer
        .bare(200)
        .has("access-control-allow-origin", "http://0001449");
}

/// Two wordings are known, of 2021 and of now.
fn integrity_is_required() {
    let b = bucket();
    for request in [
        b.at("PUT", "cors"),
        // What the signature covers is no such header.
        b.at("PUT", "cors")
            .header("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
    ] {
        let answer = request.body(document(RULE)).send();
        let message = answer.code(400, "InvalidRequest").get("Message").to_owned();
        let known = "Missing required header for this request: Content-MD5";
        assert!(
            message == known || message == format!("{known} OR x-amz-checksum-*"),
            "{message}"
        );
    }
    b.at("GET", "cors").send().code(404, "NoSuchCORSConfiguration");
}

fn digests() {
    let body = document(RULE);
    let sha = crate::kit::base64(sha256(&body));
    for headers in [
        &[("x-amz-checksum-crc32", crc32(&body).as_str())][..],
        &[("x-amz-checksum-sha256", &sha)],
        &[
            ("x-amz-checksum-crc32", &crc32(&body)),
            ("x-amz-sdk-checksum-algorithm", "CRC32"),
        ],
    ] {
        let b = bucket();
        b.at("PUT", "cors").body(&body).headers(headers).send().bare(200);
        comes_back(&b, RULE);
    }
}

fn wrong_digests() {
    let b = bucket();
    let (body, other) = (document(RULE), crate::kit::md5_base64("other"));
    for (header, value, code) in [
        ("content-md5", "not base64", "InvalidDigest"),
        ("content-md5", &other, "BadDigest"),
        ("x-amz-checksum-crc32", &crc32("other"), "BadDigest"),
        ("x-amz-checksum-crc32", "short", "InvalidRequest"),
        ("x-amz-sdk-checksum-algorithm", "CRC32", "InvalidRequest"),
    ] {
        let answer = b.at("PUT", "cors").body(&body).header(header, value).send();
        answer.code(400, code);
    }
    // Announced for a trailer that never comes: nothing of the body was checked.
    let answer = b.at("PUT", "cors").body(&body);
    let answer = answer.header("x-amz-trailer", "x-amz-checksum-crc32").send();
    answer.code(400, "InvalidRequest");
    b.at("GET", "cors").send().code(404, "NoSuchCORSConfiguration");
}

fn none() {
    let b = bucket();
    let answer = b.at("GET", "cors").send();
    let message = "The CORS configuration does not exist";
    answer.error(
        404,
        "NoSuchCORSConfiguration",
        message,
        &[("BucketName", &b.name)],
    );
}

fn delete_is_idempotent() {
    let b = bucket();
    b.at("DELETE", "cors").send().bare(204);
    configure(&b, RULE);
    for _ in 0..2 {
        b.at("DELETE", "cors").send().bare(204);
        b.at("GET", "cors").send().code(404, "NoSuchCORSConfiguration");
    }
    b.at("HEAD", "").send().status(200);
}

fn missing_bucket() {
    let missing = name("missing");
    for method in ["GET", "PUT", "DELETE"] {
        let mut request = Request::new(method, &format!("/{missing}?cors"));
        if method == "PUT" {
            request = request.body(document(RULE)).md5();
        }
        let message = "The specified bucket does not exist";
        request
            .send()
            .error(404, "NoSuchBucket", message, &[("BucketName", &missing)]);
    }
    Request::new("HEAD", &format!("/{missing}")).send().bare(404);
}

/// The configuration is the bucket's, not the name's.
fn bucket_made_again() {
    let b = bucket();
    configure(&b, RULE);
    b.at("DELETE", "").send().bare(204);
    b.create();
    b.at("GET", "cors").send().code(404, "NoSuchCORSConfiguration");
}

fn permission() {
    let b = bucket();
    configure(&b, RULE);
    let stranger = Signer {
        secret_key: "not-the-secret-not-the-secret-not-the-ss".into(),
        ..Signer::of(endpoint())
    };
    for method in ["GET", "PUT", "DELETE"] {
        let request = b.at(method, "cors").body(document(&with(""))).md5();
        request.clone().anonymous().send().code(403, "AccessDenied");
        request
            .clone()
            .signed_by(&stranger)
            .send()
            .code(403, "SignatureDoesNotMatch");
        let owner = request.header("x-amz-expected-bucket-owner", "111111111111");
        owner.send().code(403, "AccessDenied");
    }
    comes_back(&b, RULE);
}

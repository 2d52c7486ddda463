//! Scenes of seeds 001 and 003, and the text for people.

use std::borrow::Cow;

use cairn_protocol::documents::CORS_BYTES_MAX;

use super::*;
use crate::{AllowedOrigin, RULES_MAX};

fn configuration(json: &str) -> CorsConfiguration {
    CorsConfiguration::from_file(json.as_bytes()).unwrap()
}

fn request<'a>(method: &'a str, origin: &'a str) -> Request<'a> {
    Request {
        method,
        resource: Resource::Object,
        origin: Some(Cow::Borrowed(origin)),
        requested_method: None,
        requested_headers: None,
    }
}

fn preflight<'a>(origin: &'a str, method: &'a str, headers: &'a str) -> Request<'a> {
    Request {
        requested_method: Some(Cow::Borrowed(method)),
        requested_headers: Some(Cow::Borrowed(headers)),
        ..request("OPTIONS", origin)
    }
}

fn hints(explanation: &Explanation) -> Vec<Hint> {
    let hints = explanation.hints.iter();
    hints.map(|advice| advice.hint.clone()).collect()
}

fn steps(configuration: &CorsConfiguration, request: &Request<'_>) -> Vec<String> {
    let change = explain(configuration, request, &Page::default()).change;
    change.map(|change| change.steps).unwrap_or_default()
}

const UPLOADS: &str = r#"[
    {"ID": "uploads", "AllowedOrigins": ["https://app.example.com"], "AllowedMethods": ["PUT", "POST"],
     "AllowedHeaders": ["content-type", "x-amz-*"], "MaxAgeSeconds": 600},
    {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}
]"#;

#[test]
fn a_refused_preflight_for_people() {
    let explanation = explain(
        &configuration(UPLOADS),
        &preflight("http://app.example.com", "PUT", "content-type,x-amz-acl"),
        &Page::default(),
    );
    assert_eq!(
        explanation.to_string(),
        r#"Request     preflight for PUT from http://app.example.com
            with the headers content-type, x-amz-acl
Verdict     not allowed: no rule allows the origin, the method and every requested header
Answer      403 AccessForbidden
            CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.
            <Method>PUT</Method>
            <ResourceType>OBJECT</ResourceType>
Rule        1 (uploads): does not match
            origin: no, only https://app.example.com
            method: yes, one of PUT, POST
            headers: yes, content-type, x-amz-acl by x-amz-*
Rule        2: does not match
            origin: yes, *
            method: no, only GET
            headers: no, not content-type, x-amz-acl; only none
Hint        rule 1 almost allows the origin, with https://app.example.com. What differs: the scheme (http or https). An origin is scheme, host and port, compared character by character
Change      add AllowedOrigin http://app.example.com to rule 1, which allows PUT, POST
            that makes, as XML:
<?xml version="1.0" encoding="UTF-8"?>
<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <CORSRule>
    <ID>uploads</ID>
    <AllowedMethod>PUT</AllowedMethod>
    <AllowedMethod>POST</AllowedMethod>
    <AllowedOrigin>https://app.example.com</AllowedOrigin>
    <AllowedOrigin>http://app.example.com</AllowedOrigin>
    <AllowedHeader>content-type</AllowedHeader>
    <AllowedHeader>x-amz-*</AllowedHeader>
    <MaxAgeSeconds>600</MaxAgeSeconds>
  </CORSRule>
  <CORSRule>
    <AllowedMethod>GET</AllowedMethod>
    <AllowedOrigin>*</AllowedOrigin>
  </CORSRule>
</CORSConfiguration>
            or as JSON:
[
  {
    "ID": "uploads",
    "AllowedHeaders": [
      "content-type",
      "x-amz-*"
    ],
    "AllowedMethods": [
      "PUT",
      "POST"
    ],
    "AllowedOrigins": [
      "https://app.example.com",
      "http://app.example.com"
    ],
    "MaxAgeSeconds": 600
  },
  {
    "AllowedMethods": [
      "GET"
    ],
    "AllowedOrigins": [
      "*"
    ]
  }
]
"#
    );
}

#[test]
fn an_allowed_request_for_people_and_for_programs() {
    let explanation = explain(
        &configuration(UPLOADS),
        &request("GET", "http://a"),
        &Page::default(),
    );
    assert_eq!(
        explanation.to_string(),
        "\
Request     GET from http://a
Verdict     allowed by rule 2: it is the first rule that allows the origin, the method and every requested header
Answer      the response has
            access-control-allow-origin: *
            access-control-allow-methods: GET
            vary: Origin, Access-Control-Request-Headers, Access-Control-Request-Method
Rule        1 (uploads): does not match
            origin: no, only https://app.example.com
            method: no, only PUT, POST
            headers: yes, none requested
Rule        2: decides
            origin: yes, *
            method: yes, one of GET
            headers: yes, none requested
Hint        should the page be refused all the same, its browser may have kept an answer to an earlier request of this URL without Origin (an <img> without crossorigin, a link that was opened): such an answer has no CORS headers, and no Vary header that would say so. Give the element crossorigin, or fetch with cache: \"no-store\"
"
    );
    let json = serde_json::to_value(&explanation).unwrap();
    assert_eq!(json["verdict"]["allowed"], true);
    assert_eq!(json["verdict"]["rule"], 2);
    assert_eq!(json["verdict"]["because"], "rule");
    assert_eq!(json["verdict"]["seen"]["is"], "allowed");
    assert_eq!(
        json["rules"][0]["origin"]["allowed"][0],
        "https://app.example.com"
    );
    assert_eq!(json["change"], serde_json::Value::Null);
}

#[test]
fn a_hint_is_a_name_and_a_sentence() {
    let page = Page {
        redirected: Some(Redirect {
            host: "b.s3.test",
            to: "https://b.s3.eu-west-1.test/k",
        }),
        ..Page::default()
    };
    let explanation = explain(&configuration(UPLOADS), &preflight("null", "PUT", ""), &page);
    let json = serde_json::to_value(&explanation).unwrap();
    let hint = &json["hints"][0];
    assert_eq!(hint["hint"], "redirected");
    assert_eq!(hint["host"], "b.s3.test");
    assert_eq!(hint["to"], "https://b.s3.eu-west-1.test/k");
    assert!(
        hint["text"]
            .as_str()
            .unwrap()
            .contains("does not follow a redirect of a preflight")
    );
    assert_eq!(json["hints"][1]["hint"], "null-origin");
}

// Seed 001: the bucket has none.
#[test]
fn a_bucket_without_configuration_gets_one_rule() {
    let explanation = explain(
        None,
        &preflight("http://a", "PUT", "X-B, x-b,x-c"),
        &Page::default(),
    );
    assert_eq!(explanation.verdict.because, Because::NotConfigured);
    let change = explanation.change.unwrap();
    assert_eq!(
        change.steps,
        ["add rule 1 with AllowedOrigin http://a, AllowedMethod PUT and AllowedHeader x-b, x-c"]
    );
    assert_eq!(
        change.configuration,
        configuration(
            r#"[{"AllowedOrigins": ["http://a"], "AllowedMethods": ["PUT"], "AllowedHeaders": ["x-b", "x-c"]}]"#
        )
    );
}

// Seed 001: origin, method, headers.
#[test]
fn a_rule_that_lacks_one_kind_is_extended() {
    let uploads = configuration(UPLOADS);
    let app = "https://app.example.com";
    assert_eq!(
        steps(&uploads, &preflight("https://b", "PUT", "")),
        ["add AllowedOrigin https://b to rule 1, which allows PUT, POST"]
    );
    assert_eq!(
        steps(&uploads, &preflight(app, "DELETE", "")),
        ["add AllowedMethod DELETE to rule 1"]
    );
    assert_eq!(
        steps(
            &uploads,
            &preflight(app, "PUT", "Authorization,content-md5,x-amz-acl")
        ),
        [
            "add AllowedHeader authorization to rule 1",
            "add AllowedHeader content-md5 to rule 1"
        ]
    );
    // Rule 1 lacks the origin, rule 2 nothing but the headers, and those are fewer.
    assert_eq!(
        steps(&uploads, &preflight("https://b", "GET", "range")),
        ["add AllowedHeader range to rule 2"]
    );
}

#[test]
fn where_every_rule_lacks_two_kinds_a_rule_is_added() {
    let one = r#"{"AllowedOrigins": ["http://a"], "AllowedMethods": ["PUT", "DELETE"]}"#;
    let few = configuration(&format!("[{one}]"));
    assert_eq!(
        steps(&few, &preflight("http://b", "GET", "")),
        ["add rule 2 with AllowedOrigin http://b, AllowedMethod GET"]
    );
    let full = configuration(&format!("[{}]", vec![one; RULES_MAX].join(",")));
    assert_eq!(
        steps(&full, &preflight("http://b", "GET", "")),
        [
            "add AllowedOrigin http://b to rule 1, which allows PUT, DELETE",
            "add AllowedMethod GET to rule 1"
        ]
    );
}

#[test]
fn what_no_configuration_can_allow_has_no_change() {
    let uploads = configuration(UPLOADS);
    for (request, hint) in [
        (
            preflight("http://a", "PATCH", ""),
            Some(Hint::MethodNotConfigurable {
                method: "PATCH".into(),
            }),
        ),
        (
            request("put", "http://a"),
            Some(Hint::MethodNotConfigurable { method: "put".into() }),
        ),
        (preflight("http://a", "PUT", "a b"), None),
        (preflight("http://*", "PUT", ""), Some(Hint::SplitOverRules)),
        (preflight("https://b", "PUT", "content-*"), None),
    ] {
        let explanation = explain(&uploads, &request, &Page::default());
        assert!(!explanation.verdict.allowed);
        assert_eq!(explanation.change, None, "{request:?}");
        assert_eq!(hints(&explanation).first(), hint.as_ref(), "{request:?}");
    }
    // A document that is full cannot take more.
    let origins = vec![AllowedOrigin::new("a".repeat(CORS_BYTES_MAX / 4)).unwrap(); 4];
    let rule = Rule {
        allowed_methods: vec![Method::Get],
        allowed_origins: origins,
        ..Rule::default()
    };
    let large = CorsConfiguration::new(vec![rule]).unwrap();
    assert_eq!(steps(&large, &request("GET", "http://a")), Vec::<String>::new());
    // One that has no room for spaces takes it.
    let rule = Rule {
        allowed_methods: vec![Method::Get],
        allowed_origins: vec![AllowedOrigin::new("").unwrap(); CORS_BYTES_MAX / 33],
        ..Rule::default()
    };
    let large = CorsConfiguration::new(vec![rule]).unwrap();
    let change = explain(&large, &request("GET", "http://a"), &Page::default())
        .change
        .unwrap();
    assert_eq!(
        CorsConfiguration::from_xml(change.xml.as_bytes()),
        Ok(change.configuration)
    );
}

// Seed 001: "Headers not found in CORS response".
#[test]
fn headers_that_are_not_exposed() {
    let page = Page {
        reads: &["ETag", "Content-Length", "X-Amz-Meta-A", "etag"],
        ..Page::default()
    };
    let exposing = configuration(
        r#"[{"AllowedOrigins": ["http://a"], "AllowedMethods": ["GET"], "ExposeHeaders": ["x-amz-meta-a"]}]"#,
    );
    let explanation = explain(&exposing, &request("GET", "http://a"), &page);
    assert_eq!(
        hints(&explanation),
        [Hint::NotExposed {
            headers: vec!["ETag".into()]
        }]
    );
    assert_eq!(
        explanation.change.unwrap().steps,
        ["add ExposeHeader ETag to rule 1"]
    );
    // In one go with what allows the request.
    let explanation = explain(&exposing, &request("PUT", "http://a"), &page);
    assert_eq!(
        explanation.change.unwrap().steps,
        [
            "add AllowedMethod PUT to rule 1",
            "add ExposeHeader ETag to rule 1"
        ]
    );
}

#[test]
fn any_origin_with_credentials() {
    let page = Page {
        credentials: true,
        ..Page::default()
    };
    let any = configuration(UPLOADS);
    let explanation = explain(&any, &request("GET", "http://a"), &page);
    assert_eq!(hints(&explanation), [Hint::AnyOriginWithCredentials]);
    let change = explanation.change.unwrap();
    assert_eq!(change.steps.len(), 1);
    assert_eq!(
        decide(&change.configuration, &request("GET", "http://a")).headers()[0],
        ("access-control-allow-origin", "http://a".to_owned())
    );
    // Other origins are answered as before.
    assert_eq!(
        decide(&change.configuration, &request("GET", "http://b")),
        decide(&any, &request("GET", "http://b"))
    );
}

// Seed 001: "Considerations of CORS on S3 proxy integrations".
#[test]
fn a_proxy_that_strips_the_origin() {
    let uploads = configuration(UPLOADS);
    let stripped = Request {
        origin: None,
        ..preflight("", "PUT", "")
    };
    let explanation = explain(&uploads, &stripped, &Page::default());
    assert_eq!(hints(&explanation), [Hint::OriginStripped]);
    assert_eq!(explanation.change, None);
    let plain = Request {
        origin: None,
        ..request("GET", "")
    };
    assert_eq!(hints(&explain(&uploads, &plain, &Page::default())), []);
    let page = Page {
        proxied: true,
        ..Page::default()
    };
    assert_eq!(
        hints(&explain(&uploads, &plain, &page)),
        [Hint::OriginStripped, Hint::Proxied]
    );
}

// A browser that asked without Origin before keeps an answer that no page may read.
#[test]
fn an_answer_kept_from_a_request_without_origin() {
    let rules = configuration(r#"[{"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "HEAD", "PUT"]}]"#);
    let of = |request: &Request<'_>, page: &Page<'_>| hints(&explain(&rules, request, page));
    let none = Page::default();
    assert_eq!(
        of(&request("GET", "http://a"), &none),
        [Hint::CachedWithoutOrigin]
    );
    assert_eq!(
        of(&preflight("http://a", "GET", ""), &none),
        [Hint::CachedWithoutOrigin]
    );
    let page = Page {
        proxied: true,
        ..none
    };
    assert_eq!(
        of(&request("GET", "http://a"), &page),
        [Hint::CachedWithoutOrigin, Hint::Proxied]
    );
    // What is seen to go wrong explains more; and only GET's answers are kept.
    let page = Page {
        credentials: true,
        ..none
    };
    assert_eq!(
        of(&request("GET", "http://a"), &page),
        [Hint::AnyOriginWithCredentials]
    );
    assert_eq!(of(&request("PUT", "http://a"), &none), []);
    assert_eq!(of(&request("HEAD", "http://a"), &none), []);
    let refused = preflight("http://a", "GET", "x-a");
    assert!(!of(&refused, &none).contains(&Hint::CachedWithoutOrigin));
}

#[test]
fn origins_that_almost_match() {
    use Difference::*;
    for (allowed, origin, differs) in [
        ("https://a.test", "http://a.test", &[Scheme][..]),
        ("http://a.test:8080", "http://a.test", &[Port]),
        ("http://a.test", "http://a.test:8080", &[Port]),
        ("http://a.test:80", "http://a.test", &[Port]),
        ("https://a.test:1", "http://a.test:2", &[Scheme, Port]),
        ("http://a.test/", "http://a.test", &[SlashInRule]),
        ("http://a.test", "http://a.test/", &[SlashInRequest]),
        ("http://a.test/app/*", "http://a.test", &[Path]),
        ("a.test", "http://a.test", &[NoScheme]),
        ("a.test:8080/", "http://a.test", &[NoScheme, Port, SlashInRule]),
        ("http://A.test", "http://a.test", &[LetterCase]),
        ("https://*.test", "http://a.test", &[Scheme]),
        ("https://[::1]:8080", "https://[::1]", &[Port]),
        // Unlike, or the same.
        ("http://b.test", "http://a.test", &[]),
        ("http://a.test", "http://a.test", &[]),
        ("http://*", "null", &[]),
        ("", "http://a.test", &[]),
    ] {
        let near = NearMiss::of(&AllowedOrigin::new(allowed).unwrap(), origin);
        let found = near.map(|near| near.differs).unwrap_or_default();
        assert_eq!(found, differs, "{allowed} {origin}");
    }
}

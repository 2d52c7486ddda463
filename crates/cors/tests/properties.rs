//! What holds for every configuration and every request (issue 4, last bullet of its tests).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test reports by failing"
)]

use std::borrow::Cow;

use cairn_cors::explanation::{Page, explain};
use cairn_cors::{
    AllowedHeader, AllowedOrigin, Answer, Because, BucketCors, CorsConfiguration, ExposeHeader, Method,
    RULES_MAX, Request, Resource, Rule, decide,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// The pattern read letter by letter, each way it could be read.
fn slow(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, text) => text.is_none(),
        (Some((b'*', rest)), None) => slow(rest, text),
        (Some((b'*', rest)), Some((_, later))) => slow(rest, text) || slow(pattern, later),
        (Some((wanted, rest)), Some((found, later))) => wanted == found && slow(rest, later),
        (Some(_), None) => false,
    }
}

/// A text with at most one `*`, of few letters, so that texts and patterns meet.
fn pattern() -> impl Strategy<Value = String> {
    prop_oneof!["[abA.-]{0,6}", "[abA.-]{0,3}\\*[abA.-]{0,3}"]
}

const ORIGINS: &[&str] = &[
    "http://a.test",
    "https://a.test",
    "http://b.test:8080",
    "http://b.test",
    "null",
    "localhost:4566",
    "HTTP://A.TEST",
    "http://a.test/",
    "http://a.test:80",
    "*",
    "",
];
const ALLOWED_ORIGINS: &[&str] = &[
    "*",
    "http://a.test",
    "http://*.test",
    "https://*",
    "http*://b.test:8080",
    "http://a.test/",
    "a.test",
    "*:8080",
    "<&\">",
    "é \u{1}",
    "",
];
const HEADERS: &[&str] = &[
    "x-amz-acl",
    "Content-Type",
    "x-amz-meta-a",
    "authorization",
    "x-b",
    "a*b",
];
const ALLOWED_HEADERS: &[&str] = &["*", "x-amz-*", "Content-Type", "X-*-A", "authorization", ""];
const EXPOSED: &[&str] = &["ETag", "x-amz-request-id", "x-amz-meta-a", ""];

fn allowed_origin() -> impl Strategy<Value = AllowedOrigin> {
    let any = any::<String>().prop_filter_map("one wildcard, and no NUL, which XML cannot say", |text| {
        (!text.contains(['\0', '\r']))
            .then(|| AllowedOrigin::new(text).ok())
            .flatten()
    });
    prop_oneof![4 => select(ALLOWED_ORIGINS).prop_map(|text| AllowedOrigin::new(text).unwrap()), 1 => any]
}

fn rule() -> impl Strategy<Value = Rule> {
    (
        prop::collection::vec(allowed_origin(), 1..4),
        subsequence(Method::ALL.to_vec(), 1..=3).prop_shuffle(),
        subsequence(ALLOWED_HEADERS, 0..=2).prop_shuffle(),
        subsequence(EXPOSED, 0..=2),
        any::<Option<i32>>(),
    )
        .prop_map(
            |(allowed_origins, allowed_methods, headers, exposed, max_age_seconds)| Rule {
                id: None,
                allowed_methods,
                allowed_origins,
                allowed_headers: headers
                    .into_iter()
                    .map(|name| AllowedHeader::new(name).unwrap())
                    .collect(),
                max_age_seconds,
                expose_headers: exposed
                    .into_iter()
                    .map(|name| ExposeHeader::new(name).unwrap())
                    .collect(),
            },
        )
}

fn configuration() -> impl Strategy<Value = CorsConfiguration> {
    let few = prop::collection::vec(rule(), 1..5);
    let full = rule().prop_map(|rule| vec![rule; RULES_MAX]);
    (prop_oneof![20 => few, 1 => full], any::<bool>()).prop_map(|(mut rules, ids)| {
        for (rule, number) in rules.iter_mut().zip(0..) {
            // Numbers, with what XML escapes.
            rule.id = (ids && number % 3 != 1).then(|| format!("<{number}> & \"ü\""));
        }
        CorsConfiguration::new(rules).unwrap()
    })
}

fn bucket_state() -> impl Strategy<Value = Option<CorsConfiguration>> {
    prop::option::weighted(0.9, configuration())
}

/// A request as its parts.
#[derive(Debug, Clone)]
struct Parts {
    method: String,
    resource: Resource,
    origin: Option<String>,
    requested_method: Option<String>,
    headers: Option<Vec<String>>,
}

impl Parts {
    fn request(&self) -> Request<'_> {
        Request {
            method: &self.method,
            resource: self.resource,
            origin: self.origin.as_deref().map(Cow::Borrowed),
            requested_method: self.requested_method.as_deref().map(Cow::Borrowed),
            requested_headers: self.headers.as_ref().map(|names| Cow::Owned(names.join(","))),
        }
    }

    /// Whether some configuration can name exactly this.
    fn can_be_allowed(&self) -> bool {
        let asks = match &self.requested_method {
            Some(method) => method,
            None => &self.method,
        };
        let printable = |origin: &str| origin.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let is_token = |name: &String| AllowedHeader::new(name.as_str()).is_ok() && !name.contains('*');
        Method::parse(asks).is_some()
            && self
                .origin
                .as_deref()
                .is_some_and(|origin| printable(origin) && !origin.contains('*'))
            && self.headers.iter().flatten().all(is_token)
    }
}

fn parts() -> impl Strategy<Value = Parts> {
    let methods = select(vec![
        "GET", "PUT", "HEAD", "POST", "DELETE", "OPTIONS", "PATCH", "put", "",
    ]);
    let header = prop_oneof![
        8 => select(HEADERS).prop_map(str::to_owned),
        1 => "[!-~]{0,6}",
    ];
    (
        prop_oneof![
            Just("OPTIONS".to_owned()),
            methods.clone().prop_map(str::to_owned)
        ],
        select(vec![Resource::Bucket, Resource::Object]),
        prop::option::weighted(
            0.9,
            prop_oneof![6 => select(ORIGINS).prop_map(str::to_owned), 1 => any::<String>()],
        ),
        prop::option::weighted(0.8, methods.prop_map(str::to_owned)),
        prop::option::of(prop::collection::vec(header, 0..4)),
    )
        .prop_map(|(method, resource, origin, requested_method, headers)| Parts {
            method,
            resource,
            origin,
            requested_method,
            headers,
        })
}

fn page() -> impl Strategy<Value = Page<'static>> {
    const READS: &[&[&str]] = &[
        &[],
        &["etag", "ETag"],
        &["x-amz-request-id", "Content-Type", "not a name"],
    ];
    (select(READS), any::<bool>(), any::<bool>()).prop_map(|(reads, credentials, proxied)| Page {
        reads,
        credentials,
        redirected: proxied.then_some(cairn_cors::explanation::Redirect {
            host: "b.s3.test",
            to: "https://b.s3.eu-west-1.test/",
        }),
        proxied,
    })
}

/// Letter case and spaces, by a sequence of choices.
fn respelled(names: &[String], choices: &[u8]) -> String {
    let mut choices = choices.iter().copied().cycle();
    let mut out = String::new();
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        for _ in 0..choices.next().unwrap() % 3 {
            out.push(if choices.next().unwrap() % 2 == 0 {
                ' '
            } else {
                '\t'
            });
        }
        for c in name.chars() {
            out.push(if choices.next().unwrap() % 2 == 0 {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            });
        }
        for _ in 0..choices.next().unwrap() % 2 {
            out.push(' ');
        }
    }
    out
}

proptest! {
    #[test]
    fn wildcards_are_what_they_seem(pattern in pattern(), text in "[abA.-]{0,8}") {
        let origin = AllowedOrigin::new(pattern.as_str()).unwrap();
        prop_assert_eq!(origin.allows(&text), slow(pattern.as_bytes(), text.as_bytes()));
        let header = AllowedHeader::new(pattern.as_str()).unwrap();
        let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
        prop_assert_eq!(header.allows(&text), slow(pattern.as_bytes(), text.as_bytes()));
        prop_assert_eq!(header.allows(&text.to_uppercase()), header.allows(&text));
    }

    #[test]
    fn case_and_spacing_of_headers_do_not_matter(
        configuration in configuration(),
        parts in parts(),
        choices in prop::collection::vec(any::<u8>(), 1..40),
        upper in any::<bool>(),
    ) {
        // The error about an illegal name repeats it as it came.
        let names = parts.headers.clone().unwrap_or_default();
        prop_assume!(names.iter().all(|name| AllowedHeader::new(name.replace('*', "")).is_ok()));
        let plain = decide(&configuration, &parts.request());
        let spelled = Request {
            requested_headers: parts.headers.as_ref().map(|names| Cow::Owned(respelled(names, &choices))),
            ..parts.request()
        };
        prop_assert_eq!(&decide(&configuration, &spelled), &plain);

        // Neither does the case of the rule's headers …
        let rules = configuration.rules().iter().cloned().map(|mut rule| {
            rule.allowed_headers = rule
                .allowed_headers
                .iter()
                .map(|name| AllowedHeader::new(name.as_str().to_ascii_uppercase()).unwrap())
                .collect();
            rule
        });
        let shouted = CorsConfiguration::new(rules.collect()).unwrap();
        prop_assert_eq!(&decide(&shouted, &spelled), &plain);

        // … nor the case of the header's own name, nor on how many lines its value is.
        let name = |name: &str| {
            let name = if upper { name.to_uppercase() } else { name.to_owned() };
            HeaderName::from_bytes(name.as_bytes()).unwrap()
        };
        let mut headers = HeaderMap::new();
        let mut wire = true;
        let mut put = |header: &str, value: &str| match HeaderValue::from_str(value) {
            Ok(value) => {
                headers.append(name(header), value);
            }
            Err(_) => wire = false,
        };
        if let Some(origin) = &parts.origin {
            put("origin", origin);
        }
        if let Some(method) = &parts.requested_method {
            put("access-control-request-method", &format!(" {method}\t"));
        }
        for line in names {
            put("access-control-request-headers", &line);
        }
        let request = Request::new(&parts.method, parts.resource, &headers);
        prop_assert!(!wire || decide(&configuration, &request) == plain);
    }

    /// Read from the facts again, without regard to cost.
    #[test]
    fn the_first_full_match_decides(configuration in configuration(), parts in parts()) {
        let decision = decide(&configuration, &parts.request());
        let names: Vec<_> = parts.headers.iter().flatten().filter(|name| !name.is_empty()).collect();
        let legal = names.iter().all(|name| AllowedHeader::new(name.replace('*', "")).is_ok());
        let method = parts.requested_method.as_ref().unwrap_or(&parts.method);
        let expected = parts
            .origin
            .as_deref()
            .map(|origin| origin.trim_matches([' ', '\t']))
            .filter(|origin| legal && origin.bytes().all(|byte| matches!(byte, b' '..=b'~')))
            .and_then(|origin| {
                configuration.rules().iter().position(|rule| {
                    rule.allowed_origins
                        .iter()
                        .any(|allowed| slow(allowed.as_str().as_bytes(), origin.as_bytes()))
                        && rule.allowed_methods.iter().any(|allowed| allowed.as_str() == method)
                        && names.iter().all(|name| {
                            rule.allowed_headers.iter().any(|allowed| {
                                let allowed = allowed.as_str().to_lowercase();
                                slow(allowed.as_bytes(), name.to_lowercase().as_bytes())
                            })
                        })
                })
            });
        match &decision.answer {
            Answer::Allow(allowed) => {
                prop_assert_eq!(Some(allowed.rule), expected);
                prop_assert_eq!(&decision.because, &Because::Rule);
                for (name, value) in &allowed.headers {
                    prop_assert!(HeaderName::from_static(name) == *name);
                    prop_assert!(HeaderValue::from_str(value).is_ok(), "{:?}", value);
                }
            }
            // An actual request is never refused.
            Answer::NoHeaders => prop_assert!(expected.is_none() && parts.method != "OPTIONS"),
            Answer::Refuse(_) => prop_assert!(expected.is_none() && parts.method == "OPTIONS"),
        }
    }

    #[test]
    fn the_explanation_says_what_is_decided(bucket in bucket_state(), parts in parts(), page in page()) {
        let request = parts.request();
        let explanation = explain(bucket.as_ref(), &request, &page);
        let decision = decide(bucket.as_ref(), &request);
        prop_assert_eq!(&explanation.verdict.decision, &decision);
        prop_assert_eq!(explanation.verdict.allowed, decision.because == Because::Rule);
        prop_assert_eq!(explanation.verdict.allowed, matches!(decision.answer, Answer::Allow(_)));
        // The rules say the same.
        let first = explanation.rules.iter().find(|rule| rule.matches());
        prop_assert_eq!(first.map(|rule| rule.number), explanation.verdict.rule);
        for rule in &explanation.rules {
            prop_assert_eq!(rule.decides, Some(rule.number) == explanation.verdict.rule);
        }
        // Both forms can always be had; the one for people has no control characters.
        serde_json::to_string(&explanation).unwrap();
        let text = explanation.to_string();
        prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", text);
    }

    #[test]
    fn the_change_applied_allows_the_request(bucket in bucket_state(), parts in parts(), page in page()) {
        let request = parts.request();
        let explanation = explain(bucket.as_ref(), &request, &page);
        let Some(change) = explanation.change else {
            prop_assert!(explanation.verdict.allowed || !parts.can_be_allowed());
            return Ok(());
        };
        prop_assert!(!change.steps.is_empty());
        // As it is pasted.
        for pasted in [
            CorsConfiguration::from_xml(change.xml.as_bytes()).unwrap(),
            CorsConfiguration::from_file(change.json.as_bytes()).unwrap(),
        ] {
            prop_assert_eq!(&pasted, &change.configuration);
            let decision = decide(&pasted, &request);
            prop_assert_eq!(&decision.because, &Because::Rule);
            // Nothing is left to change, unless a word that the page reads cannot be a header.
            prop_assert_eq!(explain(&pasted, &request, &page).change, None);
            if page.credentials && parts.can_be_allowed() {
                let star = ("access-control-allow-origin", "*".to_owned());
                prop_assert!(!decision.headers().contains(&star));
            }
        }
        // What was allowed before is allowed as before or more: nothing is taken away.
        if let Some(before) = bucket {
            for (old, new) in before.rules().iter().zip(change.configuration.rules()) {
                prop_assert!(old.allowed_origins.iter().all(|origin| new.allowed_origins.contains(origin)));
                prop_assert!(old.allowed_methods.iter().all(|method| new.allowed_methods.contains(method)));
                prop_assert!(old.allowed_headers.iter().all(|name| new.allowed_headers.contains(name)));
            }
        }
    }

    #[test]
    fn where_there_is_no_bucket_nothing_is_suggested(parts in parts(), page in page()) {
        let explanation = explain(BucketCors::NoBucket, &parts.request(), &page);
        prop_assert!(!explanation.verdict.allowed && explanation.change.is_none());
    }

    #[test]
    fn what_is_written_is_read_back(configuration in configuration()) {
        let xml = configuration.to_xml();
        prop_assert_eq!(CorsConfiguration::from_xml(xml.as_bytes()), Ok(configuration.clone()));
        prop_assert_eq!(CorsConfiguration::from_file(xml.as_bytes()), Ok(configuration.clone()));
        let json = configuration.to_json();
        prop_assert_eq!(CorsConfiguration::from_file(json.as_bytes()), Ok(configuration.clone()));
        let stored = postcard::to_allocvec(&configuration).unwrap();
        prop_assert_eq!(postcard::from_bytes(&stored), Ok(configuration));
    }

    /// The entry points for fuzzing: bytes in, a configuration or a refusal out.
    #[test]
    fn any_bytes_are_answered(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        pieces in prop::collection::vec(select(PIECES), 0..30),
    ) {
        for bytes in [bytes, pieces.concat().into_bytes()] {
            if let Ok(read) = CorsConfiguration::from_xml(&bytes) {
                prop_assert_eq!(CorsConfiguration::from_xml(read.to_xml().as_bytes()), Ok(read));
            }
            let _ = CorsConfiguration::from_file(&bytes);
            let _ = postcard::from_bytes::<CorsConfiguration>(&bytes);
        }
    }
}

const PIECES: &[&str] = &[
    "<CORSConfiguration>",
    "</CORSConfiguration>",
    "<CORSRule>",
    "</CORSRule>",
    "<AllowedOrigin>*</AllowedOrigin>",
    "<AllowedMethod>GET</AllowedMethod>",
    "<AllowedHeader>",
    "</AllowedHeader>",
    "<MaxAgeSeconds>1</MaxAgeSeconds>",
    "<ID/>",
    "&#x0;",
    "*",
    "[{",
    "}]",
    "{\"CORSRules\":",
    "\"AllowedOrigins\":[\"*\"],",
    "\"AllowedMethods\":[\"GET\"]",
];

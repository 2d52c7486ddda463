//! The error document, request ids and the headers of every answer (facts/06 §1, facts/01 §8).

use std::collections::HashSet;

use crate::kit::{Answer, Request, bucket, cases};

cases! {
    "06 §1 document: no namespace, ids last, no Resource": raw_form;
    "06 §1 document: escaping": escaped_key;
    "06 §1 HEAD errors have no body": head;
    "01 §8 x-amz-request-id and x-amz-id-2": ids;
    "01 §8 Server and Date": server_and_date;
    "01 §8 success documents": success_document;
    "06 §1 MethodNotAllowed": method_not_allowed;
    "06 §1 MissingRequestBodyError": missing_body;
    "06 §12 XML bodies are bounded": large_xml;
    "06 §12 XML bodies: DOCTYPE, entities": doctype, other_encodings;
}

fn raw_form() {
    let b = bucket();
    let answer = b.get("k").send();
    let (id, id2) = (answer.value("x-amz-request-id"), answer.value("x-amz-id-2"));
    let expected = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not \
         exist.</Message><Key>k</Key><RequestId>{id}</RequestId><HostId>{id2}</HostId></Error>"
    );
    assert_eq!(answer.text(), expected);
}

fn escaped_key() {
    let b = bucket();
    let key = "<a> & \"b\" 'c' \u{1}é";
    let answer = b.get(key).send();
    assert!(answer.text().contains("&lt;a&gt; &amp; "), "{answer}");
    answer.error(
        404,
        "NoSuchKey",
        "The specified key does not exist.",
        &[("Key", key)],
    );
}

fn head() {
    let b = bucket();
    for request in [
        b.head("missing"),
        b.head("k").anonymous(),
        b.head("k").query("versionId=bad%20id"),
    ] {
        let answer = request.send();
        answer.bare(answer.status);
        assert!(matches!(answer.status, 400 | 403 | 404), "{answer}");
        answer.value("x-amz-request-id");
    }
}

fn ids() {
    let b = bucket();
    b.store("k", "x");
    let answers: Vec<Answer> = (0..50).map(|_| b.get("k").send()).collect();
    let mut seen = HashSet::new();
    for answer in &answers {
        let (id, id2) = (answer.value("x-amz-request-id"), answer.value("x-amz-id-2"));
        assert!(
            id.len() == 16
                && id
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()),
            "{id}"
        );
        assert!((56..=100).contains(&id2.len()) && id2.ends_with('='), "{id2}");
        assert!(seen.insert(id), "an id comes twice");
    }
}

fn server_and_date() {
    let b = bucket();
    for answer in [
        b.at("GET", "").send(),
        b.get("missing").send(),
        b.at("HEAD", "").anonymous().send(),
    ] {
        answer.has("server", "AmazonS3");
        let date = answer.value("date");
        assert!(date.len() == 29 && date.ends_with(" GMT"), "{date}");
    }
}

fn success_document() {
    let b = bucket();
    let text = b.at("GET", "list-type=2").send().text().to_owned();
    let start = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>";
    assert!(text.starts_with(start), "{text}");
    assert_eq!(text.matches('\n').count(), 1, "one line after the prolog: {text}");
}

fn method_not_allowed() {
    let b = bucket();
    let message = "The specified method is not allowed against this resource.";
    for (method, target, resource) in [
        ("POST", "/".to_owned(), "SERVICE"),
        ("DELETE", "/".to_owned(), "SERVICE"),
        ("PATCH", format!("/{}", b.name), "BUCKET"),
        ("PATCH", format!("/{}/k", b.name), "OBJECT"),
        ("POST", format!("/{}/k", b.name), "OBJECT"),
    ] {
        let answer = Request::new(method, &target).send();
        answer.error(
            405,
            "MethodNotAllowed",
            message,
            &[("Method", method), ("ResourceType", resource)],
        );
    }
}

fn missing_body() {
    let b = bucket();
    for query in ["versioning", "tagging"] {
        let answer = b.at("PUT", query).send();
        answer.error(400, "MissingRequestBodyError", "Request Body is empty", &[]);
    }
}

fn large_xml() {
    let b = bucket();
    let filler = " ".repeat(3 * 1024 * 1024);
    let body = format!("<VersioningConfiguration>{filler}<Status>Enabled</Status></VersioningConfiguration>");
    let answer = b.at("PUT", "versioning").body(body).send();
    assert!(matches!(answer.status, 400 | 413), "{answer}");
    let state = b
        .at("GET", "versioning")
        .send()
        .document("VersioningConfiguration");
    assert_eq!(state.children.len(), 0);
}

fn doctype() {
    let b = bucket();
    let entity = "<!DOCTYPE x [<!ENTITY e \"Enabled\">]><VersioningConfiguration><Status>&e;</Status></VersioningConfiguration>";
    let bomb = "<VersioningConfiguration><Status>&e;</Status></VersioningConfiguration>";
    for body in [
        entity.to_owned(),
        bomb.to_owned(),
        "<a>".repeat(10_000),
        "<a ".to_owned() + &"b=\"c\" ".repeat(10_000) + "/>",
    ] {
        b.at("PUT", "versioning")
            .body(body)
            .send()
            .code(400, "MalformedXML");
    }
}

fn other_encodings() {
    let b = bucket();
    b.at("PUT", "versioning")
        .body(b"<VersioningConfiguration><Status>\xff</Status></VersioningConfiguration>")
        .send()
        .code(400, "MalformedXML");
    let with_prolog = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<!-- a comment -->\n<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n  <Status>Suspended</Status>\n</VersioningConfiguration>\n";
    b.at("PUT", "versioning").body(with_prolog).send().status(200);
}

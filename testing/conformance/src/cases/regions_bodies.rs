//! The documents and headers of redirects, byte by byte (facts/02 §2).

use crate::kit::{Answer, Connection, Request, cases, deployment};

cases! {
    "02 §2 307: the captured body": temporary_body;
    "02 §2 301: the captured body": permanent_body;
    "02 §1 400: the captured body": incompatible_body;
    "02 §2 307: Location keeps key and query": location_keeps_the_target, location_of_the_bucket;
    "02 §2 307: the port of Location": location_ports;
    "02 §2 307 instead of 100 Continue": instead_of_continue, connection_after_a_redirect;
    "02 §2 HEAD: same headers, no body": head_has_the_headers;
    "02 §1 the global endpoint of a CNAME bucket": cname_bucket_elsewhere;
}

/// The document as captured, with the ids of this answer.
#[track_caller]
fn captured(answer: &Answer, children: &str) {
    let (id, id2) = (answer.value("x-amz-request-id"), answer.value("x-amz-id-2"));
    answer.has("content-type", "application/xml");
    answer.is(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>{children}<RequestId>{id}</RequestId><HostId>{id2}</HostId></Error>"
    ));
}

fn temporary_body() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("eu-central-1");
    let host = d.named(&format!("{}.s3", b.name));
    let answer = Request::to(&d.at("us-east-1"), "GET", "/592562/part0")
        .host(&host)
        .anonymous()
        .send();
    let to = d.named(&format!("{}.s3.eu-central-1", b.name));
    answer.status(307).has("x-amz-bucket-region", "eu-central-1");
    answer.has("location", &format!("http://{to}/592562/part0"));
    let children = format!(
        "<Code>TemporaryRedirect</Code><Message>Please re-send this request to the specified temporary endpoint. Continue to use the original request endpoint for future requests.</Message><Endpoint>{to}</Endpoint><Bucket>{}</Bucket>",
        b.name
    );
    captured(&answer, &children);
}

fn permanent_body() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("us-west-2");
    let host = d.named(&format!("{}.s3.eu-west-1", b.name));
    let answer = Request::to(&d.at("eu-west-1"), "GET", "/k")
        .host(&host)
        .anonymous()
        .send();
    answer
        .status(301)
        .has("x-amz-bucket-region", "us-west-2")
        .lacks("location");
    // The legacy dash, as in captures up to 2022.
    let shown = d.named(&format!("{}.s3-us-west-2", b.name));
    let children = format!(
        "<Code>PermanentRedirect</Code><Message>The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.</Message><Endpoint>{shown}</Endpoint><Bucket>{}</Bucket>",
        b.name
    );
    captured(&answer, &children);
}

fn incompatible_body() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("af-south-1");
    let host = d.named(&format!("{}.s3", b.name));
    let answer = Request::to(&d.at("us-east-1"), "GET", "/k")
        .host(&host)
        .anonymous()
        .send();
    answer
        .status(400)
        .has("x-amz-bucket-region", "af-south-1")
        .lacks("location");
    captured(
        &answer,
        "<Code>IllegalLocationConstraintException</Code><Message>The af-south-1 location constraint is incompatible for the region specific endpoint this request was sent to.</Message>",
    );
}

fn location_keeps_the_target() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("eu-west-1");
    let host = d.named(&format!("{}.s3", b.name));
    for target in [
        "/a%20b+c%2Fd/~e",
        "/k?versionId=null&response-content-type=text%2Fplain",
        "/?list-type=2&prefix=a%2F&delimiter=/",
        "/k?uploads",
        "/k?x=%3Cscript%3E&y=&=z",
        "//a//b/../c",
    ] {
        for (method, body) in [
            ("GET", ""),
            ("PUT", "x"),
            ("POST", "x"),
            ("DELETE", ""),
            ("HEAD", ""),
        ] {
            if method == "PUT" && target.starts_with("/?") {
                // That is CreateBucket, which answers for itself (facts/02 §4).
                continue;
            }
            let answer = Request::to(&d.at("us-east-1"), method, target)
                .host(&host)
                .anonymous()
                .body(body)
                .send();
            let to = d.named(&format!("{}.s3.eu-west-1", b.name));
            answer
                .status(307)
                .has("location", &format!("http://{to}{target}"));
        }
    }
}

fn location_of_the_bucket() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("eu-west-1");
    let host = d.named(&format!("{}.s3", b.name));
    let to = d.named(&format!("{}.s3.eu-west-1", b.name));
    let answer = Request::to(&d.at("us-east-1"), "GET", "/")
        .host(&host)
        .anonymous()
        .send();
    answer.status(307).has("location", &format!("http://{to}/"));
}

/// A client that named no port gets none (it stands behind a proxy, or at port 80), one that named the region's
/// port gets it, and one that named another gets the region's.
fn location_ports() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("eu-west-1");
    let at = d.at("us-east-1");
    let port = at.address.port();
    for (sent, back) in [
        ("", String::new()),
        (&format!(":{port}"), format!(":{port}")),
        (":1", format!(":{port}")),
    ] {
        let host = format!("{}.s3.localhost{sent}", b.name);
        let answer = Request::to(&at, "GET", "/k").host(&host).anonymous().send();
        let to = format!("{}.s3.eu-west-1.localhost{back}", b.name);
        answer.status(307).has("location", &format!("http://{to}/k"));
        assert_eq!(answer.code(307, "TemporaryRedirect").get("Endpoint"), to);
    }
}

/// "S3 sends the 307 instead of 100 Continue": the body of a gigabyte stays with the client.
fn instead_of_continue() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("eu-west-1");
    for (host, at, status) in [
        ("s3", "us-east-1", 307),
        ("s3.us-west-2", "us-west-2", 301),
        ("s3.af-south-1", "af-south-1", 400),
    ] {
        let request = Request::to(&d.at(at), "PUT", "/k").host(&d.named(&format!("{}.{host}", b.name)));
        let request = request
            .header("expect", "100-continue")
            .header("content-length", "1073741824");
        let mut connection = Connection::open(d.at(at).address);
        connection
            .send(request.unsigned_payload().head())
            .answer_to("PUT")
            .status(status);
    }
}

/// A redirect of a request without a body leaves the connection to the next request.
fn connection_after_a_redirect() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("eu-west-1");
    let at = d.at("us-east-1");
    let mut connection = Connection::open(at.address);
    for _ in 0..3 {
        let host = d.named(&format!("{}.s3", b.name));
        let request = Request::to(&at, "GET", "/k").host(&host).anonymous();
        request.send_on(&mut connection).status(307);
        let request = Request::to(&at, "PUT", "/k")
            .host(&host)
            .anonymous()
            .body("small");
        request.send_on(&mut connection).status(307);
    }
}

fn head_has_the_headers() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("eu-west-1");
    let host = d.named(&format!("{}.s3", b.name));
    let to = d.named(&format!("{}.s3.eu-west-1", b.name));
    let answer = Request::to(&d.at("us-east-1"), "HEAD", "/k")
        .host(&host)
        .anonymous()
        .send();
    answer
        .bare(307)
        .has("location", &format!("http://{to}/k"))
        .has("x-amz-bucket-region", "eu-west-1");
    assert_eq!(answer.value("x-amz-request-id").len(), 16);
}

/// A bucket that carries the host's name, at the listener of another region (facts/01 §1 row 15): the host means no
/// region, the listener does.
fn cname_bucket_elsewhere() {
    let Some(d) = deployment() else { return };
    let bucket = format!("www.{}.example", crate::kit::name("cname"));
    let body = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";
    Request::to(&d.at("eu-west-1"), "PUT", &format!("/{bucket}"))
        .body(body)
        .send()
        .status(200);
    let ask = |at: &str| Request::to(&d.at(at), "GET", "/").host(&bucket).send();
    ask("eu-west-1").document("ListBucketResult");
    let answer = ask("us-east-1");
    answer
        .status(301)
        .has("x-amz-bucket-region", "eu-west-1")
        .lacks("location");
    // The client named no port.
    assert_eq!(
        answer.code(301, "PermanentRedirect").get("Endpoint"),
        format!("{bucket}.s3-eu-west-1.localhost")
    );
}

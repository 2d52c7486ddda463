//! POST Object: uploads that succeed, how they say so, where the form may be sent and in which pieces
//! (facts/04 §5). The fields are in `post_fields`, the refusals in `post_refusals` and `post_signatures`.

use std::time::Duration;

use super::cors_config::configure;
use crate::kit::{
    Answer, BOUNDARY, Bucket, Connection, Form, bucket, cases, deployment, encoded, endpoint, md5_hex,
    versioned,
};

cases! {
    "04 §5 success_action_status": default_is_204, status_200, status_201, other_status, status_from_page;
    "04 §5 success_action_redirect": redirect, redirect_keeps_its_query, legacy_redirect, no_redirect;
    "04 §5 V4 and V2 signatures": both_signatures;
    "04 §5 POST / on the bucket URL": virtual_hosted, global_name;
    "02 §2 the redirects of a form": of_another_region;
    "04 §5 the file": empty_file, binary_file, long_file, file_without_a_name;
    "04 §5 the form in pieces": in_pieces, preamble_and_epilogue;
    "06 §4 versions": versions, overwrite;
    "03 §3 on the answers of forms": answers_to_pages;
}

const KEY: &str = "folder/ü k+&.txt";
const ORIGIN: &str = "https://app.example";

fn etag(body: impl AsRef<[u8]>) -> String {
    format!("\"{}\"", md5_hex(body))
}

/// As in a query: `/` too.
fn location(b: &Bucket, key: &str) -> String {
    let key = encoded(key).replace('/', "%2F");
    format!("http://{}/{}/{key}", endpoint().host, b.name)
}

#[track_caller]
fn holds(b: &Bucket, key: &str, body: &str) {
    b.get(key).send().status(200).is(body);
}

fn default_is_204() {
    let b = bucket();
    let answer = Form::new(&b, KEY, "body").send();
    answer
        .bare(204)
        .has("location", &location(&b, KEY))
        .has("etag", &etag("body"))
        .lacks("content-type")
        .lacks("x-amz-version-id");
    holds(&b, KEY, "body");
}

fn status_200() {
    let b = bucket();
    let answer = Form::new(&b, KEY, "body")
        .field("success_action_status", "200")
        .send();
    answer
        .bare(200)
        .has("location", &location(&b, KEY))
        .has("etag", &etag("body"));
    holds(&b, KEY, "body");
}

fn status_201() {
    let b = bucket();
    let answer = Form::new(&b, KEY, "body")
        .field("success_action_status", "201")
        .send();
    let location = location(&b, KEY);
    answer
        .status(201)
        .has("location", &location)
        .has("etag", &etag("body"))
        .has("content-type", "application/xml");
    let document = answer.xml();
    assert_eq!(
        (document.name.as_str(), &document.namespace),
        ("PostResponse", &None)
    );
    let children: Vec<_> = document
        .children
        .iter()
        .map(|child| (child.name.as_str(), child.text.as_str()))
        .collect();
    let etag = etag("body");
    assert_eq!(
        children,
        [
            ("Location", location.as_str()),
            ("Bucket", &b.name),
            ("Key", KEY),
            ("ETag", &etag)
        ]
    );
    holds(&b, KEY, "body");
}

fn other_status() {
    let b = bucket();
    for status in ["204", "202", "404", "", "two hundred"] {
        let form = Form::new(&b, "k", status).field("success_action_status", status);
        form.send().bare(204);
        holds(&b, "k", status);
    }
}

/// The headers a browser adds are nothing to the form.
fn status_from_page() {
    let b = bucket();
    let form = Form::new(&b, "k", "body")
        .header("accept", "*/*")
        .header("cookie", "a=b");
    form.header("referer", "https://app.example/upload")
        .send()
        .bare(204);
    holds(&b, "k", "body");
}

fn redirect() {
    let b = bucket();
    let answer = Form::new(&b, KEY, "body")
        .field("success_action_redirect", "https://app.example/done")
        // The redirect wins.
        .field("success_action_status", "201")
        .send();
    let (key, etag) = (encoded(KEY).replace('/', "%2F"), md5_hex("body"));
    let to = format!(
        "https://app.example/done?bucket={}&key={key}&etag=%22{etag}%22",
        b.name
    );
    answer.bare(303).has("location", &to);
    holds(&b, KEY, "body");
}

/// `${filename}` is put in here too; the policy judges what is used, as with the key [B].
fn redirect_keeps_its_query() {
    let b = bucket();
    let answer = Form::new(&b, "k", "body")
        .uncovered("success_action_redirect", "http://app.example/${filename}?a=b")
        .condition("[\"eq\", \"$success_action_redirect\", \"http://app.example/name.txt?a=b\"]")
        .send();
    let to = format!(
        "http://app.example/name.txt?a=b&bucket={}&key=k&etag=%22{}%22",
        b.name,
        md5_hex("body")
    );
    answer.bare(303).has("location", &to);
}

fn legacy_redirect() {
    let b = bucket();
    let answer = Form::new(&b, "k", "body")
        .field("redirect", "http://app.example/")
        .send();
    answer.bare(303);
    let to = answer.value("location");
    assert!(to.starts_with("http://app.example/?bucket="), "{to}");
}

/// "a URL that is not valid http(s) is ignored → 204"
fn no_redirect() {
    let b = bucket();
    for url in [
        "",
        "/done",
        "app.example",
        "javascript:alert(1)",
        "ftp://app.example/",
        "http://",
    ] {
        let form = Form::new(&b, "k", "body").field("success_action_redirect", url);
        form.send().bare(204).has("location", &location(&b, "k"));
    }
}

fn both_signatures() {
    let b = bucket();
    Form::new(&b, "4", "of V4").signed().send().bare(204);
    Form::new(&b, "2", "of V2").signed_v2().send().bare(204);
    holds(&b, "4", "of V4");
    holds(&b, "2", "of V2");
}

#[track_caller]
fn at_host(b: &Bucket, host: &str) {
    let form = Form::new(b, "a/b", host).host(host);
    let answer = form.send();
    answer.bare(204).has("location", &format!("http://{host}/a%2Fb"));
    holds(b, "a/b", host);
    Form::new(b, "c", "V2").host(host).signed_v2().send().bare(204);
    holds(b, "c", "V2");
}

fn virtual_hosted() {
    let b = bucket();
    at_host(
        &b,
        &endpoint().named(&format!("{}.s3.{}", b.name, endpoint().region)),
    );
}

fn global_name() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("us-east-1");
    at_host(&b, &d.named(&format!("{}.s3", b.name)));
}

/// The bucket's home is known before the form is read: whoever signed it, and for where.
fn of_another_region() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("eu-west-1");
    let elsewhere = |host: &str| {
        let mut request = Form::new(&b, "k", "body").host(host).request();
        request.endpoint = d.at("us-east-1");
        request
    };
    let home = d.named(&format!("{}.s3.eu-west-1", b.name));
    let answer = elsewhere(&d.named(&format!("{}.s3", b.name))).send();
    answer.has("location", &format!("http://{home}/"));
    answer.code(307, "TemporaryRedirect");
    let mut path_style = elsewhere(&d.at("us-east-1").host);
    path_style.path = format!("/{}", b.name);
    let answer = path_style.send();
    answer.lacks("location").has("x-amz-bucket-region", "eu-west-1");
    answer.code(301, "PermanentRedirect");
    b.head("k").send().bare(404);
    // A browser sends the form again, as it is, to where a 307 points.
    Form::new(&b, "k", "body").host(&home).send().bare(204);
    holds(&b, "k", "body");
}

fn empty_file() {
    let b = bucket();
    Form::new(&b, "k", "").send().bare(204).has("etag", &etag(""));
    b.get("k").send().status(200).is("").has("content-length", "0");
}

/// Bytes that look like delimiters and are none.
fn binary_file() {
    let b = bucket();
    let every: Vec<u8> = (0..=255).collect();
    let near = &BOUNDARY[..BOUNDARY.len() - 1];
    let mut file = every.clone();
    for text in ["\r", "\n", "\r\n", "\r\r\n--", "\r\n--", "--"] {
        file.extend_from_slice(text.as_bytes());
        file.extend_from_slice(near.as_bytes());
        file.extend_from_slice(&every);
    }
    // With the whole boundary, but no line's end before it.
    file.extend_from_slice(format!("--{BOUNDARY}\r\n\r\n--{near}\r\n").as_bytes());
    Form::new(&b, "k", &file).send().bare(204);
    b.get("k").send().status(200).is(&file);
}

fn long_file() {
    let b = bucket();
    let file: Vec<u8> = (0..20 * 1024 * 1024_u32).map(|at| (at % 251) as u8).collect();
    Form::new(&b, "k", &file)
        .send()
        .bare(204)
        .has("etag", &etag(&file));
    b.get("k").send().status(200).is(&file);
}

/// "if the file part has no filename (plain field) the text stays literal"
fn file_without_a_name() {
    let b = bucket();
    let form = Form::empty(&b).field("key", "a/${filename}").file(None, "body");
    form.send().bare(204);
    holds(&b, "a/${filename}", "body");
}

#[track_caller]
fn sent_in(b: &Bucket, size: usize) -> Answer {
    let request = Form::new(b, "k", format!("\r\n--{BOUNDAR}", BOUNDAR = &BOUNDARY[1..])).request();
    let mut connection = Connection::open(request.endpoint.address);
    let body = request.body.clone();
    connection.send(request.head());
    for piece in body.chunks(size) {
        connection.send(piece);
        std::thread::sleep(Duration::from_millis(1));
    }
    connection.answer_to("POST")
}

fn in_pieces() {
    let b = bucket();
    for size in [1, 7, 64, 1000] {
        sent_in(&b, size).bare(204);
        holds(&b, "k", &format!("\r\n--{}", &BOUNDARY[1..]));
        b.delete("k").send().bare(204);
    }
}

/// RFC 2046 §5.1.1: what stands before the first delimiter and after the last is not part of the form.
fn preamble_and_epilogue() {
    let b = bucket();
    let mut request = Form::new(&b, "k", "body").request();
    request.body = [b"Before.\r\n", request.body.as_slice(), b"After."].concat();
    request.send().bare(204);
    holds(&b, "k", "body");
}

fn versions() {
    let b = versioned();
    let first = Form::new(&b, "k", "1").send().bare(204).value("x-amz-version-id");
    let second = Form::new(&b, "k", "2")
        .field("success_action_status", "201")
        .send();
    let second = second.status(201).value("x-amz-version-id");
    assert_ne!(first, second);
    let version = |id: &str| b.get("k").query(&format!("versionId={id}")).send();
    version(&first).status(200).is("1");
    version(&second).status(200).is("2");
    holds(&b, "k", "2");
}

fn overwrite() {
    let b = bucket();
    b.put("k", "old").header("x-amz-meta-a", "1").send().status(200);
    Form::new(&b, "k", "new")
        .send()
        .bare(204)
        .lacks("x-amz-version-id");
    b.get("k").send().status(200).is("new").lacks("x-amz-meta-a");
}

fn answers_to_pages() {
    let b = bucket();
    configure(
        &b,
        &format!(
            "<CORSRule><AllowedOrigin>{ORIGIN}</AllowedOrigin><AllowedMethod>POST</AllowedMethod>\
             <ExposeHeader>Location</ExposeHeader></CORSRule>"
        ),
    );
    let headers = [
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-origin", ORIGIN),
        ("access-control-expose-headers", "Location"),
        (
            "vary",
            "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
        ),
    ];
    let from_page = |form: Form| form.header("origin", ORIGIN).send();
    from_page(Form::new(&b, "k", "body")).bare(204).has_cors(&headers);
    let created = Form::new(&b, "k", "body").field("success_action_status", "201");
    from_page(created).status(201).has_cors(&headers);
    // The page must be able to read why.
    for refused in [
        Form::new(&b, "no", "x").good_for(-60),
        Form::new(&b, "no", "x").condition("[\"content-length-range\", 2, 3]"),
        Form::new(&b, "no", "x").unsigned(),
        Form::new(&b, "no", "x").without_file(),
    ] {
        let answer = from_page(refused);
        assert!(matches!(answer.status, 400 | 403), "{answer}");
        answer.has_cors(&headers);
    }
    let elsewhere = Form::new(&b, "k", "body").header("origin", "https://app.evil");
    elsewhere.send().bare(204).no_cors();
    Form::new(&b, "k", "body").send().bare(204).no_cors();
}

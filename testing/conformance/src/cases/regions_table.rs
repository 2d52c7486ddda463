//! The master table of redirects, row by row (facts/02 §1): which host, arriving at which region's listener, for a
//! bucket of which home, is answered how.
//!
//! Every row is asked with GET, HEAD, a preflight OPTIONS, DELETE, and PUT with `Expect: 100-continue` whose body
//! is never sent; each of them anonymous, signed, signed for a region that is not there, and with a broken
//! signature: a redirect comes before authentication.
//!
//! Hosts are written as in the facts, without the domain: `B.s3.us-west-2` has the bucket in the host,
//! `s3.us-west-2/B` in the path, `IP/B` is the address of the listener, a host that is no endpoint name. Two rows
//! of the table are Cairn's own (crates/region/src/decision.rs): a host name means its region whatever listener
//! it arrives at, and the global name of a bucket is served at the bucket's home, where DNS leads it.

use crate::kit::{Answer, Bucket, Connection, Deployment, Request, Signer, cases, deployment, name};

cases! {
    "02 §1 global virtual host, old home: 307": global_host;
    "02 §1 global path style, old home: 301": global_path;
    "02 §1 regional path style, old home: 301": regional_path;
    "02 §1 regional virtual host, old home: 301": regional_host;
    "02 §1 a host outside the grammar, at another region's listener: 301": own_host;
    "02 §1 any host, new home: 400": new_home;
    "02 §1 new facility, old home: 400": new_facility;
    "02 §1 nonexistent bucket: 404, never a redirect": missing_bucket;
    "02 §1 every operation but CreateBucket and GetBucketLocation is redirected": every_operation;
}

/// A row: host, region of the listener, home of the bucket, answer.
type Row = (&'static str, &'static str, &'static str, Is);

/// An answer.
#[derive(Clone, Copy)]
enum Is {
    /// 307 to this host.
    Temporary(&'static str),
    /// 301, showing this host.
    Permanent(&'static str),
    /// 400 about this location constraint.
    Incompatible(&'static str),
    /// The bucket's home answers.
    Served,
}
use Is::{Incompatible, Permanent, Served, Temporary};

/// "the Host spelling, not the facility, selects 307".
const GLOBAL_HOST: &[Row] = &[
    ("B.s3", "us-east-1", "us-west-2", Temporary("B.s3.us-west-2")),
    ("B.s3", "us-east-1", "eu-west-1", Temporary("B.s3.eu-west-1")),
    (
        "B.s3",
        "us-east-1",
        "eu-central-1",
        Temporary("B.s3.eu-central-1"),
    ),
    ("B.S3", "us-east-1", "eu-west-1", Temporary("B.s3.eu-west-1")),
    ("B.s3", "us-west-2", "eu-west-1", Temporary("B.s3.eu-west-1")),
    ("B.s3", "af-south-1", "eu-west-1", Temporary("B.s3.eu-west-1")),
    ("B.s3", "us-east-1", "us-east-1", Served),
    ("B.s3", "eu-west-1", "us-east-1", Served),
    // As after publication in DNS.
    ("B.s3", "eu-west-1", "eu-west-1", Served),
];

const GLOBAL_PATH: &[Row] = &[
    ("s3/B", "us-east-1", "us-west-2", Permanent("B.s3-us-west-2")),
    ("s3/B", "us-east-1", "eu-west-1", Permanent("B.s3-eu-west-1")),
    (
        "s3/B",
        "us-east-1",
        "eu-central-1",
        Permanent("B.s3.eu-central-1"),
    ),
    ("s3/B", "eu-west-1", "eu-west-1", Permanent("B.s3-eu-west-1")),
    (
        "s3-external-1/B",
        "us-east-1",
        "us-west-2",
        Permanent("B.s3-us-west-2"),
    ),
    ("s3/B", "us-east-1", "us-east-1", Served),
    ("s3/B", "us-west-2", "us-east-1", Served),
    ("s3-external-1/B", "us-east-1", "us-east-1", Served),
];

const REGIONAL_PATH: &[Row] = &[
    (
        "s3.us-west-2/B",
        "us-west-2",
        "eu-west-1",
        Permanent("B.s3-eu-west-1"),
    ),
    (
        "s3-us-west-2/B",
        "us-west-2",
        "eu-west-1",
        Permanent("B.s3-eu-west-1"),
    ),
    (
        "s3.dualstack.us-west-2/B",
        "us-west-2",
        "eu-west-1",
        Permanent("B.s3-eu-west-1"),
    ),
    (
        "s3.us-west-2/B",
        "us-west-2",
        "eu-central-1",
        Permanent("B.s3.eu-central-1"),
    ),
    ("s3.us-west-2/B", "us-west-2", "us-east-1", Permanent("B.s3")),
    (
        "s3.us-east-1/B",
        "us-east-1",
        "us-west-2",
        Permanent("B.s3-us-west-2"),
    ),
    // The name means us-west-2, wherever it arrives.
    (
        "s3.us-west-2/B",
        "eu-west-1",
        "eu-west-1",
        Permanent("B.s3-eu-west-1"),
    ),
    ("s3.us-west-2/B", "eu-west-1", "us-west-2", Served),
    // A region that this deployment does not have.
    (
        "s3.sa-east-1/B",
        "us-west-2",
        "us-west-2",
        Permanent("B.s3-us-west-2"),
    ),
    ("s3.us-west-2/B", "us-west-2", "us-west-2", Served),
    ("s3-us-west-2/B", "us-west-2", "us-west-2", Served),
    (
        "s3.dualstack.eu-central-1/B",
        "eu-central-1",
        "eu-central-1",
        Served,
    ),
    ("s3.us-east-1/B", "us-east-1", "us-east-1", Served),
];

const REGIONAL_HOST: &[Row] = &[
    (
        "B.s3.us-west-2",
        "us-west-2",
        "eu-west-1",
        Permanent("B.s3-eu-west-1"),
    ),
    (
        "B.s3-us-west-2",
        "us-west-2",
        "eu-west-1",
        Permanent("B.s3-eu-west-1"),
    ),
    (
        "B.s3.dualstack.us-west-2",
        "us-west-2",
        "eu-west-1",
        Permanent("B.s3-eu-west-1"),
    ),
    (
        "B.s3.us-west-2",
        "us-west-2",
        "eu-central-1",
        Permanent("B.s3.eu-central-1"),
    ),
    ("B.s3.us-west-2", "us-west-2", "us-east-1", Permanent("B.s3")),
    (
        "B.s3.us-east-1",
        "us-east-1",
        "eu-west-1",
        Permanent("B.s3-eu-west-1"),
    ),
    (
        "B.s3-external-1",
        "us-east-1",
        "eu-west-1",
        Permanent("B.s3-eu-west-1"),
    ),
    (
        "B.s3.us-west-2",
        "eu-west-1",
        "eu-west-1",
        Permanent("B.s3-eu-west-1"),
    ),
    ("B.s3.us-west-2", "eu-west-1", "us-west-2", Served),
    (
        "B.s3.sa-east-1",
        "us-west-2",
        "us-west-2",
        Permanent("B.s3-us-west-2"),
    ),
    ("B.s3.eu-central-1", "eu-central-1", "eu-central-1", Served),
    ("B.s3-eu-west-1", "eu-west-1", "eu-west-1", Served),
];

const OWN_HOST: &[Row] = &[
    ("IP/B", "us-east-1", "eu-west-1", Permanent("B.s3-eu-west-1")),
    (
        "IP/B",
        "us-west-2",
        "eu-central-1",
        Permanent("B.s3.eu-central-1"),
    ),
    ("IP/B", "eu-west-1", "us-east-1", Permanent("B.s3")),
    ("IP/B", "us-west-2", "us-west-2", Served),
    ("IP/B", "af-south-1", "af-south-1", Served),
];

const NEW_HOME: &[Row] = &[
    (
        "B.s3",
        "us-east-1",
        "ap-southeast-3",
        Incompatible("ap-southeast-3"),
    ),
    (
        "s3/B",
        "us-east-1",
        "ap-southeast-3",
        Incompatible("ap-southeast-3"),
    ),
    (
        "s3.us-west-2/B",
        "us-west-2",
        "ap-southeast-3",
        Incompatible("ap-southeast-3"),
    ),
    (
        "s3-us-west-2/B",
        "us-west-2",
        "af-south-1",
        Incompatible("af-south-1"),
    ),
    (
        "B.s3.eu-west-1",
        "eu-west-1",
        "af-south-1",
        Incompatible("af-south-1"),
    ),
    (
        "IP/B",
        "eu-central-1",
        "ap-southeast-3",
        Incompatible("ap-southeast-3"),
    ),
    (
        "s3.af-south-1/B",
        "af-south-1",
        "ap-southeast-3",
        Incompatible("ap-southeast-3"),
    ),
    (
        "B.s3.sa-east-1",
        "us-east-1",
        "ap-southeast-3",
        Incompatible("ap-southeast-3"),
    ),
    ("B.s3.ap-southeast-3", "ap-southeast-3", "ap-southeast-3", Served),
    ("s3.ap-southeast-3/B", "us-east-1", "ap-southeast-3", Served),
];

/// Two captures, of 2022 and of 2023: of us-east-1 the word is "unspecified".
const NEW_FACILITY: &[Row] = &[
    (
        "s3.af-south-1/B",
        "af-south-1",
        "us-west-2",
        Incompatible("us-west-2"),
    ),
    (
        "B.s3.af-south-1",
        "af-south-1",
        "us-west-2",
        Incompatible("us-west-2"),
    ),
    (
        "B.s3.dualstack.af-south-1",
        "af-south-1",
        "eu-central-1",
        Incompatible("eu-central-1"),
    ),
    ("IP/B", "ap-southeast-3", "eu-west-1", Incompatible("eu-west-1")),
    (
        "s3.af-south-1/B",
        "af-south-1",
        "us-east-1",
        Incompatible("unspecified"),
    ),
    (
        "B.s3.ap-southeast-3",
        "ap-southeast-3",
        "us-east-1",
        Incompatible("unspecified"),
    ),
    ("IP/B", "af-south-1", "us-east-1", Incompatible("unspecified")),
    (
        "B.s3.me-south-1",
        "us-east-1",
        "us-west-2",
        Incompatible("us-west-2"),
    ),
];

const TEMPORARY: &str = "Please re-send this request to the specified temporary endpoint. Continue to use the original request endpoint for future requests.";
const PERMANENT: &str = "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.";
const KEY: &str = "photos/puppy.jpg";
const BODY: &str = "a puppy";

/// How a request says who sends it.
#[derive(Debug, Clone, Copy)]
enum Who {
    Anonymous,
    Signed,
    /// For a region that is not there.
    SignedForElsewhere,
    BadlySigned,
}

/// The host and the bucket's part of the path, of a row's first column.
fn spelled(d: &Deployment, host: &str, at: &str, bucket: &str) -> (String, String) {
    let full = |host: &str| {
        if host == "IP" {
            d.at(at).host
        } else {
            d.named(&host.replace("B.", &format!("{bucket}.")))
        }
    };
    match host.strip_suffix("/B") {
        Some(host) => (full(host), format!("/{bucket}")),
        None => (full(host), String::new()),
    }
}

/// A request of a row, for the puppy.
fn request(d: &Deployment, (host, at, home, _): Row, bucket: &str, method: &str, who: Who) -> Request {
    let (host, path) = spelled(d, host, at, bucket);
    let mut request = Request::to(&d.at(at), method, &format!("{path}/{KEY}")).host(&host);
    match method {
        "PUT" => {
            request = request
                .header("expect", "100-continue")
                .header("content-length", "5")
        }
        "OPTIONS" => {
            request = request.header("origin", "http://app.example");
            request = request.header("access-control-request-method", "PUT");
        }
        _ => {}
    }
    let signer = |region: &str| Signer {
        region: region.to_owned(),
        ..Signer::of(&d.at(home))
    };
    match who {
        Who::Anonymous => request.anonymous(),
        Who::Signed => request.signed_by(&signer(home)),
        Who::SignedForElsewhere => request.signed_by(&signer("sa-east-1")),
        Who::BadlySigned => {
            let wrong = Signer {
                secret_key: "not-the-secret-not-the-secret-not-the-ss".into(),
                ..signer(home)
            };
            request.signed_by(&wrong)
        }
    }
}

/// The first answer: to a PUT with Expect whose body is not sent, 100 or the final one.
#[track_caller]
fn ask(request: Request) -> Answer {
    let method = request.method.clone();
    Connection::open(request.endpoint.address)
        .send(request.head())
        .answer_to(&method)
}

/// Asks all of a row's requests; the bucket is new.
#[track_caller]
fn check(rows: &[Row]) {
    let Some(d) = deployment() else { return };
    for &row in rows {
        let bucket = d.bucket(row.2);
        bucket.store(KEY, BODY);
        for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"] {
            for who in [
                Who::Anonymous,
                Who::Signed,
                Who::SignedForElsewhere,
                Who::BadlySigned,
            ] {
                println!("{} at {}, home {}: {method} {who:?}", row.0, row.1, row.2);
                let answer = ask(request(d, row, &bucket.name, method, who));
                check_one(d, row, &bucket, (method, who), &answer);
            }
        }
        // None of them reached the object; DELETE of a row that is served did.
        let left = if matches!(row.3, Served) { 404 } else { 200 };
        bucket.get(KEY).send().status(left);
    }
}

#[track_caller]
fn check_one(d: &Deployment, row: Row, bucket: &Bucket, (method, who): (&str, Who), answer: &Answer) {
    let host = |spelled: &str| d.named(&spelled.replace("B.", &format!("{}.", bucket.name)));
    let redirect = |status, code, message: &str, shown: &str| {
        let details = [("Endpoint", shown), ("Bucket", bucket.name.as_str())];
        answer.error(status, code, message, &details);
    };
    match row.3 {
        Temporary(to) => {
            redirect(307, "TemporaryRedirect", TEMPORARY, &host(to));
            let path = if row.0.ends_with("/B") {
                format!("/{}", bucket.name)
            } else {
                String::new()
            };
            answer.has("location", &format!("http://{}{path}/{KEY}", host(to)));
        }
        Permanent(shown) => {
            redirect(301, "PermanentRedirect", PERMANENT, &host(shown));
            answer.lacks("location");
        }
        Incompatible(word) => {
            let message = format!(
                "The {word} location constraint is incompatible for the region specific endpoint this request was sent to."
            );
            answer.error(400, "IllegalLocationConstraintException", &message, &[]);
            answer.lacks("location");
        }
        Served => return check_served(row.2, (method, who), answer),
    }
    answer.has("x-amz-bucket-region", row.2);
    // Nothing of it is an answer to a preflight: a browser must not go on.
    answer
        .lacks("access-control-allow-origin")
        .lacks("access-control-allow-methods");
}

/// The home answers: nothing but the request itself decides.
#[track_caller]
fn check_served(home: &str, (method, who): (&str, Who), answer: &Answer) {
    answer.lacks("location");
    let expected = match (method, who) {
        // The bucket has no CORS, and a preflight's signature is not looked at (facts/03 §4).
        ("OPTIONS", _) => 403,
        (_, Who::Anonymous | Who::BadlySigned) => 403,
        (_, Who::SignedForElsewhere) => 400,
        ("PUT", Who::Signed) => 100,
        ("DELETE", Who::Signed) => 204,
        (_, Who::Signed) => 200,
    };
    answer.status(expected);
    if method == "OPTIONS" {
        let details = [("Method", "PUT"), ("ResourceType", "BUCKET")];
        let message = "CORSResponse: CORS is not enabled for this bucket.";
        answer.error(403, "AccessForbidden", message, &details);
    }
    if expected == 400 {
        // facts/02 §1, the second table.
        answer.has("x-amz-bucket-region", home);
    }
}

fn global_host() {
    check(GLOBAL_HOST);
}

fn global_path() {
    check(GLOBAL_PATH);
}

fn regional_path() {
    check(REGIONAL_PATH);
}

fn regional_host() {
    check(REGIONAL_HOST);
}

fn own_host() {
    check(OWN_HOST);
}

fn new_home() {
    check(NEW_HOME);
}

fn new_facility() {
    check(NEW_FACILITY);
}

/// "any regional endpoint answers 404 NoSuchBucket; never a redirect".
fn missing_bucket() {
    let Some(d) = deployment() else { return };
    let all = [
        GLOBAL_HOST,
        GLOBAL_PATH,
        REGIONAL_PATH,
        REGIONAL_HOST,
        OWN_HOST,
        NEW_HOME,
        NEW_FACILITY,
    ];
    for &row in all.into_iter().flatten() {
        let bucket = name("missing");
        for method in ["GET", "HEAD", "DELETE"] {
            let answer = ask(request(d, row, &bucket, method, Who::Anonymous));
            println!("{} at {}: {method}", row.0, row.1);
            let message = "The specified bucket does not exist";
            answer.error(404, "NoSuchBucket", message, &[("BucketName", &bucket)]);
            answer.lacks("location").lacks("x-amz-bucket-region");
        }
    }
}

/// Whatever is asked of a bucket or an object, built or not, well-formed or not.
fn every_operation() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("eu-west-1");
    let requests = [
        "GET /",
        "HEAD /",
        "DELETE /",
        "POST /",
        "POST /?delete",
        "GET /?versioning",
        "PUT /?versioning",
        "GET /?uploads",
        "GET /?versions",
        "GET /?acl",
        "GET /?policy",
        "PUT /?cors",
        "GET /?website",
        "PUT /?tagging",
        "DELETE /?tagging",
        "GET /?list-type=2",
        "GET /?acl&policy",
        "PATCH /",
        "GET /k",
        "HEAD /k",
        "PUT /k",
        "DELETE /k",
        "POST /k?uploads",
        "PUT /k?partNumber=1&uploadId=u",
        "POST /k?uploadId=u",
        "GET /k?uploadId=u",
        "DELETE /k?uploadId=u",
        "GET /k?tagging",
        "GET /k?attributes",
        "GET /k?versionId=not-a-version",
        "POST /k?select&select-type=2",
        "PUT /k?retention",
    ];
    for text in requests {
        println!("{text}");
        let (method, target) = text.split_once(' ').unwrap();
        let ask = |at: &str, host: &str| {
            let host = d.named(&format!("{}.{host}", b.name));
            Request::to(&d.at(at), method, target).host(&host).send()
        };
        ask("us-east-1", "s3")
            .status(307)
            .has("x-amz-bucket-region", "eu-west-1");
        ask("us-west-2", "s3.us-west-2")
            .status(301)
            .has("x-amz-bucket-region", "eu-west-1");
        ask("af-south-1", "s3.af-south-1")
            .status(400)
            .has("x-amz-bucket-region", "eu-west-1");
    }
    b.at("HEAD", "").send().status(200);
}

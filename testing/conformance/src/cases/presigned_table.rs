//! Presigned URLs, every operation a page uses, with both signatures, at every kind of name a bucket has
//! (facts/04 §2, §4; facts/01 §1): each cell is sent, and so are those that must be refused.

use std::fmt;

use crate::kit::{Answer, Bucket, Deployment, Endpoint, Request, Signer, cases, deployment, encoded};

cases! {
    "04 §2, §4 presigned, by operation, signature and name": every_cell_works;
    "04 §2, §4 presigned: expired, other method, altered query": refused_cells;
    "04 §2, 02 §1 presigned for another region, or sent to one": wrong_region;
}

/// Space, plus, slash and a letter that is two bytes: what clients and proxies encode in different ways.
const KEY: &str = "up loads/ü+1.txt";
const BODY: &str = "from a page";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signature {
    V4,
    V2,
}

const SIGNATURES: [Signature; 2] = [Signature::V4, Signature::V2];

/// The kinds of names: where they stand in Amazon's grammar (`B` is the bucket), and whether only the default
/// region has it.
const NAMES: &[(&str, bool)] = &[
    // The listener's own address, path style.
    ("", false),
    ("s3.R", false),
    ("s3-R", false),
    ("s3.dualstack.R", false),
    ("B.s3.R", false),
    ("B.s3-R", false),
    ("B.s3.dualstack.R", false),
    // The bucket's global name, as DNS has it once it is published: it leads to the home.
    ("B.s3", false),
    ("s3", true),
];

const HOMES: [&str; 2] = ["us-east-1", "eu-west-1"];

/// A name by which a bucket is reached.
struct Place<'a> {
    bucket: &'a Bucket,
    at: Endpoint,
    host: String,
    in_host: bool,
}

fn places<'a>(d: &Deployment, bucket: &'a Bucket, home: &str) -> Vec<Place<'a>> {
    let here = NAMES
        .iter()
        .filter(|(_, default_only)| !default_only || home == "us-east-1");
    here.map(|(name, _)| place(d, bucket, home, name)).collect()
}

fn place<'a>(d: &Deployment, bucket: &'a Bucket, region: &str, name: &str) -> Place<'a> {
    let at = d.at(region);
    let host = match name {
        "" => at.host.clone(),
        _ => d.named(&name.replace('R', region).replace('B', &bucket.name)),
    };
    Place {
        bucket,
        in_host: name.starts_with("B."),
        at,
        host,
    }
}

impl Place<'_> {
    fn request(&self, method: &str) -> Request {
        let key = encoded(KEY);
        let path = if self.in_host {
            format!("/{key}")
        } else {
            format!("/{}/{key}", self.bucket.name)
        };
        Request::to(&self.at, method, &path).host(&self.host)
    }

    fn signer(&self) -> Signer {
        Signer::of(&self.at)
    }
}

/// Signed at the signer's time, good for so many seconds from then on.
fn presign(place: &Place<'_>, request: Request, signature: Signature, by: &Signer, seconds: u32) -> Request {
    match signature {
        Signature::V4 => request.presigned_by(by, seconds.into()),
        Signature::V2 => {
            let until = by.clone().shifted(seconds.into());
            request.presigned_v2_by(&until, place.in_host.then_some(place.bucket.name.as_str()))
        }
    }
}

/// What a page does, and how the answer begins.
struct Operation {
    name: &'static str,
    method: &'static str,
    body: &'static str,
    status: u16,
    /// The method it is not signed for.
    other: &'static str,
}

const OPERATIONS: &[Operation] = &[
    Operation {
        name: "PutObject",
        method: "PUT",
        body: BODY,
        status: 200,
        other: "DELETE",
    },
    Operation {
        name: "HeadObject",
        method: "HEAD",
        body: "",
        status: 200,
        other: "GET",
    },
    Operation {
        name: "GetObject",
        method: "GET",
        body: "",
        status: 200,
        other: "HEAD",
    },
    Operation {
        name: "UploadPart",
        method: "PUT",
        body: "a part",
        status: 200,
        other: "GET",
    },
    // The last: it removes what the others look at.
    Operation {
        name: "DeleteObject",
        method: "DELETE",
        body: "",
        status: 204,
        other: "PUT",
    },
];

/// One URL: what is named in a failure.
struct Cell<'a> {
    place: &'a Place<'a>,
    operation: &'static Operation,
    signature: Signature,
    upload: &'a str,
}

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (operation, signature) = (self.operation.name, self.signature);
        write!(f, "{operation} {signature:?} at {}", self.place.host)
    }
}

impl Cell<'_> {
    fn plain(&self) -> Request {
        let request = self.place.request(self.operation.method);
        let request = match self.operation.name {
            "UploadPart" => request.query(&format!("partNumber=1&uploadId={}", self.upload)),
            _ => request,
        };
        request.body(self.operation.body)
    }

    fn signed(&self, by: &Signer, seconds: u32) -> Request {
        presign(self.place, self.plain(), self.signature, by, seconds)
    }

    fn good(&self) -> Request {
        self.signed(&self.place.signer(), 600)
    }

    /// Refused with that code; HEAD has no document to tell it.
    #[track_caller]
    fn refused(&self, what: &str, answer: &Answer, status: u16, code: &str) {
        assert_eq!(answer.status, status, "{self}, {what}: {answer}");
        if !answer.body.is_empty() {
            let error = answer.code(status, code);
            assert_eq!(error.get("Code"), code, "{self}, {what}");
        }
    }
}

/// Each operation at each place with each signature.
fn for_each_cell(place: &Place<'_>, upload: &str, mut look: impl FnMut(&Cell<'_>)) {
    for signature in SIGNATURES {
        for operation in OPERATIONS {
            look(&Cell {
                place,
                operation,
                signature,
                upload,
            });
        }
    }
}

fn every_cell_works() {
    let Some(d) = deployment() else { return };
    for home in HOMES {
        let b = d.bucket(home);
        for place in places(d, &b, home) {
            let upload = b.initiate(KEY, &[]);
            for_each_cell(&place, &upload, |cell| {
                let answer = cell.good().send();
                assert_eq!(answer.status, cell.operation.status, "{cell}: {answer}");
                match cell.operation.name {
                    "GetObject" => drop(answer.is(BODY)),
                    "HeadObject" => drop(answer.has("content-length", &BODY.len().to_string())),
                    "UploadPart" => {
                        let listed = b.get(KEY).query(&format!("uploadId={upload}")).send();
                        let parts = listed.document("ListPartsResult");
                        assert_eq!(parts.get("Part/ETag"), answer.value("etag"), "{cell}");
                    }
                    "DeleteObject" => drop(b.head(KEY).send().bare(404)),
                    _ => drop(b.get(KEY).send().status(200).is(BODY)),
                }
            });
        }
    }
}

fn refused_cells() {
    let Some(d) = deployment() else { return };
    for home in HOMES {
        let b = d.bucket(home);
        b.store(KEY, "stays");
        let upload = b.initiate(KEY, &[]);
        for place in places(d, &b, home) {
            for_each_cell(&place, &upload, |cell| {
                let late = place.signer().shifted(-3600);
                let answer = cell.signed(&late, 60).send();
                cell.refused("expired", &answer, 403, "AccessDenied");
                assert!(
                    answer.body.is_empty() || answer.text().contains("Request has expired"),
                    "{answer}"
                );

                let mut other = cell.good();
                other.method = cell.operation.other.to_owned();
                let answer = other.send();
                cell.refused("other method", &answer, 403, "SignatureDoesNotMatch");

                // What both signatures cover: until when it is good, and what it is for.
                let longer = match cell.signature {
                    Signature::V4 => cell
                        .good()
                        .tamper_query("X-Amz-Expires=600", "X-Amz-Expires=6000"),
                    Signature::V2 => cell.good().tamper_query("Expires=1", "Expires=2"),
                };
                cell.refused("longer", &longer.send(), 403, "SignatureDoesNotMatch");
                if cell.operation.name == "UploadPart" {
                    let part = cell.good().tamper_query("partNumber=1", "partNumber=2");
                    cell.refused("another part", &part.send(), 403, "SignatureDoesNotMatch");
                } else {
                    let version = cell.good().query("versionId=null");
                    cell.refused("a version", &version.send(), 403, "SignatureDoesNotMatch");
                }

                let mut key = cell.good();
                key.path.push('x');
                cell.refused("another key", &key.send(), 403, "SignatureDoesNotMatch");
            });
        }
        // Nothing of all that did anything.
        b.get(KEY).send().status(200).is("stays");
        b.head(&format!("{KEY}x")).send().bare(404);
        let listed = b.get(KEY).query(&format!("uploadId={upload}")).send();
        assert!(!listed.text().contains("<Part>"), "{listed}");
    }
}

fn wrong_region() {
    let Some(d) = deployment() else { return };
    for (home, other) in [("us-east-1", "us-west-2"), ("eu-west-1", "us-east-1")] {
        let b = d.bucket(home);
        b.store(KEY, "stays");
        let upload = b.initiate(KEY, &[]);
        for place in places(d, &b, home) {
            for_each_cell(&place, &upload, |cell| {
                // Version 2 names no region.
                if cell.signature == Signature::V2 {
                    return;
                }
                let elsewhere = Signer {
                    region: other.to_owned(),
                    ..place.signer()
                };
                let answer = cell.signed(&elsewhere, 600).send();
                let code = "AuthorizationQueryParametersError";
                cell.refused("signed for another region", &answer, 400, code);
                answer.has("x-amz-bucket-region", home);
            });
        }
        // The names of another region, with whatever signature: never an answer from there.
        for name in ["", "s3.R", "B.s3.R"] {
            let place = place(d, &b, other, name);
            for_each_cell(&place, &upload, |cell| {
                let answer = cell.good().send();
                cell.refused("at another region's name", &answer, 301, "PermanentRedirect");
                answer.has("x-amz-bucket-region", home);
            });
        }
        b.get(KEY).send().status(200).is("stays");
    }
}

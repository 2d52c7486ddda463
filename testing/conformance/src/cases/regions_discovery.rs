//! Where is a bucket? HeadBucket, GetBucketLocation and ListBuckets, asked in every region (facts/02 §3).

use crate::kit::{Deployment, Node, REGIONS, Request, Signer, cases, deployment, name};

cases! {
    "02 §3 HeadBucket: every caller in every region": head_bucket, head_bucket_global_host;
    "02 §3 HeadBucket: bucket missing": head_missing;
    "02 §3 GetBucketLocation from every region": location_everywhere, location_of_eu, location_missing;
    "02 §3 ListBuckets: BucketRegion from every region": list_buckets;
    "02 §5 a client that reads only the header ends at home": by_the_header;
}

const NEW: [&str; 2] = ["ap-southeast-3", "af-south-1"];

fn head_bucket() {
    let Some(d) = deployment() else { return };
    for (home, _) in REGIONS {
        let b = d.bucket(home);
        for (at, _) in REGIONS {
            for host in [d.at(at).host, d.named(&format!("s3.{at}"))] {
                let head = || Request::to(&d.at(at), "HEAD", &format!("/{}", b.name)).host(&host);
                let elsewhere = if NEW.contains(&at) || NEW.contains(&home) {
                    400
                } else {
                    301
                };
                let (signed, anonymous) = if at == home {
                    (200, 403)
                } else {
                    (elsewhere, elsewhere)
                };
                let answer = head().send();
                answer
                    .status(signed)
                    .is("")
                    .has("x-amz-bucket-region", home)
                    .lacks("location");
                if at == home {
                    answer
                        .has("x-amz-access-point-alias", "false")
                        .has("content-type", "application/xml");
                    answer.has("x-amz-bucket-arn", &format!("arn:aws:s3:::{}", b.name));
                }
                head()
                    .anonymous()
                    .send()
                    .bare(anonymous)
                    .has("x-amz-bucket-region", home);
            }
        }
    }
}

fn head_bucket_global_host() {
    let Some(d) = deployment() else { return };
    for (home, status) in [
        ("us-east-1", 200),
        ("us-west-2", 307),
        ("eu-central-1", 307),
        ("af-south-1", 400),
    ] {
        let b = d.bucket(home);
        let host = d.named(&format!("{}.s3", b.name));
        let answer = Request::to(&d.at("us-east-1"), "HEAD", "/").host(&host).send();
        answer.status(status).is("").has("x-amz-bucket-region", home);
    }
}

fn head_missing() {
    let Some(d) = deployment() else { return };
    for (at, _) in REGIONS {
        let answer = Request::to(&d.at(at), "HEAD", &format!("/{}", name("missing"))).send();
        answer.bare(404).lacks("x-amz-bucket-region");
    }
}

fn location_everywhere() {
    let Some(d) = deployment() else { return };
    for (home, _) in REGIONS {
        let b = d.bucket(home);
        let expected = if home == "us-east-1" { "" } else { home };
        for (at, _) in REGIONS {
            for host in [d.at(at).host, d.named(&format!("s3.{at}"))] {
                let request = Request::to(&d.at(at), "GET", &format!("/{}?location", b.name)).host(&host);
                assert_eq!(request.send().document("LocationConstraint").text, expected);
                // Discovery, but not for everybody.
                let request = Request::to(&d.at(at), "GET", &format!("/{}?location", b.name)).host(&host);
                request.anonymous().send().code(403, "AccessDenied");
            }
        }
        let request =
            Request::to(&d.at("us-east-1"), "GET", &format!("/{}?location", b.name)).host(&d.named("s3"));
        assert_eq!(request.send().document("LocationConstraint").text, expected);
    }
}

fn location_of_eu() {
    let Some(d) = deployment() else { return };
    let bucket = name("eu");
    let body =
        "<CreateBucketConfiguration><LocationConstraint>EU</LocationConstraint></CreateBucketConfiguration>";
    Request::to(&d.at("us-east-1"), "PUT", &format!("/{bucket}"))
        .body(body)
        .send()
        .status(200);
    for at in ["us-east-1", "eu-west-1", "af-south-1"] {
        let answer = Request::to(&d.at(at), "GET", &format!("/{bucket}?location")).send();
        assert_eq!(answer.document("LocationConstraint").text, "EU");
    }
}

fn location_missing() {
    let Some(d) = deployment() else { return };
    for (at, _) in REGIONS {
        let bucket = name("missing");
        let answer = Request::to(&d.at(at), "GET", &format!("/{bucket}?location")).send();
        let message = "The specified bucket does not exist";
        answer.error(404, "NoSuchBucket", message, &[("BucketName", &bucket)]);
    }
}

/// The list as one region tells it: names and regions.
#[track_caller]
fn listed(d: &Deployment, at: &str, query: &str) -> Vec<(String, String)> {
    let result = Request::to(&d.at(at), "GET", &format!("/?{query}"))
        .send()
        .document("ListAllMyBucketsResult");
    let pair = |bucket: &Node| {
        (
            bucket.get("Name").to_owned(),
            bucket.get("BucketRegion").to_owned(),
        )
    };
    result
        .find("Buckets")
        .unwrap()
        .all("Bucket")
        .into_iter()
        .map(pair)
        .collect()
}

fn list_buckets() {
    let Some(d) = deployment() else { return };
    let prefix = name("list");
    let mut all = Vec::new();
    for (home, _) in REGIONS {
        let bucket = format!("{prefix}.{home}");
        let body = match home {
            "us-east-1" => String::new(),
            _ => format!(
                "<CreateBucketConfiguration><LocationConstraint>{home}</LocationConstraint></CreateBucketConfiguration>"
            ),
        };
        Request::to(&d.at(home), "PUT", &format!("/{bucket}"))
            .body(body)
            .send()
            .status(200);
        all.push((bucket, home.to_owned()));
    }
    all.sort();
    for (at, _) in REGIONS {
        assert_eq!(listed(d, at, &format!("prefix={prefix}")), all);
        for (home, _) in REGIONS {
            let expected = [(format!("{prefix}.{home}"), home.to_owned())];
            assert_eq!(
                listed(d, at, &format!("bucket-region={home}&prefix={prefix}")),
                expected
            );
        }
        // By pages of two.
        let mut pages = Vec::new();
        let mut query = format!("prefix={prefix}&max-buckets=2");
        for _ in 0..3 {
            let answer = Request::to(&d.at(at), "GET", &format!("/?{query}")).send();
            let page = answer.document("ListAllMyBucketsResult");
            pages.extend(
                page.find("Buckets")
                    .unwrap()
                    .texts("Bucket", "Name")
                    .into_iter()
                    .map(str::to_owned),
            );
            let Some(token) = page.find("ContinuationToken") else {
                break;
            };
            query = format!(
                "prefix={prefix}&max-buckets=2&continuation-token={}",
                crate::kit::encoded(&token.text).replace('/', "%2F")
            );
        }
        assert_eq!(
            pages,
            all.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
        );
    }
}

/// JS v3 and Java v2 read nothing but the header.
fn by_the_header() {
    let Some(d) = deployment() else { return };
    for (home, _) in REGIONS {
        let b = d.bucket(home);
        b.store("k", home);
        for (first, _) in REGIONS.iter().filter(|(first, _)| *first != home) {
            let region = Request::to(&d.at(first), "GET", &format!("/{}/k", b.name))
                .send()
                .value("x-amz-bucket-region");
            let signer = Signer {
                region: region.clone(),
                ..Signer::of(&d.at(&region))
            };
            let host = d.named(&format!("{}.s3.{region}", b.name));
            Request::to(&d.at(&region), "GET", "/k")
                .host(&host)
                .signed_by(&signer)
                .send()
                .status(200)
                .is(home);
        }
    }
}

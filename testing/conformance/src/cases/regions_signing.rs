//! The region a request was signed for, where it arrived at the bucket's home (facts/02 §1, second table).

use crate::kit::{Deployment, REGIONS, Request, Signer, cases, deployment};

cases! {
    "02 §1 signed for another region, in the header": header, header_on_the_global_name;
    "02 §1 signed for another region, in the query": query;
    "02 §1 signed for another region: HEAD": head;
    "02 §1 the global endpoint wants us-east-1": global_endpoint;
    "02 §1 requests without a bucket want the facility's region": without_a_bucket;
    "02 §1 bucket elsewhere: the redirect wins over the signature": redirect_wins;
    "02 §1 presigned on the global virtual host": presigned_v4, presigned_v2;
}

fn signer(d: &Deployment, region: &str) -> Signer {
    Signer {
        region: region.to_owned(),
        ..Signer::of(&d.at("us-east-1"))
    }
}

fn header_message(signed: &str, expected: &str) -> String {
    format!("The authorization header is malformed; the region '{signed}' is wrong; expecting '{expected}'")
}

fn query_message(signed: &str, expected: &str) -> String {
    format!(
        "Error parsing the X-Amz-Credential parameter; the region '{signed}' is wrong; expecting '{expected}'"
    )
}

fn header() {
    let Some(d) = deployment() else { return };
    for (home, _) in REGIONS {
        let b = d.bucket(home);
        for (signed, _) in REGIONS.iter().filter(|(signed, _)| *signed != home) {
            for host in [d.at(home).host, d.named(&format!("s3.{home}"))] {
                let answer = b.at("GET", "").host(&host).signed_by(&signer(d, signed)).send();
                let message = header_message(signed, home);
                answer.error(400, "AuthorizationHeaderMalformed", &message, &[("Region", home)]);
                // "always emit x-amz-bucket-region on … 400 wrong-region answers"
                answer.has("x-amz-bucket-region", home).lacks("location");
            }
        }
    }
}

/// The typical one: `B.s3.amazonaws.com` signed us-east-1, DNS already at the home.
fn header_on_the_global_name() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("eu-west-1");
    let host = d.named(&format!("{}.s3", b.name));
    let request = |region| {
        Request::to(&d.at("eu-west-1"), "GET", "/")
            .host(&host)
            .signed_by(&signer(d, region))
    };
    let answer = request("us-east-1").send();
    let message = header_message("us-east-1", "eu-west-1");
    answer.error(
        400,
        "AuthorizationHeaderMalformed",
        &message,
        &[("Region", "eu-west-1")],
    );
    answer.has("x-amz-bucket-region", "eu-west-1");
    request("eu-west-1").send().document("ListBucketResult");
}

fn query() {
    let Some(d) = deployment() else { return };
    for (home, signed) in [
        ("eu-west-1", "us-east-1"),
        ("us-east-1", "eu-west-1"),
        ("af-south-1", "us-east-1"),
    ] {
        let b = d.bucket(home);
        let answer = b.at("GET", "").presigned_by(&signer(d, signed), 60).send();
        let message = query_message(signed, home);
        answer.error(
            400,
            "AuthorizationQueryParametersError",
            &message,
            &[("Region", home)],
        );
        answer.has("x-amz-bucket-region", home);
    }
}

fn head() {
    let Some(d) = deployment() else { return };
    for (home, signed) in [
        ("eu-west-1", "us-east-1"),
        ("us-east-1", "eu-west-1"),
        ("af-south-1", "us-east-1"),
    ] {
        let b = d.bucket(home);
        let answer = b.at("HEAD", "").signed_by(&signer(d, signed)).send();
        answer.bare(400).has("x-amz-bucket-region", home);
        let answer = b.head("k").presigned_by(&signer(d, signed), 60).send();
        answer.bare(400).has("x-amz-bucket-region", home);
    }
}

/// "region 'aws-global' on the global endpoint expects us-east-1", at whatever listener it arrives.
fn global_endpoint() {
    let Some(d) = deployment() else { return };
    for (at, _) in REGIONS {
        for wrong in ["aws-global", "eu-west-1", "s3"] {
            let request = Request::to(&d.at(at), "GET", "/").host(&d.named("s3"));
            let answer = request.signed_by(&signer(d, wrong)).send();
            let message = header_message(wrong, "us-east-1");
            answer.error(
                400,
                "AuthorizationHeaderMalformed",
                &message,
                &[("Region", "us-east-1")],
            );
        }
        let request = Request::to(&d.at(at), "GET", "/").host(&d.named("s3"));
        request
            .signed_by(&signer(d, "us-east-1"))
            .send()
            .document("ListAllMyBucketsResult");
    }
}

fn without_a_bucket() {
    let Some(d) = deployment() else { return };
    for (region, _) in REGIONS {
        let wrong = if region == "us-east-1" {
            "eu-west-1"
        } else {
            "us-east-1"
        };
        let answer = Request::to(&d.at(region), "GET", "/")
            .signed_by(&signer(d, wrong))
            .send();
        let message = header_message(wrong, region);
        answer.error(
            400,
            "AuthorizationHeaderMalformed",
            &message,
            &[("Region", region)],
        );
        Request::to(&d.at(region), "GET", "/")
            .send()
            .document("ListAllMyBucketsResult");
    }
}

/// "signed R1, facility R1, bucket elsewhere: 301/400 of the first table wins". Signed for neither is unsettled at
/// Amazon; here the redirect is decided first.
fn redirect_wins() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("eu-west-1");
    for signed in ["us-west-2", "eu-west-1", "sa-east-1", "nonsense"] {
        let request = Request::to(&d.at("us-west-2"), "GET", &format!("/{}", b.name));
        request
            .signed_by(&signer(d, signed))
            .send()
            .code(301, "PermanentRedirect");
    }
}

/// SigV4 signs the host: the redirected URL does not hold at the target (believed).
fn presigned_v4() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("eu-west-1");
    b.store("k", "body");
    let request = Request::to(&d.at("us-east-1"), "GET", "/k").host(&d.named(&format!("{}.s3", b.name)));
    let answer = request.presigned(60).send();
    let location = answer.status(307).value("location");
    let refused = follow(d, &location);
    // The region is looked at before the signature.
    refused.error(
        400,
        "AuthorizationQueryParametersError",
        &query_message("us-east-1", "eu-west-1"),
        &[("Region", "eu-west-1")],
    );
    // Signed for the right region, it fails by its host.
    let request = Request::to(&d.at("us-east-1"), "GET", "/k").host(&d.named(&format!("{}.s3", b.name)));
    let answer = request.presigned_by(&signer(d, "eu-west-1"), 60).send();
    follow(d, &answer.status(307).value("location")).code(403, "SignatureDoesNotMatch");
}

/// SigV2 does not: "then success at the target" (believed).
fn presigned_v2() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("eu-west-1");
    b.store("k", "body");
    let request = Request::to(&d.at("us-east-1"), "GET", "/k").host(&d.named(&format!("{}.s3", b.name)));
    let expires = Signer::of(&d.at("us-east-1")).shifted(60);
    let answer = request.presigned_v2_by(&expires, Some(&b.name)).send();
    follow(d, &answer.status(307).value("location"))
        .status(200)
        .is("body");
}

/// Sends a GET to where `Location` leads, without any other credentials.
fn follow(d: &Deployment, location: &str) -> crate::kit::Answer {
    let (host, path) = location.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let region = REGIONS
        .iter()
        .find(|(region, _)| host.contains(&format!(".s3.{region}.")))
        .expect("a regional host");
    Request::to(&d.at(region.0), "GET", &format!("/{path}"))
        .host(host)
        .anonymous()
        .send()
}

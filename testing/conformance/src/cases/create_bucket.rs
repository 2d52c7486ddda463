//! CreateBucket: where the bucket lands and what may be said about it (facts/02 §4).
//!
//! The rows of other regions than us-east-1 need a server in such a region; the tests start one.

use crate::kit::{Endpoint, Request, Server, cases, endpoint, name};

cases! {
    "02 §4 us-east-1, no constraint": created_without_configuration, empty_configuration, namespace_is_optional;
    "02 §4 us-east-1, constraint us-east-1 or unknown": constraint_not_valid;
    "02 §4 other region: no constraint": regional_endpoint_needs_a_constraint;
    "02 §4 other region: its own constraint": regional_endpoint;
    "02 §4 other region: another constraint": regional_endpoint_other_constraint;
    "02 §4 eu-west-1: EU": eu_is_eu_west_1;
    "02 §4 name exists: us-east-1": again_in_us_east_1, again_with_tags;
    "02 §4 name exists: other region": again_elsewhere;
    "02 §4 anonymous never allowed": anonymous;
    "02 §4 tags in the configuration": tags_at_creation;
    "06 §1 MalformedXML": malformed_configuration;
}

const OWNED: &str = "Your previous request to create the named bucket succeeded and you already own it.";

fn configuration(constraint: &str) -> String {
    format!(
        "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <LocationConstraint>{constraint}</LocationConstraint></CreateBucketConfiguration>"
    )
}

fn create(endpoint: &Endpoint, bucket: &str, body: &str) -> crate::kit::Answer {
    Request::to(endpoint, "PUT", &format!("/{bucket}"))
        .body(body)
        .send()
}

/// The rows about us-east-1 say nothing about a server elsewhere.
fn in_us_east_1() -> bool {
    endpoint().region == "us-east-1"
}

fn created_without_configuration() {
    let bucket = name("create");
    if in_us_east_1() {
        let answer = create(endpoint(), &bucket, "");
        answer.status(200).is("").has("location", &format!("/{bucket}"));
        answer.has("x-amz-bucket-arn", &format!("arn:aws:s3:::{bucket}"));
    }
}

fn empty_configuration() {
    for body in [
        "<CreateBucketConfiguration/>",
        "<CreateBucketConfiguration></CreateBucketConfiguration>",
    ] {
        if in_us_east_1() {
            create(endpoint(), &name("create"), body).status(200);
        }
    }
}

fn namespace_is_optional() {
    if in_us_east_1() {
        let body = "<?xml version=\"1.0\"?>\n<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n</CreateBucketConfiguration>";
        create(endpoint(), &name("create"), body).status(200);
    }
}

fn constraint_not_valid() {
    for word in ["us-east-1", "foo", "aws-global"] {
        if in_us_east_1() {
            let answer = create(endpoint(), &name("create"), &configuration(word));
            let message = "The specified location-constraint is not valid";
            answer.error(
                400,
                "InvalidLocationConstraint",
                message,
                &[("LocationConstraint", word)],
            );
        }
    }
}

fn regional_endpoint_needs_a_constraint() {
    let Some(server) = Server::start("eu-west-1", &[]) else {
        return;
    };
    let message = "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.";
    for body in ["", "<CreateBucketConfiguration/>"] {
        let answer = create(&server.endpoint, &name("create"), body);
        answer.error(400, "IllegalLocationConstraintException", message, &[]);
    }
}

fn regional_endpoint() {
    let Some(server) = Server::start("eu-central-1", &[]) else {
        return;
    };
    let bucket = name("create");
    let answer = create(&server.endpoint, &bucket, &configuration("eu-central-1"));
    answer.status(200);
    // Amazon's form is http://B.s3.amazonaws.com/; its host is the deployment's own name here.
    assert!(
        answer.value("location").contains(&format!("{bucket}.s3.")),
        "{answer}"
    );
    assert!(answer.value("location").ends_with('/'), "{answer}");
    let location = Request::to(&server.endpoint, "GET", &format!("/{bucket}?location")).send();
    assert_eq!(location.document("LocationConstraint").text, "eu-central-1");
    let head = Request::to(&server.endpoint, "HEAD", &format!("/{bucket}")).send();
    head.status(200).has("x-amz-bucket-region", "eu-central-1");
}

fn regional_endpoint_other_constraint() {
    let Some(server) = Server::start("eu-central-1", &[]) else {
        return;
    };
    for word in ["eu-west-1", "us-east-1", "bar", "aws-global", "EU"] {
        let answer = create(&server.endpoint, &name("create"), &configuration(word));
        let message = format!(
            "The {word} location constraint is incompatible for the region specific endpoint this request was sent to."
        );
        answer.error(400, "IllegalLocationConstraintException", &message, &[]);
    }
}

fn eu_is_eu_west_1() {
    let Some(server) = Server::start("eu-west-1", &[]) else {
        return;
    };
    for (word, bucket) in [("EU", name("create")), ("eu-west-1", name("create"))] {
        create(&server.endpoint, &bucket, &configuration(word)).status(200);
        let location = Request::to(&server.endpoint, "GET", &format!("/{bucket}?location")).send();
        assert_eq!(location.document("LocationConstraint").text, word);
        let listed = Request::to(&server.endpoint, "GET", &format!("/?prefix={bucket}")).send();
        assert_eq!(
            listed
                .document("ListAllMyBucketsResult")
                .get("Buckets/Bucket/BucketRegion"),
            "eu-west-1"
        );
    }
}

fn again_in_us_east_1() {
    let bucket = name("create");
    if in_us_east_1() {
        create(endpoint(), &bucket, "").status(200);
        Request::new("PUT", &format!("/{bucket}/k"))
            .body("kept")
            .send()
            .status(200);
        create(endpoint(), &bucket, "")
            .status(200)
            .has("location", &format!("/{bucket}"));
        Request::get(&format!("/{bucket}/k"))
            .send()
            .status(200)
            .is("kept");
    }
}

fn again_with_tags() {
    let bucket = name("create");
    let body = "<CreateBucketConfiguration><Tags><Tag><Key>k</Key><Value>v</Value></Tag></Tags></CreateBucketConfiguration>";
    if in_us_east_1() {
        create(endpoint(), &bucket, body).status(200);
        create(endpoint(), &bucket, body).error(
            409,
            "BucketAlreadyOwnedByYou",
            OWNED,
            &[("BucketName", &bucket)],
        );
        create(endpoint(), &bucket, "").status(200);
    }
}

fn again_elsewhere() {
    let Some(server) = Server::start("eu-west-1", &[]) else {
        return;
    };
    let (bucket, body) = (name("create"), configuration("eu-west-1"));
    create(&server.endpoint, &bucket, &body).status(200);
    let answer = create(&server.endpoint, &bucket, &body);
    answer.error(409, "BucketAlreadyOwnedByYou", OWNED, &[("BucketName", &bucket)]);
}

fn anonymous() {
    let answer = Request::new("PUT", &format!("/{}", name("create")))
        .anonymous()
        .send();
    answer.error(403, "AccessDenied", "Access Denied", &[]);
}

fn tags_at_creation() {
    let bucket = name("create");
    let tags = "<Tags><Tag><Key>team</Key><Value>storage</Value></Tag></Tags>";
    if in_us_east_1() {
        let body = format!("<CreateBucketConfiguration>{tags}</CreateBucketConfiguration>");
        create(endpoint(), &bucket, &body).status(200);
        let tagging = Request::get(&format!("/{bucket}?tagging"))
            .send()
            .document("Tagging");
        assert_eq!(tagging.get("TagSet/Tag/Key"), "team");
        assert_eq!(tagging.get("TagSet/Tag/Value"), "storage");
    }
}

fn malformed_configuration() {
    let message = "The XML you provided was not well-formed or did not validate against our published schema";
    for body in [
        "not xml",
        "<CreateBucketConfiguration>",
        "<Other/>",
        "<CreateBucketConfiguration><Unknown>x</Unknown></CreateBucketConfiguration>",
        "<!DOCTYPE x><CreateBucketConfiguration/>",
    ] {
        create(endpoint(), &name("create"), body).error(400, "MalformedXML", message, &[]);
    }
}

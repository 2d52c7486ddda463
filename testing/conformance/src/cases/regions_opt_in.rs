//! Regions launched after 2019-03-20 belong to an account after it enabled them (facts/01 §2, believed): what a request
//! to one gets before, and the Account API that enables them (its shapes are those of Amazon's model).

use crate::kit::{Answer, Deployment, Request, Signer, cases, name};

cases! {
    "01 §2 opt-in region not enabled": not_enabled, redirects_come_first;
    "01 §2 Account API: enable and disable": enabled_and_disabled;
    "01 §2 Account API: status of each region": statuses;
}

/// An account that enabled nothing yet, as at Amazon.
fn fresh() -> Option<Deployment> {
    Deployment::start(&[])
}

fn account(d: &Deployment, operation: &str, body: &str) -> Answer {
    let signer = Signer {
        service: "account".into(),
        ..Signer::of(&d.at("us-east-1"))
    };
    let request = Request::to(&d.at("us-east-1"), "POST", operation).body(body);
    request
        .header("content-type", "application/json")
        .signed_by(&signer)
        .send()
}

fn configuration(constraint: &str) -> String {
    format!(
        "<CreateBucketConfiguration><LocationConstraint>{constraint}</LocationConstraint></CreateBucketConfiguration>"
    )
}

const UNKNOWN: &str = "The AWS Access Key Id you provided does not exist in our records.";

/// The region does not know the account's keys.
#[track_caller]
fn refused(answer: &Answer) {
    answer.error(403, "InvalidAccessKeyId", UNKNOWN, &[("AWSAccessKeyId", "*")]);
}

fn not_enabled() {
    let Some(d) = fresh() else { return };
    let bucket = name("opt");
    for host in [d.at("af-south-1").host, d.named("s3.af-south-1")] {
        let to = |method: &str, target: &str| Request::to(&d.at("af-south-1"), method, target).host(&host);
        refused(&to("GET", "/").send());
        refused(&to("GET", "/").presigned(60).send());
        refused(
            &to("PUT", &format!("/{bucket}"))
                .body(configuration("af-south-1"))
                .send(),
        );
        to("GET", &format!("/{bucket}"))
            .anonymous()
            .send()
            .code(404, "NoSuchBucket");
    }
    let create =
        Request::to(&d.at("us-east-1"), "PUT", &format!("/{bucket}")).body(configuration("af-south-1"));
    let message = "The specified location-constraint is not valid";
    let details = [("LocationConstraint", "af-south-1")];
    create
        .send()
        .error(400, "InvalidLocationConstraint", message, &details);
    // The old regions are everybody's.
    Request::to(&d.at("us-west-2"), "GET", "/")
        .send()
        .document("ListAllMyBucketsResult");
}

/// They are decided before authentication.
fn redirects_come_first() {
    let Some(d) = fresh() else { return };
    let b = d.bucket("eu-west-1");
    let answer = Request::to(&d.at("af-south-1"), "GET", &format!("/{}", b.name)).send();
    answer.code(400, "IllegalLocationConstraintException");
    answer.has("x-amz-bucket-region", "eu-west-1");
}

fn enabled_and_disabled() {
    let Some(d) = fresh() else { return };
    let choose = |operation| {
        account(&d, operation, "{\"RegionName\":\"af-south-1\"}")
            .status(200)
            .clone()
    };
    choose("/enableRegion");
    let b = d.bucket("af-south-1");
    b.store("k", "body");
    choose("/disableRegion");
    refused(&b.get("k").send());
    // From elsewhere nothing has changed: the bucket is there.
    let answer = Request::to(&d.at("us-east-1"), "HEAD", &format!("/{}", b.name)).send();
    answer.bare(400).has("x-amz-bucket-region", "af-south-1");
    choose("/enableRegion");
    b.get("k").send().status(200).is("body");
    // The other one is still off.
    refused(&Request::to(&d.at("ap-southeast-3"), "GET", "/").send());
}

fn statuses() {
    let Some(d) = fresh() else { return };
    let status = |region: &str, status: &str| {
        let answer = account(
            &d,
            "/getRegionOptStatus",
            &format!("{{\"RegionName\":\"{region}\"}}"),
        );
        answer.status(200);
        assert!(
            answer
                .text()
                .contains(&format!("\"RegionOptStatus\":\"{status}\"")),
            "{answer}"
        );
    };
    status("us-east-1", "ENABLED_BY_DEFAULT");
    status("eu-west-1", "ENABLED_BY_DEFAULT");
    status("af-south-1", "DISABLED");
    account(&d, "/enableRegion", "{\"RegionName\":\"af-south-1\"}").status(200);
    status("af-south-1", "ENABLED");
    let listed = account(&d, "/listRegions", "{}");
    listed.status(200);
    for (region, status) in [
        ("af-south-1", "ENABLED"),
        ("ap-southeast-3", "DISABLED"),
        ("us-west-2", "ENABLED_BY_DEFAULT"),
    ] {
        let pair = format!("{{\"RegionName\":\"{region}\",\"RegionOptStatus\":\"{status}\"}}");
        assert!(listed.text().contains(&pair), "{listed}");
    }
    let disabled = account(&d, "/listRegions", "{\"RegionOptStatusContains\":[\"DISABLED\"]}");
    assert!(!disabled.status(200).text().contains("af-south-1"), "{disabled}");
    for region in ["us-east-1", "no-such-region"] {
        let answer = account(&d, "/disableRegion", &format!("{{\"RegionName\":\"{region}\"}}"));
        answer.status(400);
        assert!(
            answer
                .value("x-amzn-errortype")
                .starts_with("ValidationException"),
            "{answer}"
        );
    }
}

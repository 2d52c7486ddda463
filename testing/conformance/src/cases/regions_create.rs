//! CreateBucket and DeleteBucket where there are several regions and one namespace (facts/02 §4).
//!
//! What one region says alone is in create_bucket.rs.

use std::thread;
use std::time::{Duration, Instant};

use crate::kit::{Answer, Deployment, REGIONS, Request, cases, deployment, name};

cases! {
    "02 §4 us-east-1 / global: any other region": us_east_1_creates_anywhere, global_endpoint_creates;
    "02 §4 us-east-1 / global: EU": eu_from_us_east_1;
    "02 §4 us-east-1 / global: us-east-1 or unknown": us_east_1_not_valid;
    "02 §4 R: R": own_region;
    "02 §4 R: absent, another region, an unknown word": regional_endpoint_not_valid;
    "02 §4 eu-west-1: EU": eu_from_eu_west_1;
    "02 §4 name exists, yours": taken_by_oneself, us_east_1_again;
    "02 §4 concurrent creates have one winner": concurrent;
    "02 §4 DeleteBucket": delete_elsewhere, delete_not_empty, delete_and_create_elsewhere;
    "02 §4 CreateBucket by a virtual host": by_virtual_host;
}

const OWNED: &str = "Your previous request to create the named bucket succeeded and you already own it.";
/// How long a deleted name may stay taken in another region. Amazon's takes up to an hour (believed).
const RELEASE_LIMIT: Duration = Duration::from_secs(10);

fn configuration(constraint: &str) -> String {
    if constraint.is_empty() {
        return String::new();
    }
    format!(
        "<CreateBucketConfiguration><LocationConstraint>{constraint}</LocationConstraint></CreateBucketConfiguration>"
    )
}

/// The constraint a region's own endpoint wants.
fn own(region: &str) -> &str {
    if region == "us-east-1" { "" } else { region }
}

#[track_caller]
fn create(d: &Deployment, at: &str, bucket: &str, constraint: &str) -> Answer {
    Request::to(&d.at(at), "PUT", &format!("/{bucket}"))
        .body(configuration(constraint))
        .send()
}

/// The bucket is there, and its home says so.
#[track_caller]
fn lives_in(d: &Deployment, bucket: &str, home: &str) {
    let answer = Request::to(&d.at(home), "HEAD", &format!("/{bucket}")).send();
    answer.status(200).has("x-amz-bucket-region", home);
    Request::to(&d.at(home), "PUT", &format!("/{bucket}/k"))
        .body(home)
        .send()
        .status(200);
    Request::to(&d.at(home), "GET", &format!("/{bucket}/k"))
        .send()
        .status(200)
        .is(home);
}

/// `Location: http://B.s3.amazonaws.com/`, below this deployment's domain.
#[track_caller]
fn created(answer: &Answer, bucket: &str) {
    answer
        .status(200)
        .is("")
        .has("x-amz-bucket-arn", &format!("arn:aws:s3:::{bucket}"));
    let location = answer.value("location");
    assert!(
        location.starts_with(&format!("http://{bucket}.s3.localhost")),
        "{answer}"
    );
    assert!(location.ends_with('/'), "{answer}");
}

fn us_east_1_creates_anywhere() {
    let Some(d) = deployment() else { return };
    for (home, _) in REGIONS.into_iter().filter(|(home, _)| *home != "us-east-1") {
        let bucket = name("create");
        created(&create(d, "us-east-1", &bucket, home), &bucket);
        lives_in(d, &bucket, home);
    }
    let bucket = name("create");
    create(d, "us-east-1", &bucket, "")
        .status(200)
        .has("location", &format!("/{bucket}"));
    lives_in(d, &bucket, "us-east-1");
}

/// The global endpoint is us-east-1, at whatever listener it arrives.
fn global_endpoint_creates() {
    let Some(d) = deployment() else { return };
    for (at, home) in [
        ("us-east-1", "eu-west-1"),
        ("eu-west-1", "eu-west-1"),
        ("us-west-2", "af-south-1"),
        ("eu-west-1", "us-east-1"),
    ] {
        let bucket = name("create");
        let request = Request::to(&d.at(at), "PUT", &format!("/{bucket}")).host(&d.named("s3"));
        let signer = crate::kit::Signer::of(&d.at("us-east-1"));
        request
            .body(configuration(own(home)))
            .signed_by(&signer)
            .send()
            .status(200);
        lives_in(d, &bucket, home);
    }
}

fn eu_from_us_east_1() {
    let Some(d) = deployment() else { return };
    let bucket = name("create");
    created(&create(d, "us-east-1", &bucket, "EU"), &bucket);
    lives_in(d, &bucket, "eu-west-1");
}

fn us_east_1_not_valid() {
    let Some(d) = deployment() else { return };
    // A region of Amazon's that this deployment does not have is an unknown word to it.
    for word in ["us-east-1", "foo", "aws-global", "sa-east-1", "US-WEST-2", "eu"] {
        let message = "The specified location-constraint is not valid";
        let answer = create(d, "us-east-1", &name("create"), word);
        answer.error(
            400,
            "InvalidLocationConstraint",
            message,
            &[("LocationConstraint", word)],
        );
    }
}

fn own_region() {
    let Some(d) = deployment() else { return };
    for (home, _) in REGIONS.into_iter().filter(|(home, _)| *home != "us-east-1") {
        let bucket = name("create");
        created(&create(d, home, &bucket, home), &bucket);
        lives_in(d, &bucket, home);
    }
}

fn regional_endpoint_not_valid() {
    let Some(d) = deployment() else { return };
    for (at, _) in REGIONS.into_iter().filter(|(at, _)| *at != "us-east-1") {
        for word in [
            "",
            "us-east-1",
            "us-west-2",
            "eu-central-1",
            "af-south-1",
            "sa-east-1",
            "bar",
            "aws-global",
            "EU",
        ] {
            if word == at || (word == "EU" && at == "eu-west-1") {
                continue;
            }
            let shown = if word.is_empty() { "unspecified" } else { word };
            let message = format!(
                "The {shown} location constraint is incompatible for the region specific endpoint this request was sent to."
            );
            let bucket = name("create");
            create(d, at, &bucket, word).error(400, "IllegalLocationConstraintException", &message, &[]);
            Request::to(&d.at(at), "HEAD", &format!("/{bucket}"))
                .send()
                .bare(404);
        }
    }
}

fn eu_from_eu_west_1() {
    let Some(d) = deployment() else { return };
    let bucket = name("create");
    create(d, "eu-west-1", &bucket, "EU").status(200);
    lives_in(d, &bucket, "eu-west-1");
}

/// Elsewhere, from anywhere, with any constraint that is valid there: 409, and the bucket stays what it is.
fn taken_by_oneself() {
    let Some(d) = deployment() else { return };
    for home in ["eu-west-1", "af-south-1", "us-east-1"] {
        let bucket = name("create");
        create(d, home, &bucket, own(home)).status(200);
        for (at, _) in REGIONS {
            if (at, home) == ("us-east-1", "us-east-1") {
                continue;
            }
            let answer = create(d, at, &bucket, own(at));
            answer.error(409, "BucketAlreadyOwnedByYou", OWNED, &[("BucketName", &bucket)]);
        }
        for word in ["eu-central-1", "us-west-2"] {
            let answer = create(d, "us-east-1", &bucket, word);
            answer.error(409, "BucketAlreadyOwnedByYou", OWNED, &[("BucketName", &bucket)]);
        }
        lives_in(d, &bucket, home);
    }
}

fn us_east_1_again() {
    let Some(d) = deployment() else { return };
    let bucket = name("create");
    for _ in 0..2 {
        create(d, "us-east-1", &bucket, "")
            .status(200)
            .has("location", &format!("/{bucket}"));
    }
}

/// One name, six regions at once, several times: one 200, and the bucket lives where that was said.
fn concurrent() {
    let Some(d) = deployment() else { return };
    for _ in 0..5 {
        let bucket = name("race");
        let answers: Vec<(&str, Answer)> = thread::scope(|scope| {
            let ask = |at: &'static str| (at, create(d, at, &bucket, own(at)));
            let running = REGIONS.map(|(at, _)| scope.spawn(move || ask(at)));
            running
                .map(|thread| thread.join().expect("an answer"))
                .into_iter()
                .collect()
        });
        let winners: Vec<&str> = answers
            .iter()
            .filter(|(_, answer)| answer.status == 200)
            .map(|(at, _)| *at)
            .collect();
        assert_eq!(winners.len(), 1, "{answers:?}");
        for (_, answer) in answers.iter().filter(|(_, answer)| answer.status != 200) {
            answer.status(409);
            let code = answer.code(
                409,
                if answer.text().contains("OperationAborted") {
                    "OperationAborted"
                } else {
                    "BucketAlreadyOwnedByYou"
                },
            );
            assert!(!code.get("Message").is_empty());
        }
        lives_in(d, &bucket, winners[0]);
        for (at, _) in REGIONS {
            let location = Request::to(&d.at(at), "GET", &format!("/{bucket}?location")).send();
            assert_eq!(location.document("LocationConstraint").text, own(winners[0]));
        }
    }
}

fn delete_elsewhere() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("eu-west-1");
    for (at, status, code) in [
        ("us-east-1", 301, "PermanentRedirect"),
        ("us-west-2", 301, "PermanentRedirect"),
        ("af-south-1", 400, "IllegalLocationConstraintException"),
    ] {
        Request::to(&d.at(at), "DELETE", &format!("/{}", b.name))
            .send()
            .code(status, code);
    }
    lives_in(d, &b.name, "eu-west-1");
}

fn delete_not_empty() {
    let Some(d) = deployment() else { return };
    for home in ["eu-west-1", "ap-southeast-3"] {
        let b = d.bucket(home);
        b.store("k", "x");
        let message = "The bucket you tried to delete is not empty";
        b.at("DELETE", "")
            .send()
            .error(409, "BucketNotEmpty", message, &[("BucketName", &b.name)]);
        b.delete("k").send().status(204);
        b.at("DELETE", "").send().bare(204);
    }
}

/// Until the name is released, creating it elsewhere is 409 OperationAborted.
fn delete_and_create_elsewhere() {
    let Some(d) = deployment() else { return };
    let homes = ["eu-west-1", "us-east-1", "af-south-1", "us-west-2"];
    let bucket = name("moves");
    create(d, homes[0], &bucket, own(homes[0])).status(200);
    for step in homes.windows(2) {
        let (old, new) = (step[0], step[1]);
        Request::to(&d.at(old), "DELETE", &format!("/{bucket}/k")).send();
        Request::to(&d.at(old), "DELETE", &format!("/{bucket}"))
            .send()
            .bare(204);
        for (at, _) in REGIONS {
            Request::to(&d.at(at), "GET", &format!("/{bucket}"))
                .send()
                .code(404, "NoSuchBucket");
        }
        let deadline = Instant::now() + RELEASE_LIMIT;
        loop {
            let answer = create(d, new, &bucket, own(new));
            if answer.status == 200 {
                break;
            }
            answer.code(409, "OperationAborted");
            assert!(Instant::now() < deadline, "the name is not released: {answer}");
            thread::sleep(Duration::from_millis(100));
        }
        // Empty, not with what the old one had.
        let listed = Request::to(&d.at(new), "GET", &format!("/{bucket}"))
            .send()
            .document("ListBucketResult");
        assert!(listed.all("Contents").is_empty());
        lives_in(d, &bucket, new);
        let answer = Request::to(&d.at(old), "GET", &format!("/{bucket}")).send();
        answer.has("x-amz-bucket-region", new);
        assert!(matches!(answer.status, 301 | 400), "{answer}");
    }
}

fn by_virtual_host() {
    let Some(d) = deployment() else { return };
    for (host, at, home) in [
        ("s3.eu-west-1", "eu-west-1", "eu-west-1"),
        ("s3", "us-east-1", "us-east-1"),
        ("s3.us-east-1", "us-east-1", "eu-central-1"),
        ("s3", "us-east-1", "us-west-2"),
    ] {
        let bucket = name("create");
        let request = Request::to(&d.at(at), "PUT", "/").host(&d.named(&format!("{bucket}.{host}")));
        request.body(configuration(own(home))).send().status(200);
        lives_in(d, &bucket, home);
    }
}

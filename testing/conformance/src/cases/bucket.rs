//! HeadBucket, GetBucketLocation, DeleteBucket (facts/02 §3, §4).

use crate::kit::{Request, bucket, cases, endpoint, name, versioned};

cases! {
    "02 §3 HeadBucket": head_bucket, head_missing_bucket, head_bucket_denied, head_bucket_wrong_signing_region;
    "02 §3 GetBucketLocation": location, location_of_missing_bucket;
    "02 §4 DeleteBucket": delete_empty_bucket, delete_missing_bucket, delete_bucket_with_objects, delete_bucket_with_versions, delete_marker_is_content, open_uploads_do_not_block, name_is_free_again;
    "06 §1 NoSuchBucket": every_operation_names_the_missing_bucket;
    "06 §12 x-amz-expected-bucket-owner": expected_bucket_owner;
}

const MISSING: &str = "The specified bucket does not exist";
const NOT_EMPTY: &str = "The bucket you tried to delete is not empty";

fn head_bucket() {
    let b = bucket();
    let answer = b.at("HEAD", "").send();
    answer.status(200).is("").has("content-type", "application/xml");
    answer.has("x-amz-bucket-region", &endpoint().region);
    answer.has("x-amz-access-point-alias", "false");
    answer.has("x-amz-bucket-arn", &format!("arn:aws:s3:::{}", b.name));
}

fn head_missing_bucket() {
    let answer = Request::new("HEAD", &format!("/{}", name("missing"))).send();
    answer.bare(404).lacks("x-amz-bucket-region");
}

fn head_bucket_denied() {
    let b = bucket();
    let answer = b.at("HEAD", "").anonymous().send();
    answer.bare(403).has("x-amz-bucket-region", &endpoint().region);
}

fn head_bucket_wrong_signing_region() {
    let b = bucket();
    let mut signer = b.at("HEAD", "").signer();
    signer.region = "eu-central-2".into();
    let answer = b.at("HEAD", "").signed_by(&signer).send();
    answer.bare(400).has("x-amz-bucket-region", &endpoint().region);
}

fn location() {
    let b = bucket();
    let answer = b.at("GET", "location").send();
    let text = if endpoint().region == "us-east-1" {
        ""
    } else {
        &endpoint().region
    };
    let node = answer.document("LocationConstraint");
    assert_eq!((node.text.as_str(), node.children.len()), (text, 0));
}

fn location_of_missing_bucket() {
    let missing = name("missing");
    let answer = Request::get(&format!("/{missing}?location")).send();
    answer.error(404, "NoSuchBucket", MISSING, &[("BucketName", &missing)]);
}

fn delete_empty_bucket() {
    let b = bucket();
    b.at("DELETE", "").send().bare(204).lacks("content-type");
    b.at("HEAD", "").send().bare(404);
}

fn delete_missing_bucket() {
    let missing = name("missing");
    let answer = Request::new("DELETE", &format!("/{missing}")).send();
    answer.error(404, "NoSuchBucket", MISSING, &[("BucketName", &missing)]);
}

fn delete_bucket_with_objects() {
    let b = bucket();
    b.fill(&["k"]);
    b.at("DELETE", "")
        .send()
        .error(409, "BucketNotEmpty", NOT_EMPTY, &[("BucketName", &b.name)]);
    b.get("k").send().status(200);
    b.delete("k").send().status(204);
    b.at("DELETE", "").send().status(204);
}

fn delete_bucket_with_versions() {
    let b = versioned();
    b.store("k", "1");
    let message = format!("{NOT_EMPTY}. You must delete all versions in the bucket.");
    b.at("DELETE", "")
        .send()
        .error(409, "BucketNotEmpty", &message, &[("BucketName", &b.name)]);
}

fn delete_marker_is_content() {
    let b = versioned();
    let marker = b.delete("never-there").send().value("x-amz-version-id");
    b.at("DELETE", "").send().code(409, "BucketNotEmpty");
    b.delete("never-there")
        .query(&format!("versionId={marker}"))
        .send()
        .status(204);
    b.at("DELETE", "").send().status(204);
}

fn open_uploads_do_not_block() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    b.part("k", &upload, 1, "part");
    b.at("DELETE", "").send().status(204);
}

fn name_is_free_again() {
    let b = bucket();
    b.fill(&["k"]);
    b.initiate("k", &[]);
    b.delete("k").send().status(204);
    b.at("DELETE", "").send().status(204);
    b.at("PUT", "").send().status(200);
    // Nothing of the old bucket shows in the new one.
    assert_eq!(
        b.at("GET", "versions")
            .send()
            .document("ListVersionsResult")
            .all("Version")
            .len(),
        0
    );
    assert_eq!(
        b.at("GET", "uploads")
            .send()
            .document("ListMultipartUploadsResult")
            .all("Upload")
            .len(),
        0
    );
}

fn every_operation_names_the_missing_bucket() {
    let missing = name("missing");
    for (method, rest) in [
        ("GET", ""),
        ("GET", "?list-type=2"),
        ("GET", "?versions"),
        ("GET", "?uploads"),
        ("GET", "?versioning"),
        ("GET", "?tagging"),
        ("GET", "/k"),
        ("PUT", "/k"),
        ("DELETE", "/k"),
        ("GET", "/k?tagging"),
        ("POST", "/k?uploads"),
        ("GET", "/k?uploadId=x"),
        ("DELETE", "/k?uploadId=x"),
        ("PUT", "/k?partNumber=1&uploadId=x"),
    ] {
        let answer = Request::new(method, &format!("/{missing}{rest}")).send();
        answer.error(404, "NoSuchBucket", MISSING, &[("BucketName", &missing)]);
    }
}

fn expected_bucket_owner() {
    let b = bucket();
    b.fill(&["k"]);
    let owner = |request: Request| {
        request
            .header("x-amz-expected-bucket-owner", "111122223333")
            .send()
    };
    for request in [
        b.at("GET", ""),
        b.get("k"),
        b.put("k", ""),
        b.delete("k"),
        b.at("DELETE", ""),
    ] {
        owner(request).error(403, "AccessDenied", "Access Denied", &[]);
    }
    b.get("k").send().status(200);
}

//! ListBuckets (facts/06 §3).

use crate::kit::{Node, Request, cases, endpoint, name};

cases! {
    "06 §3 ListBuckets: elements": elements, all_is_default;
    "06 §3 ListBuckets: prefix": prefix_is_case_sensitive;
    "06 §3 ListBuckets: bucket-region": region_filter, region_must_be_one;
    "06 §3 ListBuckets: max-buckets and continuation-token": pages, limits_of_max_buckets, empty_token_is_allowed, bad_token;
    "06 §3 ListBuckets: wants credentials": query_without_credentials;
}

/// Three buckets of one prefix.
fn three() -> (String, Vec<String>) {
    let prefix = name("lb");
    let names: Vec<String> = ["a", "b", "c"]
        .iter()
        .map(|letter| format!("{prefix}.{letter}"))
        .collect();
    for bucket in &names {
        let body = match endpoint().region.as_str() {
            "us-east-1" => String::new(),
            region => format!(
                "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
            ),
        };
        Request::new("PUT", &format!("/{bucket}"))
            .body(body)
            .send()
            .status(200);
    }
    (prefix, names)
}

fn list(query: &str) -> Node {
    Request::get(&format!("/?{query}"))
        .send()
        .document("ListAllMyBucketsResult")
}

fn names(result: &Node) -> Vec<&str> {
    result.find("Buckets").unwrap().texts("Bucket", "Name")
}

fn elements() {
    let (prefix, expected) = three();
    let result = list(&format!("prefix={prefix}"));
    assert_eq!(result.names(), ["Owner", "Buckets", "Prefix"]);
    assert_eq!(result.get("Prefix"), prefix);
    assert_eq!(result.get("Owner/ID").len(), 64, "a canonical user id");
    assert_eq!(names(&result), expected);
    let first = &result.find("Buckets").unwrap().children[0];
    assert_eq!(first.get("BucketRegion"), endpoint().region);
    assert_eq!(first.get("BucketArn"), format!("arn:aws:s3:::{}", expected[0]));
    assert!(first.get("CreationDate").ends_with(".000Z"), "{first:?}");
}

fn all_is_default() {
    let (_, expected) = three();
    let result = Request::get("/").send().document("ListAllMyBucketsResult");
    let all = names(&result);
    assert!(expected.iter().all(|name| all.contains(&name.as_str())));
    assert!(all.is_sorted());
    assert_eq!(result.find("ContinuationToken"), None);
    assert_eq!(result.find("Prefix"), None);
}

fn prefix_is_case_sensitive() {
    let (prefix, _) = three();
    assert_eq!(
        names(&list(&format!("prefix={}", prefix.to_uppercase()))).len(),
        0
    );
}

fn region_filter() {
    let (prefix, expected) = three();
    let here = list(&format!("prefix={prefix}&bucket-region={}", endpoint().region));
    assert_eq!(names(&here), expected);
    let elsewhere = list(&format!("prefix={prefix}&bucket-region=sa-east-1"));
    assert_eq!(names(&elsewhere).len(), 0);
}

fn region_must_be_one() {
    let error = Request::get("/?bucket-region=nowhere")
        .send()
        .code(400, "InvalidArgument");
    assert_eq!(
        error.get("Message"),
        "Argument value nowhere is not a valid AWS Region"
    );
}

fn pages() {
    let (prefix, expected) = three();
    let first = list(&format!("prefix={prefix}&max-buckets=2"));
    assert_eq!(names(&first), expected[..2]);
    let token = crate::kit::encoded(first.get("ContinuationToken"));
    let second = list(&format!(
        "prefix={prefix}&max-buckets=2&continuation-token={token}"
    ));
    assert_eq!(names(&second), expected[2..]);
    assert_eq!(second.find("ContinuationToken"), None);
    let whole = list(&format!("prefix={prefix}&max-buckets=3"));
    assert_eq!((names(&whole).len(), whole.find("ContinuationToken")), (3, None));
}

fn limits_of_max_buckets() {
    for bad in ["0", "10001", "-1", "x"] {
        Request::get(&format!("/?max-buckets={bad}"))
            .send()
            .code(400, "InvalidArgument");
    }
    Request::get("/?max-buckets=10000").send().status(200);
}

fn empty_token_is_allowed() {
    let (prefix, expected) = three();
    assert_eq!(
        names(&list(&format!("prefix={prefix}&continuation-token="))),
        expected
    );
}

fn bad_token() {
    Request::get("/?continuation-token=%00not-a-token")
        .send()
        .code(400, "InvalidArgument");
}

fn query_without_credentials() {
    let answer = Request::get("/?max-buckets=1").anonymous().send();
    assert!(matches!(answer.status, 307 | 403), "{answer}");
}

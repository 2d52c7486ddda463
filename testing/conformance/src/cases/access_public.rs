//! Object Ownership and Block Public Access (facts/05 §8).

use super::access_acls::{ALL_USERS, open, unlock};
use super::access_policies::{allow, own_account, put_policy};
use crate::kit::{Answer, Bucket, Node, Request, Server, bucket, cases, name};

cases! {
    "05 §8 ownership controls": ownership_round_trip, ownership_deleted, ownership_refusals;
    "05 §8 Switching to Enforced requires a private ACL": enforcing;
    "05 §8 ownership at creation": created_with_ownership, created_with_acl;
    "05 §8 Block Public Access": block_round_trip, block_refusals;
    "05 §8 BlockPublicAcls": block_public_acls;
    "05 §8 IgnorePublicAcls": ignore_public_acls;
    "05 §8 BlockPublicPolicy": block_public_policy;
    "05 §8 RestrictPublicBuckets": restrict_public_buckets;
    "05 §8 Block Public Access of the account": of_the_account;
    "05 §7 x-amz-expected-bucket-owner": expected_owner;
}

fn controls(ownership: &str) -> String {
    format!(
        "<OwnershipControls><Rule><ObjectOwnership>{ownership}</ObjectOwnership></Rule></OwnershipControls>"
    )
}

fn ownership(b: &Bucket) -> String {
    let document = b
        .at("GET", "ownershipControls")
        .send()
        .document("OwnershipControls");
    document.get("Rule/ObjectOwnership").to_owned()
}

fn put_ownership(b: &Bucket, word: &str) -> Answer {
    b.at("PUT", "ownershipControls").body(controls(word)).md5().send()
}

const FLAGS: [&str; 4] = [
    "BlockPublicAcls",
    "IgnorePublicAcls",
    "BlockPublicPolicy",
    "RestrictPublicBuckets",
];

fn block(on: &[&str]) -> String {
    let flags = on.iter().map(|flag| format!("<{flag}>true</{flag}>"));
    format!(
        "<PublicAccessBlockConfiguration>{}</PublicAccessBlockConfiguration>",
        flags.collect::<String>()
    )
}

fn put_block(b: &Bucket, on: &[&str]) {
    b.at("PUT", "publicAccessBlock")
        .body(block(on))
        .md5()
        .send()
        .bare(200);
}

fn on(document: &Node) -> Vec<&'static str> {
    assert_eq!(document.names(), FLAGS);
    FLAGS
        .into_iter()
        .filter(|flag| document.get(flag) == "true")
        .collect()
}

fn ownership_round_trip() {
    let b = bucket();
    assert_eq!(ownership(&b), "BucketOwnerEnforced");
    for word in ["ObjectWriter", "BucketOwnerPreferred", "BucketOwnerEnforced"] {
        put_ownership(&b, word).bare(200);
        assert_eq!(ownership(&b), word);
    }
}

fn ownership_deleted() {
    let b = bucket();
    b.at("DELETE", "ownershipControls").send().bare(204);
    b.at("DELETE", "ownershipControls").send().bare(204);
    b.at("GET", "ownershipControls").send().error(
        404,
        "OwnershipControlsNotFoundError",
        "The bucket ownership controls were not found",
        &[("BucketName", &b.name)],
    );
    // As ObjectWriter: there are ACLs.
    b.at("PUT", "acl").header("x-amz-acl", "private").send().bare(200);
}

fn ownership_refusals() {
    let b = bucket();
    for document in ["<OwnershipControls/>", &controls("Nobody"), "text"] {
        let answer = b.at("PUT", "ownershipControls").body(document).md5().send();
        answer.code(400, "MalformedXML");
    }
    assert_eq!(ownership(&b), "BucketOwnerEnforced");
}

fn enforcing() {
    let b = open();
    b.at("PUT", "acl")
        .header("x-amz-acl", "public-read")
        .send()
        .bare(200);
    put_ownership(&b, "BucketOwnerEnforced").error(
        400,
        "InvalidBucketAclWithObjectOwnership",
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
        &[],
    );
    // Grants on objects are no obstacle, but are not in force any more.
    b.put("k", "body")
        .header("x-amz-acl", "public-read")
        .send()
        .status(200);
    b.get("k").anonymous().send().is("body");
    b.at("PUT", "acl").header("x-amz-acl", "private").send().bare(200);
    put_ownership(&b, "BucketOwnerEnforced").bare(200);
    b.get("k").anonymous().send().code(403, "AccessDenied");
    put_ownership(&b, "ObjectWriter").bare(200);
    b.get("k").anonymous().send().is("body");
}

fn create(name: &str, headers: &[(&str, &str)]) -> Answer {
    Request::new("PUT", &format!("/{name}")).headers(headers).send()
}

fn created_with_ownership() {
    let fresh = name("owned");
    create(&fresh, &[("x-amz-object-ownership", "Nobody")]).error(
        400,
        "InvalidArgument",
        "Invalid x-amz-object-ownership header: Nobody",
        &[
            ("ArgumentName", "x-amz-object-ownership"),
            ("ArgumentValue", "Nobody"),
        ],
    );
    create(&fresh, &[("x-amz-object-ownership", "ObjectWriter")]).status(200);
    let answer = Request::get(&format!("/{fresh}?ownershipControls")).send();
    let document = answer.document("OwnershipControls");
    assert_eq!(document.get("Rule/ObjectOwnership"), "ObjectWriter");
    Request::new("DELETE", &format!("/{fresh}")).send().bare(204);
}

fn created_with_acl() {
    let fresh = name("shared");
    let conflict = "InvalidBucketAclWithObjectOwnership";
    create(&fresh, &[("x-amz-acl", "public-read")]).code(400, conflict);
    let everybody = format!("uri=\"{ALL_USERS}\"");
    create(&fresh, &[("x-amz-grant-read", &everybody)]).code(400, conflict);
    let writer = ("x-amz-object-ownership", "ObjectWriter");
    create(&fresh, &[("x-amz-acl", "public-read"), writer])
        .code(400, "InvalidBucketAclWithBlockPublicAccessError");
    Request::new("HEAD", &format!("/{fresh}")).send().bare(404);
    create(&fresh, &[("x-amz-acl", "log-delivery-write"), writer]).status(200);
    let document = Request::get(&format!("/{fresh}?acl"))
        .send()
        .document("AccessControlPolicy");
    assert_eq!(document.find("AccessControlList").unwrap().all("Grant").len(), 3);
    Request::new("DELETE", &format!("/{fresh}")).send().bare(204);
    create(&fresh, &[("x-amz-acl", "private")]).status(200);
    Request::new("DELETE", &format!("/{fresh}")).send().bare(204);
}

fn block_round_trip() {
    let b = bucket();
    let get = || b.at("GET", "publicAccessBlock").send();
    // Amazon's since 2023.
    assert_eq!(on(&get().document("PublicAccessBlockConfiguration")), FLAGS);
    for flags in [&FLAGS[..1], &FLAGS[1..3], &[], &FLAGS] {
        put_block(&b, flags);
        assert_eq!(on(&get().document("PublicAccessBlockConfiguration")), flags);
    }
    for _ in 0..2 {
        b.at("DELETE", "publicAccessBlock").send().bare(204);
        get().error(
            404,
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
            &[("BucketName", &b.name)],
        );
    }
}

fn block_refusals() {
    let b = bucket();
    for document in ["text", "<Other/>", &block(&["BlockAll"])] {
        let answer = b.at("PUT", "publicAccessBlock").body(document).md5().send();
        answer.code(400, "MalformedXML");
    }
}

// "BlockPublicAcls (reject PUT with public ACL → 403 AccessDenied)".
fn block_public_acls() {
    let b = open();
    b.store("k", "body");
    put_block(&b, &["BlockPublicAcls"]);
    let everybody = format!("uri=\"{ALL_USERS}\"");
    let made: [&dyn Fn() -> Request; 4] = [
        &|| b.at("PUT", "acl"),
        &|| b.put("k", "").query("acl"),
        &|| b.put("other", "body"),
        &|| b.post("other", "").query("uploads"),
    ];
    for request in made {
        for acl in ["public-read", "authenticated-read"] {
            request()
                .header("x-amz-acl", acl)
                .send()
                .code(403, "AccessDenied");
        }
        request()
            .header("x-amz-grant-read", &everybody)
            .send()
            .code(403, "AccessDenied");
        request()
            .header("x-amz-acl", "bucket-owner-full-control")
            .send()
            .status(200);
    }
}

// "IgnorePublicAcls (treat as absent; GET ACL shows effective)".
fn ignore_public_acls() {
    let b = open();
    b.put("k", "body")
        .header("x-amz-acl", "public-read")
        .send()
        .status(200);
    b.at("PUT", "acl")
        .header("x-amz-acl", "public-read")
        .send()
        .bare(200);
    b.get("k").anonymous().send().is("body");
    let grants = |request: Request| {
        let document = request.send().document("AccessControlPolicy");
        document.find("AccessControlList").unwrap().all("Grant").len()
    };
    put_block(&b, &["IgnorePublicAcls"]);
    b.get("k").anonymous().send().code(403, "AccessDenied");
    b.at("GET", "").anonymous().send().code(403, "AccessDenied");
    assert_eq!(grants(b.at("GET", "acl")), 1);
    assert_eq!(grants(b.get("k").query("acl")), 1);
    put_block(&b, &[]);
    b.get("k").anonymous().send().is("body");
    assert_eq!(
        (grants(b.at("GET", "acl")), grants(b.get("k").query("acl"))),
        (2, 2)
    );
}

// "BlockPublicPolicy (reject public bucket policy → 403 AccessDenied)".
fn block_public_policy() {
    let b = bucket();
    put_policy(&b, &allow(&b, "\"*\"", "s3:GetObject")).code(403, "AccessDenied");
    b.at("GET", "policy").send().code(404, "NoSuchBucketPolicy");
    // One that is not public is taken.
    let own = format!("{{\"AWS\":\"{}\"}}", own_account(&b));
    put_policy(&b, &allow(&b, &own, "s3:GetObject")).bare(204);
    put_block(
        &b,
        &["BlockPublicAcls", "IgnorePublicAcls", "RestrictPublicBuckets"],
    );
    put_policy(&b, &allow(&b, "\"*\"", "s3:GetObject")).bare(204);
}

fn restrict_public_buckets() {
    let b = bucket();
    b.store("k", "body");
    put_block(&b, &[]);
    put_policy(&b, &allow(&b, "\"*\"", "s3:GetObject")).bare(204);
    b.get("k").anonymous().send().is("body");
    put_block(&b, &["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy"]);
    b.get("k").anonymous().send().is("body");
    put_block(&b, &["RestrictPublicBuckets"]);
    b.get("k")
        .anonymous()
        .send()
        .error(403, "AccessDenied", "Access Denied", &[]);
    b.get("k").send().is("body");
}

// The one test that changes the account: on a server of its own.
fn of_the_account() {
    let Some(server) = Server::start("us-east-1", &[]) else {
        return;
    };
    let b = Bucket::on(&server.endpoint);
    unlock(&b);
    b.put("k", "body")
        .header("x-amz-acl", "public-read")
        .send()
        .status(200);
    b.get("k").anonymous().send().is("body");
    let account = own_account(&b);
    let control = |method: &str| {
        Request::to(
            &server.endpoint,
            method,
            "/v20180820/configuration/publicAccessBlock",
        )
        .header("x-amz-account-id", &account)
    };
    let missing = control("GET").send();
    missing.status(404);
    assert!(
        missing
            .text()
            .contains("<Code>NoSuchPublicAccessBlockConfiguration</Code>"),
        "{missing}"
    );
    control("PUT")
        .body(block(&["IgnorePublicAcls"]))
        .send()
        .status(200);
    let got = control("GET").send();
    got.status(200);
    assert!(
        got.text().contains("<IgnorePublicAcls>true</IgnorePublicAcls>"),
        "{got}"
    );
    assert!(
        got.text()
            .contains("http://awss3control.amazonaws.com/doc/2018-08-20/"),
        "{got}"
    );
    // "Most restrictive of account, bucket … wins".
    b.get("k").anonymous().send().code(403, "AccessDenied");
    b.at("GET", "publicAccessBlock")
        .send()
        .code(404, "NoSuchPublicAccessBlockConfiguration");
    control("PUT")
        .body(block(&["BlockPublicAcls"]))
        .send()
        .status(200);
    b.get("k").anonymous().send().is("body");
    let answer = b
        .put("k", "")
        .query("acl")
        .header("x-amz-acl", "public-read")
        .send();
    answer.code(403, "AccessDenied");
    control("DELETE").send().status(204);
    control("GET").send().status(404);
    // Nobody and no other account.
    control("GET").anonymous().send().status(403);
    let other = control("GET").replace("x-amz-account-id", "999999999999").send();
    other.status(403);
    control("PUT").body("text").send().status(400);
}

fn expected_owner() {
    let b = bucket();
    b.store("k", "body");
    let own = own_account(&b);
    let get = |owner: &str| b.get("k").header("x-amz-expected-bucket-owner", owner).send();
    get(&own).is("body");
    get("999999999999").error(403, "AccessDenied", "Access Denied", &[]);
    get("me").error(
        400,
        "InvalidBucketOwnerAWSAccountID",
        "The value of the expected bucket owner parameter must be an AWS Account ID... [me]",
        &[],
    );
    let copy = |owner: &str| {
        b.put("copy", "")
            .header("x-amz-copy-source", &format!("{}/k", b.name))
            .header("x-amz-source-expected-bucket-owner", owner)
            .send()
    };
    copy(&own).status(200);
    copy("999999999999").code(403, "AccessDenied");
}

//! ACLs of buckets and objects (facts/05 §8).

use crate::kit::{Answer, Bucket, Node, Request, bucket, cases, name, versioned};

cases! {
    "05 §8 BucketOwnerEnforced is the default": no_acls_by_default, full_control_is_taken;
    "05 §8 canned ACLs": canned_on_buckets, canned_on_objects;
    "05 §8 header grants": header_grants;
    "05 §8 ACLs as XML": documents_round_trip;
    "05 §8 Owner has only an ID": only_an_id;
    "05 §8 refusals of ACL headers": header_refusals;
    "05 §8 refusals of ACL documents": document_refusals;
    "06 §4 ACL on marker": markers;
    "05 §8 ACLs of versions": versions;
    "05 §8 uploads carry their ACL": uploads, copies;
    "05 §8 ACLs allow": anonymous_reads_by_acl, anonymous_lists_by_acl, anonymous_writes_by_acl;
}

pub(super) const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";

/// A bucket that has ACLs and blocks nothing.
pub(super) fn open() -> Bucket {
    let b = bucket();
    unlock(&b);
    b
}

pub(super) fn unlock(b: &Bucket) {
    let controls =
        "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>";
    b.at("PUT", "ownershipControls")
        .body(controls)
        .md5()
        .send()
        .bare(200);
    b.at("DELETE", "publicAccessBlock").send().bare(204);
}

/// Grantees and permissions, in order; the owner is `owner`.
fn grants(answer: &Answer) -> Vec<(String, String)> {
    let document = answer.document("AccessControlPolicy");
    let owner = document.get("Owner/ID").to_owned();
    let shown = |grant: &Node| {
        let grantee = match grant.find("Grantee/ID") {
            Some(_) if grant.get("Grantee/ID") == owner => "owner".to_owned(),
            Some(_) => grant.get("Grantee/ID").to_owned(),
            None => grant.get("Grantee/URI").to_owned(),
        };
        (grantee, grant.get("Permission").to_owned())
    };
    let list = document.find("AccessControlList").unwrap();
    list.all("Grant").into_iter().map(shown).collect()
}

fn expect(answer: &Answer, expected: &[(&str, &str)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(grantee, permission)| ((*grantee).to_owned(), (*permission).to_owned()))
        .collect();
    assert_eq!(grants(answer), expected, "{answer}");
}

const OWNER: (&str, &str) = ("owner", "FULL_CONTROL");

fn owner_id(b: &Bucket) -> String {
    let document = b.at("GET", "acl").send().document("AccessControlPolicy");
    document.get("Owner/ID").to_owned()
}

fn policy(owner: &str, grants: &str) -> String {
    format!(
        "<AccessControlPolicy xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Owner><ID>{owner}</ID></Owner>\
         <AccessControlList>{grants}</AccessControlList></AccessControlPolicy>"
    )
}

fn grant(kind: &str, grantee: &str, permission: &str) -> String {
    format!(
        "<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{kind}\">{grantee}\
         </Grantee><Permission>{permission}</Permission></Grant>"
    )
}

fn user(id: &str, permission: &str) -> String {
    grant("CanonicalUser", &format!("<ID>{id}</ID>"), permission)
}

fn no_acls_by_default() {
    let b = bucket();
    b.store("k", "body");
    expect(&b.at("GET", "acl").send(), &[OWNER]);
    expect(&b.get("k").query("acl").send(), &[OWNER]);
    let refused = |request: Request| {
        let message = "The bucket does not allow ACLs";
        request
            .send()
            .error(400, "AccessControlListNotSupported", message, &[]);
    };
    for acl in ["private", "public-read", "bucket-owner-read"] {
        refused(b.at("PUT", "acl").header("x-amz-acl", acl));
        refused(b.put("k", "").query("acl").header("x-amz-acl", acl));
        refused(b.put("other", "body").header("x-amz-acl", acl));
        refused(b.post("other", "").query("uploads").header("x-amz-acl", acl));
    }
    let everybody = format!("uri=\"{ALL_USERS}\"");
    refused(b.put("other", "body").header("x-amz-grant-read", &everybody));
    b.head("other").send().bare(404);
}

// "writes only without ACL or with bucket-owner-full-control / equivalent XML".
fn full_control_is_taken() {
    let b = bucket();
    let owner = owner_id(&b);
    b.put("k", "body")
        .header("x-amz-acl", "bucket-owner-full-control")
        .send()
        .status(200);
    let equal = policy(&owner, &user(&owner, "FULL_CONTROL"));
    b.put("k", &equal).query("acl").send().bare(200);
    expect(&b.get("k").query("acl").send(), &[OWNER]);
    let more = policy(
        &owner,
        &format!("{}{}", user(&owner, "FULL_CONTROL"), user(&owner, "READ")),
    );
    b.put("k", &more)
        .query("acl")
        .send()
        .code(400, "AccessControlListNotSupported");
}

fn canned_on_buckets() {
    let b = open();
    for (acl, beside_owner) in [
        ("private", &[][..]),
        ("public-read", &[(ALL_USERS, "READ")]),
        ("public-read-write", &[(ALL_USERS, "READ"), (ALL_USERS, "WRITE")]),
        ("authenticated-read", &[(AUTHENTICATED, "READ")]),
        (
            "log-delivery-write",
            &[(LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP")],
        ),
        // Of objects only.
        ("bucket-owner-full-control", &[]),
    ] {
        b.at("PUT", "acl").header("x-amz-acl", acl).send().bare(200);
        expect(&b.at("GET", "acl").send(), &[&[OWNER], beside_owner].concat());
    }
}

fn canned_on_objects() {
    let b = open();
    b.store("k", "body");
    for (acl, beside_owner) in [
        ("public-read", &[(ALL_USERS, "READ")][..]),
        ("authenticated-read", &[(AUTHENTICATED, "READ")]),
        // The object is the bucket owner's.
        ("bucket-owner-full-control", &[]),
        ("private", &[]),
    ] {
        let answer = b.put("k", "").query("acl").header("x-amz-acl", acl).send();
        answer.bare(200);
        expect(
            &b.get("k").query("acl").send(),
            &[&[OWNER], beside_owner].concat(),
        );
        let fresh = format!("new-{acl}");
        b.put(&fresh, "body").header("x-amz-acl", acl).send().status(200);
        expect(
            &b.get(&fresh).query("acl").send(),
            &[&[OWNER], beside_owner].concat(),
        );
    }
    // What the ACL of an object that is replaced was says nothing of the new one.
    b.store("new-public-read", "body");
    expect(&b.get("new-public-read").query("acl").send(), &[OWNER]);
    b.get("missing").query("acl").send().code(404, "NoSuchKey");
    let answer = b
        .put("missing", "")
        .query("acl")
        .header("x-amz-acl", "private")
        .send();
    answer.code(404, "NoSuchKey");
}

fn header_grants() {
    let b = open();
    let owner = owner_id(&b);
    let both = format!("id=\"{owner}\", uri=\"{ALL_USERS}\"");
    let only = format!("id={owner}");
    b.put("k", "body")
        .header("x-amz-grant-read", &both)
        .header("x-amz-grant-write-acp", &only)
        .send()
        .status(200);
    // No more than was granted: nobody has full control.
    expect(
        &b.get("k").query("acl").send(),
        &[("owner", "READ"), (ALL_USERS, "READ"), ("owner", "WRITE_ACP")],
    );
    b.at("PUT", "acl")
        .header("x-amz-grant-read", &both)
        .send()
        .bare(200);
    expect(
        &b.at("GET", "acl").send(),
        &[("owner", "READ"), (ALL_USERS, "READ")],
    );
}

fn documents_round_trip() {
    let b = open();
    let owner = owner_id(&b);
    b.store("k", "body");
    let group = |uri, permission| grant("Group", &format!("<URI>{uri}</URI>"), permission);
    let grants = [
        user(&owner, "FULL_CONTROL"),
        group(ALL_USERS, "READ_ACP"),
        group(AUTHENTICATED, "READ"),
    ]
    .concat();
    let document = policy(&owner, &grants);
    let expected = [OWNER, (ALL_USERS, "READ_ACP"), (AUTHENTICATED, "READ")];
    b.at("PUT", "acl").body(&document).send().bare(200);
    expect(&b.at("GET", "acl").send(), &expected);
    b.put("k", &document).query("acl").send().bare(200);
    let answer = b.get("k").query("acl").send();
    expect(&answer, &expected);
    assert!(answer.text().contains(&grants), "{answer}");
    // What was read can be written again.
    b.put("k", answer.text()).query("acl").send().bare(200);
    expect(&b.get("k").query("acl").send(), &expected);
}

fn only_an_id() {
    let b = bucket();
    let document = b.at("GET", "acl").send().document("AccessControlPolicy");
    assert_eq!(document.names(), ["Owner", "AccessControlList"]);
    assert_eq!(document.find("Owner").unwrap().names(), ["ID"]);
    let grant = document.find("AccessControlList/Grant").unwrap();
    assert_eq!(grant.names(), ["Grantee", "Permission"]);
    assert_eq!(grant.find("Grantee").unwrap().names(), ["ID"]);
}

fn header_refusals() {
    let b = open();
    b.store("k", "body");
    let argument = |answer: Answer, message: &str, name: &str, value: &str| {
        let details = [("ArgumentName", name), ("ArgumentValue", value)];
        answer.error(400, "InvalidArgument", message, &details);
    };
    let made: [&dyn Fn() -> Request; 4] = [
        &|| b.at("PUT", "acl"),
        &|| b.put("k", "").query("acl"),
        &|| b.put("other", "body"),
        &|| b.post("other", "").query("uploads"),
    ];
    for request in made {
        // "unknown canned → InvalidArgument, empty Message".
        argument(
            request().header("x-amz-acl", "public").send(),
            "",
            "x-amz-acl",
            "public",
        );
        let both = request()
            .header("x-amz-acl", "private")
            .header("x-amz-grant-read", "id=\"x\"");
        let message = "Specifying both Canned ACLs and Header Grants is not allowed";
        both.send().error(400, "InvalidRequest", message, &[]);
        let header = |value: &str| request().header("x-amz-grant-read", value).send();
        argument(
            header("x"),
            "Argument format not recognized",
            "x-amz-grant-read",
            "x",
        );
        argument(header("id=\"x\""), "Invalid id", "id", "x");
        let nobody = "f".repeat(64);
        argument(header(&format!("id=\"{nobody}\"")), "Invalid id", "id", &nobody);
        argument(header("uri=\"http://x\""), "Invalid group uri", "uri", "http://x");
        header("emailAddress=\"a@b.c\"").code(400, "UnresolvableGrantByEmailAddress");
    }
    b.head("other").send().bare(404);
    for request in made.iter().take(2) {
        // "header + body → UnexpectedContent", "none → MissingSecurityHeader".
        let answer = request().header("x-amz-acl", "private").body("<x/>").send();
        answer.error(
            400,
            "UnexpectedContent",
            "This request does not support content",
            &[],
        );
        request().send().error(
            400,
            "MissingSecurityHeader",
            "Your request was missing a required header",
            &[("MissingHeaderName", "x-amz-acl")],
        );
    }
    let fresh = name("acl");
    let create = |header: &str, value: &str| {
        Request::new("PUT", &format!("/{fresh}"))
            .header(header, value)
            .send()
    };
    argument(create("x-amz-acl", "public"), "", "x-amz-acl", "public");
    argument(create("x-amz-grant-read", "id=\"x\""), "Invalid id", "id", "x");
    Request::new("HEAD", &format!("/{fresh}")).send().bare(404);
}

fn document_refusals() {
    let b = open();
    let owner = owner_id(&b);
    b.store("k", "body");
    let put = |document: &str| b.put("k", document).query("acl").send();
    let argument = |answer: Answer, message: &str, name: &str, value: &str| {
        let details = [("ArgumentName", name), ("ArgumentValue", value)];
        answer.error(400, "InvalidArgument", message, &details);
    };
    let document = policy(&owner, &user("x", "READ"));
    argument(put(&document), "Invalid id", "CanonicalUser/ID", "x");
    let document = policy(&owner, &grant("Group", "<URI>http://x</URI>", "READ"));
    argument(put(&document), "Invalid group uri", "Group/URI", "http://x");
    let malformed =
        "The XML you provided was not well-formed or did not validate against our published schema";
    for document in [
        "no xml".to_owned(),
        "<AccessControlPolicy/>".to_owned(),
        policy(&owner, &user(&owner, "SING")),
        policy(&owner, "<Grant/>"),
        policy(&owner, &user(&owner, "READ").repeat(101)),
    ] {
        put(&document).error(400, "MalformedACLError", malformed, &[]);
        let answer = b.at("PUT", "acl").body(&document).send();
        answer.error(400, "MalformedACLError", malformed, &[]);
    }
    // An ACL does not give a resource away.
    put(&policy(&"f".repeat(64), &user(&owner, "READ"))).code(403, "AccessDenied");
    expect(&b.get("k").query("acl").send(), &[OWNER]);
}

fn markers() {
    let b = versioned();
    b.store("k", "body");
    let marker = b.delete("k").send().value("x-amz-version-id");
    let put = |query: &str| b.put("k", "").query(query).header("x-amz-acl", "private").send();
    put("acl").code(405, "MethodNotAllowed");
    put(&format!("acl&versionId={marker}")).code(405, "MethodNotAllowed");
    b.get("k").query("acl").send().code(404, "NoSuchKey");
    let answer = b.get("k").query(&format!("acl&versionId={marker}")).send();
    answer.code(405, "MethodNotAllowed");
}

fn versions() {
    let b = versioned();
    unlock(&b);
    let old = b.store_version("k", "old");
    let new = b.store_version("k", "new");
    let at = |method: &str, id: &str| b.key(method, "k").query("acl").query(&format!("versionId={id}"));
    let answer = at("PUT", &old).header("x-amz-acl", "public-read").send();
    answer.status(200).has("x-amz-version-id", &old);
    expect(&at("GET", &old).send(), &[OWNER, (ALL_USERS, "READ")]);
    let answer = b.get("k").query("acl").send();
    answer.has("x-amz-version-id", &new);
    expect(&answer, &[OWNER]);
    b.get("k")
        .query(&format!("versionId={old}"))
        .anonymous()
        .send()
        .is("old");
    b.get("k").anonymous().send().code(403, "AccessDenied");
}

fn uploads() {
    let b = open();
    let upload = b.initiate("k", &[("x-amz-acl", "public-read")]);
    let etag = b.part("k", &upload, 1, "part");
    b.complete("k", &upload, &[(1, &etag)]).send().status(200);
    expect(&b.get("k").query("acl").send(), &[OWNER, (ALL_USERS, "READ")]);
    b.get("k").anonymous().send().is("part");
}

// "COPY default (… not ACL …)" (facts/06 §7).
fn copies() {
    let b = open();
    b.put("k", "body")
        .header("x-amz-acl", "public-read")
        .send()
        .status(200);
    let copy = |key: &str| {
        b.put(key, "")
            .header("x-amz-copy-source", &format!("{}/k", b.name))
    };
    copy("private").send().status(200);
    expect(&b.get("private").query("acl").send(), &[OWNER]);
    copy("public")
        .header("x-amz-acl", "public-read")
        .send()
        .status(200);
    expect(
        &b.get("public").query("acl").send(),
        &[OWNER, (ALL_USERS, "READ")],
    );
}

fn anonymous_reads_by_acl() {
    let b = open();
    b.put("public", "body")
        .header("x-amz-acl", "public-read")
        .send()
        .status(200);
    b.put("signed", "body")
        .header("x-amz-acl", "authenticated-read")
        .send()
        .status(200);
    b.store("private", "body");
    b.get("public").anonymous().send().is("body");
    b.head("public").anonymous().send().status(200);
    for key in ["signed", "private", "missing"] {
        b.get(key)
            .anonymous()
            .send()
            .error(403, "AccessDenied", "Access Denied", &[]);
        b.head(key).anonymous().send().bare(403);
    }
    // READ is not READ_ACP, nor writing.
    b.get("public")
        .query("acl")
        .anonymous()
        .send()
        .code(403, "AccessDenied");
    b.put("public", "other")
        .anonymous()
        .send()
        .code(403, "AccessDenied");
    b.delete("public").anonymous().send().code(403, "AccessDenied");
    b.get("public")
        .query("tagging")
        .anonymous()
        .send()
        .code(403, "AccessDenied");
    b.at("GET", "").anonymous().send().code(403, "AccessDenied");
    b.get("public").send().is("body");
}

fn anonymous_lists_by_acl() {
    let b = open();
    b.store("k", "body");
    b.at("PUT", "acl")
        .header("x-amz-acl", "public-read")
        .send()
        .bare(200);
    for query in ["", "list-type=2", "versions", "uploads"] {
        b.at("GET", query).anonymous().send().status(200);
    }
    // "Owner absent for anonymous callers" (facts/06 §3).
    let listing = b.at("GET", "").anonymous().send().document("ListBucketResult");
    assert_eq!(listing.get("Contents/Key"), "k");
    assert!(listing.find("Contents/Owner").is_none());
    b.get("k").anonymous().send().code(403, "AccessDenied");
    // Who may list may know what is not there (facts/05 §6).
    b.get("missing").anonymous().send().code(404, "NoSuchKey");
}

fn anonymous_writes_by_acl() {
    let b = open();
    b.at("PUT", "acl")
        .header("x-amz-acl", "public-read-write")
        .send()
        .bare(200);
    b.put("k", "body").anonymous().send().status(200);
    b.get("k").send().is("body");
    b.get("k").anonymous().send().code(403, "AccessDenied");
    b.delete("k").anonymous().send().bare(204);
    b.at("PUT", "acl")
        .header("x-amz-acl", "private")
        .anonymous()
        .send()
        .code(403, "AccessDenied");
    b.at("GET", "acl").anonymous().send().code(403, "AccessDenied");
}

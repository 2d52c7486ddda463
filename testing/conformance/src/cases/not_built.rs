//! Sub-resources that are not built answer 501, whatever the method, and never become another operation.
//! Issue 2: "a request that names a sub-resource not built never falls through to another operation (a peer
//! takes PUT ?website for CreateBucket)". Issues that build one move its row to a file of its own.

use crate::kit::{Request, bucket, cases, name};

cases! {
    "issue 2 sub-resources of buckets": bucket_sub_resources;
    "issue 2 sub-resources of objects": object_sub_resources;
    "issue 2 no bucket is made by a sub-resource": no_bucket_is_made;
    "issue 2 nothing is deleted by a sub-resource": nothing_is_deleted;
    "issue 2 nothing is stored by a sub-resource": nothing_is_stored;
    "06 §12 conflicting sub-resources": conflicting;
    "06 §12 GET torrent": torrent;
    "issue 2 headers that ask for what is not built": encryption_headers, bucket_headers;
}

/// Of facts/04 §4's list and the service model, without what works now.
const OF_BUCKETS: &[(&str, &[&str])] = &[
    ("accelerate", &["GET", "PUT"]),
    ("analytics", &["GET"]),
    ("encryption", &["GET", "PUT", "DELETE"]),
    ("intelligent-tiering", &["GET"]),
    ("inventory", &["GET"]),
    ("lifecycle", &["GET", "PUT", "DELETE"]),
    ("logging", &["GET", "PUT"]),
    ("metrics", &["GET"]),
    ("notification", &["GET", "PUT"]),
    ("object-lock", &["GET", "PUT"]),
    ("replication", &["GET", "PUT", "DELETE"]),
    ("requestPayment", &["GET", "PUT"]),
    ("website", &["GET", "PUT", "DELETE"]),
];

/// Those that name one of many; without an id only GET has a meaning.
const WITH_ID: &[&str] = &["analytics", "intelligent-tiering", "inventory", "metrics"];

const OF_OBJECTS: &[(&str, &[&str])] = &[
    ("legal-hold", &["GET", "PUT"]),
    ("retention", &["GET", "PUT"]),
    ("restore", &["POST"]),
    ("select&select-type=2", &["POST"]),
];

#[track_caller]
fn not_built(request: Request) {
    let target = format!("{} {}", request.method, request.target());
    let answer = request.send();
    assert_eq!(answer.status, 501, "{target}\n{answer}");
    answer.code(501, "NotImplemented");
}

fn bucket_sub_resources() {
    let b = bucket();
    for (name, methods) in OF_BUCKETS {
        for method in *methods {
            not_built(b.at(method, name));
            not_built(b.at(method, &format!("{name}=")));
            not_built(b.at(method, &format!("prefix=x&{name}")));
        }
    }
    for name in WITH_ID {
        for method in ["GET", "PUT", "DELETE"] {
            not_built(b.at(method, &format!("{name}&id=1")));
            not_built(b.at(method, &format!("id=1&{name}=")));
        }
        for method in ["PUT", "DELETE"] {
            let answer = b.at(method, name).send();
            assert!(
                matches!(answer.status, 400 | 405 | 501),
                "{method} ?{name}\n{answer}"
            );
        }
    }
}

fn object_sub_resources() {
    let b = bucket();
    b.store("k", "body");
    for (name, methods) in OF_OBJECTS {
        for method in *methods {
            not_built(b.key(method, "k").query(name));
        }
    }
    b.get("k").send().is("body");
}

fn no_bucket_is_made() {
    let names = OF_BUCKETS.iter().filter(|(_, methods)| methods.contains(&"PUT"));
    let built = [
        "acl",
        "cors",
        "ownershipControls",
        "policy",
        "publicAccessBlock",
        "tagging",
        "versioning",
    ];
    for sub_resource in names.map(|(name, _)| *name).chain(built) {
        let missing = name("made");
        let answer = Request::new("PUT", &format!("/{missing}?{sub_resource}"))
            .body("<X/>")
            .send();
        assert!(answer.status >= 400, "PUT ?{sub_resource}\n{answer}");
        Request::new("HEAD", &format!("/{missing}")).send().bare(404);
    }
}

fn nothing_is_deleted() {
    let b = bucket();
    for (name, methods) in OF_BUCKETS {
        if methods.contains(&"DELETE") {
            b.at("DELETE", name).send().status(501);
            b.at("HEAD", "").send().status(200);
        }
    }
    b.store("k", "body");
    for query in ["acl", "retention", "legal-hold", "restore", "torrent"] {
        let answer = b.delete("k").query(query).send();
        assert!(answer.status >= 400, "DELETE ?{query}\n{answer}");
        b.get("k").send().status(200);
    }
}

fn nothing_is_stored() {
    let b = bucket();
    for (query, _) in OF_OBJECTS {
        let answer = b.put("k", "<X/>").query(query).send();
        assert!(answer.status >= 400, "PUT ?{query}\n{answer}");
        b.head("k").send().bare(404);
    }
    // A bucket's sub-resource in a request for an object.
    for query in OF_BUCKETS
        .iter()
        .map(|(name, _)| *name)
        .chain(["cors", "policy", "publicAccessBlock"])
    {
        let answer = b.put("k", "body").query(query).send();
        assert!(answer.status >= 400, "PUT ?{query}\n{answer}");
    }
    b.head("k").send().bare(404);
    // Known operations with half of their parameters.
    for query in ["uploads", "uploadId=x", "partNumber=1"] {
        let answer = b.put("k", "body").query(query).send();
        assert!(answer.status >= 400, "PUT ?{query}\n{answer}");
    }
    b.head("k").send().bare(404);
}

fn conflicting() {
    let b = bucket();
    let error = b.at("GET", "acl&policy").send().code(400, "InvalidArgument");
    assert_eq!(
        error.get("Message"),
        "Conflicting query string parameters: acl, policy"
    );
    assert_eq!(
        (error.get("ArgumentName"), error.get("ArgumentValue")),
        ("ResourceType", "acl")
    );
}

fn torrent() {
    let b = bucket();
    b.store("k", "body");
    let answer = b.get("k").query("torrent").send();
    assert!(matches!(answer.status, 405 | 501), "{answer}");
}

/// Storing in the clear what was to be encrypted would be worse than refusing.
fn encryption_headers() {
    let b = bucket();
    for (name, value) in [
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "key"),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ("x-amz-object-lock-mode", "GOVERNANCE"),
        ("x-amz-object-lock-legal-hold", "ON"),
    ] {
        let answer = b.put("k", "x").header(name, value).send();
        assert!(matches!(answer.status, 400 | 501), "{name}: {answer}");
        let answer = b.post("k", "").query("uploads").header(name, value).send();
        assert!(
            matches!(answer.status, 400 | 501),
            "{name} of an upload: {answer}"
        );
    }
    b.head("k").send().bare(404);
}

fn bucket_headers() {
    let missing = name("locked");
    let request = Request::new("PUT", &format!("/{missing}"));
    let answer = request.header("x-amz-bucket-object-lock-enabled", "true").send();
    answer.code(501, "NotImplemented");
    Request::new("HEAD", &format!("/{missing}")).send().bare(404);
}

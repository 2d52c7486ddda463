//! Host and path: which bucket and key a request is about (facts/01 §1, §6; facts/06 §2).

use std::time::Duration;

use crate::kit::{Answer, Connection, Request, bucket, cases, encoded, endpoint, name};

cases! {
    "01 §1 rows 1-6 service endpoints, path style": service_hosts, any_other_host_is_path_style;
    "01 §1 row 8 virtual-hosted style": bucket_hosts, bucket_host_root_lists, dotted_bucket_host, missing_bucket_in_host;
    "01 §1 case, port and trailing dot of Host": host_spelling;
    "01 §1 row 15 CNAME hosting": cname_host;
    "01 §1 row 16 HTTP/1.0 without Host": http_1_0_without_host;
    "01 §1 root-level files are plain keys": root_level_files;
    "01 §1 anonymous GET / is sent elsewhere": anonymous_root;
    "01 §6 bucket naming": bad_bucket_names, longest_and_shortest_names;
    "06 §2 GET /bucket and /bucket/": bucket_with_and_without_slash;
    "06 §2 keys are kept verbatim, decoded once": odd_keys, key_decoded_once, plus_in_a_path_is_a_plus;
    "06 §2 a key has 1 to 1024 bytes": key_length;
    "06 §2 keys are UTF-8": key_not_utf8;
    "06 §2 a and a/b coexist": object_and_folder_coexist;
}

/// The object that `host` and `target` address.
#[track_caller]
fn read(host: &str, target: &str) -> Answer {
    Request::get(target).host(host).send()
}

fn service_hosts() {
    let (b, region) = (bucket(), &endpoint().region);
    b.store("k", "body");
    let target = format!("/{}/k", b.name);
    let mut names = vec![
        format!("s3.{region}"),
        format!("s3-{region}"),
        format!("s3.dualstack.{region}"),
    ];
    if region == "us-east-1" {
        names.extend(["s3".into(), "s3-external-1".into()]);
    }
    for name in names {
        read(&endpoint().named(&name), &target).status(200).is("body");
    }
}

fn any_other_host_is_path_style() {
    let b = bucket();
    b.store("k", "body");
    for host in ["[::1]:9000", "10.0.0.7", "storage.example:80", "cairn"] {
        read(host, &format!("/{}/k", b.name)).status(200).is("body");
    }
}

fn bucket_hosts() {
    let (b, region) = (bucket(), &endpoint().region);
    b.store("folder/k", "body");
    let mut names = vec![
        format!("s3.{region}"),
        format!("s3-{region}"),
        format!("s3.dualstack.{region}"),
    ];
    if region == "us-east-1" {
        names.push("s3".into());
    }
    for name in names {
        let host = endpoint().named(&format!("{}.{name}", b.name));
        read(&host, "/folder/k").status(200).is("body");
        Request::new("PUT", "/new")
            .host(&host)
            .body("x")
            .send()
            .status(200);
        b.get("new").send().status(200).is("x");
    }
}

fn bucket_host_root_lists() {
    let b = bucket();
    b.fill(&["k"]);
    let host = endpoint().named(&format!("{}.s3.{}", b.name, endpoint().region));
    let listed = read(&host, "/?list-type=2").document("ListBucketResult");
    assert_eq!(listed.get("Name"), b.name);
    assert_eq!(listed.texts("Contents", "Key"), ["k"]);
    Request::new("HEAD", "/").host(&host).send().status(200);
}

fn dotted_bucket_host() {
    let bucket = format!("a.{}", name("dotted"));
    Request::new("PUT", &format!("/{bucket}")).send().status(200);
    Request::new("PUT", &format!("/{bucket}/k"))
        .body("body")
        .send()
        .status(200);
    let host = endpoint().named(&format!("{bucket}.s3.{}", endpoint().region));
    read(&host, "/k").status(200).is("body");
}

fn missing_bucket_in_host() {
    let missing = name("missing");
    let host = endpoint().named(&format!("{missing}.s3.{}", endpoint().region));
    let message = "The specified bucket does not exist";
    read(&host, "/k").error(404, "NoSuchBucket", message, &[("BucketName", &missing)]);
}

fn host_spelling() {
    let b = bucket();
    b.store("k", "body");
    let (region, domain, port) = (&endpoint().region, &endpoint().domain, endpoint().address.port());
    for host in [
        format!(
            "{}.S3.{region}.{}:{port}",
            b.name.to_uppercase(),
            domain.to_uppercase()
        ),
        format!("{}.s3.{region}.{domain}", b.name),
        format!("{}.s3.{region}.{domain}.", b.name),
        format!("{}.s3.{region}.{domain}.:{port}", b.name),
    ] {
        read(&host, "/k").status(200).is("body");
    }
}

fn cname_host() {
    let bucket = format!("www.{}.example", name("cname"));
    Request::new("PUT", &format!("/{bucket}")).send().status(200);
    Request::new("PUT", "/img/logo.png")
        .host(&bucket)
        .body("logo")
        .send()
        .status(200);
    Request::get(&format!("/{bucket}/img/logo.png"))
        .send()
        .status(200)
        .is("logo");
    read(&format!("{}:8080", bucket.to_uppercase()), "/img/logo.png")
        .status(200)
        .is("logo");
}

fn http_1_0_without_host() {
    let b = bucket();
    b.store("k", "body");
    let presigned = b.get("k").host("").presigned(60);
    let mut connection = Connection::open(endpoint().address);
    let request = format!("GET {} HTTP/1.0\r\n\r\n", presigned.target());
    connection.send(request).answer().status(200).is("body");
    assert!(
        connection.ends_within(Duration::from_secs(5)),
        "HTTP/1.0 ends the connection"
    );
}

fn root_level_files() {
    let b = bucket();
    for key in ["favicon.ico", "robots.txt", "crossdomain.xml"] {
        b.store(key, key);
        let host = endpoint().named(&format!("{}.s3.{}", b.name, endpoint().region));
        read(&host, &format!("/{key}")).status(200).is(key);
    }
}

fn anonymous_root() {
    let answer = Request::get("/").anonymous().send();
    // Cairn has no page to send anybody to (docs/semantics.md).
    if answer.status == 403 {
        answer.error(403, "AccessDenied", "Access Denied", &[]);
    } else {
        answer
            .status(307)
            .has("location", "https://aws.amazon.com/s3/")
            .is("");
    }
}

fn bad_bucket_names() {
    let long = "a".repeat(64);
    for bad in [
        "ab",
        long.as_str(),
        "Upper-Case",
        "under_score",
        "-dash",
        "dash-",
        ".dot",
        "dot.",
        "two..dots",
        "192.168.5.4",
        "xn--name",
        "sthree-name",
        "amzn-s3-demo-name",
        "name-s3alias",
        "name--ol-s3",
        "name.mrap",
        "name--x-s3",
        "name--table-s3",
    ] {
        let details = [("BucketName", bad)];
        for (method, target) in [
            ("PUT", format!("/{bad}")),
            ("GET", format!("/{bad}")),
            ("GET", format!("/{bad}/k")),
        ] {
            let answer = Request::new(method, &target).send();
            answer.error(
                400,
                "InvalidBucketName",
                "The specified bucket is not valid.",
                &details,
            );
        }
    }
}

fn longest_and_shortest_names() {
    let unique = name("n");
    let long = format!("{unique}{}", "x".repeat(63 - unique.len()));
    let number = unique.rsplit('-').next().unwrap().parse::<u32>().unwrap() % 1000;
    for good in [long, format!("{number:03}"), format!("1.{unique}.2-3")] {
        let created = Request::new("PUT", &format!("/{good}")).send();
        // A name of three characters may be taken on a server that is not our own.
        assert!(matches!(created.status, 200 | 409), "{good}: {created}");
        Request::new("HEAD", &format!("/{good}")).send().status(200);
        Request::new("DELETE", &format!("/{good}")).send().status(204);
    }
}

fn bucket_with_and_without_slash() {
    let b = bucket();
    b.fill(&["k"]);
    for target in [
        format!("/{}", b.name),
        format!("/{}/", b.name),
        format!("/{}/?list-type=2", b.name),
    ] {
        let listed = Request::get(&target).send().document("ListBucketResult");
        assert_eq!(listed.texts("Contents", "Key"), ["k"]);
    }
}

fn odd_keys() {
    let b = bucket();
    let keys = [
        "a//b",
        "a/",
        "a/./b",
        "a/../b",
        "../up",
        "./here",
        "/leading",
        "//two",
        "spa ce",
        "plus+plus",
        "per%cent",
        "am&per=sand",
        "que?stion",
        "ha#sh",
        "quo\"te'",
        "<angle>",
        "semi;colon:",
        "back\\slash",
        "emoji-😀",
        "ümläut",
        "~tilde-_.",
        "new\nline",
        "tab\there",
        "star*()!$,@[]",
    ];
    for key in keys {
        b.store(key, key);
    }
    for key in keys {
        b.get(key).send().status(200).is(key);
        b.head(key).send().status(200);
    }
    let listed = b.at("GET", "list-type=2").send().document("ListBucketResult");
    let mut expected = keys;
    expected.sort_unstable();
    assert_eq!(listed.texts("Contents", "Key"), expected);
    for key in keys {
        b.delete(key).send().status(204);
    }
    assert_eq!(
        b.at("GET", "")
            .send()
            .document("ListBucketResult")
            .all("Contents")
            .len(),
        0
    );
}

fn key_decoded_once() {
    let b = bucket();
    Request::new("PUT", &format!("/{}/file%252Fname", b.name))
        .body("x")
        .send()
        .status(200);
    let listed = b.at("GET", "").send().document("ListBucketResult");
    assert_eq!(listed.texts("Contents", "Key"), ["file%2Fname"]);
    Request::get(&format!("/{}/file%2Fname", b.name))
        .send()
        .code(404, "NoSuchKey");
    Request::new("PUT", &format!("/{}/one%2Ftwo", b.name))
        .body("y")
        .send()
        .status(200);
    b.get("one/two").send().status(200).is("y");
}

fn plus_in_a_path_is_a_plus() {
    let b = bucket();
    Request::new("PUT", &format!("/{}/a+b", b.name))
        .body("x")
        .send()
        .status(200);
    b.get("a+b").send().status(200).is("x");
    b.get("a b").send().code(404, "NoSuchKey");
}

fn key_length() {
    let b = bucket();
    let longest = "ü".repeat(512);
    b.store(&longest, "x");
    b.get(&longest).send().status(200).is("x");
    let details = [("Size", "1025"), ("MaxSizeAllowed", "1024")];
    let key = "k".repeat(1025);
    b.put(&key, "x")
        .send()
        .error(400, "KeyTooLongError", "Your key is too long", &details);
}

fn key_not_utf8() {
    let b = bucket();
    let answer = Request::get(&format!("/{}/%ff%fe", b.name)).send();
    answer.error(
        400,
        "InvalidURI",
        "Couldn't parse the specified URI.",
        &[("URI", "*")],
    );
}

fn object_and_folder_coexist() {
    let b = bucket();
    for key in ["a", "a/", "a/b"] {
        b.store(key, encoded(key));
    }
    b.delete("a").send().status(204);
    b.get("a/").send().status(200).is("a/");
    b.get("a/b").send().status(200).is("a/b");
}

//! Several regions in one process: where their data lies, how a store grows from one to several, and what
//! an operator is told when a region is missing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod support;

use std::fs;

use support::{Cairn, Client, Ended, Running};

const BODY_BYTES: usize = 300_000;

fn client(server: &Running, region: &str) -> Client {
    Client::of_region(server.region(region), server.keys(), region)
}

fn body() -> Vec<u8> {
    (0..BODY_BYTES).map(|n| (n % 251) as u8).collect()
}

fn created_in(region: &str) -> Vec<u8> {
    let constraint = format!("<LocationConstraint>{region}</LocationConstraint>");
    format!("<CreateBucketConfiguration>{constraint}</CreateBucketConfiguration>").into_bytes()
}

fn one_line(ended: &Ended, code: i32, wanted: &str) {
    assert_eq!(ended.code(), code, "{ended:?}");
    let line = ended.stderr.trim_end();
    assert!(line.starts_with("cairn: ") && !line.contains('\n'), "{line}");
    assert!(line.contains(wanted), "{line}");
}

fn get(client: &mut Client, target: &str) -> u16 {
    let answer = client.send("GET", target, &[], b"").unwrap();
    assert!(answer.status != 200 || answer.body == body());
    answer.status
}

#[test]
fn a_store_of_one_region_becomes_one_of_several() {
    let directory = tempfile::tempdir().unwrap();
    let data = ["--data-dir", directory.path().to_str().unwrap()];
    let server = Cairn::serve(data).start();
    let mut old = Client::new(server.address(), server.keys());
    assert_eq!(old.send("PUT", "/old", &[], b"").unwrap().status, 200);
    assert_eq!(old.send("PUT", "/old/key", &[], &body()).unwrap().status, 200);
    assert_eq!(server.terminate().code(), 0);

    let names = ["us-east-1", "eu-west-1", "eu-north-1"];
    let server = Cairn::serve_regions(&names, data).start();
    assert_eq!(get(&mut client(&server, "us-east-1"), "/old/key"), 200);
    let mut east = client(&server, "us-east-1");
    let made = east.send("PUT", "/new", &[], &created_in("eu-west-1")).unwrap();
    assert_eq!(made.status, 200, "{}", made.text());
    let mut west = client(&server, "eu-west-1");
    assert_eq!(west.send("PUT", "/new/key", &[], &body()).unwrap().status, 200);
    assert_eq!(get(&mut east, "/new/key"), 301);
    server.kill();

    // After a crash everything is where it was; a region's data is in its own engine.
    let server = Cairn::serve_regions(&names, data).start();
    assert_eq!(get(&mut client(&server, "eu-west-1"), "/new/key"), 200);
    assert_eq!(get(&mut client(&server, "us-east-1"), "/old/key"), 200);
    let location = client(&server, "eu-north-1").send("GET", "/new?location", &[], b"");
    assert!(location.unwrap().text().contains(">eu-west-1<"));
    assert_eq!(server.terminate().code(), 0);
    let regions = directory.path().join("regions");
    assert!(regions.join("eu-west-1/engine/FORMAT").exists());
    assert!(!regions.join("us-east-1").exists());

    let scrubbed = Cairn::new(["scrub"].into_iter().chain(data)).run();
    assert_eq!(scrubbed.code(), 0, "{scrubbed:?}");
    let with_blob = |line: &&str| line.contains(&format!(" 1 blobs with {BODY_BYTES} bytes"));
    assert_eq!(
        scrubbed.stdout.lines().filter(with_blob).count(),
        2,
        "{}",
        scrubbed.stdout
    );
    assert_eq!(scrubbed.stdout.lines().count(), 3, "{}", scrubbed.stdout);

    // A region that has data cannot be left out, nor its data be missing.
    one_line(&Cairn::serve(data).run(), 2, "has data of region eu-");
    fs::rename(regions.join("eu-west-1"), directory.path().join("elsewhere")).unwrap();
    let ended = Cairn::serve_regions(&names, data).run();
    one_line(&ended, 3, "the data of region eu-west-1 is missing");
    assert!(
        !regions.join("eu-west-1").exists(),
        "an empty region in its place"
    );
    let scrubbed = Cairn::new(["scrub"].into_iter().chain(data)).run();
    assert_eq!(scrubbed.code(), 3, "{scrubbed:?}");
}

#[test]
fn a_fresh_store_of_several_keeps_each_apart() {
    let directory = tempfile::tempdir().unwrap();
    let data = ["--data-dir", directory.path().to_str().unwrap()];
    let names = ["eu-west-1", "eu-north-1"];
    let server = Cairn::serve_regions(&names, data).start();
    // Without us-east-1 the first is the default one.
    assert_eq!(server.ready["region"], "eu-west-1");
    for name in names {
        let mut client = client(&server, name);
        let target = format!("/in-{name}");
        assert_eq!(
            client
                .send("PUT", &target, &[], &created_in(name))
                .unwrap()
                .status,
            200
        );
        let key = format!("{target}/key");
        assert_eq!(client.send("PUT", &key, &[], &body()).unwrap().status, 200);
    }
    let listed = client(&server, "eu-north-1").send("GET", "/", &[], b"").unwrap();
    assert_eq!(listed.elements("BucketRegion"), ["eu-north-1", "eu-west-1"]);
    assert_eq!(server.terminate().code(), 0);
    for name in names {
        assert!(
            directory
                .path()
                .join("regions")
                .join(name)
                .join("engine/FORMAT")
                .exists()
        );
    }

    // The order of the flags is not that of the data.
    let server = Cairn::serve_regions(&["eu-north-1", "eu-west-1"], data).start();
    for name in names {
        assert_eq!(get(&mut client(&server, name), &format!("/in-{name}/key")), 200);
    }
    let ended = Cairn::serve_regions(&names, data).run();
    one_line(&ended, 3, "");
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("data");
    let data = ["--data-dir", place.to_str().unwrap()];
    let refused = |arguments: &[&str], wanted: &str| {
        let arguments = ["serve"].iter().chain(&data).chain(arguments);
        one_line(&Cairn::new(arguments).run(), 2, wanted);
        assert!(!place.exists());
    };
    let one = "us-east-1=127.0.0.1:0";
    refused(&["--regions", "us-east-1"], "a region's name, =, and a value");
    refused(
        &["--regions", one, "--region", "eu-west-1"],
        "regions and region are both given",
    );
    refused(
        &["--regions", one, "--listen", "127.0.0.1:0"],
        "regions and listen are both given",
    );
    refused(
        &["--regions", "us-east-1=127.0.0.1:1,eu-west-1=127.0.0.1:1"],
        "127.0.0.1:1 is there twice",
    );
    refused(
        &["--regions", "website=127.0.0.1:0"],
        "website cannot be a region's name",
    );
    refused(
        &["--region-dash", "eu-west-1=on"],
        "eu-west-1 is not among the regions served",
    );
    refused(&["--region-launch-classes", "us-east-1=new"], "a launch class is");
    refused(&["--region-addresses", "us-east-1=here"], "IPv4 or IPv6");
    refused(
        &["--listen", "0.0.0.0:0", "--dns-listen", "127.0.0.1:0"],
        "--region-addresses us-east-1=IP",
    );
}

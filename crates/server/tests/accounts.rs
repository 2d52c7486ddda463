//! `cairn account` beside a real server: what it makes works, what it replaces stops, and nobody else may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod support;

use support::{Cairn, Client, Ended, Running};

fn account(server: &Running, keys: &(String, String), arguments: &[&str]) -> Ended {
    let endpoint = format!("http://{}", server.address());
    let there = ["--endpoint", &endpoint];
    let arguments = ["account"].iter().chain(arguments).chain(&there);
    Cairn::new(arguments)
        .env("AWS_ACCESS_KEY_ID", &keys.0)
        .env("AWS_SECRET_ACCESS_KEY", &keys.1)
        .run()
}

/// The value that a variable is given in shell assignments.
fn assigned(text: &str, variable: &str) -> String {
    let prefix = format!("export {variable}=");
    let line = text.lines().find_map(|line| line.strip_prefix(&prefix));
    line.unwrap_or_else(|| panic!("{text}")).to_owned()
}

fn keys(text: &str) -> (String, String) {
    (
        assigned(text, "AWS_ACCESS_KEY_ID"),
        assigned(text, "AWS_SECRET_ACCESS_KEY"),
    )
}

#[test]
fn accounts_are_made_shown_and_given_new_keys_by_the_operator_only() {
    let directory = tempfile::tempdir().unwrap();
    let server = Cairn::serve(["--data-dir", directory.path().to_str().unwrap()]).start();
    let root = server.keys();
    let made = account(&server, &root, &["create", "second"]);
    assert_eq!(made.code(), 0, "{made:?}");
    let (id, first_keys) = (assigned(&made.stdout, "CAIRN_ACCOUNT_ID"), keys(&made.stdout));

    // The new account works, and is another one.
    let mut second = Client::new(server.address(), first_keys.clone());
    assert_eq!(second.send("PUT", "/theirs", &[], b"").unwrap().status, 200);
    let mut first = Client::new(server.address(), root.clone());
    assert_eq!(first.send("PUT", "/theirs", &[], b"").unwrap().status, 409);

    let listed = account(&server, &root, &["list"]).stdout;
    assert_eq!(listed.lines().count(), 2, "{listed}");
    let shown = account(&server, &root, &["show", &id]);
    assert!(
        shown.stdout.contains(&first_keys.0) && shown.stdout.contains("second"),
        "{shown:?}"
    );
    assert!(!shown.stdout.contains(&first_keys.1), "the secret is told once");

    for arguments in [
        &["create", "third"][..],
        &["list"],
        &["show", &id],
        &["rotate-root-key", &id],
    ] {
        let refused = account(&server, &first_keys, arguments);
        assert_eq!(refused.code(), 6, "{refused:?}");
        assert!(refused.stderr.contains("is not authorized"), "{refused:?}");
    }

    let file = directory.path().join("second-key");
    let rotated = account(
        &server,
        &root,
        &["rotate-root-key", &id, "--output", file.to_str().unwrap()],
    );
    assert_eq!(rotated.code(), 0, "{rotated:?}");
    let new_keys = keys(&std::fs::read_to_string(&file).unwrap());
    assert!(!rotated.stdout.contains(&new_keys.1), "{rotated:?}");
    assert_eq!(second.send("GET", "/theirs", &[], b"").unwrap().status, 403);
    let mut second = Client::new(server.address(), new_keys);
    assert_eq!(second.send("GET", "/theirs", &[], b"").unwrap().status, 200);

    let number = listed
        .lines()
        .find(|line| line.ends_with("operator"))
        .and_then(|line| line.split(' ').next())
        .unwrap();
    let own = account(&server, &root, &["rotate-root-key", number]);
    assert!(
        own.code() == 6 && own.stderr.contains("root-credentials"),
        "{own:?}"
    );
    assert_eq!(server.terminate().code(), 0);
}

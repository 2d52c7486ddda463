//! The command line as a person meets it: every way to fail has one line and its own exit code, and what
//! is printed at the start is enough to go on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod support;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use support::{Cairn, Client, Ended};

/// One line, beginning with the program's name, without the marks of a developer's view.
fn one_line(ended: &Ended, code: i32, wanted: &str) {
    assert_eq!(ended.code(), code, "{ended:?}");
    let line = ended.stderr.trim_end();
    assert!(line.starts_with("cairn: "), "{line}");
    assert!(!line.contains('\n'), "more than a line: {line}");
    assert!(
        !line.contains("panicked") && !line.contains("Error {") && !line.contains("Os {"),
        "{line}"
    );
    assert!(line.contains(wanted), "{line}");
}

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn path(directory: &tempfile::TempDir) -> &str {
    directory.path().to_str().unwrap()
}

#[test]
fn a_wrong_flag_gets_a_suggestion() {
    let ended = Cairn::new(["serve", "--lisen", "127.0.0.1:1"]).run();
    assert_eq!(ended.code(), 2);
    assert!(ended.stderr.contains("--listen"), "{}", ended.stderr);
    let ended = Cairn::new(["server"]).run();
    assert_eq!(ended.code(), 2);
    assert!(ended.stderr.contains("serve"), "{}", ended.stderr);
}

#[test]
fn a_wrong_value_is_told_with_where_it_came_from() {
    one_line(
        &Cairn::new(["serve", "--region", "EU_1"]).run(),
        2,
        "--region EU_1: a region name",
    );
    let ended = Cairn::new(["serve"]).env("CAIRN_LISTEN", "here").run();
    one_line(&ended, 2, "CAIRN_LISTEN=here in the environment");
    let directory = directory();
    let file = directory.path().join("cairn.toml");
    fs::write(&file, "region = \"eu-1\"\nidle_timeout = 3\n").unwrap();
    let ended = Cairn::new(["serve", "--config", file.to_str().unwrap()]).run();
    one_line(
        &ended,
        2,
        "cairn.toml:2: unknown key idle_timeout; did you mean idle_timeout_seconds?",
    );
    let ended = Cairn::new(["serve", "--config", "/nonexistent/cairn.toml"]).run();
    one_line(
        &ended,
        2,
        "/nonexistent/cairn.toml: cannot read the configuration",
    );
    let ended = Cairn::new(["serve", "--in-memory"])
        .env("CAIRN_ROOT_ACCESS_KEY_ID", "AKIAMINE")
        .run();
    one_line(
        &ended,
        2,
        "CAIRN_ROOT_ACCESS_KEY_ID needs CAIRN_ROOT_SECRET_ACCESS_KEY",
    );
}

#[test]
fn the_effective_configuration_says_where_each_value_comes_from() {
    let directory = directory();
    let file = directory.path().join("cairn.toml");
    fs::write(
        &file,
        "region = \"file-1\"\ndomain = \"file.example\"\nconnections_max = 7\n",
    )
    .unwrap();
    let ended = Cairn::new(["config", "--config", file.to_str().unwrap(), "--region", "flag-1"])
        .env("CAIRN_DOMAIN", "environment.example")
        .env("CAIRN_REGION", "environment-1")
        .run();
    assert_eq!(ended.code(), 0, "{ended:?}");
    let line = |key: &str| {
        ended
            .stdout
            .lines()
            .find(|line| line.starts_with(key))
            .unwrap()
            .to_owned()
    };
    assert!(line("region").starts_with("region = \"flag-1\"") && line("region").ends_with("# flag"));
    assert!(line("domain").contains("environment.example") && line("domain").ends_with("# environment"));
    assert!(line("connections_max").contains('7') && line("connections_max").ends_with("cairn.toml:3"));
    assert!(line("listen").ends_with("# default"));
}

#[test]
fn a_port_in_use_says_which_and_how_to_see_by_whom() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let directory = directory();
    let data = directory.path().join("data");
    let arguments = [
        "serve",
        "--data-dir",
        data.to_str().unwrap(),
        "--admin-listen",
        "off",
        "--listen",
        &address,
    ];
    let ended = Cairn::new(arguments).run();
    one_line(
        &ended,
        4,
        &format!("cannot listen on {address}: the port is in use; `ss -ltnp"),
    );
    assert!(!data.exists(), "a start that fails at once leaves nothing behind");
    let arguments = [
        "serve",
        "--in-memory",
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        &address,
    ];
    one_line(&Cairn::new(arguments).run(), 4, &address);
    let arguments = [
        "serve",
        "--in-memory",
        "--admin-listen",
        "off",
        "--listen",
        "192.0.2.1:9000",
    ];
    one_line(
        &Cairn::new(arguments).run(),
        4,
        "this machine has no such address",
    );
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let directory = directory();
    let first = Cairn::serve(["--data-dir", path(&directory)]).start();
    let second = Cairn::serve(["--data-dir", path(&directory)]).run();
    one_line(&second, 3, "in use by another process");
    let scrub = Cairn::new(["scrub", "--data-dir", path(&directory)]).run();
    one_line(&scrub, 3, "in use by another process");
    assert_eq!(first.terminate().code(), 0);
}

#[test]
fn a_newer_format_is_refused() {
    let directory = directory();
    assert_eq!(
        Cairn::serve(["--data-dir", path(&directory)])
            .start()
            .terminate()
            .code(),
        0
    );
    fs::write(directory.path().join("engine/FORMAT"), "cairn-engine 999\n").unwrap();
    let ended = Cairn::serve(["--data-dir", path(&directory)]).run();
    one_line(&ended, 3, "has format 999, and this version reads up to format");
}

#[test]
fn a_directory_that_cannot_be_used_is_told() {
    let directory = directory();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let below = file.join("data");
    one_line(
        &Cairn::serve(["--data-dir", below.to_str().unwrap()]).run(),
        3,
        "cannot use the data directory",
    );
    one_line(
        &Cairn::serve(["--data-dir", file.to_str().unwrap()]).run(),
        3,
        "cannot use the data directory",
    );
    one_line(
        &Cairn::serve(["--data-dir", "/proc/cairn/data"]).run(),
        3,
        "/proc/cairn",
    );
}

/// Permissions say nothing to root, so as root the server runs as somebody else.
#[test]
fn a_directory_without_permission_is_told() {
    const NOBODY: u32 = 65534;
    let directory = directory();
    let data = directory.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o000)).unwrap();
    let mut cairn = Cairn::serve(["--data-dir", data.to_str().unwrap()]);
    if rustix::process::geteuid().is_root() {
        // Where the binary was built may not be open to others.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let copy = directory.path().join("cairn");
        fs::copy(env!("CARGO_BIN_EXE_cairn"), &copy).unwrap();
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
        cairn = cairn.binary(copy).user(NOBODY).current_dir("/");
    }
    let ended = cairn.run();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    one_line(&ended, 3, "Permission denied");
    assert!(
        ended.stderr.contains(data.to_str().unwrap()) && ended.stderr.contains("--data-dir"),
        "{}",
        ended.stderr
    );
}

/// Needs a file system that is full, which only root can mount.
#[test]
fn a_full_disk_is_told() {
    let skip = |why: &str| {
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "a skip is a failure in CI: {why}"
        );
        println!("SKIPPED: {why}");
    };
    if !rustix::process::geteuid().is_root() {
        return skip("only root can mount a file system to fill");
    }
    struct Mounted(tempfile::TempDir);
    impl Drop for Mounted {
        fn drop(&mut self) {
            let _ = std::process::Command::new("umount").arg(self.0.path()).status();
        }
    }
    let mounted = Mounted(directory());
    let mount = ["-t", "tmpfs", "-o", "size=16k", "tmpfs", path(&mounted.0)];
    if !std::process::Command::new("mount")
        .args(mount)
        .status()
        .is_ok_and(|status| status.success())
    {
        return skip("this sandbox does not let root mount");
    }
    fs::write(mounted.0.path().join("filler"), [0; 12 * 1024]).unwrap();
    let data = mounted.0.path().join("data");
    let ended = Cairn::serve(["--data-dir", data.to_str().unwrap()]).run();
    one_line(&ended, 3, "No space left on device");
}

#[test]
fn lost_credentials_are_told() {
    let directory = directory();
    assert_eq!(
        Cairn::serve(["--data-dir", path(&directory)])
            .start()
            .terminate()
            .code(),
        0
    );
    fs::remove_file(directory.path().join("root-credentials")).unwrap();
    let ended = Cairn::serve(["--data-dir", path(&directory)]).run();
    one_line(&ended, 3, "root-credentials is missing, but there is data");
    fs::write(
        directory.path().join("root-credentials"),
        "AWS_ACCESS_KEY_ID=AKIAMINE\n",
    )
    .unwrap();
    let ended = Cairn::serve(["--data-dir", path(&directory)]).run();
    assert!(
        ended.stderr.contains("AWS_SECRET_ACCESS_KEY=… is missing"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_first_start_makes_a_secret_that_only_its_owner_reads_and_never_shows_it() {
    let parent = directory();
    let data = parent.path().join("cairn-data");
    let server = Cairn::serve(["--data-dir", data.to_str().unwrap()]).start();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("root-credentials")), 0o600);
    let (id, secret) = server.keys();
    assert!(id.starts_with("AKIA") && id.len() == 20);
    assert_eq!(secret.len(), 40);
    assert!(!server.ready.to_string().contains(&secret));
    let ended = server.terminate();
    assert_eq!(ended.code(), 0);
    assert!(!ended.stderr.contains(&secret));

    // A shell that sources the file has what the aws CLI needs.
    let script = format!(
        ". '{}' && echo $AWS_ACCESS_KEY_ID/$AWS_SECRET_ACCESS_KEY",
        data.join("root-credentials").display()
    );
    let shell = std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(shell.stdout).unwrap().trim(),
        format!("{id}/{secret}")
    );

    // The next start has the same account; a key of the environment takes the place of the file's.
    let again = Cairn::serve(["--data-dir", data.to_str().unwrap()])
        .env("CAIRN_ROOT_ACCESS_KEY_ID", "AKIAMINE")
        .env("CAIRN_ROOT_SECRET_ACCESS_KEY", "this-is-my-own-secret")
        .start();
    assert_eq!(again.ready["access_key_id"], "AKIAMINE");
    assert_eq!(
        again.ready["secret_access_key_variable"],
        "CAIRN_ROOT_SECRET_ACCESS_KEY"
    );
    let mut client = Client::new(
        again.address(),
        ("AKIAMINE".into(), "this-is-my-own-secret".into()),
    );
    assert_eq!(client.send("PUT", "/my-bucket", &[], b"").unwrap().status, 200);
    let mut stale = Client::new(again.address(), (id, secret));
    assert_eq!(stale.send("GET", "/", &[], b"").unwrap().status, 403);
    again.terminate();
    let text = fs::read_to_string(data.join("root-credentials")).unwrap();
    assert!(!text.contains("this-is-my-own-secret"));
}

#[test]
fn the_start_message_is_enough_to_go_on() {
    let directory = directory();
    let arguments = [
        "--log-format",
        "text",
        "--data-dir",
        path(&directory),
        "--region",
        "eu-north-1",
    ];
    let text = text_banner(&arguments);
    let file = fs::canonicalize(directory.path())
        .unwrap()
        .join("root-credentials");
    for wanted in [
        "is ready",
        "http://127.0.0.1:",
        "eu-north-1",
        "AKIA",
        &format!("in {} (only its owner can read it)", file.display()),
        &format!("  . {}", file.display()),
        "aws --endpoint-url http://127.0.0.1:",
        "--region eu-north-1 s3 mb s3://my-bucket",
        "/-/ready",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
    let memory = text_banner(&["--in-memory"]);
    assert!(
        memory.contains("export AWS_SECRET_ACCESS_KEY=") && memory.contains("kept nowhere"),
        "{memory}"
    );
}

/// What a server prints in text until its example command.
fn text_banner(arguments: &[&str]) -> String {
    use std::io::BufRead as _;
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cairn"));
    command
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--admin-listen",
            "127.0.0.1:0",
        ])
        .args(arguments);
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut text = String::new();
    for line in std::io::BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        text.push_str(&line);
        text.push('\n');
        if line.contains("aws --endpoint-url") {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    text
}

#[test]
fn in_memory_starts_at_once_and_leaves_nothing() {
    let directory = directory();
    let server = Cairn::serve(["--in-memory"])
        .current_dir(directory.path())
        .start();
    assert!(server.startup < Duration::from_secs(5), "{:?}", server.startup);
    println!("in memory, ready after {:?}", server.startup);
    let mut client = Client::new(server.address(), server.keys());
    assert_eq!(client.send("PUT", "/my-bucket", &[], b"").unwrap().status, 200);
    assert_eq!(
        client
            .send("PUT", "/my-bucket/key", &[], b"hello")
            .unwrap()
            .status,
        200
    );
    assert_eq!(
        client.send("GET", "/my-bucket/key", &[], b"").unwrap().body,
        b"hello"
    );
    assert_eq!(server.terminate().code(), 0);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn scrub_verifies_and_finds_damage() {
    let directory = directory();
    let ended = Cairn::new(["scrub", "--data-dir", path(&directory)]).run();
    one_line(&ended, 3, "is not a data directory of Cairn's");
    let server = Cairn::serve(["--data-dir", path(&directory)]).start();
    let mut client = Client::new(server.address(), server.keys());
    assert_eq!(client.send("PUT", "/my-bucket", &[], b"").unwrap().status, 200);
    let body: Vec<u8> = (0..1_000_000_u32)
        .map(|n| n.to_le_bytes()[n as usize % 4])
        .collect();
    assert_eq!(
        client.send("PUT", "/my-bucket/key", &[], &body).unwrap().status,
        200
    );
    assert_eq!(server.terminate().code(), 0);

    let ended = Cairn::new(["scrub", "--data-dir", path(&directory)]).run();
    assert_eq!(ended.code(), 0, "{ended:?}");
    assert!(
        ended.stdout.contains("1 blobs with 1000000 bytes"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.trim_end().ends_with(" 0 damaged"),
        "{}",
        ended.stdout
    );

    let segments = fs::read_dir(directory.path().join("engine/segments")).unwrap();
    let segment = segments.map(|entry| entry.unwrap().path()).find(|path| {
        fs::read(path)
            .unwrap()
            .windows(64)
            .any(|window| window == &body[500_000..500_064])
    });
    let segment = segment.expect("the body lies in a segment");
    let mut bytes = fs::read(&segment).unwrap();
    let at = bytes
        .windows(64)
        .position(|window| window == &body[500_000..500_064])
        .unwrap();
    bytes[at] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let ended = Cairn::new(["scrub", "--data-dir", path(&directory)]).run();
    assert_eq!(ended.code(), 1, "{ended:?}");
    assert!(ended.stdout.contains("DAMAGED blob"), "{}", ended.stdout);
    assert!(
        ended.stdout.trim_end().ends_with(" 1 damaged"),
        "{}",
        ended.stdout
    );
}

#[test]
fn help_is_as_it_was_last_read() {
    for (name, arguments) in [
        ("help.txt", &["--help"][..]),
        ("serve-short.txt", &["serve", "-h"]),
        ("serve.txt", &["serve", "--help"]),
        ("scrub.txt", &["scrub", "--help"]),
        ("account.txt", &["account", "--help"]),
        ("region.txt", &["region", "--help"]),
        ("cors.txt", &["cors", "--help"]),
    ] {
        let ended = Cairn::new(arguments).run();
        assert_eq!(ended.code(), 0);
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/help")
            .join(name);
        if std::env::var_os("CAIRN_UPDATE").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &ended.stdout).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == ended.stdout,
            "{name} changed: read it, then CAIRN_UPDATE=1 cargo test -p cairn --test cli\n{}",
            ended.stdout
        );
    }
    let version = Cairn::new(["version"]).run().stdout;
    assert_eq!(version.trim(), format!("cairn {}", env!("CARGO_PKG_VERSION")));
}

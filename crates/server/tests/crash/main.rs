//! A real server under load, killed with SIGKILL at random moments, again and again.
//!
//! Each worker owns some keys in two buckets, one of them versioned, and knows for every key what may be
//! there: after an acknowledged request exactly one thing, after one that the kill cut off either the old
//! or the new (`model`). After each restart all of it is read back and compared, byte by byte, and the
//! listings with it. At the end what lies in the segments must be what live objects need, and
//! `cairn scrub` must find every byte as it was written.
//!
//! `CAIRN_CRASH_KILLS` says how often (8), `CAIRN_CRASH_SEED` replays a run's choices; how far a kill lets
//! each of them come is up to the machine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

#[path = "../support/mod.rs"]
mod support;

mod model;
mod random;
mod space;
mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use random::Random;
use support::{Cairn, Client, Running};
use worker::Worker;

const WORKERS: u64 = 5;
/// A run that takes longer is stuck.
const RUN_LIMIT: Duration = Duration::from_secs(25 * 60);

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is a whole number")),
    )
}

fn serve(data: &str) -> Cairn {
    Cairn::serve(["--data-dir", data, "--log-filter", "warn,cairn=info"])
}

#[test]
fn what_was_acknowledged_survives_every_kill() {
    let kills = number("CAIRN_CRASH_KILLS").unwrap_or(8);
    let seed = number("CAIRN_CRASH_SEED").unwrap_or_else(|| u64::from_le_bytes(cairn_types::random::bytes()));
    println!("CAIRN_CRASH_SEED={seed} CAIRN_CRASH_KILLS={kills}");
    let began = Instant::now();
    let mut random = Random::new(seed);
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap().to_owned();

    let mut server = serve(&data).start();
    let keys = server.keys();
    let mut client = Client::new(server.address(), keys.clone());
    create_buckets(&mut client);

    let mut workers: Vec<Worker> = (0..WORKERS).map(|id| Worker::new(id, random.next())).collect();
    for kill in 1..=kills {
        assert!(
            began.elapsed() < RUN_LIMIT,
            "{kill} kills took {:?}",
            began.elapsed()
        );
        // Long ones reach into large uploads and flushes, short ones into the recovery of the start before.
        let lifetime = Duration::from_millis(if random.one_in(4) {
            random.below(150)
        } else {
            random.below(2500)
        });
        workers = live_and_die(server, workers, lifetime);
        // Now and then the recovery itself is killed, once or several times.
        while random.one_in(4) {
            serve(&data).start_and_kill(Duration::from_millis(random.below(80)));
        }
        server = serve(&data).start();
        for worker in &mut workers {
            let mut client = Client::new(server.address(), keys.clone());
            worker.verify(&mut client);
        }
        let acknowledged: u64 = workers.iter().map(|worker| worker.acknowledged).sum();
        let cut: u64 = workers.iter().map(|worker| worker.cut_off).sum();
        println!(
            "kill {kill} after {lifetime:?}, ready again in {:?}: {acknowledged} acknowledged, {cut} cut off so far",
            server.startup
        );
    }

    // Every kind of request must have been under the knife, or the run proves little.
    assert!(
        workers.iter().map(|worker| worker.acknowledged).sum::<u64>() > kills,
        "hardly anything was written"
    );
    let mut client = Client::new(server.address(), keys.clone());
    space::abort_uploads(&mut client);
    assert_eq!(server.terminate().code(), 0);

    // An orderly start: its sweep removes what the kills left, and then only live objects take space.
    let server = serve(&data).start();
    space::check(&server, directory.path(), &workers);
    let mut client = Client::new(server.address(), keys);
    for worker in &mut workers {
        worker.verify(&mut client);
    }
    assert_eq!(server.terminate().code(), 0);
    let scrub = Cairn::new(["scrub", "--data-dir", &data]).run();
    assert_eq!(scrub.code(), 0, "{scrub:?}");
    println!("{}after {:?}", scrub.stdout.replace('\n', " "), began.elapsed());
}

/// The check must have teeth: each of these is a fault it exists to find.
#[test]
fn the_check_notices_what_is_wrong() {
    let server = Cairn::serve(["--in-memory"]).start();
    let mut client = Client::new(server.address(), server.keys());
    create_buckets(&mut client);
    let mut worker = Worker::new(0, 7);
    let (key, content, versioned_key, version) = loop {
        worker.step(&mut client).unwrap();
        if let (Some((key, content)), Some((versioned_key, version))) =
            (worker.some_object(), worker.some_version())
        {
            break (key, content, versioned_key, version);
        }
    };
    worker.verify(&mut client);

    let object = format!("/{}/{key}", worker::PLAIN);
    let extra = format!("/{}/worker-0/extra", worker::PLAIN);
    let of_version = format!("/{}/{versioned_key}", worker::VERSIONED);
    let faults: [(&str, &str, &[u8], &str); 8] = [
        ("PUT", &object, b"other bytes", "possible:"),
        ("DELETE", &object, b"", "status 404"),
        ("PUT", &object, &content.make(), ""),
        ("PUT", &extra, b"half-written", "the listing and the objects"),
        ("DELETE", &extra, b"", ""),
        ("PUT", &of_version, b"out of nowhere", "is nobody's"),
        ("DELETE", &of_version, b"", "is nobody's"),
        (
            "DELETE",
            &format!("{of_version}?versionId={version}"),
            b"",
            "is lost",
        ),
    ];
    for (method, target, body, wanted) in faults {
        let answer = client.send(method, target, &[], body).unwrap();
        assert!(answer.status < 300, "{}", answer.text());
        if let Some(id) = answer
            .header("x-amz-version-id")
            .filter(|_| wanted == "is nobody's")
        {
            // Seen once, and gone before the next fault.
            let id = id.to_owned();
            expect_fault(&worker, &mut client, wanted);
            client
                .send("DELETE", &format!("{of_version}?versionId={id}"), &[], b"")
                .unwrap();
        } else if wanted.is_empty() {
            worker.verify(&mut client);
        } else {
            expect_fault(&worker, &mut client, wanted);
        }
    }
}

fn expect_fault(worker: &Worker, client: &mut Client, wanted: &str) {
    let mut copy = worker.clone();
    let verified = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| copy.verify(client)));
    let message = verified.expect_err(wanted).downcast::<String>().unwrap();
    assert!(message.contains(wanted), "{message}");
}

fn create_buckets(client: &mut Client) {
    for bucket in [worker::PLAIN, worker::VERSIONED] {
        assert_eq!(
            client
                .send("PUT", &format!("/{bucket}"), &[], b"")
                .unwrap()
                .status,
            200
        );
    }
    let enabled = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    let target = format!("/{}?versioning=", worker::VERSIONED);
    assert_eq!(client.send("PUT", &target, &[], enabled).unwrap().status, 200);
}

/// Lets the workers work for a while and kills the server under them.
fn live_and_die(server: Running, workers: Vec<Worker>, lifetime: Duration) -> Vec<Worker> {
    let (address, keys) = (server.address(), server.keys());
    let stop = Arc::new(AtomicBool::new(false));
    let running: Vec<_> = workers
        .into_iter()
        .map(|mut worker| {
            let (stop, keys) = (Arc::clone(&stop), keys.clone());
            thread::spawn(move || {
                let mut client = Client::new(address, keys);
                while !stop.load(Ordering::Relaxed) && worker.step(&mut client).is_ok() {}
                worker
            })
        })
        .collect();
    thread::sleep(lifetime);
    let early = running.iter().any(thread::JoinHandle::is_finished);
    let log = server.kill();
    stop.store(true, Ordering::Relaxed);
    let workers = running
        .into_iter()
        .map(|thread| thread.join().expect("no worker panicked"))
        .collect();
    assert!(!early, "a worker lost its connection before the kill: {log}");
    assert!(!log.contains("\"level\":\"ERROR\""), "{log}");
    workers
}

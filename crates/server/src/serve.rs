//! `cairn serve`: the parts put together, and taken apart again.
//!
//! The order is the point. What can be refused cheaply is refused first (credentials in the environment,
//! certificate, addresses), so that a wrong start leaves no data directory behind. The admin listener
//! answers "starting" while the engine recovers; S3 connections wait in the sockets' queues meanwhile.
//! At the end: no new connections, requests in flight finish, then the store settles, then the engine
//! closes. A second signal skips all of that, as a crash would, and loses nothing acknowledged.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use cairn_api::{Api, Settings};
use cairn_engine::Engine;
use cairn_identity::Keyring;
use cairn_objects::{Limits as ObjectLimits, Objects};
use cairn_storage::{Blobs, Index, Memory};
use cairn_types::SystemClock;
use tokio::net::TcpListener;

use crate::admin::{self, Admin};
use crate::banner::{self, Started};
use crate::config::Config;
use crate::credentials::{self, Root};
use crate::data_dir::DataDir;
use crate::failure::{Code, Failure};
use crate::health::{Health, State};
use crate::metrics::{Connections, Metrics};
use crate::net::accept::Acceptor;
use crate::net::bind::{bind, bind_all};
use crate::net::stop::{Phase, Stop};
use crate::net::tls::Certificate;
use crate::s3::S3;
use crate::signals::Signals;

/// From one sweep of what nobody needs any more to the next.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// For what is left after the last connection: the commits under way, and the engine's close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);

/// Runs until a signal.
pub(crate) fn run(config: &Config) -> Result<ExitCode, Failure> {
    raise_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("cairn")
        .build()
        .map_err(|error| Failure::new(Code::Internal, format!("cannot start threads: {error}")))?;
    let ended = runtime.block_on(serve(config));
    // Tasks that were cut off are waiting for nothing any more; a blocking job may be in the middle of a write.
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

async fn serve(config: &Config) -> Result<ExitCode, Failure> {
    let given = credentials::from_environment(&|name| std::env::var(name).ok())?;
    let mut signals = Signals::listen()?;
    let metrics = Metrics::start()?;
    let certificate = match config.tls() {
        Some((cert, key)) => Some(Certificate::load(cert, key)?),
        None => None,
    };
    let listeners = bind_all(&config.listen)?;
    let admin_listener = config
        .admin_listen
        .map(|address| bind(address, true))
        .transpose()?;
    let listen = listeners
        .iter()
        .map(TcpListener::local_addr)
        .collect::<Result<Vec<_>, _>>();
    let listen = listen.map_err(|error| Failure::new(Code::Listen, error))?;
    let admin_address = admin_listener
        .as_ref()
        .and_then(|listener| listener.local_addr().ok());

    let health = Health::starting();
    let (admin_stop, admin_stopping) = Stop::new();
    if let Some(listener) = admin_listener {
        let handler = Admin {
            health: health.clone(),
            metrics: metrics.clone(),
        };
        let connections = Connections { listener: "admin" };
        Acceptor::new(
            handler,
            admin::limits(config.limits),
            None,
            connections,
            admin_stopping,
        )
        .spawn(listener);
    }
    tokio::spawn(metrics.clone().upkeep());
    if let Some(certificate) = &certificate {
        tokio::spawn(Arc::clone(certificate).watch());
    }

    let store = tokio::select! {
        store = open(config, given) => store?,
        // Nothing was acknowledged yet: leave at once.
        _ = signals.next() => return Ok(ExitCode::SUCCESS),
    };
    if let Some(engine) = &store.engine {
        metrics.show_engine(engine.stats());
    }

    let mut settings = Settings::new(config.region()?, config.domain.clone());
    settings.allow_signature_v2 = config.signature_v2;
    settings.limits.body_idle = config.limits.body_timeout;
    let keyring = Keyring::single(store.root.account.clone());
    let api = Arc::new(Api::new(
        settings,
        store.objects.clone(),
        keyring,
        Arc::new(SystemClock),
    ));
    let (stop, stopping) = Stop::new();
    let handler = S3 {
        health: health.clone(),
        api,
    };
    let acceptor = Acceptor::new(
        handler,
        config.limits,
        certificate,
        Connections { listener: "s3" },
        stopping,
    );
    for listener in listeners {
        acceptor.spawn(listener);
    }
    let sweeper = tokio::spawn(sweep(store.objects.clone()));
    health.set(State::Ready);
    banner::print(&Started {
        config,
        root: &store.root,
        listen: &listen,
        admin: admin_address,
        data_dir: store
            .data_dir
            .as_ref()
            .map(|directory| directory.path().to_owned()),
    });
    tracing::info!(endpoints = ?listen, region = %config.region()?, "ready");

    let signal = signals.next().await;
    tracing::info!(
        signal,
        connections = acceptor.open(),
        "draining: no new connections, requests in flight finish"
    );
    tokio::spawn(async move {
        signals.next().await;
        tracing::warn!("a second signal: ending at once");
        std::process::exit(i32::from(Code::Interrupted as u8));
    });
    health.set(State::Draining);
    stop.enter(Phase::Draining);
    sweeper.abort();
    if tokio::time::timeout(config.limits.shutdown_timeout, acceptor.finished())
        .await
        .is_err()
    {
        tracing::warn!(
            connections = acceptor.open(),
            "shutdown-timeout-seconds passed: cutting what is left"
        );
        stop.enter(Phase::Cut);
    }
    close(store).await;
    admin_stop.enter(Phase::Cut);
    Ok(ExitCode::SUCCESS)
}

/// The store, opened.
struct Store {
    objects: Objects,
    /// None in memory.
    engine: Option<Engine>,
    data_dir: Option<DataDir>,
    root: Root,
}

/// The key given in the environment.
type Given = Option<(cairn_types::AccessKeyId, cairn_types::SecretAccessKey)>;

async fn open(config: &Config, given: Given) -> Result<Store, Failure> {
    if config.in_memory {
        let memory = Arc::new(Memory::new());
        let objects = open_objects(Arc::clone(&memory) as Arc<dyn Index>, memory).await?;
        return Ok(Store {
            objects,
            engine: None,
            data_dir: None,
            root: credentials::in_memory(given),
        });
    }
    let (path, cache_bytes) = (config.data_dir.clone(), config.cache_bytes);
    let opened = tokio::task::spawn_blocking(move || {
        let directory = DataDir::prepare(&path)?;
        // Of a new directory the account comes first: one with data and without account is damaged. Of an old one
        // the engine does: it knows best why a directory cannot be used, and holds its lock.
        let root = if directory.has_data() {
            None
        } else {
            Some(credentials::on_disk(directory.path(), false, given.clone())?)
        };
        let engine = directory.open(cache_bytes)?;
        let root = match root {
            Some(root) => root,
            None => credentials::on_disk(directory.path(), true, given)?,
        };
        Ok((directory, engine, root))
    });
    let (directory, engine, root) = opened
        .await
        .map_err(|error| Failure::new(Code::Internal, format!("opening the store: {error}")))??;
    let shared = Arc::new(engine.clone());
    let objects = open_objects(Arc::clone(&shared) as Arc<dyn Index>, shared).await?;
    Ok(Store {
        objects,
        engine: Some(engine),
        data_dir: Some(directory),
        root,
    })
}

async fn open_objects(index: Arc<dyn Index>, blobs: Arc<dyn Blobs>) -> Result<Objects, Failure> {
    Objects::open(index, blobs, Arc::new(SystemClock), ObjectLimits::default())
        .await
        .map_err(|error| Failure::data(format!("the store does not open: {error}")))
}

/// Removes what nobody needs any more, now and then.
async fn sweep(objects: Objects) {
    let mut ticks = tokio::time::interval(SWEEP_INTERVAL);
    loop {
        ticks.tick().await;
        match objects.sweep().await {
            Ok(swept) => {
                tracing::info!(
                    blobs = swept.blobs,
                    partitions = swept.partitions,
                    uploads = swept.uploads,
                    "swept what nothing names"
                );
            }
            Err(error) => tracing::warn!(%error, "the sweep failed; it will be tried again"),
        }
    }
}

async fn close(store: Store) {
    let closed = tokio::time::timeout(CLOSE_TIMEOUT, async {
        store.objects.settle().await;
        match &store.engine {
            Some(engine) => engine.close().await,
            None => Ok(()),
        }
    });
    match closed.await {
        Ok(Ok(())) => tracing::info!("stopped"),
        // What was acknowledged is durable; the next start recovers the rest, as after a crash.
        Ok(Err(error)) => tracing::warn!(%error, "the store did not close in order"),
        Err(_) => tracing::warn!("the store did not close in time"),
    }
}

/// Lets the process open as many files as it may: the common soft limit, 1024, is less than
/// `connections-max`.
fn raise_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        limit.current = limit.maximum;
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::warn!(%error, "cannot raise the number of files the process may open");
        }
    }
}

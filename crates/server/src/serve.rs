//! `cairn serve`: the parts put together, and taken apart again.
//!
//! The order is the point. What can be refused cheaply is refused first (credentials in the environment,
//! certificate, addresses), so that a wrong start leaves no data directory behind. The admin listener
//! answers "starting" while the engine recovers; S3 connections wait in the sockets' queues meanwhile.
//! At the end: no new connections, requests in flight finish, then the store settles, then the engine
//! closes. A second signal skips all of that, as a crash would, and loses nothing acknowledged.

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cairn_api::{Api, Settings};
use cairn_dns::InService;
use cairn_identity::Identity;
use cairn_journal::Journal;
use cairn_objects::Objects;
use cairn_types::{RegionName, SystemClock};
use tokio::net::TcpListener;

use crate::admin::{self, Admin};
use crate::banner::{self, Started};
use crate::config::Config;
use crate::config::regions::Facility;
use crate::credentials;
use crate::dns::{self, BucketDirectory, Dns};
use crate::explain::explainer::Explainer;
use crate::failure::{Code, Failure};
use crate::fetch::HttpFetch;
use crate::forwarded::TrustedProxies;
use crate::health::{Health, State};
use crate::master_key;
use crate::metrics::{Connections, Metrics};
use crate::net::accept::Acceptor;
use crate::net::bind::{bind, bind_all};
use crate::net::stop::{Phase, Stop};
use crate::net::tls::Certificate;
use crate::s3::S3;
use crate::signals::Signals;
use crate::store::{Given, Store};

/// Memory for the journal of requests of a server that keeps nothing on disk.
const JOURNAL_MEMORY_BYTES_MAX: u64 = 8 << 20;
/// From one sweep of what nobody needs any more to the next.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// From one write of when access keys were last used to the next.
const LAST_USED_INTERVAL: Duration = Duration::from_secs(5 * 60);

/// Runs until a signal.
pub(crate) fn run(config: &Config) -> Result<ExitCode, Failure> {
    raise_open_files();
    let memory = config.memory().map_err(Failure::usage)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(memory.worker_threads)
        .max_blocking_threads(memory.blocking_threads)
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
    let environment = |name: &str| std::env::var(name).ok();
    let given = Given {
        root: credentials::from_environment(&environment)?,
        masters: master_key::from_environment(&environment)?,
    };
    let mut signals = Signals::listen()?;
    let metrics = Metrics::start()?;
    Metrics::show_memory(&config.memory().map_err(Failure::usage)?);
    let certificate = match config.tls() {
        Some((cert, key)) => Some(Certificate::load(cert, key)?),
        None => None,
    };
    let wanted = config.facilities();
    let addresses: Vec<_> = wanted
        .iter()
        .flat_map(|facility| &facility.listen)
        .copied()
        .collect();
    let mut sockets = bind_all(&addresses)?.into_iter();
    let listeners: Vec<(RegionName, Vec<TcpListener>)> = wanted
        .into_iter()
        .map(|facility| {
            let taken = sockets.by_ref().take(facility.listen.len()).collect();
            (facility.region, taken)
        })
        .collect();
    let dns_sockets = dns::bind_all(config).await?;
    let dns_addresses = dns::addresses(&dns_sockets);
    let admin_listener = config
        .admin_listen
        .map(|address| bind(address, true))
        .transpose()?;
    // With the ports the operating system gave.
    let bound = listeners
        .iter()
        .map(|(region, listeners)| {
            Ok(Facility {
                region: region.clone(),
                listen: listeners
                    .iter()
                    .map(TcpListener::local_addr)
                    .collect::<Result<_, _>>()?,
            })
        })
        .collect::<Result<Vec<_>, std::io::Error>>();
    let bound = bound.map_err(|error| Failure::new(Code::Listen, error))?;
    let regions = Arc::new(config.known_regions(&bound)?);
    let admin_address = admin_listener
        .as_ref()
        .and_then(|listener| listener.local_addr().ok());

    let health = Health::starting();
    let explainer = Arc::new(OnceLock::new());
    let (admin_stop, admin_stopping) = Stop::new();
    if let Some(listener) = admin_listener {
        let handler = Admin {
            health: health.clone(),
            metrics: metrics.clone(),
            explainer: Arc::clone(&explainer),
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
        store = Store::open(config, &regions, given) => store?,
        // Nothing was acknowledged yet: leave at once.
        _ = signals.next() => return Ok(ExitCode::SUCCESS),
    };
    for (name, engine) in &store.engines {
        metrics.show_engine(name.clone(), engine.stats());
    }

    let mut settings = Settings::new(Arc::clone(&regions));
    settings.allow_signature_v2 = config.signature_v2;
    settings.opt_in_default = config.opt_in_regions;
    settings.oidc_allow_http = config.oidc_allow_http;
    settings.limits.body_idle = config.limits.body_timeout;
    let journal = journal(config, &store);
    let (objects, identity) = (store.objects.clone(), store.identity.clone());
    let api = Api::new(settings, objects, identity, Arc::new(SystemClock));
    let api = api.with_fetch(Arc::new(HttpFetch::default()));
    let api = Arc::new(api.with_journal(journal.clone()));
    let (stop, stopping) = Stop::new();
    let proxies = TrustedProxies::new(&config.trusted_proxies);
    let handler = |region: &RegionName| S3 {
        health: health.clone(),
        api: Arc::clone(&api),
        region: region.clone(),
        proxies: proxies.clone(),
    };
    let acceptor = Acceptor::new(
        handler(&regions.default_region().name),
        config.limits,
        certificate,
        Connections { listener: "s3" },
        stopping,
    );
    for (region, listeners) in listeners {
        for listener in listeners {
            acceptor.with_handler(handler(&region)).spawn(listener);
        }
    }
    let in_service = InService::new(Arc::clone(&regions));
    let zone = dns::zone(config, &regions, &store.objects, &in_service)?;
    let dns = Dns::start(dns_sockets, &zone, &regions, &in_service, config);
    let _ = explainer.set(Arc::new(Explainer {
        regions: Arc::clone(&regions),
        facilities: bound.clone(),
        dns: dns::settings(config),
        dns_is_on: !config.dns_listen.is_empty(),
        in_service: in_service.clone(),
        directory: Some(Arc::new(BucketDirectory(store.objects.clone()))),
        objects: Ok(store.objects.clone()),
        api: Ok(Arc::clone(&api)),
        journal: journal.clone(),
    }));
    let sweeper = tokio::spawn(sweep(store.objects.clone()));
    let noter = tokio::spawn(note_uses(store.identity.clone()));
    health.set(State::Ready);
    banner::print(&Started {
        config,
        root: &store.root,
        regions: &regions,
        facilities: &bound,
        dns: &dns_addresses,
        admin: admin_address,
        data_dir: store
            .data_dir
            .as_ref()
            .map(|directory| directory.path().to_owned()),
    });
    for facility in &bound {
        tracing::info!(endpoints = ?facility.listen, region = %facility.region, "ready");
    }

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
    noter.abort();
    for facility in &bound {
        in_service.set_region(&facility.region, false);
    }
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
    dns.stop().await;
    if let Some(journal) = journal {
        // Its last batch, and the end of its thread.
        let _ = tokio::task::spawn_blocking(move || journal.close()).await;
    }
    store.close().await;
    admin_stop.enter(Phase::Cut);
    Ok(ExitCode::SUCCESS)
}

/// The journal of requests. Requests are served without it where it cannot be opened: it is diagnostics.
fn journal(config: &Config, store: &Store) -> Option<Journal> {
    if config.journal_bytes_max == 0 {
        return None;
    }
    let limits = |bytes_max| cairn_journal::Limits {
        bytes_max,
        age_max: config.journal_age_max,
    };
    cairn_journal::describe();
    let opened = match &store.data_dir {
        Some(directory) => Journal::open(&directory.journal(), limits(config.journal_bytes_max)),
        None => Journal::in_memory(limits(config.journal_bytes_max.min(JOURNAL_MEMORY_BYTES_MAX))),
    };
    opened
        .inspect_err(|error| tracing::warn!(%error, "requests will not be explainable later"))
        .ok()
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

/// Writes down, now and then, when access keys were last used.
async fn note_uses(identity: Identity) {
    let mut ticks = tokio::time::interval(LAST_USED_INTERVAL);
    loop {
        ticks.tick().await;
        if let Err(error) = identity.write_last_used().await {
            tracing::warn!(%error, "cannot write when access keys were last used; it will be tried again");
        }
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

//! `cairn explain`: why a request was answered as it was, or would be.
//!
//! [`explainer::Explainer`] makes the explanations: of the regions, the bucket directory, what DNS says, what
//! buckets are configured to (`cors`), what policies say (`access`), and the journal of requests. The server's admin listener answers with them (`answer`); the command asks that
//! listener (`client`), and where no server answers it opens the same files itself: the journal can be read
//! beside a running server, the bucket directory only without one. `recorded` is what is said of a request
//! that was made, `signature` of one whose signature was refused.

mod access;
mod answer;
mod client;
mod cors;
pub(crate) mod explainer;
mod recorded;
mod signature;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use cairn_api::{AccessQuestion, Api, Settings, fact};
use cairn_engine::Engine;
use cairn_journal::Reader;
use cairn_types::SystemClock;
use clap::{Args, Subcommand};

use self::client::Asked;
use self::cors::Cors;
use self::explainer::{Explainer, Route};
use crate::cli::ExplainSettings;
use crate::config::Config;
use crate::config::regions::Facility;
use crate::cors_cli::PageArguments;
use crate::data_dir::DataDir;
use crate::dns::{BucketDirectory, ClosedDirectory};
use crate::failure::{Code, Failure};
use crate::store::Existing;
use crate::{configured, say};

pub(crate) use self::answer::answer;

/// What `cairn explain` is given.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct ExplainArguments {
    #[command(subcommand)]
    what: Option<What>,
    /// The request's id, from x-amz-request-id or <RequestId>.
    #[arg(value_name = "REQUEST-ID", required = true)]
    request_id: Option<String>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Explain how a request would be routed: its region, a redirect, the right endpoint.
    Route(RouteArguments),
    /// Explain what a bucket's CORS configuration says of a page's request, rule by rule.
    Cors(CorsArguments),
    /// Explain whether somebody may do something: every policy, statement by statement, and what would allow it.
    Access(AccessArguments),
}

/// How to ask, and where.
#[derive(Debug, Args)]
struct How {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// The running server's admin listener. [default: http:// and the address of --admin-listen]
    #[arg(long, value_name = "URL")]
    admin: Option<String>,
    #[command(flatten)]
    settings: ExplainSettings,
}

#[derive(Debug, Args)]
struct RouteArguments {
    /// The host, as a client sends it, with its port.
    #[arg(long)]
    host: String,
    /// Path and query, as a client sends them.
    #[arg(long, default_value = "/")]
    path: String,
    /// The method.
    #[arg(long, default_value = "GET")]
    method: String,
    /// The region the request is signed for, with Signature Version 4.
    #[arg(long, value_name = "REGION")]
    signing_region: Option<String>,
    /// The region of the listener it arrives at. [default: the one DNS leads the host to]
    #[arg(long, value_name = "REGION")]
    arrived: Option<String>,
    /// The request is made over TLS.
    #[arg(long)]
    tls: bool,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
struct CorsArguments {
    /// The bucket.
    #[arg(long, value_name = "NAME")]
    bucket: String,
    #[command(flatten)]
    page: PageArguments,
    /// The page sends the request with credentials (`credentials: "include"`).
    #[arg(long)]
    credentials: bool,
    /// The response headers that the page's script reads, separated by commas.
    #[arg(long, value_name = "NAMES")]
    reads: Option<String>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
struct AccessArguments {
    /// Who asks: anonymous, 12 digits, or the ARN of an account's root, a user, a role, a role's session or a
    /// federated user.
    #[arg(long, value_name = "ARN")]
    principal: String,
    /// What is asked for, such as s3:GetObject.
    #[arg(long)]
    action: String,
    /// The ARN of what it is about, such as arn:aws:s3:::BUCKET/KEY; * where an action has none.
    #[arg(long, value_name = "ARN")]
    resource: String,
    /// A condition key of the request, such as aws:SourceIp=192.0.2.1; once more for each value.
    #[arg(long, value_name = "KEY=VALUE")]
    context: Vec<String>,
    /// What the session of a role is called. [default: session]
    #[arg(long, value_name = "NAME")]
    session_name: Option<String>,
    /// The policy that a session was made with: a file with its JSON.
    #[arg(long, value_name = "FILE")]
    session_policy: Option<PathBuf>,
    /// The user who made a federated user. [default: its account's root user]
    #[arg(long, value_name = "ARN")]
    made_by: Option<String>,
    #[command(flatten)]
    how: How,
}

/// Runs the command.
pub(crate) fn run(arguments: ExplainArguments) -> Result<ExitCode, Failure> {
    match (arguments.what, arguments.request_id) {
        (Some(What::Route(route)), _) => run_route(route),
        (Some(What::Cors(cors)), _) => run_cors(cors),
        (Some(What::Access(access)), _) => run_access(access),
        (None, Some(id)) => run_recorded(&id, &arguments.how),
        (None, None) => Err(Failure::usage(
            "give the id of a request, or route, cors or access",
        )),
    }
}

fn run_recorded(id: &str, how: &How) -> Result<ExitCode, Failure> {
    let id = recorded::id(id).map_err(Failure::usage)?;
    let config = configured(&how.settings.0)?.config;
    match client::ask(&admin(how, &config), &Asked::Recorded(&id), how.json)? {
        Ok(text) => say(&text),
        Err(unreachable) => {
            let path = DataDir::existing(&config.data_dir)?.journal();
            if !path.is_dir() {
                return Err(Failure::data(format!(
                    "{unreachable}, and there is no journal in {}",
                    path.display()
                )));
            }
            tell(&format!("{unreachable}: reading {}", path.display()));
            let entry = Reader::open(&path)
                .and_then(|reader| reader.find(&id))
                .map_err(Failure::data)?
                .ok_or_else(|| Failure::new(Code::NotKnown, recorded::not_known(&id)))?;
            // Only CORS and policies are explained by what the store has now, and opening that takes longer than the rest.
            let wants_store = entry
                .facts
                .iter()
                .any(|noted| matches!(noted.kind, fact::CORS | fact::ACCESS));
            let recorded = runtime()?.block_on(async {
                let store = match wants_store {
                    true => open_store(&config).await.map_err(|failure| failure.to_string()),
                    false => Err("they were not wanted".to_owned()),
                };
                let mut explainer = explainer(&config, None)?;
                explainer.objects = store
                    .as_ref()
                    .map(|store| store.objects.clone())
                    .map_err(Clone::clone);
                explainer.api = match &store {
                    Ok(store) => Ok(api(&explainer, store)),
                    Err(why) => Err(why.clone()),
                };
                let recorded = explainer.recorded(entry).await;
                if let Ok(store) = store {
                    store.close().await?;
                }
                recorded
            })?;
            say(&recorded.render(how.json))
        }
    }
}

fn run_route(arguments: RouteArguments) -> Result<ExitCode, Failure> {
    let how = arguments.how;
    let route = Route {
        method: arguments.method,
        host: arguments.host,
        target: arguments.path,
        tls: arguments.tls,
        signing_region: arguments.signing_region,
        arrived: arguments.arrived,
    };
    route.check().map_err(Failure::usage)?;
    let config = configured(&how.settings.0)?.config;
    match client::ask(&admin(&how, &config), &Asked::Route(&route), how.json)? {
        Ok(text) => say(&text),
        Err(unreachable) => {
            let directory = DataDir::existing(&config.data_dir)?;
            tell(&format!("{unreachable}: opening {}", directory.path().display()));
            let explanation = runtime()?.block_on(async {
                // The directory alone: nothing is made that a start would make.
                let engine = directory.open(config.memory().map_err(Failure::usage)?.engine(1))?;
                let explainer = explainer(&config, Some(&engine))?;
                let explained = explainer.route(&route).await;
                engine.close().await.map_err(Failure::data)?;
                explained
            })?;
            say(&explainer::render(&explanation, how.json))
        }
    }
}

fn run_cors(arguments: CorsArguments) -> Result<ExitCode, Failure> {
    let how = arguments.how;
    let cors = Cors {
        bucket: arguments.bucket,
        origin: arguments.page.origin,
        method: arguments.page.method,
        headers: arguments.page.headers,
        path: arguments.page.path,
        credentials: arguments.credentials,
        reads: arguments.reads,
    };
    cors.check().map_err(Failure::usage)?;
    let config = configured(&how.settings.0)?.config;
    match client::ask(&admin(&how, &config), &Asked::Cors(&cors), how.json)? {
        Ok(text) => say(&text),
        Err(unreachable) => {
            let directory = DataDir::existing(&config.data_dir)?;
            tell(&format!("{unreachable}: opening {}", directory.path().display()));
            let explained = runtime()?.block_on(async {
                let store = open_store(&config).await?;
                let mut explainer = explainer(&config, None)?;
                explainer.directory = Some(Arc::new(BucketDirectory(store.objects.clone())));
                explainer.objects = Ok(store.objects.clone());
                let explained = explainer.cors(&cors).await;
                store.close().await?;
                explained
            })?;
            say(&explained.render(how.json))
        }
    }
}

fn run_access(arguments: AccessArguments) -> Result<ExitCode, Failure> {
    let how = arguments.how;
    let question = AccessQuestion {
        principal: arguments.principal,
        session_name: arguments.session_name,
        made_by: arguments.made_by,
        session_policy: arguments
            .session_policy
            .as_deref()
            .map(access::read_policy)
            .transpose()?,
        action: arguments.action,
        resource: arguments.resource,
        context: access::pairs(arguments.context.iter().map(String::as_str)).map_err(Failure::usage)?,
    };
    access::check(&question).map_err(Failure::usage)?;
    let config = configured(&how.settings.0)?.config;
    match client::ask(&admin(&how, &config), &Asked::Access(&question), how.json)? {
        Ok(text) => say(&text),
        Err(unreachable) => {
            let directory = DataDir::existing(&config.data_dir)?;
            tell(&format!("{unreachable}: opening {}", directory.path().display()));
            let explained = runtime()?.block_on(async {
                let store = open_store(&config).await?;
                let mut explainer = explainer(&config, None)?;
                explainer.api = Ok(api(&explainer, &store));
                let explained = explainer.access(&question).await;
                store.close().await?;
                explained
            })?;
            say(&access::render(&explained, how.json))
        }
    }
}

/// What decides about requests, over a store whose server does not run.
fn api(explainer: &Explainer, store: &Existing) -> Arc<Api> {
    let settings = Settings::new(Arc::clone(&explainer.regions));
    let (objects, identity) = (store.objects.clone(), store.identity.clone());
    Arc::new(Api::new(settings, objects, identity, Arc::new(SystemClock)))
}

async fn open_store(config: &Config) -> Result<Existing, Failure> {
    let options = config.memory().map_err(Failure::usage)?.engine(1);
    Existing::open(&DataDir::existing(&config.data_dir)?, options).await
}

/// An explainer without a server: what the configuration and the files say.
fn explainer(config: &Config, directory: Option<&Engine>) -> Result<Explainer, Failure> {
    let facilities: Vec<Facility> = config.facilities();
    let regions = Arc::new(config.known_regions(&facilities)?);
    Ok(Explainer {
        facilities,
        dns: crate::dns::settings(config),
        dns_is_on: !config.dns_listen.is_empty(),
        in_service: cairn_dns::InService::new(Arc::clone(&regions)),
        regions,
        directory: directory.map(|engine| Arc::new(ClosedDirectory(engine.clone())) as Arc<_>),
        journal: None,
        objects: Err("only the bucket directory is open".to_owned()),
        api: Err("only the bucket directory is open".to_owned()),
    })
}

/// Where the admin listener is, as a URL; empty where there is none to ask.
fn admin(how: &How, config: &Config) -> String {
    how.admin
        .clone()
        .or_else(|| Some(format!("http://{}", loopback(config.admin_listen?))))
        .unwrap_or_default()
}

/// A server that listens everywhere is asked on the loopback.
fn loopback(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => ([127, 0, 0, 1], v4.port()).into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => (std::net::Ipv6Addr::LOCALHOST, v6.port()).into(),
        given => given,
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    // The engine's methods want threads of their own beside the caller's.
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Code::Internal, format!("cannot start threads: {error}")))
}

/// What was done instead, for the person; standard output is for the explanation.
fn tell(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "cairn: {text}");
}

//! What a newcomer needs to know once the server is ready, on standard output.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use cairn_region::Regions;

use crate::config::regions::Facility;
use crate::config::{Config, LogFormat};
use crate::credentials::{Kept, Root};
use crate::net::bind::url;

/// What the server came to be.
pub(crate) struct Started<'a> {
    pub(crate) config: &'a Config,
    pub(crate) root: &'a Root,
    pub(crate) regions: &'a Regions,
    /// The regions' addresses, with the ports the operating system gave.
    pub(crate) facilities: &'a [Facility],
    pub(crate) dns: &'a [SocketAddr],
    pub(crate) admin: Option<SocketAddr>,
    /// None in memory.
    pub(crate) data_dir: Option<PathBuf>,
}

/// Says it, as people or programs read it.
pub(crate) fn print(started: &Started<'_>) {
    let text = match started.config.log_format {
        LogFormat::Text => text(started),
        LogFormat::Json => json(started),
    };
    // Nobody may be reading.
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn scheme(config: &Config) -> &'static str {
    if config.tls().is_some() { "https" } else { "http" }
}

fn endpoints(started: &Started<'_>, facility: &Facility) -> Vec<String> {
    facility
        .listen
        .iter()
        .map(|address| url(scheme(started.config), *address))
        .collect()
}

/// The region a newcomer is shown: the default one, with where it is.
fn first<'a>(started: &'a Started<'_>) -> (&'a str, String) {
    let region = &started.regions.default_region().name;
    let facility = started
        .facilities
        .iter()
        .find(|facility| facility.region == *region);
    let endpoint = facility.and_then(|facility| endpoints(started, facility).into_iter().next());
    (region.as_str(), endpoint.unwrap_or_default())
}

fn text(started: &Started<'_>) -> String {
    let config = started.config;
    let account = &started.root.account;
    let mut text = format!("Cairn {} is ready.\n\n", env!("CARGO_PKG_VERSION"));
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<15} {value}");
    };
    match started.facilities {
        [only] => {
            row("Endpoint", &endpoints(started, only).join("  "));
            row("Region", only.region.as_str());
        }
        several => {
            for facility in several {
                row(facility.region.as_str(), &endpoints(started, facility).join("  "));
            }
            row("Default region", first(started).0);
        }
    }
    row("Access key", account.access_key_id.as_str());
    match &started.root.kept {
        Kept::File(path) => row(
            "Secret key",
            &format!("in {} (only its owner can read it)", path.display()),
        ),
        Kept::Environment => row("Secret key", "the one given in CAIRN_ROOT_SECRET_ACCESS_KEY"),
        Kept::Memory => {
            row("Secret key", account.secret_access_key.expose());
            row(
                "",
                "(printed once: with --in-memory it is kept nowhere and ends with the server)",
            );
        }
    }
    match &started.data_dir {
        Some(path) => row("Data", &path.display().to_string()),
        None => row("Data", "in memory only: it ends with the server"),
    }
    if !started.dns.is_empty() {
        let dns: Vec<_> = started.dns.iter().map(SocketAddr::to_string).collect();
        row(
            "DNS",
            &format!("{}  for {} and below", dns.join("  "), config.domain),
        );
    }
    if let Some(admin) = started.admin {
        row(
            "Health, metrics",
            &format!("{0}/-/ready  {0}/-/metrics", url("http", admin)),
        );
    }
    text.push_str("\nTry it in another terminal:\n\n");
    match &started.root.kept {
        Kept::File(path) => {
            let _ = writeln!(text, "  . {}", quoted(path));
        }
        Kept::Environment => {
            text.push_str("  export AWS_ACCESS_KEY_ID=\"$CAIRN_ROOT_ACCESS_KEY_ID\"\n");
            text.push_str("  export AWS_SECRET_ACCESS_KEY=\"$CAIRN_ROOT_SECRET_ACCESS_KEY\"\n");
        }
        Kept::Memory => {
            let _ = writeln!(text, "  export AWS_ACCESS_KEY_ID={}", account.access_key_id);
            let _ = writeln!(
                text,
                "  export AWS_SECRET_ACCESS_KEY={}",
                account.secret_access_key.expose()
            );
        }
    }
    if let Some((cert, _)) = config.tls() {
        let cert = std::fs::canonicalize(cert).unwrap_or_else(|_| cert.clone());
        let _ = writeln!(
            text,
            "  export AWS_CA_BUNDLE={}    # unless a public authority signed it",
            quoted(&cert)
        );
    }
    let (region, endpoint) = first(started);
    let _ = writeln!(
        text,
        "  aws --endpoint-url {endpoint} --region {region} s3 mb s3://my-bucket\n"
    );
    text
}

fn json(started: &Started<'_>) -> String {
    let account = &started.root.account;
    let mut object = serde_json::json!({
        "event": "ready",
        "version": env!("CARGO_PKG_VERSION"),
        "endpoints": started
            .facilities
            .iter()
            .flat_map(|facility| endpoints(started, facility))
            .collect::<Vec<_>>(),
        "region": first(started).0,
        "regions": started
            .facilities
            .iter()
            .map(|facility| (facility.region.to_string(), endpoints(started, facility).into()))
            .collect::<serde_json::Map<_, _>>(),
        "access_key_id": account.access_key_id.as_str(),
        "data_dir": started.data_dir.as_ref().map(|path| path.display().to_string()),
        "dns": started.dns.iter().map(SocketAddr::to_string).collect::<Vec<_>>(),
        "admin": started.admin.map(|address| url("http", address)),
    });
    match &started.root.kept {
        Kept::File(path) => object["secret_access_key_file"] = path.display().to_string().into(),
        Kept::Environment => object["secret_access_key_variable"] = "CAIRN_ROOT_SECRET_ACCESS_KEY".into(),
        // There is no other place it could be learned from.
        Kept::Memory => object["secret_access_key"] = account.secret_access_key.expose().into(),
    }
    format!("{object}\n")
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%".contains(c);
    if path.chars().all(plain) {
        path
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_for_a_shell() {
        assert_eq!(quoted(Path::new("/srv/cairn-data")), "/srv/cairn-data");
        assert_eq!(quoted(Path::new("/my data/it's")), r"'/my data/it'\''s'");
    }
}

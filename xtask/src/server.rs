//! A Cairn server of its own for each suite: fresh data folder, free ports, random root keys.

use std::fs::{self, File};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::checkout;
use crate::command::{Group, Output, command, output_of, redirect};
use crate::outcome::Stop;
use crate::rust_steps;

const READY_LIMIT: Duration = Duration::from_secs(30);
const READY_POLL: Duration = Duration::from_millis(50);
const REGION: &str = "us-east-1";

/// How clients reach the server.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Wire {
    Plain,
    /// With a certificate made for the occasion: over TLS the SDKs sign less and stream more.
    Tls,
}

/// Where a server is and who may use it.
pub(crate) struct Endpoint {
    url: String,
    access_key: String,
    secret_key: String,
    certificate: Option<PathBuf>,
}

impl Endpoint {
    /// A server somebody else runs, with the keys of this program's own environment.
    pub(crate) fn elsewhere(url: &str) -> Result<Self, Stop> {
        let key = |name: &str| {
            std::env::var(name).map_err(|_| format!("--endpoint needs {name} in the environment"))
        };
        Ok(Self {
            url: url.to_owned(),
            access_key: key("AWS_ACCESS_KEY_ID")?,
            secret_key: key("AWS_SECRET_ACCESS_KEY")?,
            certificate: None,
        })
    }

    /// What every suite reads, and nothing of the user's own AWS configuration.
    pub(crate) fn tell(&self, command: &mut Command) {
        forget_configuration(command);
        command
            .env("CAIRN_TEST_ENDPOINT", &self.url)
            .env("AWS_ACCESS_KEY_ID", &self.access_key)
            .env("AWS_SECRET_ACCESS_KEY", &self.secret_key)
            .env("AWS_REGION", REGION)
            .env("AWS_DEFAULT_REGION", REGION);
        if let Some(certificate) = &self.certificate {
            command
                .env("AWS_CA_BUNDLE", certificate)
                .env("NODE_EXTRA_CA_CERTS", certificate);
        }
    }
}

/// The command with nothing of the user's own AWS configuration, for tests that make one.
pub(crate) fn unconfigured(mut command: Command) -> Command {
    forget_configuration(&mut command);
    command
}

fn forget_configuration(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("AWS_") || name.to_lowercase().ends_with("_proxy") {
            command.env_remove(name.as_ref());
        }
    }
    command
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true");
}

/// How many ports are tried.
const FREE_PORT_ATTEMPTS: u32 = 100;

/// A running server. Dropped, it is ended.
pub(crate) struct Server {
    pub(crate) endpoint: Endpoint,
    group: Group,
    data: PathBuf,
    log: PathBuf,
}

impl Server {
    /// Starts the binary and waits until it is ready.
    pub(crate) fn start(name: &str, wire: Wire) -> Result<Self, Stop> {
        let binary = rust_steps::binary()?;
        let scratch = checkout::scratch()?;
        let data = scratch.join(format!("{name}-data"));
        // Left over from a run that was cut short.
        let _ = fs::remove_dir_all(&data);
        let log = scratch.join(format!("{name}-server.log"));
        let _ = fs::remove_file(&log);

        let (s3, admin) = (free_address()?, free_address()?);
        let mut serve = command(
            &binary,
            &["serve", "--listen", &s3, "--admin-listen", &admin],
            &scratch,
        );
        serve.arg("--data-dir").arg(&data).args(["--region", REGION]);
        let access_key = format!("CAIRN{}", random_letters(15)?.to_uppercase());
        let secret_key = random_letters(40)?;
        serve
            .env("CAIRN_ROOT_ACCESS_KEY_ID", &access_key)
            .env("CAIRN_ROOT_SECRET_ACCESS_KEY", &secret_key);
        let certificate = match wire {
            Wire::Plain => None,
            Wire::Tls => {
                let (certificate, key) = self_signed(&scratch)?;
                serve
                    .arg("--tls-cert")
                    .arg(&certificate)
                    .arg("--tls-key")
                    .arg(key);
                Some(certificate)
            }
        };
        redirect(&mut serve, Output::Appended(&log))?;
        let group =
            Group::spawn(serve).map_err(|error| format!("cannot start {}: {error}", binary.display()))?;

        let scheme = if wire == Wire::Tls { "https" } else { "http" };
        let endpoint = Endpoint {
            url: format!("{scheme}://{s3}"),
            access_key,
            secret_key,
            certificate,
        };
        let mut server = Self {
            endpoint,
            group,
            data,
            log,
        };
        server.wait_until_ready(&admin)?;
        Ok(server)
    }

    fn wait_until_ready(&mut self, admin: &str) -> Result<(), Stop> {
        let deadline = Instant::now() + READY_LIMIT;
        while !is_ready(admin) {
            if let Some(status) = self.group.wait(Duration::ZERO) {
                return Err(format!(
                    "the server ended with {status} before it was ready; {}",
                    self.log_end()
                )
                .into());
            }
            if Instant::now() > deadline {
                let seconds = READY_LIMIT.as_secs();
                return Err(format!("the server was not ready after {seconds} s; {}", self.log_end()).into());
            }
            sleep(READY_POLL);
        }
        Ok(())
    }

    /// Ends the server as an operator would. It must drain, exit with 0, and not have panicked meanwhile.
    pub(crate) fn stop(mut self) -> Result<(), Stop> {
        match self.group.terminate() {
            Some(status) if status.success() => {}
            Some(status) => {
                return Err(format!("the server ended with {status} on SIGTERM; {}", self.log_end()).into());
            }
            None => return Err(format!("the server did not end on SIGTERM; {}", self.log_end()).into()),
        }
        if fs::read_to_string(&self.log)
            .unwrap_or_default()
            .contains("panicked at")
        {
            return Err(format!("the server panicked: see {}", self.log.display()).into());
        }
        let _ = fs::remove_dir_all(&self.data);
        Ok(())
    }

    fn log_end(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let last = text
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .unwrap_or("it printed nothing");
        format!("{}: {last}", self.log.display())
    }
}

/// Whether `GET /-/ready` at the admin address answers 200.
fn is_ready(admin: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(admin)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(
            stream,
            "GET /-/ready HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

/// An address whose port is free now. Below the range that the system gives to outgoing connections (32768 and
/// up): of those the tests make thousands, and one of them could take the port before the server does.
fn free_address() -> Result<String, Stop> {
    let mut last = None;
    for attempt in 0..FREE_PORT_ATTEMPTS {
        let port = 10_000 + RandomState::new().hash_one(attempt) % 20_000;
        let address = format!("127.0.0.1:{port}");
        match TcpListener::bind(&address) {
            Ok(_) => return Ok(address),
            Err(error) => last = Some(error),
        }
    }
    Err(format!("no free port: {last:?}").into())
}

fn random_letters(count: usize) -> Result<String, Stop> {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut bytes = vec![0; count];
    let read = File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes));
    read.map_err(|error| format!("/dev/urandom: {error}"))?;
    Ok(bytes
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]))
        .collect())
}

/// A certificate for 127.0.0.1 and *.s3.localhost, and its key.
fn self_signed(folder: &Path) -> Result<(PathBuf, PathBuf), Stop> {
    let (certificate, key) = (folder.join("tls-cert.pem"), folder.join("tls-key.pem"));
    let names = "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:s3.localhost,DNS:*.s3.localhost";
    let mut make = command(
        "openssl",
        &["req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"],
        folder,
    );
    make.args([
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-subj",
        "/CN=cairn test",
        "-addext",
        names,
    ]);
    make.arg("-keyout").arg(&key).arg("-out").arg(&certificate);
    output_of(make).ok_or(Stop::Missing("openssl, which makes the test certificate".into()))?;
    Ok((certificate, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_random_and_of_the_length_asked_for() {
        let keys = (random_letters(40), random_letters(40));
        let (Ok(one), Ok(other)) = keys else {
            panic!("no randomness")
        };
        assert_eq!(one.len(), 40);
        assert_ne!(one, other);
    }
}

//! Precedence, refusals, and the document's freshness.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::layers::{Given, Origin, Resolved, resolve};
use super::settings::{SETTINGS, Setting};
use super::{LogFormat, document, file, show};

fn given(flags: &[(&'static str, &[&str])], config: Option<&Path>) -> Given {
    Given {
        flags: flags
            .iter()
            .map(|(name, values)| (*name, values.iter().map(|value| (*value).to_owned()).collect()))
            .collect(),
        config: config.map(PathBuf::from),
    }
}

fn with(given: &Given, environment: &[(&str, &str)]) -> Result<Resolved, String> {
    let environment: HashMap<_, _> = environment.iter().copied().collect();
    resolve(given, &|name| {
        environment.get(name).map(|value| (*value).to_owned())
    })
    .map_err(|error| error.to_string())
}

fn file_with(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn origin(resolved: &Resolved, name: &str) -> Origin {
    resolved
        .values
        .iter()
        .find(|row| row.0.name == name)
        .unwrap()
        .2
        .clone()
}

#[test]
fn defaults_are_complete_and_valid() {
    let resolved = with(&given(&[], None), &[]).unwrap();
    assert!(resolved.values.iter().all(|row| row.2 == Origin::Default));
    let config = resolved.config;
    assert_eq!(config.region.as_ref().unwrap().as_str(), "us-east-1");
    assert_eq!(config.listen, ["127.0.0.1:9000".parse().unwrap()]);
    assert_eq!(config.data_dir, Path::new("./cairn-data"));
    assert_eq!(config.domain, "localhost");
    assert!(config.signature_v2 && !config.in_memory && config.tls().is_none());
}

#[test]
fn flag_beats_environment_beats_file_beats_default() {
    let file = file_with(
        "# mine\nregion = \"file-1\"\ndomain = \"file.example\"\nlisten = [\"127.0.0.1:1\", \"[::1]:2\"]\n",
    );
    let environment = [
        ("CAIRN_REGION", "environment-1"),
        ("CAIRN_DOMAIN", "environment.example"),
    ];
    let resolved = with(
        &given(&[("region", &["flag-1"])], Some(file.path())),
        &environment,
    )
    .unwrap();
    assert_eq!(resolved.config.region.as_ref().unwrap().as_str(), "flag-1");
    assert_eq!(resolved.config.domain, "environment.example");
    assert_eq!(resolved.config.listen.len(), 2);
    assert_eq!(resolved.config.log_format, LogFormat::Text);
    assert_eq!(origin(&resolved, "region"), Origin::Flag);
    assert_eq!(origin(&resolved, "domain"), Origin::Environment);
    assert_eq!(
        origin(&resolved, "listen"),
        Origin::File {
            path: file.path().into(),
            line: 4
        }
    );
    assert_eq!(origin(&resolved, "log-format"), Origin::Default);
}

#[test]
fn the_file_may_be_named_by_the_environment_and_lists_by_commas() {
    let file = file_with("signature_v2 = \"off\"\nin_memory = true\njournal_bytes_max = 0x10_0000\n");
    let environment = [
        ("CAIRN_CONFIG", file.path().to_str().unwrap()),
        ("CAIRN_LISTEN", "127.0.0.1:1, [::1]:2"),
    ];
    let config = with(&given(&[], None), &environment).unwrap().config;
    assert!(!config.signature_v2 && config.in_memory);
    assert_eq!(config.journal_bytes_max, 1 << 20);
    assert_eq!(
        config.listen,
        ["127.0.0.1:1".parse().unwrap(), "[::1]:2".parse().unwrap()]
    );
}

#[test]
fn public_ports_come_before_those_listened_on() {
    let flags: &[(&'static str, &[&str])] = &[
        (
            "regions",
            &[
                "us-east-1=127.0.0.1:9000",
                "us-east-1=127.0.0.1:8443",
                "eu-west-1=127.0.0.2:9000",
            ],
        ),
        ("region-ports", &["us-east-1=443", "us-east-1=8443"]),
    ];
    let config = with(&given(flags, None), &[]).unwrap().config;
    let regions = config.known_regions(&config.facilities()).unwrap();
    let ports: Vec<_> = regions.iter().map(|region| region.ports.clone()).collect();
    assert_eq!(ports, [vec![443, 8443, 9000], vec![9000]]);
    for wrong in ["us-east-1=0", "us-east-1=65536", "us-east-1"] {
        assert!(with(&given(&[("region-ports", &[wrong])], None), &[]).is_err());
    }
    let unknown = with(&given(&[("region-ports", &["eu-west-1=443"])], None), &[]).unwrap_err();
    assert!(
        unknown.starts_with("region-ports: eu-west-1 is not among"),
        "{unknown}"
    );
}

#[test]
fn networks_and_addresses() {
    let listed = &[
        "10.0.0.0/8",
        "192.0.2.1",
        "::1",
        "::ffff:192.0.2.2",
        "2001:db8::/32",
        "0.0.0.0/0",
    ];
    let config = with(&given(&[("trusted-proxies", listed)], None), &[])
        .unwrap()
        .config;
    let shown: Vec<_> = config.trusted_proxies.iter().map(ToString::to_string).collect();
    let want = [
        "10.0.0.0/8",
        "192.0.2.1/32",
        "::1/128",
        "192.0.2.2/32",
        "2001:db8::/32",
        "0.0.0.0/0",
    ];
    assert_eq!(shown, want);
    assert!(
        with(&given(&[], None), &[])
            .unwrap()
            .config
            .trusted_proxies
            .is_empty()
    );
}

#[test]
fn what_is_shown_can_be_given_back() {
    let first = with(
        &given(&[("listen", &["[::1]:9000"]), ("in-memory", &["on"])], None),
        &[],
    )
    .unwrap();
    let text = show::show(&first);
    assert!(text.contains("in_memory = true"), "{text}");
    assert!(text.contains("# flag"), "{text}");
    let file = file_with(&text);
    let second = with(&given(&[], Some(file.path())), &[]).unwrap();
    assert_eq!(format!("{:?}", second.config), format!("{:?}", first.config));
}

#[test]
fn a_wrong_value_is_refused_with_where_it_stands() {
    let refused = |name: &'static str, value: &str| with(&given(&[(name, &[value])], None), &[]).unwrap_err();
    assert_eq!(
        refused("region", "EU_1"),
        "--region EU_1: a region name has 1 to 63 lower-case letters, digits and inner hyphens"
    );
    for (name, value) in [
        ("listen", "localhost"),
        ("listen", "127.0.0.1"),
        ("domain", "127.0.0.1"),
        ("domain", "-a.example"),
        ("signature-v2", "maybe"),
        ("log-format", "xml"),
        ("log-filter", "cairn=loud"),
        ("connections-max", "0"),
        ("connections-max", "many"),
        ("idle-timeout-seconds", "-1"),
        ("idle-timeout-seconds", "86401"),
        ("http1-buffer-bytes-max", "100"),
        ("memory-limit", "256mb"),
        ("memory-limit", "MiB"),
        ("memory-limit", "-1"),
        ("memory-limit", "99999999TiB"),
        ("data-dir", ""),
    ] {
        let message = refused(name, value);
        assert!(
            message.starts_with(&format!("--{name} {value}: it is")),
            "{message}"
        );
    }
    for (value, words) in [
        ("10.0.0.0/33", "each item is"),
        ("10.0.0", "each item is"),
        ("proxy.example", "each item is"),
        ("*", "each item is"),
        (
            "10.1.2.3/8",
            "10.1.2.3/8 has bits beyond its network: is it 10.0.0.0/8, or one address?",
        ),
        ("2001:db8::1/32", "2001:db8::1/32 has bits beyond"),
    ] {
        let message = refused("trusted-proxies", value);
        assert!(
            message.starts_with(&format!("--trusted-proxies {value}: {words}")),
            "{message}"
        );
    }
    let environment = with(&given(&[], None), &[("CAIRN_REGION", "EU_1")]).unwrap_err();
    assert!(
        environment.starts_with("CAIRN_REGION=EU_1 in the environment: a region name"),
        "{environment}"
    );
    let file = file_with("\nregion = \"EU_1\"\n");
    let message = with(&given(&[], Some(file.path())), &[]).unwrap_err();
    assert!(message.contains(":2: region = EU_1: a region name"), "{message}");
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let refused = |flags: &[(&'static str, &[&str])]| with(&given(flags, None), &[]).unwrap_err();
    assert!(refused(&[("tls-cert", &["a"])]).starts_with("tls-cert needs tls-key"));
    assert!(refused(&[("tls-key", &["a"])]).starts_with("tls-key needs tls-cert"));
    assert!(refused(&[("admin-listen", &["127.0.0.1:9000"])]).contains("both 127.0.0.1:9000"));
    assert!(refused(&[("listen", &["127.0.0.1:1", "127.0.0.1:1"])]).contains("twice"));
    let any_port: &[(&'static str, &[&str])] = &[
        ("listen", &["127.0.0.1:0", "127.0.0.1:0"]),
        ("admin-listen", &["127.0.0.1:0"]),
    ];
    with(&given(any_port, None), &[]).unwrap();
}

#[test]
fn a_file_is_refused_with_the_line_and_the_name_meant() {
    let refused = |text: &str| file::parse(text).unwrap_err();
    let (line, message) = refused("region = \"a\"\n\nidle_timeout = 3\n");
    assert_eq!(
        (line, message.as_str()),
        (3, "unknown key idle_timeout; did you mean idle_timeout_seconds?")
    );
    assert_eq!(
        refused("data-dir = \"x\"").1,
        "unknown key data-dir; did you mean data_dir?"
    );
    assert_eq!(
        refused("colour = 1").1,
        "unknown key colour; `cairn config` lists the keys"
    );
    assert_eq!(
        refused("connections_max = \"7\"").1,
        "connections_max: it is a whole number, without quotes"
    );
    assert_eq!(
        refused("in_memory = \"yes\"").1,
        "in_memory: it is true or false, without quotes"
    );
    assert_eq!(
        refused("listen = [1]").1,
        "listen: it is an array of texts in quotes"
    );
    assert_eq!(
        refused("[region]\nname = \"a\"").1,
        "region: it is a text in quotes"
    );
    assert_eq!(refused("region = \"a\"\nregion = \"b\"").0, 2);
    assert_eq!(refused("a = \"b\"\n\nregion = ").0, 3);
}

#[test]
fn a_file_that_is_none_or_too_large_is_refused() {
    let refused = |path: &Path| with(&given(&[], Some(path)), &[]).unwrap_err();
    assert!(refused(Path::new("/nonexistent")).contains("cannot read the configuration"));
    let large = file_with(&"#".repeat(1024 * 1024 + 1));
    assert!(refused(large.path()).contains("1048577 bytes are more than a configuration has"));
}

#[test]
fn names_are_unique_and_lower_case() {
    for (at, setting) in SETTINGS.iter().enumerate() {
        assert!(
            setting
                .name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        );
        assert!(
            SETTINGS[..at].iter().all(|other| other.name != setting.name),
            "{}",
            setting.name
        );
        assert_eq!(Setting::by_key(&setting.key()).unwrap().name, setting.name);
        assert!(setting.help.ends_with('.'), "{}", setting.name);
    }
}

#[test]
fn the_document_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let fresh = document::document();
    if std::env::var_os("CAIRN_UPDATE").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == fresh,
        "docs/configuration.md is stale: run CAIRN_UPDATE=1 cargo test -p cairn document"
    );
}

#[test]
fn regions_of_a_file_are_those_of_flags() {
    let file = file_with(
        "[regions.us-west-2]\nlisten = [\"127.0.0.1:1\", \"[::1]:1\"]\naddresses = [\"192.0.2.1\", \"2001:db8::1\"]\n\
         dash = false\n\n[regions.basement]\nlisten = \"127.0.0.2:1\"\nlaunch_class = \"opt-in\"\n",
    );
    let from_file = with(&given(&[], Some(file.path())), &[]).unwrap().config;
    let flags = given(
        &[
            (
                "regions",
                &[
                    "us-west-2=127.0.0.1:1",
                    "us-west-2=[::1]:1",
                    "basement=127.0.0.2:1",
                ],
            ),
            (
                "region-addresses",
                &["us-west-2=192.0.2.1", "us-west-2=2001:db8::1"],
            ),
            ("region-dash", &["us-west-2=off"]),
            ("region-launch-classes", &["basement=opt-in"]),
        ],
        None,
    );
    let from_flags = with(&flags, &[]).unwrap().config;
    let known = |config: &super::Config| config.known_regions(&config.facilities()).unwrap();
    assert_eq!(known(&from_file), known(&from_flags));
    let regions = known(&from_file);
    // The first of the file, though its name is not the first.
    let first = regions.default_region();
    assert_eq!(first.name.as_str(), "us-west-2");
    assert!(!first.dash);
    assert_eq!(first.ports, [1]);
    assert_eq!(first.addresses.len(), 2);
    let other = regions.named("basement").unwrap();
    assert_eq!(other.class, cairn_region::LaunchClass::OptIn);
    assert_eq!(
        other.addresses,
        ["127.0.0.2".parse::<std::net::IpAddr>().unwrap()]
    );

    let refused = |text: &str| {
        let file = file_with(text);
        with(&given(&[], Some(file.path())), &[]).unwrap_err()
    };
    let misspelt = refused("[regions.a]\nlistn = \"127.0.0.1:1\"\n");
    assert!(misspelt.contains("did you mean listen?"), "{misspelt}");
    let nowhere = refused("[regions.a]\ndash = true\n");
    assert!(nowhere.contains("it has no listen"), "{nowhere}");
    let both = refused("region = \"a\"\nregions = [\"b=127.0.0.1:1\"]\n");
    assert!(both.contains("regions and region are both given"), "{both}");
}

#[test]
fn sizes_have_units() {
    for (value, bytes) in [
        ("512MiB", 512 << 20),
        ("1 GiB", 1 << 30),
        ("2097152KiB", 2 << 30),
        ("1TiB", 1 << 40),
        ("536870912", 512 << 20),
    ] {
        let config = with(&given(&[("memory-limit", &[value])], None), &[])
            .unwrap()
            .config;
        assert_eq!(config.memory_limit, bytes, "{value}");
    }
    for text in [
        "memory_limit = \"512MiB\"",
        "memory_limit = 536870912",
        "memory_limit = 0x2000_0000",
    ] {
        let file = file_with(text);
        let config = with(&given(&[], Some(file.path())), &[]).unwrap().config;
        assert_eq!(config.memory_limit, 512 << 20, "{text}");
    }
    let wrong = with(&given(&[], Some(file_with("memory_limit = true").path())), &[]).unwrap_err();
    assert!(
        wrong.contains("memory_limit: it is a whole number of bytes, or a text such as"),
        "{wrong}"
    );
    let little = with(&given(&[("memory-limit", &["1MiB"])], None), &[]).unwrap_err();
    assert!(
        little.starts_with("memory-limit 1MiB is too little: with connections-max 4096"),
        "{little}"
    );
    let many = &[("connections-max", &["100000"] as &[&str])];
    assert!(
        with(&given(many, None), &[])
            .unwrap_err()
            .contains("connections-max 100000 it is at least")
    );
}

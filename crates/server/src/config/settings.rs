//! The one list of settings.
//!
//! A setting's name is its flag. The environment variable and the key of the file follow from it
//! ([`Setting::variable`], [`Setting::key`]); a name ends with the unit of its value. Values are text in
//! every layer and become typed here, so that a wrong one is refused with the same words wherever it was
//! given.

use std::path::PathBuf;
use std::time::Duration;

use cairn_types::RegionName;

use super::value::{
    address, addresses, by_region, domain, nameserver, network, number, once, seconds, set, size, switch,
    text,
};
use super::{Config, LogFormat};

/// How a setting is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One text.
    Text,
    /// A whole number.
    Number,
    /// Bytes, with or without a unit.
    Size,
    /// Several texts: the flag is repeated, the variable separates with commas, the file has an array.
    List,
    /// True or false; the flag alone means true.
    Switch,
}

/// The heading a setting stands under in help and documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Storage,
    Endpoint,
    Region,
    Operation,
    Limit,
}

impl Group {
    pub(crate) const ALL: [Self; 5] = [
        Self::Storage,
        Self::Endpoint,
        Self::Region,
        Self::Operation,
        Self::Limit,
    ];

    pub(crate) fn heading(self) -> &'static str {
        match self {
            Self::Storage => "Storage",
            Self::Endpoint => "S3 endpoint",
            Self::Region => "Regions and DNS",
            Self::Operation => "Operation",
            Self::Limit => "Limits",
        }
    }
}

/// A setting.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) group: Group,
    /// The value's name in help.
    pub(crate) value: &'static str,
    pub(crate) default: &'static [&'static str],
    /// The first sentence stands in `-h`; all of it in `--help`.
    pub(crate) help: &'static str,
    pub(crate) apply: Apply,
}

/// Puts the text into its field, or says what a right value looks like.
type Apply = fn(&mut Config, &[String]) -> Result<(), String>;

impl Setting {
    /// `CAIRN_DATA_DIR`.
    pub(crate) fn variable(&self) -> String {
        format!("CAIRN_{}", self.name.replace('-', "_").to_uppercase())
    }

    /// `data_dir`.
    pub(crate) fn key(&self) -> String {
        self.name.replace('-', "_")
    }

    /// The setting of that key.
    pub(crate) fn by_key(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key() == key)
    }
}

/// Every setting, in the order of help and documents.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        name: "data-dir",
        kind: Kind::Text,
        group: Group::Storage,
        value: "DIR",
        default: &["./cairn-data"],
        help: "Where everything is kept. Created at the first start, open to its owner only. One server at a time \
               uses a directory.",
        apply: |config, values| text(values, |value| set(&mut config.data_dir, PathBuf::from(value))),
    },
    Setting {
        name: "in-memory",
        kind: Kind::Switch,
        group: Group::Storage,
        value: "true|false",
        default: &["false"],
        help: "Keep nothing on disk. For tests and CI: the data is gone when the server stops, and unless given in \
               the environment the root access key is another one at every start.",
        apply: |config, values| text(values, |value| switch(value).map(|on| config.in_memory = on)),
    },
    Setting {
        name: "master-key-file",
        kind: Kind::Text,
        group: Group::Storage,
        value: "FILE",
        default: &[],
        help: "The key that secret access keys are encrypted with; made where it is not there yet. Without this setting \
               it is DIR/master-key: better keep it apart from the data, and a copy of it elsewhere.",
        apply: |config, values| {
            text(values, |value| {
                set(&mut config.master_key_file, Some(PathBuf::from(value)))
            })
        },
    },
    Setting {
        name: "memory-limit",
        kind: Kind::Size,
        group: Group::Storage,
        value: "SIZE",
        default: &["256MiB"],
        help: "The memory the server may use, such as 512MiB or 2GiB. It is divided among the index's block cache and \
               memtables, the buffers of uploads and downloads, threads, and 20 KiB for each connection of \
               connections-max; what is more than these need is block cache. The kernel's own, such as its page cache \
               and sockets, is not counted, nor what --in-memory stores.",
        apply: |config, values| size(values, |value| config.memory_limit = value),
    },
    Setting {
        name: "listen",
        kind: Kind::List,
        group: Group::Endpoint,
        value: "ADDR:PORT",
        default: &["127.0.0.1:9000"],
        help: "An address for S3 requests; may be given several times. 0.0.0.0:9000 is every IPv4 address of the \
               machine, [::]:9000 every address; port 0 is any free port. Beyond the loopback, use TLS.",
        apply: |config, values| {
            let parsed = addresses(values)?;
            if parsed.is_empty() {
                return Err("give at least one address".to_owned());
            }
            set(&mut config.listen, parsed)
        },
    },
    Setting {
        name: "region",
        kind: Kind::Text,
        group: Group::Endpoint,
        value: "NAME",
        default: &["us-east-1"],
        help: "The region this server is. Clients sign their requests for it, so they must be told the same name.",
        apply: |config, values| {
            text(values, |value| {
                config.region = Some(RegionName::parse(value).map_err(|error| error.to_string())?);
                Ok(())
            })
        },
    },
    Setting {
        name: "domain",
        kind: Kind::Text,
        group: Group::Endpoint,
        value: "NAME",
        default: &["localhost"],
        help: "The domain that endpoint names hang off: s3.NAME, s3.REGION.NAME and BUCKET.s3.NAME reach this server. \
               Any other host name is served too, path style.",
        apply: |config, values| text(values, |value| domain(value).map(|name| config.domain = name)),
    },
    Setting {
        name: "signature-v2",
        kind: Kind::Text,
        group: Group::Endpoint,
        value: "on|off",
        default: &["on"],
        help: "Accept the old signature version 2. Only clients older than about 2014 need it; off refuses it as \
               newer regions of Amazon's do.",
        apply: |config, values| text(values, |value| switch(value).map(|on| config.signature_v2 = on)),
    },
    Setting {
        name: "oidc-allow-http",
        kind: Kind::Text,
        group: Group::Endpoint,
        value: "on|off",
        default: &["off"],
        help: "Take OpenID Connect providers whose URL begins with http://. Without it only those on this machine may \
               do without TLS: whoever can change what a provider answers can assume the roles that trust it.",
        apply: |config, values| {
            text(values, |value| {
                switch(value).map(|on| config.oidc_allow_http = on)
            })
        },
    },
    Setting {
        name: "tls-cert",
        kind: Kind::Text,
        group: Group::Endpoint,
        value: "FILE",
        default: &[],
        help: "Certificate chain in PEM, the server's own first: the S3 listeners then speak HTTPS (HTTP/1.1 and \
               HTTP/2) only. Read again when it changes; needs tls-key.",
        apply: |config, values| {
            text(values, |value| {
                set(&mut config.tls_cert, Some(PathBuf::from(value)))
            })
        },
    },
    Setting {
        name: "tls-key",
        kind: Kind::Text,
        group: Group::Endpoint,
        value: "FILE",
        default: &[],
        help: "Private key of the certificate in PEM (PKCS#8, PKCS#1 or SEC1, not encrypted).",
        apply: |config, values| {
            text(values, |value| {
                set(&mut config.tls_key, Some(PathBuf::from(value)))
            })
        },
    },
    Setting {
        name: "trusted-proxies",
        kind: Kind::List,
        group: Group::Endpoint,
        value: "IP/BITS",
        default: &[],
        help: "Networks or addresses of proxies in front whose X-Forwarded-For, -Host and -Proto are believed. They then \
               stand for the client's address, the host and the scheme, and what cannot be read is answered with 400. \
               Without any, nobody is believed. Such a proxy must set or remove all three, as a client can write them, \
               too (docs/cors.md).",
        apply: |config, values| {
            let parsed = values
                .iter()
                .map(|value| network(value))
                .collect::<Result<_, _>>()?;
            set(&mut config.trusted_proxies, parsed)
        },
    },
    Setting {
        name: "regions",
        kind: Kind::List,
        group: Group::Region,
        value: "NAME=ADDR:PORT",
        default: &[],
        help: "Serve several regions, each at its own addresses; a region may be there several times. Takes the place \
               of region and listen. Each keeps its data in DIR/regions/NAME; buckets and identities are one directory \
               for all. The global endpoint s3.DOMAIN means us-east-1, or the first region where there is none.",
        apply: |config, values| {
            let parsed = by_region(values, address)?;
            once(parsed.iter().map(|(_, address)| address))?;
            set(&mut config.regions, parsed)
        },
    },
    Setting {
        name: "region-addresses",
        kind: Kind::List,
        group: Group::Region,
        value: "NAME=IP",
        default: &[],
        help: "The public addresses of a region, IPv4 or IPv6, that DNS hands out. Without any it hands out those the \
               region listens on.",
        apply: |config, values| {
            let read = |value: &str| {
                value
                    .parse()
                    .map_err(|_| "an address is an IPv4 or IPv6 address".to_owned())
            };
            set(&mut config.region_addresses, by_region(values, read)?)
        },
    },
    Setting {
        name: "region-ports",
        kind: Kind::List,
        group: Group::Region,
        value: "NAME=PORT",
        default: &[],
        help: "The public ports of a region, where a proxy in front has others than it listens on. Redirects keep the port \
               that the client used where the bucket's region has it, and otherwise name the first.",
        apply: |config, values| {
            let read = |value: &str| match value.parse() {
                Ok(port @ 1_u16..) => Ok(port),
                _ => Err("a port is a number from 1 to 65535".to_owned()),
            };
            set(&mut config.region_ports, by_region(values, read)?)
        },
    },
    Setting {
        name: "region-launch-classes",
        kind: Kind::List,
        group: Group::Region,
        value: "NAME=before-2019-03-20|opt-in",
        default: &[],
        help: "When a region counts as launched. Amazon's own names know theirs, and others count as before-2019-03-20. \
               Regions launched later answer wrong endpoints with 400 instead of a redirect, and accounts must enable \
               them.",
        apply: |config, values| set(&mut config.region_launch_classes, by_region(values, str::parse)?),
    },
    Setting {
        name: "region-dash",
        kind: Kind::List,
        group: Group::Region,
        value: "NAME=on|off",
        default: &[],
        help: "Whether a permanent redirect shows a region's endpoint as s3-NAME instead of s3.NAME, as Amazon does for \
               its oldest regions. Both are always accepted.",
        apply: |config, values| set(&mut config.region_dash, by_region(values, switch)?),
    },
    Setting {
        name: "opt-in-regions",
        kind: Kind::Text,
        group: Group::Region,
        value: "enabled|disabled",
        default: &["disabled"],
        help: "Whether an account has the regions launched after 2019-03-20 before it enables them (`cairn region enable`, \
               `aws account enable-region`). What an account chose goes before this.",
        apply: |config, values| {
            text(values, |value| {
                value.parse().map(|default| config.opt_in_regions = default)
            })
        },
    },
    Setting {
        name: "dns-listen",
        kind: Kind::List,
        group: Group::Region,
        value: "ADDR:PORT",
        default: &[],
        help: "Answer DNS for the domain and everything below it, on UDP and TCP, so that each name leads to the region \
               it means and each bucket's global name to the bucket's home. Off without an address; docs/dns.md says \
               how to send resolvers here.",
        apply: |config, values| set(&mut config.dns_listen, addresses(values)?),
    },
    Setting {
        name: "dns-propagation-seconds",
        kind: Kind::Number,
        group: Group::Region,
        value: "SECONDS",
        default: &["10"],
        help: "How long after its creation a bucket's global name leads to the bucket's home. Until then it leads to the \
               default region, which redirects, as at Amazon.",
        apply: |config, values| {
            number(values, 1, 604_800, |value| {
                config.dns_propagation = Duration::from_secs(value)
            })
        },
    },
    Setting {
        name: "dns-ttl-seconds",
        kind: Kind::Number,
        group: Group::Region,
        value: "SECONDS",
        default: &["5"],
        help: "How long resolvers may keep an answer.",
        apply: |config, values| seconds(values, |time| config.dns_ttl = time),
    },
    Setting {
        name: "dns-checks",
        kind: Kind::Text,
        group: Group::Region,
        value: "on|off",
        default: &["on"],
        help: "Whether addresses that are not ready are left out of answers. Each is asked at its region's first port; \
               off is for addresses that this machine cannot reach, such as those of a load balancer at another port.",
        apply: |config, values| text(values, |value| switch(value).map(|on| config.dns_checks = on)),
    },
    Setting {
        name: "dns-nameservers",
        kind: Kind::List,
        group: Group::Region,
        value: "NAME=IP",
        default: &[],
        help: "The name servers of the domain, as the zone above it delegates to them, each with its addresses. Without \
               any it is ns1.DOMAIN with the addresses of the default region.",
        apply: |config, values| {
            let parsed = values
                .iter()
                .map(|value| nameserver(value))
                .collect::<Result<_, _>>()?;
            set(&mut config.dns_nameservers, parsed)
        },
    },
    Setting {
        name: "admin-listen",
        kind: Kind::Text,
        group: Group::Operation,
        value: "ADDR:PORT|off",
        default: &["127.0.0.1:9001"],
        help: "Where /-/live, /-/ready, Prometheus's /-/metrics and the explanations of `cairn explain` are served, in \
               plain HTTP and without authentication: keep it on an address only you can reach.",
        apply: |config, values| {
            text(values, |value| {
                let parsed = if value == "off" {
                    None
                } else {
                    Some(address(value)?)
                };
                set(&mut config.admin_listen, parsed)
            })
        },
    },
    Setting {
        name: "journal-bytes-max",
        kind: Kind::Number,
        group: Group::Operation,
        value: "BYTES",
        default: &["67108864"],
        help: "Size of the journal of requests, which `cairn explain REQUEST-ID` reads; 0 keeps none. The oldest \
               entries are deleted. It never holds secrets, signatures or bodies.",
        apply: |config, values| {
            text(values, |value| match value.parse::<u64>() {
                Ok(bytes @ (0 | 0x10_0000..=0x100_0000_0000)) => set(&mut config.journal_bytes_max, bytes),
                _ => Err("it is 0, or a whole number from 1048576 to 1099511627776".to_owned()),
            })
        },
    },
    Setting {
        name: "journal-age-seconds-max",
        kind: Kind::Number,
        group: Group::Operation,
        value: "SECONDS",
        default: &["604800"],
        help: "How long the journal keeps a request; files are deleted whole, so an eighth of it may be added.",
        apply: |config, values| {
            number(values, 60, 10 * 365 * 24 * 60 * 60, |seconds| {
                config.journal_age_max = Duration::from_secs(seconds);
            })
        },
    },
    Setting {
        name: "log-format",
        kind: Kind::Text,
        group: Group::Operation,
        value: "text|json",
        default: &["text"],
        help: "The form of log lines (on standard error) and of the start message (on standard output).",
        apply: |config, values| {
            text(values, |value| {
                config.log_format = match value {
                    "text" => LogFormat::Text,
                    "json" => LogFormat::Json,
                    _ => return Err("it is text or json".to_owned()),
                };
                Ok(())
            })
        },
    },
    Setting {
        name: "log-filter",
        kind: Kind::Text,
        group: Group::Operation,
        value: "FILTER",
        default: &["info"],
        help: "What is logged: error, warn, info, debug or trace, also by module, as in warn,cairn_objects=debug.",
        apply: |config, values| {
            text(values, |value| {
                tracing_subscriber::EnvFilter::try_new(value)
                    .map_err(|_| "it is a level, or a list such as warn,cairn_objects=debug".to_owned())?;
                set(&mut config.log_filter, value.to_owned())
            })
        },
    },
    Setting {
        name: "shutdown-timeout-seconds",
        kind: Kind::Number,
        group: Group::Operation,
        value: "SECONDS",
        default: &["30"],
        help: "On SIGTERM or SIGINT, how long requests in flight may take to finish. What is left then is cut off.",
        apply: |config, values| seconds(values, |time| config.limits.shutdown_timeout = time),
    },
    Setting {
        name: "connections-max",
        kind: Kind::Number,
        group: Group::Limit,
        value: "NUMBER",
        default: &["4096"],
        help: "Connections open at a time on the S3 listeners together; one more waits to be accepted.",
        apply: |config, values| {
            number(values, 1, 1 << 20, |value| {
                config.limits.connections_max = usize::try_from(value).unwrap_or(usize::MAX);
            })
        },
    },
    Setting {
        name: "head-timeout-seconds",
        kind: Kind::Number,
        group: Group::Limit,
        value: "SECONDS",
        default: &["20"],
        help: "How long a client may take to send a request's head, from its first byte on.",
        apply: |config, values| seconds(values, |time| config.limits.head_timeout = time),
    },
    Setting {
        name: "idle-timeout-seconds",
        kind: Kind::Number,
        group: Group::Limit,
        value: "SECONDS",
        default: &["60"],
        help: "How long a connection without a request is kept open.",
        apply: |config, values| seconds(values, |time| config.limits.idle_timeout = time),
    },
    Setting {
        name: "body-timeout-seconds",
        kind: Kind::Number,
        group: Group::Limit,
        value: "SECONDS",
        default: &["20"],
        help: "How long a client may let the body of a request rest (it is then answered with RequestTimeout), or \
               leave the body of a response unread (the connection is then closed).",
        apply: |config, values| seconds(values, |time| config.limits.body_timeout = time),
    },
    Setting {
        name: "tls-handshake-timeout-seconds",
        kind: Kind::Number,
        group: Group::Limit,
        value: "SECONDS",
        default: &["10"],
        help: "How long a client may take for the TLS handshake.",
        apply: |config, values| seconds(values, |time| config.limits.tls_handshake_timeout = time),
    },
    Setting {
        name: "http1-buffer-bytes-max",
        kind: Kind::Number,
        group: Group::Limit,
        value: "BYTES",
        default: &["65536"],
        help: "Read buffer of an HTTP/1 connection. A request's head must fit in it, or is answered with 431.",
        apply: |config, values| {
            // hyper's own minimum is 8 KiB.
            number(values, 8 * 1024, 16 << 20, |value| {
                config.limits.http1_buffer_bytes_max = usize::try_from(value).unwrap_or(usize::MAX);
            })
        },
    },
    Setting {
        name: "http2-streams-max",
        kind: Kind::Number,
        group: Group::Limit,
        value: "NUMBER",
        default: &["128"],
        help: "Requests open at a time on one HTTP/2 connection.",
        apply: |config, values| {
            number(values, 1, 65_536, |value| {
                config.limits.http2_streams_max = u32::try_from(value).unwrap_or(u32::MAX);
            })
        },
    },
];

//! docs/configuration.md, made from the settings; a test holds the file in the tree to this text.

use std::fmt::Write as _;

use super::settings::{Group, Kind, SETTINGS};
use crate::failure::EXIT_CODES;

/// The document.
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the test that keeps the document fresh calls it")
)]
pub(crate) fn document() -> String {
    let mut text = String::from(HEAD);
    for group in Group::ALL {
        let _ = write!(
            text,
            "\n## {}\n\n| setting | value | default | what it is |\n|---|---|---|---|\n",
            group.heading()
        );
        for setting in SETTINGS.iter().filter(|setting| setting.group == group) {
            let default = match setting.default {
                [] => "none".to_owned(),
                values => format!("`{}`", values.join(",")),
            };
            let several = if setting.kind == Kind::List {
                ", several"
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "| `{}` | `{}`{several} | {default} | {} |",
                setting.name,
                setting.value.replace('|', "\\|"),
                setting.help
            );
        }
    }
    text.push_str(TAIL);
    for (code, meaning) in EXIT_CODES {
        let _ = writeln!(text, "| {} | {meaning} |", *code as u8);
    }
    text
}

const HEAD: &str = "<!-- Made from crates/server/src/config/settings.rs: change that, then run \
CAIRN_UPDATE=1 cargo test -p cairn document -->
# Configuration

`cairn serve` needs no configuration. What can be set is set by a flag, an environment variable or a key of a TOML
file, and wins in that order. The three names follow from each other: `--data-dir`, `CAIRN_DATA_DIR`, `data_dir`.

    cairn serve --region eu-north-1 --listen 127.0.0.1:9000 --listen [::1]:9000
    CAIRN_LISTEN=127.0.0.1:9000,[::1]:9000 cairn serve
    cairn serve --config cairn.toml       # or CAIRN_CONFIG=cairn.toml

    # cairn.toml
    region = \"eu-north-1\"
    listen = [\"127.0.0.1:9000\", \"[::1]:9000\"]
    idle_timeout_seconds = 120

A key the file should not have is refused, with its line and the name that was probably meant. `cairn config` takes the
same flags as `cairn serve` and prints every value with where it came from, as a file that can be kept.
";

const TAIL: &str = "
## Root credentials

The root user's access key is made at the first start, from the operating system's randomness, and kept in
`DIR/root-credentials`, a file only its owner can read. It is a list of shell assignments, so `. DIR/root-credentials`
gives the aws CLI what it needs. The file also holds the account's number and canonical user id, which own every bucket:
keep it in your backups. To change the key, edit the file and restart.

`CAIRN_ROOT_ACCESS_KEY_ID` and `CAIRN_ROOT_SECRET_ACCESS_KEY`, given together, take the place of the key in the file;
they are never written anywhere. They are no flags, because other users of a machine can read flags.

With `--in-memory` there is no file: the key is printed at the start, once.

## Master key

Secret access keys, MFA seeds and session tokens are encrypted with a master key, which is kept apart from the data: in
`DIR/master-key`, or where `master-key-file` says, or in `CAIRN_MASTER_KEY` (32 random bytes in base 64; several are
separated by commas). The first key of the file encrypts and all decrypt, so a new key goes before the old ones. Every
server of a deployment needs the same. Without it no access key works but that of `DIR/root-credentials`.

## Memory

`memory-limit` is divided when the server starts; `cairn_memory_limit_bytes` among the metrics shows the parts.

| part | what it is | at 256MiB, on 2 cores |
|---|---|---|
| program | the code, commits being made durable, what is remembered of buckets, policies, sessions and seeks, chunks being hashed, queues | 32 MiB |
| connections | 20 KiB for each of `connections-max` | 80 MiB |
| threads | 1 MiB for each that runs tasks (one a core, at most one for 16 MiB of the limit), 128 KiB for each that may wait for the disk (one for 4 MiB of the limit, 16 to 512) | 10 MiB |
| memtables | 3/8 of what is left, 128 MiB at most: commits that the index has in its journal and not yet in its tables. Where they come faster than they are written out, writers wait | 50 MiB |
| write buffers, read buffers | 1/8 of what is left each, 256 MiB at most: pieces of up to 1 MiB of large bodies. Where they are used up, uploads go on with two pieces of 64 KiB each, so none waits for another, and one chunk of 256 KiB being filled | 16 MiB each |
| cache | the rest: blocks of the index | 50 MiB |

A limit that leaves less than 36 MiB to share is refused, with the least that would do: about 75 MiB, and 20 KiB for each of
`connections-max`. Regions share their parts evenly.

Not counted: the kernel's page cache and sockets, the objects of `--in-memory`, what the index needs while it compacts
(some tens of MiB, for a moment), what the allocator keeps for a second after it was given back, and the request bodies that
HTTP/2 clients send ahead, up to 4 MiB a connection.

## Health and metrics

| where | path | answer |
|---|---|---|
| admin and S3 listeners | `GET /-/live` | 200 as long as the process answers |
| admin and S3 listeners | `GET /-/ready` | 200 when requests are served; 503 while starting and while draining |
| admin listener | `GET /-/metrics` | Prometheus's text format |

`cairn_authentication_failures_total` counts by `reason` what did not prove who sent it: `malformed`, `missing` (of IAM, STS
and the Account API, which take nothing unsigned), `unknown_key`, `token`, `expired`, `time`, `signature`; `mfa_code` and
`password`, wrong ones; `mfa_refused` and `password_refused`, right or wrong, after too many wrong ones in a row.

## Stopping

SIGTERM or SIGINT: no new connections, `/-/ready` turns 503, requests in flight finish (for `shutdown-timeout-seconds`
at most), then exit code 0. A second signal ends the process at once; what was acknowledged is safe then, too.

## Exit codes

| code | meaning |
|---|---|
";

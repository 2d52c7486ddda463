//! What can be measured: one table, which the command line, `compare`, the report and the documentation read.

mod operation;

pub(crate) use operation::{Dice, Operation, Source, key};

use clap::ValueEnum;
use serde::Serialize;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// Prefixes that [`Shape::Spread`] deals its keys to.
pub(crate) const PREFIXES: u64 = 1000;
/// Keys a page of a listing: the most that S3 gives (API reference, ListObjectsV2, max-keys).
pub(crate) const PAGE_KEYS: u64 = 1000;

/// What one operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// PutObject, over the keys in turn.
    Put,
    /// GetObject of a random key.
    Get,
    /// HeadObject of a random key.
    Head,
    /// DeleteObject, each key once.
    Delete,
    /// GetObject of a range of that many bytes, at a random place of a random key.
    Range { bytes: u64 },
    /// CreateMultipartUpload, so many UploadParts of equal size one after the other, CompleteMultipartUpload.
    Multipart { parts: u16 },
    /// 70 % GetObject, 30 % PutObject, of random keys.
    Mixed,
    /// ListObjectsV2, one page: from a random key on, or with the delimiter from the first prefix on.
    List { delimiter: bool },
    /// Nothing: what a server uses that is left alone.
    Nothing,
    /// The server is stopped and started; the operation ends when it answers a signed GET.
    Restart { cold: bool },
}

impl Work {
    /// Whether it stores or deletes.
    pub(crate) fn writes(self) -> bool {
        matches!(
            self,
            Self::Put | Self::Delete | Self::Multipart { .. } | Self::Mixed
        )
    }
}

/// What the keys look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// All below one prefix, ascending.
    OnePrefix,
    /// Dealt in turn to [`PREFIXES`] prefixes.
    Spread,
}

/// How uploads are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Payload {
    /// The body's SHA-256, which the server must check.
    Signed,
    /// UNSIGNED-PAYLOAD.
    Unsigned,
}

/// How often a workload is worth its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Tier {
    /// What the targets are about (`report/targets.rs`).
    Core,
    /// Everything that ends within hours.
    Full,
    /// What takes a night.
    Nightly,
}

/// Workloads that share a store: it is empty when the first of them begins and removed after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Chapter {
    Small,
    Large,
    Connections,
    Listing,
    Listing10M,
}

impl Chapter {
    /// Whether any of its workloads measures writes.
    pub(crate) fn writes(self) -> bool {
        let mut rows = WORKLOADS.iter().filter(|row| row.chapter == self);
        rows.any(|row| row.work.writes())
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) work: Work,
    /// Bytes of an object.
    pub(crate) size: u64,
    /// Connections, each with at most one operation in flight.
    pub(crate) connections: u16,
    /// Connections that are open besides, and silent.
    pub(crate) idle: u32,
    /// The bucket of the objects; workloads that name the same one share its objects.
    pub(crate) bucket: &'static str,
    /// Different keys.
    pub(crate) keys: u64,
    pub(crate) shape: Shape,
    pub(crate) payload: Payload,
    pub(crate) chapter: Chapter,
    pub(crate) tier: Tier,
}

impl Workload {
    const fn new(name: &'static str, work: Work, size: u64, connections: u16) -> Self {
        Self {
            name,
            work,
            size,
            connections,
            idle: 0,
            bucket: name,
            keys: keys(size),
            shape: Shape::Spread,
            payload: Payload::Unsigned,
            chapter: if size < MIB {
                Chapter::Small
            } else {
                Chapter::Large
            },
            tier: Tier::Full,
        }
    }

    const fn core(self) -> Self {
        Self {
            tier: Tier::Core,
            ..self
        }
    }

    const fn of(self, bucket: &'static str) -> Self {
        Self { bucket, ..self }
    }

    const fn with_keys(self, keys: u64) -> Self {
        Self { keys, ..self }
    }

    const fn signed(self) -> Self {
        Self {
            payload: Payload::Signed,
            ..self
        }
    }

    /// Whether its objects must be there before it begins.
    pub(crate) fn needs_objects(&self) -> bool {
        !matches!(self.work, Work::Put | Work::Multipart { .. } | Work::Nothing)
    }

    /// Whether it uses its objects up, so that each measurement needs them anew.
    pub(crate) fn consumes(&self) -> bool {
        self.work == Work::Delete
    }

    /// Whether it says something with fewer objects as well: it gets no slower for a server that has fewer.
    pub(crate) fn does_with_fewer(&self) -> bool {
        matches!(self.work, Work::List { .. } | Work::Restart { .. })
    }

    /// Whether it only reads objects, which a server of files can do as well.
    pub(crate) fn reads_objects(&self) -> bool {
        matches!(self.work, Work::Get | Work::Head | Work::Range { .. }) && self.idle == 0
    }

    /// For people: what is done, how large, on how many connections.
    pub(crate) fn about(&self) -> String {
        let size = size_text(self.size);
        let mut text = match self.work {
            Work::Put => format!("PUT {size}"),
            Work::Get => format!("GET {size}"),
            Work::Head => format!("HEAD of {size}"),
            Work::Delete => format!("DELETE of {size}"),
            Work::Range { bytes } => format!("GET {} of {size}", size_text(bytes)),
            Work::Multipart { parts } => format!("multipart upload, {parts} parts, {size}"),
            Work::Mixed => format!("70 % GET, 30 % PUT, {size}"),
            Work::List { delimiter } => format!(
                "LIST {PAGE_KEYS} of {}{}",
                self.keys,
                if delimiter { " with delimiter" } else { "" }
            ),
            Work::Nothing => "no requests".to_owned(),
            Work::Restart { cold } => format!(
                "{} start with {} objects",
                if cold { "cold" } else { "warm" },
                self.keys
            ),
        };
        if self.work == Work::Put && self.shape == Shape::OnePrefix {
            text.push_str(" into one prefix");
        }
        if self.payload == Payload::Signed {
            text.push_str(", SHA-256 signed");
        }
        if self.idle > 0 {
            text.push_str(&format!(", {} idle connections", self.idle));
        }
        text
    }
}

/// Keys of a size: few enough for the disk, many enough not to be one row of a cache.
const fn keys(size: u64) -> u64 {
    match size {
        0..=0xfff => 20_000,
        0x1000..=0xffff => 10_000,
        0x1_0000..=0xf_ffff => 4_000,
        0x10_0000..=0x3f_ffff => 256,
        _ => 8,
    }
}

fn size_text(bytes: u64) -> String {
    match bytes {
        _ if bytes >= MIB && bytes.is_multiple_of(MIB) => format!("{} MiB", bytes / MIB),
        _ if bytes >= KIB && bytes.is_multiple_of(KIB) => format!("{} KiB", bytes / KIB),
        _ => format!("{bytes} B"),
    }
}

/// A listing's row: small objects, their names are what counts.
const fn listing(name: &'static str, delimiter: bool, bucket: &'static str, keys: u64) -> Workload {
    Workload {
        chapter: Chapter::Listing,
        ..Workload::new(name, Work::List { delimiter }, 100, 4)
            .of(bucket)
            .with_keys(keys)
    }
}

const fn restart(name: &'static str, cold: bool) -> Workload {
    Workload {
        connections: 1,
        work: Work::Restart { cold },
        ..listing(name, false, "list-1m", 1_000_000)
    }
}

/// Every workload, in the order they run in.
pub(crate) const WORKLOADS: &[Workload] = &[
    Workload::new("put-1k", Work::Put, KIB, 32).with_keys(1_000_000),
    Workload::new("put-4k-alone", Work::Put, 4 * KIB, 1).with_keys(1_000_000),
    Workload::new("put-4k", Work::Put, 4 * KIB, 32)
        .with_keys(1_000_000)
        .core(),
    Workload::new("put-4k-signed", Work::Put, 4 * KIB, 32)
        .with_keys(1_000_000)
        .signed()
        .core(),
    Workload::new("put-64k", Work::Put, 64 * KIB, 16).with_keys(8_000),
    Workload {
        shape: Shape::OnePrefix,
        ..Workload::new("put-storm", Work::Put, KIB, 128).with_keys(10_000_000)
    },
    Workload::new("get-1k", Work::Get, KIB, 32).of("read-1k"),
    Workload::new("get-4k-alone", Work::Get, 4 * KIB, 1).of("read-4k"),
    Workload::new("get-4k", Work::Get, 4 * KIB, 32)
        .of("read-4k")
        .core(),
    Workload::new("get-64k", Work::Get, 64 * KIB, 16).of("read-64k"),
    Workload::new("head-1k", Work::Head, KIB, 32).of("read-1k"),
    Workload::new("head-4k", Work::Head, 4 * KIB, 32).of("read-4k"),
    Workload::new("head-64k", Work::Head, 64 * KIB, 32).of("read-64k"),
    Workload::new("mixed-4k", Work::Mixed, 4 * KIB, 32).of("mixed-4k"),
    Workload::new("delete-1k", Work::Delete, KIB, 32),
    Workload::new("delete-4k", Work::Delete, 4 * KIB, 32),
    Workload::new("delete-64k", Work::Delete, 64 * KIB, 16),
    Workload::new("put-1m", Work::Put, MIB, 8),
    Workload::new("put-64m", Work::Put, 64 * MIB, 4).core(),
    Workload::new("put-64m-signed", Work::Put, 64 * MIB, 4).signed(),
    Workload::new("multipart-64m", Work::Multipart { parts: 8 }, 64 * MIB, 4),
    Workload::new("get-1m", Work::Get, MIB, 8).of("read-1m"),
    Workload::new("get-64m", Work::Get, 64 * MIB, 4)
        .of("read-64m")
        .core(),
    Workload::new("range-64k-of-64m", Work::Range { bytes: 64 * KIB }, 64 * MIB, 16).of("read-64m"),
    Workload::new("head-1m", Work::Head, MIB, 32).of("read-1m"),
    Workload::new("head-64m", Work::Head, 64 * MIB, 32).of("read-64m"),
    Workload::new("delete-1m", Work::Delete, MIB, 8),
    Workload::new("delete-64m", Work::Delete, 64 * MIB, 4),
    Workload {
        chapter: Chapter::Connections,
        ..Workload::new("idle", Work::Nothing, 4 * KIB, 0)
            .of("read-4k")
            .core()
    },
    Workload {
        chapter: Chapter::Connections,
        idle: 2000,
        ..Workload::new("idle-2000", Work::Nothing, 4 * KIB, 0).of("read-4k")
    },
    Workload {
        chapter: Chapter::Connections,
        idle: 2000,
        ..Workload::new("get-4k-idle-2000", Work::Get, 4 * KIB, 32).of("read-4k")
    },
    listing("list-10k", false, "list-10k", 10_000).core(),
    listing("list-10k-delimiter", true, "list-10k", 10_000),
    // Where storing a million takes a peer too long.
    listing("list-100k", false, "list-100k", 100_000),
    listing("list-100k-delimiter", true, "list-100k", 100_000),
    listing("list-1m", false, "list-1m", 1_000_000).core(),
    listing("list-1m-delimiter", true, "list-1m", 1_000_000).core(),
    restart("restart-1m", false).core(),
    restart("cold-start-1m", true),
    Workload {
        chapter: Chapter::Listing10M,
        tier: Tier::Nightly,
        ..listing("list-10m", false, "list-10m", 10_000_000)
    },
    Workload {
        chapter: Chapter::Listing10M,
        tier: Tier::Nightly,
        ..listing("list-10m-delimiter", true, "list-10m", 10_000_000)
    },
];

/// The row of that name.
pub(crate) fn find(name: &str) -> Option<&'static Workload> {
    WORKLOADS.iter().find(|workload| workload.name == name)
}

/// The table, for `cairn-load workloads`.
pub(crate) fn table() -> String {
    let rows = WORKLOADS.iter().map(|row| {
        format!(
            "{:<20} {:<8} {:>4} connections  {}\n",
            row.name,
            format!("{:?}", row.tier).to_lowercase(),
            row.connections,
            row.about()
        )
    });
    rows.collect()
}

impl Serialize for Workload {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::{Chapter, WORKLOADS, Work, find, size_text};

    #[test]
    fn names_are_unique_and_lower_case() {
        let names: BTreeSet<_> = WORKLOADS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), WORKLOADS.len());
        assert!(find("get-4k").is_some_and(|row| row.work == Work::Get && row.size == 4096));
        assert!(find("get-5k").is_none());
    }

    /// Who shares a bucket shares its objects: they must be the same ones, in the same store, and nobody may
    /// overwrite or delete what another reads.
    #[test]
    fn those_who_share_a_bucket_agree() {
        let mut buckets: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in WORKLOADS.iter().filter(|row| row.work != Work::Nothing) {
            buckets.entry((row.chapter, row.bucket)).or_default().push(row);
        }
        for ((_, bucket), rows) in buckets {
            let first = rows[0];
            assert!(
                rows.iter()
                    .all(|row| (row.size, row.keys, row.shape) == (first.size, first.keys, first.shape)),
                "{bucket}"
            );
            assert!(
                rows.len() == 1 || rows.iter().all(|row| !row.work.writes()),
                "{bucket}"
            );
        }
    }

    /// The list: four operations at five sizes.
    #[test]
    fn every_operation_is_there_at_every_size() {
        for work in [Work::Put, Work::Get, Work::Head, Work::Delete] {
            for size in [1 << 10, 4 << 10, 64 << 10, 1 << 20, 64 << 20] {
                assert!(
                    WORKLOADS.iter().any(|row| row.work == work && row.size == size),
                    "{work:?} {size}"
                );
            }
        }
    }

    #[test]
    fn chapters_are_in_one_piece() {
        let mut seen: Vec<Chapter> = WORKLOADS.iter().map(|row| row.chapter).collect();
        seen.dedup();
        assert!(seen.is_sorted(), "{seen:?}");
        assert!(Chapter::Small.writes() && Chapter::Large.writes());
        assert!(!Chapter::Listing.writes() && !Chapter::Listing10M.writes());
        assert_eq!(size_text(4096), "4 KiB");
        assert_eq!(size_text(100), "100 B");
    }
}

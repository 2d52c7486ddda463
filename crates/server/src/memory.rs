//! `memory-limit`, divided among what holds memory.
//!
//! One place says who gets how much, and one type carries it: [`MemoryBudget`]. First comes what is there
//! whatever happens: the program, its threads, and every connection that may be open. What is left is shared by
//! the parts that trade memory for speed. A limit that leaves too little for them is refused, with what would do.
//!
//! The limit is about what the process allocates. The page cache and the sockets are the kernel's; the objects of
//! a server with `--in-memory` are as many as its clients store.

use cairn_engine::Options;

use crate::config::value::size_text;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// The code, the commits being made durable, what is remembered of buckets, policies, sessions and seeks, chunks of
/// bodies that are being hashed, and the queues of the journal, of metrics and of log lines, in bytes. Each has a
/// limit of its own where it lives; they are not all reached at once.
const PROGRAM_BYTES: u64 = 32 * MIB;
/// An open connection between two requests, in bytes: hyper's two buffers of 8 KiB, its own state and ours.
const CONNECTION_BYTES: u64 = 20 * KIB;
/// A thread that runs tasks, with what the allocator keeps ready for it, in bytes.
const WORKER_BYTES: u64 = MIB;
/// A thread that waits for the disk, in bytes.
const BLOCKING_BYTES: u64 = 128 * KIB;
/// Of the limit, a thread that runs tasks for each so many bytes, but no more than there are cores.
const BYTES_PER_WORKER: u64 = 16 * MIB;
/// Of the limit, a thread that waits for the disk for each so many bytes.
const BYTES_PER_BLOCKING: u64 = 4 * MIB;
const BLOCKING_MIN: u64 = 16;
const BLOCKING_MAX: u64 = 512;

/// The least that is worth sharing out, in bytes.
const SHARED_BYTES_MIN: u64 = 36 * MIB;
/// More memtables than this make starts slow and no writes faster, in bytes.
const MEMTABLES_BYTES_MAX: u64 = 128 * MIB;
/// More buffers than this are for more bodies at a time than a server has, in bytes.
const BUFFERS_BYTES_MAX: u64 = 256 * MIB;

/// Who may hold how much, in bytes, and how many threads there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MemoryBudget {
    /// `memory-limit`: the sum of the parts.
    limit: u64,
    connections: u64,
    threads: u64,
    memtables: u64,
    write_buffers: u64,
    read_buffers: u64,
    /// What nobody else gets.
    cache: u64,
    /// Threads that run tasks.
    pub(crate) worker_threads: usize,
    /// Most threads that wait for the disk.
    pub(crate) blocking_threads: usize,
}

impl MemoryBudget {
    /// Divides `limit` bytes for so many connections on a machine of so many cores.
    ///
    /// # Errors
    /// What the least would be, and for what.
    pub(crate) fn divide(limit: u64, connections_max: usize, cores: usize) -> Result<Self, String> {
        let connections = (connections_max as u64).saturating_mul(CONNECTION_BYTES);
        let (workers, blocking) = threads(limit, cores);
        let shared = shared(limit, connections, cores);
        if shared < SHARED_BYTES_MIN {
            return Err(too_small(limit, connections_max, connections, cores));
        }
        let memtables = (shared * 3 / 8).min(MEMTABLES_BYTES_MAX);
        let buffers = (shared / 8).min(BUFFERS_BYTES_MAX);
        Ok(Self {
            limit,
            connections,
            threads: threads_bytes(limit, cores),
            memtables,
            write_buffers: buffers,
            read_buffers: buffers,
            cache: shared - memtables - 2 * buffers,
            // Fit: both are small.
            worker_threads: workers as usize,
            blocking_threads: blocking as usize,
        })
    }

    /// What each of so many engines of one process may hold.
    pub(crate) fn engine(&self, engines: u64) -> Options {
        let engines = engines.max(1);
        let mut options = Options::default();
        options.cache_bytes = self.cache / engines;
        options.memtable_bytes = self.memtables / engines;
        options.write_buffers_bytes = self.write_buffers / engines;
        options.read_buffers_bytes = self.read_buffers / engines;
        options
    }

    /// The parts by name, which make up the limit.
    pub(crate) fn parts(&self) -> [(&'static str, u64); 7] {
        [
            ("program", PROGRAM_BYTES),
            ("connections", self.connections),
            ("threads", self.threads),
            ("memtables", self.memtables),
            ("write_buffers", self.write_buffers),
            ("read_buffers", self.read_buffers),
            ("cache", self.cache),
        ]
    }
}

/// Threads that run tasks, and most threads that wait for the disk.
fn threads(limit: u64, cores: usize) -> (u64, u64) {
    let workers = (limit / BYTES_PER_WORKER).clamp(1, (cores as u64).max(1));
    (
        workers,
        (limit / BYTES_PER_BLOCKING).clamp(BLOCKING_MIN, BLOCKING_MAX),
    )
}

fn threads_bytes(limit: u64, cores: usize) -> u64 {
    let (workers, blocking) = threads(limit, cores);
    workers * WORKER_BYTES + blocking * BLOCKING_BYTES
}

/// What is left to share.
fn shared(limit: u64, connections: u64, cores: usize) -> u64 {
    let fixed = PROGRAM_BYTES + threads_bytes(limit, cores);
    limit.saturating_sub(fixed.saturating_add(connections))
}

/// Why a limit is refused, and what would do.
fn too_small(limit: u64, connections_max: usize, connections: u64, cores: usize) -> String {
    // A higher limit has more threads, but never more than an eighth of what it is higher.
    let mut least = (PROGRAM_BYTES + SHARED_BYTES_MIN + connections).next_multiple_of(MIB);
    while shared(least, connections, cores) < SHARED_BYTES_MIN {
        least += MIB;
    }
    format!(
        "memory-limit {} is too little: with connections-max {connections_max} it is at least {}, {} of them for the \
         connections",
        size_text(limit),
        size_text(least),
        size_text(connections),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(budget: &MemoryBudget) -> u64 {
        budget.parts().iter().map(|(_, bytes)| bytes).sum()
    }

    #[test]
    fn the_parts_make_up_the_limit_whatever_it_is() {
        for (limit, connections, cores) in [
            (80 * MIB, 64, 1),
            (256 * MIB, 4096, 2),
            (256 * MIB, 4096, 64),
            (1024 * MIB, 4096, 8),
            (64 * 1024 * MIB, 1 << 20, 128),
        ] {
            let budget = MemoryBudget::divide(limit, connections, cores).unwrap();
            assert_eq!(sum(&budget), limit, "{budget:?}");
            assert!(budget.parts().iter().all(|(_, bytes)| *bytes > 0), "{budget:?}");
            assert!(budget.worker_threads >= 1 && budget.worker_threads <= cores);
            assert!(budget.blocking_threads as u64 <= BLOCKING_MAX);
            let engine = budget.engine(3);
            let three = 3
                * (engine.cache_bytes
                    + engine.memtable_bytes
                    + engine.write_buffers_bytes
                    + engine.read_buffers_bytes);
            assert!(three <= limit, "engines share: {engine:?}");
        }
    }

    #[test]
    fn what_more_there_is_goes_to_the_cache() {
        let large = MemoryBudget::divide(16 * 1024 * MIB, 4096, 8).unwrap();
        assert_eq!(large.memtables, MEMTABLES_BYTES_MAX);
        assert_eq!(large.write_buffers, BUFFERS_BYTES_MAX);
        assert!(large.cache > 15 * 1024 * MIB);
    }

    #[test]
    fn a_small_limit_has_few_threads() {
        let small = MemoryBudget::divide(80 * MIB, 64, 64).unwrap();
        assert_eq!((small.worker_threads, small.blocking_threads), (5, 20));
        let large = MemoryBudget::divide(4096 * MIB, 64, 64).unwrap();
        assert_eq!((large.worker_threads, large.blocking_threads), (64, 512));
    }

    #[test]
    fn too_little_is_refused_with_what_would_do() {
        let words = MemoryBudget::divide(100 * MIB, 4096, 2).unwrap_err();
        assert_eq!(
            words,
            "memory-limit 100MiB is too little: with connections-max 4096 it is at least 155MiB, 80MiB of them for the \
             connections"
        );
        assert!(MemoryBudget::divide(155 * MIB, 4096, 2).is_ok());
        assert!(MemoryBudget::divide(154 * MIB, 4096, 2).is_err());
        assert!(MemoryBudget::divide(0, 1 << 20, 1 << 10).is_err());
    }
}

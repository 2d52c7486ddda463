//! What Cairn is to reach, and whether it did: ratios within one run on one machine.

use super::figures::{Figure, Figures};
use super::results::{OURS, Results};

/// A bound on one quantity.
struct Target {
    text: &'static str,
    bound: Bound,
    value: fn(&Results) -> Option<f64>,
}

enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

const TARGETS: &[Target] = &[
    Target {
        text: "GET 4 KiB: times the best peer",
        bound: Bound::AtLeast(4.0),
        value: |results| to_best_peer(results, "get-4k"),
    },
    Target {
        text: "GET 4 KiB: share of nginx",
        bound: Bound::AtLeast(0.45),
        value: |results| results.ratio("get-4k", "nginx", Figure::OperationsPerSecond),
    },
    Target {
        text: "GET 4 KiB: CPU µs an operation",
        bound: Bound::AtMost(40.0),
        value: |results| ours(results, "get-4k", Figure::CpuMicros),
    },
    Target {
        text: "durable PUT 4 KiB, 32 connections: times the best peer",
        bound: Bound::AtLeast(3.0),
        value: |results| to_best_peer(results, "put-4k"),
    },
    Target {
        text: "durable PUT 4 KiB, 32 connections, signed payload: times the best peer",
        bound: Bound::AtLeast(3.0),
        value: |results| to_best_peer(results, "put-4k-signed"),
    },
    Target {
        text: "durable PUT 4 KiB, 32 connections: syncs an operation",
        bound: Bound::AtMost(0.1),
        value: |results| ours(results, "put-4k", Figure::Syncs),
    },
    Target {
        text: "durable PUT 4 KiB: bytes written a byte stored",
        bound: Bound::AtMost(3.0),
        value: |results| ours(results, "put-4k", Figure::WrittenPerByte),
    },
    Target {
        text: "GET 64 MiB: times the best peer",
        bound: Bound::AtLeast(1.3),
        value: |results| to_best_peer(results, "get-64m"),
    },
    Target {
        text: "GET 64 MiB: share of nginx",
        bound: Bound::AtLeast(0.7),
        value: |results| results.ratio("get-64m", "nginx", Figure::OperationsPerSecond),
    },
    Target {
        text: "PUT 64 MiB: times the best peer",
        bound: Bound::AtLeast(1.3),
        value: |results| to_best_peer(results, "put-64m"),
    },
    Target {
        text: "LIST 1000 of 1 million: times the best peer",
        bound: Bound::AtLeast(10.0),
        value: |results| to_best_peer(results, "list-1m"),
    },
    Target {
        text: "LIST 1000 of 1 million: times the page's time at 10 thousand",
        bound: Bound::AtMost(1.3),
        value: |results| times(results, "list-1m", "list-10k"),
    },
    Target {
        text: "LIST with delimiter, 1 million keys in 1000 prefixes: times a plain page",
        bound: Bound::AtMost(3.0),
        value: |results| times(results, "list-1m-delimiter", "list-1m"),
    },
    Target {
        text: "memory idle, MiB",
        bound: Bound::AtMost(40.0),
        value: |results| ours(results, "idle", Figure::PeakRss),
    },
    Target {
        text: "memory under any workload, MiB",
        bound: Bound::AtMost(300.0),
        value: most_memory,
    },
    Target {
        text: "restart with 1 million objects, s to the first answer",
        bound: Bound::AtMost(1.0),
        value: |results| Some(ours(results, "restart-1m", Figure::P50)? / 1e3),
    },
];

fn ours(results: &Results, workload: &str, figure: Figure) -> Option<f64> {
    results.figure(workload, OURS, figure)
}

fn to_best_peer(results: &Results, workload: &str) -> Option<f64> {
    let best = results.best_peer(workload)?;
    results.ratio(workload, best, Figure::OperationsPerSecond)
}

/// How often the time of the second goes into that of the first.
fn times(results: &Results, one: &str, other: &str) -> Option<f64> {
    Some(ours(results, one, Figure::P50)? / ours(results, other, Figure::P50)?)
}

fn most_memory(results: &Results) -> Option<f64> {
    let ours = results.measured.iter().filter(|((_, server), _)| server == OURS);
    let peaks = ours.filter_map(|(_, rounds)| Figures::median(rounds).get(Figure::PeakRss));
    peaks.reduce(f64::max)
}

/// A Markdown table: the target, what was measured, whether that is enough.
pub(super) fn table(results: &Results) -> String {
    let rows = TARGETS.iter().map(|target| {
        let value = (target.value)(results);
        let (bound, reached) = match target.bound {
            Bound::AtLeast(bound) => (format!("≥ {bound}"), value.map(|value| value >= bound)),
            Bound::AtMost(bound) => (format!("≤ {bound}"), value.map(|value| value <= bound)),
        };
        let value = value.map_or("not measured".to_owned(), |value| format!("{value:.2}"));
        let reached = match reached {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "–",
        };
        format!("| {} | {bound} | {value} | {reached} |\n", target.text)
    });
    let head = "| target | bound | measured | reached |\n|---|---|---|---|\n";
    std::iter::once(head.to_owned()).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::table;
    use crate::report::results::tests::results;
    use crate::workload::{Tier, WORKLOADS};

    #[test]
    fn says_what_was_reached() {
        let table = table(&results());
        // 1001 to 251, 1001 to 2001, 35 µs.
        assert!(
            table.contains("| GET 4 KiB: times the best peer | ≥ 4 | 3.99 | **no** |"),
            "{table}"
        );
        assert!(
            table.contains("| GET 4 KiB: share of nginx | ≥ 0.45 | 0.50 | yes |"),
            "{table}"
        );
        assert!(table.contains("| ≤ 40 | 35.00 | yes |"), "{table}");
        assert!(
            table.contains("| memory idle, MiB | ≤ 40 | not measured | – |"),
            "{table}"
        );
    }

    /// The targets must be measured by the tier that is about them.
    #[test]
    fn targets_are_of_the_core_tier() {
        let source = include_str!("targets.rs");
        let (source, _) = source.split_once("mod tests").unwrap();
        for workload in WORKLOADS {
            let named = source.contains(&format!("\"{}\"", workload.name));
            assert!(!named || workload.tier == Tier::Core, "{}", workload.name);
        }
    }
}

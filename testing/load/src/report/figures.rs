//! The figures of one measurement, declared once: names in JSON, heads of columns, how they are rounded.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde::ser::SerializeMap as _;

use crate::statistics::Statistics;
use crate::usage::Usage;
use crate::workload::{Work, Workload};

const MIB: f64 = (1 << 20) as f64;

/// One quantity. Its place in [`Figure::ALL`] is its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Figure {
    OperationsPerSecond,
    MegabytesPerSecond,
    P50,
    P95,
    P99,
    P999,
    Max,
    Errors,
    Unfinished,
    CpuMicros,
    Cores,
    PeakRss,
    WrittenPerOperation,
    WrittenPerByte,
    GrownPerByte,
    Syncs,
    OwnCpuMicros,
}

impl Figure {
    pub(crate) const COUNT: usize = 17;

    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::OperationsPerSecond,
        Self::MegabytesPerSecond,
        Self::P50,
        Self::P95,
        Self::P99,
        Self::P999,
        Self::Max,
        Self::Errors,
        Self::Unfinished,
        Self::CpuMicros,
        Self::Cores,
        Self::PeakRss,
        Self::WrittenPerOperation,
        Self::WrittenPerByte,
        Self::GrownPerByte,
        Self::Syncs,
        Self::OwnCpuMicros,
    ];

    /// Key in JSON, head of the column in a table (none: only in JSON), digits after the point.
    pub(crate) const fn form(self) -> (&'static str, Option<&'static str>, usize) {
        match self {
            Self::OperationsPerSecond => ("operations_per_second", Some("op/s"), 0),
            Self::MegabytesPerSecond => ("megabytes_per_second", Some("MB/s"), 1),
            Self::P50 => ("latency_p50_ms", Some("p50 ms"), 2),
            Self::P95 => ("latency_p95_ms", Some("p95 ms"), 2),
            Self::P99 => ("latency_p99_ms", Some("p99 ms"), 2),
            Self::P999 => ("latency_p99.9_ms", Some("p99.9 ms"), 2),
            Self::Max => ("latency_max_ms", None, 2),
            Self::Errors => ("errors", Some("errors"), 0),
            Self::Unfinished => ("unfinished", Some("unfinished"), 0),
            Self::CpuMicros => ("server_cpu_micros_per_operation", Some("CPU µs/op"), 0),
            Self::Cores => ("server_cores", None, 2),
            Self::PeakRss => ("server_rss_peak_mib", Some("peak RSS MiB"), 0),
            Self::WrittenPerOperation => ("written_bytes_per_operation", None, 0),
            Self::WrittenPerByte => ("written_bytes_per_byte_stored", Some("written/stored"), 2),
            Self::GrownPerByte => ("disk_bytes_per_byte_stored", Some("on disk/stored"), 2),
            Self::Syncs => ("syncs_per_operation", Some("syncs/op"), 3),
            Self::OwnCpuMicros => ("own_cpu_micros_per_operation", None, 1),
        }
    }

    /// The value as a cell of a table.
    pub(crate) fn cell(self, value: Option<f64>) -> String {
        let digits = self.form().2;
        value.map_or("–".to_owned(), |value| {
            // Small numbers keep a significant digit: a restart is 0.8 op/s, not 1.
            let digits = if digits == 0 && value != 0.0 && value.abs() < 10.0 && value.fract() != 0.0 {
                2
            } else {
                digits
            };
            format!("{value:.digits$}")
        })
    }
}

/// The figures of one measurement, or the medians of several.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    values: [Option<f64>; Figure::COUNT],
    pub(crate) operations: u64,
    pub(crate) seconds: f64,
    /// What went wrong, and how often.
    pub(crate) failures: BTreeMap<String, u64>,
    /// Operations of each second.
    per_second: Vec<u64>,
}

/// What a measurement cost, and how long it took.
pub(crate) struct Cost {
    pub(crate) elapsed: Duration,
    pub(crate) server: Usage,
    pub(crate) own: Usage,
    /// Operations that were due and did not end in time; only the open loop has any.
    pub(crate) unfinished: Option<u64>,
    pub(crate) grown_per_byte: Option<f64>,
    pub(crate) seconds: Vec<u64>,
}

impl Figures {
    pub(crate) fn new(workload: &Workload, all: &Statistics, cost: &Cost) -> Self {
        let (seconds, operations) = (cost.elapsed.as_secs_f64(), all.operations());
        let each = |total: Option<u64>| {
            let total = total.filter(|_| operations > 0)?;
            Some(total as f64 / operations as f64)
        };
        let millis = |percent: f64| (operations > 0).then(|| all.percentile(percent) as f64 / 1e3);
        let stores = matches!(workload.work, Work::Put | Work::Multipart { .. });
        let server = cost.server;
        let written = server.written_bytes.filter(|_| stores);
        let value = |figure| match figure {
            Figure::OperationsPerSecond => Some(operations as f64 / seconds),
            Figure::MegabytesPerSecond => (all.bytes > 0).then(|| all.bytes as f64 / seconds / 1e6),
            Figure::P50 => millis(50.0),
            Figure::P95 => millis(95.0),
            Figure::P99 => millis(99.0),
            Figure::P999 => millis(99.9),
            Figure::Max => (operations > 0).then(|| all.max() as f64 / 1e3),
            Figure::Errors => Some(all.errors as f64),
            Figure::Unfinished => cost.unfinished.map(|count| count as f64),
            Figure::CpuMicros => each(server.cpu_micros),
            Figure::Cores => server.cpu_micros.map(|micros| micros as f64 / 1e6 / seconds),
            Figure::PeakRss => server.rss_peak_bytes.map(|peak| peak as f64 / MIB),
            Figure::WrittenPerOperation => each(server.written_bytes),
            Figure::WrittenPerByte => written
                .filter(|_| all.bytes > 0)
                .map(|bytes| bytes as f64 / all.bytes as f64),
            Figure::GrownPerByte => cost.grown_per_byte,
            Figure::Syncs => each(server.syncs),
            Figure::OwnCpuMicros => each(cost.own.cpu_micros),
        };
        Self {
            values: Figure::ALL.map(value),
            operations,
            seconds,
            failures: all.failures.clone(),
            per_second: cost.seconds.clone(),
        }
    }

    /// Of a tool that measures itself.
    pub(crate) fn of(values: &[(Figure, f64)]) -> Self {
        let mut figures = Self::default();
        for (figure, value) in values {
            figures.values[*figure as usize] = Some(*value);
        }
        figures
    }

    pub(crate) fn get(&self, figure: Figure) -> Option<f64> {
        self.values[figure as usize]
    }

    /// The median of each figure over several measurements; errors are summed, none may be lost.
    pub(crate) fn median(all: &[Self]) -> Self {
        let value = |figure| {
            let values = all.iter().filter_map(|one| one.get(figure));
            match figure {
                Figure::Errors => values.reduce(|sum, value| sum + value),
                _ => median(values.collect()),
            }
        };
        let mut failures = BTreeMap::new();
        for (text, count) in all.iter().flat_map(|one| &one.failures) {
            *failures.entry(text.clone()).or_default() += count;
        }
        Self {
            values: Figure::ALL.map(value),
            operations: all.iter().map(|one| one.operations).sum(),
            seconds: all.iter().map(|one| one.seconds).sum(),
            failures,
            per_second: Vec::new(),
        }
    }
}

/// The middle one; between two, their mean.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(match values.len() % 2 {
        0 => (values[middle - 1] + upper) / 2.0,
        _ => upper,
    })
}

impl Serialize for Figures {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("operations", &self.operations)?;
        map.serialize_entry("seconds", &self.seconds)?;
        for figure in Figure::ALL {
            map.serialize_entry(figure.form().0, &self.get(figure))?;
        }
        map.serialize_entry("failures", &self.failures)?;
        map.serialize_entry("operations_of_each_second", &self.per_second)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::{Cost, Figure, Figures, median};
    use crate::statistics::Statistics;
    use crate::usage::Usage;
    use crate::workload::find;
    use std::time::Duration;

    fn figures() -> Figures {
        let mut all = Statistics::new();
        for _ in 0..1000 {
            all.record(Duration::from_millis(2), 4096);
        }
        let server = Usage {
            cpu_micros: Some(50_000),
            written_bytes: Some(8_192_000),
            syncs: Some(100),
            ..Usage::default()
        };
        let cost = Cost {
            elapsed: Duration::from_secs(2),
            server,
            own: Usage::default(),
            unfinished: None,
            grown_per_byte: None,
            seconds: vec![400, 600],
        };
        Figures::new(find("put-4k").unwrap(), &all, &cost)
    }

    #[test]
    fn divides_by_the_operations() {
        let figures = figures();
        for (figure, value) in [
            (Figure::OperationsPerSecond, 500.0),
            (Figure::MegabytesPerSecond, 2.048),
            (Figure::CpuMicros, 50.0),
            (Figure::Cores, 0.025),
            (Figure::WrittenPerByte, 2.0),
            (Figure::Syncs, 0.1),
        ] {
            assert_eq!(figures.get(figure), Some(value), "{figure:?}");
        }
        assert_eq!(figures.get(Figure::PeakRss), None);
        assert!((figures.get(Figure::P99).unwrap() - 2.0).abs() < 0.01);
    }

    #[test]
    fn json_has_every_figure() {
        let json = serde_json::to_value(figures()).unwrap();
        for figure in Figure::ALL {
            assert!(json.get(figure.form().0).is_some(), "{figure:?}");
        }
        assert_eq!(json["syncs_per_operation"], 0.1);
        assert_eq!(json["server_rss_peak_mib"], serde_json::Value::Null);
        assert_eq!(json["operations_of_each_second"][1], 600);
    }

    #[test]
    fn numbers_are_places() {
        for (place, figure) in Figure::ALL.into_iter().enumerate() {
            assert_eq!(figure as usize, place);
        }
    }

    #[test]
    fn medians() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(vec![]), None);
        let round =
            |rate, errors| Figures::of(&[(Figure::OperationsPerSecond, rate), (Figure::Errors, errors)]);
        let median = Figures::median(&[round(10.0, 1.0), round(30.0, 0.0), round(11.0, 2.0)]);
        assert_eq!(median.get(Figure::OperationsPerSecond), Some(11.0));
        assert_eq!(median.get(Figure::Errors), Some(3.0));
        assert_eq!(median.get(Figure::P50), None);
    }

    #[test]
    fn cells_keep_what_matters() {
        assert_eq!(Figure::OperationsPerSecond.cell(Some(14_786.6)), "14787");
        assert_eq!(Figure::OperationsPerSecond.cell(Some(0.82)), "0.82");
        assert_eq!(Figure::Errors.cell(Some(0.0)), "0");
        assert_eq!(Figure::Syncs.cell(Some(0.1)), "0.100");
        assert_eq!(Figure::Syncs.cell(None), "–");
    }
}

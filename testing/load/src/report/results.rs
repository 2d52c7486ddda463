//! All measurements of a run, by workload and server.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Figure, Figures, Machine};
use crate::workload::{WORKLOADS, Workload};

/// The server the others are compared with.
pub(crate) const OURS: &str = "cairn";

/// Characters of a reason that are kept: an error's document may be part of it.
const WHY_CHARS_MAX: usize = 300;

/// A server that took part.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Contender {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The setting that makes a write durable, and where it is documented.
    pub(crate) setting: String,
    /// Whether it stores: what does not is a ceiling, not a peer.
    pub(crate) is_peer: bool,
}

/// What could not be measured.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Skipped {
    pub(crate) server: String,
    /// Nothing: the server did not take part at all.
    pub(crate) workload: Option<String>,
    pub(crate) why: String,
}

/// What must be known to read the figures of a server.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Remark {
    pub(crate) server: String,
    pub(crate) workload: String,
    pub(crate) text: String,
}

/// All of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    pub(crate) machine: Machine,
    pub(crate) contenders: Vec<Contender>,
    /// Of each workload and server its rounds.
    #[serde(serialize_with = "rounds")]
    pub(crate) measured: BTreeMap<(usize, String), Vec<Figures>>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) remarks: Vec<Remark>,
}

impl Results {
    pub(crate) fn new(machine: Machine) -> Self {
        Self {
            machine,
            contenders: Vec::new(),
            measured: BTreeMap::new(),
            skipped: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Adds a round.
    pub(crate) fn add(&mut self, workload: &Workload, server: &str, figures: Figures) {
        if let Some(place) = place(workload.name) {
            self.measured
                .entry((place, server.to_owned()))
                .or_default()
                .push(figures);
        }
    }

    /// Notes what could not be measured; the first reason is kept, in one line.
    pub(crate) fn skip(&mut self, server: &str, workload: Option<&Workload>, why: &str) {
        let words: Vec<_> = why.split_whitespace().collect();
        let why: String = words.join(" ").chars().take(WHY_CHARS_MAX).collect();
        let workload = workload.map(|workload| workload.name.to_owned());
        let same = |one: &&Skipped| one.server == server && one.workload == workload;
        if self.skipped.iter().find(same).is_none() {
            self.skipped.push(Skipped {
                server: server.to_owned(),
                workload,
                why,
            });
        }
    }

    /// Notes what must be known of a server's figures; the first time only, as rounds repeat it.
    pub(crate) fn remark(&mut self, server: &str, workload: &Workload, text: &str) {
        let same = |one: &Remark| one.server == server && one.workload == workload.name;
        if !self.remarks.iter().any(same) {
            self.remarks.push(Remark {
                server: server.to_owned(),
                workload: workload.name.to_owned(),
                text: text.to_owned(),
            });
        }
    }

    /// Whether the server could not do the workload in an earlier round: it is not asked again.
    pub(crate) fn gave_up(&self, server: &str, workload: &Workload) -> bool {
        let same = |one: &Skipped| one.server == server && one.workload.as_deref() == Some(workload.name);
        self.skipped.iter().any(same)
    }

    /// Whether any operation failed, on any server.
    pub(crate) fn has_errors(&self) -> bool {
        let mut all = self.measured.values().flatten();
        all.any(|figures| figures.get(Figure::Errors).is_some_and(|errors| errors > 0.0))
    }

    /// The workloads that were measured, in the table's order.
    pub(crate) fn workloads(&self) -> Vec<&'static Workload> {
        let mut places: Vec<_> = self.measured.keys().map(|(place, _)| *place).collect();
        places.dedup();
        places
            .into_iter()
            .filter_map(|place| WORKLOADS.get(place))
            .collect()
    }

    /// The medians of a server's rounds.
    pub(crate) fn median(&self, workload: &str, server: &str) -> Option<Figures> {
        let rounds = self.measured.get(&(place(workload)?, server.to_owned()))?;
        (!rounds.is_empty()).then(|| Figures::median(rounds))
    }

    /// One figure of it.
    pub(crate) fn figure(&self, workload: &str, server: &str, figure: Figure) -> Option<f64> {
        self.median(workload, server)?.get(figure)
    }

    /// How often the other's figure goes into ours. A ratio above 1 means that ours is the larger number.
    pub(crate) fn ratio(&self, workload: &str, other: &str, figure: Figure) -> Option<f64> {
        let (ours, theirs) = (
            self.figure(workload, OURS, figure)?,
            self.figure(workload, other, figure)?,
        );
        (theirs > 0.0).then(|| ours / theirs)
    }

    /// The peer with the most operations a second, ceilings and Cairn aside.
    pub(crate) fn best_peer(&self, workload: &str) -> Option<&str> {
        let peers = self
            .contenders
            .iter()
            .filter(|one| one.is_peer && one.name != OURS);
        let rated = peers.filter_map(|one| {
            let rate = self.figure(workload, &one.name, Figure::OperationsPerSecond)?;
            Some((rate, one.name.as_str()))
        });
        Some(rated.max_by(|one, other| one.0.total_cmp(&other.0))?.1)
    }
}

fn place(name: &str) -> Option<usize> {
    WORKLOADS.iter().position(|workload| workload.name == name)
}

/// A map's key cannot be a pair in JSON.
fn rounds<S: serde::Serializer>(
    measured: &BTreeMap<(usize, String), Vec<Figures>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Row<'a> {
        workload: &'a Workload,
        server: &'a str,
        median: Figures,
        rounds: &'a [Figures],
    }
    serializer.collect_seq(measured.iter().filter_map(|((place, server), rounds)| {
        Some(Row {
            workload: WORKLOADS.get(*place)?,
            server,
            median: Figures::median(rounds),
            rounds,
        })
    }))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Contender, Results};
    use crate::report::{Figure, Figures, Machine};
    use crate::workload::find;

    /// Two workloads, a peer slower by four, a ceiling faster by two.
    pub(crate) fn results() -> Results {
        let mut results = Results::new(Machine::default());
        for (name, is_peer) in [
            ("cairn", true),
            ("slow", true),
            ("slower", true),
            ("nginx", false),
        ] {
            results.contenders.push(Contender {
                name: name.to_owned(),
                version: "1".to_owned(),
                setting: "none".to_owned(),
                is_peer,
            });
        }
        let figures = |rate: f64| {
            let latency = 1e3 / rate;
            Figures::of(&[
                (Figure::OperationsPerSecond, rate),
                (Figure::P50, latency),
                (Figure::P99, 3.0 * latency),
                (Figure::P999, 9.0 * latency),
                (Figure::CpuMicros, 35.0),
            ])
        };
        for workload in ["get-4k", "list-1m"] {
            let workload = find(workload).unwrap();
            for (server, rate) in [
                ("cairn", 1000.0),
                ("slow", 250.0),
                ("slower", 10.0),
                ("nginx", 2000.0),
            ] {
                for round in 0..3 {
                    results.add(workload, server, figures(rate + f64::from(round)));
                }
            }
        }
        results.skip("garage", None, "it does\nnot build");
        results.skip("garage", None, "another reason");
        results
    }

    #[test]
    fn ratios_are_of_medians() {
        let results = results();
        assert_eq!(results.best_peer("get-4k"), Some("slow"));
        let ratio = results.ratio("get-4k", "slow", Figure::OperationsPerSecond);
        assert_eq!(ratio, Some(1001.0 / 251.0));
        assert_eq!(results.ratio("put-4k", "slow", Figure::OperationsPerSecond), None);
        assert_eq!(results.ratio("get-4k", "slow", Figure::PeakRss), None);
    }

    #[test]
    fn the_first_reason_is_kept() {
        let results = results();
        assert_eq!(results.skipped.len(), 1);
        assert_eq!(results.skipped[0].why, "it does not build");
    }

    #[test]
    fn json_has_rounds_and_medians() {
        let json = serde_json::to_value(results()).unwrap();
        let row = &json["measured"][0];
        assert_eq!(row["workload"], "get-4k");
        assert_eq!(row["rounds"].as_array().unwrap().len(), 3);
        assert_eq!(row["median"]["operations_per_second"], 1001.0);
    }
}

//! Results as Markdown, and where they go in a document.

use super::figures::{Figure, Figures};
use super::results::{OURS, Results};
use super::targets;

/// Between these lines of a document the results are, and are replaced.
const BEGIN: &str =
    "<!-- cairn-load results: begin; written by `cairn-load compare --markdown`, do not edit -->";
const END: &str = "<!-- cairn-load results: end -->";

/// A table of some measurements: first a label, then every figure that has a column and was measured at all.
pub(crate) fn table_of(label: &str, rows: &[(String, Figures)]) -> String {
    let columns: Vec<(Figure, &str)> = Figure::ALL
        .into_iter()
        .filter_map(|figure| Some((figure, figure.form().1?)))
        .filter(|(figure, _)| rows.iter().any(|(_, figures)| figures.get(*figure).is_some()))
        .collect();
    let heads: Vec<_> = columns.iter().map(|(_, head)| *head).collect();
    let mut text = format!(
        "| {label} | {} |\n|---|{}\n",
        heads.join(" | "),
        "---|".repeat(columns.len())
    );
    for (name, figures) in rows {
        let cells: Vec<_> = columns
            .iter()
            .map(|(figure, _)| figure.cell(figures.get(*figure)))
            .collect();
        text.push_str(&format!("| {name} | {} |\n", cells.join(" | ")));
    }
    text
}

/// Everything: the machine, who took part, the targets, the ratios, the figures.
pub(crate) fn whole(results: &Results) -> String {
    let mut text = format!("{}\n\n", results.machine.text());
    text.push_str("| server | version | durable by |\n|---|---|---|\n");
    for one in &results.contenders {
        text.push_str(&format!("| {} | {} | {} |\n", one.name, one.version, one.setting));
    }
    if results.workloads().iter().any(|row| !row.chapter.writes()) {
        text.push_str(
            "\nWhat is only listed, or is there when a server starts, the peers stored without waiting for the disk, \
             where they can: no measured operation writes there.\n",
        );
    }
    // A workload that somebody could do says below who could not.
    let shown: Vec<_> = results.workloads().iter().map(|row| row.name).collect();
    let has_section = |name: &String| shown.contains(&name.as_str());
    let absent: Vec<_> = results
        .skipped
        .iter()
        .filter(|one| !one.workload.as_ref().is_some_and(has_section))
        .collect();
    if !absent.is_empty() {
        text.push_str("\nNot measured:\n\n");
        for one in absent {
            let workload = one.workload.as_ref().map(|name| format!(", `{name}`"));
            let workload = workload.unwrap_or_default();
            text.push_str(&format!("- {}{workload}: {}\n", one.server, one.why));
        }
    }
    if results.contenders.iter().any(|one| one.name == OURS) {
        text.push_str("\n#### Targets\n\n");
        text.push_str(&targets::table(results));
        if results.contenders.len() > 1 {
            text.push_str("\n#### Cairn to the others\n\n");
            text.push_str(&ratios(results));
        }
    }
    text.push_str("\n#### Figures\n\nMedians over the rounds; errors are summed.\n");
    for workload in results.workloads() {
        let rows: Vec<_> = results
            .contenders
            .iter()
            .filter_map(|one| Some((one.name.clone(), results.median(workload.name, &one.name)?)))
            .collect();
        let connections = workload.connections;
        text.push_str(&format!(
            "\n`{}`: {}, {connections} connections\n\n",
            workload.name,
            workload.about()
        ));
        text.push_str(&table_of("server", &rows));
        for one in &results.skipped {
            if one.workload.as_deref() == Some(workload.name) {
                text.push_str(&format!("\n{} was not measured: {}\n", one.server, one.why));
            }
        }
        for one in &results.remarks {
            if one.workload == workload.name {
                text.push_str(&format!("\n{}: {}\n", one.server, one.text));
            }
        }
        for (server, figures) in &rows {
            for (failure, count) in &figures.failures {
                text.push_str(&format!("\n{server}: {count} × {failure}\n"));
            }
        }
    }
    text
}

/// Operations a second of Cairn divided by the others', and the others' p99 divided by Cairn's: in both, more
/// than 1 is better for Cairn.
fn ratios(results: &Results) -> String {
    let others: Vec<_> = results.contenders.iter().filter(|one| one.name != OURS).collect();
    let heads: Vec<_> = others.iter().map(|one| one.name.as_str()).collect();
    let mut text = format!(
        "Operations a second of Cairn to theirs; in parentheses their p99 latency to Cairn's. Above 1 Cairn is ahead.\n\n\
         | workload | {} |\n|---|{}\n",
        heads.join(" | "),
        "---|".repeat(others.len())
    );
    for workload in results.workloads() {
        let cells: Vec<_> = others
            .iter()
            .map(|one| {
                let rate = results.ratio(workload.name, &one.name, Figure::OperationsPerSecond);
                let p99 = results.ratio(workload.name, &one.name, Figure::P99);
                match (rate, p99.filter(|ratio| *ratio > 0.0)) {
                    (Some(rate), Some(p99)) => format!("{rate:.2} ({:.2})", 1.0 / p99),
                    (Some(rate), None) => format!("{rate:.2}"),
                    _ => "–".to_owned(),
                }
            })
            .collect();
        text.push_str(&format!("| `{}` | {} |\n", workload.name, cells.join(" | ")));
    }
    text
}

/// The document with the results in the place marked for them; without such a place they are the document.
pub(crate) fn insert(document: &str, results: &str) -> String {
    let marked = document.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    match marked {
        Some((before, after)) => format!("{before}{BEGIN}\n{}\n{END}{after}", results.trim_end()),
        None => results.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, insert, table_of, whole};
    use crate::report::results::tests::results;
    use crate::report::{Figure, Figures};
    use crate::workload::find;

    #[test]
    fn rows_have_the_columns() {
        let rows = [
            (
                "a".to_owned(),
                Figures::of(&[(Figure::OperationsPerSecond, 1500.0), (Figure::P50, 2.0)]),
            ),
            (
                "b".to_owned(),
                Figures::of(&[(Figure::OperationsPerSecond, 3.25)]),
            ),
        ];
        assert_eq!(
            table_of("server", &rows),
            "| server | op/s | p50 ms |\n|---|---|---|\n| a | 1500 | 2.00 |\n| b | 3.25 | – |\n"
        );
    }

    #[test]
    fn everything_is_said() {
        let mut results = results();
        results.skip("slow", find("put-64m"), "too slow");
        results.skip("slower", find("get-4k"), "gave up");
        for _ in 0..2 {
            results.remark("slow", find("list-1m").unwrap(), "of fewer");
        }
        let text = whole(&results);
        assert!(text.contains("- garage: it does not build"), "{text}");
        assert!(text.contains("- slow, `put-64m`: too slow"), "{text}");
        assert!(text.contains("slower was not measured: gave up"), "{text}");
        assert!(
            text.contains("| `get-4k` | 3.99 (3.99) | 91.00 (91.00) | 0.50 (0.50) |"),
            "{text}"
        );
        assert!(text.contains("| GET 4 KiB: share of nginx |"), "{text}");
        assert_eq!(text.matches("\nslow: of fewer\n").count(), 1, "{text}");
        assert_eq!(text.matches("without waiting for the disk").count(), 1, "{text}");
        assert!(
            text.contains("`list-1m`: LIST 1000 of 1000000, 4 connections"),
            "{text}"
        );
    }

    #[test]
    fn results_replace_results() {
        let document = format!("# Title\n\n{BEGIN}\nold\n{END}\n\ntail\n");
        let once = insert(&document, "new\n");
        assert_eq!(once, format!("# Title\n\n{BEGIN}\nnew\n{END}\n\ntail\n"));
        assert_eq!(insert(&once, "new\n"), once);
        assert_eq!(insert("no place", "new\n"), "new\n");
        // The document that has the place.
        let real = include_str!("../../../../docs/performance.md");
        assert!(real.contains(BEGIN) && real.contains(END));
    }
}

//! A plot of throughput and latency, as SVG: one row a server, grouped by workload.
//!
//! On the left operations a second, on the right latency from p50 to p99.9; both logarithmic, because servers
//! differ by factors. Written by hand: it is rectangles, lines and text, and needs no library of graphics.

use std::fmt::Write as _;

use super::figures::Figure;
use super::results::{OURS, Results};

const ROW: f64 = 18.0;
const HEAD: f64 = 26.0;
const TOP: f64 = 46.0;
const LABELS: f64 = 110.0;
const PANEL: f64 = 380.0;
const GAP: f64 = 70.0;
const WIDTH: f64 = LABELS + PANEL + GAP + PANEL + GAP;

/// A logarithmic axis.
struct Axis {
    low: f64,
    high: f64,
    left: f64,
}

impl Axis {
    /// Over whole decades that hold all positive values.
    fn over(values: impl Iterator<Item = f64>, left: f64) -> Self {
        let logs: Vec<f64> = values.filter(|value| *value > 0.0).map(f64::log10).collect();
        let low = logs.iter().copied().reduce(f64::min).unwrap_or(0.0).floor();
        let high = logs.iter().copied().reduce(f64::max).unwrap_or(1.0).ceil();
        Self {
            low,
            high: high.max(low + 1.0),
            left,
        }
    }

    fn x(&self, value: f64) -> f64 {
        let log = value.max(f64::MIN_POSITIVE).log10().clamp(self.low, self.high);
        self.left + PANEL * (log - self.low) / (self.high - self.low)
    }

    fn decades(&self) -> impl Iterator<Item = f64> + use<> {
        let (low, high) = (self.low as i32, self.high as i32);
        (low..=high).map(|power| 10_f64.powi(power))
    }
}

/// The plot.
pub(crate) fn svg(results: &Results) -> String {
    let workloads = results.workloads();
    let mut rows = Vec::new();
    for workload in &workloads {
        for one in &results.contenders {
            // A server left alone has no rate: there is nothing to draw.
            let figures = results.median(workload.name, &one.name);
            if let Some(figures) = figures.filter(|figures| figures.get(Figure::P50).is_some()) {
                rows.push((workload.name, one.name.as_str(), figures));
            }
        }
    }
    let mut drawn: Vec<_> = rows.iter().map(|row| row.0).collect();
    drawn.dedup();
    let groups = drawn.len();
    let of = |figure| rows.iter().filter_map(move |row| row.2.get(figure));
    let rates = Axis::over(of(Figure::OperationsPerSecond), LABELS);
    let latencies = Axis::over(
        of(Figure::P50).chain(of(Figure::P999)).chain(of(Figure::P99)),
        LABELS + PANEL + GAP,
    );
    let height = TOP + HEAD * groups as f64 + ROW * rows.len() as f64 + 10.0;

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    grid(&mut svg, &rates, "operations per second", height);
    grid(&mut svg, &latencies, "latency in ms: p50 ● p99 | p99.9", height);
    let (mut y, mut last) = (TOP, "");
    for (workload, server, figures) in &rows {
        if *workload != last {
            y += HEAD;
            text(
                &mut svg,
                4.0,
                y - 8.0,
                "start",
                &format!("<tspan font-weight=\"bold\">{workload}</tspan>"),
            );
            last = workload;
        }
        let colour = if *server == OURS { "#0b6e4f" } else { "#8a8f98" };
        text(&mut svg, LABELS - 6.0, y + 12.0, "end", &escaped(server));
        if let Some(rate) = figures
            .get(Figure::OperationsPerSecond)
            .filter(|rate| *rate > 0.0)
        {
            let width = (rates.x(rate) - rates.left).max(1.0);
            rect(&mut svg, rates.left, y + 3.0, width, ROW - 6.0, colour);
            let value = Figure::OperationsPerSecond.cell(Some(rate));
            text(&mut svg, rates.left + width + 4.0, y + 12.0, "start", &value);
        }
        if let (Some(p50), Some(p99)) = (figures.get(Figure::P50), figures.get(Figure::P99)) {
            let (from, to) = (
                latencies.x(p50),
                latencies.x(figures.get(Figure::P999).unwrap_or(p99)),
            );
            rect(
                &mut svg,
                from,
                y + ROW / 2.0 - 1.0,
                (to - from).max(1.0),
                2.0,
                colour,
            );
            rect(&mut svg, latencies.x(p99) - 1.0, y + 4.0, 2.0, ROW - 8.0, colour);
            let _ = writeln!(
                svg,
                "<circle cx=\"{from:.1}\" cy=\"{:.1}\" r=\"3.5\" fill=\"{colour}\"/>",
                y + ROW / 2.0
            );
        }
        y += ROW;
    }
    svg.push_str("</svg>\n");
    svg
}

fn grid(svg: &mut String, axis: &Axis, title: &str, height: f64) {
    text(svg, axis.left, 14.0, "start", title);
    for decade in axis.decades() {
        let x = axis.x(decade);
        rect(svg, x, TOP - 10.0, 0.5, height - TOP, "#d5d8dd");
        text(svg, x, TOP - 14.0, "middle", &format!("{decade}"));
    }
}

// Writing to a String cannot fail.

fn rect(svg: &mut String, x: f64, y: f64, width: f64, height: f64, fill: &str) {
    let _ = writeln!(
        svg,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\"/>"
    );
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, content: &str) {
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{content}</text>"
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::{Axis, PANEL, svg};
    use crate::report::results::tests::results;

    #[test]
    fn decades_hold_all_values() {
        let axis = Axis::over([0.0, 3.0, 250.0].into_iter(), 10.0);
        assert_eq!(axis.decades().collect::<Vec<_>>(), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!((axis.x(1.0), axis.x(1000.0)), (10.0, 10.0 + PANEL));
        assert!((axis.x(10.0) - (10.0 + PANEL / 3.0)).abs() < 1e-9);
        // Nothing to plot is an empty axis, not a division by zero.
        assert!(Axis::over(std::iter::empty(), 0.0).x(5.0).is_finite());
    }

    #[test]
    fn every_server_of_every_workload_has_a_row() {
        let svg = svg(&results());
        assert_eq!(svg.matches("<circle").count(), 2 * 4);
        assert_eq!(svg.matches(">nginx<").count(), 2);
        assert!(svg.contains(">get-4k</tspan>") && svg.ends_with("</svg>\n"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}

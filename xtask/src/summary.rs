//! The table at the end, and the closing line that CI reads.

use std::process::ExitCode;
use std::time::Duration;

use crate::outcome::Outcome;

/// One step's line.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) took: Duration,
}

/// What happened so far.
#[derive(Default)]
pub(crate) struct Summary {
    rows: Vec<Row>,
}

impl Summary {
    /// Adds a step that ended, and says how at once.
    pub(crate) fn add(&mut self, row: Row) {
        println!("--- {}", line(&row));
        self.rows.push(row);
    }

    /// The whole table and the closing line.
    pub(crate) fn print(&self) {
        println!("\n=== summary");
        for row in &self.rows {
            println!("{}", line(row));
        }
        println!("{}", self.closing_line());
    }

    /// `N passed, N failed, N skipped`: CI looks for exactly this form.
    fn closing_line(&self) -> String {
        let count =
            |wanted: fn(&Outcome) -> bool| self.rows.iter().filter(|row| wanted(&row.outcome)).count();
        format!(
            "{} passed, {} failed, {} skipped",
            count(|outcome| matches!(outcome, Outcome::Passed)),
            count(|outcome| matches!(outcome, Outcome::Failed(_))),
            count(|outcome| matches!(outcome, Outcome::Skipped(_))),
        )
    }

    /// Success only if something ran and nothing failed.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let failed = self
            .rows
            .iter()
            .any(|row| matches!(row.outcome, Outcome::Failed(_)));
        if failed || self.rows.is_empty() {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }
}

fn line(row: &Row) -> String {
    let (word, why) = match &row.outcome {
        Outcome::Passed => ("passed", String::new()),
        Outcome::Failed(why) => ("FAILED", format!(": {why}")),
        Outcome::Skipped(why) => ("SKIPPED", format!(": {why}")),
    };
    format!("{:12} {:>6.1} s  {word}{why}", row.name, row.took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_in_the_form_that_ci_reads() {
        let row = |outcome| Row {
            name: "x",
            outcome,
            took: Duration::from_millis(1500),
        };
        let summary = Summary {
            rows: vec![
                row(Outcome::Passed),
                row(Outcome::Passed),
                row(Outcome::Failed("broken".into())),
                row(Outcome::Skipped("absent".into())),
            ],
        };
        assert_eq!(summary.closing_line(), "2 passed, 1 failed, 1 skipped");
        assert_eq!(line(&summary.rows[2]), "x               1.5 s  FAILED: broken");
    }
}

//! How a step ended.

/// How a step ended; what is not a pass says why in one line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

impl Outcome {
    /// With CI=true nothing may be skipped: a machine that lost a tool must not look green.
    pub(crate) fn strict(self, ci: bool) -> Self {
        match self {
            Self::Skipped(why) if ci => Self::Failed(format!("skipped, which CI does not allow: {why}")),
            other => other,
        }
    }
}

/// `?` inside a step: a problem is a failure, a missing tool a skip.
impl From<Result<(), Stop>> for Outcome {
    fn from(result: Result<(), Stop>) -> Self {
        match result {
            Ok(()) => Self::Passed,
            Err(Stop::Failure(why)) => Self::Failed(why),
            Err(Stop::Missing(what)) => Self::Skipped(what),
        }
    }
}

/// Why a step cannot go on.
#[derive(Debug, Clone)]
pub(crate) enum Stop {
    /// Something was checked and is wrong.
    Failure(String),
    /// A tool that the step needs is not on this machine.
    Missing(String),
}

impl From<String> for Stop {
    fn from(why: String) -> Self {
        Self::Failure(why)
    }
}

impl From<&str> for Stop {
    fn from(why: &str) -> Self {
        Self::Failure(why.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skip_is_a_failure_in_ci_only() {
        let skip = Outcome::Skipped("no npm".into());
        assert_eq!(skip.clone().strict(false), skip);
        assert!(matches!(skip.strict(true), Outcome::Failed(why) if why.contains("no npm")));
        assert_eq!(Outcome::Passed.strict(true), Outcome::Passed);
    }
}

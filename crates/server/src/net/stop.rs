//! Telling every connection to finish.

use tokio::sync::watch;

/// How far the process is on its way to the end. Only ever grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Requests are taken.
    Serving,
    /// No new connections; requests in flight finish.
    Draining,
    /// Whatever is left ends now.
    Cut,
}

/// The side that decides.
#[derive(Debug)]
pub(crate) struct Stop(watch::Sender<Phase>);

/// The side that obeys.
#[derive(Debug, Clone)]
pub(crate) struct Stopping(watch::Receiver<Phase>);

impl Stop {
    pub(crate) fn new() -> (Self, Stopping) {
        let (sender, receiver) = watch::channel(Phase::Serving);
        (Self(sender), Stopping(receiver))
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.0.send_replace(phase);
    }
}

impl Stopping {
    /// Returns when `phase` has been entered.
    pub(crate) async fn entered(&mut self, phase: Phase) {
        // An error means that the deciding side is gone, and with it the process's reason to go on.
        let _ = self.0.wait_for(|current| *current >= phase).await;
    }
}

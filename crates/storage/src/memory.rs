//! The in-memory engine.

/// Both traits over ordered maps.
#[derive(Debug, Default)]
pub struct Memory {}

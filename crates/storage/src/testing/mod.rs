//! The conformance suite every engine runs, and a wrapper that injects faults.

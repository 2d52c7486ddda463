//! How `cairn` ends: the exit codes, and the one line that says why.
//!
//! A failure is told to a person at a terminal: one line, what is wrong and what to do, never a `Debug`
//! form or a backtrace. The code tells a supervisor which kind it is; [`EXIT_CODES`] is the one list that
//! the help text and docs/configuration.md show.

use std::fmt;
use std::process::ExitCode;

/// What a process ends with, as the operating system sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    Success = 0,
    Damaged = 1,
    Usage = 2,
    Data = 3,
    Listen = 4,
    Tls = 5,
    Server = 6,
    NotKnown = 7,
    Internal = 70,
    Interrupted = 130,
}

/// Every exit code with its meaning.
pub(crate) const EXIT_CODES: &[(Code, &str)] = &[
    (Code::Success, "done; for serve: told to stop, and drained"),
    (Code::Damaged, "cairn scrub found damaged data"),
    (
        Code::Usage,
        "wrong flag, environment variable, configuration file or root credentials",
    ),
    (
        Code::Data,
        "the data directory cannot be used: in use, not readable or writable, full, damaged, of a newer format",
    ),
    (Code::Listen, "an address to listen on is in use or not to be had"),
    (Code::Tls, "the certificate or its key cannot be used"),
    (
        Code::Server,
        "for commands that ask a server: it cannot be reached, or refuses",
    ),
    (
        Code::NotKnown,
        "cairn explain: the request is not in the journal, or there is nobody of that name",
    ),
    (Code::Internal, "anything else; please report it"),
    (
        Code::Interrupted,
        "a second signal ended the process before it had drained",
    ),
];

/// Why the process cannot go on.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    message: String,
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl fmt::Display) -> Self {
        // One line, whatever an error from below contains.
        let message = message
            .to_string()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        Self { code, message }
    }

    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self::new(Code::Usage, message)
    }

    pub(crate) fn data(message: impl fmt::Display) -> Self {
        Self::new(Code::Data, message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

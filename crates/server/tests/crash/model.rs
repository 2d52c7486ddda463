//! What may be there.

use super::random::Random;

/// A body, by what makes it: two bodies are equal exactly if these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) seed: u64,
    pub(crate) bytes: usize,
}

impl Content {
    pub(crate) fn make(self) -> Vec<u8> {
        let mut random = Random::new(self.seed);
        let mut body = Vec::with_capacity(self.bytes + 8);
        while body.len() < self.bytes {
            body.extend_from_slice(&random.next().to_le_bytes());
        }
        body.truncate(self.bytes);
        body
    }
}

/// What may be at a key of the bucket without versions; `None` is nothing.
#[derive(Debug, Clone)]
pub(crate) struct Plain(Vec<Option<Content>>);

impl Plain {
    pub(crate) fn absent() -> Self {
        Self(vec![None])
    }

    /// A request that makes it `new` was sent; how it ends is not known yet.
    pub(crate) fn attempt(&mut self, new: Option<Content>) {
        if !self.0.contains(&new) {
            self.0.push(new);
        }
    }

    /// It is this: the server said so, by an acknowledgement or by showing it.
    pub(crate) fn settle(&mut self, is: Option<Content>) {
        self.0 = vec![is];
    }

    pub(crate) fn possible(&self) -> &[Option<Content>] {
        &self.0
    }

    /// The one thing that is there, where it is known.
    pub(crate) fn known(&self) -> Option<Option<Content>> {
        if let [one] = self.0.as_slice() {
            Some(*one)
        } else {
            None
        }
    }
}

/// A version of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) id: String,
    /// `None` is a delete marker.
    pub(crate) content: Option<Content>,
}

/// The versions of a key in the bucket with versions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Versions {
    /// Acknowledged, oldest first.
    pub(crate) there: Vec<Version>,
    /// Sent and not answered: each may have become a version.
    pub(crate) maybe: Vec<Option<Content>>,
    /// Sent to be deleted and not answered.
    pub(crate) maybe_gone: Vec<String>,
    /// Deleted for good: must never be seen again.
    pub(crate) gone: Vec<String>,
}

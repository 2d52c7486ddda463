//! The trial: signs the request as a client may have seen it, and compares.
//!
//! Every text that is signed is lines, and a variant is some of them replaced. The work is bounded by
//! [`HMACS_MAX`] and [`HASHED_BYTES_MAX`]. How long a trial takes depends on the request's form only: it goes on
//! after a match, so that the time of the answer says nothing about one.

use subtle::ConstantTimeEq;

use super::cause::{Change, KeyForm};
use super::{HASHED_BYTES_MAX, HMACS_MAX};

/// A line of the signed text, replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Which, counted from 0.
    pub line: usize,
    /// By what; `None` takes it away.
    pub to: Option<Vec<u8>>,
}

impl Edit {
    pub(super) fn new(line: usize, to: impl Into<Vec<u8>>) -> Self {
        Self {
            line,
            to: Some(to.into()),
        }
    }
}

/// A request as a client may have signed it; by default as it came.
#[derive(Debug, Clone, Default)]
pub(super) struct Variant {
    pub(super) changes: Vec<Change>,
    pub(super) edits: Vec<Edit>,
}

impl Variant {
    pub(super) fn new(change: Change, edits: Vec<Edit>) -> Self {
        Self {
            changes: vec![change],
            edits,
        }
    }

    /// Both, if they change different lines.
    pub(super) fn and(&self, other: &Self) -> Option<Self> {
        let clash = |edit: &Edit| self.edits.iter().any(|mine| mine.line == edit.line);
        if other.edits.iter().any(clash) {
            return None;
        }
        let mut both = self.clone();
        both.changes.extend(other.changes.iter().cloned());
        both.edits.extend(other.edits.iter().cloned());
        Some(both)
    }
}

/// Signs a text with the request's own key, or with one made otherwise. `None` where there is no such key.
pub(super) trait Sign {
    /// HMACs that a signature costs: with the request's key, with one that must be made first.
    const HMACS: (usize, usize);

    fn sign(&self, text: &[u8], changes: &[Change]) -> Option<Vec<u8>>;
}

/// The key that a variant needs, if it is not the request's own.
pub(super) fn key_of(changes: &[Change]) -> Option<&KeyForm> {
    changes.iter().find_map(|change| match change {
        Change::Key(form) => Some(form),
        _ => None,
    })
}

/// One request on trial.
pub(super) struct Trial<'a, S> {
    base: &'a [u8],
    sent: &'a [u8],
    signer: S,
    pub(super) hmacs: usize,
    hashed: usize,
    pub(super) found: Option<Variant>,
}

impl<'a, S: Sign> Trial<'a, S> {
    /// Of the text that the server computed, and the signature that came.
    pub(super) fn new(base: &'a [u8], sent: &'a [u8], signer: S) -> Self {
        Self {
            base,
            sent,
            signer,
            hmacs: 0,
            hashed: 0,
            found: None,
        }
    }

    /// Tries one; says whether the budget was enough for it.
    pub(super) fn attempt(&mut self, variant: &Variant) -> bool {
        self.attempt_text(&edited(self.base, &variant.edits), variant)
    }

    /// The same with a text that is not made of the lines of the other.
    pub(super) fn attempt_text(&mut self, text: &[u8], variant: &Variant) -> bool {
        let (own, made) = S::HMACS;
        let cost = if key_of(&variant.changes).is_some() {
            made
        } else {
            own
        };
        if self.hmacs + cost > HMACS_MAX || self.hashed + text.len() > HASHED_BYTES_MAX {
            return false;
        }
        self.hmacs += cost;
        self.hashed += text.len();
        let signed = self.signer.sign(text, &variant.changes);
        let right = signed.is_some_and(|signed| bool::from(signed.as_slice().ct_eq(self.sent)));
        if right && self.found.is_none() {
            self.found = Some(variant.clone());
        }
        true
    }

    /// Tries pairs of changes of different lists, the first of each first.
    pub(super) fn attempt_pairs(&mut self, kinds: &[Vec<Variant>], pairs_max: usize) {
        let longest = kinds.iter().map(Vec::len).max().unwrap_or_default();
        let mut left_over = pairs_max;
        for sum in 0..2 * longest {
            for (at, firsts) in kinds.iter().enumerate() {
                for seconds in kinds.iter().skip(at + 1) {
                    for first in 0..=sum {
                        let pair = firsts.get(first).zip(seconds.get(sum - first));
                        let Some(both) = pair.and_then(|(first, second)| first.and(second)) else {
                            continue;
                        };
                        if left_over == 0 || !self.attempt(&both) {
                            return;
                        }
                        left_over -= 1;
                    }
                }
            }
        }
    }
}

/// The text with these lines replaced.
pub fn edited(text: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 64);
    let mut first = true;
    for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = match edits.iter().find(|edit| edit.line == at) {
            None => line,
            Some(Edit { to: Some(to), .. }) => to,
            Some(Edit { to: None, .. }) => continue,
        };
        if !std::mem::take(&mut first) {
            out.push(b'\n');
        }
        out.extend_from_slice(line);
    }
    out
}

//! What was decided about a request, on its way to the journal.
//!
//! A request may ask several questions: for the tags and the ACL of an upload, for the source of a copy, for each key
//! of DeleteObjects. One is kept: the first that was denied, or else the first.

use cairn_journal::Fact;
use parking_lot::Mutex;

use super::fact::{AccessFact, Noted};

/// The decisions over one request.
#[derive(Debug, Default)]
pub(crate) struct Decided(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    asked: u32,
    denied: u32,
    /// Boxed: nearly every request keeps none.
    kept: Option<Box<AccessFact>>,
}

impl Decided {
    /// A decision was made.
    pub(crate) fn note(&self, noted: Noted<'_>) {
        let mut state = self.0.lock();
        state.asked = state.asked.saturating_add(1);
        let wanted = match &state.kept {
            None => true,
            Some(kept) => kept.allowed && !noted.allowed,
        };
        if !noted.allowed {
            state.denied = state.denied.saturating_add(1);
        }
        if wanted {
            state.kept = Some(Box::new(AccessFact::new(noted)));
        }
    }

    /// What the journal keeps of them.
    pub(crate) fn facts(&self) -> Vec<Fact> {
        let state = self.0.lock();
        let Some(kept) = &state.kept else {
            return Vec::new();
        };
        let kept = AccessFact {
            asked: state.asked,
            denied: state.denied,
            ..AccessFact::clone(kept)
        };
        kept.encode()
    }
}

#[cfg(test)]
mod tests {
    use cairn_access::Because;
    use cairn_policy::{Context, Layer, Principal};

    use super::*;

    #[test]
    fn the_first_denial_is_kept_and_all_are_counted() {
        let context = Context::new();
        let note = |decided: &Decided, resource: &str, allowed: bool| {
            decided.note(Noted {
                principal: &Principal::Anonymous,
                session: None,
                action: "s3:DeleteObject",
                resource,
                resource_account: None,
                context: &context,
                allowed,
                because: Because::Policies(if allowed {
                    cairn_policy::Because::Root
                } else {
                    cairn_policy::Because::NoAllow(Layer::Resource)
                }),
                missing: false,
            });
        };
        let decided = Decided::default();
        assert_eq!(decided.facts(), []);
        note(&decided, "a", true);
        note(&decided, "b", true);
        let kept = || AccessFact::decode(&decided.facts()).unwrap();
        assert_eq!((&*kept().resource, kept().asked, kept().denied), ("a", 2, 0));
        note(&decided, "c", false);
        note(&decided, "d", false);
        note(&decided, "e", true);
        assert_eq!((&*kept().resource, kept().asked, kept().denied), ("c", 5, 2));
        assert!(kept().question.is_some());
    }
}

//! Pages of a list, in the order of the rows' keys.

use std::ops::Bound;

use cairn_storage::Range;

use crate::rows::Record;
use crate::store::Taken;
use crate::{Error, Identity};

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// After what the next one starts; `None` on the last.
    pub next: Option<String>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            next: None,
        }
    }
}

impl<T> Page<T> {
    /// At most `limit` of a short list that is in the order of `name`, after `after`.
    pub fn of_sorted(sorted: Vec<T>, after: Option<&str>, limit: usize, name: impl Fn(&T) -> &str) -> Self {
        let mut items: Vec<T> = sorted
            .into_iter()
            .filter(|item| after.is_none_or(|after| name(item) > after))
            .collect();
        let next = if items.len() > limit {
            items.truncate(limit);
            items.last().map(|last| name(last).to_owned())
        } else {
            None
        };
        Self { items, next }
    }

    /// The same page of what each item becomes.
    pub fn map<U>(self, become_other: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(become_other).collect(),
            next: self.next,
        }
    }
}

impl Identity {
    /// At most `limit` records of a range whose keys end with `name` in lower case and come after `after`, of
    /// those that are wanted.
    pub(crate) async fn page<R: Record + Send + 'static>(
        &self,
        range: Range,
        after: Option<&str>,
        limit: usize,
        wanted: impl Fn(&R) -> bool + Send + 'static,
        name: impl Fn(&R) -> String,
    ) -> Result<Page<R>, Error> {
        let after = after.map(str::to_lowercase);
        self.page_of_ids(range, after.as_deref(), limit, wanted, name)
            .await
    }

    /// The same of a range whose keys end with an id, as it is written.
    pub(crate) async fn page_of_ids<R: Record + Send + 'static>(
        &self,
        mut range: Range,
        after: Option<&str>,
        limit: usize,
        wanted: impl Fn(&R) -> bool + Send + 'static,
        name: impl Fn(&R) -> String,
    ) -> Result<Page<R>, Error> {
        if let (Some(after), Bound::Included(start)) = (after, &range.start) {
            let mut key = start.to_vec();
            key.extend_from_slice(after.as_bytes());
            range.start = Bound::Excluded(key.into());
        }
        let mut count = 0_usize;
        let mut items = self
            .scan(range, move |_, record: R| {
                if !wanted(&record) {
                    return Taken::No;
                }
                count += 1;
                // One past the page tells that there is another.
                if count > limit + 1 {
                    Taken::Stop
                } else {
                    Taken::Yes(record)
                }
            })
            .await?;
        let next = if items.len() > limit {
            items.truncate(limit);
            items.last().map(&name)
        } else {
            None
        };
        Ok(Page { items, next })
    }
}

//! The model: what a bucket is, by plain maps, with one definition of each rule.

#![allow(unreachable_pub, missing_docs, clippy::panic)]

use std::collections::BTreeMap;

use bytes::Bytes;
use cairn_objects::{Condition, Versioning, WritePrecondition};
use cairn_types::{Checksum, ETag, TagSet, UploadId, VersionId};

/// One version. `at` is the step it stands at: larger is newer.
#[derive(Debug, Clone)]
pub struct Version {
    pub at: usize,
    pub id: VersionId,
    pub object: Option<Object>,
}

#[derive(Debug, Clone)]
pub struct Object {
    pub body: Bytes,
    pub etag: ETag,
    pub checksum: Checksum,
    pub tags: TagSet,
    /// Blobs it lies in.
    pub blobs: usize,
    /// Sizes of its parts.
    pub parts: Option<Vec<usize>>,
}

#[derive(Debug, Clone)]
pub struct OpenUpload {
    pub key: String,
    pub id: UploadId,
    pub at: usize,
    /// The object that was the latest at initiation.
    pub replaces: Option<usize>,
    pub parts: BTreeMap<u64, Bytes>,
}

/// What the model says a conditional write answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    NoSuchKey,
    Failed(Condition),
    Conflict(Condition),
}

#[derive(Debug, Default)]
pub struct Model {
    pub versioning: Versioning,
    /// Newest first.
    pub keys: BTreeMap<String, Vec<Version>>,
    pub uploads: Vec<OpenUpload>,
}

impl Model {
    pub fn versions(&self, key: &str) -> &[Version] {
        self.keys.get(key).map_or(&[], Vec::as_slice)
    }

    pub fn latest_object(&self, key: &str) -> Option<(&Version, &Object)> {
        let version = self.versions(key).first()?;
        Some((version, version.object.as_ref()?))
    }

    pub fn by_id(&self, key: &str, id: VersionId) -> Option<&Version> {
        self.versions(key).iter().find(|version| version.id == id)
    }

    pub fn check(&self, key: &str, precondition: &WritePrecondition) -> Result<(), Refusal> {
        match (precondition, self.latest_object(key)) {
            (WritePrecondition::None, _) | (WritePrecondition::Absent, None) => Ok(()),
            (WritePrecondition::Absent, Some(_)) => Err(Refusal::Failed(Condition::IfNoneMatch)),
            (WritePrecondition::Matches(_), None) => Err(Refusal::NoSuchKey),
            (WritePrecondition::Matches(etag), Some((_, object))) if *etag == object.etag.quoted() => Ok(()),
            (WritePrecondition::Matches(_), Some(_)) => Err(Refusal::Failed(Condition::IfMatch)),
        }
    }

    pub fn check_complete(
        &self,
        upload: &OpenUpload,
        precondition: &WritePrecondition,
    ) -> Result<(), Refusal> {
        self.check(&upload.key, precondition)?;
        let now = self.latest_object(&upload.key).map(|(version, _)| version.at);
        match precondition {
            WritePrecondition::Absent if upload.replaces.is_some() => {
                Err(Refusal::Conflict(Condition::IfNoneMatch))
            }
            WritePrecondition::Matches(_) if now != upload.replaces => {
                Err(Refusal::Conflict(Condition::IfMatch))
            }
            _ => Ok(()),
        }
    }

    fn remove_null(&mut self, key: &str) {
        self.remove(key, VersionId::Null);
    }

    /// Adds a version, replacing the `null` one unless versioning is enabled.
    pub fn add(&mut self, key: &str, at: usize, id: Option<VersionId>, object: Option<Object>) {
        assert_eq!(
            id.is_some(),
            self.versioning == Versioning::Enabled,
            "who has an id"
        );
        if id.is_none() {
            self.remove_null(key);
        }
        let versions = self.keys.entry(key.to_owned()).or_default();
        let id = id.unwrap_or(VersionId::Null);
        versions.push(Version { at, id, object });
        versions.sort_by_key(|version| std::cmp::Reverse(version.at));
    }

    pub fn remove(&mut self, key: &str, id: VersionId) {
        if let Some(versions) = self.keys.get_mut(key) {
            versions.retain(|version| version.id != id);
            if versions.is_empty() {
                self.keys.remove(key);
            }
        }
    }

    /// Every blob that must exist.
    pub fn blobs(&self) -> usize {
        let objects = self
            .keys
            .values()
            .flatten()
            .filter_map(|version| version.object.as_ref());
        let parts = self.uploads.iter().flat_map(|upload| upload.parts.values());
        objects.map(|object| object.blobs).sum::<usize>() + parts.filter(|part| !part.is_empty()).count()
    }

    /// All versions in listing order: key, version, whether it is the latest.
    pub fn all(&self) -> Vec<(&str, &Version, bool)> {
        let mut all = Vec::new();
        for (key, versions) in &self.keys {
            for (index, version) in versions.iter().enumerate() {
                all.push((key.as_str(), version, index == 0));
            }
        }
        all
    }
}

/// An entry of a listing, as text: the item, or the common prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry<T> {
    Item(T),
    Prefix(String),
}

/// Rolls items up, by the words of the specification: filter by prefix, group by the text up to the first
/// delimiter after it, each group once, where its first key stands.
pub fn roll_up<T>(items: Vec<(String, T)>, prefix: &str, delimiter: &str) -> Vec<(String, Entry<T>)> {
    let mut out: Vec<(String, Entry<T>)> = Vec::new();
    for (key, item) in items {
        let Some(rest) = key.strip_prefix(prefix) else {
            continue;
        };
        let at = if delimiter.is_empty() {
            None
        } else {
            rest.find(delimiter)
        };
        match at {
            None => out.push((key, Entry::Item(item))),
            Some(at) => {
                let group = format!("{prefix}{}", &rest[..at + delimiter.len()]);
                if !out
                    .iter()
                    .any(|(_, entry)| matches!(entry, Entry::Prefix(p) if *p == group))
                {
                    out.push((group.clone(), Entry::Prefix(group)));
                }
            }
        }
    }
    out
}

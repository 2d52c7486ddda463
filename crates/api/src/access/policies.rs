//! Bucket policies, compiled once for each change.

use std::sync::Arc;

use bytes::Bytes;
use cairn_objects::Bucket;
use cairn_policy::{Policy, PolicyType};
use cairn_protocol::S3Error;
use cairn_types::BucketName;
use quick_cache::sync::Cache;

use super::stored::POLICY;

/// Buckets whose policies are kept compiled. With the largest policies (20 KB, a few times that compiled) that is
/// below 100 MB; with common ones a few MB.
pub(crate) const POLICIES_CACHED: usize = 1000;

/// A bucket's policy, ready to be asked.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// What it was compiled from.
    stored: Bytes,
    /// The policy.
    pub(crate) policy: Policy,
    /// Whether it is public.
    pub(crate) public: bool,
}

/// The policies in memory. A policy is compiled for the bucket of its name; another bucket of that name with the
/// same policy has the same compiled.
#[derive(Debug)]
pub(crate) struct Policies(Cache<BucketName, Arc<Compiled>>);

impl Policies {
    /// Nothing compiled yet.
    pub(crate) fn new(max: usize) -> Self {
        Self(Cache::new(max))
    }

    /// The bucket's policy, if it has one. What is in memory counts only if it is of the same bytes.
    ///
    /// # Errors
    /// `InternalError` where what is stored is none: nobody is let in by a policy that cannot be read.
    pub(crate) fn of(&self, bucket: &Bucket) -> Result<Option<Arc<Compiled>>, S3Error> {
        let Some(stored) = bucket.documents.get(POLICY) else {
            return Ok(None);
        };
        if let Some(known) = self
            .0
            .get(&bucket.name)
            .filter(|known| is_same(&known.stored, stored))
        {
            return Ok(Some(known));
        }
        let policy = std::str::from_utf8(stored).ok().and_then(|text| {
            let bucket = bucket.name.as_str();
            Policy::parse(text, PolicyType::Resource { bucket }).ok()
        });
        let Some(policy) = policy else {
            tracing::error!(bucket = %bucket.name, "the stored policy cannot be read");
            return Err(S3Error::InternalError {});
        };
        let compiled = Arc::new(Compiled {
            stored: stored.clone(),
            public: cairn_policy::is_public(&policy),
            policy,
        });
        self.0.insert(bucket.name.clone(), Arc::clone(&compiled));
        Ok(Some(compiled))
    }
}

/// Mostly the very same memory.
fn is_same(known: &Bytes, stored: &Bytes) -> bool {
    (known.as_ptr() == stored.as_ptr() && known.len() == stored.len()) || known == stored
}

//! Hashing passwords: slow on purpose, so never on a thread that answers requests, and few at a time.

use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use cairn_types::random;
use tokio::sync::Semaphore;

use crate::password::Password;
use crate::{Error, Identity};

/// Passwords that are hashed at a time: each takes a core for some tens of milliseconds, and 19 MiB (Argon2id
/// with the parameters that OWASP recommends, which are the crate's defaults).
const AT_ONCE: usize = 2;

pub(crate) struct Hasher(Arc<Semaphore>);

impl Default for Hasher {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Hasher {
    /// Runs work on a thread of its own, when there is room.
    async fn run<T: Send + 'static>(
        &self,
        wait_max: Duration,
        work: impl FnOnce() -> Option<T> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = tokio::time::timeout(wait_max, Arc::clone(&self.0).acquire_owned()).await;
        let Ok(Ok(permit)) = permit else {
            return Err(Error::Busy);
        };
        let done = tokio::task::spawn_blocking(move || {
            // It is held as long as the work takes, also when nobody waits for it any more.
            let _permit = permit;
            work()
        });
        // It fails where a stored hash is none, or the runtime shuts down.
        let failed = || cairn_storage::StorageError::Corrupt("a password cannot be hashed".into());
        done.await.ok().flatten().ok_or_else(|| failed().into())
    }
}

impl Identity {
    /// A password's hash, with its salt and parameters (PHC string).
    pub(crate) async fn hash_password(&self, password: Password) -> Result<String, Error> {
        let salt: [u8; 16] = random::bytes();
        let hashed = self.inner.hasher.run(self.inner.limits.turn_wait_max, move || {
            let hash = Argon2::default().hash_password_with_salt(password.expose().as_bytes(), &salt);
            hash.ok().map(|hash| hash.to_string())
        });
        hashed.await
    }

    /// Whether one of these hashes is the password's.
    pub(crate) async fn is_any_of(&self, password: Password, hashes: Vec<String>) -> Result<bool, Error> {
        if hashes.is_empty() {
            return Ok(false);
        }
        let found = self.inner.hasher.run(self.inner.limits.turn_wait_max, move || {
            let mut found = false;
            for hash in &hashes {
                let hash = PasswordHash::new(hash).ok()?;
                let verified = Argon2::default().verify_password(password.expose().as_bytes(), &hash);
                found |= verified.is_ok();
            }
            Some(found)
        });
        found.await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_more_than_a_few_at_once_and_no_longer_than_the_wait() {
        let hasher = Hasher::default();
        let room = Arc::clone(&hasher.0).try_acquire_many_owned(2).unwrap();
        let waited = hasher.run(Duration::from_secs(15), || Some(())).await;
        assert!(matches!(waited, Err(Error::Busy)));
        drop(room);
        hasher.run(Duration::from_secs(15), || Some(())).await.unwrap();
    }
}

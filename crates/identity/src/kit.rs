//! What this crate's tests start from: an account with a user in it, in memory, under a clock that stands.

use std::sync::Arc;

use cairn_storage::{Index, Memory};
use cairn_types::{AccessKeyId, AccountId, CanonicalUserId, Clock, SecretAccessKey, Timestamp};
use parking_lot::Mutex;

use crate::{Identity, KeyOwner, Limits, MasterKey, Name, NewUser, Path, RootAccount, Tags};

/// A clock that stands where it was set.
#[derive(Clone)]
pub(crate) struct SetClock(Arc<Mutex<u64>>);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(*self.0.lock())
    }
}

pub(crate) struct Kit {
    pub(crate) identity: Identity,
    pub(crate) account: AccountId,
    pub(crate) clock: SetClock,
    memory: Arc<Memory>,
    master: MasterKey,
}

/// 2026-01-01, at the start of a step of MFA devices.
const START: u64 = 1_767_225_600;

impl Kit {
    pub(crate) async fn new() -> Self {
        let (memory, master) = (Arc::new(Memory::new()), MasterKey::generate());
        let clock = SetClock(Arc::new(Mutex::new(START)));
        let kit = Self {
            identity: open(&memory, &master, &clock),
            account: AccountId::parse("111122223333").unwrap(),
            clock,
            memory,
            master,
        };
        let root = RootAccount {
            account_id: kit.account.clone(),
            canonical_user_id: CanonicalUserId::generate(),
            access_key_id: AccessKeyId::generate(),
            secret_access_key: SecretAccessKey::generate(),
        };
        kit.identity.adopt_root(&root).await.unwrap();
        let new = NewUser {
            name: Name::parse("alice").unwrap(),
            path: Path::default(),
            tags: Tags::default(),
            boundary: None,
        };
        kit.identity.create_user(&kit.account, new).await.unwrap();
        kit
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, seconds: u64) {
        *self.clock.0.lock() += seconds;
    }

    /// As after a restart: what was only in memory is gone.
    pub(crate) fn reopen(&mut self) {
        self.identity = open(&self.memory, &self.master, &self.clock);
    }
}

fn open(memory: &Arc<Memory>, master: &MasterKey, clock: &SetClock) -> Identity {
    let index: Arc<dyn Index> = Arc::clone(memory) as _;
    let masters = std::slice::from_ref(master);
    Identity::open(index, Arc::new(clock.clone()), masters, Limits::default()).unwrap()
}

/// The user.
pub(crate) fn alice() -> KeyOwner {
    KeyOwner::User("alice".to_owned())
}

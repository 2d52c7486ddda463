//! The semantics of the store, over the in-memory engine.

mod groups;
mod policies;
mod properties;
mod roles;

use std::sync::Arc;

use cairn_storage::Memory;
use cairn_types::{AccountId, SystemClock};

use crate::*;

/// A store with one account.
pub(crate) struct Fixture {
    pub(crate) identity: Identity,
    pub(crate) account: AccountId,
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// A policy that allows this, on everything.
pub(crate) fn allow(actions: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":{actions},"Resource":"*"}}]}}"#
    )
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let masters = [MasterKey::generate()];
        let index = Arc::new(Memory::new());
        let identity = Identity::open(index, Arc::new(SystemClock), &masters, Limits::default()).unwrap();
        let (account, _) = identity.create_account("test").await.unwrap();
        Self {
            identity,
            account: account.id,
        }
    }

    pub(crate) async fn user(&self, user: &str) -> UserRecord {
        let new = NewUser {
            name: name(user),
            path: Path::default(),
            tags: Tags::default(),
            boundary: None,
        };
        self.identity.create_user(&self.account, new).await.unwrap()
    }

    pub(crate) async fn group(&self, group: &str) -> GroupRecord {
        let made = self
            .identity
            .create_group(&self.account, name(group), Path::default());
        made.await.unwrap()
    }

    pub(crate) fn new_policy(&self, policy: &str, document: String) -> NewPolicy {
        NewPolicy {
            name: name(policy),
            path: Path::default(),
            document,
            description: None,
            tags: Tags::default(),
        }
    }

    /// Its ARN.
    pub(crate) async fn policy(&self, policy: &str, document: String) -> String {
        let new = self.new_policy(policy, document);
        let made = self.identity.create_policy(&self.account, new).await;
        made.unwrap().arn()
    }

    pub(crate) fn new_role(&self, role: &str, trusted: &str) -> NewRole {
        NewRole {
            name: name(role),
            path: Path::default(),
            trust: trust(trusted),
            description: None,
            max_session_seconds: RoleRecord::MAX_SESSION_SECONDS_DEFAULT,
            tags: Tags::default(),
            boundary: None,
        }
    }

    pub(crate) async fn role(&self, role: &str) -> RoleRecord {
        let new = self.new_role(role, &format!("arn:aws:iam::{}:root", self.account));
        self.identity.create_role(&self.account, new).await.unwrap()
    }
}

/// A trust policy for one principal.
pub(crate) fn trust(principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"sts:AssumeRole"}}]}}"#
    )
}

//! Finding who is behind an access key: the one question that every signed request asks.
//!
//! What is found (the secret, the principal, its policies compiled) is kept by key until identity data
//! changes. A session's token is opened with each request; who is behind it is kept like a long-term key's
//! holder.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use cairn_policy::{Policy, PolicyType, Principal};
use cairn_types::{AccessKeyId, AccountId, SecretAccessKey};
use parking_lot::RwLock;

use crate::access_key::{AccessKeyRecord, Holder, Status};
use crate::group::GroupRecord;
use crate::holder_policies::HolderPolicies;
use crate::role::RoleRecord;
use crate::rows;
use crate::session::{InvalidToken, Session, SessionPolicy, SessionSubject};
use crate::signer::{Credential, Permissions, Signer, SourcedPolicy};
use crate::tags::Tags;
use crate::user::{IdKind, UserRecord};
use crate::{Account, AccountRecord, Error, Identity, RootAccount};

/// Why a key opens nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// There is no such key, or whoever it was of is gone.
    #[error("no such access key")]
    Unknown,
    /// The key is switched off.
    #[error("the access key is inactive")]
    Inactive,
    /// The token is none of ours, or not of this key; or a long-term key came with one.
    #[error("the session token is not valid")]
    InvalidToken,
    /// A temporary key came without its token.
    #[error("a temporary access key needs its session token")]
    TokenMissing,
    /// The session has ended.
    #[error("the session has ended")]
    Expired,
    /// It cannot be known now.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// What is kept of a key: a temporary one has its secret in the token.
#[derive(Clone)]
pub(crate) struct Found {
    secret: Option<SecretAccessKey>,
    active: bool,
    signer: Arc<Signer>,
}

/// Root keys of the credentials file or the environment, which are in no row.
#[derive(Default)]
pub(crate) struct GivenKeys(RwLock<HashMap<String, Credential>>);

impl Identity {
    pub(crate) fn know_root_key(&self, account: Arc<Account>, root: &RootAccount) {
        let credential = Credential {
            secret: root.secret_access_key.clone(),
            signer: Arc::new(root_signer(account, root.access_key_id.clone(), None)),
        };
        let mut keys = self.inner.given_keys.0.write();
        keys.insert(root.access_key_id.as_str().to_owned(), credential);
    }

    /// Whether an account is the operator's: the first one, whose root key the server was started with
    /// ([`Self::adopt_root`]).
    pub fn is_operator(&self, account: &AccountId) -> bool {
        let keys = self.inner.given_keys.0.read();
        keys.values()
            .any(|credential| credential.signer.account.id == *account)
    }

    /// Who is behind an access key, for a request that came with this session token.
    ///
    /// # Errors
    /// Why it opens nothing.
    pub async fn credential(
        &self,
        id: &str,
        session_token: Option<&str>,
    ) -> Result<Credential, CredentialError> {
        let given = self.inner.given_keys.0.read().get(id).cloned();
        if let Some(given) = given {
            return match session_token {
                None => Ok(given),
                Some(_) => Err(CredentialError::InvalidToken),
            };
        }
        let Ok(key) = AccessKeyId::parse(id) else {
            return Err(CredentialError::Unknown);
        };
        if let Some(token) = session_token {
            let (secret, session) = self.open_token(id, token).map_err(|invalid| match invalid {
                InvalidToken::NotOurs => CredentialError::InvalidToken,
                InvalidToken::Expired => CredentialError::Expired,
            })?;
            let found = self.found(&key, Some(session)).await?;
            let signer = found.ok_or(CredentialError::Unknown)?.signer;
            return Ok(Credential { secret, signer });
        }
        if key.is_temporary() {
            return Err(CredentialError::TokenMissing);
        }
        let found = self.found(&key, None).await?.ok_or(CredentialError::Unknown)?;
        match found.secret {
            Some(_) if !found.active => Err(CredentialError::Inactive),
            Some(secret) => Ok(Credential {
                secret,
                signer: found.signer,
            }),
            None => Err(CredentialError::Unknown),
        }
    }

    /// The account that a long-term access key is of, whether it works or not.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn account_of_key(&self, key: &AccessKeyId) -> Result<Option<AccountId>, Error> {
        if let Some(given) = self.inner.given_keys.0.read().get(key.as_str()) {
            return Ok(Some(given.signer.account.id.clone()));
        }
        Ok(self.access_key(key).await?.map(|record| record.account))
    }

    /// What is behind a key: from memory where nothing changed since.
    async fn found(&self, key: &AccessKeyId, session: Option<Session>) -> Result<Option<Found>, Error> {
        if let Some(cached) = self.inner.keys.get(key)
            && self.is_current(&cached)
            // Ids of temporary keys are given out without a list: two sessions might have the same.
            && cached.value.signer.session == session
        {
            return Ok(Some(cached.value));
        }
        let generation = self.generation();
        let found = match session {
            Some(session) => self.read_session(key, session).await?,
            None => self.read_key(key).await?,
        };
        if let Some(found) = &found {
            let cached = Self::cached(generation, found.clone());
            self.inner.keys.insert(key.clone(), cached);
        }
        Ok(found)
    }

    async fn read_key(&self, key: &AccessKeyId) -> Result<Option<Found>, Error> {
        let Some(record) = self.get::<AccessKeyRecord>(&rows::access_key(key)).await? else {
            return Ok(None);
        };
        let account = Arc::new(self.account_of(&record.account).await?);
        let signer = match &record.holder {
            Holder::Root => Some(root_signer(account, key.clone(), None)),
            Holder::User(id) => match self.by_id::<UserRecord>(id, IdKind::User).await? {
                Some(user) => Some(self.user_signer(account, &user, key.clone(), None).await?),
                None => None,
            },
        };
        let Some(signer) = signer else {
            return Ok(None);
        };
        Ok(Some(Found {
            secret: Some(self.secret_of(&record)?),
            active: record.status == Status::Active,
            signer: Arc::new(signer),
        }))
    }

    async fn read_session(&self, key: &AccessKeyId, session: Session) -> Result<Option<Found>, Error> {
        let account = Arc::new(self.account_of(&session.account).await?);
        let key = key.clone();
        let signer = match session.subject.clone() {
            SessionSubject::Root => Some(root_signer(account, key, Some(session))),
            SessionSubject::User(id) => match self.by_id::<UserRecord>(&id, IdKind::User).await? {
                Some(user) => Some(self.user_signer(account, &user, key, Some(session)).await?),
                None => None,
            },
            SessionSubject::Role { id, session_name, .. } => {
                match self.by_id::<RoleRecord>(&id, IdKind::Role).await? {
                    Some(role) => Some(
                        self.role_signer(account, &role, &session_name, key, session)
                            .await?,
                    ),
                    None => None,
                }
            }
            SessionSubject::Federated { name, maker } => {
                let maker = match maker {
                    None => Some(root_signer(Arc::clone(&account), key, None)),
                    Some(id) => match self.by_id::<UserRecord>(&id, IdKind::User).await? {
                        Some(user) => Some(self.user_signer(Arc::clone(&account), &user, key, None).await?),
                        None => None,
                    },
                };
                match maker {
                    Some(maker) => Some(self.federated_signer(maker, name, session).await?),
                    None => None,
                }
            }
        };
        Ok(signer.map(|signer| Found {
            secret: None,
            active: true,
            signer: Arc::new(signer),
        }))
    }

    /// Who would sign as this one, with its policies as they are now: for explanations of requests that nobody makes.
    /// Root users and users sign with long-term keys where no session policies are given. The signer's key is one
    /// that opens nothing. `None` where there is no such user or role.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for an account that there is not; [`Error::MalformedPolicy`] where a session policy is
    /// none; [`Error::Storage`].
    pub async fn signer_of(
        &self,
        account: &AccountId,
        subject: SessionSubject,
        policies: Option<Vec<SessionPolicy>>,
    ) -> Result<Option<Arc<Signer>>, Error> {
        let is_session = policies.is_some()
            || matches!(
                subject,
                SessionSubject::Role { .. } | SessionSubject::Federated { .. }
            );
        let issued = self.inner.clock.now();
        let session = Session {
            account: account.clone(),
            subject,
            issued,
            expires: issued,
            mfa: None,
            policies,
            tags: Tags::default(),
            transitive_tag_keys: Vec::new(),
            source_identity: None,
            provider: None,
        };
        let key = AccessKeyId::generate_temporary(account);
        let Some(found) = self.read_session(&key, session).await? else {
            return Ok(None);
        };
        if is_session {
            return Ok(Some(found.signer));
        }
        let signer = Arc::into_inner(found.signer).map(|signer| Signer {
            session: None,
            ..signer
        });
        Ok(signer.map(Arc::new))
    }

    async fn account_of(&self, id: &AccountId) -> Result<Account, Error> {
        let record: AccountRecord = self.account(id).await?;
        Ok(Account {
            id: record.id,
            canonical_user_id: record.canonical_user_id,
        })
    }

    async fn user_signer(
        &self,
        account: Arc<Account>,
        user: &UserRecord,
        key: AccessKeyId,
        session: Option<Session>,
    ) -> Result<Signer, Error> {
        let permissions = self.user_permissions(user).await?;
        Ok(Signer {
            account,
            principal: user.principal(),
            key,
            session,
            tags: user.tags.clone(),
            permissions,
            arn: OnceLock::new(),
        })
    }

    async fn role_signer(
        &self,
        account: Arc<Account>,
        role: &RoleRecord,
        session_name: &str,
        key: AccessKeyId,
        session: Session,
    ) -> Result<Signer, Error> {
        let mut permissions = self.role_permissions(role).await?;
        permissions.session = self.session_policies(&session).await?;
        let mut tags = role.tags.clone();
        // The session's win over the role's.
        tags.overlay(session.tags.as_slice());
        Ok(Signer {
            account,
            principal: role.session_principal(session_name),
            key,
            session: Some(session),
            tags,
            permissions,
            arn: OnceLock::new(),
        })
    }

    async fn federated_signer(&self, maker: Signer, name: String, session: Session) -> Result<Signer, Error> {
        let mut permissions = maker.permissions;
        if maker.principal.is_root() {
            // Nothing bounds who made it; what it was given does.
            let everything = compile("the root user of the account", crate::aws_managed::EVERYTHING)?;
            permissions.identity.push(everything);
        }
        let policies = self.session_policies(&session).await?;
        permissions.session = Some(policies.unwrap_or_default());
        Ok(Signer {
            account: maker.account,
            principal: Principal::Federated {
                account: session.account.clone(),
                name,
                maker: Box::new(maker.principal),
            },
            key: maker.key,
            tags: session.tags.clone(),
            session: Some(session),
            permissions,
            arn: OnceLock::new(),
        })
    }

    /// What a user may: its own policies, its groups', and its boundary.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn user_permissions(&self, user: &UserRecord) -> Result<Permissions, Error> {
        let mut identity = self
            .holder_policies(&user.account, &user.arn(), &user.policies)
            .await?;
        for id in &user.groups {
            if let Some(group) = self.by_id::<GroupRecord>(id, IdKind::Group).await? {
                let arn = group.arn();
                identity.extend(
                    self.holder_policies(&group.account, &arn, &group.policies)
                        .await?,
                );
            }
        }
        Ok(Permissions {
            identity,
            boundary: self.boundary(&user.account, user.boundary.as_deref()).await?,
            session: None,
        })
    }

    /// What a role may: its policies, and its boundary.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn role_permissions(&self, role: &RoleRecord) -> Result<Permissions, Error> {
        Ok(Permissions {
            identity: self
                .holder_policies(&role.account, &role.arn(), &role.policies)
                .await?,
            boundary: self.boundary(&role.account, role.boundary.as_deref()).await?,
            session: None,
        })
    }

    /// What a group gives its members.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn group_permissions(&self, group: &GroupRecord) -> Result<Permissions, Error> {
        let arn = group.arn();
        let identity = self.holder_policies(&group.account, &arn, &group.policies);
        Ok(Permissions {
            identity: identity.await?,
            ..Permissions::default()
        })
    }

    async fn boundary(&self, account: &AccountId, arn: Option<&str>) -> Result<Option<SourcedPolicy>, Error> {
        match arn {
            Some(arn) => Ok(Some(self.managed(account, arn).await?)),
            None => Ok(None),
        }
    }

    /// The policies of a user, group or role.
    pub(crate) async fn holder_policies(
        &self,
        account: &AccountId,
        arn: &str,
        policies: &HolderPolicies,
    ) -> Result<Vec<SourcedPolicy>, Error> {
        let mut found = Vec::with_capacity(policies.inline.len() + policies.attached.len());
        for (name, document) in &policies.inline {
            found.push(compile(&format!("{arn} {name}"), document)?);
        }
        for attached in &policies.attached {
            found.push(self.managed(account, attached).await?);
        }
        Ok(found)
    }

    /// A managed policy, compiled. One that is not there allows nothing, and denies everything: it may have been
    /// a boundary.
    async fn managed(&self, account: &AccountId, arn: &str) -> Result<SourcedPolicy, Error> {
        match self.policy_document(account, arn).await? {
            Some(document) => compile(arn, &document),
            None => compile(arn, crate::aws_managed::NOTHING),
        }
    }

    async fn session_policies(&self, session: &Session) -> Result<Option<Vec<SourcedPolicy>>, Error> {
        let Some(policies) = &session.policies else {
            return Ok(None);
        };
        let mut found = Vec::with_capacity(policies.len());
        for policy in policies {
            found.push(match policy {
                SessionPolicy::Inline(document) => compile("the session's policy", document)?,
                SessionPolicy::Managed(arn) => self.managed(&session.account, arn).await?,
            });
        }
        Ok(Some(found))
    }
}

fn root_signer(account: Arc<Account>, key: AccessKeyId, session: Option<Session>) -> Signer {
    Signer {
        principal: Principal::Root {
            account: account.id.clone(),
        },
        account,
        key,
        session,
        tags: Tags::default(),
        permissions: Permissions::default(),
        arn: OnceLock::new(),
    }
}

/// Compiles what was checked when it was stored.
fn compile(source: &str, document: &str) -> Result<SourcedPolicy, Error> {
    let policy = Policy::parse(document, PolicyType::Identity).map_err(|error| {
        tracing::error!(source, %error, "a stored policy is none");
        Error::MalformedPolicy(error)
    })?;
    Ok(SourcedPolicy {
        source: source.to_owned(),
        policy: Arc::new(policy),
    })
}

impl UserRecord {
    /// As policies name it.
    pub fn principal(&self) -> Principal {
        Principal::User {
            account: self.account.clone(),
            path: self.path.to_string(),
            name: self.name.to_string(),
            id: self.id.to_string(),
        }
    }
}

impl RoleRecord {
    /// As policies name a session of it.
    pub fn session_principal(&self, session_name: &str) -> Principal {
        Principal::RoleSession {
            account: self.account.clone(),
            role_path: self.path.to_string(),
            role_name: self.name.to_string(),
            role_id: self.id.to_string(),
            session_name: session_name.to_owned(),
        }
    }
}

//! Sessions: temporary credentials, and the tokens that carry them.
//!
//! A session is in no row. Its token is all of it, sealed: who it is of, its secret key, how long it lasts and
//! what bounds it. So any process that has the master key knows a session without looking anything up, and
//! nobody else can make or read one. What a session may is not in the token but looked up with each request:
//! a role whose policies change, or a user that is deleted, changes what their sessions may at once.

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cairn_types::{AccessKeyId, AccountId, SecretAccessKey, Timestamp};
use serde::{Deserialize, Serialize};

use crate::rows::{self, Noun};
use crate::seal::Purpose;
use crate::tags::Tags;
use crate::{Error, Identity, RoleRecord, UniqueId};

/// Of whom a session is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionSubject {
    /// An account's root user (GetSessionToken).
    Root,
    /// A user (GetSessionToken).
    User(UniqueId),
    /// A role (AssumeRole and its kin).
    Role {
        /// The role.
        id: UniqueId,
        /// The session's name.
        session_name: String,
        /// Whether who assumed it was a role session: then this one lasts an hour at most.
        chained: bool,
    },
    /// A federated user (GetFederationToken).
    Federated {
        /// Its name.
        name: String,
        /// The user who made it; `None` is the root user.
        maker: Option<UniqueId>,
    },
}

/// A policy that bounds a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionPolicy {
    /// A document, given with the request.
    Inline(String),
    /// A managed policy, by ARN: as it is when it is asked.
    Managed(String),
}

/// What a session is, beside its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The account it is of.
    pub account: AccountId,
    /// Of whom it is.
    pub subject: SessionSubject,
    /// When it was made: `aws:TokenIssueTime`.
    pub issued: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// When an MFA code was given for it: `aws:MultiFactorAuthPresent` and `aws:MultiFactorAuthAge`.
    pub mfa: Option<Timestamp>,
    /// The policies that bound it; `None` where none were given.
    pub policies: Option<Vec<SessionPolicy>>,
    /// The session's own tags.
    pub tags: Tags,
    /// Those keys of [`Self::tags`] that go with it into the next role.
    pub transitive_tag_keys: Vec<String>,
    /// `sts:SourceIdentity`.
    pub source_identity: Option<String>,
    /// `aws:FederatedProvider`: the ARN of the OpenID Connect provider that vouched for whoever assumed the role.
    pub provider: Option<String>,
}

/// Temporary credentials, new.
#[derive(Debug, Clone)]
pub struct SessionCredentials {
    /// `ASIA…`
    pub access_key_id: AccessKeyId,
    /// The secret.
    pub secret_access_key: SecretAccessKey,
    /// The token that must come with each request.
    pub token: String,
    /// When they end.
    pub expires: Timestamp,
}

/// What a token holds.
#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    secret: String,
    session: Session,
}

/// The form of a token's contents.
const FORM: u8 = 1;

/// Longest token in characters that is made, and read: it must fit into the 8 KiB of a request's headers
/// together with all others.
pub const SESSION_TOKEN_CHARS_MAX: usize = 4096;

/// Most bytes of a session's policies and tags, as they are written into its token: with all else at its longest
/// the token then has no more than [`SESSION_TOKEN_CHARS_MAX`] characters. 100 % of `PackedPolicySize`.
pub const SESSION_PACKED_BYTES_MAX: usize = 2400;

impl Session {
    /// How much of [`SESSION_PACKED_BYTES_MAX`] the policies and tags take, in bytes.
    pub fn packed_bytes(&self) -> usize {
        let packed = (&self.policies, &self.tags, &self.transitive_tag_keys);
        postcard::to_stdvec(&packed).map_or(usize::MAX, |bytes| bytes.len())
    }
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidToken {
    /// It is none of ours, or not of this access key.
    NotOurs,
    /// It has ended.
    Expired,
}

impl Identity {
    /// The role that has exactly this ARN.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn role_by_arn(&self, account: &AccountId, arn: &str) -> Result<Option<RoleRecord>, Error> {
        let name = arn.rsplit('/').next().unwrap_or_default();
        let found: Option<RoleRecord> = self.get(&rows::named(Noun::Role, account, name)).await?;
        Ok(found.filter(|role| role.arn() == arn))
    }

    /// Makes temporary credentials for a session.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] where the token would have more than [`SESSION_TOKEN_CHARS_MAX`] characters:
    /// policies and tags are too long together.
    pub fn issue_session(&self, session: Session) -> Result<SessionCredentials, Error> {
        let id = AccessKeyId::generate_temporary(&session.account);
        let secret = SecretAccessKey::generate();
        let expires = session.expires;
        let contents = Contents {
            secret: secret.expose().to_owned(),
            session,
        };
        let text = postcard::to_extend(&contents, vec![FORM])
            .map_err(|_| Error::InvalidInput("a session that cannot be written".to_owned()))?;
        let sealed = self
            .inner
            .sealer
            .seal(Purpose::SessionToken, id.as_str().as_bytes(), &text)?;
        let token = STANDARD.encode(sealed);
        if token.len() > SESSION_TOKEN_CHARS_MAX {
            return Err(Error::InvalidInput(
                "the session's policies and tags are too long together".to_owned(),
            ));
        }
        Ok(SessionCredentials {
            access_key_id: id,
            secret_access_key: secret,
            token,
            expires,
        })
    }

    /// The session and the secret of a token, if it is of this access key and has not ended.
    pub(crate) fn open_token(
        &self,
        id: &str,
        token: &str,
    ) -> Result<(SecretAccessKey, Session), InvalidToken> {
        if token.len() > SESSION_TOKEN_CHARS_MAX {
            return Err(InvalidToken::NotOurs);
        }
        let sealed = STANDARD.decode(token).map_err(|_| InvalidToken::NotOurs)?;
        let text = self
            .inner
            .sealer
            .open(Purpose::SessionToken, id.as_bytes(), &sealed)
            .map_err(|_| InvalidToken::NotOurs)?;
        let contents: Option<Contents> = match text.split_first() {
            Some((&FORM, rest)) => postcard::from_bytes(rest).ok(),
            _ => None,
        };
        let contents = contents.ok_or(InvalidToken::NotOurs)?;
        let secret = SecretAccessKey::parse(&contents.secret).map_err(|_| InvalidToken::NotOurs)?;
        if contents.session.expires <= self.inner.clock.now() {
            return Err(InvalidToken::Expired);
        }
        Ok((secret, contents.session))
    }
}

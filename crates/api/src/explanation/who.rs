//! Who asks a question that nobody asked: named by an ARN, looked up as a credential would be.

use cairn_identity::{Caller, Error, SessionPolicy, SessionSubject, UniqueId};
use cairn_policy::Principal;
use cairn_types::{AccountId, Arn};

use super::ExplainError;
use crate::{AccessQuestion, Api, FactQuestion};

/// What a session is called that nobody named.
const SESSION_NAME: &str = "session";

/// Who asks: a caller with its policies, and the principal of the question, which of a web identity is not the
/// caller's.
pub(super) struct Party {
    pub(super) caller: Caller,
    pub(super) principal: Principal,
}

impl From<Caller> for Party {
    fn from(caller: Caller) -> Self {
        Self {
            principal: caller.principal().clone(),
            caller,
        }
    }
}

/// A principal's ARN, read.
enum Named<'a> {
    Root,
    User(&'a str),
    Role(&'a str),
    RoleSession { role: &'a str, session: &'a str },
    Federated(&'a str),
}

impl<'a> Named<'a> {
    fn read(text: &'a str) -> Result<(AccountId, Self), ExplainError> {
        let wrong = || {
            ExplainError::Usage(format!(
                "{text:?} names no principal: it is anonymous, 12 digits, or an ARN such as \
                 arn:aws:iam::111122223333:root, arn:aws:iam::111122223333:user/NAME, \
                 arn:aws:iam::111122223333:role/NAME, arn:aws:sts::111122223333:assumed-role/ROLE/SESSION or \
                 arn:aws:sts::111122223333:federated-user/NAME"
            ))
        };
        if let Ok(account) = AccountId::parse(text) {
            return Ok((account, Self::Root));
        }
        let [_, _, service, _, account, resource] = Arn::parse(text)
            .ok()
            .and_then(|_| Arn::split(text))
            .ok_or_else(wrong)?;
        let account = AccountId::parse(account).map_err(|_| wrong())?;
        let (noun, rest) = resource.split_once('/').unwrap_or((resource, ""));
        let named = match (service, noun, rest.is_empty()) {
            ("iam", "root", true) => Self::Root,
            ("iam", "user", false) => Self::User(text),
            ("iam", "role", false) => Self::Role(text),
            ("sts", "federated-user", false) => Self::Federated(rest),
            ("sts", "assumed-role", false) => match rest.split_once('/') {
                Some((role, session)) if !session.is_empty() => Self::RoleSession { role, session },
                _ => return Err(wrong()),
            },
            _ => return Err(wrong()),
        };
        Ok((account, named))
    }
}

impl Api {
    /// Who a question names.
    ///
    /// # Errors
    /// [`ExplainError::NotKnown`] where there is nobody of that name.
    pub(super) async fn named(&self, question: &AccessQuestion) -> Result<Party, ExplainError> {
        if question.principal == "anonymous" || question.principal == "*" {
            return Ok(Caller::Anonymous.into());
        }
        let (account, named) = Named::read(&question.principal)?;
        let takes_policies = !matches!(named, Named::Root | Named::User(_));
        let policies = question.session_policy.clone();
        if policies.is_some() && !takes_policies {
            return Err(ExplainError::Usage(
                "session policies are for sessions: of a role, or of a federated user".to_owned(),
            ));
        }
        let policies = policies.map(|document| vec![SessionPolicy::Inline(document)]);
        let nobody = || ExplainError::NotKnown(format!("there is no {}", question.principal));
        let subject = match named {
            Named::Root => SessionSubject::Root,
            Named::User(arn) => SessionSubject::User(self.user_of(&account, arn).await?.ok_or_else(nobody)?),
            Named::Role(arn) => {
                let role = self.identity.role_by_arn(&account, arn).await.map_err(failed)?;
                SessionSubject::Role {
                    id: role.ok_or_else(nobody)?.id,
                    session_name: question
                        .session_name
                        .as_deref()
                        .unwrap_or(SESSION_NAME)
                        .to_owned(),
                    chained: false,
                }
            }
            Named::RoleSession { role, session } => {
                let role = there(self.identity.role(&account, role).await)?;
                SessionSubject::Role {
                    id: role.ok_or_else(nobody)?.id,
                    session_name: session.to_owned(),
                    chained: false,
                }
            }
            Named::Federated(name) => SessionSubject::Federated {
                name: name.to_owned(),
                maker: self.maker(&account, question.made_by.as_deref()).await?,
            },
        };
        let signer = self.identity.signer_of(&account, subject, policies).await;
        match signer {
            Ok(Some(signer)) => Ok(Caller::Signer(signer).into()),
            Ok(None) | Err(Error::NoSuchEntity(..)) => Err(nobody()),
            Err(Error::MalformedPolicy(error)) if question.session_policy.is_some() => {
                Err(ExplainError::Usage(format!("the session policy: {error}")))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Who asked a question of the journal, as they are now.
    ///
    /// # Errors
    /// [`ExplainError::NotKnown`] where they are gone.
    pub(super) async fn again(&self, question: &FactQuestion) -> Result<Party, ExplainError> {
        let principal = &question.principal;
        let gone = || ExplainError::NotKnown(format!("{} is gone", principal.arn()));
        let id = |id: &str| UniqueId::parse(id).ok_or_else(gone);
        let subject = match principal {
            Principal::Anonymous => return Ok(Caller::Anonymous.into()),
            Principal::WebIdentity { .. } => {
                return Ok(Party {
                    caller: Caller::Anonymous,
                    principal: principal.clone(),
                });
            }
            Principal::Root { .. } => SessionSubject::Root,
            Principal::User { id: of, .. } => SessionSubject::User(id(of)?),
            Principal::RoleSession {
                role_id,
                session_name,
                ..
            } => SessionSubject::Role {
                id: id(role_id)?,
                session_name: session_name.clone(),
                chained: false,
            },
            Principal::Federated { name, maker, .. } => SessionSubject::Federated {
                name: name.clone(),
                maker: match &**maker {
                    Principal::User { id: of, .. } => Some(id(of)?),
                    _ => None,
                },
            },
        };
        let account = principal.account().ok_or_else(gone)?;
        let policies = question.session_policies.clone();
        match self.identity.signer_of(account, subject, policies).await {
            Ok(Some(signer)) => Ok(Caller::Signer(signer).into()),
            Ok(None) | Err(Error::NoSuchEntity(..)) => Err(gone()),
            Err(error) => Err(failed(error)),
        }
    }

    async fn user_of(&self, account: &AccountId, arn: &str) -> Result<Option<UniqueId>, ExplainError> {
        let name = arn.rsplit('/').next().unwrap_or_default();
        let user = there(self.identity.user(account, name).await)?;
        Ok(user.filter(|user| user.arn() == arn).map(|user| user.id))
    }

    /// Who made a federated user: its account's root user where nobody is named.
    async fn maker(&self, account: &AccountId, arn: Option<&str>) -> Result<Option<UniqueId>, ExplainError> {
        let Some(arn) = arn else {
            return Ok(None);
        };
        match Named::read(arn)? {
            (of, Named::Root) if of == *account => Ok(None),
            (of, Named::User(user)) if of == *account => match self.user_of(account, user).await? {
                Some(id) => Ok(Some(id)),
                None => Err(ExplainError::NotKnown(format!("there is no {arn}"))),
            },
            _ => Err(ExplainError::Usage(format!(
                "{arn} cannot have made it: federated users are made by a user or the root user of their account"
            ))),
        }
    }
}

fn there<T>(found: Result<T, Error>) -> Result<Option<T>, ExplainError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::NoSuchEntity(..)) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

pub(super) fn failed(error: Error) -> ExplainError {
    ExplainError::Failed(error.to_string())
}

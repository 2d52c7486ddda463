//! The condition keys that follow from the resource of a request: its tags, and the boundary it has.
//!
//! They are set for every operation by the resource it names, so that none forgets them: a delegated
//! administrator is held to `iam:ResourceTag` whatever it tries.

use cairn_identity::{Error, Identity, Tags};
use cairn_policy::Context;
use cairn_types::{AccountId, Arn};

use crate::services::query::QueryError;

/// Actions on a user or role whose present boundary is `iam:PermissionsBoundary`. Those that bring a boundary set
/// the key themselves, to the one they bring. From Amazon's Service Authorization Reference [believed].
const BOUNDARY_ACTIONS: &[&str] = &[
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DeleteUserPermissionsBoundary",
    "iam:DeleteUserPolicy",
    "iam:DetachRolePolicy",
    "iam:DetachUserPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
];

/// Sets `aws:ResourceTag/KEY`, `iam:ResourceTag/KEY` and `iam:PermissionsBoundary` for a user, role or policy of
/// `account`, which is the caller's.
///
/// # Errors
/// `ServiceFailure`.
pub(crate) async fn set_resource_keys(
    identity: &Identity,
    account: Option<&AccountId>,
    action: &str,
    resource: &str,
    context: &mut Context<'_>,
) -> Result<(), QueryError> {
    let Some((tags, boundary)) = facts(identity, account, resource).await? else {
        return Ok(());
    };
    for tag in tags.as_slice() {
        for service in ["aws", "iam"] {
            context.set(format!("{service}:ResourceTag/{}", tag.key), tag.value.clone());
        }
    }
    if let Some(boundary) = boundary.filter(|_| BOUNDARY_ACTIONS.contains(&action)) {
        context.set("iam:PermissionsBoundary", boundary);
    }
    Ok(())
}

/// Tags and boundary of what an ARN names.
async fn facts(
    identity: &Identity,
    account: Option<&AccountId>,
    resource: &str,
) -> Result<Option<(Tags, Option<String>)>, QueryError> {
    let Some(account) = account else {
        return Ok(None);
    };
    let Ok(arn) = Arn::parse(resource) else {
        return Ok(None);
    };
    if arn.service() != "iam" || arn.account() != account.as_str() {
        return Ok(None);
    }
    let (noun, rest) = arn.resource().split_once('/').unwrap_or_default();
    let name = rest.rsplit('/').next().unwrap_or_default();
    let found = match noun {
        "user" => {
            let user = identity.user(account, name).await;
            user.map(|user| (user.arn(), user.tags, user.boundary))
        }
        "role" => {
            let role = identity.role(account, name).await;
            role.map(|role| (role.arn(), role.tags, role.boundary))
        }
        "policy" => {
            let policy = identity.customer_policy(account, resource).await;
            policy.map(|policy| (policy.arn(), policy.tags, None))
        }
        "oidc-provider" => {
            let provider = identity.oidc_provider(account, resource).await;
            provider.map(|provider| (provider.arn(), provider.tags, None))
        }
        _ => return Ok(None),
    };
    match found {
        Ok((found, tags, boundary)) if found == resource => Ok(Some((tags, boundary))),
        Ok(_) | Err(Error::NoSuchEntity(..)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

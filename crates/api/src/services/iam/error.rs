//! The words of IAM for the facts of `cairn-identity`: the one place where they become errors (facts/05 §3).

use std::borrow::Cow;

use cairn_identity::{Dependent, Entity, Error, Quota};

use crate::services::query::error::ACCESS_DENIED;
use crate::services::query::{QueryError, QueryErrorKind};

const CONCURRENT_MODIFICATION: QueryErrorKind = QueryErrorKind::new("ConcurrentModification", 409);
const DELETE_CONFLICT: QueryErrorKind = QueryErrorKind::new("DeleteConflict", 409);
const ENTITY_ALREADY_EXISTS: QueryErrorKind = QueryErrorKind::new("EntityAlreadyExists", 409);
const INVALID_AUTHENTICATION_CODE: QueryErrorKind = QueryErrorKind::new("InvalidAuthenticationCode", 403);
const INVALID_INPUT: QueryErrorKind = QueryErrorKind::new("InvalidInput", 400);
const INVALID_USER_TYPE: QueryErrorKind = QueryErrorKind::new("InvalidUserType", 400);
const LIMIT_EXCEEDED: QueryErrorKind = QueryErrorKind::new("LimitExceeded", 409);
const MALFORMED_POLICY_DOCUMENT: QueryErrorKind = QueryErrorKind::new("MalformedPolicyDocument", 400);
const NO_SUCH_ENTITY: QueryErrorKind = QueryErrorKind::new("NoSuchEntity", 404);
const PASSWORD_POLICY_VIOLATION: QueryErrorKind = QueryErrorKind::new("PasswordPolicyViolation", 400);
const SERVICE_FAILURE: QueryErrorKind = QueryErrorKind::new("ServiceFailure", 500);
const UNMODIFIABLE_ENTITY: QueryErrorKind = QueryErrorKind::new("UnmodifiableEntity", 400);

/// A parameter has a value that it cannot have here.
pub(super) fn invalid_input(message: impl Into<Cow<'static, str>>) -> QueryError {
    QueryError::new(INVALID_INPUT, message)
}

impl From<Error> for QueryError {
    fn from(error: Error) -> Self {
        match error {
            Error::NoSuchEntity(entity, name) => Self::new(NO_SUCH_ENTITY, no_such(entity, &name)),
            Error::EntityAlreadyExists(entity, name) => {
                Self::new(ENTITY_ALREADY_EXISTS, already_exists(entity, &name))
            }
            Error::DeleteConflict(dependent) => Self::new(DELETE_CONFLICT, delete_conflict(dependent)),
            Error::LimitExceeded(quota, most) => Self::new(LIMIT_EXCEEDED, limit_exceeded(quota, most)),
            Error::MalformedPolicy(error) => Self::new(MALFORMED_POLICY_DOCUMENT, error.iam_message()),
            Error::PolicyNotAttachable(_) => {
                Self::new(NO_SUCH_ENTITY, "Policy ARN does not exist or is not attachable.")
            }
            Error::InvalidAuthenticationCode => Self::new(
                INVALID_AUTHENTICATION_CODE,
                "Authentication code for device is not valid",
            ),
            // Believed; not in facts/05.
            Error::WrongPassword => Self::new(ACCESS_DENIED, "The old password was incorrect."),
            Error::PasswordPolicyViolation(message) => Self::new(PASSWORD_POLICY_VIOLATION, message),
            Error::InvalidUserType(message) => Self::new(INVALID_USER_TYPE, message),
            Error::Unmodifiable(entity, name) => Self::new(
                UNMODIFIABLE_ENTITY,
                format!("The {entity} {name} is not yours to change."),
            ),
            Error::InvalidInput(message) => Self::new(INVALID_INPUT, message),
            Error::Busy => Self::new(
                CONCURRENT_MODIFICATION,
                "The request was rejected because multiple requests to change this object were submitted \
                 simultaneously. Wait a few minutes and submit your request again.",
            ),
            error => {
                tracing::error!(%error, "a request failed in the store of identities");
                Self::new(
                    SERVICE_FAILURE,
                    "The request processing has failed because of an unknown error, exception or failure.",
                )
            }
        }
    }
}

fn no_such(entity: Entity, name: &str) -> String {
    match entity {
        Entity::User | Entity::Role | Entity::Group => {
            format!("The {entity} with name {name} cannot be found.")
        }
        Entity::AccessKey => format!("The Access Key with id {name} cannot be found."),
        Entity::Policy => "Policy ARN was not found.".to_owned(),
        Entity::PolicyVersion => format!("Policy version {name} was not found."),
        Entity::InlinePolicy => format!("The policy with name {name} cannot be found."),
        Entity::MfaDevice => format!("VirtualMFADevice with serial number {name} doesn't exist."),
        Entity::LoginProfile => format!("Login Profile for User {name} cannot be found."),
        Entity::PasswordPolicy => {
            format!("The Password Policy with domain name {name} cannot be found.")
        }
        Entity::OidcProvider => format!("OpenIDConnect Provider not found for arn {name}"),
        Entity::AccountAlias => format!("The account alias {name} cannot be found."),
        Entity::Account | Entity::PermissionsBoundary => format!("The {entity} {name} cannot be found."),
    }
}

fn already_exists(entity: Entity, name: &str) -> String {
    match entity {
        Entity::User | Entity::Role | Entity::Group => {
            let (first, rest) = match entity {
                Entity::User => ("User", name),
                Entity::Role => ("Role", name),
                _ => ("Group", name),
            };
            format!("{first} with name {rest} already exists.")
        }
        Entity::Policy => format!("A policy called {name} already exists. Duplicate names are not allowed."),
        Entity::MfaDevice => format!("MFADevice entity at the same path and name already exists: {name}"),
        Entity::LoginProfile => format!("Login Profile for user {name} already exists."),
        Entity::OidcProvider => format!("Provider with url {name} already exists."),
        Entity::AccountAlias => format!("The account alias {name} already exists."),
        _ => format!("The {entity} {name} already exists."),
    }
}

fn delete_conflict(dependent: Dependent) -> &'static str {
    match dependent {
        Dependent::Policies => "Cannot delete entity, must delete policies first.",
        Dependent::AttachedPolicies => "Cannot delete entity, must detach all policies first.",
        Dependent::Users => "Cannot delete entity, must remove users from group first.",
        Dependent::AccessKeys => "Cannot delete entity, must delete access keys first.",
        Dependent::LoginProfile => "Cannot delete entity, must delete login profile first.",
        Dependent::MfaDevices => "Cannot delete entity, must delete MFA device first.",
        Dependent::Groups => "Cannot delete entity, must remove referenced objects first.",
        Dependent::Attachments => "Cannot delete a policy attached to entities.",
        Dependent::Versions => {
            "This policy has more than one version. Before you delete a policy, you must \
                                delete the policy's versions. The default version is deleted with the policy."
        }
        Dependent::DefaultVersion => "Cannot delete the default version of a policy.",
        Dependent::Enabled => "Cannot delete a MFA device that is enabled for a user: deactivate it first.",
    }
}

fn limit_exceeded(quota: Quota, most: usize) -> String {
    let name = match quota {
        Quota::VersionsPerPolicy => {
            return format!(
                "A managed policy can have up to {most} versions. Before you create a new version, you must \
                 delete an existing version."
            );
        }
        Quota::AccessKeysPerUser => "AccessKeysPerUser",
        Quota::GroupsPerUser => "GroupsPerUser",
        Quota::Users => "UsersPerAccount",
        Quota::Groups => "GroupsPerAccount",
        Quota::Roles => "RolesPerAccount",
        Quota::Policies => "PoliciesPerAccount",
        Quota::AttachedPoliciesPerUser => "PoliciesPerUser",
        Quota::AttachedPoliciesPerGroup => "PoliciesPerGroup",
        Quota::AttachedPoliciesPerRole => "PoliciesPerRole",
        Quota::InlinePolicyBytesPerUser => {
            return format!("Maximum policy size of {most} bytes exceeded for user");
        }
        Quota::InlinePolicyBytesPerGroup => {
            return format!("Maximum policy size of {most} bytes exceeded for group");
        }
        Quota::InlinePolicyBytesPerRole => {
            return format!("Maximum policy size of {most} bytes exceeded for role");
        }
        Quota::PolicyBytes => "PolicySize",
        Quota::TrustPolicyBytes => "ACLSizePerRole",
        Quota::Tags => "TagsPerEntity",
        Quota::MfaDevicesPerUser => "MFADevicesPerUser",
        Quota::VirtualMfaDevices => "VirtualMFADevicesPerAccount",
        Quota::AccountAliases => "AccountAliasesPerAccount",
        Quota::OidcProviders => "OpenIdConnectProvidersPerAccount",
        Quota::ClientIdsPerProvider => "ClientIdsPerOpenIdConnectProvider",
    };
    format!("Cannot exceed quota for {name}: {most}")
}

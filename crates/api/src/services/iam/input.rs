//! What several operations read alike.

use cairn_identity::{Error, KeyOwner, Page};
use cairn_policy::{Context, Principal};
use cairn_types::{Arn, Tag};

use crate::services::query::parameters::{ARN, Text};
use crate::services::query::{Parameters, QueryCall, QueryError};

/// Most characters of the name of a user or role (facts/05 §3).
pub(super) const USER_NAME_CHARS_MAX: usize = 64;
/// Most characters of the name of a user in requests about what it has (the model's `existingUserNameType`), and of
/// a group or policy.
pub(super) const NAME_CHARS_MAX: usize = 128;

/// `Marker` and `MaxItems` of a list (facts/05 §1).
pub(super) struct Paging {
    /// After what the page starts.
    pub(super) after: Option<String>,
    /// Most items of the page.
    pub(super) limit: usize,
}

impl Paging {
    /// The default of `MaxItems`.
    const ITEMS_DEFAULT: u32 = 100;

    /// Reads them.
    pub(super) fn read(parameters: &mut Parameters) -> Option<Self> {
        let marker = parameters.optional("Marker", &Text::of(1, 2048));
        let items = parameters.integer("MaxItems", 1, 1000);
        Some(Self {
            after: marker?,
            limit: usize::try_from(items?.unwrap_or(Self::ITEMS_DEFAULT)).ok()?,
        })
    }

    /// The page of a short list in the order of `name`.
    pub(super) fn page<T>(&self, sorted: Vec<T>, name: impl Fn(&T) -> &str) -> Page<T> {
        Page::of_sorted(sorted, self.after.as_deref(), self.limit, name)
    }
}

/// Whose keys, devices or password are meant: the named user's, or the caller's own (facts/05 §3).
///
/// # Errors
/// `ValidationError` where none is named and the caller is neither a user nor a root user.
pub(super) fn key_owner(call: &QueryCall, name: Option<&str>) -> Result<KeyOwner, QueryError> {
    if let Some(name) = name {
        return Ok(KeyOwner::User(name.to_owned()));
    }
    match call.caller.principal() {
        Principal::User { name, .. } => Ok(KeyOwner::User(name.clone())),
        Principal::Root { .. } => Ok(KeyOwner::Root),
        _ => Err(QueryError::validation(
            "Must specify userName when calling with non-User credentials",
        )),
    }
}

/// The ARN of a user by name, for policies: with its path where there is such a user. Who asks about a user that
/// is not there is held to the ARN it would have without a path.
///
/// # Errors
/// `ServiceFailure`.
pub(super) async fn user_arn(call: &QueryCall, name: &str) -> Result<String, QueryError> {
    match call.identity().user(call.account()?, name).await {
        Ok(user) => Ok(user.arn()),
        Err(Error::NoSuchEntity(..)) => call.arn(&format!("user/{name}")),
        Err(error) => Err(error.into()),
    }
}

/// The ARN of a role by name, as [`user_arn`].
///
/// # Errors
/// `ServiceFailure`.
pub(super) async fn role_arn(call: &QueryCall, name: &str) -> Result<String, QueryError> {
    match call.identity().role(call.account()?, name).await {
        Ok(role) => Ok(role.arn()),
        Err(Error::NoSuchEntity(..)) => call.arn(&format!("role/{name}")),
        Err(error) => Err(error.into()),
    }
}

/// The ARN of a group by name, as [`user_arn`].
///
/// # Errors
/// `ServiceFailure`.
pub(super) async fn group_arn(call: &QueryCall, name: &str) -> Result<String, QueryError> {
    match call.identity().group(call.account()?, name).await {
        Ok(group) => Ok(group.arn()),
        Err(Error::NoSuchEntity(..)) => call.arn(&format!("group/{name}")),
        Err(error) => Err(error.into()),
    }
}

/// `PolicyArn`, by its length.
pub(super) fn policy_arn(parameters: &mut Parameters) -> Option<String> {
    parameters.required("PolicyArn", &ARN)
}

/// Whether a text that stands for an ARN is one.
///
/// # Errors
/// `ValidationError` (facts/05 §3).
pub(super) fn check_arn(text: &str) -> Result<(), QueryError> {
    match Arn::parse(text) {
        Ok(_) => Ok(()),
        Err(_) => Err(QueryError::validation("Invalid ARN:  Could not be parsed!")),
    }
}

/// The ARN of whoever's keys or devices are meant.
///
/// # Errors
/// As [`user_arn`].
pub(super) async fn owner_arn(call: &QueryCall, owner: &KeyOwner) -> Result<String, QueryError> {
    match owner {
        KeyOwner::User(name) => user_arn(call, name).await,
        KeyOwner::Root => call.arn("root"),
    }
}

/// `aws:RequestTag/KEY` and `aws:TagKeys`, of the tags that a request brings.
pub(super) fn tag_conditions<'a>(tags: &'a [Tag], context: &mut Context<'a>) {
    if tags.is_empty() {
        return;
    }
    for tag in tags {
        context.set(format!("aws:RequestTag/{}", tag.key), tag.value.as_str());
    }
    context.set_many("aws:TagKeys", tags.iter().map(|tag| tag.key.as_str()));
}

/// `aws:TagKeys`, of the tags that a request takes away.
pub(super) fn tag_key_conditions<'a>(keys: &'a [String], context: &mut Context<'a>) {
    if !keys.is_empty() {
        context.set_many("aws:TagKeys", keys.iter().map(String::as_str));
    }
}

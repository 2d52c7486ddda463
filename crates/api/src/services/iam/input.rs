//! What several operations read alike.

use cairn_identity::{Error, KeyOwner};
use cairn_policy::{Context, Principal};
use cairn_types::Tag;

use crate::services::query::parameters::Text;
use crate::services::query::{Parameters, QueryCall, QueryError};

/// Most characters of the name of a user or role (facts/05 §3).
pub(super) const USER_NAME_CHARS_MAX: usize = 64;

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

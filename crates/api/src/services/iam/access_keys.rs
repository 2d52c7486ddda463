//! CreateAccessKey, UpdateAccessKey, DeleteAccessKey, ListAccessKeys, GetAccessKeyLastUsed.

use cairn_identity::{
    AccessKeyRecord, Entity, Error, Holder, Issued, KeyOwner, LastUse, Name, Status, UserRecord,
};
use cairn_protocol::xml::Writer;
use cairn_types::AccessKeyId;

use super::input::{NAME_CHARS_MAX, Paging, key_owner, owner_arn};
use crate::services::query::parameters::Text;
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

fn is_key_id(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The id of an access key in a request.
const KEY_ID: Text = Text::of(16, 128).matching(r"[\w]+", is_key_id);

/// An id that was checked against [`KEY_ID`].
fn key_id(parameters: &mut Parameters) -> Option<AccessKeyId> {
    AccessKeyId::parse(&parameters.required("AccessKeyId", &KEY_ID)?).ok()
}

fn owner(call: &QueryCall, name: Option<&Name>) -> Result<KeyOwner, QueryError> {
    key_owner(call, name.map(Name::as_str))
}

fn owner_name(owner: &KeyOwner) -> Option<&str> {
    match owner {
        KeyOwner::User(name) => Some(name),
        KeyOwner::Root => None,
    }
}

pub(super) struct CreateAccessKey;

impl QueryOperation for CreateAccessKey {
    const NAME: &'static str = "CreateAccessKey";
    const ACTION: &'static str = "iam:CreateAccessKey";

    type Input = Option<Name>;
    type Output = (KeyOwner, Issued);

    fn parse(parameters: &mut Parameters) -> Option<Option<Name>> {
        parameters.optional_name("UserName", NAME_CHARS_MAX)
    }

    async fn resource(call: &QueryCall, name: &Option<Name>) -> Result<String, QueryError> {
        owner_arn(call, &owner(call, name.as_ref())?).await
    }

    async fn execute(call: &QueryCall, name: Option<Name>) -> Result<(KeyOwner, Issued), QueryError> {
        let owner = owner(call, name.as_ref())?;
        let issued = call.identity().create_access_key(call.account()?, &owner).await?;
        Ok((owner, issued))
    }

    fn write((owner, issued): &(KeyOwner, Issued), result: &mut Writer) {
        result.nested("AccessKey", |key| {
            key.optional("UserName", owner_name(owner))
                .element("AccessKeyId", &issued.record.id)
                .element("Status", issued.record.status.as_str())
                .element("SecretAccessKey", issued.secret.expose())
                .element("CreateDate", issued.record.created.iso8601());
        });
    }
}

pub(super) struct UpdateAccessKey;

pub(super) struct Update {
    name: Option<Name>,
    key: AccessKeyId,
    status: Status,
}

impl QueryOperation for UpdateAccessKey {
    const NAME: &'static str = "UpdateAccessKey";
    const ACTION: &'static str = "iam:UpdateAccessKey";

    type Input = Update;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Update> {
        let name = parameters.optional_name("UserName", NAME_CHARS_MAX);
        let key = key_id(parameters);
        let words = [("Active", Status::Active), ("Inactive", Status::Inactive)];
        let status = parameters.choice("Status", &words);
        if status == Some(None) {
            parameters.violate("Status", None, "Member must not be null");
        }
        Some(Update {
            name: name?,
            key: key?,
            status: status??,
        })
    }

    async fn resource(call: &QueryCall, input: &Update) -> Result<String, QueryError> {
        owner_arn(call, &owner(call, input.name.as_ref())?).await
    }

    async fn execute(call: &QueryCall, input: Update) -> Result<(), QueryError> {
        let owner = owner(call, input.name.as_ref())?;
        let changed =
            call.identity()
                .set_access_key_status(call.account()?, &owner, &input.key, input.status);
        Ok(changed.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct DeleteAccessKey;

impl QueryOperation for DeleteAccessKey {
    const NAME: &'static str = "DeleteAccessKey";
    const ACTION: &'static str = "iam:DeleteAccessKey";

    type Input = (Option<Name>, AccessKeyId);
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Self::Input> {
        let name = parameters.optional_name("UserName", NAME_CHARS_MAX);
        let key = key_id(parameters);
        Some((name?, key?))
    }

    async fn resource(call: &QueryCall, (name, _): &Self::Input) -> Result<String, QueryError> {
        owner_arn(call, &owner(call, name.as_ref())?).await
    }

    async fn execute(call: &QueryCall, (name, key): Self::Input) -> Result<(), QueryError> {
        let owner = owner(call, name.as_ref())?;
        Ok(call
            .identity()
            .delete_access_key(call.account()?, &owner, &key)
            .await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct ListAccessKeys;

impl QueryOperation for ListAccessKeys {
    const NAME: &'static str = "ListAccessKeys";
    const ACTION: &'static str = "iam:ListAccessKeys";

    type Input = Option<Name>;
    type Output = (KeyOwner, Vec<AccessKeyRecord>);

    fn parse(parameters: &mut Parameters) -> Option<Option<Name>> {
        let name = parameters.optional_name("UserName", NAME_CHARS_MAX);
        // There are two keys at most, so every list is one page.
        Paging::read(parameters)?;
        name
    }

    async fn resource(call: &QueryCall, name: &Option<Name>) -> Result<String, QueryError> {
        owner_arn(call, &owner(call, name.as_ref())?).await
    }

    async fn execute(call: &QueryCall, name: Option<Name>) -> Result<Self::Output, QueryError> {
        let owner = owner(call, name.as_ref())?;
        let keys = call.identity().access_keys(call.account()?, &owner).await?;
        Ok((owner, keys))
    }

    fn write((owner, keys): &Self::Output, result: &mut Writer) {
        result.nested("AccessKeyMetadata", |list| {
            for key in keys {
                list.nested("member", |member| {
                    member
                        .optional("UserName", owner_name(owner))
                        .element("AccessKeyId", &key.id)
                        .element("Status", key.status.as_str())
                        .element("CreateDate", key.created.iso8601());
                });
            }
        });
        result.element("IsTruncated", false);
    }
}

pub(super) struct GetAccessKeyLastUsed;

impl QueryOperation for GetAccessKeyLastUsed {
    const NAME: &'static str = "GetAccessKeyLastUsed";
    const ACTION: &'static str = "iam:GetAccessKeyLastUsed";

    type Input = AccessKeyId;
    type Output = (Option<UserRecord>, Option<LastUse>);

    fn parse(parameters: &mut Parameters) -> Option<AccessKeyId> {
        key_id(parameters)
    }

    async fn resource(_: &QueryCall, _: &AccessKeyId) -> Result<String, QueryError> {
        Ok("*".to_owned())
    }

    async fn execute(call: &QueryCall, key: AccessKeyId) -> Result<Self::Output, QueryError> {
        let identity = call.identity();
        let found = identity.access_key(&key).await?;
        // Of another account's key nothing is told, not even that there is one.
        let found = match found {
            Some(found) if found.account == *call.account()? => found,
            _ => return Err(Error::NoSuchEntity(Entity::AccessKey, key.to_string()).into()),
        };
        let user = match &found.holder {
            Holder::User(id) => identity.user_by_id(id).await?,
            Holder::Root => None,
        };
        Ok((user, identity.last_use(&key).await?))
    }

    fn write((user, last): &Self::Output, result: &mut Writer) {
        result.optional("UserName", user.as_ref().map(|user| &user.name));
        result.nested("AccessKeyLastUsed", |used| {
            match last {
                Some(last) => used
                    .element("LastUsedDate", last.time.iso8601())
                    .element("ServiceName", &last.service)
                    .element("Region", &last.region),
                None => used.element("ServiceName", "N/A").element("Region", "N/A"),
            };
        });
    }
}

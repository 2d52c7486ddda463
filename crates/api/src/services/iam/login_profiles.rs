//! CreateLoginProfile, GetLoginProfile, UpdateLoginProfile, DeleteLoginProfile, ChangePassword.

use cairn_identity::{Entity, Error, KeyOwner, LoginProfile, Name, Password};
use cairn_policy::Principal;
use cairn_protocol::xml::Writer;

use super::input::{USER_NAME_CHARS_MAX, key_owner, owner_arn, user_arn};
use crate::services::query::parameters::PASSWORD;
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

fn password(parameters: &mut Parameters, name: &str) -> Option<Password> {
    parameters.required(name, &PASSWORD).map(Password::new)
}

/// Whose password is meant: the named user's or the caller's own. The root user has none that IAM knows.
fn user_name(call: &QueryCall, name: Option<&Name>) -> Result<String, QueryError> {
    match key_owner(call, name.map(Name::as_str))? {
        KeyOwner::User(name) => Ok(name),
        KeyOwner::Root => Err(Error::NoSuchEntity(Entity::LoginProfile, "root".to_owned()).into()),
    }
}

async fn resource_of(call: &QueryCall, name: Option<&Name>) -> Result<String, QueryError> {
    owner_arn(call, &key_owner(call, name.map(Name::as_str))?).await
}

fn write_profile((name, profile): &(String, LoginProfile), result: &mut Writer) {
    result.nested("LoginProfile", |writer| {
        writer
            .element("UserName", name)
            .element("CreateDate", profile.created.iso8601())
            .element("PasswordResetRequired", profile.reset_required);
    });
}

pub(super) struct CreateLoginProfile;

pub(super) struct Create {
    name: Option<Name>,
    password: Password,
    reset_required: bool,
}

impl QueryOperation for CreateLoginProfile {
    const NAME: &'static str = "CreateLoginProfile";
    const ACTION: &'static str = "iam:CreateLoginProfile";

    type Input = Create;
    type Output = (String, LoginProfile);

    fn parse(parameters: &mut Parameters) -> Option<Create> {
        let name = parameters.optional_name("UserName", USER_NAME_CHARS_MAX);
        let password = password(parameters, "Password");
        let reset_required = parameters.boolean("PasswordResetRequired");
        Some(Create {
            name: name?,
            password: password?,
            reset_required: reset_required?.unwrap_or_default(),
        })
    }

    async fn resource(call: &QueryCall, input: &Create) -> Result<String, QueryError> {
        resource_of(call, input.name.as_ref()).await
    }

    async fn execute(call: &QueryCall, input: Create) -> Result<Self::Output, QueryError> {
        let name = user_name(call, input.name.as_ref())?;
        let Create {
            password,
            reset_required,
            ..
        } = input;
        let made = call
            .identity()
            .create_login_profile(call.account()?, &name, password, reset_required);
        let profile = made.await?;
        Ok((name, profile))
    }

    fn write(output: &Self::Output, result: &mut Writer) {
        write_profile(output, result);
    }
}

pub(super) struct GetLoginProfile;

impl QueryOperation for GetLoginProfile {
    const NAME: &'static str = "GetLoginProfile";
    const ACTION: &'static str = "iam:GetLoginProfile";

    type Input = Option<Name>;
    type Output = (String, LoginProfile);

    fn parse(parameters: &mut Parameters) -> Option<Option<Name>> {
        parameters.optional_name("UserName", USER_NAME_CHARS_MAX)
    }

    async fn resource(call: &QueryCall, name: &Option<Name>) -> Result<String, QueryError> {
        resource_of(call, name.as_ref()).await
    }

    async fn execute(call: &QueryCall, name: Option<Name>) -> Result<Self::Output, QueryError> {
        let name = user_name(call, name.as_ref())?;
        let profile = call.identity().login_profile(call.account()?, &name).await?;
        Ok((name, profile))
    }

    fn write(output: &Self::Output, result: &mut Writer) {
        write_profile(output, result);
    }
}

pub(super) struct UpdateLoginProfile;

pub(super) struct Update {
    name: Name,
    password: Option<Password>,
    reset_required: Option<bool>,
}

impl QueryOperation for UpdateLoginProfile {
    const NAME: &'static str = "UpdateLoginProfile";
    const ACTION: &'static str = "iam:UpdateLoginProfile";

    type Input = Update;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Update> {
        let name = parameters.name("UserName", USER_NAME_CHARS_MAX);
        let password = parameters.optional("Password", &PASSWORD);
        let reset_required = parameters.boolean("PasswordResetRequired");
        Some(Update {
            name: name?,
            password: password?.map(Password::new),
            reset_required: reset_required?,
        })
    }

    async fn resource(call: &QueryCall, input: &Update) -> Result<String, QueryError> {
        user_arn(call, input.name.as_str()).await
    }

    async fn execute(call: &QueryCall, input: Update) -> Result<(), QueryError> {
        let changed = call.identity().update_login_profile(
            call.account()?,
            input.name.as_str(),
            input.password,
            input.reset_required,
        );
        Ok(changed.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct DeleteLoginProfile;

impl QueryOperation for DeleteLoginProfile {
    const NAME: &'static str = "DeleteLoginProfile";
    const ACTION: &'static str = "iam:DeleteLoginProfile";

    type Input = Option<Name>;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Option<Name>> {
        parameters.optional_name("UserName", USER_NAME_CHARS_MAX)
    }

    async fn resource(call: &QueryCall, name: &Option<Name>) -> Result<String, QueryError> {
        resource_of(call, name.as_ref()).await
    }

    async fn execute(call: &QueryCall, name: Option<Name>) -> Result<(), QueryError> {
        let name = user_name(call, name.as_ref())?;
        Ok(call
            .identity()
            .delete_login_profile(call.account()?, &name)
            .await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct ChangePassword;

pub(super) struct Change {
    old: Password,
    new: Password,
}

impl QueryOperation for ChangePassword {
    const NAME: &'static str = "ChangePassword";
    const ACTION: &'static str = "iam:ChangePassword";

    type Input = Change;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Change> {
        let old = password(parameters, "OldPassword");
        let new = password(parameters, "NewPassword");
        Some(Change { old: old?, new: new? })
    }

    async fn resource(call: &QueryCall, _: &Change) -> Result<String, QueryError> {
        match call.caller.principal() {
            Principal::User { name, .. } => user_arn(call, name).await,
            _ => Ok(call.signer()?.arn().to_owned()),
        }
    }

    async fn execute(call: &QueryCall, input: Change) -> Result<(), QueryError> {
        let Principal::User { name, .. } = call.caller.principal() else {
            return Err(Error::InvalidUserType("Only IAM Users can change their own password").into());
        };
        let changed = call
            .identity()
            .change_password(call.account()?, name, input.old, input.new);
        Ok(changed.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

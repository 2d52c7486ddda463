//! CreateUser, GetUser, UpdateUser, DeleteUser, ListUsers.

use cairn_identity::{AccountRecord, KeyOwner, Name, NewUser, Page, Path, Tags, UserRecord};
use cairn_policy::Context;
use cairn_protocol::xml::Writer;
use cairn_types::Tag;

use super::input::{Paging, USER_NAME_CHARS_MAX, check_arn, key_owner, owner_arn, tag_conditions, user_arn};
use super::output;
use crate::services::query::parameters::ARN;
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

pub(super) struct CreateUser;

pub(super) struct Create {
    name: Name,
    path: Path,
    tags: Vec<Tag>,
    boundary: Option<String>,
}

impl QueryOperation for CreateUser {
    const NAME: &'static str = "CreateUser";
    const ACTION: &'static str = "iam:CreateUser";

    type Input = Create;
    type Output = UserRecord;

    fn parse(parameters: &mut Parameters) -> Option<Create> {
        let name = parameters.name("UserName", USER_NAME_CHARS_MAX);
        let path = parameters.path("Path");
        let tags = parameters.tags();
        let boundary = parameters.optional("PermissionsBoundary", &ARN);
        Some(Create {
            name: name?,
            path: path?.unwrap_or_default(),
            tags: tags?,
            boundary: boundary?,
        })
    }

    async fn resource(call: &QueryCall, input: &Create) -> Result<String, QueryError> {
        input.boundary.as_deref().map_or(Ok(()), check_arn)?;
        call.arn(&format!("user{}{}", input.path, input.name))
    }

    fn conditions<'a>(_: &'a QueryCall, input: &'a Create, context: &mut Context<'a>) {
        tag_conditions(&input.tags, context);
        if let Some(boundary) = &input.boundary {
            context.set("iam:PermissionsBoundary", boundary.as_str());
        }
    }

    async fn execute(call: &QueryCall, input: Create) -> Result<UserRecord, QueryError> {
        let mut tags = Tags::default();
        tags.add(input.tags)?;
        let new = NewUser {
            name: input.name,
            path: input.path,
            tags,
            boundary: input.boundary,
        };
        Ok(call.identity().create_user(call.account()?, new).await?)
    }

    fn write(user: &UserRecord, result: &mut Writer) {
        result.nested("User", |writer| output::user(writer, user, true));
    }
}

pub(super) struct GetUser;

/// A user, or the root user, who is shown like one.
pub(super) enum Shown {
    User(Box<UserRecord>),
    Root(Box<AccountRecord>),
}

impl QueryOperation for GetUser {
    const NAME: &'static str = "GetUser";
    const ACTION: &'static str = "iam:GetUser";

    type Input = Option<Name>;
    type Output = Shown;

    fn parse(parameters: &mut Parameters) -> Option<Option<Name>> {
        parameters.optional_name("UserName", USER_NAME_CHARS_MAX)
    }

    async fn resource(call: &QueryCall, name: &Option<Name>) -> Result<String, QueryError> {
        owner_arn(call, &key_owner(call, name.as_ref().map(Name::as_str))?).await
    }

    async fn execute(call: &QueryCall, name: Option<Name>) -> Result<Shown, QueryError> {
        let account = call.account()?;
        match key_owner(call, name.as_ref().map(Name::as_str))? {
            KeyOwner::User(name) => {
                let user = call.identity().user(account, &name).await?;
                Ok(Shown::User(Box::new(user)))
            }
            KeyOwner::Root => {
                let account = call.identity().account(account).await?;
                Ok(Shown::Root(Box::new(account)))
            }
        }
    }

    fn write(shown: &Shown, result: &mut Writer) {
        result.nested("User", |writer| match shown {
            Shown::User(user) => output::user(writer, user, true),
            Shown::Root(account) => output::root_user(writer, account),
        });
    }
}

pub(super) struct UpdateUser;

pub(super) struct Update {
    name: Name,
    new_name: Option<Name>,
    new_path: Option<Path>,
}

impl QueryOperation for UpdateUser {
    const NAME: &'static str = "UpdateUser";
    const ACTION: &'static str = "iam:UpdateUser";

    type Input = Update;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Update> {
        let name = parameters.name("UserName", 128);
        let new_name = parameters.optional_name("NewUserName", USER_NAME_CHARS_MAX);
        let new_path = parameters.path("NewPath");
        Some(Update {
            name: name?,
            new_name: new_name?,
            new_path: new_path?,
        })
    }

    async fn resource(call: &QueryCall, input: &Update) -> Result<String, QueryError> {
        user_arn(call, input.name.as_str()).await
    }

    async fn execute(call: &QueryCall, input: Update) -> Result<(), QueryError> {
        let changed = call.identity().update_user(
            call.account()?,
            input.name.as_str(),
            input.new_name,
            input.new_path,
        );
        Ok(changed.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct DeleteUser;

impl QueryOperation for DeleteUser {
    const NAME: &'static str = "DeleteUser";
    const ACTION: &'static str = "iam:DeleteUser";

    type Input = Name;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Name> {
        parameters.name("UserName", 128)
    }

    async fn resource(call: &QueryCall, name: &Name) -> Result<String, QueryError> {
        user_arn(call, name.as_str()).await
    }

    async fn execute(call: &QueryCall, name: Name) -> Result<(), QueryError> {
        Ok(call
            .identity()
            .delete_user(call.account()?, name.as_str())
            .await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct ListUsers;

pub(super) struct List {
    prefix: String,
    paging: Paging,
}

impl QueryOperation for ListUsers {
    const NAME: &'static str = "ListUsers";
    const ACTION: &'static str = "iam:ListUsers";

    type Input = List;
    type Output = Page<UserRecord>;

    fn parse(parameters: &mut Parameters) -> Option<List> {
        let prefix = parameters.path_prefix();
        let paging = Paging::read(parameters);
        Some(List {
            prefix: prefix?,
            paging: paging?,
        })
    }

    async fn resource(call: &QueryCall, input: &List) -> Result<String, QueryError> {
        call.arn(&format!("user{}", input.prefix))
    }

    async fn execute(call: &QueryCall, input: List) -> Result<Page<UserRecord>, QueryError> {
        let List { prefix, paging } = input;
        let found = call
            .identity()
            .users(call.account()?, &prefix, paging.after.as_deref(), paging.limit);
        Ok(found.await?)
    }

    fn write(page: &Page<UserRecord>, result: &mut Writer) {
        result.nested("Users", |list| {
            for user in &page.items {
                list.nested("member", |member| output::user(member, user, false));
            }
        });
        output::paging(result, page);
    }
}

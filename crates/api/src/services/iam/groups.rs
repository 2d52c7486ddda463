//! CreateGroup, GetGroup, UpdateGroup, DeleteGroup, ListGroups, AddUserToGroup, RemoveUserFromGroup,
//! ListGroupsForUser.

use cairn_identity::{GroupRecord, Name, Page, Path, UserRecord};
use cairn_protocol::xml::Writer;

use super::input::{NAME_CHARS_MAX, Paging, group_arn, user_arn};
use super::output;
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

fn group_name(parameters: &mut Parameters) -> Option<Name> {
    parameters.name("GroupName", NAME_CHARS_MAX)
}

fn write_groups(page: &Page<GroupRecord>, result: &mut Writer) {
    result.nested("Groups", |list| {
        for group in &page.items {
            list.nested("member", |member| output::group(member, group));
        }
    });
    output::paging(result, page);
}

pub(super) struct CreateGroup;

impl QueryOperation for CreateGroup {
    const NAME: &'static str = "CreateGroup";
    const ACTION: &'static str = "iam:CreateGroup";

    type Input = (Name, Path);
    type Output = GroupRecord;

    fn parse(parameters: &mut Parameters) -> Option<(Name, Path)> {
        let path = parameters.path("Path");
        let name = group_name(parameters);
        Some((name?, path?.unwrap_or_default()))
    }

    async fn resource(call: &QueryCall, (name, path): &(Name, Path)) -> Result<String, QueryError> {
        call.arn(&format!("group{path}{name}"))
    }

    async fn execute(call: &QueryCall, (name, path): (Name, Path)) -> Result<GroupRecord, QueryError> {
        Ok(call.identity().create_group(call.account()?, name, path).await?)
    }

    fn write(group: &GroupRecord, result: &mut Writer) {
        result.nested("Group", |writer| output::group(writer, group));
    }
}

pub(super) struct GetGroup;

impl QueryOperation for GetGroup {
    const NAME: &'static str = "GetGroup";
    const ACTION: &'static str = "iam:GetGroup";

    type Input = (Name, Paging);
    type Output = (GroupRecord, Page<UserRecord>);

    fn parse(parameters: &mut Parameters) -> Option<(Name, Paging)> {
        let name = group_name(parameters);
        let paging = Paging::read(parameters);
        Some((name?, paging?))
    }

    async fn resource(call: &QueryCall, (name, _): &(Name, Paging)) -> Result<String, QueryError> {
        group_arn(call, name.as_str()).await
    }

    async fn execute(call: &QueryCall, (name, paging): (Name, Paging)) -> Result<Self::Output, QueryError> {
        let identity = call.identity();
        let group = identity.group(call.account()?, name.as_str()).await?;
        let members = identity
            .group_members(&group, paging.after.as_deref(), paging.limit)
            .await?;
        Ok((group, members))
    }

    fn write((group, members): &Self::Output, result: &mut Writer) {
        result
            .nested("Group", |writer| output::group(writer, group))
            .nested("Users", |list| {
                for user in &members.items {
                    list.nested("member", |member| output::user(member, user, false));
                }
            });
        output::paging(result, members);
    }
}

pub(super) struct UpdateGroup;

pub(super) struct Update {
    name: Name,
    new_name: Option<Name>,
    new_path: Option<Path>,
}

impl QueryOperation for UpdateGroup {
    const NAME: &'static str = "UpdateGroup";
    const ACTION: &'static str = "iam:UpdateGroup";

    type Input = Update;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Update> {
        let name = group_name(parameters);
        let new_path = parameters.path("NewPath");
        let new_name = parameters.optional_name("NewGroupName", NAME_CHARS_MAX);
        Some(Update {
            name: name?,
            new_name: new_name?,
            new_path: new_path?,
        })
    }

    async fn resource(call: &QueryCall, input: &Update) -> Result<String, QueryError> {
        group_arn(call, input.name.as_str()).await
    }

    async fn execute(call: &QueryCall, input: Update) -> Result<(), QueryError> {
        let changed = call.identity().update_group(
            call.account()?,
            input.name.as_str(),
            input.new_name,
            input.new_path,
        );
        Ok(changed.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct DeleteGroup;

impl QueryOperation for DeleteGroup {
    const NAME: &'static str = "DeleteGroup";
    const ACTION: &'static str = "iam:DeleteGroup";

    type Input = Name;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Name> {
        group_name(parameters)
    }

    async fn resource(call: &QueryCall, name: &Name) -> Result<String, QueryError> {
        group_arn(call, name.as_str()).await
    }

    async fn execute(call: &QueryCall, name: Name) -> Result<(), QueryError> {
        let deleted = call.identity().delete_group(call.account()?, name.as_str());
        Ok(deleted.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct ListGroups;

impl QueryOperation for ListGroups {
    const NAME: &'static str = "ListGroups";
    const ACTION: &'static str = "iam:ListGroups";

    type Input = (String, Paging);
    type Output = Page<GroupRecord>;

    fn parse(parameters: &mut Parameters) -> Option<(String, Paging)> {
        let prefix = parameters.path_prefix();
        let paging = Paging::read(parameters);
        Some((prefix?, paging?))
    }

    async fn resource(call: &QueryCall, (prefix, _): &(String, Paging)) -> Result<String, QueryError> {
        call.arn(&format!("group{prefix}"))
    }

    async fn execute(
        call: &QueryCall,
        (prefix, paging): (String, Paging),
    ) -> Result<Page<GroupRecord>, QueryError> {
        let found = call
            .identity()
            .groups(call.account()?, &prefix, paging.after.as_deref(), paging.limit);
        Ok(found.await?)
    }

    fn write(page: &Page<GroupRecord>, result: &mut Writer) {
        write_groups(page, result);
    }
}

/// A group and a user.
pub(super) struct Membership {
    group: Name,
    user: Name,
}

impl Membership {
    fn read(parameters: &mut Parameters) -> Option<Self> {
        let group = group_name(parameters);
        let user = parameters.name("UserName", NAME_CHARS_MAX);
        Some(Self {
            group: group?,
            user: user?,
        })
    }
}

pub(super) struct AddUserToGroup;

impl QueryOperation for AddUserToGroup {
    const NAME: &'static str = "AddUserToGroup";
    const ACTION: &'static str = "iam:AddUserToGroup";

    type Input = Membership;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Membership> {
        Membership::read(parameters)
    }

    async fn resource(call: &QueryCall, input: &Membership) -> Result<String, QueryError> {
        group_arn(call, input.group.as_str()).await
    }

    async fn execute(call: &QueryCall, input: Membership) -> Result<(), QueryError> {
        let added =
            call.identity()
                .add_user_to_group(call.account()?, input.group.as_str(), input.user.as_str());
        Ok(added.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct RemoveUserFromGroup;

impl QueryOperation for RemoveUserFromGroup {
    const NAME: &'static str = "RemoveUserFromGroup";
    const ACTION: &'static str = "iam:RemoveUserFromGroup";

    type Input = Membership;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Membership> {
        Membership::read(parameters)
    }

    async fn resource(call: &QueryCall, input: &Membership) -> Result<String, QueryError> {
        group_arn(call, input.group.as_str()).await
    }

    async fn execute(call: &QueryCall, input: Membership) -> Result<(), QueryError> {
        let removed = call.identity().remove_user_from_group(
            call.account()?,
            input.group.as_str(),
            input.user.as_str(),
        );
        Ok(removed.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct ListGroupsForUser;

impl QueryOperation for ListGroupsForUser {
    const NAME: &'static str = "ListGroupsForUser";
    const ACTION: &'static str = "iam:ListGroupsForUser";

    type Input = (Name, Paging);
    type Output = Page<GroupRecord>;

    fn parse(parameters: &mut Parameters) -> Option<(Name, Paging)> {
        let name = parameters.name("UserName", NAME_CHARS_MAX);
        let paging = Paging::read(parameters);
        Some((name?, paging?))
    }

    async fn resource(call: &QueryCall, (name, _): &(Name, Paging)) -> Result<String, QueryError> {
        user_arn(call, name.as_str()).await
    }

    async fn execute(
        call: &QueryCall,
        (name, paging): (Name, Paging),
    ) -> Result<Page<GroupRecord>, QueryError> {
        let groups = call
            .identity()
            .groups_of_user(call.account()?, name.as_str())
            .await?;
        Ok(paging.page(groups, |group| group.name.as_str()))
    }

    fn write(page: &Page<GroupRecord>, result: &mut Writer) {
        write_groups(page, result);
    }
}

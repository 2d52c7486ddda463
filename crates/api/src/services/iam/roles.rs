//! CreateRole, GetRole, UpdateRole, UpdateRoleDescription, DeleteRole, ListRoles, UpdateAssumeRolePolicy.

use cairn_identity::{Name, NewRole, Page, Path, RoleRecord, Tags};
use cairn_policy::Context;
use cairn_protocol::xml::Writer;
use cairn_types::Tag;

use super::input::{Paging, USER_NAME_CHARS_MAX, check_arn, role_arn, tag_conditions};
use super::output::{self, ShownRole};
use crate::services::query::parameters::{ARN, POLICY_DOCUMENT, Text};
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

fn is_description(text: &str) -> bool {
    text.chars()
        .all(|c| matches!(c, '\u{9}' | '\u{A}' | '\u{D}' | ' '..='~' | '\u{A1}'..='\u{FF}'))
}

/// The description of a role.
const DESCRIPTION: Text =
    Text::of(0, 1000).matching(r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*", is_description);

pub(super) fn role_name(parameters: &mut Parameters) -> Option<Name> {
    parameters.name("RoleName", USER_NAME_CHARS_MAX)
}

fn max_session(parameters: &mut Parameters) -> Option<Option<u32>> {
    parameters.integer("MaxSessionDuration", 3600, 43_200)
}

/// A role as documents show it.
async fn shown(call: &QueryCall, role: RoleRecord) -> Result<ShownRole, QueryError> {
    let trust = call.identity().with_principal_arns(&role.trust).await?;
    Ok(ShownRole { role, trust })
}

fn write_role(shown: &ShownRole, result: &mut Writer) {
    result.nested("Role", |writer| output::role(writer, shown, true));
}

pub(super) struct CreateRole;

pub(super) struct Create {
    name: Name,
    path: Path,
    trust: String,
    description: Option<String>,
    max_session: Option<u32>,
    boundary: Option<String>,
    tags: Vec<Tag>,
}

impl QueryOperation for CreateRole {
    const NAME: &'static str = "CreateRole";
    const ACTION: &'static str = "iam:CreateRole";

    type Input = Create;
    type Output = ShownRole;

    fn parse(parameters: &mut Parameters) -> Option<Create> {
        let path = parameters.path("Path");
        let name = role_name(parameters);
        let trust = parameters.required("AssumeRolePolicyDocument", &POLICY_DOCUMENT);
        let description = parameters.optional("Description", &DESCRIPTION);
        let max_session = max_session(parameters);
        let boundary = parameters.optional("PermissionsBoundary", &ARN);
        let tags = parameters.tags();
        Some(Create {
            name: name?,
            path: path?.unwrap_or_default(),
            trust: trust?,
            description: description?,
            max_session: max_session?,
            boundary: boundary?,
            tags: tags?,
        })
    }

    async fn resource(call: &QueryCall, input: &Create) -> Result<String, QueryError> {
        input.boundary.as_deref().map_or(Ok(()), check_arn)?;
        call.arn(&format!("role{}{}", input.path, input.name))
    }

    fn conditions<'a>(_: &'a QueryCall, input: &'a Create, context: &mut Context<'a>) {
        tag_conditions(&input.tags, context);
        if let Some(boundary) = &input.boundary {
            context.set("iam:PermissionsBoundary", boundary.as_str());
        }
    }

    async fn execute(call: &QueryCall, input: Create) -> Result<ShownRole, QueryError> {
        let mut tags = Tags::default();
        tags.add(input.tags)?;
        let new = NewRole {
            name: input.name,
            path: input.path,
            trust: input.trust,
            description: input.description,
            max_session_seconds: input
                .max_session
                .unwrap_or(RoleRecord::MAX_SESSION_SECONDS_DEFAULT),
            tags,
            boundary: input.boundary,
        };
        let role = call.identity().create_role(call.account()?, new).await?;
        shown(call, role).await
    }

    fn write(role: &ShownRole, result: &mut Writer) {
        write_role(role, result);
    }
}

pub(super) struct GetRole;

impl QueryOperation for GetRole {
    const NAME: &'static str = "GetRole";
    const ACTION: &'static str = "iam:GetRole";

    type Input = Name;
    type Output = ShownRole;

    fn parse(parameters: &mut Parameters) -> Option<Name> {
        role_name(parameters)
    }

    async fn resource(call: &QueryCall, name: &Name) -> Result<String, QueryError> {
        role_arn(call, name.as_str()).await
    }

    async fn execute(call: &QueryCall, name: Name) -> Result<ShownRole, QueryError> {
        let role = call.identity().role(call.account()?, name.as_str()).await?;
        shown(call, role).await
    }

    fn write(role: &ShownRole, result: &mut Writer) {
        write_role(role, result);
    }
}

pub(super) struct UpdateRole;

pub(super) struct Update {
    name: Name,
    description: Option<String>,
    max_session: Option<u32>,
}

impl QueryOperation for UpdateRole {
    const NAME: &'static str = "UpdateRole";
    const ACTION: &'static str = "iam:UpdateRole";
    // The model has an output without members, whose element clients look for.
    const RESULT: bool = true;

    type Input = Update;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Update> {
        let name = role_name(parameters);
        let description = parameters.optional("Description", &DESCRIPTION);
        let max_session = max_session(parameters);
        Some(Update {
            name: name?,
            description: description?,
            max_session: max_session?,
        })
    }

    async fn resource(call: &QueryCall, input: &Update) -> Result<String, QueryError> {
        role_arn(call, input.name.as_str()).await
    }

    async fn execute(call: &QueryCall, input: Update) -> Result<(), QueryError> {
        let changed = call.identity().update_role(
            call.account()?,
            input.name.as_str(),
            input.description,
            input.max_session,
        );
        changed.await?;
        Ok(())
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct UpdateRoleDescription;

impl QueryOperation for UpdateRoleDescription {
    const NAME: &'static str = "UpdateRoleDescription";
    const ACTION: &'static str = "iam:UpdateRoleDescription";

    type Input = (Name, String);
    type Output = ShownRole;

    fn parse(parameters: &mut Parameters) -> Option<(Name, String)> {
        let name = role_name(parameters);
        let description = parameters.required("Description", &DESCRIPTION);
        Some((name?, description?))
    }

    async fn resource(call: &QueryCall, (name, _): &(Name, String)) -> Result<String, QueryError> {
        role_arn(call, name.as_str()).await
    }

    async fn execute(call: &QueryCall, (name, description): (Name, String)) -> Result<ShownRole, QueryError> {
        let changed = call
            .identity()
            .update_role(call.account()?, name.as_str(), Some(description), None);
        shown(call, changed.await?).await
    }

    fn write(role: &ShownRole, result: &mut Writer) {
        write_role(role, result);
    }
}

pub(super) struct DeleteRole;

impl QueryOperation for DeleteRole {
    const NAME: &'static str = "DeleteRole";
    const ACTION: &'static str = "iam:DeleteRole";

    type Input = Name;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Name> {
        role_name(parameters)
    }

    async fn resource(call: &QueryCall, name: &Name) -> Result<String, QueryError> {
        role_arn(call, name.as_str()).await
    }

    async fn execute(call: &QueryCall, name: Name) -> Result<(), QueryError> {
        let deleted = call.identity().delete_role(call.account()?, name.as_str());
        Ok(deleted.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct ListRoles;

impl QueryOperation for ListRoles {
    const NAME: &'static str = "ListRoles";
    const ACTION: &'static str = "iam:ListRoles";

    type Input = (String, Paging);
    type Output = Page<ShownRole>;

    fn parse(parameters: &mut Parameters) -> Option<(String, Paging)> {
        let prefix = parameters.path_prefix();
        let paging = Paging::read(parameters);
        Some((prefix?, paging?))
    }

    async fn resource(call: &QueryCall, (prefix, _): &(String, Paging)) -> Result<String, QueryError> {
        call.arn(&format!("role{prefix}"))
    }

    async fn execute(
        call: &QueryCall,
        (prefix, paging): (String, Paging),
    ) -> Result<Page<ShownRole>, QueryError> {
        let found = call
            .identity()
            .roles(call.account()?, &prefix, paging.after.as_deref(), paging.limit);
        let page = found.await?;
        let mut items = Vec::with_capacity(page.items.len());
        for role in page.items {
            items.push(shown(call, role).await?);
        }
        Ok(Page {
            items,
            next: page.next,
        })
    }

    fn write(page: &Page<ShownRole>, result: &mut Writer) {
        result.nested("Roles", |list| {
            for role in &page.items {
                list.nested("member", |member| output::role(member, role, false));
            }
        });
        output::paging(result, page);
    }
}

pub(super) struct UpdateAssumeRolePolicy;

impl QueryOperation for UpdateAssumeRolePolicy {
    const NAME: &'static str = "UpdateAssumeRolePolicy";
    const ACTION: &'static str = "iam:UpdateAssumeRolePolicy";

    type Input = (Name, String);
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<(Name, String)> {
        let name = role_name(parameters);
        let trust = parameters.required("PolicyDocument", &POLICY_DOCUMENT);
        Some((name?, trust?))
    }

    async fn resource(call: &QueryCall, (name, _): &(Name, String)) -> Result<String, QueryError> {
        role_arn(call, name.as_str()).await
    }

    async fn execute(call: &QueryCall, (name, trust): (Name, String)) -> Result<(), QueryError> {
        let changed = call
            .identity()
            .set_trust_policy(call.account()?, name.as_str(), &trust);
        Ok(changed.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

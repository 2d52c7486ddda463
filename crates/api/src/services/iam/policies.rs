//! CreatePolicy, GetPolicy, DeletePolicy, ListPolicies, ListEntitiesForPolicy.

use cairn_identity::{
    EntityFilter, HolderKind, ManagedPolicy, Name, NewPolicy, Page, Path, PolicyEntity, PolicyFilter, Tags,
    Use, Uses,
};
use cairn_policy::Context;
use cairn_protocol::xml::Writer;
use cairn_types::Tag;

use super::input::{NAME_CHARS_MAX, Paging, check_arn, policy_arn, tag_conditions};
use super::output;
use crate::services::query::parameters::{POLICY_DOCUMENT, Text};
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

/// The description of a managed policy.
const DESCRIPTION: Text = Text::of(0, 1000);

/// The words of `PolicyUsageFilter`.
const USES: &[(&str, Use)] = &[
    ("PermissionsPolicy", Use::Permissions),
    ("PermissionsBoundary", Use::Boundary),
];

pub(super) struct CreatePolicy;

pub(super) struct Create {
    name: Name,
    path: Path,
    document: String,
    description: Option<String>,
    tags: Vec<Tag>,
}

impl QueryOperation for CreatePolicy {
    const NAME: &'static str = "CreatePolicy";
    const ACTION: &'static str = "iam:CreatePolicy";

    type Input = Create;
    type Output = ManagedPolicy;

    fn parse(parameters: &mut Parameters) -> Option<Create> {
        let name = parameters.name("PolicyName", NAME_CHARS_MAX);
        let path = parameters.policy_path("Path");
        let document = parameters.required("PolicyDocument", &POLICY_DOCUMENT);
        let description = parameters.optional("Description", &DESCRIPTION);
        let tags = parameters.tags();
        Some(Create {
            name: name?,
            path: path?.unwrap_or_default(),
            document: document?,
            description: description?,
            tags: tags?,
        })
    }

    async fn resource(call: &QueryCall, input: &Create) -> Result<String, QueryError> {
        call.arn(&format!("policy{}{}", input.path, input.name))
    }

    fn conditions<'a>(_: &'a QueryCall, input: &'a Create, context: &mut Context<'a>) {
        tag_conditions(&input.tags, context);
    }

    async fn execute(call: &QueryCall, input: Create) -> Result<ManagedPolicy, QueryError> {
        let mut tags = Tags::default();
        tags.add(input.tags)?;
        let new = NewPolicy {
            name: input.name,
            path: input.path,
            document: input.document,
            description: input.description,
            tags,
        };
        let policy = call.identity().create_policy(call.account()?, new).await?;
        Ok(ManagedPolicy::Customer(Box::new(policy)))
    }

    fn write(policy: &ManagedPolicy, result: &mut Writer) {
        result.nested("Policy", |writer| {
            output::policy(writer, policy, Uses::default(), true);
        });
    }
}

pub(super) struct GetPolicy;

impl QueryOperation for GetPolicy {
    const NAME: &'static str = "GetPolicy";
    const ACTION: &'static str = "iam:GetPolicy";

    type Input = String;
    type Output = (ManagedPolicy, Uses);

    fn parse(parameters: &mut Parameters) -> Option<String> {
        policy_arn(parameters)
    }

    async fn resource(_: &QueryCall, arn: &String) -> Result<String, QueryError> {
        check_arn(arn)?;
        Ok(arn.clone())
    }

    async fn execute(call: &QueryCall, arn: String) -> Result<Self::Output, QueryError> {
        let (identity, account) = (call.identity(), call.account()?);
        let policy = identity.managed_policy(account, &arn).await?;
        Ok((policy, identity.uses_of_policy(account, &arn).await?))
    }

    fn write((policy, uses): &Self::Output, result: &mut Writer) {
        result.nested("Policy", |writer| output::policy(writer, policy, *uses, true));
    }
}

pub(super) struct DeletePolicy;

impl QueryOperation for DeletePolicy {
    const NAME: &'static str = "DeletePolicy";
    const ACTION: &'static str = "iam:DeletePolicy";

    type Input = String;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<String> {
        policy_arn(parameters)
    }

    async fn resource(_: &QueryCall, arn: &String) -> Result<String, QueryError> {
        check_arn(arn)?;
        Ok(arn.clone())
    }

    async fn execute(call: &QueryCall, arn: String) -> Result<(), QueryError> {
        Ok(call.identity().delete_policy(call.account()?, &arn).await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct ListPolicies;

/// Whose policies are listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    All,
    Amazon,
    Customer,
}

const SCOPES: &[(&str, Scope)] = &[
    ("All", Scope::All),
    ("AWS", Scope::Amazon),
    ("Local", Scope::Customer),
];

impl QueryOperation for ListPolicies {
    const NAME: &'static str = "ListPolicies";
    const ACTION: &'static str = "iam:ListPolicies";

    type Input = (PolicyFilter, Paging);
    type Output = Page<(ManagedPolicy, Uses)>;

    fn parse(parameters: &mut Parameters) -> Option<Self::Input> {
        let scope = parameters.choice("Scope", SCOPES);
        let only_attached = parameters.boolean("OnlyAttached");
        let path = parameters.policy_path("PathPrefix");
        let used_for = parameters.choice("PolicyUsageFilter", USES);
        let paging = Paging::read(parameters);
        let scope = scope?.unwrap_or(Scope::All);
        let filter = PolicyFilter {
            customer: scope != Scope::Amazon,
            amazon: scope != Scope::Customer,
            only_attached: only_attached?.unwrap_or(false),
            used_for: used_for?,
            path: path?.unwrap_or_default().to_string(),
        };
        Some((filter, paging?))
    }

    async fn resource(call: &QueryCall, (filter, _): &Self::Input) -> Result<String, QueryError> {
        call.arn(&format!("policy{}", filter.path))
    }

    async fn execute(call: &QueryCall, (filter, paging): Self::Input) -> Result<Self::Output, QueryError> {
        let found =
            call.identity()
                .managed_policies(call.account()?, &filter, paging.after.as_deref(), paging.limit);
        Ok(found.await?)
    }

    fn write(page: &Self::Output, result: &mut Writer) {
        result.nested("Policies", |list| {
            for (policy, uses) in &page.items {
                list.nested("member", |member| output::policy(member, policy, *uses, false));
            }
        });
        output::paging(result, page);
    }
}

pub(super) struct ListEntitiesForPolicy;

pub(super) struct Entities {
    arn: String,
    filter: EntityFilter,
    /// Whether anybody can be in the answer: a policy is not in another.
    possible: bool,
    paging: Paging,
}

/// The words of `EntityFilter`. Managed policies have no policies themselves.
const KINDS: &[(&str, Option<HolderKind>)] = &[
    ("User", Some(HolderKind::User)),
    ("Role", Some(HolderKind::Role)),
    ("Group", Some(HolderKind::Group)),
    ("LocalManagedPolicy", None),
    ("AWSManagedPolicy", None),
];

impl QueryOperation for ListEntitiesForPolicy {
    const NAME: &'static str = "ListEntitiesForPolicy";
    const ACTION: &'static str = "iam:ListEntitiesForPolicy";

    type Input = Entities;
    type Output = Page<PolicyEntity>;

    fn parse(parameters: &mut Parameters) -> Option<Entities> {
        let arn = policy_arn(parameters);
        let kind = parameters.choice("EntityFilter", KINDS);
        let path = parameters.path("PathPrefix");
        let used_for = parameters.choice("PolicyUsageFilter", USES);
        let paging = Paging::read(parameters);
        let kind = kind?;
        Some(Entities {
            arn: arn?,
            filter: EntityFilter {
                kind: kind.flatten(),
                used_for: used_for?,
                path: path?.unwrap_or_default().to_string(),
            },
            possible: kind != Some(None),
            paging: paging?,
        })
    }

    async fn resource(_: &QueryCall, input: &Entities) -> Result<String, QueryError> {
        check_arn(&input.arn)?;
        Ok(input.arn.clone())
    }

    async fn execute(call: &QueryCall, input: Entities) -> Result<Page<PolicyEntity>, QueryError> {
        let found = call.identity().entities_of_policy(
            call.account()?,
            &input.arn,
            &input.filter,
            input.paging.after.as_deref(),
            input.paging.limit,
        );
        let found = found.await?;
        Ok(if input.possible { found } else { Page::default() })
    }

    fn write(page: &Page<PolicyEntity>, result: &mut Writer) {
        let lists = [
            (HolderKind::Group, "PolicyGroups", "GroupName", "GroupId"),
            (HolderKind::User, "PolicyUsers", "UserName", "UserId"),
            (HolderKind::Role, "PolicyRoles", "RoleName", "RoleId"),
        ];
        for (kind, name, name_of, id_of) in lists {
            result.nested(name, |list| {
                for entity in page.items.iter().filter(|entity| entity.kind == kind) {
                    list.nested("member", |member| {
                        member.element(name_of, &entity.name).element(id_of, &entity.id);
                    });
                }
            });
        }
        output::paging(result, page);
    }
}

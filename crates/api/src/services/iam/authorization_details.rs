//! GetAccountAuthorizationDetails: everybody and every policy of the account, with all that says what they may.

use cairn_identity::{
    GroupRecord, HolderPolicies, ManagedPolicy, PolicyFilter, RoleRecord, UserRecord, Uses,
};
use cairn_protocol::encoding::encode_query;
use cairn_protocol::xml::Writer;

use super::input::Paging;
use super::output;
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

/// What is told of, in the order in which pages have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    User,
    Group,
    Role,
    LocalPolicy,
    AmazonPolicy,
}

/// The kinds with Amazon's names, which markers have too.
const KINDS: [(&str, Kind); 5] = [
    ("User", Kind::User),
    ("Group", Kind::Group),
    ("Role", Kind::Role),
    ("LocalManagedPolicy", Kind::LocalPolicy),
    ("AWSManagedPolicy", Kind::AmazonPolicy),
];

pub(super) struct GetAccountAuthorizationDetails;

pub(super) struct Input {
    /// Empty for all.
    kinds: Vec<Kind>,
    paging: Paging,
}

#[derive(Default)]
pub(super) struct Details {
    users: Vec<(UserRecord, Vec<GroupRecord>)>,
    groups: Vec<GroupRecord>,
    roles: Vec<(RoleRecord, String)>,
    policies: Vec<(ManagedPolicy, Uses)>,
    /// Where the next page starts: `KIND` or `KIND:NAME`.
    next: Option<String>,
}

impl Details {
    fn len(&self) -> usize {
        self.users.len() + self.groups.len() + self.roles.len() + self.policies.len()
    }

    /// Adds at most `room` of a kind; after what the rest of it comes.
    async fn add(
        &mut self,
        call: &QueryCall,
        kind: Kind,
        after: Option<&str>,
        room: usize,
    ) -> Result<Option<String>, QueryError> {
        let (identity, account) = (call.identity(), call.account()?);
        Ok(match kind {
            Kind::User => {
                let page = identity.users(account, "/", after, room).await?;
                for user in page.items {
                    let groups = identity.groups_of_user(account, user.name.as_str()).await?;
                    self.users.push((user, groups));
                }
                page.next
            }
            Kind::Group => {
                let page = identity.groups(account, "/", after, room).await?;
                self.groups = page.items;
                page.next
            }
            Kind::Role => {
                let page = identity.roles(account, "/", after, room).await?;
                for role in page.items {
                    let trust = identity.with_principal_arns(&role.trust).await?;
                    self.roles.push((role, trust));
                }
                page.next
            }
            Kind::LocalPolicy | Kind::AmazonPolicy => {
                let filter = PolicyFilter {
                    customer: kind == Kind::LocalPolicy,
                    amazon: kind == Kind::AmazonPolicy,
                    only_attached: false,
                    used_for: None,
                    path: "/".to_owned(),
                };
                let page = identity.managed_policies(account, &filter, after, room).await?;
                self.policies.extend(page.items);
                page.next
            }
        })
    }
}

impl QueryOperation for GetAccountAuthorizationDetails {
    const NAME: &'static str = "GetAccountAuthorizationDetails";
    const ACTION: &'static str = "iam:GetAccountAuthorizationDetails";

    type Input = Input;
    type Output = Details;

    fn parse(parameters: &mut Parameters) -> Option<Input> {
        let count = parameters.list_len("Filter").min(KINDS.len());
        let kinds: Vec<_> = (1..=count)
            .map(|index| parameters.choice(&format!("Filter.member.{index}"), &KINDS)?)
            .collect();
        let paging = Paging::read(parameters);
        Some(Input {
            kinds: kinds.into_iter().collect::<Option<_>>()?,
            paging: paging?,
        })
    }

    async fn resource(_: &QueryCall, _: &Input) -> Result<String, QueryError> {
        Ok("*".to_owned())
    }

    async fn execute(call: &QueryCall, input: Input) -> Result<Details, QueryError> {
        let marker = input.paging.after.as_deref();
        let (first, mut after) = match marker.map(|marker| marker.split_once(':').unwrap_or((marker, ""))) {
            Some((kind, name)) => (kind, Some(name).filter(|name| !name.is_empty())),
            None => ("User", None),
        };
        let from_first = KINDS.iter().skip_while(|(name, _)| *name != first);
        let wanted = from_first.filter(|(_, kind)| input.kinds.is_empty() || input.kinds.contains(kind));
        let mut details = Details::default();
        for (name, kind) in wanted {
            let room = input.paging.limit.saturating_sub(details.len());
            if room == 0 {
                details.next = Some((*name).to_owned());
                break;
            }
            // The name belongs to the marker's kind only.
            let start = after.take().filter(|_| *name == first);
            if let Some(last) = details.add(call, *kind, start, room).await? {
                details.next = Some(format!("{name}:{last}"));
                break;
            }
        }
        Ok(details)
    }

    fn write(details: &Details, result: &mut Writer) {
        result.nested("UserDetailList", |list| {
            for (user, groups) in &details.users {
                list.nested("member", |member| write_user(member, user, groups));
            }
        });
        result.nested("GroupDetailList", |list| {
            for group in &details.groups {
                list.nested("member", |member| {
                    output::group(member, group);
                    write_policies(member, "GroupPolicyList", &group.policies);
                });
            }
        });
        result.nested("RoleDetailList", |list| {
            for (role, trust) in &details.roles {
                list.nested("member", |member| write_role(member, role, trust));
            }
        });
        result.nested("Policies", |list| {
            for (policy, uses) in &details.policies {
                list.nested("member", |member| {
                    output::policy(member, policy, *uses, true);
                    member.nested("PolicyVersionList", |versions| {
                        for version in policy.versions() {
                            let is_default = version.number == policy.default_version();
                            versions.nested("member", |member| {
                                output::policy_version(member, &version, is_default, true);
                            });
                        }
                    });
                });
            }
        });
        result
            .element("IsTruncated", details.next.is_some())
            .optional("Marker", details.next.as_deref());
    }
}

/// Inline and attached policies of somebody.
fn write_policies(writer: &mut Writer, inline: &str, policies: &HolderPolicies) {
    writer.nested(inline, |list| {
        for (name, document) in &policies.inline {
            list.nested("member", |member| {
                member
                    .element("PolicyName", name)
                    .element("PolicyDocument", encode_query(document));
            });
        }
    });
    writer.nested("AttachedManagedPolicies", |list| {
        for arn in &policies.attached {
            list.nested("member", |member| {
                let name = arn.rsplit('/').next().unwrap_or_default();
                member.element("PolicyName", name).element("PolicyArn", arn);
            });
        }
    });
}

fn write_user(writer: &mut Writer, user: &UserRecord, groups: &[GroupRecord]) {
    writer
        .element("Path", &user.path)
        .element("UserName", &user.name)
        .element("UserId", &user.id)
        .element("Arn", user.arn())
        .element("CreateDate", user.created.iso8601());
    writer.nested("GroupList", |list| {
        for group in groups {
            list.element("member", &group.name);
        }
    });
    write_policies(writer, "UserPolicyList", &user.policies);
    output::boundary(writer, user.boundary.as_deref());
    output::tags(writer, &user.tags);
}

fn write_role(writer: &mut Writer, role: &RoleRecord, trust: &str) {
    writer
        .element("Path", &role.path)
        .element("RoleName", &role.name)
        .element("RoleId", &role.id)
        .element("Arn", role.arn())
        .element("CreateDate", role.created.iso8601())
        .element("AssumeRolePolicyDocument", encode_query(trust));
    // Cairn has no instances.
    writer.nested("InstanceProfileList", |_| {});
    write_policies(writer, "RolePolicyList", &role.policies);
    output::boundary(writer, role.boundary.as_deref());
    output::tags(writer, &role.tags);
    writer.nested("RoleLastUsed", |used| {
        if let Some((time, region)) = &role.last_used {
            used.element("LastUsedDate", time.iso8601())
                .element("Region", region);
        }
    });
}

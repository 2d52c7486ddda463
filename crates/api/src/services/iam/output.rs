//! The structures that several operations answer with, in the order of the model (facts/05 §3).

use cairn_identity::{
    AccountRecord, AwsManagedPolicy, GroupRecord, ManagedPolicy, Page, PolicyVersion, RoleRecord, Tags,
    UserRecord, Uses,
};
use cairn_protocol::encoding::encode_query;
use cairn_protocol::xml::Writer;

/// `<Tags>`, where there are any.
pub(super) fn tags(writer: &mut Writer, tags: &Tags) {
    if tags.is_empty() {
        return;
    }
    writer.nested("Tags", |list| {
        for tag in tags.as_slice() {
            list.nested("member", |member| {
                member.element("Key", &tag.key).element("Value", &tag.value);
            });
        }
    });
}

/// `<PermissionsBoundary>`, where there is one.
pub(super) fn boundary(writer: &mut Writer, arn: Option<&str>) {
    if let Some(arn) = arn {
        writer.nested("PermissionsBoundary", |boundary| {
            boundary
                .element("PermissionsBoundaryType", "Policy")
                .element("PermissionsBoundaryArn", arn);
        });
    }
}

/// The members of `User`; lists show neither boundary nor tags.
pub(super) fn user(writer: &mut Writer, user: &UserRecord, whole: bool) {
    writer
        .element("Path", &user.path)
        .element("UserName", &user.name)
        .element("UserId", &user.id)
        .element("Arn", user.arn())
        .element("CreateDate", user.created.iso8601())
        .optional(
            "PasswordLastUsed",
            user.password_last_used.map(|time| time.iso8601()),
        );
    if whole {
        boundary(writer, user.boundary.as_deref());
        tags(writer, &user.tags);
    }
}

/// The members of `User`, of the root user.
pub(super) fn root_user(writer: &mut Writer, account: &AccountRecord) {
    writer
        .element("UserId", &account.id)
        .element("Arn", format!("arn:aws:iam::{}:root", account.id))
        .element("CreateDate", account.created.iso8601());
}

/// The members of `Group`.
pub(super) fn group(writer: &mut Writer, group: &GroupRecord) {
    writer
        .element("Path", &group.path)
        .element("GroupName", &group.name)
        .element("GroupId", &group.id)
        .element("Arn", group.arn())
        .element("CreateDate", group.created.iso8601());
}

/// A role, with its trust policy as it is shown.
pub(super) struct ShownRole {
    /// The role.
    pub(super) role: RoleRecord,
    /// Users and roles by their ARNs.
    pub(super) trust: String,
}

/// The members of `Role`; lists show neither boundary, tags nor last use.
pub(super) fn role(writer: &mut Writer, shown: &ShownRole, whole: bool) {
    let role = &shown.role;
    writer
        .element("Path", &role.path)
        .element("RoleName", &role.name)
        .element("RoleId", &role.id)
        .element("Arn", role.arn())
        .element("CreateDate", role.created.iso8601())
        .element("AssumeRolePolicyDocument", encode_query(&shown.trust))
        .optional("Description", role.description.as_deref())
        .element("MaxSessionDuration", role.max_session_seconds);
    if whole {
        boundary(writer, role.boundary.as_deref());
        tags(writer, &role.tags);
        writer.nested("RoleLastUsed", |used| {
            if let Some((time, region)) = &role.last_used {
                used.element("LastUsedDate", time.iso8601())
                    .element("Region", region);
            }
        });
    }
}

/// The members of `Policy`; lists show neither description nor tags.
pub(super) fn policy(writer: &mut Writer, policy: &ManagedPolicy, uses: Uses, whole: bool) {
    match policy {
        ManagedPolicy::Customer(policy) => writer
            .element("PolicyName", &policy.name)
            .element("PolicyId", &policy.id),
        ManagedPolicy::Amazon(policy) => writer
            .element("PolicyName", policy.name)
            .element("PolicyId", policy.id),
    };
    writer.element("Arn", policy.arn());
    match policy {
        ManagedPolicy::Customer(policy) => writer.element("Path", &policy.path),
        ManagedPolicy::Amazon(policy) => writer.element("Path", policy.path),
    };
    writer
        .element("DefaultVersionId", format!("v{}", policy.default_version()))
        .element("AttachmentCount", uses.permissions)
        .element("PermissionsBoundaryUsageCount", uses.boundary)
        .element("IsAttachable", true);
    let (description, created, updated) = match policy {
        ManagedPolicy::Customer(policy) => (policy.description.as_deref(), policy.created, policy.updated),
        ManagedPolicy::Amazon(policy) => {
            let created = AwsManagedPolicy::created();
            (Some(policy.description), created, created)
        }
    };
    writer
        .optional("Description", description.filter(|_| whole))
        .element("CreateDate", created.iso8601())
        .element("UpdateDate", updated.iso8601());
    if let (ManagedPolicy::Customer(policy), true) = (policy, whole) {
        tags(writer, &policy.tags);
    }
}

/// The members of `PolicyVersion`; lists do not show documents.
pub(super) fn policy_version(writer: &mut Writer, version: &PolicyVersion, is_default: bool, whole: bool) {
    writer
        .optional("Document", whole.then(|| encode_query(&version.document)))
        .element("VersionId", version.id())
        .element("IsDefaultVersion", is_default)
        .element("CreateDate", version.created.iso8601());
}

/// A list of texts.
pub(super) fn texts(writer: &mut Writer, name: &str, texts: &[String]) {
    writer.nested(name, |list| {
        for text in texts {
            list.element("member", text);
        }
    });
}

/// `<IsTruncated>` and `<Marker>`.
pub(super) fn paging<T>(writer: &mut Writer, page: &Page<T>) {
    writer
        .element("IsTruncated", page.next.is_some())
        .optional("Marker", page.next.as_deref());
}

//! The structures that several operations answer with, in the order of the model (facts/05 §3).

use cairn_identity::{AccountRecord, Page, Tags, UserRecord};
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

/// `<IsTruncated>` and `<Marker>`.
pub(super) fn paging<T>(writer: &mut Writer, page: &Page<T>) {
    writer
        .element("IsTruncated", page.next.is_some())
        .optional("Marker", page.next.as_deref());
}

//! The structures that several operations answer with, in the order of the model (facts/05 §4).

use cairn_identity::SessionCredentials;
use cairn_policy::Principal;
use cairn_protocol::xml::Writer;

/// `<Credentials>`
pub(super) fn credentials(writer: &mut Writer, credentials: &SessionCredentials) {
    writer.nested("Credentials", |members| {
        members
            .element("AccessKeyId", &credentials.access_key_id)
            .element("SecretAccessKey", credentials.secret_access_key.expose())
            .element("SessionToken", &credentials.token)
            .element("Expiration", credentials.expires.iso8601());
    });
}

/// A role session, as it is told to whoever assumed the role.
pub(super) struct Assumed {
    pub(super) credentials: SessionCredentials,
    pub(super) principal: Principal,
    /// Present where there are policies or tags (facts/05 §4).
    pub(super) packed_size: Option<usize>,
    pub(super) source_identity: Option<String>,
}

impl Assumed {
    /// `<AssumedRoleUser>`
    pub(super) fn user(&self, writer: &mut Writer) {
        writer.nested("AssumedRoleUser", |user| {
            user.element("AssumedRoleId", self.principal.user_id())
                .element("Arn", self.principal.arn());
        });
    }
}

//! Lists of what users and roles cannot have here: always empty. Tools ask for them before they delete a user or
//! a role (terraform-provider-aws does), and the answer is true.
//!
//! ListInstanceProfilesForRole, ListServiceSpecificCredentials, ListSigningCertificates, ListSSHPublicKeys.

use std::marker::PhantomData;

use cairn_identity::Name;
use cairn_protocol::xml::Writer;

use super::input::{NAME_CHARS_MAX, Paging, key_owner, owner_arn, role_arn};
use super::roles::role_name;
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

pub(super) struct ListInstanceProfilesForRole;

impl QueryOperation for ListInstanceProfilesForRole {
    const NAME: &'static str = "ListInstanceProfilesForRole";
    const ACTION: &'static str = "iam:ListInstanceProfilesForRole";
    const RESULT: bool = true;

    type Input = Name;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Name> {
        let name = role_name(parameters);
        Paging::read(parameters)?;
        name
    }

    async fn resource(call: &QueryCall, name: &Name) -> Result<String, QueryError> {
        role_arn(call, name.as_str()).await
    }

    async fn execute(call: &QueryCall, name: Name) -> Result<(), QueryError> {
        call.identity().role(call.account()?, name.as_str()).await?;
        Ok(())
    }

    fn write((): &(), result: &mut Writer) {
        result
            .nested("InstanceProfiles", |_| {})
            .element("IsTruncated", false);
    }
}

/// Something that users have at Amazon.
pub(super) trait OfUsers: 'static {
    const NAME: &'static str;
    const ACTION: &'static str;
    /// The element of the list.
    const LIST: &'static str;
}

pub(super) struct ServiceSpecificCredentials;

impl OfUsers for ServiceSpecificCredentials {
    const NAME: &'static str = "ListServiceSpecificCredentials";
    const ACTION: &'static str = "iam:ListServiceSpecificCredentials";
    const LIST: &'static str = "ServiceSpecificCredentials";
}

pub(super) struct SigningCertificates;

impl OfUsers for SigningCertificates {
    const NAME: &'static str = "ListSigningCertificates";
    const ACTION: &'static str = "iam:ListSigningCertificates";
    const LIST: &'static str = "Certificates";
}

pub(super) struct SshPublicKeys;

impl OfUsers for SshPublicKeys {
    const NAME: &'static str = "ListSSHPublicKeys";
    const ACTION: &'static str = "iam:ListSSHPublicKeys";
    const LIST: &'static str = "SSHPublicKeys";
}

pub(super) struct ListNone<N>(PhantomData<N>);

impl<N: OfUsers> QueryOperation for ListNone<N> {
    const NAME: &'static str = N::NAME;
    const ACTION: &'static str = N::ACTION;
    const RESULT: bool = true;

    type Input = Option<Name>;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Option<Name>> {
        let name = parameters.optional_name("UserName", NAME_CHARS_MAX);
        Paging::read(parameters)?;
        name
    }

    async fn resource(call: &QueryCall, name: &Option<Name>) -> Result<String, QueryError> {
        owner_arn(call, &key_owner(call, name.as_ref().map(Name::as_str))?).await
    }

    async fn execute(call: &QueryCall, name: Option<Name>) -> Result<(), QueryError> {
        if let Some(name) = name {
            call.identity().user(call.account()?, name.as_str()).await?;
        }
        Ok(())
    }

    fn write((): &(), result: &mut Writer) {
        result.nested(N::LIST, |_| {}).element("IsTruncated", false);
    }
}

//! CreatePolicyVersion, GetPolicyVersion, ListPolicyVersions, DeletePolicyVersion, SetDefaultPolicyVersion.

use cairn_identity::{Page, PolicyVersion};
use cairn_protocol::xml::Writer;

use super::input::{Paging, check_arn, policy_arn};
use super::output;
use crate::services::query::parameters::{POLICY_DOCUMENT, Text};
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

fn is_version(text: &str) -> bool {
    let number = text.strip_prefix('v').and_then(|rest| rest.split('.').next());
    let is_number = |number: &str| {
        !number.is_empty() && !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    let suffix = text.split_once('.').map(|(_, suffix)| suffix).unwrap_or_default();
    let is_suffix = |suffix: &str| suffix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    number.is_some_and(is_number) && is_suffix(suffix)
}

/// `VersionId`.
const VERSION: Text = Text::of(0, 64).matching(r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?", is_version);

/// The number of a version; one that is none of ours (`v3.x`) is 0, which no version has.
fn version_number(parameters: &mut Parameters) -> Option<u32> {
    let text = parameters.required("VersionId", &VERSION)?;
    let number = text.strip_prefix('v').and_then(|number| number.parse().ok());
    Some(number.unwrap_or(0))
}

/// A policy's ARN and the number of a version.
type Version = (String, u32);

fn version(parameters: &mut Parameters) -> Option<Version> {
    let arn = policy_arn(parameters);
    let number = version_number(parameters);
    Some((arn?, number?))
}

/// The ARN, if it is one.
fn checked(arn: &str) -> Result<String, QueryError> {
    check_arn(arn)?;
    Ok(arn.to_owned())
}

pub(super) struct CreatePolicyVersion;

pub(super) struct Create {
    arn: String,
    document: String,
    make_default: bool,
}

impl QueryOperation for CreatePolicyVersion {
    const NAME: &'static str = "CreatePolicyVersion";
    const ACTION: &'static str = "iam:CreatePolicyVersion";

    type Input = Create;
    type Output = (PolicyVersion, bool);

    fn parse(parameters: &mut Parameters) -> Option<Create> {
        let arn = policy_arn(parameters);
        let document = parameters.required("PolicyDocument", &POLICY_DOCUMENT);
        let make_default = parameters.boolean("SetAsDefault");
        Some(Create {
            arn: arn?,
            document: document?,
            make_default: make_default?.unwrap_or(false),
        })
    }

    async fn resource(_: &QueryCall, input: &Create) -> Result<String, QueryError> {
        checked(&input.arn)
    }

    async fn execute(call: &QueryCall, input: Create) -> Result<(PolicyVersion, bool), QueryError> {
        let made = call.identity().create_policy_version(
            call.account()?,
            &input.arn,
            input.document,
            input.make_default,
        );
        Ok((made.await?, input.make_default))
    }

    fn write((version, is_default): &(PolicyVersion, bool), result: &mut Writer) {
        // What was just sent is not sent back.
        result.nested("PolicyVersion", |writer| {
            output::policy_version(writer, version, *is_default, false);
        });
    }
}

pub(super) struct GetPolicyVersion;

impl QueryOperation for GetPolicyVersion {
    const NAME: &'static str = "GetPolicyVersion";
    const ACTION: &'static str = "iam:GetPolicyVersion";

    type Input = Version;
    type Output = (PolicyVersion, bool);

    fn parse(parameters: &mut Parameters) -> Option<Version> {
        version(parameters)
    }

    async fn resource(_: &QueryCall, (arn, _): &Version) -> Result<String, QueryError> {
        checked(arn)
    }

    async fn execute(call: &QueryCall, (arn, number): Version) -> Result<(PolicyVersion, bool), QueryError> {
        let found = call.identity().policy_version(call.account()?, &arn, number);
        Ok(found.await?)
    }

    fn write((version, is_default): &(PolicyVersion, bool), result: &mut Writer) {
        result.nested("PolicyVersion", |writer| {
            output::policy_version(writer, version, *is_default, true);
        });
    }
}

pub(super) struct ListPolicyVersions;

impl QueryOperation for ListPolicyVersions {
    const NAME: &'static str = "ListPolicyVersions";
    const ACTION: &'static str = "iam:ListPolicyVersions";

    type Input = (String, Paging);
    type Output = Page<(PolicyVersion, bool)>;

    fn parse(parameters: &mut Parameters) -> Option<(String, Paging)> {
        let arn = policy_arn(parameters);
        let paging = Paging::read(parameters);
        Some((arn?, paging?))
    }

    async fn resource(_: &QueryCall, (arn, _): &(String, Paging)) -> Result<String, QueryError> {
        checked(arn)
    }

    async fn execute(call: &QueryCall, (arn, paging): (String, Paging)) -> Result<Self::Output, QueryError> {
        let policy = call.identity().managed_policy(call.account()?, &arn).await?;
        let default = policy.default_version();
        // The newest first, as Amazon lists them. Five at most: the marker is the version the page before ended with.
        let after = paging.after.as_deref().and_then(|id| id.strip_prefix('v'));
        let below: Option<u32> = after.and_then(|number| number.parse().ok());
        let mut versions = policy.versions();
        versions.reverse();
        versions.retain(|version| below.is_none_or(|below| version.number < below));
        let truncated = versions.len() > paging.limit;
        versions.truncate(paging.limit);
        Ok(Page {
            next: versions.last().filter(|_| truncated).map(PolicyVersion::id),
            items: versions
                .into_iter()
                .map(|version| {
                    let is_default = version.number == default;
                    (version, is_default)
                })
                .collect(),
        })
    }

    fn write(page: &Self::Output, result: &mut Writer) {
        result.nested("Versions", |list| {
            for (version, is_default) in &page.items {
                list.nested("member", |member| {
                    output::policy_version(member, version, *is_default, false);
                });
            }
        });
        output::paging(result, page);
    }
}

pub(super) struct DeletePolicyVersion;

impl QueryOperation for DeletePolicyVersion {
    const NAME: &'static str = "DeletePolicyVersion";
    const ACTION: &'static str = "iam:DeletePolicyVersion";

    type Input = Version;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Version> {
        version(parameters)
    }

    async fn resource(_: &QueryCall, (arn, _): &Version) -> Result<String, QueryError> {
        checked(arn)
    }

    async fn execute(call: &QueryCall, (arn, number): Version) -> Result<(), QueryError> {
        let deleted = call
            .identity()
            .delete_policy_version(call.account()?, &arn, number);
        Ok(deleted.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct SetDefaultPolicyVersion;

impl QueryOperation for SetDefaultPolicyVersion {
    const NAME: &'static str = "SetDefaultPolicyVersion";
    const ACTION: &'static str = "iam:SetDefaultPolicyVersion";

    type Input = Version;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Version> {
        version(parameters)
    }

    async fn resource(_: &QueryCall, (arn, _): &Version) -> Result<String, QueryError> {
        checked(arn)
    }

    async fn execute(call: &QueryCall, (arn, number): Version) -> Result<(), QueryError> {
        let changed = call
            .identity()
            .set_default_policy_version(call.account()?, &arn, number);
        Ok(changed.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_as_the_model_has_them() {
        for (text, valid) in [
            ("v1", true),
            ("v10", true),
            ("v1.a-B9", true),
            ("v1.", true),
            ("v0", false),
            ("1", false),
            ("v", false),
            ("v1.a_b", false),
        ] {
            assert_eq!(is_version(text), valid, "{text}");
        }
    }
}

//! AttachUserPolicy, DetachUserPolicy, ListAttachedUserPolicies, and the same of groups and roles.

use std::marker::PhantomData;

use cairn_identity::{Name, Page};
use cairn_policy::Context;
use cairn_protocol::xml::Writer;

use super::holder::{Holder, holder_arn, holder_name};
use super::input::{Paging, check_arn, policy_arn};
use super::output;
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

/// A holder's name and a policy's ARN.
type Attachment = (Name, String);

fn attachment<H: Holder>(parameters: &mut Parameters) -> Option<Attachment> {
    let name = holder_name::<H>(parameters);
    let arn = policy_arn(parameters);
    Some((name?, arn?))
}

async fn resource<H: Holder>(call: &QueryCall, (name, arn): &Attachment) -> Result<String, QueryError> {
    check_arn(arn)?;
    holder_arn::<H>(call, name).await
}

pub(super) struct Attach<H>(PhantomData<H>);

impl<H: Holder> QueryOperation for Attach<H> {
    const NAME: &'static str = H::ATTACH.name;
    const ACTION: &'static str = H::ATTACH.action;

    type Input = Attachment;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Attachment> {
        attachment::<H>(parameters)
    }

    async fn resource(call: &QueryCall, input: &Attachment) -> Result<String, QueryError> {
        resource::<H>(call, input).await
    }

    fn conditions<'a>(_: &'a QueryCall, (_, arn): &'a Attachment, context: &mut Context<'a>) {
        context.set("iam:PolicyARN", arn.as_str());
    }

    async fn execute(call: &QueryCall, (name, arn): Attachment) -> Result<(), QueryError> {
        let attached = call
            .identity()
            .attach_policy(call.account()?, H::KIND, name.as_str(), &arn);
        Ok(attached.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct Detach<H>(PhantomData<H>);

impl<H: Holder> QueryOperation for Detach<H> {
    const NAME: &'static str = H::DETACH.name;
    const ACTION: &'static str = H::DETACH.action;

    type Input = Attachment;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Attachment> {
        attachment::<H>(parameters)
    }

    async fn resource(call: &QueryCall, input: &Attachment) -> Result<String, QueryError> {
        resource::<H>(call, input).await
    }

    fn conditions<'a>(_: &'a QueryCall, (_, arn): &'a Attachment, context: &mut Context<'a>) {
        context.set("iam:PolicyARN", arn.as_str());
    }

    async fn execute(call: &QueryCall, (name, arn): Attachment) -> Result<(), QueryError> {
        let detached = call
            .identity()
            .detach_policy(call.account()?, H::KIND, name.as_str(), &arn);
        Ok(detached.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct ListAttached<H>(PhantomData<H>);

pub(super) struct List {
    name: Name,
    path: String,
    paging: Paging,
}

/// `/path/name` of a policy's ARN.
fn path_and_name(arn: &str) -> &str {
    arn.split_once(":policy")
        .map(|(_, rest)| rest)
        .unwrap_or_default()
}

impl<H: Holder> QueryOperation for ListAttached<H> {
    const NAME: &'static str = H::LIST_ATTACHED.name;
    const ACTION: &'static str = H::LIST_ATTACHED.action;

    type Input = List;
    type Output = Page<String>;

    fn parse(parameters: &mut Parameters) -> Option<List> {
        let name = holder_name::<H>(parameters);
        let path = parameters.policy_path("PathPrefix");
        let paging = Paging::read(parameters);
        Some(List {
            name: name?,
            path: path?.unwrap_or_default().to_string(),
            paging: paging?,
        })
    }

    async fn resource(call: &QueryCall, input: &List) -> Result<String, QueryError> {
        holder_arn::<H>(call, &input.name).await
    }

    async fn execute(call: &QueryCall, input: List) -> Result<Page<String>, QueryError> {
        let policies = call
            .identity()
            .policies_of(call.account()?, H::KIND, input.name.as_str())
            .await?;
        let mut arns = policies.attached;
        arns.retain(|arn| path_and_name(arn).starts_with(&input.path));
        arns.sort_unstable();
        Ok(input.paging.page(arns, |arn| arn.as_str()))
    }

    fn write(page: &Page<String>, result: &mut Writer) {
        result.nested("AttachedPolicies", |list| {
            for arn in &page.items {
                list.nested("member", |member| {
                    let name = arn.rsplit('/').next().unwrap_or_default();
                    member.element("PolicyName", name).element("PolicyArn", arn);
                });
            }
        });
        output::paging(result, page);
    }
}

//! PutUserPolicy, GetUserPolicy, DeleteUserPolicy, ListUserPolicies, and the same of groups and roles.

use std::marker::PhantomData;

use cairn_identity::{Name, Page};
use cairn_protocol::encoding::encode_query;
use cairn_protocol::xml::Writer;

use super::holder::{Holder, holder_arn, holder_name};
use super::input::{NAME_CHARS_MAX, Paging};
use super::output;
use crate::services::query::parameters::POLICY_DOCUMENT;
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

/// A holder's name and a policy's.
type Inline = (Name, Name);

fn inline<H: Holder>(parameters: &mut Parameters) -> Option<Inline> {
    let name = holder_name::<H>(parameters);
    let policy = parameters.name("PolicyName", NAME_CHARS_MAX);
    Some((name?, policy?))
}

pub(super) struct Put<H>(PhantomData<H>);

impl<H: Holder> QueryOperation for Put<H> {
    const NAME: &'static str = H::PUT.name;
    const ACTION: &'static str = H::PUT.action;

    type Input = (Inline, String);
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<(Inline, String)> {
        let inline = inline::<H>(parameters);
        let document = parameters.required("PolicyDocument", &POLICY_DOCUMENT);
        Some((inline?, document?))
    }

    async fn resource(call: &QueryCall, ((name, _), _): &(Inline, String)) -> Result<String, QueryError> {
        holder_arn::<H>(call, name).await
    }

    async fn execute(
        call: &QueryCall,
        ((name, policy), document): (Inline, String),
    ) -> Result<(), QueryError> {
        let put =
            call.identity()
                .put_inline_policy(call.account()?, H::KIND, name.as_str(), &policy, document);
        Ok(put.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct Get<H>(PhantomData<H>);

pub(super) struct Shown {
    holder: Name,
    policy: Name,
    document: String,
}

impl<H: Holder> QueryOperation for Get<H> {
    const NAME: &'static str = H::GET.name;
    const ACTION: &'static str = H::GET.action;

    type Input = Inline;
    type Output = Shown;

    fn parse(parameters: &mut Parameters) -> Option<Inline> {
        inline::<H>(parameters)
    }

    async fn resource(call: &QueryCall, (name, _): &Inline) -> Result<String, QueryError> {
        holder_arn::<H>(call, name).await
    }

    async fn execute(call: &QueryCall, (holder, policy): Inline) -> Result<Shown, QueryError> {
        let found = call
            .identity()
            .inline_policy(call.account()?, H::KIND, holder.as_str(), policy.as_str());
        let document = found.await?;
        Ok(Shown {
            holder,
            policy,
            document,
        })
    }

    fn write(shown: &Shown, result: &mut Writer) {
        result
            .element(H::NAME, &shown.holder)
            .element("PolicyName", &shown.policy)
            .element("PolicyDocument", encode_query(&shown.document));
    }
}

pub(super) struct Delete<H>(PhantomData<H>);

impl<H: Holder> QueryOperation for Delete<H> {
    const NAME: &'static str = H::DELETE.name;
    const ACTION: &'static str = H::DELETE.action;

    type Input = Inline;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Inline> {
        inline::<H>(parameters)
    }

    async fn resource(call: &QueryCall, (name, _): &Inline) -> Result<String, QueryError> {
        holder_arn::<H>(call, name).await
    }

    async fn execute(call: &QueryCall, (name, policy): Inline) -> Result<(), QueryError> {
        let deleted =
            call.identity()
                .delete_inline_policy(call.account()?, H::KIND, name.as_str(), policy.as_str());
        Ok(deleted.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct List<H>(PhantomData<H>);

impl<H: Holder> QueryOperation for List<H> {
    const NAME: &'static str = H::LIST.name;
    const ACTION: &'static str = H::LIST.action;

    type Input = (Name, Paging);
    type Output = Page<String>;

    fn parse(parameters: &mut Parameters) -> Option<(Name, Paging)> {
        let name = holder_name::<H>(parameters);
        let paging = Paging::read(parameters);
        Some((name?, paging?))
    }

    async fn resource(call: &QueryCall, (name, _): &(Name, Paging)) -> Result<String, QueryError> {
        holder_arn::<H>(call, name).await
    }

    async fn execute(call: &QueryCall, (name, paging): (Name, Paging)) -> Result<Page<String>, QueryError> {
        let policies = call
            .identity()
            .policies_of(call.account()?, H::KIND, name.as_str())
            .await?;
        let names = policies.inline.into_iter().map(|(name, _)| name).collect();
        Ok(paging.page(names, |name| name.as_str()))
    }

    fn write(page: &Page<String>, result: &mut Writer) {
        result.nested("PolicyNames", |list| {
            for name in &page.items {
                list.element("member", name);
            }
        });
        output::paging(result, page);
    }
}

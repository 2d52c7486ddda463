//! TagUser, UntagUser, ListUserTags, and the same of roles and policies.

use std::marker::PhantomData;

use cairn_identity::{Page, Tagged};
use cairn_policy::Context;
use cairn_protocol::xml::Writer;
use cairn_types::Tag;

use super::input::{
    NAME_CHARS_MAX, Paging, check_arn, policy_arn, role_arn, tag_conditions, tag_key_conditions, user_arn,
};
use super::oidc_providers::provider_arn;
use super::output;
use super::roles::role_name;
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

/// A kind of thing that has tags, and what its operations are called.
pub(super) trait Noun: 'static {
    const TAG: &'static str;
    const TAG_ACTION: &'static str;
    const UNTAG: &'static str;
    const UNTAG_ACTION: &'static str;
    const LIST: &'static str;
    const LIST_ACTION: &'static str;

    /// Which one.
    fn read(parameters: &mut Parameters) -> Option<Tagged>;
}

macro_rules! noun {
    ($noun:ident, $read:expr) => {
        pub(super) struct $noun;

        impl Noun for $noun {
            const TAG: &'static str = concat!("Tag", stringify!($noun));
            const TAG_ACTION: &'static str = concat!("iam:Tag", stringify!($noun));
            const UNTAG: &'static str = concat!("Untag", stringify!($noun));
            const UNTAG_ACTION: &'static str = concat!("iam:Untag", stringify!($noun));
            const LIST: &'static str = concat!("List", stringify!($noun), "Tags");
            const LIST_ACTION: &'static str = concat!("iam:List", stringify!($noun), "Tags");

            fn read(parameters: &mut Parameters) -> Option<Tagged> {
                $read(parameters)
            }
        }
    };
}

noun!(User, |parameters: &mut Parameters| {
    let name = parameters.name("UserName", NAME_CHARS_MAX)?;
    Some(Tagged::User(name.to_string()))
});
noun!(Role, |parameters: &mut Parameters| {
    Some(Tagged::Role(role_name(parameters)?.to_string()))
});
noun!(Policy, |parameters: &mut Parameters| {
    Some(Tagged::Policy(policy_arn(parameters)?))
});
noun!(OpenIDConnectProvider, |parameters: &mut Parameters| {
    Some(Tagged::OidcProvider(provider_arn(parameters)?))
});

async fn arn(call: &QueryCall, what: &Tagged) -> Result<String, QueryError> {
    match what {
        Tagged::User(name) => user_arn(call, name).await,
        Tagged::Role(name) => role_arn(call, name).await,
        Tagged::Policy(arn) | Tagged::OidcProvider(arn) => {
            check_arn(arn)?;
            Ok(arn.clone())
        }
    }
}

pub(super) struct AddTags<N>(PhantomData<N>);

impl<N: Noun> QueryOperation for AddTags<N> {
    const NAME: &'static str = N::TAG;
    const ACTION: &'static str = N::TAG_ACTION;

    type Input = (Tagged, Vec<Tag>);
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Self::Input> {
        let what = N::read(parameters);
        let given = parameters.must_have_list("Tags");
        let tags = parameters.tags();
        given?;
        Some((what?, tags?))
    }

    async fn resource(call: &QueryCall, (what, _): &Self::Input) -> Result<String, QueryError> {
        arn(call, what).await
    }

    fn conditions<'a>(_: &'a QueryCall, (_, tags): &'a Self::Input, context: &mut Context<'a>) {
        tag_conditions(tags, context);
    }

    async fn execute(call: &QueryCall, (what, tags): Self::Input) -> Result<(), QueryError> {
        Ok(call.identity().add_tags(call.account()?, &what, tags).await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct RemoveTags<N>(PhantomData<N>);

impl<N: Noun> QueryOperation for RemoveTags<N> {
    const NAME: &'static str = N::UNTAG;
    const ACTION: &'static str = N::UNTAG_ACTION;

    type Input = (Tagged, Vec<String>);
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Self::Input> {
        let what = N::read(parameters);
        let given = parameters.must_have_list("TagKeys");
        let keys = parameters.tag_keys();
        given?;
        Some((what?, keys?))
    }

    async fn resource(call: &QueryCall, (what, _): &Self::Input) -> Result<String, QueryError> {
        arn(call, what).await
    }

    fn conditions<'a>(_: &'a QueryCall, (_, keys): &'a Self::Input, context: &mut Context<'a>) {
        tag_key_conditions(keys, context);
    }

    async fn execute(call: &QueryCall, (what, keys): Self::Input) -> Result<(), QueryError> {
        Ok(call.identity().remove_tags(call.account()?, &what, &keys).await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct ListTags<N>(PhantomData<N>);

impl<N: Noun> QueryOperation for ListTags<N> {
    const NAME: &'static str = N::LIST;
    const ACTION: &'static str = N::LIST_ACTION;

    type Input = (Tagged, Paging);
    type Output = Page<Tag>;

    fn parse(parameters: &mut Parameters) -> Option<Self::Input> {
        let what = N::read(parameters);
        let paging = Paging::read(parameters);
        Some((what?, paging?))
    }

    async fn resource(call: &QueryCall, (what, _): &Self::Input) -> Result<String, QueryError> {
        arn(call, what).await
    }

    async fn execute(call: &QueryCall, (what, paging): Self::Input) -> Result<Page<Tag>, QueryError> {
        let tags = call.identity().tags_of(call.account()?, &what).await?;
        let mut sorted = tags.as_slice().to_vec();
        sorted.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(paging.page(sorted, |tag| tag.key.as_str()))
    }

    fn write(page: &Page<Tag>, result: &mut Writer) {
        result.nested("Tags", |list| {
            for tag in &page.items {
                list.nested("member", |member| {
                    member.element("Key", &tag.key).element("Value", &tag.value);
                });
            }
        });
        output::paging(result, page);
    }
}

//! CreateOpenIDConnectProvider, GetOpenIDConnectProvider, ListOpenIDConnectProviders, DeleteOpenIDConnectProvider,
//! AddClientIDToOpenIDConnectProvider, RemoveClientIDFromOpenIDConnectProvider,
//! UpdateOpenIDConnectProviderThumbprint.
//!
//! Making a provider asks it nothing: it may be up later than the account that trusts it. Amazon asks for its
//! certificate where no thumbprint is given.

use cairn_identity::{Error, IssuerUrl, NewOidcProvider, OidcProviderRecord, Tags};
use cairn_policy::Context;
use cairn_protocol::xml::Writer;
use cairn_types::Tag;

use super::input::{check_arn, tag_conditions};
use super::output;
use crate::services::query::parameters::{ARN, Text};
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

const URL: Text = Text::of(1, IssuerUrl::CHARS_MAX);
const CLIENT_ID: Text = Text::of(1, 255);

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A SHA-1 fingerprint. That it is hexadecimal the model does not say (believed).
const THUMBPRINT: Text = Text::of(40, 40).matching("[a-fA-F0-9]+", is_hexadecimal);

/// The ARN of a provider in a request.
pub(super) fn provider_arn(parameters: &mut Parameters) -> Option<String> {
    parameters.required("OpenIDConnectProviderArn", &ARN)
}

async fn resource_of(arn: &str) -> Result<String, QueryError> {
    check_arn(arn)?;
    Ok(arn.to_owned())
}

pub(super) struct CreateOpenIDConnectProvider;

pub(super) struct Create {
    url: String,
    client_ids: Vec<String>,
    thumbprints: Vec<String>,
    tags: Vec<Tag>,
}

/// An issuer that can be asked for its keys.
///
/// # Errors
/// `InvalidInput` (the words are believed).
fn issuer(call: &QueryCall, url: &str) -> Result<IssuerUrl, QueryError> {
    let invalid = |message: &str| QueryError::from(Error::InvalidInput(message.to_owned()));
    let url = IssuerUrl::parse(url).map_err(|_| invalid("Invalid Open ID Connect Provider URL"))?;
    if call.api.oidc.may_ask(&url) {
        Ok(url)
    } else {
        Err(invalid(
            "Invalid Open ID Connect Provider URL: it must begin with https://",
        ))
    }
}

impl QueryOperation for CreateOpenIDConnectProvider {
    const NAME: &'static str = "CreateOpenIDConnectProvider";
    const ACTION: &'static str = "iam:CreateOpenIDConnectProvider";

    type Input = Create;
    type Output = OidcProviderRecord;

    fn parse(parameters: &mut Parameters) -> Option<Create> {
        let url = parameters.required("Url", &URL);
        // More are told by the quota's own error.
        let client_ids = parameters.list("ClientIDList", usize::MAX, &CLIENT_ID);
        let thumbprints = parameters.list("ThumbprintList", usize::MAX, &THUMBPRINT);
        let tags = parameters.tags();
        Some(Create {
            url: url?,
            client_ids: client_ids?,
            thumbprints: thumbprints?,
            tags: tags?,
        })
    }

    async fn resource(call: &QueryCall, input: &Create) -> Result<String, QueryError> {
        let url = issuer(call, &input.url)?;
        call.arn(&format!("oidc-provider/{}", url.name()))
    }

    fn conditions<'a>(_: &'a QueryCall, input: &'a Create, context: &mut Context<'a>) {
        tag_conditions(&input.tags, context);
    }

    async fn execute(call: &QueryCall, input: Create) -> Result<OidcProviderRecord, QueryError> {
        let mut tags = Tags::default();
        tags.add(input.tags)?;
        let new = NewOidcProvider {
            url: issuer(call, &input.url)?,
            client_ids: input.client_ids,
            thumbprints: input.thumbprints,
            tags,
        };
        Ok(call.identity().create_oidc_provider(call.account()?, new).await?)
    }

    fn write(provider: &OidcProviderRecord, result: &mut Writer) {
        result.element("OpenIDConnectProviderArn", provider.arn());
        output::tags(result, &provider.tags);
    }
}

fn texts(result: &mut Writer, name: &str, texts: &[String]) {
    result.nested(name, |list| {
        for text in texts {
            list.element("member", text);
        }
    });
}

pub(super) struct GetOpenIDConnectProvider;

impl QueryOperation for GetOpenIDConnectProvider {
    const NAME: &'static str = "GetOpenIDConnectProvider";
    const ACTION: &'static str = "iam:GetOpenIDConnectProvider";

    type Input = String;
    type Output = OidcProviderRecord;

    fn parse(parameters: &mut Parameters) -> Option<String> {
        provider_arn(parameters)
    }

    async fn resource(_: &QueryCall, arn: &String) -> Result<String, QueryError> {
        resource_of(arn).await
    }

    async fn execute(call: &QueryCall, arn: String) -> Result<OidcProviderRecord, QueryError> {
        Ok(call.identity().oidc_provider(call.account()?, &arn).await?)
    }

    fn write(provider: &OidcProviderRecord, result: &mut Writer) {
        // Without its scheme, as Amazon shows it.
        result.element("Url", provider.url.name());
        texts(result, "ClientIDList", &provider.client_ids);
        texts(result, "ThumbprintList", &provider.thumbprints);
        result.element("CreateDate", provider.created.iso8601());
        output::tags(result, &provider.tags);
    }
}

pub(super) struct ListOpenIDConnectProviders;

impl QueryOperation for ListOpenIDConnectProviders {
    const NAME: &'static str = "ListOpenIDConnectProviders";
    const ACTION: &'static str = "iam:ListOpenIDConnectProviders";

    type Input = ();
    type Output = Vec<OidcProviderRecord>;

    fn parse(_: &mut Parameters) -> Option<()> {
        Some(())
    }

    async fn resource(call: &QueryCall, (): &()) -> Result<String, QueryError> {
        call.arn("oidc-provider/*")
    }

    async fn execute(call: &QueryCall, (): ()) -> Result<Vec<OidcProviderRecord>, QueryError> {
        Ok(call.identity().oidc_providers(call.account()?).await?)
    }

    fn write(providers: &Vec<OidcProviderRecord>, result: &mut Writer) {
        result.nested("OpenIDConnectProviderList", |list| {
            for provider in providers {
                list.nested("member", |member| {
                    member.element("Arn", provider.arn());
                });
            }
        });
    }
}

pub(super) struct DeleteOpenIDConnectProvider;

impl QueryOperation for DeleteOpenIDConnectProvider {
    const NAME: &'static str = "DeleteOpenIDConnectProvider";
    const ACTION: &'static str = "iam:DeleteOpenIDConnectProvider";

    type Input = String;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<String> {
        provider_arn(parameters)
    }

    async fn resource(_: &QueryCall, arn: &String) -> Result<String, QueryError> {
        resource_of(arn).await
    }

    async fn execute(call: &QueryCall, arn: String) -> Result<(), QueryError> {
        Ok(call
            .identity()
            .delete_oidc_provider(call.account()?, &arn)
            .await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

/// A provider and an audience.
fn provider_and_client(parameters: &mut Parameters) -> Option<(String, String)> {
    let arn = provider_arn(parameters);
    let id = parameters.required("ClientID", &CLIENT_ID);
    Some((arn?, id?))
}

pub(super) struct AddClientIDToOpenIDConnectProvider;

impl QueryOperation for AddClientIDToOpenIDConnectProvider {
    const NAME: &'static str = "AddClientIDToOpenIDConnectProvider";
    const ACTION: &'static str = "iam:AddClientIDToOpenIDConnectProvider";

    type Input = (String, String);
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Self::Input> {
        provider_and_client(parameters)
    }

    async fn resource(_: &QueryCall, (arn, _): &Self::Input) -> Result<String, QueryError> {
        resource_of(arn).await
    }

    async fn execute(call: &QueryCall, (arn, id): Self::Input) -> Result<(), QueryError> {
        Ok(call.identity().add_client_id(call.account()?, &arn, &id).await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct RemoveClientIDFromOpenIDConnectProvider;

impl QueryOperation for RemoveClientIDFromOpenIDConnectProvider {
    const NAME: &'static str = "RemoveClientIDFromOpenIDConnectProvider";
    const ACTION: &'static str = "iam:RemoveClientIDFromOpenIDConnectProvider";

    type Input = (String, String);
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Self::Input> {
        provider_and_client(parameters)
    }

    async fn resource(_: &QueryCall, (arn, _): &Self::Input) -> Result<String, QueryError> {
        resource_of(arn).await
    }

    async fn execute(call: &QueryCall, (arn, id): Self::Input) -> Result<(), QueryError> {
        Ok(call
            .identity()
            .remove_client_id(call.account()?, &arn, &id)
            .await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct UpdateOpenIDConnectProviderThumbprint;

impl QueryOperation for UpdateOpenIDConnectProviderThumbprint {
    const NAME: &'static str = "UpdateOpenIDConnectProviderThumbprint";
    const ACTION: &'static str = "iam:UpdateOpenIDConnectProviderThumbprint";

    type Input = (String, Vec<String>);
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Self::Input> {
        let arn = provider_arn(parameters);
        let given = parameters.must_have_list("ThumbprintList");
        let thumbprints = parameters.list("ThumbprintList", usize::MAX, &THUMBPRINT);
        given?;
        Some((arn?, thumbprints?))
    }

    async fn resource(_: &QueryCall, (arn, _): &Self::Input) -> Result<String, QueryError> {
        resource_of(arn).await
    }

    async fn execute(call: &QueryCall, (arn, thumbprints): Self::Input) -> Result<(), QueryError> {
        Ok(call
            .identity()
            .set_thumbprints(call.account()?, &arn, thumbprints)
            .await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

//! CreateAccountAlias, ListAccountAliases, DeleteAccountAlias.

use cairn_identity::is_account_alias;
use cairn_protocol::xml::Writer;

use super::input::Paging;
use crate::services::query::parameters::Text;
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

/// An alias (facts/05 §3).
const ALIAS: Text = Text::of(3, 63).matching(r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$", is_account_alias);

pub(super) struct CreateAccountAlias;

impl QueryOperation for CreateAccountAlias {
    const NAME: &'static str = "CreateAccountAlias";
    const ACTION: &'static str = "iam:CreateAccountAlias";

    type Input = String;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<String> {
        parameters.required("AccountAlias", &ALIAS)
    }

    async fn resource(_: &QueryCall, _: &String) -> Result<String, QueryError> {
        Ok("*".to_owned())
    }

    async fn execute(call: &QueryCall, alias: String) -> Result<(), QueryError> {
        Ok(call.identity().set_account_alias(call.account()?, &alias).await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct ListAccountAliases;

impl QueryOperation for ListAccountAliases {
    const NAME: &'static str = "ListAccountAliases";
    const ACTION: &'static str = "iam:ListAccountAliases";

    type Input = ();
    type Output = Option<String>;

    fn parse(parameters: &mut Parameters) -> Option<()> {
        // There is one alias at most, so every list is one page.
        Paging::read(parameters)?;
        Some(())
    }

    async fn resource(_: &QueryCall, (): &()) -> Result<String, QueryError> {
        Ok("*".to_owned())
    }

    async fn execute(call: &QueryCall, (): ()) -> Result<Option<String>, QueryError> {
        Ok(call.identity().account(call.account()?).await?.alias)
    }

    fn write(alias: &Option<String>, result: &mut Writer) {
        result.nested("AccountAliases", |list| {
            list.optional("member", alias.as_deref());
        });
        result.element("IsTruncated", false);
    }
}

pub(super) struct DeleteAccountAlias;

impl QueryOperation for DeleteAccountAlias {
    const NAME: &'static str = "DeleteAccountAlias";
    const ACTION: &'static str = "iam:DeleteAccountAlias";

    type Input = String;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<String> {
        parameters.required("AccountAlias", &ALIAS)
    }

    async fn resource(_: &QueryCall, _: &String) -> Result<String, QueryError> {
        Ok("*".to_owned())
    }

    async fn execute(call: &QueryCall, alias: String) -> Result<(), QueryError> {
        Ok(call
            .identity()
            .delete_account_alias(call.account()?, &alias)
            .await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

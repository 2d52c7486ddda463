//! GetAccessKeyInfo: the account that an access key is of (facts/05 §4).

use cairn_protocol::xml::Writer;
use cairn_types::{AccessKeyId, AccountId};

use crate::services::query::parameters::Text;
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

pub(super) struct GetAccessKeyInfo;

fn is_key_id(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

const KEY_ID: Text = Text::of(16, 128).matching(r"[\w]*", is_key_id);

impl QueryOperation for GetAccessKeyInfo {
    const NAME: &'static str = "GetAccessKeyInfo";
    const ACTION: &'static str = "sts:GetAccessKeyInfo";

    type Input = AccessKeyId;
    type Output = AccountId;

    fn parse(parameters: &mut Parameters) -> Option<AccessKeyId> {
        AccessKeyId::parse(&parameters.required("AccessKeyId", &KEY_ID)?).ok()
    }

    async fn resource(_: &QueryCall, _: &AccessKeyId) -> Result<String, QueryError> {
        Ok("*".to_owned())
    }

    async fn execute(call: &QueryCall, key: AccessKeyId) -> Result<AccountId, QueryError> {
        if let Some(account) = key.account_of_temporary() {
            return Ok(account);
        }
        let found = call.identity().account_of_key(&key).await?;
        // Believed: Amazon reads the account out of the id and has no such case.
        found.ok_or_else(|| QueryError::validation(format!("The access key {key} does not exist.")))
    }

    fn write(account: &AccountId, result: &mut Writer) {
        result.element("Account", account);
    }
}

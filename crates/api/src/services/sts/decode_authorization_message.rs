//! DecodeAuthorizationMessage: what an encoded message says about why somebody was refused (facts/05 §4). It opens in
//! the account of who was refused only.

use cairn_identity::Identity;
use cairn_protocol::xml::Writer;

use super::error::invalid_authorization_message;
use crate::services::query::parameters::Text;
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

const ENCODED_MESSAGE: Text = Text::of(1, Identity::ENCODED_MESSAGE_CHARS_MAX);

pub(super) struct DecodeAuthorizationMessage;

impl QueryOperation for DecodeAuthorizationMessage {
    const NAME: &'static str = "DecodeAuthorizationMessage";
    const ACTION: &'static str = "sts:DecodeAuthorizationMessage";

    type Input = String;
    type Output = String;

    fn parse(parameters: &mut Parameters) -> Option<String> {
        parameters.required("EncodedMessage", &ENCODED_MESSAGE)
    }

    async fn resource(_: &QueryCall, _: &String) -> Result<String, QueryError> {
        Ok("*".to_owned())
    }

    async fn execute(call: &QueryCall, encoded: String) -> Result<String, QueryError> {
        let message = call
            .identity()
            .decode_authorization_message(call.account()?, &encoded);
        message.map_err(|_| invalid_authorization_message())
    }

    fn write(message: &String, result: &mut Writer) {
        result.element("DecodedMessage", message);
    }
}

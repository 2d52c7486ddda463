//! Encoded authorization messages: why somebody was refused, readable for who may decode it in their account.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cairn_types::AccountId;

use crate::seal::Purpose;
use crate::{Error, Identity, NotSealedHere};

impl Identity {
    /// Longest message in characters, encoded: the model's `encodedMessageType`.
    pub const ENCODED_MESSAGE_CHARS_MAX: usize = 10_240;

    /// Encodes a message about somebody of this account.
    ///
    /// # Errors
    /// [`Error::Sealed`]: not for any message that fits into memory.
    pub fn encode_authorization_message(&self, account: &AccountId, message: &str) -> Result<String, Error> {
        let owner = account.as_str().as_bytes();
        let sealed = self
            .inner
            .sealer
            .seal(Purpose::AuthorizationMessage, owner, message.as_bytes())?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The message, if it is about somebody of this account.
    ///
    /// # Errors
    /// [`NotSealedHere`].
    pub fn decode_authorization_message(
        &self,
        account: &AccountId,
        encoded: &str,
    ) -> Result<String, NotSealedHere> {
        let sealed = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| NotSealedHere)?;
        let owner = account.as_str().as_bytes();
        let message = self
            .inner
            .sealer
            .open(Purpose::AuthorizationMessage, owner, &sealed)?;
        String::from_utf8(message).map_err(|_| NotSealedHere)
    }
}

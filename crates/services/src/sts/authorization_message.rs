//! `DecodeAuthorizationMessage`: why a request was refused, for those who may know.

use door::{Need, Permit};

use crate::generated::sts::{
    DecodeAuthorizationMessage, DecodeAuthorizationMessageRequest,
    DecodeAuthorizationMessageResponse, errors,
};
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for DecodeAuthorizationMessage {
    const READ_ONLY: bool = true;

    fn needs(_: &DecodeAuthorizationMessageRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(Need::new("sts:DecodeAuthorizationMessage", "*")
            .shown(None)
            .into())
    }

    /// A message of another account is as invalid as one that nobody made.
    async fn handle(
        input: DecodeAuthorizationMessageRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<DecodeAuthorizationMessageResponse, Fault> {
        let now = at.call.now.as_second();
        let keyring = at.door.keyring();
        let opened = keyring.open_message(at.account, &input.encoded_message, now);
        let decoded = opened
            .map_err(|_| errors::INVALID_AUTHORIZATION_MESSAGE.fault("Message is not valid."))?;
        Ok(DecodeAuthorizationMessageResponse {
            decoded_message: Some(decoded),
        })
    }
}

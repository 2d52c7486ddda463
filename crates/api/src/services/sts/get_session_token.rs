//! GetSessionToken: temporary credentials of the caller itself, with or without an MFA code (facts/05 §4). No policy
//! is asked: whoever has a long-term key may.

use cairn_identity::{Session, SessionCredentials, SessionSubject, Tags};
use cairn_protocol::xml::Writer;
use cairn_types::Timestamp;

use super::input::{DURATION_SECONDS_MIN, MfaCode, USER_DURATION_SECONDS_MAX};
use super::output;
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

pub(super) struct GetSessionToken;

pub(super) struct Input {
    duration: Option<u32>,
    mfa: MfaCode,
}

impl QueryOperation for GetSessionToken {
    const NAME: &'static str = "GetSessionToken";
    const ACTION: &'static str = "sts:GetSessionToken";
    const AUTHORIZED: bool = false;

    type Input = Input;
    type Output = SessionCredentials;

    fn parse(parameters: &mut Parameters) -> Option<Input> {
        let duration = parameters.integer("DurationSeconds", DURATION_SECONDS_MIN, USER_DURATION_SECONDS_MAX);
        let mfa = MfaCode::read(parameters);
        Some(Input {
            duration: duration?,
            mfa: mfa?,
        })
    }

    async fn resource(_: &QueryCall, _: &Input) -> Result<String, QueryError> {
        Ok("*".to_owned())
    }

    async fn execute(call: &QueryCall, input: Input) -> Result<SessionCredentials, QueryError> {
        let signer = call.signer()?;
        let maker = super::maker(signer)?;
        let mfa = super::mfa::verify(call, &input.mfa).await?;
        let issued = Timestamp::from_seconds(call.now.seconds());
        let duration = super::user_duration(signer, input.duration);
        let session = Session {
            account: signer.account.id.clone(),
            subject: match maker {
                Some(user) => SessionSubject::User(user),
                None => SessionSubject::Root,
            },
            issued,
            expires: Timestamp::from_seconds(issued.seconds() + u64::from(duration)),
            mfa: mfa.then_some(issued),
            policies: None,
            tags: Tags::default(),
            transitive_tag_keys: Vec::new(),
            source_identity: None,
            provider: None,
        };
        Ok(call.identity().issue_session(session)?)
    }

    fn write(credentials: &SessionCredentials, result: &mut Writer) {
        output::credentials(result, credentials);
    }
}

//! GetFederationToken: temporary credentials for somebody whom the caller names, who is never allowed more than the
//! caller (facts/05 §4).

use cairn_identity::{Session, SessionCredentials, SessionSubject};
use cairn_policy::Context;
use cairn_protocol::xml::Writer;
use cairn_types::{AccountId, Tag, Timestamp};

use super::bounds::{Bounds, packed_size};
use super::input::{self, DURATION_SECONDS_MIN, USER_DURATION_SECONDS_MAX};
use super::output;
use super::session_tags::SessionTags;
use crate::services::iam::tag_conditions;
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

pub(super) struct GetFederationToken;

pub(super) struct Input {
    name: String,
    bounds: Bounds,
    duration: Option<u32>,
    tags: Vec<Tag>,
}

pub(super) struct Output {
    credentials: SessionCredentials,
    account: AccountId,
    name: String,
    packed_size: usize,
}

fn arn(account: &AccountId, name: &str) -> String {
    format!("arn:aws:sts::{account}:federated-user/{name}")
}

impl QueryOperation for GetFederationToken {
    const NAME: &'static str = "GetFederationToken";
    const ACTION: &'static str = "sts:GetFederationToken";

    type Input = Input;
    type Output = Output;

    fn parse(parameters: &mut Parameters) -> Option<Input> {
        let name = parameters.required("Name", &input::session_name(32));
        let bounds = Bounds::read(parameters);
        let duration = parameters.integer("DurationSeconds", DURATION_SECONDS_MIN, USER_DURATION_SECONDS_MAX);
        let tags = parameters.tags();
        Some(Input {
            name: name?,
            bounds: bounds?,
            duration: duration?,
            tags: tags?,
        })
    }

    async fn resource(call: &QueryCall, input: &Input) -> Result<String, QueryError> {
        Ok(arn(call.account()?, &input.name))
    }

    fn conditions<'a>(_: &'a QueryCall, input: &'a Input, context: &mut Context<'a>) {
        tag_conditions(&input.tags, context);
    }

    async fn execute(call: &QueryCall, input: Input) -> Result<Output, QueryError> {
        let signer = call.signer()?;
        let maker = super::maker(signer)?;
        let account = signer.account.id.clone();
        if !input.tags.is_empty() {
            let mut context = call.context();
            tag_conditions(&input.tags, &mut context);
            call.authorize("sts:TagSession", &arn(&account, &input.name), &context)?;
        }
        let tags = SessionTags::new(None, input.tags, Vec::new())?.tags;
        let policies = input.bounds.policies(call, &account).await?;
        let issued = Timestamp::from_seconds(call.now.seconds());
        let duration = super::user_duration(signer, input.duration);
        let session = Session {
            account: account.clone(),
            subject: SessionSubject::Federated {
                name: input.name.clone(),
                maker,
            },
            issued,
            expires: Timestamp::from_seconds(issued.seconds() + u64::from(duration)),
            mfa: None,
            // Without any policy it is allowed nothing by its maker's (facts/05 §4).
            policies: Some(policies),
            tags,
            transitive_tag_keys: Vec::new(),
            source_identity: None,
            provider: None,
        };
        let packed_size = packed_size(&session)?;
        Ok(Output {
            credentials: call.identity().issue_session(session)?,
            account,
            name: input.name,
            packed_size,
        })
    }

    fn write(output: &Output, result: &mut Writer) {
        output::credentials(result, &output.credentials);
        result.nested("FederatedUser", |user| {
            user.element("FederatedUserId", format!("{}:{}", output.account, output.name))
                .element("Arn", arn(&output.account, &output.name));
        });
        result.element("PackedPolicySize", output.packed_size);
    }
}

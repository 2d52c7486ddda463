//! AssumeRole: a session of a role, for whom its trust policy names (facts/05 §4).

use cairn_identity::{Session, SessionSubject};
use cairn_policy::{Context, Principal};
use cairn_protocol::xml::Writer;
use cairn_types::{Tag, Timestamp};

use super::bounds::{Bounds, packed_size};
use super::input::{self, DURATION_SECONDS_MIN, MfaCode, ROLE_DURATION_SECONDS_MAX, RoleArn};
use super::output::{self, Assumed};
use super::session_tags::SessionTags;
use super::trust::{Assuming, Trust};
use crate::services::iam::tag_conditions;
use crate::services::query::parameters::TAG_KEY;
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

/// Longest session in seconds of a role that a role session assumes.
const CHAINED_DURATION_SECONDS_MAX: u32 = 3600;
/// A session's length in seconds where none is asked for.
pub(super) const DURATION_SECONDS_DEFAULT: u32 = 3600;

pub(super) struct AssumeRole;

pub(super) struct Input {
    role_arn: String,
    session_name: String,
    bounds: Bounds,
    duration: Option<u32>,
    tags: Vec<Tag>,
    transitive: Vec<String>,
    external_id: Option<String>,
    mfa: MfaCode,
    source_identity: Option<String>,
}

impl QueryOperation for AssumeRole {
    const NAME: &'static str = "AssumeRole";
    const ACTION: &'static str = "sts:AssumeRole";
    /// Its own way: the trust policy has a say, and it is about several actions.
    const AUTHORIZED: bool = false;

    type Input = Input;
    type Output = Assumed;

    fn parse(parameters: &mut Parameters) -> Option<Input> {
        let role_arn = input::role_arn(parameters);
        let session_name = parameters.required("RoleSessionName", &input::session_name(64));
        let bounds = Bounds::read(parameters);
        let duration = parameters.integer("DurationSeconds", DURATION_SECONDS_MIN, ROLE_DURATION_SECONDS_MAX);
        let tags = parameters.tags();
        let transitive = parameters.list("TransitiveTagKeys", cairn_identity::Tags::MAX, &TAG_KEY);
        let external_id = parameters.optional("ExternalId", &input::EXTERNAL_ID);
        let mfa = MfaCode::read(parameters);
        let source_identity = parameters.optional("SourceIdentity", &input::session_name(64));
        Some(Input {
            role_arn: role_arn?,
            session_name: session_name?,
            bounds: bounds?,
            duration: duration?,
            tags: tags?,
            transitive: transitive?,
            external_id: external_id?,
            mfa: mfa?,
            source_identity: source_identity?,
        })
    }

    async fn resource(_: &QueryCall, input: &Input) -> Result<String, QueryError> {
        Ok(input.role_arn.clone())
    }

    async fn execute(call: &QueryCall, input: Input) -> Result<Assumed, QueryError> {
        let caller = call.signer()?;
        if caller.principal.is_root() {
            return Err(QueryError::access_denied(
                "Roles may not be assumed by root accounts.",
            ));
        }
        let arn = RoleArn::parse(&input.role_arn)?;
        let session_tags = SessionTags::new(Some(caller), input.tags.clone(), input.transitive.clone())?;
        let source_identity = source_identity(call, input.source_identity.as_deref())?;
        let role = call.identity().role_by_arn(&arn.account, &arn.text).await?;
        let mfa = super::mfa::verify(call, &input.mfa).await?;

        let mut context = call.context();
        conditions(&input, &session_tags, source_identity.as_deref(), &mut context);
        if mfa {
            context.set("aws:MultiFactorAuthPresent", "true");
            context.set("aws:MultiFactorAuthAge", "0");
        }
        if let Some(role) = &role {
            super::role_conditions(role, &mut context);
        }
        let trust = Trust::of(arn, role.as_ref())?;
        let who = Assuming {
            principal: &caller.principal,
            canonical_user_id: Some(&caller.account.canonical_user_id),
            permissions: &caller.permissions,
            session: caller.session.as_ref(),
        };
        let mut actions = vec![Self::ACTION];
        // Also for those that the caller's session hands on.
        if !session_tags.tags.is_empty() {
            actions.push("sts:TagSession");
        }
        if source_identity.is_some() {
            actions.push("sts:SetSourceIdentity");
        }
        for action in actions {
            trust
                .allows(&who, action, &context, call.decided())
                .map_err(QueryError::access_denied)?;
        }
        // A role that is not there trusts nobody.
        let role = role.ok_or_else(QueryError::internal)?;

        let chained = matches!(caller.principal, Principal::RoleSession { .. });
        if chained
            && input
                .duration
                .is_some_and(|seconds| seconds > CHAINED_DURATION_SECONDS_MAX)
        {
            return Err(QueryError::validation(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            ));
        }
        let duration = super::role_duration(&role, input.duration)?;
        let has_bounds = !input.bounds.is_empty();
        let policies = input.bounds.policies(call, &role.account).await?;
        let issued = Timestamp::from_seconds(call.now.seconds());
        let session = Session {
            account: role.account.clone(),
            subject: SessionSubject::Role {
                id: role.id.clone(),
                session_name: input.session_name.clone(),
                chained,
            },
            issued,
            expires: Timestamp::from_seconds(issued.seconds() + u64::from(duration)),
            // Whoever assumed the role gave a code, not the session (docs/sessions.md).
            mfa: None,
            policies: has_bounds.then_some(policies),
            tags: session_tags.tags,
            transitive_tag_keys: session_tags.transitive,
            source_identity: source_identity.clone(),
            provider: None,
        };
        let packed = packed_size(&session)?;
        let is_packed = has_bounds || !session.tags.is_empty();
        Ok(Assumed {
            credentials: call.identity().issue_session(session)?,
            principal: role.session_principal(&input.session_name),
            packed_size: is_packed.then_some(packed),
            source_identity,
        })
    }

    fn write(assumed: &Assumed, result: &mut Writer) {
        output::credentials(result, &assumed.credentials);
        assumed.user(result);
        result
            .optional("PackedPolicySize", assumed.packed_size)
            .optional("SourceIdentity", assumed.source_identity.as_deref());
    }
}

/// The session's source identity: the caller's, if it has one, which nobody can change, or the one asked for.
///
/// # Errors
/// `ValidationError` where another is asked for (the words are believed).
fn source_identity(call: &QueryCall, asked: Option<&str>) -> Result<Option<String>, QueryError> {
    let session = call.signer()?.session.as_ref();
    let inherited = session.and_then(|session| session.source_identity.as_deref());
    match (inherited, asked) {
        (Some(inherited), Some(asked)) if inherited != asked => Err(QueryError::validation(
            "The SourceIdentity of the calling session cannot be changed.",
        )),
        (inherited, asked) => Ok(inherited.or(asked).map(str::to_owned)),
    }
}

fn conditions<'a>(
    input: &'a Input,
    session_tags: &'a SessionTags,
    source_identity: Option<&'a str>,
    context: &mut Context<'a>,
) {
    context.set("sts:RoleSessionName", input.session_name.as_str());
    if let Some(external_id) = &input.external_id {
        context.set("sts:ExternalId", external_id.as_str());
    }
    if let Some(source_identity) = source_identity {
        context.set("sts:SourceIdentity", source_identity);
    }
    if !input.transitive.is_empty() {
        context.set_many(
            "sts:TransitiveTagKeys",
            input.transitive.iter().map(String::as_str),
        );
    }
    // Those that the caller's session hands on are among them: a trust policy judges all tags of the new session.
    tag_conditions(session_tags.tags.as_slice(), context);
}

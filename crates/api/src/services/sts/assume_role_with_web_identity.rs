//! AssumeRoleWithWebIdentity: a session of a role, for whom an OpenID Connect provider vouches (facts/05 §4). Nobody
//! signs it: the token is the proof.

use cairn_identity::{IssuerUrl, OidcProviderRecord, Permissions, Session, SessionSubject};
use cairn_policy::{Context, Principal};
use cairn_protocol::xml::Writer;
use cairn_types::Timestamp;

use super::bounds::{Bounds, packed_size};
use super::error::{expired_token, idp_communication_error, invalid_identity_token};
use super::input::{self, DURATION_SECONDS_MIN, ROLE_DURATION_SECONDS_MAX, RoleArn};
use super::output::{self, Assumed};
use super::session_tags::SessionTags;
use super::trust::{Assuming, Trust};
use crate::oidc::{InvalidToken, Token, Unverified};
use crate::services::iam::tag_conditions;
use crate::services::query::parameters::{TAG_KEY, TAG_VALUE, Text};
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

/// Tokens of 4 to 20000 characters (the model).
const WEB_IDENTITY_TOKEN: Text = Text::of(4, 20_000).secret();
const PROVIDER_ID: Text = Text::of(4, 2048);

pub(super) struct AssumeRoleWithWebIdentity;

pub(super) struct Input {
    role_arn: String,
    session_name: String,
    token: String,
    provider_id: Option<String>,
    bounds: Bounds,
    duration: Option<u32>,
}

pub(super) struct Output {
    assumed: Assumed,
    subject: String,
    provider: String,
    audience: String,
}

impl QueryOperation for AssumeRoleWithWebIdentity {
    const NAME: &'static str = "AssumeRoleWithWebIdentity";
    const ACTION: &'static str = "sts:AssumeRoleWithWebIdentity";
    /// Its own way: the trust policy decides alone.
    const AUTHORIZED: bool = false;
    const UNSIGNED: bool = true;

    type Input = Input;
    type Output = Output;

    fn parse(parameters: &mut Parameters) -> Option<Input> {
        let role_arn = input::role_arn(parameters);
        let session_name = parameters.required("RoleSessionName", &input::session_name(64));
        let token = parameters.required("WebIdentityToken", &WEB_IDENTITY_TOKEN);
        let provider_id = parameters.optional("ProviderId", &PROVIDER_ID);
        let bounds = Bounds::read(parameters);
        let duration = parameters.integer("DurationSeconds", DURATION_SECONDS_MIN, ROLE_DURATION_SECONDS_MAX);
        Some(Input {
            role_arn: role_arn?,
            session_name: session_name?,
            token: token?,
            provider_id: provider_id?,
            bounds: bounds?,
            duration: duration?,
        })
    }

    async fn resource(_: &QueryCall, input: &Input) -> Result<String, QueryError> {
        Ok(input.role_arn.clone())
    }

    async fn execute(call: &QueryCall, input: Input) -> Result<Output, QueryError> {
        let arn = RoleArn::parse(&input.role_arn)?;
        let token = Token::parse(&input.token).map_err(refused)?;
        let (provider, audience) = proven(call, &arn, &token, input.provider_id.as_deref()).await?;
        let session_tags = session_tags(&token)?;
        let source_identity = source_identity(&token)?;

        let role = call.identity().role_by_arn(&arn.account, &arn.text).await?;
        let provider_arn = provider.arn();
        let mut context = call.context();
        conditions(&provider.url, &token, &audience, &mut context);
        context.set("sts:RoleSessionName", input.session_name.as_str());
        if let Some(source_identity) = &source_identity {
            context.set("sts:SourceIdentity", source_identity.as_str());
        }
        tag_conditions(session_tags.tags.as_slice(), &mut context);
        if !session_tags.transitive.is_empty() {
            let keys = session_tags.transitive.iter().map(String::as_str);
            context.set_many("sts:TransitiveTagKeys", keys);
        }
        if let Some(role) = &role {
            super::role_conditions(role, &mut context);
        }
        let trust = Trust::of(arn, role.as_ref())?;
        let who = Assuming {
            principal: &Principal::WebIdentity {
                provider: provider_arn.clone(),
                subject: token.subject.clone(),
            },
            canonical_user_id: None,
            permissions: &Permissions::default(),
            session: None,
        };
        let mut actions = vec![Self::ACTION];
        if !session_tags.tags.is_empty() {
            actions.push("sts:TagSession");
        }
        if source_identity.is_some() {
            actions.push("sts:SetSourceIdentity");
        }
        for action in actions {
            // Nothing of who they are, nor whether there is such a role.
            trust
                .allows(&who, action, &context, call.decided())
                .map_err(|_| QueryError::access_denied(format!("Not authorized to perform {action}")))?;
        }
        let role = role.ok_or_else(QueryError::internal)?;

        let duration = super::role_duration(&role, input.duration)?;
        let has_bounds = !input.bounds.is_empty();
        let policies = input.bounds.policies(call, &role.account).await?;
        let issued = Timestamp::from_seconds(call.now.seconds());
        let session = Session {
            account: role.account.clone(),
            subject: SessionSubject::Role {
                id: role.id.clone(),
                session_name: input.session_name.clone(),
                chained: false,
            },
            issued,
            expires: Timestamp::from_seconds(issued.seconds() + u64::from(duration)),
            mfa: None,
            policies: has_bounds.then_some(policies),
            tags: session_tags.tags,
            transitive_tag_keys: session_tags.transitive,
            source_identity: source_identity.clone(),
            provider: Some(provider_arn.clone()),
        };
        let packed = packed_size(&session)?;
        let is_packed = has_bounds || !session.tags.is_empty();
        Ok(Output {
            assumed: Assumed {
                credentials: call.identity().issue_session(session)?,
                principal: role.session_principal(&input.session_name),
                packed_size: is_packed.then_some(packed),
                source_identity,
            },
            subject: token.subject,
            provider: provider_arn,
            audience,
        })
    }

    fn write(output: &Output, result: &mut Writer) {
        let assumed = &output.assumed;
        output::credentials(result, &assumed.credentials);
        result.element("SubjectFromWebIdentityToken", &output.subject);
        assumed.user(result);
        result
            .optional("PackedPolicySize", assumed.packed_size)
            .element("Provider", &output.provider)
            .element("Audience", &output.audience)
            .optional("SourceIdentity", assumed.source_identity.as_deref());
    }
}

fn refused(error: InvalidToken) -> QueryError {
    match error {
        InvalidToken::Invalid(message) => invalid_identity_token(message),
        InvalidToken::Expired(message) => expired_token(message),
    }
}

/// The provider that the token is of, and the audience it is for; both are what the role's account trusts, the
/// signature is the provider's, and the token is of now.
///
/// # Errors
/// `InvalidIdentityToken`, `ExpiredTokenException`, `IDPCommunicationError`.
async fn proven(
    call: &QueryCall,
    role: &RoleArn,
    token: &Token,
    provider_id: Option<&str>,
) -> Result<(OidcProviderRecord, String), QueryError> {
    let unknown = |issuer: &str| {
        invalid_identity_token(format!(
            "No OpenIDConnect provider found in your account for {issuer}"
        ))
    };
    let provider = call
        .identity()
        .oidc_provider_of(&role.account, &token.issuer)
        .await?
        .ok_or_else(|| unknown(&token.issuer))?;
    // For access tokens of OAuth 2.0, which are not taken; a provider's own name does no harm.
    if let Some(id) = provider_id.filter(|id| *id != provider.url.name()) {
        return Err(unknown(id));
    }
    // Before the provider is asked for its keys: what is over is no reason to ask.
    token.check_time(call.now).map_err(refused)?;
    match call.api.oidc.verify(&provider.url, token, call.now).await {
        Ok(()) => {}
        Err(Unverified::Unreachable) => return Err(idp_communication_error()),
        Err(Unverified::NoSuchKey | Unverified::WrongSignature) => {
            return Err(invalid_identity_token(
                "Couldn't retrieve verification key from your identity provider, please reference \
                 AssumeRoleWithWebIdentity documentation for requirements",
            ));
        }
    }
    match audience(&provider, token) {
        Some(audience) => Ok((provider, audience)),
        None => Err(invalid_identity_token("Incorrect token audience")),
    }
}

/// The audience of the token that the account takes tokens for. Where there are several, it is the one that the token
/// was issued to.
fn audience(provider: &OidcProviderRecord, token: &Token) -> Option<String> {
    let known = |audience: &&String| provider.client_ids.contains(audience);
    let issued_to = token
        .authorized_party
        .as_ref()
        .filter(|party| token.audiences.contains(party));
    issued_to
        .filter(known)
        .or_else(|| token.audiences.iter().find(known))
        .cloned()
}

/// `ISSUER:aud`, `ISSUER:sub`, `ISSUER:amr`, `ISSUER:azp`.
fn conditions<'a>(issuer: &IssuerUrl, token: &'a Token, audience: &'a str, context: &mut Context<'a>) {
    let name = issuer.name();
    context.set(format!("{name}:aud"), audience);
    context.set(format!("{name}:sub"), token.subject.as_str());
    if !token.methods.is_empty() {
        context.set_many(format!("{name}:amr"), token.methods.iter().map(String::as_str));
    }
    if let Some(party) = &token.authorized_party {
        context.set(format!("{name}:azp"), party.as_str());
    }
}

/// The tags in the token, by the rules of those in a request.
///
/// # Errors
/// `InvalidIdentityToken` for what is no tag; those of [`SessionTags::new`].
fn session_tags(token: &Token) -> Result<SessionTags, QueryError> {
    let valid = token
        .tags
        .iter()
        .all(|tag| TAG_KEY.accepts(&tag.key) && TAG_VALUE.accepts(&tag.value));
    if !valid {
        return Err(invalid_identity_token("The token's principal tags are not valid"));
    }
    SessionTags::new(None, token.tags.clone(), token.transitive_tag_keys.clone())
}

/// # Errors
/// `InvalidIdentityToken` for what is no source identity.
fn source_identity(token: &Token) -> Result<Option<String>, QueryError> {
    match &token.source_identity {
        Some(name) if !input::session_name(64).accepts(name) => {
            Err(invalid_identity_token("The token's source identity is not valid"))
        }
        name => Ok(name.clone()),
    }
}

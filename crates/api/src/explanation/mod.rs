//! Why something is allowed or denied: of a request not yet made, and of one in the journal.
//!
//! What has a say is gathered by the code that gathers it for decisions ([`Gathered`], [`Trust`]), and the verdict is
//! of the functions that decide; here is who asks (`who`), where the resource is, and what the answer means beside
//! the policies (`advice`).

mod advice;
mod principals;
mod report;
mod text;
mod who;

use cairn_access::Because;
use cairn_policy::{Context, Layers, Policy, PolicyType, ResourceSide};
use cairn_protocol::S3Error;
use cairn_protocol::address::object_key;
use cairn_protocol::parameters::parse_version_id;
use cairn_types::{AccountId, Arn, BucketName};
use http::HeaderMap;

pub use self::report::{AccessExplanation, BlockReport, BucketReport, CallerReport, ObjectReport};
use self::who::Party;
use crate::access::{Asker, Gathered, Known, Lookup, Target, of_target};
use crate::conditions::{Circumstances, global};
use crate::services::iam::set_resource_keys;
use crate::services::sts::input::RoleArn;
use crate::services::sts::role_conditions;
use crate::services::sts::trust::Trust;
use crate::services::{Service, restrictions};
use crate::{AccessFact, Api, IAM_OPERATIONS, STS_OPERATIONS};

/// Most condition keys that are given with a question.
const CONTEXT_KEYS_MAX: usize = 64;

/// Actions that a role's trust policy has a say about.
const ABOUT_TRUST: &[&str] = &[
    "sts:assumerole",
    "sts:assumerolewithwebidentity",
    "sts:setsourceidentity",
    "sts:tagsession",
];

/// A question about a request that nobody made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessQuestion {
    /// `anonymous`, 12 digits, or the ARN of an account's root, a user, a role, a role's session or a federated user.
    pub principal: String,
    /// What the session of a role is called.
    pub session_name: Option<String>,
    /// Who made a federated user: the ARN of a user. Without one its account's root user.
    pub made_by: Option<String>,
    /// The policy that bounds the session of a role or a federated user: the JSON.
    pub session_policy: Option<String>,
    /// `s3:GetObject`.
    pub action: String,
    /// An ARN, or `*`.
    pub resource: String,
    /// Condition keys with values; a key that is there twice has several.
    pub context: Vec<(String, String)>,
}

/// Why there is no explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExplainError {
    /// The question is none.
    Usage(String),
    /// There is nobody, or nothing, of a name in it.
    NotKnown(String),
    /// What has a say cannot be read.
    Failed(String),
}

impl From<S3Error> for ExplainError {
    fn from(error: S3Error) -> Self {
        Self::Failed(error.message().into_owned())
    }
}

impl AccessQuestion {
    /// What can be said against it before anybody is looked up.
    ///
    /// # Errors
    /// What is wrong, for a person.
    pub fn check(&self) -> Result<(), String> {
        let is_name = |text: &str| {
            text.split_once(':')
                .is_some_and(|(service, name)| !service.is_empty() && !name.is_empty())
                && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        };
        if !is_name(&self.action) || self.action.contains(['*', '?']) {
            return Err(format!(
                "{:?} is no action: one is SERVICE:NAME, such as s3:GetObject, without wildcards",
                self.action
            ));
        }
        if self.resource != "*" && Arn::parse(&self.resource).is_err() {
            return Err(format!(
                "{:?} is no resource: it is an ARN, such as arn:aws:s3:::BUCKET/KEY, or *",
                self.resource
            ));
        }
        if let Some((name, _)) = self.context.iter().find(|(name, _)| !name.contains(':')) {
            return Err(format!(
                "{name:?} is no condition key: one is SERVICE:NAME, such as aws:SourceIp"
            ));
        }
        if self.context.len() > CONTEXT_KEYS_MAX {
            return Err(format!(
                "a question has {CONTEXT_KEYS_MAX} condition keys at most here"
            ));
        }
        match self
            .session_policy
            .as_deref()
            .map(|text| Policy::parse(text, PolicyType::Identity))
        {
            Some(Err(error)) => Err(format!("the session policy: {error}")),
            _ => Ok(()),
        }
    }
}

/// A bucket, and a key in it.
struct S3Place {
    name: BucketName,
    bucket: Option<std::sync::Arc<cairn_objects::Bucket>>,
    key: Option<cairn_types::ObjectKey>,
}

impl Api {
    /// Explains what a request would be answered, as things are now.
    ///
    /// # Errors
    /// [`ExplainError`].
    pub async fn explain_access(&self, question: &AccessQuestion) -> Result<AccessExplanation, ExplainError> {
        question.check().map_err(ExplainError::Usage)?;
        let party = self.named(question).await?;
        let given = given(&question.context);
        let asked = Asked {
            party: &party,
            action: &question.action,
            resource: &question.resource,
            account: None,
            given: &given,
            whole: false,
        };
        self.explained(asked).await
    }

    /// Explains a denied question of the journal: by the policies of now, with the conditions of then.
    ///
    /// # Errors
    /// [`ExplainError`]; of a question that was not kept, too.
    pub async fn explain_again(&self, fact: &AccessFact) -> Result<AccessExplanation, ExplainError> {
        let question = fact
            .question
            .as_ref()
            .ok_or_else(|| ExplainError::NotKnown("the question was not kept".to_owned()))?;
        let party = self.again(question).await?;
        let asked = Asked {
            party: &party,
            action: &fact.action,
            resource: &fact.resource,
            account: question.resource_account.as_ref(),
            given: &question.context,
            whole: true,
        };
        self.explained(asked).await
    }

    async fn explained(&self, asked: Asked<'_>) -> Result<AccessExplanation, ExplainError> {
        let Asked { action, resource, .. } = asked;
        let is_s3 = action
            .get(..3)
            .is_some_and(|start| start.eq_ignore_ascii_case("s3:"));
        let is_about_trust = ABOUT_TRUST.iter().any(|known| known.eq_ignore_ascii_case(action));
        let explanation = if is_s3 {
            self.in_s3(asked).await?
        } else if is_about_trust && let Ok(arn) = RoleArn::parse(resource) {
            self.of_role(asked, arn).await?
        } else {
            self.elsewhere(asked).await?
        };
        let mut explanation = self.with_refusals(asked, explanation);
        self.name_principals(&mut explanation).await?;
        Ok(explanation)
    }

    /// The condition keys of the question.
    fn context<'a>(
        &self,
        asked: &Asked<'a>,
        region: &'a cairn_types::RegionName,
        none: &'a HeaderMap,
    ) -> Context<'a> {
        let mut context = if asked.whole {
            Context::new()
        } else {
            global(
                &asked.party.caller,
                &Circumstances {
                    now: self.clock.now(),
                    source: None,
                    tls: None,
                    region,
                    headers: none,
                },
            )
        };
        set_all(&mut context, asked.given);
        context
    }

    async fn in_s3(&self, asked: Asked<'_>) -> Result<AccessExplanation, ExplainError> {
        let Asked { party, action, .. } = asked;
        let place = self.s3_place(asked.resource).await?;
        let bucket = place.as_ref().and_then(|place| place.bucket.as_deref());
        let version = version(asked.given)?;
        let target = match (&place, bucket) {
            (Some(place), Some(bucket)) => match &place.key {
                Some(key) => Target::Object(bucket, key, version),
                None => Target::Bucket(bucket),
            },
            (Some(place), None) => Target::NewBucket(&place.name),
            (None, _) => Target::Account,
        };
        let gathered = Gathered::at(self, &party.caller, action, target, Lookup::Always).await?;
        let region = bucket.map_or(&self.settings.regions.default_region().name, |bucket| {
            &bucket.region
        });
        let none = HeaderMap::new();
        let mut context = self.context(&asked, region, &none);
        if !asked.whole {
            of_target(target, gathered.version(), &mut context);
            set_all(&mut context, asked.given);
        }
        let asker = Asker::of(&party.caller);
        let question = cairn_access::Question {
            principal: &party.principal,
            canonical_user_id: asker.canonical_user_id,
            action,
            resource: asked.resource,
            context: &context,
        };
        let layers = asker.layers();
        let found = cairn_access::explain(&question, &layers, &gathered.sides());
        let listing = match bucket.filter(|_| matches!(gathered.known, Known::Missing)) {
            Some(bucket) => {
                let arn = Target::Bucket(bucket).arn();
                let question = cairn_access::Question {
                    action: "s3:ListBucket",
                    resource: &arn,
                    ..question
                };
                Some(cairn_access::explain(&question, &layers, &gathered.bucket_sides()).allowed)
            }
            None => None,
        };
        let place = match &place {
            Some(place) => Some(self.bucket_report(place, &gathered, listing).await?),
            None => None,
        };
        Ok(AccessExplanation::in_s3(
            CallerReport::of(party),
            place,
            found,
            &asked,
        ))
    }

    async fn s3_place(&self, resource: &str) -> Result<Option<S3Place>, ExplainError> {
        let Some(path) = resource.strip_prefix("arn:aws:s3:::") else {
            return Ok(None);
        };
        let (name, key) = match path.split_once('/') {
            Some((name, key)) => (name, Some(key)),
            None => (path, None),
        };
        let name = BucketName::parse(name)
            .map_err(|error| ExplainError::Usage(format!("the bucket {name:?}: {error}")))?;
        let key = key
            .filter(|key| !key.is_empty())
            .map(|key| object_key(key.to_owned()));
        let key = key
            .transpose()
            .map_err(|error| ExplainError::Usage(error.message().into_owned()))?;
        let bucket = match self.objects.bucket(&name).await {
            Ok(bucket) => Some(bucket),
            Err(cairn_objects::Error::NoSuchBucket(_)) => None,
            Err(error) => return Err(ExplainError::Failed(error.to_string())),
        };
        Ok(Some(S3Place { name, bucket, key }))
    }

    async fn of_role(&self, asked: Asked<'_>, arn: RoleArn) -> Result<AccessExplanation, ExplainError> {
        let account = arn.account.clone();
        let role = self
            .identity
            .role_by_arn(&account, asked.resource)
            .await
            .map_err(who::failed)?;
        let none = HeaderMap::new();
        let region = &self.settings.regions.default_region().name;
        let mut context = self.context(&asked, region, &none);
        if let Some(role) = role.as_ref().filter(|_| !asked.whole) {
            role_conditions(role, &mut context);
            set_all(&mut context, asked.given);
        }
        let trust = Trust::of(arn, role.as_ref())
            .map_err(|error| ExplainError::Failed(error.message().to_owned()))?;
        let mut explanation = policies_alone(asked, &context, Some(&account), trust.side());
        if role.is_none() {
            explanation
                .notes
                .push("there is no such role: it trusts nobody".to_owned());
        }
        Ok(explanation)
    }

    async fn elsewhere(&self, asked: Asked<'_>) -> Result<AccessExplanation, ExplainError> {
        let none = HeaderMap::new();
        let region = &self.settings.regions.default_region().name;
        let mut context = self.context(&asked, region, &none);
        let caller = asked.party.caller.account();
        if !asked.whole {
            let set =
                set_resource_keys(&self.identity, caller, asked.action, asked.resource, &mut context).await;
            set.map_err(|error| ExplainError::Failed(error.message().to_owned()))?;
            set_all(&mut context, asked.given);
        }
        let in_arn = Arn::parse(asked.resource)
            .ok()
            .and_then(|arn| AccountId::parse(arn.account()).ok());
        let owner = asked.account.or(in_arn.as_ref()).or(caller);
        Ok(policies_alone(asked, &context, owner, ResourceSide::default()))
    }

    /// What refuses a request before any policy is asked, and what no policy has to allow.
    fn with_refusals(&self, asked: Asked<'_>, mut explanation: AccessExplanation) -> AccessExplanation {
        let caller = &asked.party.caller;
        let (prefix, operation) = asked.action.split_once(':').unwrap_or_default();
        let (service, rows) = match prefix.to_ascii_lowercase().as_str() {
            "iam" => (Service::Iam, IAM_OPERATIONS),
            "sts" => (Service::Sts, STS_OPERATIONS),
            _ => return explanation,
        };
        let row = rows.iter().find(|row| row.name.eq_ignore_ascii_case(operation));
        let is_trust = ABOUT_TRUST
            .iter()
            .any(|known| known.eq_ignore_ascii_case(asked.action));
        if row.is_some_and(|row| !row.authorized) && !is_trust && caller.signer().is_some() {
            explanation.allow("no policy has to allow it: whoever signs may do it".to_owned());
        }
        let refused = match row {
            Some(row) if is_trust && asked.party.principal.is_root() && row.name == "AssumeRole" => {
                Some("Roles may not be assumed by root accounts.".to_owned())
            }
            Some(row) => restrictions::check(service, row.name, caller)
                .err()
                .map(|error| error.message().to_owned()),
            None => None,
        };
        if let Some(message) = refused {
            explanation.refuse(format!("refused before any policy is asked: {message}"));
        }
        explanation
    }
}

/// A question on its way to its explanation.
#[derive(Clone, Copy)]
struct Asked<'a> {
    party: &'a Party,
    action: &'a str,
    resource: &'a str,
    /// The resource's account, where it is known.
    account: Option<&'a AccountId>,
    given: &'a Context<'a>,
    /// Whether that is all of the context: then nothing is added that a request would have.
    whole: bool,
}

/// The explanation where nothing but policies has a say.
fn policies_alone(
    asked: Asked<'_>,
    context: &Context<'_>,
    owner: Option<&AccountId>,
    side: ResourceSide<'_>,
) -> AccessExplanation {
    let asker = Asker::of(&asked.party.caller);
    let question = cairn_policy::Question {
        principal: &asked.party.principal,
        canonical_user_id: asker.canonical_user_id,
        action: asked.action,
        resource: asked.resource,
        context,
        resource_account: owner,
    };
    let layers = Layers {
        resource: side,
        ..asker.layers()
    };
    let found = cairn_policy::explain(&question, &layers);
    let because = Because::Policies(found.verdict.because.clone());
    AccessExplanation::by_policies(CallerReport::of(asked.party), because, found, &asked)
}

/// Condition keys as a context.
fn given(pairs: &[(String, String)]) -> Context<'static> {
    let mut context = Context::new();
    for (at, (name, value)) in pairs.iter().enumerate() {
        let same = |(other, _): &&(String, String)| other.eq_ignore_ascii_case(name);
        if pairs.iter().take(at).any(|pair| same(&pair)) {
            continue;
        }
        let values: Vec<String> = pairs
            .iter()
            .filter(same)
            .map(|(_, value)| value.clone())
            .collect();
        match values.as_slice() {
            [_] => context.set(name.clone(), value.clone()),
            _ => context.set_many(name.clone(), values),
        }
    }
    context
}

/// Sets keys over those that are there.
fn set_all<'a>(context: &mut Context<'a>, given: &'a Context<'a>) {
    for (name, values) in given.iter() {
        match values {
            cairn_policy::Values::One(value) => context.set(name, &**value),
            cairn_policy::Values::Many(values) => {
                context.set_many(name, values.iter().map(|value| &**value));
            }
        }
    }
}

/// The version that `s3:VersionId` names.
fn version(given: &Context<'_>) -> Result<Option<cairn_types::VersionId>, ExplainError> {
    let id = given
        .get("s3:VersionId")
        .and_then(|values| values.as_slice().first());
    id.map(|id| parse_version_id(id))
        .transpose()
        .map_err(|error| ExplainError::Usage(format!("s3:VersionId: {}", error.message())))
}

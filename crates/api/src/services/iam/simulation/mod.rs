//! SimulatePrincipalPolicy, SimulateCustomPolicy, GetContextKeysForPrincipalPolicy, GetContextKeysForCustomPolicy:
//! what policies would decide, asked of the evaluation that decides over requests.

mod input;
mod position;
mod result;

use cairn_identity::{Entity, Error, Permissions};
use cairn_policy::{Context, Principal, Question, ResourceSide, explain};
use cairn_protocol::xml::Writer;
use cairn_types::{AccountId, Arn};

use self::input::{EVALUATIONS_MAX, Simulation, read_policies, read_source, sourced};
use self::result::Evaluation;
use super::error::invalid_input;
use super::output;
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

/// What a user is called who was not named.
const SOMEBODY: &str = "simulated";

fn somebody(account: &AccountId) -> Principal {
    Principal::User {
        account: account.clone(),
        path: "/".to_owned(),
        name: SOMEBODY.to_owned(),
        id: String::new(),
    }
}

/// Whom an ARN names, and what they may.
async fn source(call: &QueryCall, arn: &str) -> Result<(Principal, Permissions), QueryError> {
    let (identity, account) = (call.identity(), call.account()?);
    let wrong = || {
        invalid_input(format!(
            "Invalid Entity Arn: {arn} does not clearly define entity type and name."
        ))
    };
    let parsed = Arn::parse(arn).map_err(|_| wrong())?;
    let (kind, path_and_name) = parsed.resource().split_once('/').ok_or_else(wrong)?;
    let name = path_and_name.rsplit('/').next().unwrap_or_default();
    let own = parsed.service() == "iam" && parsed.account() == account.as_str();
    let none = |entity| Error::NoSuchEntity(entity, name.to_owned());
    Ok(match kind {
        "user" => {
            let user = identity.user(account, name).await?;
            if !own || user.arn() != arn {
                return Err(none(Entity::User).into());
            }
            (user.principal(), identity.user_permissions(&user).await?)
        }
        "role" => {
            let role = identity.role(account, name).await?;
            if !own || role.arn() != arn {
                return Err(none(Entity::Role).into());
            }
            let permissions = identity.role_permissions(&role).await?;
            (role.session_principal(SOMEBODY), permissions)
        }
        "group" => {
            let group = identity.group(account, name).await?;
            if !own || group.arn() != arn {
                return Err(none(Entity::Group).into());
            }
            (somebody(account), identity.group_permissions(&group).await?)
        }
        _ => return Err(wrong()),
    })
}

/// The results of one page.
pub(crate) struct Results {
    evaluations: Vec<Evaluation>,
    next: Option<String>,
}

/// Evaluates each action on each resource, as far as the page goes.
async fn simulate(
    call: &QueryCall,
    simulation: Simulation,
    principal: Principal,
    mut permissions: Permissions,
) -> Result<Results, QueryError> {
    permissions.identity.extend(simulation.identity_policies()?);
    if let Some(boundary) = simulation.boundary()? {
        permissions.boundary = Some(boundary);
    }
    let principal = simulation.caller(call, principal).await?;
    let everything = ["*".to_owned()];
    let resources = match simulation.resources.as_slice() {
        [] => &everything,
        resources => resources,
    };
    if simulation.actions.len().saturating_mul(resources.len()) > EVALUATIONS_MAX {
        return Err(invalid_input(format!(
            "No more than {EVALUATIONS_MAX} combinations of actions and resources can be simulated at once."
        )));
    }
    let pairs: Vec<(String, String)> = simulation
        .actions
        .iter()
        .flat_map(|action| {
            resources
                .iter()
                .map(|resource| (action.clone(), resource.clone()))
        })
        .collect();
    let start = match &simulation.paging.after {
        Some(marker) => marker.parse().map_err(|_| invalid_input("Invalid Marker."))?,
        None => 0_usize,
    };
    let end = start.saturating_add(simulation.paging.limit);
    let next = (end < pairs.len()).then(|| end.to_string());
    let context = simulation.context()?;
    let signer = std::sync::Arc::clone(call.signer()?);
    // Up to a thousand times a policy of half a mebibyte: not on a thread that answers requests.
    let evaluated = tokio::task::spawn_blocking(move || {
        let account = &signer.account;
        let page = pairs.into_iter().skip(start).take(end.saturating_sub(start));
        let evaluations = page.map(|(action, resource)| {
            let owner = simulation.resource_account(&resource, &account.id)?;
            let resource_policy = simulation.resource_policy(&resource)?;
            let named = permissions.named();
            let layers = named.layers(ResourceSide {
                policy: resource_policy.as_ref().map(|policy| policy.named()),
                ..ResourceSide::default()
            });
            let question = Question {
                principal: &principal,
                canonical_user_id: Some(&account.canonical_user_id),
                action: &action,
                resource: &resource,
                context: &context,
                resource_account: Some(&owner),
            };
            let explanation = explain(&question, &layers);
            let of_resource = !simulation.resources.is_empty() && resource != "*";
            Ok(Evaluation::of(
                &explanation,
                &permissions,
                resource_policy.as_ref(),
                of_resource,
            ))
        });
        evaluations.collect::<Result<Vec<_>, QueryError>>()
    });
    let evaluations = evaluated.await.map_err(|_| QueryError::internal())??;
    Ok(Results { evaluations, next })
}

fn write_results(results: &Results, result: &mut Writer) {
    result.nested("EvaluationResults", |list| {
        for evaluation in &results.evaluations {
            list.nested("member", |member| evaluation.write(member));
        }
    });
    result
        .element("IsTruncated", results.next.is_some())
        .optional("Marker", results.next.as_deref());
}

pub(super) struct SimulatePrincipalPolicy;

impl QueryOperation for SimulatePrincipalPolicy {
    const NAME: &'static str = "SimulatePrincipalPolicy";
    const ACTION: &'static str = "iam:SimulatePrincipalPolicy";

    type Input = (String, Simulation);
    type Output = Results;

    fn parse(parameters: &mut Parameters) -> Option<(String, Simulation)> {
        let source = read_source(parameters);
        let simulation = Simulation::read(parameters);
        Some((source?, simulation?))
    }

    async fn resource(_: &QueryCall, (source, _): &(String, Simulation)) -> Result<String, QueryError> {
        Ok(source.clone())
    }

    async fn execute(
        call: &QueryCall,
        (arn, simulation): (String, Simulation),
    ) -> Result<Results, QueryError> {
        let (principal, permissions) = source(call, &arn).await?;
        simulate(call, simulation, principal, permissions).await
    }

    fn write(results: &Results, result: &mut Writer) {
        write_results(results, result);
    }
}

pub(super) struct SimulateCustomPolicy;

impl QueryOperation for SimulateCustomPolicy {
    const NAME: &'static str = "SimulateCustomPolicy";
    const ACTION: &'static str = "iam:SimulateCustomPolicy";

    type Input = Simulation;
    type Output = Results;

    fn parse(parameters: &mut Parameters) -> Option<Simulation> {
        require_policies(parameters);
        Simulation::read(parameters)
    }

    async fn resource(_: &QueryCall, _: &Simulation) -> Result<String, QueryError> {
        Ok("*".to_owned())
    }

    async fn execute(call: &QueryCall, simulation: Simulation) -> Result<Results, QueryError> {
        let principal = somebody(call.account()?);
        simulate(call, simulation, principal, Permissions::default()).await
    }

    fn write(results: &Results, result: &mut Writer) {
        write_results(results, result);
    }
}

fn require_policies(parameters: &mut Parameters) {
    if parameters.list_len("PolicyInputList") == 0 {
        parameters.violate("PolicyInputList", None, "Member must not be null");
    }
}

pub(super) struct GetContextKeysForPrincipalPolicy;

impl QueryOperation for GetContextKeysForPrincipalPolicy {
    const NAME: &'static str = "GetContextKeysForPrincipalPolicy";
    const ACTION: &'static str = "iam:GetContextKeysForPrincipalPolicy";

    type Input = (String, Vec<String>);
    type Output = Vec<String>;

    fn parse(parameters: &mut Parameters) -> Option<(String, Vec<String>)> {
        let source = read_source(parameters);
        let policies = read_policies(parameters);
        Some((source?, policies?))
    }

    async fn resource(_: &QueryCall, (source, _): &(String, Vec<String>)) -> Result<String, QueryError> {
        Ok(source.clone())
    }

    async fn execute(
        call: &QueryCall,
        (arn, policies): (String, Vec<String>),
    ) -> Result<Vec<String>, QueryError> {
        let (_, mut permissions) = source(call, &arn).await?;
        permissions
            .identity
            .extend(sourced("PolicyInputList", &policies)?);
        Ok(context_keys(call.account()?, &permissions))
    }

    fn write(keys: &Vec<String>, result: &mut Writer) {
        output::texts(result, "ContextKeyNames", keys);
    }
}

pub(super) struct GetContextKeysForCustomPolicy;

impl QueryOperation for GetContextKeysForCustomPolicy {
    const NAME: &'static str = "GetContextKeysForCustomPolicy";
    const ACTION: &'static str = "iam:GetContextKeysForCustomPolicy";

    type Input = Vec<String>;
    type Output = Vec<String>;

    fn parse(parameters: &mut Parameters) -> Option<Vec<String>> {
        require_policies(parameters);
        read_policies(parameters)
    }

    async fn resource(_: &QueryCall, _: &Vec<String>) -> Result<String, QueryError> {
        Ok("*".to_owned())
    }

    async fn execute(call: &QueryCall, policies: Vec<String>) -> Result<Vec<String>, QueryError> {
        let permissions = Permissions {
            identity: sourced("PolicyInputList", &policies)?,
            ..Permissions::default()
        };
        Ok(context_keys(call.account()?, &permissions))
    }

    fn write(keys: &Vec<String>, result: &mut Writer) {
        output::texts(result, "ContextKeyNames", keys);
    }
}

/// The condition keys and variables that policies ask for: what an evaluation misses that knows nothing but a role's
/// session. Its id and ARN are known, so variables of these are not among them; as keys of conditions they are.
fn context_keys(account: &AccountId, permissions: &Permissions) -> Vec<String> {
    let context = Context::new();
    let principal = Principal::RoleSession {
        account: account.clone(),
        role_path: "/".to_owned(),
        role_name: SOMEBODY.to_owned(),
        role_id: String::new(),
        session_name: SOMEBODY.to_owned(),
    };
    let question = Question {
        principal: &principal,
        canonical_user_id: None,
        action: "none:None",
        resource: "*",
        context: &context,
        resource_account: None,
    };
    let named = permissions.named();
    let explanation = explain(&question, &named.layers(ResourceSide::default()));
    let mut keys = Vec::new();
    for statement in explanation.policies.iter().flat_map(|policy| &policy.statements) {
        let variables = statement
            .resource
            .iter()
            .flat_map(|resource| &resource.unresolved)
            .cloned();
        keys.extend(variables);
        for condition in &statement.conditions {
            keys.push(condition.key.clone());
            keys.extend(condition.unresolved.iter().cloned());
        }
    }
    keys.sort_unstable();
    keys.dedup_by(|one, other| one.eq_ignore_ascii_case(other));
    keys
}

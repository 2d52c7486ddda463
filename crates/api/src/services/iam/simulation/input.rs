//! What both simulations are asked with.

use std::net::IpAddr;

use cairn_identity::SourcedPolicy;
use cairn_policy::{Context, Policy, PolicyType, Principal};
use cairn_types::{AccountId, Arn};

use super::super::error::invalid_input;
use super::super::input::Paging;
use crate::services::query::parameters::{ARN, POLICY_DOCUMENT, Text};
use crate::services::query::{Parameters, QueryCall, QueryError};

/// Most evaluations of one request: actions times resources.
pub(super) const EVALUATIONS_MAX: usize = 1000;

fn is_action(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(service, action)| !service.is_empty() && !action.is_empty())
}

const ACTION: Text = Text::of(3, 128).matching(r"[\w-]+:[\w*?]+", is_action);
const RESOURCE: Text = Text::of(1, 2048);
/// Most members of a list: as many as a request has parameters.
const MEMBERS_MAX: usize = crate::services::query::parameters::PARAMETERS_MAX;

/// `ContextKeyType` says how a value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ValueType {
    Text,
    Number,
    Boolean,
    Address,
}

/// The types with whether a key has many values.
const VALUE_TYPES: &[(&str, (ValueType, bool))] = &[
    ("string", (ValueType::Text, false)),
    ("stringList", (ValueType::Text, true)),
    ("numeric", (ValueType::Number, false)),
    ("numericList", (ValueType::Number, true)),
    ("boolean", (ValueType::Boolean, false)),
    ("booleanList", (ValueType::Boolean, true)),
    ("ip", (ValueType::Address, false)),
    ("ipList", (ValueType::Address, true)),
    ("binary", (ValueType::Text, false)),
    ("binaryList", (ValueType::Text, true)),
    ("date", (ValueType::Text, false)),
    ("dateList", (ValueType::Text, true)),
];

impl ValueType {
    fn reads(self, value: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Number => value.parse::<f64>().is_ok(),
            Self::Boolean => value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false"),
            Self::Address => value.parse::<IpAddr>().is_ok(),
        }
    }
}

struct ContextEntry {
    name: String,
    values: Vec<String>,
    value_type: (ValueType, bool),
}

impl ContextEntry {
    fn read(parameters: &mut Parameters, index: usize) -> Option<Self> {
        let member = format!("ContextEntries.member.{index}");
        let name = parameters.required(&format!("{member}.ContextKeyName"), &Text::of(5, 256));
        let values = parameters.list(
            &format!("{member}.ContextKeyValues"),
            MEMBERS_MAX,
            &Text::of(0, 2048),
        );
        let value_type = parameters.choice(&format!("{member}.ContextKeyType"), VALUE_TYPES);
        Some(Self {
            name: name?,
            values: values?,
            value_type: value_type?.unwrap_or((ValueType::Text, true)),
        })
    }
}

/// What is to be simulated.
pub(crate) struct Simulation {
    pub(super) actions: Vec<String>,
    /// Empty where none were named: then it is `*`.
    pub(super) resources: Vec<String>,
    policies: Vec<String>,
    boundaries: Vec<String>,
    resource_policy: Option<String>,
    resource_owner: Option<String>,
    caller: Option<String>,
    context: Vec<ContextEntry>,
    pub(super) paging: Paging,
}

impl Simulation {
    pub(super) fn read(parameters: &mut Parameters) -> Option<Self> {
        let actions = parameters.list("ActionNames", MEMBERS_MAX, &ACTION);
        if actions.as_ref().is_some_and(Vec::is_empty) {
            parameters.violate("ActionNames", None, "Member must not be null");
        }
        let resources = parameters.list("ResourceArns", MEMBERS_MAX, &RESOURCE);
        let policies = read_policies(parameters);
        let boundaries = parameters.list(
            "PermissionsBoundaryPolicyInputList",
            MEMBERS_MAX,
            &POLICY_DOCUMENT,
        );
        let resource_policy = parameters.optional("ResourcePolicy", &POLICY_DOCUMENT);
        let resource_owner = parameters.optional("ResourceOwner", &RESOURCE);
        let caller = parameters.optional("CallerArn", &RESOURCE);
        // Its values are of EC2, which Cairn is not.
        let option = parameters.optional("ResourceHandlingOption", &Text::of(1, 64));
        let entries = parameters.list_len("ContextEntries");
        let context: Vec<_> = (1..=entries)
            .map(|index| ContextEntry::read(parameters, index))
            .collect();
        let paging = Paging::read(parameters);
        option?;
        Some(Self {
            actions: actions?,
            resources: resources?,
            policies: policies?,
            boundaries: boundaries?,
            resource_policy: resource_policy?,
            resource_owner: resource_owner?,
            caller: caller?,
            context: context.into_iter().collect::<Option<_>>()?,
            paging: paging?,
        })
    }

    pub(super) fn identity_policies(&self) -> Result<Vec<SourcedPolicy>, QueryError> {
        sourced("PolicyInputList", &self.policies)
    }

    /// The boundary that was given; there can be one.
    pub(super) fn boundary(&self) -> Result<Option<SourcedPolicy>, QueryError> {
        if self.boundaries.len() > 1 {
            return Err(invalid_input(
                "There can be one permissions boundary policy only.",
            ));
        }
        Ok(sourced("PermissionsBoundaryPolicyInputList", &self.boundaries)?.pop())
    }

    /// The resource's policy, for a bucket's resource.
    pub(super) fn resource_policy(&self, resource: &str) -> Result<Option<SourcedPolicy>, QueryError> {
        let Some(document) = &self.resource_policy else {
            return Ok(None);
        };
        let bucket = resource
            .strip_prefix("arn:aws:s3:::")
            .map(|rest| rest.split_once('/').map_or(rest, |(bucket, _)| bucket))
            .ok_or_else(|| {
                invalid_input("A resource policy needs resources that have one: buckets and their objects.")
            })?;
        let policy = Policy::parse(document, PolicyType::Resource { bucket })
            .map_err(|error| invalid_input(error.s3_message()))?;
        Ok(Some(SourcedPolicy {
            source: RESOURCE_POLICY.to_owned(),
            policy: std::sync::Arc::new(policy),
        }))
    }

    /// The account whose a resource is: the one in its ARN, else the one named, else the caller's.
    pub(super) fn resource_account(&self, resource: &str, own: &AccountId) -> Result<AccountId, QueryError> {
        let account = |arn: &str| {
            let arn = Arn::parse(arn).ok()?;
            AccountId::parse(arn.account()).ok()
        };
        if let Some(account) = account(resource) {
            return Ok(account);
        }
        match &self.resource_owner {
            Some(owner) => account(owner)
                .or_else(|| AccountId::parse(owner).ok())
                .ok_or_else(|| invalid_input(format!("{owner} is no account's ARN."))),
            None => Ok(own.clone()),
        }
    }

    /// Who asks: the user whose ARN was given, else `otherwise`.
    pub(super) async fn caller(
        &self,
        call: &QueryCall,
        otherwise: Principal,
    ) -> Result<Principal, QueryError> {
        let Some(caller) = &self.caller else {
            return Ok(otherwise);
        };
        let wrong = || invalid_input(format!("{caller} is no user's ARN."));
        let arn = Arn::parse(caller).map_err(|_| wrong())?;
        let account = AccountId::parse(arn.account()).map_err(|_| wrong())?;
        let rest = arn.resource().strip_prefix("user/").ok_or_else(wrong)?;
        let (path, name) = rest.rsplit_once('/').unwrap_or(("", rest));
        if account == *call.account()? {
            match call.identity().user(&account, name).await {
                Ok(user) if user.arn() == *caller => return Ok(user.principal()),
                Ok(_) | Err(cairn_identity::Error::NoSuchEntity(..)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Principal::User {
            account,
            path: if path.is_empty() {
                "/".to_owned()
            } else {
                format!("/{path}/")
            },
            name: name.to_owned(),
            id: String::new(),
        })
    }

    /// The condition keys that were given.
    pub(super) fn context(&self) -> Result<Context<'static>, QueryError> {
        let mut context = Context::new();
        for entry in &self.context {
            let (value_type, many) = entry.value_type;
            if let Some(value) = entry.values.iter().find(|value| !value_type.reads(value)) {
                let name = &entry.name;
                return Err(invalid_input(format!(
                    "The value {value} of the context key {name} is not of its type."
                )));
            }
            match entry.values.as_slice() {
                [value] if !many => context.set(entry.name.clone(), value.clone()),
                values if many => context.set_many(entry.name.clone(), values.to_vec()),
                _ => {
                    let name = &entry.name;
                    return Err(invalid_input(format!(
                        "The context key {name} must have one value."
                    )));
                }
            }
        }
        Ok(context)
    }
}

/// What the resource's policy is called in results.
pub(super) const RESOURCE_POLICY: &str = "ResourcePolicy";

/// `PolicyInputList`.
pub(super) fn read_policies(parameters: &mut Parameters) -> Option<Vec<String>> {
    parameters.list("PolicyInputList", MEMBERS_MAX, &POLICY_DOCUMENT)
}

/// `PolicySourceArn`.
pub(super) fn read_source(parameters: &mut Parameters) -> Option<String> {
    parameters.required("PolicySourceArn", &ARN)
}

/// Policies of a list: `LIST.1`, `LIST.2`, …
pub(super) fn sourced(list: &str, documents: &[String]) -> Result<Vec<SourcedPolicy>, QueryError> {
    let each = documents.iter().zip(1..).map(|(document, number)| {
        let policy = Policy::parse(document, PolicyType::Identity)
            .map_err(|error| invalid_input(format!("{list}.{number}: {}", error.iam_message())))?;
        Ok(SourcedPolicy {
            source: format!("{list}.{number}"),
            policy: std::sync::Arc::new(policy),
        })
    });
    each.collect()
}

//! Whether a bucket policy is public (facts/05 §8): what GetBucketPolicyStatus tells and Block Public Access goes by.

use ipnet::IpNet;
use serde::Serialize;

use crate::condition::{Condition, Quantifier};
use crate::policy::{Effect, Policy, Statement};
use crate::principal_element::{Name, PrincipalElement};

/// Condition keys of which fixed values keep a statement from being public.
const FIXING_KEYS: &[&str] = &[
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOwner",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:userid",
    "s3:DataAccessPointAccount",
    "s3:DataAccessPointArn",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
];

/// Networks with shorter prefixes are the whole internet in other words: of IPv4 …
const IPV4_PREFIX_MIN: u8 = 8;
/// … and of IPv6.
const IPV6_PREFIX_MIN: u8 = 32;

/// Why a policy is public, or that it is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Publicity {
    /// Every Allow is for fixed principals, or under conditions that fix who can meet them.
    NotPublic,
    /// A statement allows everybody.
    Public {
        /// Its place, counted from 0.
        statement: usize,
        /// Its `Sid`.
        sid: Option<String>,
        /// In a sentence.
        why: String,
    },
}

/// Whether a bucket policy is public.
pub fn is_public(policy: &Policy) -> bool {
    publicity(policy) != Publicity::NotPublic
}

/// [`is_public`], with the reason.
pub fn publicity(policy: &Policy) -> Publicity {
    let statements = policy.statements().iter().enumerate();
    let mut public = statements.filter_map(|(index, statement)| {
        why_public(statement).map(|why| Publicity::Public {
            statement: index,
            sid: statement.sid.as_deref().map(str::to_owned),
            why,
        })
    });
    public.next().unwrap_or(Publicity::NotPublic)
}

fn why_public(statement: &Statement) -> Option<String> {
    if statement.effect == Effect::Deny {
        return None;
    }
    let named = names_everybody(statement.principal.as_ref()?)?;
    if statement.conditions.iter().any(fixes) {
        return None;
    }
    Some(match statement.conditions.first() {
        None => format!("{named}, and has no condition"),
        Some(_) => format!("{named}, and none of its conditions says by fixed values who that is"),
    })
}

fn names_everybody(element: &PrincipalElement) -> Option<&'static str> {
    if element.negated {
        Some("it allows all but some principals")
    } else if element.names.contains(&Name::Anyone) {
        Some("it allows every principal")
    } else {
        None
    }
}

/// Whether a condition can be met by fixed callers only. One that holds without its key fixes nothing.
fn fixes(condition: &Condition) -> bool {
    let open =
        condition.negated() || condition.if_exists() || condition.quantifier() == Some(Quantifier::All);
    if open || condition.values().is_empty() {
        return false;
    }
    if let Some(networks) = condition.networks() {
        return condition.key.is("aws:SourceIp") && networks.iter().all(is_narrow);
    }
    let compares = condition.base().starts_with("String") || condition.base().starts_with("Arn");
    if !compares || !FIXING_KEYS.iter().any(|key| condition.key.is(key)) {
        return false;
    }
    // A wildcard in a StringEquals is none to the operator, and yet no fixed value to this rule.
    condition.is_fixed() && !condition.values().iter().any(|value| value.contains(['*', '?']))
}

fn is_narrow(network: &IpNet) -> bool {
    match network {
        IpNet::V4(network) => network.prefix_len() >= IPV4_PREFIX_MIN,
        IpNet::V6(network) => network.prefix_len() >= IPV6_PREFIX_MIN,
    }
}

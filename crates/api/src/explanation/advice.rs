//! What an explanation means, for people: what stands in the way beside the policies, and what would allow it.

use cairn_access::{AclSays, Because};
use cairn_policy::{Layer, explanation::StatementReport};

use super::report::{AccessExplanation, BlockReport, BucketReport, ObjectReport};

/// Condition keys that statements ask for that are otherwise about the question, and that nobody gave: with a value
/// the answer may be another.
pub(super) fn not_given(found: &cairn_policy::Explanation) -> Vec<String> {
    let is_about = |statement: &&StatementReport| {
        statement.action.matched
            && statement.resource.as_ref().is_none_or(|part| part.matched)
            && statement.principal.as_ref().is_none_or(|part| part.matched)
    };
    let statements = found.policies.iter().flat_map(|policy| &policy.statements);
    let absent = statements
        .filter(is_about)
        .flat_map(|statement| &statement.conditions)
        .filter(|condition| condition.request.is_none());
    let mut keys: Vec<String> = Vec::new();
    for condition in absent {
        if !keys
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&condition.key))
        {
            keys.push(condition.key.clone());
        }
    }
    keys
}

/// Where a flag of Block Public Access is on: `the bucket`, `the account`, or both.
fn on(bucket: &BucketReport, flag: fn(&BlockReport) -> bool) -> Option<String> {
    let at = |block: &Option<BlockReport>| block.as_ref().is_some_and(flag);
    let owner = bucket
        .owner
        .as_ref()
        .map(|owner| format!("the account {owner}"))
        .unwrap_or_default();
    match (at(&bucket.block), at(&bucket.account_block)) {
        (true, true) => Some(format!("of the bucket and of {owner}")),
        (true, false) => Some("of the bucket".to_owned()),
        (false, true) => Some(format!("of {owner}")),
        (false, false) => None,
    }
}

/// What would allow it.
pub(super) fn of(found: &AccessExplanation) -> Vec<String> {
    if found.allowed {
        return Vec::new();
    }
    let mut advice = Vec::new();
    if let Some(bucket) = &found.bucket {
        if found.because == Because::RestrictPublicBuckets {
            let at = on(bucket, |block| block.restrict_public_buckets).unwrap_or_default();
            advice.push(format!(
                "RestrictPublicBuckets {at} keeps everybody out but the bucket owner's account: switch it off there, or \
                 make the policy name accounts instead of everybody"
            ));
            return advice;
        }
        if let Some(AclSays::Ignored { to, permission }) = found.acl.as_ref().map(|acl| &acl.says) {
            let at = on(bucket, |block| block.ignore_public_acls).unwrap_or_default();
            advice.push(format!(
                "an ACL grants {permission} to {to}, which IgnorePublicAcls {at} makes count for nothing: switch it off \
                 there"
            ));
        }
    }
    advice.extend(
        found
            .policies
            .suggestion
            .as_ref()
            .map(|suggestion| suggestion.text.clone()),
    );
    let lacks_bucket_policy = matches!(
        found.because,
        Because::Policies(cairn_policy::Because::NoAllow(Layer::Resource))
    );
    let is_anonymous = found.caller.kind == "Anonymous";
    if let Some(bucket) = found
        .bucket
        .as_ref()
        .filter(|_| lacks_bucket_policy && is_anonymous)
    {
        if let Some(at) = on(bucket, |block| block.block_public_policy) {
            advice.push(format!(
                "such a policy is public, and BlockPublicPolicy {at} refuses to store it: switch that off first"
            ));
        }
        if let Some(at) = on(bucket, |block| block.restrict_public_buckets) {
            advice.push(format!(
                "once it is stored, RestrictPublicBuckets {at} still keeps everybody out but the owner's account: switch \
                 that off, too"
            ));
        }
    }
    advice
}

/// What there is to know beside what the policies say.
pub(super) fn notes(found: &AccessExplanation) -> Vec<String> {
    let Some(bucket) = &found.bucket else {
        return Vec::new();
    };
    let mut notes = Vec::new();
    if bucket.owner.is_none() {
        notes.push(format!(
            "there is no bucket {}: what follows is what the caller's own policies say, and a request would be answered \
             404 NoSuchBucket unless it creates it",
            bucket.name
        ));
    }
    if found.caller.kind == "Anonymous" && !found.allowed && bucket.owner.is_some() {
        let policy = if bucket.has_policy {
            "the bucket's policy has no statement that allows this to everybody (Principal \"*\")"
        } else {
            "the bucket has no policy"
        };
        let acl = match found.acl.as_ref().map(|acl| &acl.says) {
            Some(AclSays::Nothing) => "there are no ACLs (BucketOwnerEnforced)",
            Some(AclSays::DoesNotGrant) => "no ACL grants it to AllUsers",
            _ => "",
        };
        if found.because != Because::RestrictPublicBuckets {
            let parts: Vec<&str> = [policy, acl]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect();
            notes.push(format!("nobody signed it: {}", parts.join(", and ")));
        }
    }
    if found.object_of_another_account {
        notes.push(
            "the object is another account's: of the bucket's policy only Denies count, and the object's ACL grants"
                .to_owned(),
        );
    }
    if let Some(ObjectReport::Missing { told }) = bucket.object {
        notes.push(if told {
            "the object is not there: the caller may list the bucket, and is told so (404)".to_owned()
        } else {
            "the object is not there: the caller may not list the bucket (s3:ListBucket), and is answered 403 instead of \
             404"
                .to_owned()
        });
    }
    notes
}

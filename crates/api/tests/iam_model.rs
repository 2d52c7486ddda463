//! The tables of IAM and STS against Amazon's own service models: names, what a request must bring, and the
//! documents that are answered with. `support` finds the models.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test reports by failing")]

mod support;

#[path = "support/query.rs"]
mod query;

use std::collections::BTreeSet;

use base64::Engine as _;
use cairn_api::{IAM_OPERATIONS, STS_OPERATIONS};
use cairn_protocol::xml::{self, Element};
use query::{Deployment, allow};
use serde_json::Value;

/// Operations whose documents are shown by tests of their own.
const SHOWN_ELSEWHERE: &[&str] = &[
    // They need codes of a device, or a user's own password.
    "EnableMFADevice",
    "ResyncMFADevice",
    "DeactivateMFADevice",
    "ChangePassword",
];

/// What need not be there though the model requires it: who names no user of a device means itself
/// (docs/semantics.md).
const NOT_REQUIRED: &[(&str, &str)] = &[("EnableMFADevice", "UserName"), ("ResyncMFADevice", "UserName")];

/// Words that Amazon answers with though its model has others: `aws iam get-user` shows `Policy` in Amazon's own
/// examples, and the model has `PermissionsBoundaryPolicy` only.
const NOT_IN_THE_MODEL: &[(&str, &str)] = &[("PermissionsBoundaryType", "Policy")];

#[test]
fn the_tables_are_amazons() {
    for (service, rows) in [("iam", IAM_OPERATIONS), ("sts", STS_OPERATIONS)] {
        let Some(model) = support::model(service) else {
            return;
        };
        assert_eq!(model["metadata"]["protocol"], "query");
        let mut seen = BTreeSet::new();
        for row in rows {
            let operation = &model["operations"][row.name];
            assert!(operation.is_object(), "{} is not in the model", row.name);
            assert!(seen.insert(row.name), "{} is there twice", row.name);
            assert_eq!(row.action, format!("{service}:{}", row.name));
            // What the model says needs no signature is what takes requests without one.
            assert_eq!(row.unsigned, operation["authtype"] == "none", "{}", row.name);
        }
    }
}

#[tokio::test]
async fn what_must_be_there_is_missed() {
    let deployment = Deployment::new().await;
    for (service, rows) in [("iam", IAM_OPERATIONS), ("sts", STS_OPERATIONS)] {
        let Some(model) = support::model(service) else {
            return;
        };
        for row in rows {
            let operation = &model["operations"][row.name];
            let required = operation["input"]["shape"]
                .as_str()
                .and_then(|shape| model["shapes"][shape]["required"].as_array());
            let required: Vec<&str> = required.into_iter().flatten().filter_map(Value::as_str).collect();
            if required.is_empty() {
                continue;
            }
            let answer = deployment
                .ask(service, Some(&deployment.root), row.name, &[])
                .await;
            assert_eq!(answer.code(), "ValidationError", "{}: {}", row.name, answer.body);
            for name in required {
                if NOT_REQUIRED.contains(&(row.name, name)) {
                    continue;
                }
                let mut chars = name.chars();
                let first = chars.next().unwrap().to_ascii_lowercase();
                let missed = format!(
                    "Value null at '{first}{}' failed to satisfy constraint: Member must not be null",
                    chars.as_str()
                );
                let message = answer.text("Message");
                assert!(message.contains(&missed), "{}: {name}: {message}", row.name);
            }
        }
    }
}

/// Holds an element to the shape that the model gives it.
fn check(element: &Element<'_>, shape: &str, shapes: &Value, path: &str) {
    let path = format!("{path}/{}", element.name());
    let model = &shapes[shape];
    match model["type"].as_str().unwrap() {
        "structure" => {
            let members = model["members"].as_object().unwrap();
            let mut seen = BTreeSet::new();
            for child in element.children() {
                let member = members.get(child.name());
                let member = member.unwrap_or_else(|| panic!("{path} has no {}", child.name()));
                assert!(seen.insert(child.name()), "{path} has {} twice", child.name());
                check(child, member["shape"].as_str().unwrap(), shapes, &path);
            }
            let required = model["required"].as_array();
            for name in required.into_iter().flatten().filter_map(Value::as_str) {
                assert!(seen.contains(name), "{path} lacks {name}");
            }
        }
        "list" => {
            for child in element.children() {
                assert_eq!(child.name(), "member", "{path}");
                check(child, model["member"]["shape"].as_str().unwrap(), shapes, &path);
            }
        }
        "map" => {
            for entry in element.children() {
                let names: Vec<_> = entry.children().iter().map(Element::name).collect();
                assert_eq!((entry.name(), names), ("entry", vec!["key", "value"]), "{path}");
                for (child, part) in entry.children().iter().zip(["key", "value"]) {
                    check(child, model[part]["shape"].as_str().unwrap(), shapes, &path);
                }
            }
        }
        "blob" => assert!(
            base64::engine::general_purpose::STANDARD
                .decode(element.text().unwrap())
                .is_ok(),
            "{path}"
        ),
        "boolean" => assert!(matches!(element.text().unwrap(), "true" | "false"), "{path}"),
        "integer" => assert!(element.number().is_ok(), "{path}"),
        "timestamp" => {
            let time = cairn_types::Timestamp::parse_iso8601(element.text().unwrap());
            assert!(time.is_some(), "{path}");
        }
        "string" => {
            let text = element.text().unwrap();
            if let Some(words) = model["enum"].as_array() {
                let exempt = NOT_IN_THE_MODEL.contains(&(element.name(), text));
                assert!(exempt || words.iter().any(|word| word == text), "{path}: {text}");
            }
        }
        other => panic!("{path} is a {other}"),
    }
}

/// A step of the scenario: an operation, and its parameters as `name=value`.
type Step = (&'static str, Vec<(&'static str, String)>);

/// A scenario that asks every operation for a document with something in it.
fn scenario(deployment: &Deployment) -> Vec<Step> {
    let mine = deployment.arn("policy/x/mine");
    let trust = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}"#;
    let text = |name, value: &str| (name, value.to_owned());
    let user = || text("UserName", "anna");
    let group = || text("GroupName", "devs");
    let role = || text("RoleName", "worker");
    let arn = || ("PolicyArn", mine.clone());
    let document = || ("PolicyDocument", allow(r#""s3:*""#));
    let tags = || vec![text("Tags.member.1.Key", "k"), text("Tags.member.1.Value", "v")];
    let keys = || text("TagKeys.member.1", "k");
    let named = || text("PolicyName", "in");
    // Its path was changed by then.
    let source = || ("PolicySourceArn", deployment.arn("user/z/anna"));
    let provider = || {
        (
            "OpenIDConnectProviderArn",
            deployment.arn("oidc-provider/issuer.example"),
        )
    };
    let with = |first: (&'static str, String), mut rest: Vec<(&'static str, String)>| {
        rest.insert(0, first);
        rest
    };
    let mut create_policy = vec![text("PolicyName", "mine"), text("Path", "/x/"), document()];
    create_policy.extend(tags());
    let mut create_role = vec![
        role(),
        ("AssumeRolePolicyDocument", trust.to_owned()),
        text("Description", "d"),
        text("MaxSessionDuration", "7200"),
        ("PermissionsBoundary", mine.clone()),
    ];
    create_role.extend(tags());
    let mut steps: Vec<Step> = vec![
        ("CreatePolicy", create_policy),
        ("CreateUser", with(user(), tags())),
        ("CreateGroup", vec![group()]),
        ("CreateRole", create_role),
        ("AddUserToGroup", vec![group(), user()]),
        ("GetGroup", vec![group()]),
        ("ListGroups", vec![]),
        ("ListGroupsForUser", vec![user()]),
        ("UpdateGroup", vec![group(), text("NewPath", "/y/")]),
        (
            "PutUserPermissionsBoundary",
            vec![user(), ("PermissionsBoundary", mine.clone())],
        ),
        (
            "PutRolePermissionsBoundary",
            vec![role(), ("PermissionsBoundary", mine.clone())],
        ),
        ("CreatePolicyVersion", vec![arn(), document()]),
        ("GetPolicyVersion", vec![arn(), text("VersionId", "v2")]),
        ("ListPolicyVersions", vec![arn()]),
        ("SetDefaultPolicyVersion", vec![arn(), text("VersionId", "v2")]),
        ("DeletePolicyVersion", vec![arn(), text("VersionId", "v1")]),
    ];
    for (attach, detach, list, put, get, delete, inline, holder) in [
        (
            "AttachUserPolicy",
            "DetachUserPolicy",
            "ListAttachedUserPolicies",
            "PutUserPolicy",
            "GetUserPolicy",
            "DeleteUserPolicy",
            "ListUserPolicies",
            user(),
        ),
        (
            "AttachGroupPolicy",
            "DetachGroupPolicy",
            "ListAttachedGroupPolicies",
            "PutGroupPolicy",
            "GetGroupPolicy",
            "DeleteGroupPolicy",
            "ListGroupPolicies",
            group(),
        ),
        (
            "AttachRolePolicy",
            "DetachRolePolicy",
            "ListAttachedRolePolicies",
            "PutRolePolicy",
            "GetRolePolicy",
            "DeleteRolePolicy",
            "ListRolePolicies",
            role(),
        ),
    ] {
        steps.extend([
            (attach, vec![holder.clone(), arn()]),
            (list, vec![holder.clone()]),
            ("ListEntitiesForPolicy", vec![arn()]),
            (detach, vec![holder.clone(), arn()]),
            (put, vec![holder.clone(), named(), document()]),
            (get, vec![holder.clone(), named()]),
            (inline, vec![holder.clone()]),
            (delete, vec![holder, named()]),
        ]);
    }
    for (tag, list, untag, what) in [
        ("TagUser", "ListUserTags", "UntagUser", user()),
        ("TagRole", "ListRoleTags", "UntagRole", role()),
        ("TagPolicy", "ListPolicyTags", "UntagPolicy", arn()),
    ] {
        steps.push((tag, with(what.clone(), tags())));
        steps.push((list, vec![what.clone()]));
        steps.push((untag, vec![what, keys()]));
    }
    steps.extend([
        ("GetUser", vec![user()]),
        ("ListUsers", vec![]),
        ("UpdateUser", vec![user(), text("NewPath", "/z/")]),
        ("GetRole", vec![role()]),
        ("ListRoles", vec![]),
        ("UpdateRole", vec![role(), text("Description", "e")]),
        ("UpdateRoleDescription", vec![role(), text("Description", "f")]),
        (
            "UpdateAssumeRolePolicy",
            vec![role(), ("PolicyDocument", trust.to_owned())],
        ),
        ("ListInstanceProfilesForRole", vec![role()]),
        ("ListServiceSpecificCredentials", vec![user()]),
        ("ListSigningCertificates", vec![user()]),
        ("ListSSHPublicKeys", vec![user()]),
        ("GetPolicy", vec![arn()]),
        ("ListPolicies", vec![text("MaxItems", "2")]),
        ("CreateAccessKey", vec![user()]),
        ("ListAccessKeys", vec![user()]),
        (
            "SimulatePrincipalPolicy",
            vec![source(), text("ActionNames.member.1", "s3:GetObject")],
        ),
        (
            "SimulateCustomPolicy",
            vec![
                ("PolicyInputList.member.1", allow(r#""s3:*""#)),
                text("ActionNames.member.1", "s3:GetObject"),
            ],
        ),
        ("GetContextKeysForPrincipalPolicy", vec![source()]),
        (
            "GetContextKeysForCustomPolicy",
            vec![("PolicyInputList.member.1", allow(r#""s3:*""#))],
        ),
        ("GetAccountSummary", vec![]),
        ("GetAccountAuthorizationDetails", vec![]),
        ("CreateAccountAlias", vec![text("AccountAlias", "an-alias")]),
        ("ListAccountAliases", vec![]),
        ("DeleteAccountAlias", vec![text("AccountAlias", "an-alias")]),
        ("UpdateAccountPasswordPolicy", vec![text("MaxPasswordAge", "90")]),
        ("GetAccountPasswordPolicy", vec![]),
        ("DeleteAccountPasswordPolicy", vec![]),
        (
            "CreateLoginProfile",
            vec![user(), text("Password", "Correct-Horse-1")],
        ),
        ("GetLoginProfile", vec![user()]),
        (
            "UpdateLoginProfile",
            vec![user(), text("PasswordResetRequired", "true")],
        ),
        ("DeleteLoginProfile", vec![user()]),
        ("CreateVirtualMFADevice", vec![text("VirtualMFADeviceName", "d")]),
        ("ListMFADevices", vec![user()]),
        ("ListVirtualMFADevices", vec![]),
        (
            "DeleteVirtualMFADevice",
            vec![("SerialNumber", deployment.arn("mfa/d"))],
        ),
        (
            "CreateOpenIDConnectProvider",
            vec![
                text("Url", "https://issuer.example"),
                text("ClientIDList.member.1", "client"),
            ],
        ),
        ("GetOpenIDConnectProvider", vec![provider()]),
        ("ListOpenIDConnectProviders", vec![]),
        (
            "AddClientIDToOpenIDConnectProvider",
            vec![provider(), text("ClientID", "other")],
        ),
        (
            "RemoveClientIDFromOpenIDConnectProvider",
            vec![provider(), text("ClientID", "other")],
        ),
        (
            "UpdateOpenIDConnectProviderThumbprint",
            vec![provider(), ("ThumbprintList.member.1", "0".repeat(40))],
        ),
        ("TagOpenIDConnectProvider", with(provider(), tags())),
        ("ListOpenIDConnectProviderTags", vec![provider()]),
        ("UntagOpenIDConnectProvider", vec![provider(), keys()]),
        ("DeleteOpenIDConnectProvider", vec![provider()]),
        ("DeleteUserPermissionsBoundary", vec![user()]),
        ("DeleteRolePermissionsBoundary", vec![role()]),
        ("RemoveUserFromGroup", vec![group(), user()]),
        ("DeleteGroup", vec![group()]),
        ("DeleteRole", vec![role()]),
        ("DeletePolicy", vec![arn()]),
    ]);
    steps
}

#[tokio::test]
async fn documents_are_as_the_model_has_them() {
    let Some(model) = support::model("iam") else {
        return;
    };
    let deployment = Deployment::new().await;
    let mut key = String::new();
    let mut steps = scenario(&deployment);
    steps.extend([
        ("GetAccessKeyLastUsed", vec![]),
        ("UpdateAccessKey", vec![("Status", "Inactive".to_owned())]),
        ("DeleteAccessKey", vec![]),
        ("DeleteUser", vec![("UserName", "anna".to_owned())]),
    ]);
    let mut shown = BTreeSet::new();
    for (action, parameters) in &steps {
        let mut given: Vec<(&str, &str)> = parameters
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        if action.contains("AccessKey") && !action.starts_with("Create") {
            given.extend([("UserName", "anna"), ("AccessKeyId", key.as_str())]);
        }
        let answer = deployment.iam(action, &given).await.ok();
        if *action == "CreateAccessKey" {
            key = answer.text("AccessKeyId");
        }
        let document = xml::parse(answer.body.as_bytes(), &format!("{action}Response")).unwrap();
        assert!(
            document
                .required("ResponseMetadata")
                .unwrap()
                .required("RequestId")
                .is_ok()
        );
        let output = &model["operations"][*action]["output"];
        let result = document.optional(&format!("{action}Result")).unwrap();
        assert_eq!(result.is_some(), output.is_object(), "{action}: {}", answer.body);
        if let Some(result) = result {
            assert_eq!(output["resultWrapper"], result.name());
            check(result, output["shape"].as_str().unwrap(), &model["shapes"], "");
        }
        shown.insert(*action);
    }
    for row in IAM_OPERATIONS {
        let elsewhere = SHOWN_ELSEWHERE.iter().any(|part| row.name.contains(part));
        assert!(elsewhere || shown.contains(row.name), "{} is not shown", row.name);
    }
}

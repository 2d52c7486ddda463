//! Every IAM and STS action is authorised like any other (issue 5, Safety): all rows of the tables, with a user
//! who has no permissions.

#[path = "support/query.rs"]
mod query;

use cairn_api::{IAM_OPERATIONS, STS_OPERATIONS};
use query::{Deployment, allow};

/// Actions that no policy has to allow, with the reason, and what a user without permissions gets.
const NOT_BY_POLICY: &[(&str, &str, &str)] = &[
    (
        "GetCallerIdentity",
        "nobody can be denied to know who they are (facts/05 §4)",
        "200",
    ),
    (
        "GetSessionToken",
        "no policy needed or checked (facts/05 §4)",
        "200",
    ),
    (
        "AssumeRole",
        "the role's trust policy decides too",
        "AccessDenied",
    ),
];

/// Values for the parameters of all operations; each takes those it has.
fn parameters(deployment: &Deployment) -> Vec<(&'static str, String)> {
    let arn = |rest: &str| deployment.arn(rest);
    let document = allow(r#""*""#);
    let text = |name, value: &str| (name, value.to_owned());
    vec![
        text("UserName", "victim"),
        text("NewUserName", "other"),
        text("GroupName", "group"),
        text("RoleName", "role"),
        text("PolicyName", "policy"),
        text("Path", "/"),
        text("Description", "d"),
        ("PolicyArn", arn("policy/policy")),
        ("PermissionsBoundary", arn("policy/policy")),
        ("PolicyDocument", document.clone()),
        ("AssumeRolePolicyDocument", document.clone()),
        ("PolicyInputList.member.1", document),
        ("PolicySourceArn", arn("user/victim")),
        text("ActionNames.member.1", "s3:GetObject"),
        text("VersionId", "v1"),
        text("AccessKeyId", "AKIAABCDEFGHIJKLMNOP"),
        text("Status", "Active"),
        text("Tags.member.1.Key", "k"),
        text("Tags.member.1.Value", "v"),
        text("TagKeys.member.1", "k"),
        text("Password", "aB3$efgh-ijkl"),
        text("OldPassword", "aB3$efgh-ijkl"),
        text("NewPassword", "aB3$efgh-mnop"),
        text("AccountAlias", "an-alias"),
        text("VirtualMFADeviceName", "device"),
        ("SerialNumber", arn("mfa/device")),
        text("AuthenticationCode1", "123456"),
        text("AuthenticationCode2", "654321"),
        text("Url", "https://issuer.test"),
        text("ClientIDList.member.1", "client"),
        text("ClientID", "client"),
        text(
            "ThumbprintList.member.1",
            "0123456789012345678901234567890123456789",
        ),
        ("OpenIDConnectProviderArn", arn("oidc-provider/issuer.test")),
        ("RoleArn", arn("role/role")),
        text("RoleSessionName", "session"),
        text("Name", "federated"),
        text("EncodedMessage", "message"),
    ]
}

#[tokio::test]
async fn a_user_without_permissions_may_do_nothing() {
    let deployment = Deployment::new().await;
    let nobody = deployment.user("nobody").await;
    deployment.user("victim").await;
    let parameters = parameters(&deployment);
    let parameters: Vec<(&str, &str)> = parameters
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let tables = [("iam", IAM_OPERATIONS), ("sts", STS_OPERATIONS)];
    let rows = tables
        .iter()
        .flat_map(|(service, rows)| rows.iter().map(move |row| (*service, row)));
    let mut faults = Vec::new();
    for (service, row) in rows.filter(|(_, row)| !row.unsigned) {
        assert_eq!(row.action, format!("{service}:{}", row.name));
        let exempt = NOT_BY_POLICY.iter().find(|(name, ..)| *name == row.name);
        assert!(row.authorized || exempt.is_some(), "{} asks no policy", row.name);
        let expected = exempt.map_or("AccessDenied", |(_, _, code)| code);
        // A token and MFA are for those who have them.
        let given: Vec<(&str, &str)> = parameters
            .iter()
            .filter(|(name, _)| row.name != "GetSessionToken" || *name != "SerialNumber")
            .copied()
            .collect();
        let answer = deployment.ask(service, Some(&nobody), row.name, &given).await;
        let names_action = exempt.is_some() || answer.text("Message").contains(row.action);
        if answer.code() != expected || !names_action {
            faults.push(format!("{}: {}", row.name, answer.body));
        }
        let unsigned = deployment.ask(service, None, row.name, &given).await;
        if unsigned.status != 403 {
            faults.push(format!("{} unsigned: {}", row.name, unsigned.body));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // Nothing was done.
    let user = deployment.iam("GetUser", &[("UserName", "victim")]).await.ok();
    assert_eq!(user.count("member"), 0);
}

#[tokio::test]
async fn what_a_policy_allows_is_allowed_and_nothing_else() {
    let deployment = Deployment::new().await;
    let user = deployment.user("reader").await;
    let document = allow(r#"["iam:List*","iam:GetUser"]"#);
    let put = [
        ("UserName", "reader"),
        ("PolicyName", "p"),
        ("PolicyDocument", document.as_str()),
    ];
    deployment.iam("PutUserPolicy", &put).await.ok();
    let ask = |action: &'static str| deployment.ask("iam", Some(&user), action, &[("UserName", "reader")]);
    for action in [
        "ListUsers",
        "ListGroups",
        "ListPolicies",
        "GetUser",
        "ListUserPolicies",
    ] {
        ask(action).await.ok();
    }
    let denied = ask("DeleteUser").await;
    let arn = deployment.arn("user/reader");
    denied.is(
        403,
        "AccessDenied",
        &format!(
            "User: {arn} is not authorized to perform: iam:DeleteUser on resource: {arn} because no identity-based \
             policy allows the iam:DeleteUser action"
        ),
    );
}

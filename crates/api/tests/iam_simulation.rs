//! The policy simulator and the account's details, through the pipeline (facts/05 §3, §6).

#[path = "support/query.rs"]
mod query;

use query::Deployment;

const READ: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}"#;
const WITH_MFA: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}},{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}/*"}]}"#;

#[tokio::test]
async fn what_a_user_may_is_what_its_policies_say() {
    let deployment = Deployment::new().await;
    let anna = deployment.user("anna").await;
    let policy = [
        ("UserName", "anna"),
        ("PolicyName", "read"),
        ("PolicyDocument", READ),
    ];
    deployment.iam("PutUserPolicy", &policy).await.ok();
    let arn = deployment.arn("user/anna");
    let ask = [
        ("PolicySourceArn", arn.as_str()),
        ("ActionNames.member.1", "s3:GetObject"),
        ("ActionNames.member.2", "s3:PutObject"),
        ("ResourceArns.member.1", "arn:aws:s3:::b/k"),
    ];
    let answer = deployment.iam("SimulatePrincipalPolicy", &ask).await.ok();
    assert_eq!(answer.count("EvalDecision"), 2);
    let (first, second) = answer.body.split_once("s3:PutObject").unwrap();
    assert!(first.contains("<EvalDecision>allowed</EvalDecision>"), "{first}");
    assert!(
        first.contains(
            "<member><SourcePolicyId>user_anna_read</SourcePolicyId><SourcePolicyType>user</SourcePolicyType>\
             <StartPosition><Line>1</Line><Column>38</Column></StartPosition><EndPosition><Line>1</Line>\
             <Column>110</Column></EndPosition></member>"
        ),
        "{first}"
    );
    assert!(
        second.contains("<EvalDecision>implicitDeny</EvalDecision>"),
        "{second}"
    );
    assert!(
        second.contains("<EvalResourceDecision>implicitDeny</EvalResourceDecision>"),
        "{second}"
    );
    // Of two results one a page.
    let mut paged = ask.to_vec();
    paged.push(("MaxItems", "1"));
    let page = deployment.iam("SimulatePrincipalPolicy", &paged).await.ok();
    assert_eq!(page.count("EvalDecision"), 1);
    let marker = page.text("Marker");
    paged.push(("Marker", &marker));
    let page = deployment.iam("SimulatePrincipalPolicy", &paged).await.ok();
    assert_eq!(page.text("EvalActionName"), "s3:PutObject");
    assert_eq!(page.text("IsTruncated"), "false");
    // Who may nothing may not ask either; and a boundary takes away.
    let refused = deployment
        .ask("iam", Some(&anna), "SimulatePrincipalPolicy", &ask)
        .await;
    assert_eq!(refused.code(), "AccessDenied");
    let mut bounded = ask.to_vec();
    let boundary =
        r#"{"Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"},"Version":"2012-10-17"}"#;
    bounded.push(("PermissionsBoundaryPolicyInputList.member.1", boundary));
    let answer = deployment.iam("SimulatePrincipalPolicy", &bounded).await.ok();
    assert_eq!(answer.text("EvalDecision"), "implicitDeny");
    assert_eq!(answer.text("AllowedByPermissionsBoundary"), "false");
    bounded.push(("PermissionsBoundaryPolicyInputList.member.2", boundary));
    let two = deployment.iam("SimulatePrincipalPolicy", &bounded).await;
    assert_eq!(two.code(), "InvalidInput");
}

#[tokio::test]
async fn context_decides_and_what_is_missing_is_told() {
    let deployment = Deployment::new().await;
    let ask = vec![
        ("PolicyInputList.member.1", WITH_MFA),
        ("ActionNames.member.1", "s3:GetObject"),
        ("CallerArn", "arn:aws:iam::111122223333:user/anna"),
        ("ResourceOwner", "arn:aws:iam::111122223333:root"),
        ("ResourceArns.member.1", "arn:aws:s3:::anna/k"),
    ];
    let allowed = deployment.iam("SimulateCustomPolicy", &ask).await.ok();
    assert_eq!(allowed.text("EvalDecision"), "allowed");
    assert!(
        allowed.body.contains(
            "<MissingContextValues><member>aws:MultiFactorAuthPresent</member></MissingContextValues>"
        ),
        "{}",
        allowed.body
    );
    let with = |value_type: &'static str, value: &'static str| {
        let mut ask = ask.clone();
        ask.push((
            "ContextEntries.member.1.ContextKeyName",
            "aws:MultiFactorAuthPresent",
        ));
        ask.push(("ContextEntries.member.1.ContextKeyType", value_type));
        ask.push(("ContextEntries.member.1.ContextKeyValues.member.1", value));
        ask
    };
    let denied = deployment
        .iam("SimulateCustomPolicy", &with("boolean", "false"))
        .await
        .ok();
    assert_eq!(denied.text("EvalDecision"), "explicitDeny");
    assert_eq!(denied.text("SourcePolicyId"), "PolicyInputList.1");
    assert_eq!(
        denied.count("SourcePolicyId"),
        2,
        "in the result and in the resource's"
    );
    let wrong = deployment
        .iam("SimulateCustomPolicy", &with("boolean", "maybe"))
        .await;
    assert_eq!(wrong.code(), "InvalidInput");
    let wrong = deployment
        .iam("SimulateCustomPolicy", &with("colour", "red"))
        .await;
    assert_eq!(wrong.code(), "ValidationError");
    let keys = deployment
        .iam("GetContextKeysForCustomPolicy", &ask[..1])
        .await
        .ok();
    for key in ["aws:MultiFactorAuthPresent", "aws:username"] {
        assert!(
            keys.body.contains(&format!("<member>{key}</member>")),
            "{}",
            keys.body
        );
    }
}

#[tokio::test]
async fn a_bucket_policy_allows_and_too_much_at_once_is_refused() {
    let deployment = Deployment::new().await;
    let caller = deployment.arn("user/anna");
    deployment.user("anna").await;
    let bucket = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{caller}"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}}}"#
    );
    let nothing =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}}"#;
    let mut ask = vec![
        ("PolicyInputList.member.1", nothing),
        ("ActionNames.member.1", "s3:GetObject"),
        ("CallerArn", caller.as_str()),
        ("ResourcePolicy", bucket.as_str()),
        ("ResourceArns.member.1", "arn:aws:s3:::b/k"),
    ];
    let answer = deployment.iam("SimulateCustomPolicy", &ask).await.ok();
    assert_eq!(answer.text("EvalDecision"), "allowed");
    assert_eq!(answer.text("SourcePolicyType"), "resource");
    let names: Vec<(String, String)> = (1..=40)
        .flat_map(|n| {
            [
                (format!("ActionNames.member.{n}"), format!("s3:Get{n}")),
                (format!("ResourceArns.member.{n}"), format!("arn:aws:s3:::b/{n}")),
            ]
        })
        .collect();
    ask.extend(names.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let many = deployment.iam("SimulateCustomPolicy", &ask).await;
    assert_eq!(many.code(), "InvalidInput");
}

#[tokio::test]
async fn the_details_of_an_account_come_in_pages_over_all_kinds() {
    let deployment = Deployment::new().await;
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}"#;
    for user in ["anna", "bert"] {
        deployment.user(user).await;
    }
    for (action, parameters) in [
        ("CreateGroup", vec![("GroupName", "staff")]),
        (
            "AddUserToGroup",
            vec![("GroupName", "staff"), ("UserName", "anna")],
        ),
        (
            "CreateRole",
            vec![("RoleName", "r"), ("AssumeRolePolicyDocument", trust)],
        ),
        (
            "CreatePolicy",
            vec![("PolicyName", "p"), ("PolicyDocument", READ)],
        ),
    ] {
        deployment.iam(action, &parameters).await.ok();
    }
    let action = "GetAccountAuthorizationDetails";
    let all = deployment.iam(action, &[]).await.ok();
    assert_eq!(all.count("UserId"), 2);
    assert!(all.body.contains("<GroupList><member>staff</member></GroupList>"));
    assert!(all.count("PolicyVersionList") > 1, "Amazon's policies too");
    let (mut marker, mut seen, mut pages) = (String::new(), String::new(), 0);
    loop {
        let mut ask = vec![
            ("MaxItems", "1"),
            ("Filter.member.1", "LocalManagedPolicy"),
            ("Filter.member.2", "User"),
            ("Filter.member.3", "Role"),
        ];
        if !marker.is_empty() {
            ask.push(("Marker", &marker));
        }
        let page = deployment.iam(action, &ask).await.ok();
        pages += 1;
        seen.push_str(&page.body);
        if page.text("IsTruncated") == "false" {
            break;
        }
        marker = page.text("Marker");
        assert!(pages < 10);
    }
    assert_eq!(pages, 4);
    for (element, times) in [("UserId", 2), ("GroupId", 0), ("RoleId", 1), ("PolicyId", 1)] {
        assert_eq!(seen.matches(&format!("<{element}>")).count(), times, "{element}");
    }
    let summary = deployment.iam("GetAccountSummary", &[]).await.ok();
    for entry in [
        "<key>Users</key><value>2</value>",
        "<key>Policies</key><value>1</value>",
        "<key>AccountAccessKeysPresent</key><value>1</value>",
        "<key>UsersQuota</key><value>5000</value>",
    ] {
        assert!(summary.body.contains(entry), "{entry}");
    }
}

//! A delegated administrator is held to what the condition keys of IAM say (facts/05 §5): which policies it may
//! attach, which boundary it must give, whose tags say that they are its to manage.

#[path = "support/query.rs"]
mod query;

use query::{Deployment, Keys, allow, policy};

const READ_ONLY: &str = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// A deployment and a user with this policy.
async fn delegated(statements: impl FnOnce(&Deployment) -> String) -> (Deployment, Keys) {
    let deployment = Deployment::new().await;
    let keys = deployment.user("delegate").await;
    let document = policy(&statements(&deployment));
    let put = [
        ("UserName", "delegate"),
        ("PolicyName", "delegation"),
        ("PolicyDocument", document.as_str()),
    ];
    deployment.iam("PutUserPolicy", &put).await.ok();
    (deployment, keys)
}

/// Asks as the delegate, and says `200` or the code.
async fn code((deployment, keys): &(Deployment, Keys), action: &str, parameters: &[(&str, &str)]) -> String {
    deployment.ask("iam", Some(keys), action, parameters).await.code()
}

#[tokio::test]
async fn attaches_only_the_policies_it_may() {
    let delegated = delegated(|_| {
        format!(
            r#"{{"Effect":"Allow","Action":["iam:AttachUserPolicy","iam:DetachUserPolicy","iam:AttachGroupPolicy","iam:AttachRolePolicy"],
             "Resource":"*","Condition":{{"ArnEquals":{{"iam:PolicyARN":"{READ_ONLY}"}}}}}}"#
        )
    })
    .await;
    delegated.0.user("anna").await;
    delegated.0.iam("CreateGroup", &[("GroupName", "g")]).await.ok();
    for (action, holder) in [
        ("AttachUserPolicy", ("UserName", "anna")),
        ("DetachUserPolicy", ("UserName", "anna")),
        ("AttachGroupPolicy", ("GroupName", "g")),
    ] {
        let ask = async |arn| code(&delegated, action, &[holder, ("PolicyArn", arn)]).await;
        assert_eq!(ask(ADMINISTRATOR).await, "AccessDenied", "{action}");
        assert_eq!(ask(READ_ONLY).await, "200", "{action}");
    }
}

#[tokio::test]
async fn makes_only_users_and_roles_with_its_boundary() {
    let delegated = delegated(|deployment| {
        let boundary = deployment.arn("policy/boundary");
        format!(
            r#"{{"Effect":"Allow","Action":["iam:CreateUser","iam:CreateRole","iam:PutUserPolicy","iam:AttachUserPolicy",
                "iam:PutUserPermissionsBoundary"],"Resource":"*",
                "Condition":{{"StringEquals":{{"iam:PermissionsBoundary":"{boundary}"}}}}}},
             {{"Effect":"Deny","Action":"iam:DeleteUserPermissionsBoundary","Resource":"*"}}"#
        )
    })
    .await;
    let deployment = &delegated.0;
    let (boundary, document) = (deployment.arn("policy/boundary"), allow(r#""s3:*""#));
    let everything = allow(r#""*""#);
    for name in ["boundary", "wider"] {
        let document = if name == "wider" { &everything } else { &document };
        let parameters = [("PolicyName", name), ("PolicyDocument", document.as_str())];
        deployment.iam("CreatePolicy", &parameters).await.ok();
    }
    let wider = deployment.arn("policy/wider");
    let trust = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}"#;
    let create = async |name, bound: Option<&str>| {
        let mut parameters = vec![
            ("UserName", name),
            ("RoleName", name),
            ("AssumeRolePolicyDocument", trust),
        ];
        parameters.extend(bound.map(|bound| ("PermissionsBoundary", bound)));
        (
            code(&delegated, "CreateUser", &parameters).await,
            code(&delegated, "CreateRole", &parameters).await,
        )
    };
    let both = |code: &str| (code.to_owned(), code.to_owned());
    assert_eq!(create("a", None).await, both("AccessDenied"));
    assert_eq!(create("a", Some(&wider)).await, both("AccessDenied"));
    assert_eq!(create("a", Some(&boundary)).await, both("200"));
    // It gives permissions to those that have the boundary, and to nobody else.
    deployment.user("free").await;
    for (user, expected) in [
        ("a", "200"),
        ("free", "AccessDenied"),
        ("delegate", "AccessDenied"),
    ] {
        let inline = [
            ("UserName", user),
            ("PolicyName", "p"),
            ("PolicyDocument", everything.as_str()),
        ];
        assert_eq!(
            code(&delegated, "PutUserPolicy", &inline).await,
            expected,
            "{user}"
        );
        let attach = [("UserName", user), ("PolicyArn", ADMINISTRATOR)];
        assert_eq!(
            code(&delegated, "AttachUserPolicy", &attach).await,
            expected,
            "{user}"
        );
    }
    // It changes a boundary to its own, whatever it was; to no other; and removes none.
    let put = async |user, bound| {
        let parameters = [("UserName", user), ("PermissionsBoundary", bound)];
        code(&delegated, "PutUserPermissionsBoundary", &parameters).await
    };
    assert_eq!(put("a", wider.as_str()).await, "AccessDenied");
    assert_eq!(put("free", boundary.as_str()).await, "200");
    let removed = code(&delegated, "DeleteUserPermissionsBoundary", &[("UserName", "a")]).await;
    assert_eq!(removed, "AccessDenied");
    // Whoever it makes an administrator is none: the boundary holds.
    let keys = deployment.key_of("a").await;
    let asked = deployment.ask("iam", Some(&keys), "ListUsers", &[]).await;
    let arn = deployment.arn("user/a");
    asked.is(
        403,
        "AccessDenied",
        &format!(
            "User: {arn} is not authorized to perform: iam:ListUsers on resource: {} because no permissions boundary \
             allows the iam:ListUsers action",
            deployment.arn("user/")
        ),
    );
}

#[tokio::test]
async fn manages_only_those_with_its_tag() {
    let delegated = delegated(|_| {
        r#"{"Effect":"Allow","Action":["iam:DeleteUser","iam:CreateAccessKey","iam:DeleteRole","iam:DeletePolicy"],
            "Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"red"}}},
           {"Effect":"Allow","Action":"iam:UpdateUser","Resource":"*",
            "Condition":{"StringEquals":{"iam:ResourceTag/team":"red"}}}"#
            .to_owned()
    })
    .await;
    let deployment = &delegated.0;
    let (document, trust) = (
        allow(r#""s3:*""#),
        r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}"#,
    );
    for (name, team) in [("r", "red"), ("b", "blue")] {
        let parameters = [
            ("UserName", name),
            ("RoleName", name),
            ("PolicyName", name),
            ("PolicyDocument", document.as_str()),
            ("AssumeRolePolicyDocument", trust),
            ("Tags.member.1.Key", "team"),
            ("Tags.member.1.Value", team),
        ];
        for action in ["CreateUser", "CreateRole", "CreatePolicy"] {
            deployment.iam(action, &parameters).await.ok();
        }
    }
    for (name, expected) in [("b", "AccessDenied"), ("none", "AccessDenied"), ("r", "200")] {
        let arn = deployment.arn(&format!("policy/{name}"));
        for action in ["UpdateUser", "DeleteUser", "DeleteRole", "DeletePolicy"] {
            let parameters = [
                ("UserName", name),
                ("RoleName", name),
                ("PolicyArn", arn.as_str()),
            ];
            assert_eq!(
                code(&delegated, action, &parameters).await,
                expected,
                "{action} {name}"
            );
        }
    }
}

#[tokio::test]
async fn gives_and_takes_only_tags_it_may() {
    let delegated = delegated(|_| {
        r#"{"Effect":"Allow","Action":["iam:CreateUser","iam:TagUser"],"Resource":"*","Condition":{
              "StringEquals":{"aws:RequestTag/team":"red"},
              "ForAllValues:StringEquals":{"aws:TagKeys":["team","cost"]}}},
           {"Effect":"Allow","Action":"iam:UntagUser","Resource":"*",
            "Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":"cost"}}}"#
            .to_owned()
    })
    .await;
    let tagged = async |action: &str, name: &str, tags: &[(&str, &str)]| {
        let mut parameters = vec![("UserName".to_owned(), name.to_owned())];
        for (index, (key, value)) in tags.iter().enumerate() {
            parameters.push((format!("Tags.member.{}.Key", index + 1), (*key).to_owned()));
            parameters.push((format!("Tags.member.{}.Value", index + 1), (*value).to_owned()));
        }
        let parameters: Vec<(&str, &str)> = parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        code(&delegated, action, &parameters).await
    };
    assert_eq!(tagged("CreateUser", "a", &[]).await, "AccessDenied");
    assert_eq!(
        tagged("CreateUser", "a", &[("team", "blue")]).await,
        "AccessDenied"
    );
    assert_eq!(
        tagged("CreateUser", "a", &[("team", "red"), ("x", "1")]).await,
        "AccessDenied"
    );
    assert_eq!(
        tagged("CreateUser", "a", &[("team", "red"), ("cost", "1")]).await,
        "200"
    );
    assert_eq!(tagged("TagUser", "a", &[("cost", "2")]).await, "AccessDenied");
    assert_eq!(
        tagged("TagUser", "a", &[("team", "red"), ("cost", "2")]).await,
        "200"
    );
    let untag = async |key| {
        let parameters = [("UserName", "a"), ("TagKeys.member.1", key)];
        code(&delegated, "UntagUser", &parameters).await
    };
    assert_eq!(untag("team").await, "AccessDenied");
    assert_eq!(untag("cost").await, "200");
}

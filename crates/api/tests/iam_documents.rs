//! What IAM answers, to the letter where clients or people read it (facts/05 §1, §3).

#[path = "support/query.rs"]
mod query;

use query::{Deployment, allow};

#[tokio::test]
async fn documents_are_percent_encoded() {
    let deployment = Deployment::new().await;
    let document = "{\n \"Version\": \"2012-10-17\",\n \"Statement\": {\"Effect\":\"Allow\",\"Action\":\"s3:*\",\
                    \"Resource\":\"arn:aws:s3:::b+c~d/*\"}}";
    let encoded = "%7B%0A%20%22Version%22%3A%20%222012-10-17%22%2C%0A%20%22Statement%22%3A%20%7B%22Effect%22%3A%22\
                   Allow%22%2C%22Action%22%3A%22s3%3A%2A%22%2C%22Resource%22%3A%22arn%3Aaws%3As3%3A%3A%3Ab%2Bc~d%2F\
                   %2A%22%7D%7D";
    deployment.user("anna").await;
    let put = [
        ("UserName", "anna"),
        ("PolicyName", "p"),
        ("PolicyDocument", document),
    ];
    deployment.iam("PutUserPolicy", &put).await.ok();
    let shown = deployment.iam("GetUserPolicy", &put[..2]).await.ok();
    assert_eq!(shown.text("PolicyDocument"), encoded);
    deployment.iam("CreatePolicy", &put[1..]).await.ok();
    let arn = deployment.arn("policy/p");
    let version = [("PolicyArn", arn.as_str()), ("VersionId", "v1")];
    let shown = deployment.iam("GetPolicyVersion", &version).await.ok();
    assert_eq!(shown.text("Document"), encoded);
}

#[tokio::test]
async fn errors_have_amazons_words() {
    let deployment = Deployment::new().await;
    let ask = async |action: &str, parameters: &[(&str, &str)]| deployment.iam(action, parameters).await;
    deployment.user("anna").await;
    let (everything, trust) = (
        allow(r#""*""#),
        r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}"#,
    );
    for (action, parameters) in [
        ("CreateGroup", vec![("GroupName", "g")]),
        (
            "CreateRole",
            vec![("RoleName", "r"), ("AssumeRolePolicyDocument", trust)],
        ),
        (
            "CreatePolicy",
            vec![("PolicyName", "p"), ("PolicyDocument", &everything)],
        ),
        ("AddUserToGroup", vec![("GroupName", "g"), ("UserName", "anna")]),
    ] {
        ask(action, &parameters).await.ok();
    }
    let arn = deployment.arn("policy/p");
    let attach = [("RoleName", "r"), ("PolicyArn", arn.as_str())];
    ask("AttachRolePolicy", &attach).await.ok();

    let no = "NoSuchEntity";
    ask("GetGroup", &[("GroupName", "x")])
        .await
        .is(404, no, "The group with name x cannot be found.");
    ask("GetRole", &[("RoleName", "x")])
        .await
        .is(404, no, "The role with name x cannot be found.");
    ask("TagUser", &[("UserName", "x"), ("Tags", "")]).await.is(
        404,
        no,
        "The user with name x cannot be found.",
    );
    let none = "arn:aws:iam::aws:policy/None";
    ask("GetPolicy", &[("PolicyArn", none)])
        .await
        .is(404, no, "Policy ARN was not found.");
    ask("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", none)])
        .await
        .is(404, no, "Policy ARN does not exist or is not attachable.");
    ask("GetPolicy", &[("PolicyArn", "this-is-not-an-arn-at-all")])
        .await
        .is(400, "ValidationError", "Invalid ARN:  Could not be parsed!");
    ask("CreateGroup", &[("GroupName", "G")]).await.is(
        409,
        "EntityAlreadyExists",
        "Group with name G already exists.",
    );
    ask(
        "CreateRole",
        &[("RoleName", "R"), ("AssumeRolePolicyDocument", trust)],
    )
    .await
    .is(409, "EntityAlreadyExists", "Role with name R already exists.");
    ask("DeleteGroup", &[("GroupName", "g")]).await.is(
        409,
        "DeleteConflict",
        "Cannot delete entity, must remove users from group first.",
    );
    ask("DeleteRole", &[("RoleName", "r")]).await.is(
        409,
        "DeleteConflict",
        "Cannot delete entity, must detach all policies first.",
    );
    ask("DeletePolicy", &[("PolicyArn", &arn)]).await.is(
        409,
        "DeleteConflict",
        "Cannot delete a policy attached to entities.",
    );
    ask("DeletePolicyVersion", &[("PolicyArn", &arn), ("VersionId", "v1")])
        .await
        .is(
            409,
            "DeleteConflict",
            "Cannot delete the default version of a policy.",
        );
    let malformed = "MalformedPolicyDocument";
    let with_resource = allow(r#""sts:AssumeRole""#);
    ask(
        "CreateRole",
        &[("RoleName", "s"), ("AssumeRolePolicyDocument", "{")],
    )
    .await
    .is(400, malformed, "This policy contains invalid Json");
    ask(
        "CreateRole",
        &[
            ("RoleName", "s"),
            ("AssumeRolePolicyDocument", with_resource.as_str()),
        ],
    )
    .await
    .is(400, malformed, "Has prohibited field Resource.");
    let stranger = trust.replace('*', &deployment.arn("user/stranger"));
    ask(
        "UpdateAssumeRolePolicy",
        &[("RoleName", "r"), ("PolicyDocument", &stranger)],
    )
    .await
    .is(
        400,
        malformed,
        &format!(
            "Invalid principal in policy: \"AWS\":\"{}\"",
            deployment.arn("user/stranger")
        ),
    );
    ask("CreatePolicy", &[("PolicyName", "q"), ("Path", "/a//b/"), ("PolicyDocument", &everything)]).await.is(
        400,
        "ValidationError",
        "1 validation error detected: Value '/a//b/' at 'path' failed to satisfy constraint: Member must satisfy \
         regular expression pattern: ((/[A-Za-z0-9\\.,\\+@=_-]+)*)/",
    );
}

#[tokio::test]
async fn lists_come_in_pages() {
    let deployment = Deployment::new().await;
    deployment.user("anna").await;
    let document = allow(r#""s3:*""#);
    for number in 0..5 {
        let name = format!("p{number}");
        let put = [
            ("UserName", "anna"),
            ("PolicyName", name.as_str()),
            ("PolicyDocument", document.as_str()),
        ];
        deployment.iam("PutUserPolicy", &put).await.ok();
        deployment.iam("CreatePolicy", &put[1..]).await.ok();
        let arn = deployment.arn(&format!("policy/{name}"));
        let attach = [("UserName", "anna"), ("PolicyArn", arn.as_str())];
        deployment.iam("AttachUserPolicy", &attach).await.ok();
        let tag = [
            ("UserName", "anna"),
            ("Tags.member.1.Key", name.as_str()),
            ("Tags.member.1.Value", ""),
        ];
        deployment.iam("TagUser", &tag).await.ok();
        if number > 0 {
            let arn = deployment.arn("policy/p0");
            let version = [("PolicyArn", arn.as_str()), ("PolicyDocument", document.as_str())];
            deployment.iam("CreatePolicyVersion", &version).await.ok();
        }
    }
    let arn = deployment.arn("policy/p0");
    for action in [
        "ListUserPolicies",
        "ListAttachedUserPolicies",
        "ListUserTags",
        "ListPolicyVersions",
        "ListPolicies",
    ] {
        let (mut seen, mut marker, mut pages) = (0, String::new(), 0);
        loop {
            let mut parameters = vec![
                ("UserName", "anna"),
                ("PolicyArn", arn.as_str()),
                ("Scope", "Local"),
                ("MaxItems", "2"),
            ];
            if !marker.is_empty() {
                parameters.push(("Marker", marker.as_str()));
            }
            let page = deployment.iam(action, &parameters).await.ok();
            (seen, pages) = (seen + page.count("member"), pages + 1);
            let next = page.text("Marker");
            assert_eq!(
                page.text("IsTruncated"),
                (!next.is_empty()).to_string(),
                "{action}"
            );
            if next.is_empty() {
                break;
            }
            marker = next;
        }
        assert_eq!((seen, pages), (5, 3), "{action}");
    }
}

//! AssumeRole (facts/05 §4).

use super::{Deployment, allow};

/// A trust policy that lets a principal assume, tag and name the source.
fn trust(principal: &str, condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},
           "Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]{condition}}}]}}"#
    )
}

fn user_arn(deployment: &Deployment, name: &str) -> String {
    format!("arn:aws:iam::{}:user/{name}", deployment.account)
}

#[tokio::test]
async fn who_the_trust_policy_names_gets_a_session() {
    let d = Deployment::new().await;
    let alice = d.user(&d.account, "alice", None).await;
    let role = d
        .role(&d.account, "reader", &trust(&user_arn(&d, "alice"), ""))
        .await;
    let answer = d.assume(&alice, &role, &[]).await.ok();
    let arn = format!("arn:aws:sts::{}:assumed-role/reader/work", d.account);
    assert_eq!(answer.text("Arn"), Some(arn.as_str()));
    let id = answer.text("AssumedRoleId").unwrap().to_owned();
    assert!(id.starts_with("AROA") && id.ends_with(":work"), "{id}");
    assert_eq!(answer.text("Expiration"), Some("2026-01-01T01:00:00Z"));
    assert_eq!(answer.text("PackedPolicySize"), None);
    let key = answer.key();
    assert!(key.id.starts_with("ASIA"));
    let me = d.sts(&key, &[("Action", "GetCallerIdentity")]).await.ok();
    assert_eq!(me.text("Arn"), Some(arn.as_str()));
    assert_eq!(me.text("UserId"), Some(id.as_str()));
    assert_eq!(me.text("Account"), Some(d.account.as_str()));
}

/// facts/05 §4: the same text whether there is such a role or not.
#[tokio::test]
async fn nobody_else_learns_whether_there_is_such_a_role() {
    let d = Deployment::new().await;
    let everything = allow("*", "*");
    d.user(&d.account, "alice", None).await;
    let bob = d.user(&d.account, "bob", Some(&everything)).await;
    let role = d
        .role(&d.account, "reader", &trust(&user_arn(&d, "alice"), ""))
        .await;
    let (other, _) = d.other_account().await;
    let stranger = d.user(&other, "stranger", Some(&everything)).await;
    for (key, arn) in [
        (&bob, user_arn(&d, "bob")),
        (&stranger, format!("arn:aws:iam::{other}:user/stranger")),
    ] {
        for role in [role.clone(), format!("{role}s"), role.replace("reader", "Reader")] {
            let answer = d.assume(key, &role, &[]).await;
            let message =
                format!("User: {arn} is not authorized to perform: sts:AssumeRole on resource: {role}");
            assert_eq!(answer.error(), (403, "AccessDenied", message.as_str()));
        }
    }
    let answer = d.assume(&d.root, &role, &[]).await;
    assert_eq!(
        answer.error(),
        (403, "AccessDenied", "Roles may not be assumed by root accounts.")
    );
    let wrong = format!("arn:aws:iam::{}:user/alice", d.account);
    let answer = d.assume(&bob, &wrong, &[]).await;
    let message = format!("{wrong} is invalid");
    assert_eq!(answer.error(), (400, "ValidationError", message.as_str()));
}

/// facts/05 §4: naming the account delegates to identity policies; another account needs both sides.
#[tokio::test]
async fn an_account_that_is_named_decides_itself() {
    let d = Deployment::new().await;
    let (other, _) = d.other_account().await;
    let may = allow("sts:AssumeRole", "*");
    for account in [&d.account, &other] {
        let role = d
            .role(
                &d.account,
                &format!("for-{account}"),
                &trust(account.as_str(), ""),
            )
            .await;
        let without = d.user(account, "without", None).await;
        let with = d.user(account, "with", Some(&may)).await;
        assert_eq!(d.assume(&without, &role, &[]).await.status, 403);
        d.assume(&with, &role, &[]).await.ok();
    }
    // The other account's user, by name: its own side is still needed.
    let carol = d.user(&other, "carol", None).await;
    let named = trust(&format!("arn:aws:iam::{other}:user/carol"), "");
    let role = d.role(&d.account, "for-carol", &named).await;
    assert_eq!(d.assume(&carol, &role, &[]).await.status, 403);
    d.put_policy(&other, "User", "carol", &may).await;
    let answer = d.assume(&carol, &role, &[]).await.ok();
    let account = d.sts(&answer.key(), &[("Action", "GetCallerIdentity")]).await;
    assert_eq!(account.text("Account"), Some(d.account.as_str()));
}

#[tokio::test]
async fn conditions_of_the_trust_policy_are_about_the_request() {
    let d = Deployment::new().await;
    let alice = d.user(&d.account, "alice", None).await;
    let arn = user_arn(&d, "alice");
    type Parameters = [(&'static str, &'static str)];
    let cases: &[(&str, &Parameters, &Parameters)] = &[
        (
            r#"{"StringEquals":{"sts:ExternalId":"e-1"}}"#,
            &[("ExternalId", "e-1")],
            &[("ExternalId", "e-2")],
        ),
        (
            r#"{"StringLike":{"sts:RoleSessionName":"w*"}}"#,
            &[],
            &[("RoleSessionName", "other")],
        ),
        (
            r#"{"StringEquals":{"sts:SourceIdentity":"Alice"}}"#,
            &[("SourceIdentity", "Alice")],
            &[],
        ),
        (
            r#"{"StringEquals":{"aws:RequestTag/team":"red"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}"#,
            &[("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "red")],
            &[
                ("Tags.member.1.Key", "team"),
                ("Tags.member.1.Value", "red"),
                ("Tags.member.2.Key", "more"),
                ("Tags.member.2.Value", ""),
            ],
        ),
        (
            r#"{"ForAnyValue:StringEquals":{"sts:TransitiveTagKeys":["team"]}}"#,
            &[
                ("Tags.member.1.Key", "team"),
                ("Tags.member.1.Value", "red"),
                ("TransitiveTagKeys.member.1", "team"),
            ],
            &[("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "red")],
        ),
    ];
    for (index, (condition, right, wrong)) in cases.iter().enumerate() {
        let condition = format!(r#","Condition":{condition}"#);
        let role = d
            .role(&d.account, &format!("r{index}"), &trust(&arn, &condition))
            .await;
        d.assume(&alice, &role, right).await.ok();
        let answer = d.assume(&alice, &role, wrong).await;
        assert_eq!(answer.error().1, "AccessDenied", "{condition}");
    }
}

/// facts/05 §4: tags need sts:TagSession, a source identity sts:SetSourceIdentity.
#[tokio::test]
async fn tags_and_source_identities_are_actions_of_their_own() {
    let d = Deployment::new().await;
    let alice = d.user(&d.account, "alice", None).await;
    let only = trust(&user_arn(&d, "alice"), "").replace(r#","sts:TagSession","sts:SetSourceIdentity""#, "");
    let role = d.role(&d.account, "plain", &only).await;
    d.assume(&alice, &role, &[]).await.ok();
    let tags = [("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "b")];
    let answer = d.assume(&alice, &role, &tags).await;
    assert_eq!(answer.error().1, "AccessDenied");
    assert!(answer.error().2.contains("sts:TagSession"), "{}", answer.body);
    let answer = d.assume(&alice, &role, &[("SourceIdentity", "Alice")]).await;
    assert!(
        answer.error().2.contains("sts:SetSourceIdentity"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_session_lasts_as_long_as_the_role_lets_it() {
    let d = Deployment::new().await;
    let alice = d.user(&d.account, "alice", None).await;
    let role = d.role(&d.account, "r", &trust(&user_arn(&d, "alice"), "")).await;
    let answer = d.assume(&alice, &role, &[("DurationSeconds", "7200")]).await.ok();
    assert_eq!(answer.text("Expiration"), Some("2026-01-01T02:00:00Z"));
    let answer = d.assume(&alice, &role, &[("DurationSeconds", "7201")]).await;
    let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    assert_eq!(answer.error(), (400, "ValidationError", message));
    for (seconds, told) in [
        ("899", "greater than or equal to 900"),
        ("43201", "less than or equal to 43200"),
    ] {
        let answer = d.assume(&alice, &role, &[("DurationSeconds", seconds)]).await;
        assert_eq!(answer.error().1, "ValidationError");
        assert!(answer.error().2.contains(told), "{}", answer.body);
    }
    let answer = d.assume(&alice, &role, &[("RoleSessionName", "a b")]).await;
    // facts/05 §1, word for word.
    let message = "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: \
                   Member must satisfy regular expression pattern: [\\w+=,.@-]*";
    assert_eq!(answer.error(), (400, "ValidationError", message));
}

/// A role that assumes another, and what goes with it.
#[tokio::test]
async fn a_chain_hands_on_its_transitive_tags_and_its_source() {
    let d = Deployment::new().await;
    let alice = d.user(&d.account, "alice", None).await;
    let first = d
        .role(&d.account, "first", &trust(&user_arn(&d, "alice"), ""))
        .await;
    let second = d.role(&d.account, "second", &trust(&first, "")).await;
    let tagged = [
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "red"),
        ("Tags.member.2.Key", "own"),
        ("Tags.member.2.Value", "x"),
        ("TransitiveTagKeys.member.1", "team"),
        ("SourceIdentity", "Alice"),
    ];
    let answer = d.assume(&alice, &first, &tagged).await.ok();
    assert_eq!(answer.text("SourceIdentity"), Some("Alice"));
    assert!(answer.text("PackedPolicySize").is_some());
    let key = answer.key();

    let hour =
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    let answer = d.assume(&key, &second, &[("DurationSeconds", "3601")]).await;
    assert_eq!(answer.error(), (400, "ValidationError", hour));
    let other = d.assume(&key, &second, &[("SourceIdentity", "Bobby")]).await;
    assert_eq!(other.error().1, "ValidationError");
    let again = [("Tags.member.1.Key", "TEAM"), ("Tags.member.1.Value", "blue")];
    let answer = d.assume(&key, &second, &again).await;
    let message = "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag \
                   key from the calling session.";
    assert_eq!(answer.error(), (400, "InvalidParameterValue", message));

    let answer = d.assume(&key, &second, &[]).await.ok();
    assert_eq!(answer.text("SourceIdentity"), Some("Alice"));
    let key = answer.key();
    let credential = d
        .identity
        .credential(&key.id, key.token.as_deref())
        .await
        .unwrap();
    assert_eq!(credential.signer.tags.get("team"), Some("red"));
    assert_eq!(credential.signer.tags.get("own"), None);
    // Judged by the trust policy, though nobody asked for them: a role that does not take tags takes no such caller.
    let strict = trust(&second, "").replace(r#","sts:TagSession""#, "");
    let third = d.role(&d.account, "third", &strict).await;
    let answer = d.assume(&key, &third, &[]).await;
    assert!(answer.error().2.contains("sts:TagSession"), "{}", answer.body);
}

#[tokio::test]
async fn tags_are_checked_before_anything_else() {
    let d = Deployment::new().await;
    let alice = d.user(&d.account, "alice", None).await;
    let role = d.role(&d.account, "r", &trust(&user_arn(&d, "alice"), "")).await;
    let twice = [
        ("Tags.member.1.Key", "a"),
        ("Tags.member.1.Value", "1"),
        ("Tags.member.2.Key", "A"),
        ("Tags.member.2.Value", "2"),
    ];
    let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
    assert_eq!(
        d.assume(&alice, &role, &twice).await.error(),
        (400, "InvalidParameterValue", message)
    );
    let message = "The specified transitive tag key must be included in the requested tags.";
    let answer = d
        .assume(&alice, &role, &[("TransitiveTagKeys.member.1", "a")])
        .await;
    assert_eq!(answer.error(), (400, "InvalidParameterValue", message));
}

/// facts/05 §4: at most 2048 characters of policies, ten managed ones; what a token cannot carry is too large.
#[tokio::test]
async fn session_policies_are_policies_and_bounded() {
    let d = Deployment::new().await;
    let alice = d.user(&d.account, "alice", None).await;
    let role = d.role(&d.account, "r", &trust(&user_arn(&d, "alice"), "")).await;
    let answer = d.assume(&alice, &role, &[("Policy", "{}")]).await;
    assert_eq!(answer.error().1, "MalformedPolicyDocument");
    let policy = allow("s3:Get*", "*");
    let answer = d.assume(&alice, &role, &[("Policy", &policy)]).await.ok();
    let size: u32 = answer.text("PackedPolicySize").unwrap().parse().unwrap();
    assert!((1..=10).contains(&size), "{size}");
    let managed = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    d.assume(&alice, &role, &[("PolicyArns.member.1.arn", managed)])
        .await
        .ok();
    let absent = "arn:aws:iam::aws:policy/NoSuchPolicyAnywhere";
    let answer = d
        .assume(&alice, &role, &[("PolicyArns.member.1.arn", absent)])
        .await;
    assert_eq!(answer.error().1, "ValidationError");
    let names: Vec<String> = (1..=11).map(|n| format!("PolicyArns.member.{n}.arn")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), managed)).collect();
    d.assume(&alice, &role, &many[..10]).await.ok();
    assert_eq!(d.assume(&alice, &role, &many).await.error().1, "ValidationError");

    let long = |chars: usize| {
        let policy = allow("s3:*", "*");
        policy.replace("s3:*", &format!("s3:{}", "x".repeat(chars - policy.len() + 1)))
    };
    let answer = d.assume(&alice, &role, &[("Policy", &long(2049))]).await;
    assert_eq!(answer.error().1, "ValidationError");
    d.assume(&alice, &role, &[("Policy", &long(2048))]).await.ok();
    let both = [("Policy", &*long(2040)), ("PolicyArns.member.1.arn", managed)];
    assert_eq!(
        d.assume(&alice, &role, &both).await.error().1,
        "PackedPolicyTooLarge"
    );
    let value = "v".repeat(256);
    let names: Vec<(String, String)> = (1..=9)
        .map(|n| (format!("Tags.member.{n}.Key"), format!("Tags.member.{n}.Value")))
        .collect();
    let tags: Vec<(&str, &str)> = names
        .iter()
        .zip(["a", "b", "c", "d", "e", "f", "g", "h", "i"])
        .flat_map(|((key, name), tag)| [(key.as_str(), tag), (name.as_str(), value.as_str())])
        .collect();
    let mut packed = tags.clone();
    let policy = long(300);
    packed.push(("Policy", &policy));
    let answer = d.assume(&alice, &role, &packed).await;
    assert_eq!(answer.error().1, "PackedPolicyTooLarge");
    assert!(
        answer.error().2.starts_with("Packed policy consumes 1"),
        "{}",
        answer.body
    );
    // All that fits makes a token that is taken.
    let answer = d.assume(&alice, &role, &tags).await.ok();
    let key = answer.key();
    assert!(key.token.as_ref().unwrap().len() <= cairn_identity::SESSION_TOKEN_CHARS_MAX);
    d.sts(&key, &[("Action", "GetCallerIdentity")]).await.ok();
}

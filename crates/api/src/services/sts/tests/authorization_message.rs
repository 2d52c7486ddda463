//! DecodeAuthorizationMessage (facts/05 §4).

use serde_json::Value;

use super::{Deployment, allow};

const HEADER: &str = "x-cairn-authorization-message";

fn unescaped(text: &str) -> Value {
    serde_json::from_str(&text.replace("&quot;", "\"").replace("&amp;", "&")).unwrap()
}

#[tokio::test]
async fn why_somebody_was_refused_is_for_their_account() {
    let d = Deployment::new().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Sid":"NoLists","Effect":"Deny","Action":"iam:ListUsers","Resource":"*"}]}"#;
    let alice = d.user(&d.account, "alice", Some(policy)).await;
    let refused = d.iam(&alice, &[("Action", "ListUsers")]).await;
    assert_eq!(refused.error().1, "AccessDenied");
    let encoded = refused.headers[HEADER].to_str().unwrap().to_owned();
    let decode = [
        ("Action", "DecodeAuthorizationMessage"),
        ("EncodedMessage", encoded.as_str()),
    ];
    // Who was refused is not who may know why.
    let answer = d.sts(&alice, &decode).await;
    assert_eq!(answer.error().1, "AccessDenied");
    let admin = allow("sts:DecodeAuthorizationMessage", "*");
    let admin = d.user(&d.account, "admin", Some(&admin)).await;
    let answer = d.sts(&admin, &decode).await.ok();
    let message = unescaped(answer.text("DecodedMessage").unwrap());
    assert_eq!(message["allowed"], false);
    assert_eq!(message["explicitDeny"], true);
    assert_eq!(message["matchedStatements"]["items"][0]["statementId"], "NoLists");
    assert_eq!(message["context"]["action"], "iam:ListUsers");
    let arn = format!("arn:aws:iam::{}:user/alice", d.account);
    assert_eq!(message["context"]["principal"]["arn"], arn.as_str());
    let keys = message["context"]["conditions"]["items"].as_array().unwrap();
    assert!(keys.iter().any(|item| item["key"] == "aws:SourceIp"));

    let (_, stranger) = d.other_account().await;
    for (key, text) in [
        (&stranger, encoded.as_str()),
        (&admin, "garbled"),
        (&admin, &encoded[1..]),
    ] {
        let decode = [("Action", "DecodeAuthorizationMessage"), ("EncodedMessage", text)];
        let answer = d.sts(key, &decode).await;
        assert_eq!(
            (answer.status, answer.error().1),
            (400, "InvalidAuthorizationMessageException")
        );
    }
}

/// The message is a header, so it has a size; what does not fit is left out.
#[tokio::test]
async fn a_message_is_bounded() {
    let d = Deployment::new().await;
    let alice = d.user(&d.account, "alice", None).await;
    let names: Vec<(String, String)> = (1..=50)
        .map(|n| (format!("Tags.member.{n}.Key"), format!("Tags.member.{n}.Value")))
        .collect();
    let (keys, value): (Vec<String>, _) = ((1..=50).map(|n| format!("k{n}")).collect(), "v".repeat(256));
    let mut parameters = vec![("Action", "CreateUser"), ("UserName", "bob")];
    for ((key_name, value_name), key) in names.iter().zip(&keys) {
        parameters.push((key_name, key));
        parameters.push((value_name, &value));
    }
    let refused = d.iam(&alice, &parameters).await;
    assert_eq!(refused.error().1, "AccessDenied");
    let encoded = refused.headers[HEADER].to_str().unwrap();
    assert!(encoded.len() < 4096, "{}", encoded.len());
    let decode = [
        ("Action", "DecodeAuthorizationMessage"),
        ("EncodedMessage", encoded),
    ];
    let answer = d.sts(&d.root, &decode).await.ok();
    let message = unescaped(answer.text("DecodedMessage").unwrap());
    assert_eq!(message["context"]["conditions"]["items"], serde_json::json!([]));
    assert_eq!(message["context"]["action"], "iam:CreateUser");
}

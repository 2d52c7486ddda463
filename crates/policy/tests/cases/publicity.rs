//! Which bucket policies are public (facts/05 §8).

use cairn_policy::{Policy, PolicyType, Publicity, is_public, publicity};

use crate::bucket;

/// With a Principal of `*`: the condition, and whether the statement is public.
#[test]
fn conditions() {
    for (condition, public) in [
        ("{}", true),
        (r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, false),
        (
            r#"{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:db8::/32"]}}"#,
            false,
        ),
        (r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#, true),
        (r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}"#, true),
        (r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/7"}}"#, true),
        (r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#, false),
        (
            r#"{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","0.0.0.0/0"]}}"#,
            true,
        ),
        (r#"{"IpAddress":{"aws:SourceIp":"::/0"}}"#, true),
        (r#"{"IpAddressIfExists":{"aws:SourceIp":"203.0.113.0/24"}}"#, true),
        (r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, true),
        (r#"{"IpAddress":{"aws:VpcSourceIp":"10.0.0.0/24"}}"#, true),
        (r#"{"StringEquals":{"aws:SourceVpc":"vpc-91237329"}}"#, false),
        (r#"{"StringLike":{"aws:SourceVpc":"vpc-91237329"}}"#, false),
        (r#"{"StringLike":{"aws:SourceVpc":"vpc-*"}}"#, true),
        (r#"{"StringEquals":{"aws:SourceVpc":"vpc-*"}}"#, true),
        (
            r#"{"StringEquals":{"aws:SourceVpce":["vpce-1","vpce-2"]}}"#,
            false,
        ),
        (r#"{"StringEquals":{"AWS:sourceVPCE":"vpce-1"}}"#, false),
        (r#"{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}"#, true),
        (r#"{"StringEqualsIfExists":{"aws:SourceVpce":"vpce-1"}}"#, true),
        (
            r#"{"ForAllValues:StringEquals":{"aws:SourceVpce":"vpce-1"}}"#,
            true,
        ),
        (
            r#"{"ForAnyValue:StringEquals":{"aws:SourceVpce":"vpce-1"}}"#,
            false,
        ),
        (r#"{"StringEquals":{"aws:SourceAccount":"111122223333"}}"#, false),
        (r#"{"StringEquals":{"aws:SourceOwner":"111122223333"}}"#, false),
        (r#"{"ArnEquals":{"aws:SourceArn":"arn:aws:s3:::other"}}"#, false),
        (r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::*"}}"#, true),
        (r#"{"StringEquals":{"aws:PrincipalOrgID":"o-xxxxxxxxxx"}}"#, false),
        (
            r#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/anna"}}"#,
            false,
        ),
        (r#"{"StringEquals":{"aws:userid":"AIDAANNAANNAANNAANNA"}}"#, false),
        (r#"{"StringLike":{"aws:userid":"AROAREADERREADERREAD:*"}}"#, true),
        (r#"{"StringEquals":{"aws:userid":"${aws:userid}"}}"#, true),
        (
            r#"{"StringEquals":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:us-east-1:111122223333:key/1"}}"#,
            false,
        ),
        (
            r#"{"StringEquals":{"s3:DataAccessPointAccount":"111122223333"}}"#,
            false,
        ),
        (r#"{"StringEquals":{"s3:prefix":"public"}}"#, true),
        (r#"{"StringLike":{"aws:Referer":"https://example.com/*"}}"#, true),
        (r#"{"StringEquals":{"aws:Referer":"https://example.com/"}}"#, true),
        (r#"{"Bool":{"aws:SecureTransport":"true"}}"#, true),
        (r#"{"StringEquals":{"aws:SourceVpc":[]}}"#, true),
        (
            r#"{"Bool":{"aws:SecureTransport":"true"},"StringEquals":{"aws:SourceVpc":"vpc-1"}}"#,
            false,
        ),
    ] {
        let policy = bucket(&format!(
            r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{condition}"#
        ));
        assert_eq!(is_public(&policy), public, "{condition}");
    }
}

#[test]
fn principals() {
    for (statement, public) in [
        (r#""Effect":"Allow","Principal":{"AWS":"*"}"#, true),
        (
            r#""Effect":"Allow","Principal":{"AWS":["111122223333","*"]}"#,
            true,
        ),
        (r#""Effect":"Allow","Principal":{"AWS":"111122223333"}"#, false),
        (
            r#""Effect":"Allow","Principal":{"AWS":"AIDAANNAANNAANNAANNA"}"#,
            false,
        ),
        (
            r#""Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"}"#,
            false,
        ),
        (r#""Effect":"Allow","NotPrincipal":{"AWS":"111122223333"}"#, true),
        (r#""Effect":"Deny","Principal":"*""#, false),
        (r#""Effect":"Deny","NotPrincipal":{"AWS":"111122223333"}"#, false),
    ] {
        let policy = bucket(&format!(
            r#"{statement},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#
        ));
        assert_eq!(is_public(&policy), public, "{statement}");
    }
}

/// One public statement among others makes the policy public, and is named.
#[test]
fn the_statement_is_named() {
    let text = r#"{"Statement":[
        {"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"},
        {"Sid":"All","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}"#;
    let policy = Policy::parse(text, PolicyType::Resource { bucket: "b" }).unwrap();
    let Publicity::Public { statement, sid, why } = publicity(&policy) else {
        panic!("it is public")
    };
    assert_eq!((statement, sid.as_deref()), (1, Some("All")));
    assert_eq!(why, "it allows every principal, and has no condition");
}

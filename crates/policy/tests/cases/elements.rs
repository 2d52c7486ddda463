//! Action and Resource, and their complements (facts/05 §5).

use cairn_policy::Context;

use crate::{identity, user_may};

fn may(statement: &str, action: &str, resource: &str) -> bool {
    let policy = identity(&format!(r#""Effect":"Allow",{statement}"#));
    user_may(&policy, action, resource, &Context::new())
}

/// Names of actions do not differ by case; `*` and `?` are wildcards.
#[test]
fn actions() {
    for (element, action, expected) in [
        (r#""Action":"*""#, "s3:GetObject", true),
        (r#""Action":"*""#, "iam:CreateUser", true),
        (r#""Action":"s3:*""#, "s3:GetObject", true),
        (r#""Action":"s3:*""#, "iam:CreateUser", false),
        (r#""Action":"s3:*""#, "s3express:CreateSession", false),
        (r#""Action":"s3:GetObject""#, "s3:GetObject", true),
        (r#""Action":"S3:getobject""#, "s3:GetObject", true),
        (r#""Action":"s3:GetObject""#, "s3:GetObjectVersion", false),
        (r#""Action":"s3:GetObject""#, "s3:GetObjec", false),
        (r#""Action":"s3:GetObject*""#, "s3:GetObjectVersion", true),
        (r#""Action":"s3:GetObject*""#, "s3:GetObject", true),
        (r#""Action":"s3:Get*""#, "s3:PutObject", false),
        (r#""Action":"s3:*Object""#, "s3:DeleteObject", true),
        (r#""Action":"s3:*Object""#, "s3:DeleteObjectVersion", false),
        (r#""Action":"s3:?etObject""#, "s3:GetObject", true),
        (r#""Action":"s3:?utObject""#, "s3:GetObject", false),
        (r#""Action":"s3:*BUCKET*""#, "s3:ListBucketVersions", true),
        (
            r#""Action":["s3:PutObject","s3:GetObject"]"#,
            "s3:GetObject",
            true,
        ),
        (
            r#""Action":["s3:PutObject","s3:GetObject"]"#,
            "s3:DeleteObject",
            false,
        ),
        // With Allow, what NotAction names is not granted, and all else is.
        (r#""NotAction":"s3:GetObject""#, "s3:GetObject", false),
        (r#""NotAction":"s3:GetObject""#, "s3:PutObject", true),
        (r#""NotAction":"s3:GetObject""#, "iam:CreateUser", true),
        (r#""NotAction":"s3:*""#, "s3:PutObject", false),
        (r#""NotAction":["iam:*","S3:DELETE*"]"#, "s3:DeleteObject", false),
        (r#""NotAction":["iam:*","s3:Delete*"]"#, "s3:GetObject", true),
        (r#""NotAction":"*""#, "s3:GetObject", false),
    ] {
        assert_eq!(
            may(
                &format!(r#"{element},"Resource":"*""#),
                action,
                "arn:aws:s3:::b/k"
            ),
            expected,
            "{element} {action}"
        );
    }
}

#[test]
fn resources() {
    for (element, resource, expected) in [
        (r#""Resource":"*""#, "arn:aws:s3:::b/k", true),
        (r#""Resource":"*""#, "*", true),
        (r#""Resource":"arn:aws:s3:::b""#, "arn:aws:s3:::b", true),
        (r#""Resource":"arn:aws:s3:::b""#, "arn:aws:s3:::b/k", false),
        (r#""Resource":"arn:aws:s3:::b""#, "arn:aws:s3:::bb", false),
        (r#""Resource":"arn:aws:s3:::b/*""#, "arn:aws:s3:::b/k", true),
        (r#""Resource":"arn:aws:s3:::b/*""#, "arn:aws:s3:::b/k/l:m", true),
        (r#""Resource":"arn:aws:s3:::b/*""#, "arn:aws:s3:::b/", true),
        (r#""Resource":"arn:aws:s3:::b/*""#, "arn:aws:s3:::b", false),
        (r#""Resource":"arn:aws:s3:::b*""#, "arn:aws:s3:::bucket/k", true),
        (r#""Resource":"arn:aws:s3:::B/*""#, "arn:aws:s3:::b/k", false),
        (r#""Resource":"arn:aws:s3:::b/K""#, "arn:aws:s3:::b/k", false),
        (r#""Resource":"arn:aws:s3:::b/?""#, "arn:aws:s3:::b/k", true),
        (r#""Resource":"arn:aws:s3:::b/?""#, "arn:aws:s3:::b/kk", false),
        (
            r#""Resource":"arn:aws:s3:::b/*.jpg""#,
            "arn:aws:s3:::b/2026/a.jpg",
            true,
        ),
        (
            r#""Resource":"arn:aws:s3:::b/*.jpg""#,
            "arn:aws:s3:::b/a.jpg.txt",
            false,
        ),
        (r#""Resource":"arn:aws:s3:::*""#, "arn:aws:s3:::b/k", true),
        (r#""Resource":"arn:*:s3:::b/k""#, "arn:aws:s3:::b/k", true),
        (r#""Resource":"arn:aws:s3:*:*:b/k""#, "arn:aws:s3:::b/k", true),
        (r#""Resource":"arn:aws:*:::b/k""#, "arn:aws:s3:::b/k", true),
        (
            r#""Resource":"arn:aws:s3:::b/**/k""#,
            "arn:aws:s3:::b/x/y/k",
            true,
        ),
        (
            r#""Resource":"arn:aws:iam::111122223333:user/staff/*""#,
            "arn:aws:iam::111122223333:user/staff/anna",
            true,
        ),
        (
            r#""Resource":"arn:aws:iam::111122223333:user/staff/*""#,
            "arn:aws:iam::111122223333:user/anna",
            false,
        ),
        (
            r#""Resource":"arn:aws:iam::*:user/*""#,
            "arn:aws:iam::444455556666:user/bob",
            true,
        ),
        (
            r#""Resource":["arn:aws:s3:::a","arn:aws:s3:::b"]"#,
            "arn:aws:s3:::b",
            true,
        ),
        (
            r#""Resource":["arn:aws:s3:::a","arn:aws:s3:::b"]"#,
            "arn:aws:s3:::c",
            false,
        ),
        (r#""NotResource":"arn:aws:s3:::b/*""#, "arn:aws:s3:::b/k", false),
        (r#""NotResource":"arn:aws:s3:::b/*""#, "arn:aws:s3:::b", true),
        (
            r#""NotResource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#,
            "arn:aws:s3:::c/k",
            true,
        ),
        (
            r#""NotResource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#,
            "arn:aws:s3:::b/k",
            false,
        ),
        (r#""NotResource":"*""#, "arn:aws:s3:::b/k", false),
        // A key with what is special in patterns is plain text where it is asked for.
        (r#""Resource":"arn:aws:s3:::b/x""#, "arn:aws:s3:::b/*", false),
        (r#""Resource":"arn:aws:s3:::b/x""#, "arn:aws:s3:::b/?", false),
        (r#""Resource":"arn:aws:s3:::b/é?""#, "arn:aws:s3:::b/éü", true),
    ] {
        assert_eq!(
            may(&format!(r#""Action":"*",{element}"#), "s3:GetObject", resource),
            expected,
            "{element} {resource}"
        );
    }
}

/// ListAllMyBuckets is about no resource: `*` allows it, and so does a pattern of all of S3.
#[test]
fn no_resource() {
    for (resource, expected) in [
        ("*", true),
        ("arn:aws:s3:::*", true),
        ("arn:aws:s3:::b", false),
        ("arn:aws:s3:::b*", false),
        ("arn:aws:iam::*:*", false),
    ] {
        let element = format!(r#""Action":"s3:ListAllMyBuckets","Resource":"{resource}""#);
        assert_eq!(may(&element, "s3:ListAllMyBuckets", "*"), expected, "{resource}");
    }
}

//! Any text may come as a policy: from IAM, from a session, from PutBucketPolicy.
#![no_main]

use cairn_policy::{Policy, PolicyError, PolicyType, is_public, policy_size, rewrite_principals};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    assert!(policy_size(text) <= text.chars().count());
    for policy_type in [
        PolicyType::Identity,
        PolicyType::Trust,
        PolicyType::Resource { bucket: "bucket" },
    ] {
        match Policy::parse(text, policy_type) {
            Ok(policy) => {
                assert_eq!(policy.text(), text);
                let _ = is_public(&policy);
                // Rewriting nothing changes nothing, and it sees the names that the policy has.
                let mut names = 0;
                policy.for_each_principal(|_| names += 1);
                let same = rewrite_principals(text, |_| {
                    names -= 1;
                    Ok::<_, ()>(None)
                });
                assert_eq!(same.as_deref(), Ok(text));
                assert_eq!(names, 0);
                // With other names it is a policy again, unless these make it too long.
                let renamed = rewrite_principals(text, |name| {
                    Ok::<_, ()>((name.kind == "AWS").then(|| "111122223333".to_owned()))
                });
                let renamed = renamed.map(|text| Policy::parse(&text, policy_type));
                assert!(matches!(renamed, Ok(Ok(_) | Err(PolicyError::TooLong { .. }))));
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                assert!(!error.iam_message().is_empty() && !error.s3_message().is_empty());
            }
        }
    }
});

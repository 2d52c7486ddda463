//! Any head may come: it is judged without a panic, and never found right by a secret that did not sign it.
#![no_main]

use cairn_fuzz::Head;
use cairn_protocol::auth::{
    Authentication, RequestHead, SigningKeys, claimed_service, parse, parse_with_body,
};
use cairn_types::{SecretAccessKey, Timestamp};
use libfuzzer_sys::fuzz_target;

/// As a request to another service than S3, with `body`.
fn other_service(head: &RequestHead<'_>, body: &[u8]) {
    let claimed = claimed_service(head.headers, head.query);
    let Ok(authentication) = parse_with_body(head, body) else {
        return;
    };
    if let Authentication::V4(v4) = &authentication {
        let _ = v4.check_scope(v4.region(), &claimed.unwrap_or_default());
    }
    let Ok(secret) = SecretAccessKey::parse("a-secret-no-input-is-signed-with") else {
        return;
    };
    let verified = authentication.verify(head, &secret, &SigningKeys::new(2));
    assert!(
        verified.is_err() || authentication.access_key_id().is_none(),
        "a signature was guessed"
    );
}

fuzz_target!(|data: &[u8]| {
    let Some(head) = Head::read(data) else { return };
    let head = head.borrow();
    other_service(&head, data);
    let Ok(authentication) = parse(&head, true) else {
        return;
    };
    let _ = authentication.check_scope("us-east-1", "s3");
    let _ = authentication.check_time(Timestamp::from_seconds(1_369_353_600));
    let Ok(secret) = SecretAccessKey::parse("a-secret-no-input-is-signed-with") else {
        return;
    };
    match authentication.verify(&head, &secret, &SigningKeys::new(2)) {
        Ok(verified) => {
            assert!(
                authentication.access_key_id().is_none(),
                "a signature was guessed"
            );
            let _ = verified.body(head.headers);
        }
        Err(error) => {
            let _ = error.to_xml(true, "REQUEST", "HOST");
        }
    }
});

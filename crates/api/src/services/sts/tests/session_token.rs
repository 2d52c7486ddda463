//! GetSessionToken, and MFA (facts/05 §4).

use cairn_identity::{KeyOwner, Name, Path, Tags, TwoCodes};
use cairn_types::Clock as _;

use super::{Deployment, Key, allow};

/// RFC 6238 with its defaults, as an authenticator has it.
fn totp(seed: &[u8], seconds: u64) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, seed);
    let tag = ring::hmac::sign(&key, &(seconds / 30).to_be_bytes());
    let hash = tag.as_ref();
    let at = usize::from(hash[19] & 0xf);
    let word = u32::from_be_bytes([hash[at], hash[at + 1], hash[at + 2], hash[at + 3]]);
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

struct Device {
    serial: String,
    seed: Vec<u8>,
}

impl Device {
    /// A device of a user or the root user, enabled; the clock then shows a code that was not used.
    async fn of(d: &Deployment, owner: KeyOwner) -> Self {
        let name = match &owner {
            KeyOwner::User(name) => Name::parse(name).unwrap(),
            KeyOwner::Root => Name::parse("root-device").unwrap(),
        };
        let made = d
            .identity
            .create_mfa_device(&d.account, Path::default(), name, Tags::default());
        let issued = made.await.unwrap();
        let device = Self {
            serial: issued.record.serial_number(),
            seed: issued.seed,
        };
        let now = d.clock.now().seconds();
        let (one, two) = (totp(&device.seed, now - 30), totp(&device.seed, now));
        let codes = TwoCodes(&one, &two);
        let enabled = d
            .identity
            .enable_mfa_device(&d.account, &owner, &device.serial, codes);
        enabled.await.unwrap();
        d.clock.pass(60);
        device
    }

    fn code(&self, d: &Deployment) -> String {
        totp(&self.seed, d.clock.now().seconds())
    }
}

async fn session(d: &Deployment, key: &Key, more: &[(&str, &str)]) -> super::Answer {
    let mut parameters = vec![("Action", "GetSessionToken")];
    parameters.extend_from_slice(more);
    d.sts(key, &parameters).await
}

/// No policy is needed, nor asked: an explicit deny does not matter.
#[tokio::test]
async fn whoever_has_a_key_gets_a_session() {
    let d = Deployment::new().await;
    let deny = allow("*", "*").replace("Allow", "Deny");
    let alice = d.user(&d.account, "alice", Some(&deny)).await;
    let answer = session(&d, &alice, &[]).await.ok();
    assert_eq!(answer.text("Expiration"), Some("2026-01-01T12:00:00Z"));
    let key = answer.key();
    let me = d.sts(&key, &[("Action", "GetCallerIdentity")]).await.ok();
    let arn = format!("arn:aws:iam::{}:user/alice", d.account);
    assert_eq!(me.text("Arn"), Some(arn.as_str()));
    let longest = session(&d, &alice, &[("DurationSeconds", "129600")]).await.ok();
    assert_eq!(longest.text("Expiration"), Some("2026-01-02T12:00:00Z"));
    let answer = session(&d, &alice, &[("DurationSeconds", "129601")]).await;
    assert_eq!(answer.error().1, "ValidationError");
    // facts/05 §4: of a root user an hour, whatever it asks for.
    for seconds in [None, Some("43200")] {
        let asked: Vec<_> = seconds
            .iter()
            .map(|seconds| ("DurationSeconds", *seconds))
            .collect();
        let answer = session(&d, &d.root, &asked).await.ok();
        assert_eq!(answer.text("Expiration"), Some("2026-01-01T01:00:00Z"));
    }
    let answer = session(&d, &d.root, &[("DurationSeconds", "900")]).await.ok();
    assert_eq!(answer.text("Expiration"), Some("2026-01-01T00:15:00Z"));
}

/// facts/05 §4, the two messages.
#[tokio::test]
async fn a_code_makes_the_session_one_with_mfa() {
    let d = Deployment::new().await;
    let needs = allow("iam:GetUser", "*").replace(
        r#""Resource""#,
        r#""Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":"600"},
           "Bool":{"aws:MultiFactorAuthPresent":"true"}},"Resource""#,
    );
    let alice = d.user(&d.account, "alice", Some(&needs)).await;
    let phone = Device::of(&d, KeyOwner::User("alice".to_owned())).await;
    let given = |code| [("SerialNumber", phone.serial.clone()), ("TokenCode", code)];
    let send = async |key: &Key, given: [(&str, String); 2]| {
        let given: Vec<(&str, &str)> = given
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        session(&d, key, &given).await
    };
    let now = phone.code(&d);
    let wrong = if now == "000000" { "000001" } else { "000000" };
    let message = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
    let answer = send(&alice, given(wrong.to_owned())).await;
    assert_eq!(answer.error(), (403, "AccessDenied", message));
    let bob = d.user(&d.account, "bob", None).await;
    let unable = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is \
                  valid and associated with this user.";
    assert_eq!(
        send(&bob, given(now.clone())).await.error(),
        (403, "AccessDenied", unable)
    );
    let key = send(&alice, given(now.clone())).await.key();
    // Each code once.
    assert_eq!(
        send(&alice, given(now)).await.error(),
        (403, "AccessDenied", message)
    );
    let lone = session(&d, &alice, &[("TokenCode", "123456")]).await;
    assert_eq!(lone.error().1, "AccessDenied");

    // The key's own requests have no MFA, the session's have it until it is too old for the policy.
    let get = [("Action", "GetUser"), ("UserName", "alice")];
    assert_eq!(d.iam(&alice, &get).await.status, 403);
    d.iam(&key, &get).await.ok();
    d.clock.pass(599);
    d.iam(&key, &get).await.ok();
    d.clock.pass(1);
    assert_eq!(d.iam(&key, &get).await.error().1, "AccessDenied");
    // facts/05 §4: without MFA IAM takes no session at all.
    let key = session(&d, &alice, &[]).await.key();
    assert_eq!(d.iam(&key, &get).await.error().1, "InvalidClientTokenId");
}

/// A role's trust policy may ask for a code, given with AssumeRole or before.
#[tokio::test]
async fn a_role_can_ask_for_mfa() {
    let d = Deployment::new().await;
    let alice = d.user(&d.account, "alice", None).await;
    let phone = Device::of(&d, KeyOwner::User("alice".to_owned())).await;
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole",
           "Principal":{{"AWS":"arn:aws:iam::{}:user/alice"}},
           "Condition":{{"Bool":{{"aws:MultiFactorAuthPresent":"true"}},
           "NumericLessThan":{{"aws:MultiFactorAuthAge":"300"}}}}}}]}}"#,
        d.account
    );
    let role = d.role(&d.account, "admin", &trust).await;
    assert_eq!(d.assume(&alice, &role, &[]).await.error().1, "AccessDenied");
    let code = phone.code(&d);
    let given = [
        ("SerialNumber", phone.serial.as_str()),
        ("TokenCode", code.as_str()),
    ];
    let key = d.assume(&alice, &role, &given).await.key();
    // The session of the role itself is none with MFA, as at Amazon (docs/sessions.md).
    let found = d
        .identity
        .credential(&key.id, key.token.as_deref())
        .await
        .unwrap();
    assert_eq!(found.signer.session.as_ref().unwrap().mfa, None);
    d.clock.pass(30);
    let code = phone.code(&d);
    let given = [
        ("SerialNumber", phone.serial.as_str()),
        ("TokenCode", code.as_str()),
    ];
    let key = session(&d, &alice, &given).await.key();
    d.assume(&key, &role, &[]).await.ok();
    d.clock.pass(300);
    assert_eq!(d.assume(&key, &role, &[]).await.error().1, "AccessDenied");
}

#[tokio::test]
async fn the_root_user_has_its_device_too() {
    let d = Deployment::new().await;
    let device = Device::of(&d, KeyOwner::Root).await;
    let code = device.code(&d);
    let given = [
        ("SerialNumber", device.serial.as_str()),
        ("TokenCode", code.as_str()),
    ];
    let key = session(&d, &d.root, &given).await.key();
    d.iam(&key, &[("Action", "ListUsers")]).await.ok();
}

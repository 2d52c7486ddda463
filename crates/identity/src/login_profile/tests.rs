use super::*;
use crate::kit::Kit;

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

impl Kit {
    async fn change(&self, old: &str, new: &str) -> Result<(), Error> {
        let changed = self
            .identity
            .change_password(&self.account, "alice", password(old), password(new));
        changed.await
    }

    async fn create(&self, text: &str) -> Result<LoginProfile, Error> {
        self.identity
            .create_login_profile(&self.account, "alice", password(text), true)
            .await
    }
}

#[tokio::test]
async fn who_knows_the_password_changes_it() {
    let kit = Kit::new().await;
    assert!(matches!(
        kit.change("First-1x", "Second-2").await,
        Err(Error::NoSuchEntity(Entity::LoginProfile, _))
    ));
    assert!(matches!(
        kit.create("short").await,
        Err(Error::PasswordPolicyViolation(_))
    ));
    let profile = kit.create("First-1x").await.unwrap();
    assert!(profile.hash.starts_with("$argon2id$") && !profile.hash.contains("First"));
    assert!(matches!(
        kit.create("First-1x").await,
        Err(Error::EntityAlreadyExists(..))
    ));
    assert!(matches!(
        kit.change("Second-2", "Third-3x").await,
        Err(Error::WrongPassword)
    ));
    kit.change("First-1x", "Second-2").await.unwrap();
    let changed = kit.identity.login_profile(&kit.account, "alice").await.unwrap();
    assert!(!changed.reset_required);
    assert_eq!(changed.former, [profile.hash]);
    assert!(matches!(
        kit.change("First-1x", "Third-3x").await,
        Err(Error::WrongPassword)
    ));
    let deleted = kit.identity.delete_login_profile(&kit.account, "alice");
    deleted.await.unwrap();
    let gone = kit.identity.login_profile(&kit.account, "alice").await;
    assert!(matches!(gone, Err(Error::NoSuchEntity(Entity::LoginProfile, _))));
}

#[tokio::test]
async fn former_passwords_do_not_come_again_where_the_rules_say_so() {
    let kit = Kit::new().await;
    let policy = PasswordPolicy {
        minimum_length: 6,
        require_symbols: false,
        require_numbers: false,
        require_uppercase: false,
        require_lowercase: false,
        allow_users_to_change: true,
        max_age_days: None,
        reuse_prevention: Some(2),
        hard_expiry: false,
    };
    let set = kit.identity.set_password_policy(&kit.account, policy);
    set.await.unwrap();
    kit.create("aaaaaa").await.unwrap();
    kit.change("aaaaaa", "bbbbbb").await.unwrap();
    for used in ["aaaaaa", "bbbbbb"] {
        assert!(matches!(
            kit.change("bbbbbb", used).await,
            Err(Error::PasswordPolicyViolation(_))
        ));
    }
    kit.change("bbbbbb", "cccccc").await.unwrap();
    kit.change("cccccc", "aaaaaa").await.unwrap();
}

#[tokio::test]
async fn after_too_many_wrong_passwords_the_right_one_waits() {
    let kit = Kit::new().await;
    kit.create("First-1x").await.unwrap();
    for _ in 0..5 {
        let wrong = kit.change("Wrong-1x", "Second-2").await;
        assert!(matches!(wrong, Err(Error::WrongPassword)));
    }
    let right = kit.change("First-1x", "Second-2").await;
    assert!(matches!(right, Err(Error::WrongPassword)));
    kit.pass(30);
    kit.change("First-1x", "Second-2").await.unwrap();
}

#[test]
fn no_more_hashes_are_kept_than_said() {
    let now = Timestamp::from_seconds(0);
    let mut profile = LoginProfile {
        hash: "0".to_owned(),
        former: Vec::new(),
        created: now,
        changed: now,
        reset_required: false,
    };
    for number in 1..=40 {
        profile.replace(number.to_string(), now);
    }
    assert_eq!(profile.former.len(), LoginProfile::FORMER_MAX);
    assert_eq!(profile.former[0], "39");
}

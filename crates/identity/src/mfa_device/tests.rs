use cairn_types::Clock as _;

use super::*;
use crate::kit::{Kit, alice};

impl Kit {
    async fn device(&self, name: &str) -> (String, Seed) {
        let name = Name::parse(name).unwrap();
        let made = self.identity.create_mfa_device(
            &self.account,
            Path::parse("/x/").unwrap(),
            name,
            Tags::default(),
        );
        let issued = made.await.unwrap();
        assert_eq!(issued.seed.len(), 40);
        (issued.record.serial_number(), Seed::of(issued.seed))
    }

    /// The code that a device shows so many steps from now.
    fn shown(&self, seed: &Seed, steps: i64) -> String {
        seed.shown(step_of(self.clock.now()).saturating_add_signed(steps))
    }

    async fn enable(&self, owner: &KeyOwner, serial: &str, seed: &Seed, first: i64) -> Result<(), Error> {
        let (one, two) = (self.shown(seed, first), self.shown(seed, first + 1));
        let codes = TwoCodes(&one, &two);
        self.identity
            .enable_mfa_device(&self.account, owner, serial, codes)
            .await
    }

    async fn resync(&self, serial: &str, seed: &Seed, first: i64) -> Result<(), Error> {
        let (one, two) = (self.shown(seed, first), self.shown(seed, first + 1));
        let codes = TwoCodes(&one, &two);
        self.identity
            .resync_mfa_device(&self.account, &alice(), serial, codes)
            .await
    }

    async fn verify(&self, owner: &KeyOwner, serial: &str, code: &str) -> &'static str {
        match self.identity.verify_mfa(&self.account, owner, serial, code).await {
            Ok(()) => "right",
            Err(MfaError::WrongCode) => "wrong",
            Err(MfaError::UnknownDevice) => "unknown",
            Err(MfaError::Failed(error)) => panic!("{error}"),
        }
    }
}

/// facts/05 §3: two consecutive codes enable, each code is single use, drift of about one step.
#[tokio::test]
async fn each_code_is_good_once_and_also_after_a_restart() {
    let mut kit = Kit::new().await;
    let (serial, seed) = kit.device("phone").await;
    assert_eq!(serial, "arn:aws:iam::111122223333:mfa/x/phone");
    assert_eq!(
        kit.verify(&alice(), &serial, &kit.shown(&seed, 0)).await,
        "unknown"
    );
    kit.enable(&alice(), &serial, &seed, -1).await.unwrap();
    // Used to enable it.
    assert_eq!(kit.verify(&alice(), &serial, &kit.shown(&seed, 0)).await, "wrong");
    assert_eq!(
        kit.verify(&alice(), &serial, &kit.shown(&seed, -1)).await,
        "wrong"
    );
    let next = kit.shown(&seed, 1);
    assert_eq!(kit.verify(&alice(), &serial, &next).await, "right");
    assert_eq!(kit.verify(&alice(), &serial, &next).await, "wrong");
    kit.reopen();
    assert_eq!(kit.verify(&alice(), &serial, &next).await, "wrong");
    kit.pass(60);
    assert_eq!(
        kit.verify(&KeyOwner::Root, &serial, &kit.shown(&seed, 0)).await,
        "unknown"
    );
    assert_eq!(kit.verify(&alice(), &serial, &kit.shown(&seed, 0)).await, "right");
    kit.pass(300);
    for (steps, expected) in [
        (-2, "wrong"),
        (2, "wrong"),
        (-1, "right"),
        (0, "right"),
        (1, "right"),
    ] {
        let code = kit.shown(&seed, steps);
        assert_eq!(kit.verify(&alice(), &serial, &code).await, expected, "{steps}");
    }
}

/// A code that came with another one that is wrong stays good; one whose commit came first is good for one only.
#[tokio::test]
async fn of_two_requests_with_one_code_one_passes() {
    let kit = Kit::new().await;
    let (serial, seed) = kit.device("phone").await;
    kit.enable(&alice(), &serial, &seed, -1).await.unwrap();
    kit.pass(60);
    let (code, owner) = (kit.shown(&seed, 0), alice());
    let both = tokio::join!(
        kit.verify(&owner, &serial, &code),
        kit.verify(&owner, &serial, &code)
    );
    assert!(
        matches!(both, ("right", "wrong") | ("wrong", "right")),
        "{both:?}"
    );
}

#[tokio::test]
async fn two_consecutive_codes_enable_and_nothing_else() {
    let kit = Kit::new().await;
    let (serial, seed) = kit.device("phone").await;
    let codes = |first: i64, second: i64| (kit.shown(&seed, first), kit.shown(&seed, second));
    let owner = alice();
    for (one, two) in [
        codes(0, 0),
        codes(1, 0),
        codes(-1, 1),
        codes(-5, -4),
        ("123".to_owned(), String::new()),
    ] {
        // No limit in the way of this test.
        kit.identity.inner.guesses.forget(&serial);
        let enabled = kit
            .identity
            .enable_mfa_device(&kit.account, &owner, &serial, TwoCodes(&one, &two));
        assert!(matches!(enabled.await, Err(Error::InvalidAuthenticationCode)));
    }
    kit.enable(&alice(), &serial, &seed, 0).await.unwrap();
    let again = kit.enable(&KeyOwner::Root, &serial, &seed, 0).await;
    assert!(matches!(
        again,
        Err(Error::EntityAlreadyExists(Entity::MfaDevice, _))
    ));
    let devices = kit.identity.mfa_devices(&kit.account, &alice()).await.unwrap();
    assert_eq!(devices.len(), 1);
    assert_eq!(devices[0].serial_number(), serial);
}

#[tokio::test]
async fn a_device_that_is_enabled_stays_and_its_codes_stay_used() {
    let kit = Kit::new().await;
    let (serial, seed) = kit.device("phone").await;
    kit.enable(&KeyOwner::Root, &serial, &seed, 0).await.unwrap();
    let deleted = kit.identity.delete_mfa_device(&kit.account, &serial).await;
    assert!(matches!(deleted, Err(Error::DeleteConflict(Dependent::Enabled))));
    let not_hers = kit
        .identity
        .deactivate_mfa_device(&kit.account, &alice(), &serial)
        .await;
    assert!(matches!(not_hers, Err(Error::NoSuchEntity(Entity::MfaDevice, _))));
    let root = KeyOwner::Root;
    kit.identity
        .deactivate_mfa_device(&kit.account, &root, &serial)
        .await
        .unwrap();
    let replayed = kit.enable(&alice(), &serial, &seed, 0).await;
    assert!(matches!(replayed, Err(Error::InvalidAuthenticationCode)));
    kit.pass(90);
    kit.enable(&alice(), &serial, &seed, 0).await.unwrap();
    let user = kit.identity.delete_user(&kit.account, "alice").await;
    assert!(matches!(user, Err(Error::DeleteConflict(Dependent::MfaDevices))));
    kit.identity
        .deactivate_mfa_device(&kit.account, &alice(), &serial)
        .await
        .unwrap();
    kit.identity
        .delete_mfa_device(&kit.account, &serial)
        .await
        .unwrap();
    kit.identity.delete_user(&kit.account, "alice").await.unwrap();
}

#[tokio::test]
async fn a_resync_learns_how_far_the_clock_is_off() {
    let kit = Kit::new().await;
    let (serial, seed) = kit.device("phone").await;
    kit.enable(&alice(), &serial, &seed, -1).await.unwrap();
    let code = kit.shown(&seed, 700);
    assert_eq!(kit.verify(&alice(), &serial, &code).await, "wrong");
    kit.resync(&serial, &seed, 700).await.unwrap();
    kit.pass(30);
    assert_eq!(
        kit.verify(&alice(), &serial, &kit.shown(&seed, 700)).await,
        "wrong"
    );
    assert_eq!(
        kit.verify(&alice(), &serial, &kit.shown(&seed, 701)).await,
        "right"
    );
    let edge = i64::try_from(RESYNC_STEPS_MAX).unwrap();
    let too_far = kit.resync(&serial, &seed, edge).await;
    assert!(matches!(too_far, Err(Error::InvalidAuthenticationCode)));
    kit.resync(&serial, &seed, edge - 1).await.unwrap();
}

#[tokio::test]
async fn a_device_takes_no_codes_after_too_many_wrong_ones() {
    let kit = Kit::new().await;
    let (serial, seed) = kit.device("phone").await;
    kit.enable(&alice(), &serial, &seed, -2).await.unwrap();
    for _ in 0..5 {
        assert_eq!(kit.verify(&alice(), &serial, "none").await, "wrong");
    }
    assert_eq!(kit.verify(&alice(), &serial, &kit.shown(&seed, 0)).await, "wrong");
    kit.pass(30);
    assert_eq!(kit.verify(&alice(), &serial, &kit.shown(&seed, 0)).await, "right");
}

#[tokio::test]
async fn eight_devices_and_no_more() {
    let kit = Kit::new().await;
    for number in 0..8 {
        let (serial, seed) = kit.device(&format!("d{number}")).await;
        kit.enable(&alice(), &serial, &seed, 0).await.unwrap();
    }
    let (serial, seed) = kit.device("d8").await;
    let ninth = kit.enable(&alice(), &serial, &seed, 0).await;
    assert!(matches!(
        ninth,
        Err(Error::LimitExceeded(Quota::MfaDevicesPerUser, 8))
    ));
    let page = |assigned, after| kit.identity.virtual_mfa_devices(&kit.account, assigned, after, 3);
    let first = page(Some(true), None).await.unwrap();
    assert_eq!((first.items.len(), first.next.as_deref()), (3, Some("d2")));
    assert!(first.items[0].user.is_some());
    let rest = page(Some(false), None).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (1, None));
    let last = page(None, Some("d6")).await.unwrap();
    assert_eq!(last.items.len(), 2);
}

#[tokio::test]
async fn serials_name_one_device_of_one_account() {
    let kit = Kit::new().await;
    let (serial, _) = kit.device("phone").await;
    assert!(kit.identity.mfa_device(&kit.account, &serial).await.is_ok());
    for other in [
        "arn:aws:iam::111122223333:mfa/phone",
        "arn:aws:iam::111122223333:mfa/x/PHONE",
        "arn:aws:iam::999922223333:mfa/x/phone",
        "GAHT12345678",
        "",
    ] {
        let found = kit.identity.mfa_device(&kit.account, other).await;
        assert!(matches!(found, Err(Error::NoSuchEntity(..))), "{other}");
    }
    let long = Path::parse(&format!("/{}/", "p".repeat(300))).unwrap();
    let name = Name::parse("long").unwrap();
    let made = kit
        .identity
        .create_mfa_device(&kit.account, long, name, Tags::default());
    assert!(matches!(made.await, Err(Error::InvalidInput(_))));
}

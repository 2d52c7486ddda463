//! Users, and the store's transactions (facts/05 §3).

use std::sync::Arc;
use std::time::Duration;

use cairn_storage::Memory;
use cairn_types::SystemClock;

use super::{Fixture, name};
use crate::rows::{self, Noun};
use crate::*;

fn new_user(user: &str) -> NewUser {
    NewUser {
        name: name(user),
        path: Path::default(),
        tags: Tags::default(),
        boundary: None,
    }
}

#[tokio::test]
async fn names_are_the_same_in_any_case() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    f.user("Anna").await;
    let again = identity.create_user(account, new_user("anna")).await;
    assert!(matches!(again, Err(Error::EntityAlreadyExists(Entity::User, _))));
    // Shown as it was given.
    let shown = identity.user(account, "ANNA").await.unwrap();
    assert_eq!(shown.name.as_str(), "Anna");
    // In another account it is another user.
    let (other, _) = identity.create_account("other").await.unwrap();
    identity.create_user(&other.id, new_user("anna")).await.unwrap();
}

#[tokio::test]
async fn of_many_creates_of_one_name_one_wins() {
    let f = Fixture::new().await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (identity, account) = (f.identity.clone(), f.account.clone());
            tokio::spawn(async move { identity.create_user(&account, new_user("anna")).await })
        })
        .collect();
    let mut made = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(user) => made.push(user),
            Err(Error::EntityAlreadyExists(Entity::User, _)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(made, [f.identity.user(&f.account, "anna").await.unwrap()]);
}

#[tokio::test]
async fn a_new_name_keeps_keys_and_id() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    let user = f.user("anna").await;
    let owner = KeyOwner::User("anna".to_owned());
    let issued = identity.create_access_key(account, &owner).await.unwrap();
    identity
        .update_user(account, "anna", Some(name("Anne")), None)
        .await
        .unwrap();
    let found = identity
        .credential(issued.record.id.as_str(), None)
        .await
        .unwrap();
    assert_eq!(found.signer.arn(), format!("arn:aws:iam::{account}:user/Anne"));
    let by_id = identity.user_by_id(&user.id).await.unwrap().unwrap();
    assert_eq!(by_id.name.as_str(), "Anne");
}

#[tokio::test]
async fn is_deleted_when_nothing_hangs_on_it() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    let user = f.user("anna").await;
    let owner = KeyOwner::User("anna".to_owned());
    let key = identity
        .create_access_key(account, &owner)
        .await
        .unwrap()
        .record
        .id;
    let delete = async || match identity.delete_user(account, "anna").await {
        Err(Error::DeleteConflict(dependent)) => Some(dependent),
        Ok(()) => None,
        Err(other) => panic!("{other}"),
    };
    assert_eq!(delete().await, Some(Dependent::AccessKeys));
    identity.delete_access_key(account, &owner, &key).await.unwrap();
    let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
    identity
        .attach_policy(account, HolderKind::User, "anna", arn)
        .await
        .unwrap();
    assert_eq!(delete().await, Some(Dependent::AttachedPolicies));
    identity
        .detach_policy(account, HolderKind::User, "anna", arn)
        .await
        .unwrap();
    assert_eq!(delete().await, None);
    assert_eq!(identity.user_by_id(&user.id).await.unwrap(), None);
    // Another of its name has another id.
    assert_ne!(f.user("anna").await.id, user.id);
}

#[tokio::test]
async fn an_account_has_5000_at_most() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    let first = f.user("u").await;
    let mut transaction = identity.begin().await.unwrap();
    for number in 1..UserRecord::PER_ACCOUNT_MAX {
        let mut user = first.clone();
        user.name = name(&format!("u{number}"));
        let row = rows::named(Noun::User, account, user.name.as_str());
        transaction.put(row, &user).unwrap();
    }
    transaction.commit().await.unwrap();
    let over = identity.create_user(account, new_user("more")).await;
    assert!(matches!(over, Err(Error::LimitExceeded(Quota::Users, 5000))));
}

#[tokio::test]
async fn two_keys_each_and_none_of_others() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    f.user("anna").await;
    f.user("bert").await;
    let (anna, bert) = (
        KeyOwner::User("anna".to_owned()),
        KeyOwner::User("bert".to_owned()),
    );
    let key = identity
        .create_access_key(account, &anna)
        .await
        .unwrap()
        .record
        .id;
    identity.create_access_key(account, &anna).await.unwrap();
    let third = identity.create_access_key(account, &anna).await;
    assert!(matches!(
        third,
        Err(Error::LimitExceeded(Quota::AccessKeysPerUser, 2))
    ));
    for refused in [
        identity.delete_access_key(account, &bert, &key).await,
        identity
            .set_access_key_status(account, &bert, &key, Status::Inactive)
            .await,
    ] {
        assert!(matches!(refused, Err(Error::NoSuchEntity(Entity::AccessKey, _))));
    }
    assert_eq!(identity.access_keys(account, &anna).await.unwrap().len(), 2);
}

#[tokio::test]
async fn users_come_in_pages_and_by_path() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    for (user, path) in [("c", "/x/"), ("A", "/x/"), ("b", "/y/"), ("d", "/x/z/")] {
        let mut new = new_user(user);
        new.path = Path::parse(path).unwrap();
        identity.create_user(account, new).await.unwrap();
    }
    let list = async |path: &str, after: Option<&str>, limit| {
        let page = identity.users(account, path, after, limit).await.unwrap();
        let names: Vec<String> = page.items.iter().map(|user| user.name.to_string()).collect();
        (names.join(","), page.next)
    };
    assert_eq!(list("/", None, 4).await, ("A,b,c,d".to_owned(), None));
    assert_eq!(
        list("/", None, 3).await,
        ("A,b,c".to_owned(), Some("c".to_owned()))
    );
    assert_eq!(list("/", Some("A"), 9).await, ("b,c,d".to_owned(), None));
    assert_eq!(
        list("/x/", None, 2).await,
        ("A,c".to_owned(), Some("c".to_owned()))
    );
    assert_eq!(list("/x/z", None, 2).await, ("d".to_owned(), None));
}

#[tokio::test]
async fn what_another_process_changed_meanwhile_is_not_overwritten() {
    let index = Arc::new(Memory::new());
    let masters = [MasterKey::generate()];
    let open = || Identity::open(index.clone(), Arc::new(SystemClock), &masters, Limits::default()).unwrap();
    let (one, other) = (open(), open());
    let (account, _) = one.create_account("test").await.unwrap();
    let mut transaction = one.begin().await.unwrap();
    let mut record = transaction.account(&account.id).await.unwrap();
    record.name = "changed".to_owned();
    transaction.put_account(&record).unwrap();
    other.create_user(&account.id, new_user("anna")).await.unwrap();
    assert!(matches!(transaction.commit().await, Err(Error::Busy)));
    assert_eq!(one.account(&account.id).await.unwrap().name, "test");
    // The next one goes on from what is there.
    one.create_user(&account.id, new_user("bert")).await.unwrap();
}

#[tokio::test]
async fn who_waits_too_long_is_told() {
    let limits = Limits {
        turn_wait_max: Duration::from_millis(10),
        ..Limits::default()
    };
    let masters = [MasterKey::generate()];
    let index = Arc::new(Memory::new());
    let identity = Identity::open(index, Arc::new(SystemClock), &masters, limits).unwrap();
    let turn = identity.begin().await.unwrap();
    assert!(matches!(identity.create_account("a").await, Err(Error::Busy)));
    drop(turn);
    identity.create_account("a").await.unwrap();
}

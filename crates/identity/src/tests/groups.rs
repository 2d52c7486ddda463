//! Groups and memberships (facts/05 §3).

use super::{Fixture, allow, name};
use crate::rows::{self, Noun};
use crate::*;

#[tokio::test]
async fn of_two_creates_of_one_name_one_wins() {
    let f = Fixture::new().await;
    let create = |spelling: &'static str| {
        let (identity, account) = (f.identity.clone(), f.account.clone());
        tokio::spawn(async move {
            identity
                .create_group(&account, name(spelling), Path::default())
                .await
        })
    };
    let (one, other) = tokio::join!(create("Devs"), create("devs"));
    let results = [one.unwrap(), other.unwrap()];
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(
        results
            .iter()
            .any(|result| matches!(result, Err(Error::EntityAlreadyExists(Entity::Group, _))))
    );
}

#[tokio::test]
async fn a_new_name_keeps_members_and_id() {
    let f = Fixture::new().await;
    let group = f.group("devs").await;
    f.user("anna").await;
    let (identity, account) = (&f.identity, &f.account);
    identity.add_user_to_group(account, "DEVS", "ANNA").await.unwrap();
    identity
        .update_user(account, "anna", Some(name("anne")), None)
        .await
        .unwrap();
    let path = Path::parse("/x/").unwrap();
    identity
        .update_group(account, "devs", Some(name("Developers")), Some(path))
        .await
        .unwrap();
    let renamed = identity.group(account, "developers").await.unwrap();
    assert_eq!(renamed.id, group.id);
    assert_eq!(
        renamed.arn(),
        format!("arn:aws:iam::{account}:group/x/Developers")
    );
    let members = identity.group_members(&renamed, None, 10).await.unwrap();
    assert_eq!(members.items[0].name.as_str(), "anne");
    let groups = identity.groups_of_user(account, "anne").await.unwrap();
    assert_eq!(groups, [renamed]);
    assert!(matches!(
        identity.group(account, "devs").await,
        Err(Error::NoSuchEntity(Entity::Group, _))
    ));
    // Only the case changes: that is no other group.
    identity
        .update_group(account, "developers", Some(name("DEVELOPERS")), None)
        .await
        .unwrap();
    let shown = identity.group(account, "developers").await.unwrap();
    assert_eq!(shown.name.as_str(), "DEVELOPERS");
    f.group("ops").await;
    let taken = identity.update_group(account, "ops", Some(name("developers")), None);
    assert!(matches!(
        taken.await,
        Err(Error::EntityAlreadyExists(Entity::Group, _))
    ));
}

#[tokio::test]
async fn is_deleted_when_nobody_is_in_it_and_it_has_no_policies() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    f.group("devs").await;
    f.user("anna").await;
    identity.add_user_to_group(account, "devs", "anna").await.unwrap();
    let conflict = |result: Result<(), Error>| match result {
        Err(Error::DeleteConflict(dependent)) => dependent,
        other => panic!("{other:?}"),
    };
    let delete = || identity.delete_group(account, "devs");
    assert_eq!(conflict(delete().await), Dependent::Users);
    assert_eq!(
        conflict(identity.delete_user(account, "anna").await),
        Dependent::Groups
    );
    identity
        .remove_user_from_group(account, "devs", "anna")
        .await
        .unwrap();
    // Again: not being in it is no error.
    identity
        .remove_user_from_group(account, "devs", "anna")
        .await
        .unwrap();
    let everything = allow(r#""*""#);
    identity
        .put_inline_policy(account, HolderKind::Group, "devs", &name("all"), everything)
        .await
        .unwrap();
    assert_eq!(conflict(delete().await), Dependent::Policies);
    identity
        .delete_inline_policy(account, HolderKind::Group, "devs", "all")
        .await
        .unwrap();
    let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
    identity
        .attach_policy(account, HolderKind::Group, "devs", arn)
        .await
        .unwrap();
    assert_eq!(conflict(delete().await), Dependent::AttachedPolicies);
    identity
        .detach_policy(account, HolderKind::Group, "devs", arn)
        .await
        .unwrap();
    delete().await.unwrap();
    identity.delete_user(account, "anna").await.unwrap();
}

#[tokio::test]
async fn a_user_is_in_ten_groups_at_most() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    f.user("anna").await;
    for number in 0..=UserRecord::GROUPS_MAX {
        let group = format!("g{number:02}");
        f.group(&group).await;
        match identity.add_user_to_group(account, &group, "anna").await {
            Ok(()) => assert!(number < 10),
            Err(Error::LimitExceeded(Quota::GroupsPerUser, 10)) => assert_eq!(number, 10),
            Err(other) => panic!("{other}"),
        }
    }
    // One that she is in does not count twice.
    identity.add_user_to_group(account, "g00", "anna").await.unwrap();
    let groups = identity.groups_of_user(account, "anna").await.unwrap();
    let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names.len(), 10);
    assert!(names.is_sorted());
}

#[tokio::test]
async fn an_account_has_300_groups_at_most() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    let first = f.group("g").await;
    let mut transaction = identity.begin().await.unwrap();
    for number in 1..GroupRecord::PER_ACCOUNT_MAX {
        let mut group = first.clone();
        group.name = name(&format!("g{number}"));
        let row = rows::named(Noun::Group, account, group.name.as_str());
        transaction.put(row, &group).unwrap();
    }
    transaction.commit().await.unwrap();
    let more = identity.create_group(account, name("more"), Path::default());
    assert!(matches!(
        more.await,
        Err(Error::LimitExceeded(Quota::Groups, 300))
    ));
    identity.delete_group(account, "g1").await.unwrap();
    f.group("more").await;
}

#[tokio::test]
async fn members_and_groups_come_in_pages() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    let group = f.group("all").await;
    for number in 0..7 {
        f.user(&format!("u{number}")).await;
        f.group(&format!("G{number}")).await;
        identity
            .add_user_to_group(account, "all", &format!("u{number}"))
            .await
            .unwrap();
    }
    let (mut seen, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = identity.group_members(&group, after.as_deref(), 3).await.unwrap();
        seen.extend(page.items.into_iter().map(|user| user.name.to_string()));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    seen.sort();
    assert_eq!(seen, ["u0", "u1", "u2", "u3", "u4", "u5", "u6"]);
    let page = identity.groups(account, "/", None, 8).await.unwrap();
    assert_eq!((page.items.len(), page.next), (8, None));
    let page = identity.groups(account, "/", Some("G3"), 2).await.unwrap();
    let names: Vec<&str> = page.items.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["G4", "G5"]);
    assert_eq!(page.next.as_deref(), Some("G5"));
    assert_eq!(identity.groups(account, "/x", None, 8).await.unwrap().items, []);
}

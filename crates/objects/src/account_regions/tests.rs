use std::sync::Arc;
use std::time::Duration;

use cairn_storage::{Commit, Expectation, Index, Memory, Write};
use cairn_types::SystemClock;

use super::*;
use crate::Limits;

fn region(name: &str) -> RegionName {
    RegionName::parse(name).unwrap()
}

async fn open(memory: &Arc<Memory>) -> Objects {
    let (index, blobs) = (Arc::clone(memory), Arc::clone(memory));
    Objects::open(index, blobs, Arc::new(SystemClock), Limits::default())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_choice_stays_and_is_of_one_account() {
    let memory = Arc::new(Memory::new());
    let (one, other) = (AccountId::generate(), AccountId::generate());
    let objects = open(&memory).await;
    assert_eq!(
        objects.region_choices(&one).await.unwrap().get(&region("a")),
        None
    );
    objects.set_region(&one, &region("a"), true).await.unwrap();
    objects.set_region(&one, &region("b"), true).await.unwrap();
    let choices = objects.set_region(&one, &region("b"), false).await.unwrap();
    assert_eq!(choices, objects.region_choices(&one).await.unwrap());

    // Read from the rows again, as after a restart.
    for objects in [objects, open(&memory).await] {
        let choices = objects.region_choices(&one).await.unwrap();
        assert_eq!(choices.get(&region("a")), Some(true));
        assert_eq!(choices.get(&region("b")), Some(false));
        assert_eq!(choices.get(&region("c")), None);
        assert_eq!(
            *objects.region_choices(&other).await.unwrap(),
            RegionChoices::default()
        );
    }
}

/// Nobody's choice is lost, and memory holds what the row holds, with readers in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn choices_made_at_once_all_hold() {
    let memory = Arc::new(Memory::new());
    let objects = open(&memory).await;
    let account = AccountId::generate();
    let mut tasks = Vec::new();
    for n in 0..32 {
        let (objects, account) = (objects.clone(), account.clone());
        tasks.push(tokio::spawn(async move {
            objects.inner.account_regions.remove(&account);
            objects.region_choices(&account).await.unwrap();
            let name = region(&format!("r-{n}"));
            let choices = objects.set_region(&account, &name, n % 2 == 0).await.unwrap();
            assert_eq!(choices.get(&name), Some(n % 2 == 0));
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let in_memory = objects.region_choices(&account).await.unwrap();
    let stored = open(&memory).await.region_choices(&account).await.unwrap();
    assert_eq!(in_memory, stored);
    assert_eq!(stored.0.len(), 32);
}

/// A change whose caller left is made all the same, and memory knows.
#[tokio::test]
async fn a_caller_that_leaves_leaves_no_old_choice_behind() {
    let memory = Arc::new(Memory::new());
    let objects = open(&memory).await;
    let account = AccountId::generate();
    objects.region_choices(&account).await.unwrap();
    let name = region("a");
    {
        // Polled once, then dropped.
        let set = objects.set_region(&account, &name, true);
        let _ = tokio::time::timeout(Duration::ZERO, set).await;
    }
    objects.settle().await;
    let choices = objects.region_choices(&account).await.unwrap();
    assert_eq!(choices.get(&name), Some(true));
}

#[tokio::test]
async fn the_number_of_choices_is_bounded() {
    let memory = Arc::new(Memory::new());
    let objects = open(&memory).await;
    let account = AccountId::generate();
    let many = (0..RegionChoices::REGIONS_MAX).map(|n| (region(&format!("r-{n}")), true));
    let row = keys::account_regions(&account);
    let commit = Commit {
        expectations: vec![Expectation::Absent(row.clone())],
        writes: vec![Write::Put(
            row,
            records::encode(&RegionChoices(many.collect())).unwrap(),
        )],
    };
    memory.commit(Partition::DIRECTORY, commit).await.unwrap();
    let full = objects.set_region(&account, &region("another"), true).await;
    assert!(matches!(full, Err(Error::Storage(StorageError::Full(_)))));
    objects.set_region(&account, &region("r-7"), false).await.unwrap();
}

/// So is the memory they take.
#[tokio::test]
async fn memory_keeps_a_bounded_number_of_accounts() {
    let memory = Arc::new(Memory::new());
    let limits = Limits {
        accounts_cached: 4,
        ..Limits::default()
    };
    let objects = Objects::open(memory.clone(), memory, Arc::new(SystemClock), limits)
        .await
        .unwrap();
    for _ in 0..64 {
        let account = AccountId::generate();
        objects.set_region(&account, &region("a"), true).await.unwrap();
        assert!(objects.inner.account_regions.len() <= 4);
    }
}

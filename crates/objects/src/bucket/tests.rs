use std::sync::Arc;

use cairn_storage::Memory;
use cairn_types::{AccountId, CanonicalUserId, ObjectKey, RegionName, SystemClock};

use super::*;
use crate::{BodySpec, Expected, Limits, PutObject};

/// While a bucket is marked for deletion nothing is written to it, also by who looks it up now; a mark
/// whose deleter is gone is taken away by the first who does.
#[tokio::test]
async fn a_mark_holds_writers_off() {
    let memory = Arc::new(Memory::new());
    let limits = Limits {
        attempts_max: 3,
        ..Limits::default()
    };
    let objects = Objects::open(memory.clone(), memory, Arc::new(SystemClock), limits)
        .await
        .unwrap();
    let name = BucketName::parse("marked").unwrap();
    let new = NewBucket {
        name: name.clone(),
        owner: Owner {
            account: AccountId::generate(),
            canonical: CanonicalUserId::generate(),
        },
        region: RegionName::parse("us-east-1").unwrap(),
        location: None,
        tags: None,
        documents: Default::default(),
    };
    let before = objects.create_bucket(new).await.unwrap();
    let mark = State {
        versioning: Versioning::Unversioned,
        deleting: true,
    };
    objects.inner.in_transition.lock().insert(before.partition);
    objects.set_state(&before, &mark).await.unwrap();
    objects.inner.buckets.remove(&name);

    let put = async |bucket: Arc<Bucket>| {
        let writer = objects.begin_put(&bucket, BodySpec::default()).await?;
        let body = writer.finish(Expected::default()).await?;
        let key = ObjectKey::new("k").unwrap();
        objects
            .put_object(&bucket, &key, body, PutObject::default())
            .await
    };
    let during = objects.bucket(&name).await.unwrap();
    assert!(matches!(put(before).await, Err(Error::Busy)));
    assert!(matches!(put(during.clone()).await, Err(Error::Busy)));

    // The deleter is gone, as after a crash.
    objects.inner.in_transition.lock().remove(&during.partition);
    let after = objects.bucket(&name).await.unwrap();
    put(after).await.unwrap();
}

//! The embedded engine against the suite: on the host's disk with default options, and on the simulated
//! disk with segments so small that blobs span several.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use cairn_engine::disk::Simulated;
use cairn_engine::{Engine, Options};
use cairn_storage::testing::Factory;
use tempfile::TempDir;

struct Embedded {
    directory: TempDir,
    options: Options,
}

#[async_trait::async_trait]
impl Factory for Embedded {
    type Store = Engine;
    const KEEPS: bool = true;

    async fn open(&self) -> Engine {
        Engine::open(self.directory.path(), self.options.clone()).unwrap()
    }

    async fn close(&self, store: Engine) {
        store.close().await.unwrap();
        drop(store);
    }
}

mod on_the_host {
    use super::*;

    fn factory() -> Embedded {
        Embedded {
            directory: TempDir::new().unwrap(),
            options: Options::default(),
        }
    }

    cairn_storage::storage_suite!(factory());
}

mod in_small_segments {
    use super::*;

    fn factory() -> Embedded {
        let mut options = Options::default();
        options.segment_bytes = Options::SEGMENT_BYTES_MIN;
        options.preallocate_bytes = 300_000;
        options.disk = Arc::new(Simulated::new(0));
        Embedded {
            directory: TempDir::new().unwrap(),
            options,
        }
    }

    cairn_storage::storage_suite!(factory());
}

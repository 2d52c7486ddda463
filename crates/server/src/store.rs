//! The store of a data directory: its engines opened, side by side, and closed again.
//!
//! The directory's engine comes first. It knows which region's data lies where ([`Homes`]): a region that
//! was once the only one keeps its buckets beside the directory, every other has an engine of its own. A
//! region joins by being configured; it is written into the directory after its engine was made, so that
//! a row never names an engine a crash kept from being there. A region that has data must go on being
//! configured: nobody could reach its buckets, and no other region could take their names.

use std::sync::Arc;
use std::time::Duration;

use cairn_engine::{Engine, Options};
use cairn_identity::{Identity, MasterKey};
use cairn_objects::{Homes, Limits, Objects};
use cairn_region::Regions;
use cairn_storage::{Blobs, Index, Memory, Shard, Shards};
use cairn_types::{AccessKeyId, RegionName, SecretAccessKey, SystemClock};

use crate::config::Config;
use crate::credentials::{self, Root};
use crate::data_dir::DataDir;
use crate::failure::{Code, Failure};
use crate::master_key;

/// For what is left after the last connection: the commits under way, and the engines' close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);

/// The key given in the environment.
pub(crate) type GivenRoot = Option<(AccessKeyId, SecretAccessKey)>;

/// What is given in the environment, and never written anywhere.
pub(crate) struct Given {
    /// The root user's access key.
    pub(crate) root: GivenRoot,
    /// The master keys.
    pub(crate) masters: Option<Vec<MasterKey>>,
}

/// A store, opened.
pub(crate) struct Store {
    pub(crate) objects: Objects,
    pub(crate) identity: Identity,
    /// Each with its name in metrics; none in memory.
    pub(crate) engines: Vec<(String, Engine)>,
    pub(crate) data_dir: Option<DataDir>,
    pub(crate) root: Root,
}

impl Store {
    /// Opens the store for these regions; makes what a first start needs.
    pub(crate) async fn open(config: &Config, regions: &Regions, given: Given) -> Result<Self, Failure> {
        if config.in_memory {
            let memory = Arc::new(Memory::new());
            let objects = open_objects(
                Arc::clone(&memory) as Arc<dyn Index>,
                Arc::clone(&memory) as Arc<dyn Blobs>,
            )
            .await?;
            let root = credentials::in_memory(given.root);
            let masters = given.masters.unwrap_or_else(|| vec![MasterKey::generate()]);
            return Ok(Self {
                objects,
                identity: open_identity(memory, &masters, &root).await?,
                engines: Vec::new(),
                data_dir: None,
                root,
            });
        }
        let names: Vec<RegionName> = regions.iter().map(|region| region.name.clone()).collect();
        let engines = names.len() as u64 + u64::from(names.len() > 1);
        let options = config.memory().map_err(Failure::usage)?.engine(engines);
        let own = options.clone();
        let (path, master_key_file) = (config.data_dir.clone(), config.master_key_file.clone());
        let opened = blocking(move || {
            let directory = DataDir::prepare(&path)?;
            // Of a new directory the account comes first: one with data and without account is damaged. Of an old one
            // the engine does: it knows best why a directory cannot be used, and holds its lock.
            let root = if directory.has_data() {
                None
            } else {
                Some(credentials::on_disk(directory.path(), false, given.root.clone())?)
            };
            let engine = directory.open(own)?;
            let root = match root {
                Some(root) => root,
                None => credentials::on_disk(directory.path(), true, given.root)?,
            };
            let masters = match given.masters {
                Some(masters) => masters,
                None => master_key::on_disk(directory.path(), master_key_file.as_ref())?,
            };
            Ok((directory, engine, root, masters))
        });
        let (data_dir, directory, root, masters) = opened.await?;
        let (engines, shards) = open_regions(&data_dir, directory, &names, &options).await?;
        let shards = Arc::new(shards);
        let objects = open_objects(
            Arc::clone(&shards) as Arc<dyn Index>,
            Arc::clone(&shards) as Arc<dyn Blobs>,
        )
        .await?;
        Ok(Self {
            objects,
            identity: open_identity(shards, &masters, &root).await?,
            engines,
            data_dir: Some(data_dir),
            root,
        })
    }

    /// Settles and closes everything, in bounded time.
    pub(crate) async fn close(self) {
        let closed = tokio::time::timeout(CLOSE_TIMEOUT, async {
            if let Err(error) = self.identity.write_last_used().await {
                tracing::warn!(%error, "when access keys were last used is lost for the last minutes");
            }
            self.objects.settle().await;
            for (_, engine) in &self.engines {
                engine.close().await?;
            }
            Ok::<_, cairn_storage::StorageError>(())
        });
        match closed.await {
            Ok(Ok(())) => tracing::info!("stopped"),
            // What was acknowledged is durable; the next start recovers the rest, as after a crash.
            Ok(Err(error)) => tracing::warn!(%error, "the store did not close in order"),
            Err(_) => tracing::warn!("the store did not close in time"),
        }
    }
}

/// A store whose server does not run, opened to be read: no region joins it and no account is made.
pub(crate) struct Existing {
    pub(crate) objects: Objects,
    /// Without the master key: everything but secrets can be read.
    pub(crate) identity: Identity,
    engines: Vec<(String, Engine)>,
}

impl Existing {
    /// Opens it.
    ///
    /// # Errors
    /// [`Code::Data`]: it is in use, or damaged.
    pub(crate) async fn open(data_dir: &DataDir, options: Options) -> Result<Self, Failure> {
        let (at, own) = (data_dir.clone(), options.clone());
        let directory = blocking(move || at.open(own)).await?;
        let homes = Homes::read(&directory).await.map_err(Failure::data)?;
        let names: Vec<RegionName> = homes.iter().map(|(region, _)| region.clone()).collect();
        let (engines, shards) = if names.is_empty() {
            // From before regions had rows: everything lies beside the directory.
            let engines = vec![("directory".to_owned(), directory)];
            let shards = shards(&engines);
            (engines, shards)
        } else {
            open_regions(data_dir, directory, &names, &options).await?
        };
        let shards = Arc::new(shards);
        let index = Arc::clone(&shards) as Arc<dyn Index>;
        let objects = open_objects(Arc::clone(&index), shards).await?;
        let no_secrets = [MasterKey::generate()];
        let identity = Identity::open(index, Arc::new(SystemClock), &no_secrets, Default::default())
            .map_err(Failure::data)?;
        Ok(Self {
            objects,
            identity,
            engines,
        })
    }

    /// Closes it.
    pub(crate) async fn close(self) -> Result<(), Failure> {
        self.objects.settle().await;
        for (_, engine) in &self.engines {
            engine.close().await.map_err(Failure::data)?;
        }
        Ok(())
    }
}

/// The store over these engines, the directory's first.
fn shards(engines: &[(String, Engine)]) -> Shards {
    let shards = engines.iter().map(|(_, engine)| -> cairn_storage::Engine {
        let engine = Arc::new(engine.clone());
        (Arc::clone(&engine) as Arc<dyn Index>, engine as Arc<dyn Blobs>)
    });
    Shards::new(shards.collect())
}

/// Opens the engine of every region that has one of its own, and gives new regions theirs.
async fn open_regions(
    data_dir: &DataDir,
    directory: Engine,
    names: &[RegionName],
    options: &Options,
) -> Result<(Vec<(String, Engine)>, Shards), Failure> {
    let failed = |error| Failure::data(format!("the regions of the store cannot be read: {error}"));
    let mut homes = Homes::read(&directory).await.map_err(failed)?;
    if homes.is_empty() {
        // A store of one region, perhaps from before regions were written down, keeps it beside the directory.
        let resident = match (Homes::of_any_bucket(&directory).await.map_err(failed)?, names) {
            (Some(region), _) => Some(region),
            (None, [only]) => Some(only.clone()),
            (None, _) => None,
        };
        if let Some(region) = resident {
            let assigned = homes.assign(&directory, &region, Shard::DIRECTORY).await;
            assigned.map_err(failed)?;
        }
    }
    if let Some((missing, _)) = homes.iter().find(|(region, _)| !names.contains(region)) {
        return Err(Failure::usage(format!(
            "{} has data of region {missing}, which is not among the regions to serve: add it to --regions (or name it \
             with --region if it is the only one)",
            data_dir.path().display()
        )));
    }
    let mut opened: Vec<(Shard, String, Engine)> =
        vec![(Shard::DIRECTORY, "directory".to_owned(), directory)];
    for name in names {
        let known = homes.get(name);
        if known == Some(Shard::DIRECTORY) {
            continue;
        }
        let (at, region, own) = (data_dir.clone(), name.clone(), options.clone());
        let must_exist = known.is_some();
        let engine = blocking(move || at.open_region(&region, own, must_exist)).await?;
        let shard = match known {
            Some(shard) => shard,
            None => {
                let shard = homes.next().map_err(failed)?;
                let assigned = homes.assign(&opened[0].2, name, shard).await;
                assigned.map_err(failed)?;
                shard
            }
        };
        opened.push((shard, name.to_string(), engine));
    }
    opened.sort_by_key(|(shard, ..)| *shard);
    let contiguous = opened
        .iter()
        .enumerate()
        .all(|(at, (shard, ..))| usize::from(shard.0) == at);
    if !contiguous {
        return Err(Failure::data(
            "the directory of the store names regions that are not there",
        ));
    }
    let engines: Vec<_> = opened
        .into_iter()
        .map(|(_, name, engine)| (name, engine))
        .collect();
    let shards = shards(&engines);
    Ok((engines, shards))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Failure::new(Code::Internal, format!("opening the store: {error}")))?
}

async fn open_objects(index: Arc<dyn Index>, blobs: Arc<dyn Blobs>) -> Result<Objects, Failure> {
    Objects::open(index, blobs, Arc::new(SystemClock), Limits::default())
        .await
        .map_err(|error| Failure::data(format!("the store does not open: {error}")))
}

/// The identities of a store, with the first account in it.
async fn open_identity(
    index: Arc<dyn Index>,
    masters: &[MasterKey],
    root: &Root,
) -> Result<Identity, Failure> {
    let failed = |error| Failure::data(format!("the identities of the store do not open: {error}"));
    let limits = cairn_identity::Limits::default();
    let identity = Identity::open(index, Arc::new(SystemClock), masters, limits).map_err(failed)?;
    identity.check_master_key().await.map_err(|error| match error {
        cairn_identity::Error::Sealed(_) => Failure::usage(
            "the master key is not the one that this store's secrets are encrypted with: restore it from a backup, \
             name its file with --master-key-file, or put it behind the new one in the file",
        ),
        error => failed(error),
    })?;
    identity.adopt_root(&root.account).await.map_err(failed)?;
    Ok(identity)
}

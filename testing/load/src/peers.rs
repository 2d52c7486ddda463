//! Whom Cairn is measured beside: each is one file that says how to install, configure durably, start and stop
//! it. Nothing of them is in this repository; they are installed into `.cache/peers/`, and run.
//!
//! Every server listens on 127.0.0.1 only, has a folder of its own below the run's folder, and is ended by its
//! process id.

mod cairn;
mod fio;
mod garage;
mod install;
mod minio;
mod nginx;
mod process;
mod rustfs;
mod seaweedfs;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use process::Running;

use crate::problem::Problem;
use crate::report::Figures;
use crate::server::Server;
use crate::workload::Workload;

/// Everyone, in the order of the tables.
pub(crate) const ALL: &[&dyn Peer] = &[
    &cairn::Cairn,
    &seaweedfs::SeaweedFs,
    &garage::Garage,
    &minio::Minio,
    &rustfs::RustFs,
    &nginx::Nginx,
    &fio::Fio,
];

/// Why a peer cannot take part, for the report.
pub(crate) type Missing = String;

/// The key that every peer is given: what SeaweedFS, MinIO and Cairn take as it is. (Garage wants its own form.)
const ACCESS_KEY: &str = "CAIRNLOAD00000000001";
const SECRET_KEY: &str = "cairnLoadSecretCairnLoadSecretCairnLoad1";
const REGION: &str = "us-east-1";

/// What a server waits for before it acknowledges a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writes {
    /// The disk, by its documented setting ([`Peer::setting`]): how writes are measured.
    Durable,
    /// Nothing, where it can be told so: for storing what is only listed or read afterwards.
    Fast,
}

/// A server, or a tool, that can be measured.
pub(crate) trait Peer: Sync {
    fn name(&self) -> &'static str;

    /// The setting that makes a write durable before it is acknowledged, and where that is documented.
    fn setting(&self) -> &'static str;

    /// Whether it is an object store. What is not is a ceiling: what the machine could do.
    fn is_peer(&self) -> bool {
        true
    }

    /// Where its program is; installed into `cache` first when `install` says so.
    fn program(&self, cache: &Path, install: bool) -> Result<PathBuf, Missing>;

    /// Its version, as a program tells it or as it was installed.
    fn version(&self, program: &Path) -> String;

    /// Whether the workload is for it.
    fn does(&self, _workload: &Workload) -> bool {
        true
    }

    /// Starts it in a folder and waits until it answers. The folder may have its data of before, stored by
    /// writes of the same kind.
    fn start(&self, program: &Path, folder: &Path, writes: Writes) -> Result<Running, Problem>;

    /// For a tool that measures itself: the figures. For all others nothing.
    fn measure(
        &self,
        _program: &Path,
        _folder: &Path,
        _workload: &Workload,
        _duration: Duration,
    ) -> Option<Result<Figures, Problem>> {
        None
    }
}

/// The peers of these names; all when there are none.
pub(crate) fn chosen(names: &[String]) -> Result<Vec<&'static dyn Peer>, Problem> {
    if names.is_empty() {
        return Ok(ALL.to_vec());
    }
    let find = |name: &String| {
        ALL.iter()
            .copied()
            .find(|peer| peer.name() == name)
            .ok_or_else(|| Problem::Unknown {
                what: "server",
                name: name.clone(),
                known: ALL.iter().map(|peer| peer.name()).collect::<Vec<_>>().join(", "),
            })
    };
    names.iter().map(find).collect()
}

/// A server with the keys all are given.
fn server(address: &str, pid: u32, data: PathBuf) -> Server {
    Server {
        endpoint: format!("http://{address}"),
        access_key: ACCESS_KEY.to_owned(),
        secret_key: SECRET_KEY.to_owned(),
        region: REGION.to_owned(),
        pid: Some(pid),
        metrics: None,
        data: Some(data),
        files: None,
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, chosen};
    use crate::workload::WORKLOADS;

    #[test]
    fn names_are_unique_and_found() {
        let mut names: Vec<_> = ALL.iter().map(|peer| peer.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        assert_eq!(chosen(&[]).unwrap().len(), ALL.len());
        assert_eq!(chosen(&["nginx".to_owned()]).unwrap()[0].name(), "nginx");
        assert!(chosen(&["ngin".to_owned()]).is_err());
    }

    /// Ceilings are for what they can do; stores for everything.
    #[test]
    fn stores_do_everything() {
        for peer in ALL {
            let does = WORKLOADS.iter().filter(|workload| peer.does(workload)).count();
            assert_eq!(does == WORKLOADS.len(), peer.is_peer(), "{}", peer.name());
            assert!(does > 0);
        }
    }
}

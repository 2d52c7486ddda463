//! nginx serving the same bytes as files: what the machine can do for a GET when nobody signs, authorizes or
//! looks anything up but a path.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{Process, Running, free_addresses, made, status, written};
use super::{Missing, Peer, Writes, install, server};
use crate::problem::Problem;
use crate::workload::Workload;

pub(super) struct Nginx;

impl Peer for Nginx {
    fn name(&self) -> &'static str {
        "nginx"
    }

    fn setting(&self) -> &'static str {
        "a ceiling for GET: files written before, open files cached, sendfile, no access log"
    }

    fn is_peer(&self) -> bool {
        false
    }

    fn program(&self, _: &Path, _: bool) -> Result<PathBuf, Missing> {
        install::of_system("nginx", "nginx-light")
    }

    fn version(&self, program: &Path) -> String {
        install::first_line(program, &["-v"])
    }

    fn does(&self, workload: &Workload) -> bool {
        workload.reads_objects()
    }

    fn start(&self, program: &Path, folder: &Path, _: Writes) -> Result<Running, Problem> {
        let [http] = free_addresses()?;
        let data = made(folder, "data")?;
        let scratch = made(folder, "scratch")?;
        let user = if rustix::process::geteuid().is_root() {
            "user root;"
        } else {
            ""
        };
        // Without `tcp_nopush`: with it the end of a range waited 40 ms for an acknowledgement.
        let configuration = format!(
            "{user}\ndaemon off;\nworker_processes auto;\npid {scratch}/pid;\nerror_log stderr warn;\n\
             events {{ worker_connections 4096; }}\n\
             http {{\n  access_log off;\n  sendfile on;\n  tcp_nodelay on;\n  keepalive_requests 100000000;\n\
               open_file_cache max=100000 inactive=600s;\n  open_file_cache_valid 600s;\n\
               client_body_temp_path {scratch}/body;\n  proxy_temp_path {scratch}/proxy;\n\
               fastcgi_temp_path {scratch}/fastcgi;\n  uwsgi_temp_path {scratch}/uwsgi;\n\
               scgi_temp_path {scratch}/scgi;\n\
               server {{ listen {http} backlog=4096; root {data}; }}\n}}\n",
            scratch = scratch.display(),
            data = data.display(),
        );
        let configuration = written(folder, "nginx.conf", &configuration)?;
        let mut command = Command::new(program);
        command.arg("-p").arg(&scratch).arg("-c").arg(&configuration);
        let mut process = Process::start(command, folder)?;
        process.wait_until(|| status(&http, "/") != 0)?;
        let mut server = server(&http, process.id(), data.clone());
        server.files = Some(data);
        Ok(Running::new(server, process))
    }
}

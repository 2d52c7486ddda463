//! x
use crate::server::Context;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
pub(crate) async fn serve(_s: TcpListener, _c: Arc<Context>, _stopped: watch::Receiver<bool>) {}

//! x
use crate::server::Context;
use std::sync::Arc;
use tokio::net::UdpSocket;
use tokio::sync::watch;
pub(crate) async fn serve(_s: UdpSocket, _c: Arc<Context>, _stopped: watch::Receiver<bool>) {}

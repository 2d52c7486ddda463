//! The S3 listeners' handler: health questions first, everything else to the request pipeline.

use std::sync::Arc;

use bytes::Bytes;
use cairn_api::{Api, Body, Connection};
use cairn_types::RegionName;
use http::{Request, Response};
use http_body_util::{Either, Full};
use hyper::body::Incoming;

use crate::forwarded::TrustedProxies;
use crate::health::Health;
use crate::net::{Handler, Peer};

/// Answers on the S3 listeners.
#[derive(Clone)]
pub(crate) struct S3 {
    pub(crate) health: Health,
    pub(crate) api: Arc<Api>,
    /// The region of the listeners.
    pub(crate) region: RegionName,
    pub(crate) proxies: TrustedProxies,
}

impl Handler for S3 {
    type Body = Either<Full<Bytes>, Body>;

    async fn handle(&self, mut request: Request<Incoming>, peer: Peer) -> Response<Self::Body> {
        if let Some(answer) = self.health.answer(&request) {
            return answer.map(Either::Left);
        }
        let mut connection = Connection {
            peer: peer.peer,
            local: peer.local,
            tls: peer.tls,
            region: self.region.clone(),
            fault: None,
        };
        self.proxies.believe(request.headers_mut(), &mut connection);
        self.api.handle(request, connection).await.map(Either::Right)
    }
}

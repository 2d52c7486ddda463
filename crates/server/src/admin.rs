//! The admin listener: health, metrics and explanations, in plain HTTP, for the operator's own network.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;

use crate::config::Limits;
use crate::explain::{self, explainer::Explainer};
use crate::health::{Health, plain};
use crate::metrics::Metrics;
use crate::net::{Handler, Peer};

/// Connections open at a time on the admin listener: probes and a few scrapers.
const CONNECTIONS_MAX: usize = 64;

/// Answers on the admin listener.
#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) health: Health,
    pub(crate) metrics: Metrics,
    /// Empty until the store is open.
    pub(crate) explainer: Arc<OnceLock<Arc<Explainer>>>,
}

/// The limits of the admin listener.
pub(crate) fn limits(limits: Limits) -> Limits {
    Limits {
        connections_max: CONNECTIONS_MAX,
        ..limits
    }
}

impl Handler for Admin {
    type Body = Full<Bytes>;

    async fn handle(&self, request: Request<Incoming>, _peer: Peer) -> Response<Full<Bytes>> {
        if let Some(answer) = self.health.answer(&request) {
            return answer;
        }
        if let Some(answer) = explain::answer(self.explainer.get(), &request).await {
            return answer;
        }
        if request.uri().path() != "/-/metrics" {
            return plain(
                StatusCode::NOT_FOUND,
                "here are /-/live, /-/ready, /-/metrics and /-/explain/\n",
            );
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "only GET\n");
        }
        let mut response = plain(StatusCode::OK, self.metrics.render());
        let form = header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, form);
        response
    }
}

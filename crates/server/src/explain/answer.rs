//! The admin listener's side: `/-/explain/route?host=…&path=…`, `/-/explain/cors?bucket=…&origin=…`,
//! `/-/explain/access?principal=…&action=…&resource=…` and `/-/explain/REQUEST-ID`.
//!
//! What is told here is for the operator, and the listener asks for no password. A web page must not be able
//! to read it by a name of its own that it points at this address (DNS rebinding), so only requests whose
//! host is an IP address or `localhost` are answered.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use cairn_api::{AccessExplanation, AccessQuestion};
use cairn_protocol::query::Query;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;

use super::cors::{Cors, Explained};
use super::explainer::{Explainer, Route, render};
use super::{access, recorded};
use crate::failure::{Code, Failure};
use crate::health::plain;

/// Where explanations are, on the admin listener.
pub(super) const PREFIX: &str = "/-/explain/";
/// The header of every answer from there: the command shows no other program's pages.
pub(super) const MARK: &str = "x-cairn-explain";

/// The answer, if the request is for an explanation. `explainer` is None while the server starts.
pub(crate) async fn answer<B>(
    explainer: Option<&Arc<Explainer>>,
    request: &Request<B>,
) -> Option<Response<Full<Bytes>>> {
    let what = request.uri().path().strip_prefix(PREFIX)?;
    let mut response = explained(explainer, request, what).await;
    let headers = response.headers_mut();
    headers.insert(MARK, header::HeaderValue::from_static("1"));
    // A browser takes it for what it is called, and for nothing else.
    let sniff = header::HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, sniff);
    Some(response)
}

async fn explained<B>(
    explainer: Option<&Arc<Explainer>>,
    request: &Request<B>,
    what: &str,
) -> Response<Full<Bytes>> {
    if !is_local_name(request) {
        return plain(
            StatusCode::FORBIDDEN,
            "explanations are given only where the host is an IP address or localhost\n",
        );
    }
    if *request.method() != Method::GET {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "only GET\n");
    }
    let Some(explainer) = explainer else {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "starting\n");
    };
    let Ok(query) = Query::parse(request.uri().query()) else {
        return plain(StatusCode::BAD_REQUEST, "the query cannot be read\n");
    };
    let json = query.get("form") != Some("text");
    let explained = match what {
        "route" => route(explainer, &query).await.map(|text| render(&text, json)),
        "cors" => cors(explainer, &query).await.map(|found| found.render(json)),
        "access" => access(explainer, &query)
            .await
            .map(|found| access::render(&found, json)),
        id => find(explainer, id).await.map(|found| found.render(json)),
    };
    match explained {
        Ok(text) => formed(text, json),
        Err(failure) => plain(status(failure.code), format!("{failure}\n")),
    }
}

async fn route(
    explainer: &Explainer,
    query: &Query,
) -> Result<cairn_region::explanation::Explanation, Failure> {
    let text = |name| query.get(name).map(str::to_owned);
    let route = Route {
        method: text("method").unwrap_or_else(|| "GET".to_owned()),
        host: text("host").ok_or_else(|| Failure::usage("give host"))?,
        target: text("path").unwrap_or_else(|| "/".to_owned()),
        tls: matches!(query.get("tls"), Some("true" | "on" | "1")),
        signing_region: text("signing_region"),
        arrived: text("arrived"),
    };
    explainer.route(&route).await
}

async fn cors(explainer: &Explainer, query: &Query) -> Result<Explained, Failure> {
    let text = |name| query.get(name).map(str::to_owned);
    let needed = |name| text(name).ok_or_else(|| Failure::usage(format!("give {name}")));
    let cors = Cors {
        bucket: needed("bucket")?,
        origin: needed("origin")?,
        method: needed("method")?,
        headers: text("headers"),
        path: text("path").unwrap_or_else(|| "/".to_owned()),
        credentials: matches!(query.get("credentials"), Some("true" | "on" | "1")),
        reads: text("reads"),
    };
    explainer.cors(&cors).await
}

async fn access(explainer: &Explainer, query: &Query) -> Result<AccessExplanation, Failure> {
    let text = |name| query.get(name).map(str::to_owned);
    let needed = |name| text(name).ok_or_else(|| Failure::usage(format!("give {name}")));
    let question = AccessQuestion {
        principal: needed("principal")?,
        session_name: text("session_name"),
        made_by: text("made_by"),
        session_policy: text("session_policy"),
        action: needed("action")?,
        resource: needed("resource")?,
        context: access::pairs(query.get_all("context")).map_err(Failure::usage)?,
    };
    explainer.access(&question).await
}

async fn find(explainer: &Arc<Explainer>, id: &str) -> Result<recorded::Recorded, Failure> {
    let id = recorded::id(id).map_err(Failure::usage)?;
    let Some(journal) = explainer.journal.clone() else {
        let off = "the journal of requests is off: journal-bytes-max is 0";
        return Err(Failure::new(Code::NotKnown, off));
    };
    let wanted = id.clone();
    // Reads files.
    let found = tokio::task::spawn_blocking(move || journal.find(&wanted))
        .await
        .map_err(|error| Failure::new(Code::Internal, error))?;
    let entry = found
        .map_err(Failure::data)?
        .ok_or_else(|| Failure::new(Code::NotKnown, recorded::not_known(&id)))?;
    explainer.recorded(entry).await
}

/// What kind of failure it is, in HTTP.
fn status(code: Code) -> StatusCode {
    match code {
        Code::Usage => StatusCode::BAD_REQUEST,
        Code::NotKnown => StatusCode::NOT_FOUND,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn formed(text: String, json: bool) -> Response<Full<Bytes>> {
    let mut response = plain(StatusCode::OK, text);
    if json {
        let form = header::HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, form);
    }
    response
}

/// Whether the request's host is an IP address or `localhost`, with or without a port.
pub(super) fn is_local_name<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok(),
        (None, _) => request.uri().authority().map(|authority| authority.as_str()),
        _ => None,
    };
    let Some(host) = host else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    };
    let address = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
        .unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok()
}

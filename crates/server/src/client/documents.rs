//! Services that take and give JSON documents: one signed request, and its answer.

use bytes::Bytes;
use cairn_types::RegionName;
use http::{Request, StatusCode};
use serde_json::Value;

use super::{Endpoint, Key, Signing, shown};
use crate::failure::{Code, Failure};

/// A service behind the door of the server's other services.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JsonService {
    /// What requests are signed for.
    pub(crate) scope: &'static str,
    /// What people call it.
    pub(crate) name: &'static str,
    /// What does the same over TLS.
    pub(crate) with_tls: &'static str,
}

/// The server, and who speaks to it.
#[derive(Debug)]
pub(crate) struct Client {
    service: JsonService,
    endpoint: Endpoint,
    signing: Signing,
}

impl Client {
    /// For the server at `endpoint`.
    ///
    /// # Errors
    /// Not the URL of a server without TLS.
    pub(crate) fn new(service: JsonService, endpoint: &str, key: Key) -> Result<Self, Failure> {
        Ok(Self {
            service,
            endpoint: Endpoint::parse(endpoint, service.with_tls)?,
            // What Amazon's own clients sign the Account API for, whatever regions the server has.
            signing: Signing::new(key, RegionName::US_EAST_1, service.scope),
        })
    }

    /// Sends a document, and gives the one that is answered.
    ///
    /// # Errors
    /// [`Code::Server`]: the server cannot be reached, or refuses.
    pub(crate) async fn post(&self, path: &str, input: &Value) -> Result<Value, Failure> {
        let request = Request::post(path)
            .header("host", self.endpoint.authority())
            .header("content-type", "application/json")
            .body(())
            .map_err(|error| Failure::new(Code::Internal, error))?;
        let request = self.signing.sign(request, Bytes::from(input.to_string()))?;
        let answer = self.endpoint.send(request).await?;
        self.read(answer.status, &answer.body)
            .map_err(|what| self.endpoint.failed(&what))
    }

    /// The answer's document, or what a refusal says.
    fn read(&self, status: StatusCode, body: &[u8]) -> Result<Value, String> {
        let document: Option<Value> = serde_json::from_slice(body).ok();
        let Some(document) = document.filter(Value::is_object) else {
            return Err(format!(
                "{status}, and no document of the {}; give an address of Cairn's itself as --endpoint, not a bucket's, \
                 S3's or the admin listener's name",
                self.service.name
            ));
        };
        if status.is_success() {
            return Ok(document);
        }
        let message = shown(document["message"].as_str().unwrap_or("no reason given"));
        let hint = match status {
            StatusCode::FORBIDDEN => format!(" ({})", self.signing.told()),
            _ => String::new(),
        };
        Err(format!("{message}{hint}"))
    }
}

#[cfg(test)]
mod tests;

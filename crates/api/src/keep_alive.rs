//! Answers of operations that may take long (facts/06 §7, §8: CopyObject, UploadPartCopy,
//! CompleteMultipartUpload).
//!
//! The operation runs as a task of its own: a client that goes away does not stop a completion half
//! way. If it ends within [`PATIENCE`], its answer goes out as any other. If not, `200 OK` and the XML
//! declaration are sent at once and a space every [`BEAT`] until the outcome is there, as a document
//! without declaration: the result, or an `<Error>`, which SDKs know to look for.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::StatusCode;
use http_body_util::BodyExt as _;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use cairn_protocol::S3Error;

use crate::body::{Body, Interrupted};
use crate::operation::{Call, Handling, Reply};
use crate::response::{Ids, Response};

/// How long the outcome is waited for before the head of the answer is sent.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// How often a space follows.
pub(crate) const BEAT: Duration = Duration::from_secs(5);

const PROLOG: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Runs the operation and answers in one of the two ways.
pub(crate) async fn run(handling: Handling, call: Call, ids: Ids) -> Reply {
    answer(tokio::spawn((handling.run)(call)), ids).await
}

async fn answer(mut task: JoinHandle<Reply>, ids: Ids) -> Reply {
    match timeout(PATIENCE, &mut task).await {
        Ok(outcome) => joined(outcome),
        Err(_) => Ok(Response::new(StatusCode::OK)
            .header("content-type", "application/xml")
            .body(Body::stream(
                None,
                stream::unfold(Beat::Prolog(task, ids), Beat::next),
            ))),
    }
}

fn joined(outcome: Result<Reply, tokio::task::JoinError>) -> Reply {
    outcome.unwrap_or_else(|error| {
        tracing::error!(%error, "an operation panicked");
        Err(S3Error::InternalError {}.into())
    })
}

enum Beat {
    Prolog(JoinHandle<Reply>, Ids),
    Waiting(JoinHandle<Reply>, Ids),
    Done,
}

impl Beat {
    async fn next(self) -> Option<(Result<Bytes, Interrupted>, Self)> {
        match self {
            Self::Prolog(task, ids) => Some((
                Ok(Bytes::from_static(PROLOG.as_bytes())),
                Self::Waiting(task, ids),
            )),
            Self::Waiting(mut task, ids) => match timeout(BEAT, &mut task).await {
                Err(_) => Some((Ok(Bytes::from_static(b" ")), Self::Waiting(task, ids))),
                Ok(outcome) => Some((Ok(document(joined(outcome), &ids).await?), Self::Done)),
            },
            Self::Done => None,
        }
    }
}

/// The outcome as a document whose declaration was already sent.
async fn document(reply: Reply, ids: &Ids) -> Option<Bytes> {
    match reply {
        Err(refusal) => Some(
            refusal
                .error
                .to_xml(false, ids.request_id.as_str(), ids.host_id.as_str())
                .into(),
        ),
        Ok(response) => {
            let document = response.into_body().collect().await.ok()?.to_bytes();
            let start = if document.starts_with(PROLOG.as_bytes()) {
                PROLOG.len()
            } else {
                0
            };
            Some(document.slice(start..))
        }
    }
}

#[cfg(test)]
mod tests;

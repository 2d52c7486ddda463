use http_body_util::BodyExt as _;
use tokio::sync::oneshot;

use super::*;

fn ids() -> Ids {
    let (request_id, host_id) = cairn_protocol::id::IdGenerator::new([1, 2]).next();
    Ids { request_id, host_id }
}

/// A task that answers when told, and the answer it is to give.
fn told() -> (oneshot::Sender<Reply>, tokio::task::JoinHandle<Reply>) {
    let (tell, told) = oneshot::channel();
    (tell, tokio::spawn(async { told.await.unwrap() }))
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_time_is_an_ordinary_one() {
    let (tell, task) = told();
    assert!(tell.send(Ok(Response::no_content())).is_ok());
    let response = answer(task, ids()).await.unwrap();
    assert_eq!(response.into_body().length(), Some(0));
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_waited_for_with_spaces() {
    let (tell, task) = told();
    let response = answer(task, ids()).await.unwrap();
    tokio::spawn(async move {
        tokio::time::sleep(BEAT * 3 + BEAT / 2).await;
        let _ = tell.send(Ok(Response::xml(format!("{PROLOG}<Result/>"))));
    });
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, format!("{PROLOG}   <Result/>"));
}

#[tokio::test(start_paused = true)]
async fn a_late_refusal_is_an_error_document_without_declaration() {
    let (tell, task) = told();
    let response = answer(task, ids()).await.unwrap();
    tokio::spawn(async move {
        tokio::time::sleep(BEAT).await;
        let _ = tell.send(Err(S3Error::SlowDown {}.into()));
    });
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body = std::str::from_utf8(&body).unwrap();
    assert!(
        body.starts_with(PROLOG) && body.matches("<?xml").count() == 1,
        "{body}"
    );
    assert!(body.contains("<Error><Code>SlowDown</Code>"), "{body}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_an_internal_error() {
    let task = tokio::spawn(async { panic!("a fault of an operation") });
    let refusal = answer(task, ids()).await.err().unwrap();
    assert_eq!(*refusal.error, S3Error::InternalError {});
}

/// The head goes out before the outcome is known; CORS headers are in it (facts/03 §3).
#[tokio::test(start_paused = true)]
async fn the_head_of_a_late_answer_has_cors_headers() {
    let (_tell, task) = told();
    let reply = crate::cors::add(
        answer(task, ids()).await,
        vec![("access-control-allow-origin", "https://app.example".to_owned())],
    );
    let mut response = reply.unwrap();
    assert_eq!(
        response.headers_mut()["access-control-allow-origin"],
        "https://app.example"
    );
}

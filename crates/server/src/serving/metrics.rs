//! `--metrics`: answers GET /metrics over HTTP/1.1, and nothing else.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use endpoint::{Reach, Stream};
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::Semaphore;

use super::acceptor::Acceptor;
use super::exposition::exposition;
use super::ledger::Ledger;
use super::may_enter;
use super::options::Refusal;

/// How long a scraper may take to send its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How many scrapers the server answers at the same time. More wait for accept.
const SCRAPERS: usize = 8;

const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Answers every scraper that may connect, for ever.
pub(super) async fn serve(mut clients: Acceptor, reach: Reach, ledger: Arc<Ledger>) {
    let scrapers = Arc::new(Semaphore::new(SCRAPERS));
    loop {
        // The semaphore is never closed, so it always gives permits.
        let Ok(permit) = scrapers.clone().acquire_owned().await else { return };
        let (stream, _) = clients.next().await;
        if !may_enter(stream.peer_uid().unwrap_or_default(), reach) {
            tracing::warn!("metrics: refused: {}", Refusal::Stranger.label());
            continue;
        }
        let ledger = ledger.clone();
        tokio::spawn(async move {
            answer(stream, ledger).await;
            drop(permit);
        });
    }
}

/// One connection, for one request: a scraper that kept it open would keep another out.
async fn answer(stream: Stream, ledger: Arc<Ledger>) {
    let service = service_fn(|request: Request<Incoming>| {
        let response = respond(&request, &ledger);
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_TIMEOUT)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    match tokio::time::timeout(REQUEST_TIMEOUT * 2, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!("metrics: {error}"),
        Err(_) => tracing::debug!("metrics: the answer was not taken in time"),
    }
}

fn respond(request: &Request<Incoming>, ledger: &Ledger) -> Response<String> {
    let refuse = |status: StatusCode| {
        let mut response = Response::new(format!("{status}; there is GET /metrics\n"));
        *response.status_mut() = status;
        response
    };
    if request.uri().path() != "/metrics" {
        return refuse(StatusCode::NOT_FOUND);
    }
    if request.method() != Method::GET {
        let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED);
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
        return response;
    }
    let Ok(text) = exposition(ledger) else { return refuse(StatusCode::INTERNAL_SERVER_ERROR) };
    let mut response = Response::new(text);
    response.headers_mut().insert(CONTENT_TYPE, OPEN_METRICS);
    response
}

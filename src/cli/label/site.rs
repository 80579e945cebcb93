//! What is served: the page of each annotator, the owner's page, and what they ask for. No file is ever served.
//!
//! An address is `/TOKEN/…`. Whoever has no valid token gets the same answer everywhere, whatever they ask for. A page
//! gets nothing but texts and its own progress: no ids, systems, verdicts or labels of others.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{RequestPartsExt as _, Router};
use evenhand::labelling::PageAnswer;
use evenhand::report::{owner_page, served_label_page, task_json};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::desk::{Desk, Failure};
use super::guard::{Guard, secure};
use super::owner::{Numbers, overview};
use super::token::{Tokens, Visitor};
use crate::cli::messages::print_warning;

/// The most bytes of a request's body: an answer with the longest note.
const MOST_BODY_BYTES: usize = 128 * 1024;

/// What all requests share.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) guard: Guard,
    pub(super) tokens: Tokens,
    pub(super) desk: Arc<Desk>,
    pub(super) numbers: Arc<Numbers>,
}

/// Returns the routes.
pub(super) fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/{token}", get(with_slash))
        .route("/{token}/", get(page))
        .route("/{token}/api/state", get(state))
        .route("/{token}/api/tasks/{place}", get(task))
        .route("/{token}/api/answers", post(answer))
        .route("/{token}/api/undo", post(undo))
        .route("/{token}/api/overview", get(owners_overview))
        .route("/{token}/api/numbers", post(owners_numbers))
        .fallback(async || not_found())
        .method_not_allowed_fallback(async || not_found())
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .layer(from_fn_with_state(Arc::clone(&site), guarded))
        .with_state(site)
}

/// Checks every request before anything else sees it, and adds the headers of every answer.
async fn guarded(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    let checked = site.guard.check(request.method(), request.headers());
    let token = request.uri().path().split('/').nth(1).unwrap_or_default();
    let visitor = site.tokens.visitor(token);
    let mut response = match (checked, visitor) {
        (Err((status, why)), _) => refused(status, why),
        (Ok(()), None) => not_found(),
        (Ok(()), Some(visitor)) => {
            request.extensions_mut().insert(visitor);
            next.run(request).await
        }
    };
    secure(response.headers_mut());
    response
}

/// The annotator whose token the address has.
struct Annotator(usize);

/// The owner, whose token the address has.
struct Owner;

impl<S: Send + Sync> FromRequestParts<S> for Annotator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        match parts.extensions.get() {
            Some(Visitor::Annotator(number)) => Ok(Self(*number)),
            _ => Err(not_found()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Owner {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        match parts.extensions.get() {
            Some(Visitor::Owner) => Ok(Self),
            _ => Err(not_found()),
        }
    }
}

/// The place in a form that the address names.
struct Place(usize);

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let path: Result<Path<(String, String)>, _> = parts.extract().await;
        let place = path.ok().and_then(|Path((_, place))| place.parse().ok());
        place.map(Self).ok_or_else(not_found)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerBody {
    place: usize,
    answer: PageAnswer,
    /// The answer that the page has shown, if there was one.
    #[serde(default)]
    replaces: Option<PageAnswer>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceBody {
    place: usize,
    #[serde(default)]
    withdraws: Option<PageAnswer>,
}

/// An address whose last slash got lost on the way.
async fn with_slash(State(site): State<Arc<Site>>, request: Request) -> Response {
    let Some(visitor) = request.extensions().get() else { return not_found() };
    let path = format!("/{}/", site.tokens.of(*visitor));
    match HeaderValue::from_str(&path) {
        Ok(path) => (StatusCode::PERMANENT_REDIRECT, [(LOCATION, path)]).into_response(),
        Err(_) => not_found(),
    }
}

async fn page(State(site): State<Arc<Site>>, request: Request) -> Response {
    let annotator = match request.extensions().get() {
        Some(Visitor::Annotator(number)) => *number,
        Some(Visitor::Owner) => return html(owner_page()),
        None => return not_found(),
    };
    let made = site.desk.with(move |session| {
        Ok(served_label_page(session.question(), &session.annotators()[annotator])?)
    });
    made.await.map_or_else(failed, |page| html(Ok(page)))
}

async fn state(State(site): State<Arc<Site>>, Annotator(number): Annotator) -> Response {
    state_of(&site, number).await
}

async fn state_of(site: &Site, number: usize) -> Response {
    let state = site.desk.with(move |session| {
        session.refresh()?;
        // Which way it was decided is for the owner.
        let stopped = session.decision().map(|_| "There are enough labels. Thank you!");
        Ok(json!({
            "annotator": session.annotators()[number],
            "question": session.question(),
            "progress": session.progress(number),
            "stopped": stopped,
        }))
    });
    state.await.map_or_else(failed, |state| json(&state))
}

async fn task(
    State(site): State<Arc<Site>>,
    Annotator(number): Annotator,
    Place(place): Place,
) -> Response {
    let task = site.desk.with(move |session| {
        if place >= session.progress(number).total {
            return Err(Failure::NoPlace.into());
        }
        Ok(task_json(&session.shown(number, place)?)?)
    });
    task.await.map_or_else(failed, |task| json(&task))
}

async fn answer(
    State(site): State<Arc<Site>>,
    Annotator(number): Annotator,
    body: Bytes,
) -> Response {
    let AnswerBody { place, answer, replaces } = match parsed(&body) {
        Ok(body) => body,
        Err(refusal) => return *refusal,
    };
    match site.desk.answer(number, place, answer, replaces).await {
        Ok(()) => state_of(&site, number).await,
        Err(failure) => failed(failure),
    }
}

async fn undo(
    State(site): State<Arc<Site>>,
    Annotator(number): Annotator,
    body: Bytes,
) -> Response {
    let PlaceBody { place, withdraws } = match parsed(&body) {
        Ok(body) => body,
        Err(refusal) => return *refusal,
    };
    match site.desk.undo(number, place, withdraws).await {
        Ok(()) => state_of(&site, number).await,
        Err(failure) => failed(failure),
    }
}

async fn owners_overview(State(site): State<Arc<Site>>, _: Owner) -> Response {
    let last_answers = site.desk.last_answers();
    let tokens = |number: usize| site.tokens.of(Visitor::Annotator(number)).to_owned();
    let paths: Vec<String> = (0..last_answers.len()).map(tokens).collect();
    let labels = site.numbers.labels.display().to_string();
    let made = site.desk.with(move |session| {
        session.refresh()?;
        Ok(overview(session, &labels, &paths, &last_answers))
    });
    made.await.map_or_else(failed, |overview| json(&overview))
}

async fn owners_numbers(State(site): State<Arc<Site>>, _: Owner) -> Response {
    let numbers = Arc::clone(&site.numbers);
    // With the session locked, no line is half written while the file is read.
    let computed = site.desk.with(move |_| Ok(numbers.look()));
    match computed.await {
        Ok(Ok(numbers)) => json(&numbers),
        // What is wrong with the labels is for the owner, who asked.
        Ok(Err(error)) => refused(StatusCode::CONFLICT, &error.to_string()),
        Err(failure) => failed(failure),
    }
}

/// Reads the body of a request.
fn parsed<T: DeserializeOwned>(body: &Bytes) -> Result<T, Box<Response>> {
    serde_json::from_slice(body).map_err(|error| {
        Box::new(refused(StatusCode::BAD_REQUEST, &format!("the request cannot be read: {error}")))
    })
}

fn html(page: evenhand::Result<String>) -> Response {
    match page {
        Ok(page) => ([(CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response(),
        Err(error) => {
            print_warning(&format!("a page could not be answered: {error}"));
            failed(Failure::Broken)
        }
    }
}

fn json(value: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

fn failed(failure: Failure) -> Response {
    match failure {
        Failure::NoPlace => not_found(),
        Failure::Elsewhere => refused(
            StatusCode::CONFLICT,
            "this was answered, or its answer was undone, on another page",
        ),
        Failure::Invalid(why) => refused(StatusCode::BAD_REQUEST, &why),
        Failure::Broken => refused(
            StatusCode::INTERNAL_SERVER_ERROR,
            "this could not be read or stored; tell the person who sent you the address",
        ),
    }
}

fn not_found() -> Response {
    refused(StatusCode::NOT_FOUND, "there is nothing at this address: use it as it was sent to you")
}

/// Returns an error as JSON, whatever was asked for.
fn refused(status: StatusCode, why: &str) -> Response {
    let mut response = (status, json(&json!({ "error": why }))).into_response();
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
    }
    response
}

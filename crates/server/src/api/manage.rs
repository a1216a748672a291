//! The routes by which a person changes what they have. Each change answers with the flow as it is
//! then, as `GET /v1/flow` does.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use nidan_core::hold::HoldWish;
use nidan_protocol::{
    BrowserRevokePost, BrowsersView, ChangePost, CloseAnswer, ClosePost, ErrorCode, EventsView,
    FlowView, MethodPost, MethodTestPost, PausePost, Problem, ProofPost, SetupFinishPost,
    SetupOpening, SetupPost, TurnOffAnswer, TurnOffPost,
};

use super::subjects::Page;
use crate::Service;
use crate::extract::{Body, Id};
use crate::language::accepted;
use crate::refusal::Refusal;
use crate::use_cases::{FlowCaller, manage};

type Changed = Result<Json<FlowView>, Refusal>;

fn named(id: Id) -> Result<String, Refusal> {
    let Path(id) = id.map_err(|_| ErrorCode::NotFound)?;
    Ok(id)
}

/// Proves a factor: what follows may be changed for five minutes. Any method counts, and a backup code.
/// The same body again gets the same answer.
#[utoipa::path(post, path = "/v1/flow/proof", request_body = ProofPost,
    responses((status = 200, body = FlowView),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn prove(
    State(service): State<Service>,
    caller: FlowCaller,
    headers: HeaderMap,
    Body(post): Body<ProofPost>,
) -> Changed {
    let changed = manage::prove(&service, caller, post, accepted(&headers));
    Ok(Json(changed.await?))
}

/// Opens a set-up of something new, or of what takes another method's place. Nothing of it counts
/// before it is finished.
#[utoipa::path(post, path = "/v1/flow/setups", request_body = SetupPost,
    responses((status = 201, body = SetupOpening),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn open(
    State(service): State<Service>,
    caller: FlowCaller,
    Body(post): Body<SetupPost>,
) -> Result<(StatusCode, Json<SetupOpening>), Refusal> {
    let opened = manage::open(&service, &caller, post).await?;
    Ok((StatusCode::CREATED, Json(opened)))
}

/// Finishes a set-up: proved, stored, and the method that it replaces retired or removed, at once.
/// The same body again gets the same answer.
#[utoipa::path(post, path = "/v1/flow/setups/{id}/finish", request_body = SetupFinishPost, params(("id" = String, Path, description = "The id of the set-up")),
    responses((status = 200, body = FlowView),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn finish(
    State(service): State<Service>,
    caller: FlowCaller,
    id: Id,
    headers: HeaderMap,
    Body(post): Body<SetupFinishPost>,
) -> Changed {
    let setup_id = named(id)?;
    let changed = manage::finish(&service, &caller, &setup_id, post, accepted(&headers));
    Ok(Json(changed.await?))
}

/// Names a method, or makes it the one that a login begins with.
#[utoipa::path(post, path = "/v1/flow/methods/{id}", request_body = MethodPost, params(("id" = String, Path, description = "The id of one of the person's methods")),
    responses((status = 200, body = FlowView),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn edit(
    State(service): State<Service>,
    caller: FlowCaller,
    id: Id,
    headers: HeaderMap,
    Body(post): Body<MethodPost>,
) -> Changed {
    let changed = manage::edit(&service, &caller, named(id)?, post, accepted(&headers));
    Ok(Json(changed.await?))
}

/// Takes a method away. The last one stays (`last_method`).
#[utoipa::path(post, path = "/v1/flow/methods/{id}/remove", request_body = ChangePost, params(("id" = String, Path, description = "The id of one of the person's methods")),
    responses((status = 200, body = FlowView),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn remove(
    State(service): State<Service>,
    caller: FlowCaller,
    id: Id,
    headers: HeaderMap,
    Body(post): Body<ChangePost>,
) -> Changed {
    let changed = manage::remove(&service, &caller, named(id)?, &post, accepted(&headers));
    Ok(Json(changed.await?))
}

/// Spends a code to see that its method works. It signs nobody in.
#[utoipa::path(post, path = "/v1/flow/methods/{id}/test", request_body = MethodTestPost, params(("id" = String, Path, description = "The id of one of the person's methods")),
    responses((status = 200, body = FlowView),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn test(
    State(service): State<Service>,
    caller: FlowCaller,
    id: Id,
    headers: HeaderMap,
    Body(post): Body<MethodTestPost>,
) -> Changed {
    let changed = manage::test(&service, caller, named(id)?, post, accepted(&headers));
    Ok(Json(changed.await?))
}

/// Holds a method that is lost: it lets nobody in until it is released. Proved by another one.
#[utoipa::path(post, path = "/v1/flow/methods/{id}/hold", request_body = ChangePost, params(("id" = String, Path, description = "The id of one of the person's methods")),
    responses((status = 200, body = FlowView),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn hold(
    State(service): State<Service>,
    caller: FlowCaller,
    id: Id,
    headers: HeaderMap,
    Body(post): Body<ChangePost>,
) -> Changed {
    let changed = manage::hold(
        &service,
        &caller,
        named(id)?,
        HoldWish::Hold,
        &post,
        accepted(&headers),
    );
    Ok(Json(changed.await?))
}

/// Releases a method that the person has held.
#[utoipa::path(post, path = "/v1/flow/methods/{id}/release", request_body = ChangePost, params(("id" = String, Path, description = "The id of one of the person's methods")),
    responses((status = 200, body = FlowView),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn release(
    State(service): State<Service>,
    caller: FlowCaller,
    id: Id,
    headers: HeaderMap,
    Body(post): Body<ChangePost>,
) -> Changed {
    let changed = manage::hold(
        &service,
        &caller,
        named(id)?,
        HoldWish::Release,
        &post,
        accepted(&headers),
    );
    Ok(Json(changed.await?))
}

/// Pauses codes for 1 to 72 hours: logins ask for the password alone.
#[utoipa::path(post, path = "/v1/flow/pause", request_body = PausePost,
    responses((status = 200, body = FlowView),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn pause(
    State(service): State<Service>,
    caller: FlowCaller,
    headers: HeaderMap,
    Body(post): Body<PausePost>,
) -> Changed {
    let changed = manage::pause(&service, &caller, post, accepted(&headers));
    Ok(Json(changed.await?))
}

/// Asks for codes again.
#[utoipa::path(post, path = "/v1/flow/resume", request_body = ChangePost,
    responses((status = 200, body = FlowView),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn resume(
    State(service): State<Service>,
    caller: FlowCaller,
    headers: HeaderMap,
    Body(post): Body<ChangePost>,
) -> Changed {
    let changed = manage::resume(&service, &caller, &post, accepted(&headers));
    Ok(Json(changed.await?))
}

/// Turns two-step verification off, with a code in the very request. The flow ends with it.
#[utoipa::path(post, path = "/v1/flow/turn_off", request_body = TurnOffPost,
    responses((status = 200, body = TurnOffAnswer),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn turn_off(
    State(service): State<Service>,
    caller: FlowCaller,
    Body(post): Body<TurnOffPost>,
) -> Result<Json<TurnOffAnswer>, Refusal> {
    Ok(Json(manage::turn_off(&service, &caller, post).await?))
}

/// A page of the person's own record of the last 90 days, the newest entry first.
#[utoipa::path(get, path = "/v1/flow/record", params(("before" = Option<u64>, Query, description = "Only lines before this one")),
    responses((status = 200, body = EventsView),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem),
    (status = 422, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn record(
    State(service): State<Service>,
    caller: FlowCaller,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<EventsView>, Refusal> {
    let Query(page) = page.map_err(|_| Refusal::field("before"))?;
    let record = manage::record(&service, &caller, page.before);
    Ok(Json(record.await?))
}

/// The person's trusted browsers, and which of them this is.
#[utoipa::path(get, path = "/v1/flow/trusted_browsers",
    responses((status = 200, body = BrowsersView),
    (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem),
    (status = 422, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn browsers(
    State(service): State<Service>,
    caller: FlowCaller,
) -> Result<Json<BrowsersView>, Refusal> {
    Ok(Json(manage::browsers(&service, &caller).await?))
}

/// Asks for a code again in one trusted browser, in the others, or in all.
#[utoipa::path(post, path = "/v1/flow/trusted_browsers/revoke", request_body = BrowserRevokePost,
    responses((status = 200, body = FlowView),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn revoke(
    State(service): State<Service>,
    caller: FlowCaller,
    headers: HeaderMap,
    Body(post): Body<BrowserRevokePost>,
) -> Changed {
    let changed = manage::revoke(&service, &caller, post, accepted(&headers));
    Ok(Json(changed.await?))
}

/// Closes the page. Where anything was changed, the host redeems the `result_code`.
#[utoipa::path(post, path = "/v1/flow/close", request_body = ClosePost,
    responses((status = 200, body = CloseAnswer),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn close(
    State(service): State<Service>,
    caller: FlowCaller,
    Body(ClosePost {}): Body<ClosePost>,
) -> Result<Json<CloseAnswer>, Refusal> {
    Ok(Json(manage::close(&service, &caller).await?))
}

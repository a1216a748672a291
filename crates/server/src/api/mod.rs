//! The HTTP interface: who may call what, with what body, and which status answers. What a widget's
//! or a host's call does is in [`crate::use_cases`]; callbacks of gateways, the demo's outbox and
//! files are handled here. Every route is declared once, by its handler; the OpenAPI document is
//! made from the same.

mod approvals;
mod ceremonies;
mod challenges;
mod events;
mod flow;
mod flows;
pub(crate) mod form;
mod gateways;
mod manage;
mod meta;
mod outbox;
mod subjects;
mod twilio;
pub(crate) mod widget;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::from_fn_with_state;
use axum::{Extension, Router};
use nidan_protocol::ErrorCode;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::FLOW_TOKEN_HEADER;
use crate::refusal::Refusal;
use crate::{Service, middleware};

/// The time for which a browser may remember the answer to a preflight.
const PREFLIGHT_MAX_AGE: std::time::Duration = std::time::Duration::from_secs(600);

#[derive(OpenApi)]
#[openapi(info(
    title = "Nidan",
    description = "Two-step verification beside your own login. Errors are RFC 9457 problems with a stable `code`."
))]
struct Document;

/// The whole service, to serve as it is or to nest in another application.
pub fn router(service: Service) -> Router {
    let origins = service.0.config.hosts.iter().flat_map(|host| &host.origins);
    let origins: Vec<_> = origins
        .filter_map(|origin| HeaderValue::from_str(origin).ok())
        .collect();
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            FLOW_TOKEN_HEADER,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
        ])
        .max_age(PREFLIGHT_MAX_AGE);
    let (for_widgets, widget_document) = OpenApiRouter::new()
        .routes(routes!(flow::view))
        .routes(routes!(flow::extend))
        .routes(routes!(flow::skip))
        .routes(routes!(flow::enrol))
        .routes(routes!(approvals::open, approvals::waiting))
        .routes(routes!(approvals::show))
        .routes(routes!(ceremonies::open))
        .routes(routes!(ceremonies::answer))
        .routes(routes!(ceremonies::accepted))
        .routes(routes!(challenges::create))
        .routes(routes!(challenges::view))
        .routes(routes!(challenges::resend))
        .routes(routes!(challenges::answer))
        .routes(routes!(events::stream))
        .routes(routes!(flow::verify))
        .routes(routes!(flow::report))
        .routes(routes!(manage::prove))
        .routes(routes!(manage::open))
        .routes(routes!(manage::finish))
        .routes(routes!(manage::edit))
        .routes(routes!(manage::remove))
        .routes(routes!(manage::test))
        .routes(routes!(manage::hold))
        .routes(routes!(manage::release))
        .routes(routes!(manage::pause))
        .routes(routes!(manage::resume))
        .routes(routes!(manage::turn_off))
        .routes(routes!(manage::record))
        .routes(routes!(manage::browsers))
        .routes(routes!(manage::revoke))
        .routes(routes!(manage::close))
        .split_for_parts();
    let (for_hosts, mut document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(flows::create))
        .routes(routes!(flows::redeem))
        .routes(routes!(form::form))
        .routes(routes!(subjects::of_group))
        .routes(routes!(subjects::view))
        .routes(routes!(subjects::events))
        .routes(routes!(subjects::revoke))
        .routes(routes!(subjects::reinstate))
        .routes(routes!(subjects::hold))
        .routes(routes!(subjects::release))
        .routes(routes!(subjects::resume))
        .routes(routes!(subjects::reset))
        .routes(routes!(subjects::temporary_code))
        .routes(routes!(subjects::by_host))
        .routes(routes!(gateways::receipt))
        .routes(routes!(twilio::status))
        .routes(routes!(twilio::digits))
        .routes(routes!(outbox::messages))
        .routes(routes!(outbox::digits))
        .routes(routes!(outbox::receipt))
        .routes(routes!(meta::jwks))
        .routes(routes!(meta::healthz))
        .routes(routes!(meta::openapi))
        .split_for_parts();
    document.merge(widget_document);
    let for_widgets = match (&service.0.config.widget_folder, &service.0.widget_version) {
        (Some(folder), Some(version)) => for_widgets.merge(widget::routes(folder, version)),
        _nothing => for_widgets,
    };
    let document = meta::Document(Arc::from(document.to_json().unwrap_or_default()));
    // The fallback stands inside the CORS layer, which answers preflights before it.
    let wrong_http_method = async || Refusal::new(ErrorCode::HttpMethodNotAllowed);
    for_hosts
        .method_not_allowed_fallback(wrong_http_method)
        .merge(
            for_widgets
                .method_not_allowed_fallback(wrong_http_method)
                .layer(cors),
        )
        .fallback(async || Refusal::new(ErrorCode::NotFound))
        .layer(DefaultBodyLimit::max(middleware::BODY_LIMIT_BYTES))
        .layer(CatchPanicLayer::custom(middleware::panicked))
        .layer(from_fn_with_state(service.clone(), middleware::edge))
        .layer(Extension(document))
        .with_state(service)
}

//! What the widget reads first.

use axum::Json;
use axum::extract::State;
use nidan_protocol::{EnrolmentOpening, FlowView, MethodKind, PhoneOffer, Policy, Problem};

use super::method_view;
use crate::Service;
use crate::extract::{FlowCaller, encode};
use crate::problem::Refusal;
use crate::store::FlowState;

/// Everything that the widget needs to begin; never a secret.
#[utoipa::path(get, path = "/v1/flow", responses(
    (status = 200, body = FlowView),
    (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn view(
    State(service): State<Service>,
    FlowCaller { flow, host }: FlowCaller,
) -> Result<Json<FlowView>, Refusal> {
    let subject = service.0.store.subject(&flow.opened.host, &flow.opened.subject).await?;
    let enrolment = (flow.state == FlowState::Open).then(|| EnrolmentOpening {
        enrolment_id: encode(&flow.opened.enrolment_id),
        server_nonce: encode(&flow.opened.server_nonce),
    });
    let methods = service.0.config.methods(&host);
    let by_phone = methods.iter().any(|kind| *kind != MethodKind::Totp);
    let phone = service.0.config.phone.as_ref().filter(|_| by_phone).map(|phone| PhoneOffer {
        countries: phone.countries.clone(),
        country: flow.opened.country.filter(|country| phone.countries.contains(country)),
        calls_without_keys: host.calls_without_keys,
    });
    Ok(Json(FlowView {
        purpose: flow.opened.purpose,
        server_time_ms: service.0.clock.now_ms(),
        expires_at: flow.opened.expires_at,
        issuer: host.name,
        account_name: flow.opened.account_name,
        policy: Policy { methods, backup_gate: host.backup_gate },
        methods: subject.methods.iter().map(method_view).collect(),
        phone,
        enrolment,
        support_url: service.0.config.support_url.clone(),
    }))
}

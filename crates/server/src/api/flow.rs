//! The first answer that the widget reads.

use axum::Json;
use axum::extract::State;
use nidan_protocol::{
    EnrolmentOpening, FlowView, MethodState, PhoneOffer, Policy, Problem, Purpose,
    VerificationOpening,
};

use super::method_view;
use crate::Service;
use crate::config::Host;
use crate::extract::{FlowCaller, encode};
use crate::problem::Refusal;
use crate::store::{FlowState, Method as StoredMethod, Subject};

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
    let now = service.0.clock.now_s();
    let subject = service
        .0
        .store
        .subject(&flow.opened.host, &flow.opened.subject)
        .await?;
    let is_open = flow.state == FlowState::Open;
    let enrolment = (is_open && flow.opened.purpose == Purpose::Enroll).then(|| EnrolmentOpening {
        enrolment_id: encode(&flow.opened.enrolment_id),
        server_nonce: encode(&flow.opened.server_nonce),
    });
    let verification =
        (is_open && flow.opened.purpose == Purpose::Verify).then(|| VerificationOpening {
            method_id: best(&subject, &host, now),
            backup_codes_left: subject.backup_codes_left,
            trust_days: host.trust_days,
            auto_send: host.auto_send,
            recovery_url: host.recovery_url.clone(),
            password_url: host.password_url.clone(),
        });
    let methods = service.0.config.methods(&host);
    let by_phone = methods.iter().any(|kind| kind.class().channel().is_some());
    let phone = service
        .0
        .config
        .phone
        .as_ref()
        .filter(|_| by_phone)
        .map(|phone| PhoneOffer {
            countries: phone.countries.clone(),
            country: flow
                .opened
                .country
                .filter(|country| phone.countries.contains(country)),
            allow_unconfirmed_calls: host.allow_unconfirmed_calls,
        });
    Ok(Json(FlowView {
        purpose: flow.opened.purpose,
        server_time_ms: service.0.clock.now_ms(),
        expires_at: flow.opened.expires_at,
        issuer: host.name.clone(),
        account_name: flow.opened.account_name,
        policy: Policy {
            methods,
            backup_gate: host.backup_gate,
        },
        methods: subject
            .methods
            .iter()
            .map(|method| method_view(method, &host, subject.allowance, now))
            .collect(),
        phone,
        enrolment,
        verification,
        support_url: service.0.config.support_url.clone(),
    }))
}

/// The method that let the person in last; without one the first, while it takes codes.
fn best(subject: &Subject, host: &Host, now: u64) -> Option<String> {
    let takes_codes = |method: &&StoredMethod| {
        matches!(
            method_view(method, host, subject.allowance, now).state,
            MethodState::Ready | MethodState::TwoCodes
        )
    };
    let usable: Vec<_> = subject.methods.iter().filter(takes_codes).collect();
    let last = usable
        .iter()
        .filter(|method| method.used_at.is_some())
        .max_by_key(|method| method.used_at);
    last.or(usable.first()).map(|method| method.id.clone())
}

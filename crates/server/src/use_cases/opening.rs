//! What a widget begins with.

use nidan_core::flow::extended_end;
use nidan_core::manage::standing::settles_at;
use nidan_protocol::{
    AcrNeeded, EnrolmentOpening, ErrorCode, ExtendAnswer, FigureView, FlowView, MethodState,
    PhoneOffer, Policy, Purpose, VerificationOpening,
};

use super::{FlowCaller, approvals, grace, manage, method_view};
use crate::Service;
use crate::base64url::encode;
use crate::config::{Config, Host, Localized};
use crate::refusal::Refusal;
use nidan_store::{FlowState, Method as StoredMethod, NewFlow, Subject};

/// Returns everything that the widget needs to begin; never a secret.
///
/// # Errors
/// [`ErrorCode::FlowConflict`] of a login that is through.
pub(crate) async fn view(
    service: &Service,
    caller: &FlowCaller,
    languages: &str,
) -> Result<FlowView, Refusal> {
    let FlowCaller { flow, host } = caller;
    let now = service.0.clock.now_s();
    // A page that is loaded again after its login is through: nothing is wrong with it, and there is
    // nothing to do on it. A set-up says that it is on.
    let is_open = flow.state == FlowState::Open;
    match flow.opened.purpose {
        Purpose::Verify | Purpose::Manage | Purpose::Approve if !is_open => {
            return Err(ErrorCode::FlowConflict.into());
        }
        // Nothing is on where it was put off.
        Purpose::Enroll if grace::is_skipped(&flow.state) => {
            return Err(ErrorCode::FlowConflict.into());
        }
        Purpose::Enroll | Purpose::Verify | Purpose::Manage | Purpose::Approve => {}
    }
    let store = &service.0.store;
    let subject = store.subject(&flow.opened.host, &flow.opened.subject, now);
    let subject = subject.await?;
    // There while a set-up is open, and only then.
    let key_pair = flow.opened.key_pair.as_ref().filter(|_| is_open);
    let enrolment = key_pair.map(|pair| EnrolmentOpening {
        enrolment_id: encode(&flow.opened.enrolment_id),
        server_public_key: encode(&pair.public_key),
    });
    let best = best(&subject, host, &flow.opened, now);
    let is_best = |method: &StoredMethod| Some(&method.id) == best.as_ref();
    let mut methods = subject.methods.iter();
    let is_wanted = methods.any(|method| method.is_default && is_best(method));
    let approval = approvals::is_open(service, host, &flow.opened).await?;
    let verification = asks_for_codes(&flow.opened).then(|| VerificationOpening {
        method_id: best,
        is_wanted,
        acr_needed: flow.opened.acr_needed,
        backup_codes_left: backup_codes_left(&flow.opened, &subject),
        temporary_code: asks_for_temporary_code(&flow.opened, &subject, now),
        approval,
        trust_days: host
            .trust_days
            .filter(|_| flow.opened.purpose == Purpose::Verify && flow.opened.acr_needed.is_none()),
        auto_send: host.auto_send,
        recovery_url: host.recovery_url.clone(),
        password_url: host.password_url.clone(),
    });
    let config = &service.0.config;
    let read = |text: &Localized| text.read_in(languages).map(str::to_owned);
    Ok(FlowView {
        purpose: flow.opened.purpose,
        server_time_ms: service.0.clock.now_ms(),
        expires_at: flow.opened.expires_at,
        issuer: host.name.clone(),
        account_name: flow.opened.account_name.clone(),
        policy: Policy {
            methods: service.0.config.methods(host),
            backup_gate: host.backup_gate,
            enrolment: grace::duty(host, &subject, now).filter(|_| flow.opened.at_login),
        },
        methods: offered(&flow.opened, &subject, now)
            .map(|method| method_view(method, host, subject.allowance, now))
            .collect(),
        phone: phone_offer(service, caller),
        enrolment,
        verification,
        intent: flow.opened.intent,
        management: manage::view(service, caller, &subject, now),
        password_url: host
            .password_url
            .clone()
            .filter(|_| flow.opened.purpose == Purpose::Approve),
        support_url: service.0.config.support_url.clone(),
        outage_notice: read(&config.outage_notice),
        support_hours: read(&config.support_hours),
        figures: figures_in(config, languages),
    })
}

/// The backup codes that the flow takes: where a login has to be worth more, none.
pub(crate) fn backup_codes_left(flow: &NewFlow, subject: &Subject) -> u32 {
    match flow.acr_needed {
        None => subject.backup_codes_left,
        Some(AcrNeeded::PhishingResistant) => 0,
    }
}

/// Until when the flow takes a code of the host's support, in Unix seconds: it signs in, and proves
/// nothing.
pub(crate) fn temporary_code_until(flow: &NewFlow, subject: &Subject, now: u64) -> Option<u64> {
    let signs_in = flow.purpose == Purpose::Verify && flow.acr_needed.is_none();
    subject
        .temporary_code_until
        .filter(|until| signs_in && *until > now)
}

/// Whether the flow asks for a code of the host's support: there is one, or one that was used or ended
/// keeps everybody from the set-up. Who has nothing else reads there that another is needed.
pub(crate) fn asks_for_temporary_code(flow: &NewFlow, subject: &Subject, now: u64) -> bool {
    let signs_in = flow.purpose == Purpose::Verify && flow.acr_needed.is_none();
    let is_over = subject.is_guarded && subject.methods.is_empty();
    temporary_code_until(flow, subject, now).is_some() || (signs_in && is_over)
}

/// The methods that the flow takes: what was replaced signs in, and proves nothing, and a login may
/// have to be worth more than some.
pub(crate) fn offered<'a>(
    flow: &NewFlow,
    subject: &'a Subject,
    now: u64,
) -> impl Iterator<Item = &'a StoredMethod> {
    let (proves, acr) = (flow.purpose == Purpose::Manage, flow.acr_needed);
    let methods = subject.methods.iter();
    methods.filter(move |method| {
        let is_worth =
            acr.is_none_or(|acr| worth_from(acr, method, subject).is_some_and(|from| from <= now));
        is_worth && (!proves || method.retires_at.is_none())
    })
}

/// From when a method is worth what a login has to be (Unix seconds); [`None`] for one of another kind.
pub(crate) fn worth_from(acr: AcrNeeded, method: &StoredMethod, subject: &Subject) -> Option<u64> {
    let is_met = acr.is_met_by(method.detail.kind());
    is_met.then(|| settles_at(method.created_at, subject.first_set_up_at))
}

const fn asks_for_codes(flow: &NewFlow) -> bool {
    match flow.purpose {
        Purpose::Enroll | Purpose::Approve => false,
        Purpose::Verify | Purpose::Manage => true,
    }
}

fn figures_in(config: &Config, languages: &str) -> Vec<FigureView> {
    let figures = config.figures.iter();
    figures
        .filter_map(|figure| {
            Some(FigureView {
                text: figure.text.read_in(languages)?.to_owned(),
                source: figure.source.clone(),
                source_url: figure.source_url.clone(),
                as_of: figure.as_of.clone(),
            })
        })
        .collect()
}

/// Lets a set-up live on whose page is in use: copying ten codes by hand takes its time. A login
/// keeps its ten minutes: its code is typed in one, and its password may be somebody else's.
///
/// # Errors
/// [`ErrorCode::MethodNotOffered`] at a login, and [`ErrorCode::FlowConflict`] when it is stored.
pub(crate) async fn extend(
    service: &Service,
    caller: &FlowCaller,
) -> Result<ExtendAnswer, Refusal> {
    caller.must_be(Purpose::Enroll)?;
    let flow = &caller.flow;
    if flow.state != FlowState::Open {
        return Err(ErrorCode::FlowConflict.into());
    }
    let NewFlow {
        created_at,
        expires_at,
        ..
    } = flow.opened;
    let end = extended_end(created_at, expires_at, service.0.clock.now_s());
    if end > expires_at {
        let store = &service.0.store;
        store.extend_flow(&flow.opened.id, end).await?;
        tracing::info!(flow = flow.opened.id, end, "flow extended");
    }
    Ok(ExtendAnswer { expires_at: end })
}

/// Returns where codes by phone may go, when the host offers a method by phone.
fn phone_offer(service: &Service, caller: &FlowCaller) -> Option<PhoneOffer> {
    let FlowCaller { flow, host } = caller;
    let config = &service.0.config;
    let methods = config.methods(host);
    let by_phone = methods.iter().any(|kind| kind.class().channel().is_some());
    let phone = config.phone.as_ref().filter(|_| by_phone)?;
    let guessed = flow.opened.country.as_ref();
    Some(PhoneOffer {
        countries: phone.countries.clone(),
        country: guessed
            .filter(|country| phone.countries.contains(country))
            .cloned(),
        allow_unconfirmed_calls: host.allow_unconfirmed_calls,
    })
}

/// The method that the person wants a login to begin with; or the one that let them in last; or the
/// first. It takes codes. Where another one has taken the place of the last one, that is the one
/// that the person has in the hand.
///
/// What is about to retire proves nothing where methods are managed, and is not begun with there.
pub(crate) fn best(subject: &Subject, host: &Host, flow: &NewFlow, now: u64) -> Option<String> {
    let takes_codes = |method: &&StoredMethod| {
        matches!(
            method_view(method, host, subject.allowance, now).state,
            MethodState::Ready | MethodState::TwoCodes
        )
    };
    let usable: Vec<_> = offered(flow, subject, now).filter(takes_codes).collect();
    let wanted = usable.iter().find(|method| method.is_default);
    let staying = || {
        let methods = usable.iter();
        methods.filter(|method| method.retires_at.is_none())
    };
    let last = usable.iter().filter(|method| method.used_at.is_some());
    let last = last.max_by_key(|method| method.used_at);
    let retiring = last.filter(|method| method.retires_at.is_some());
    let successor = retiring
        .and_then(|old| staying().find(|method| old.successor.as_ref() == Some(&method.id)));
    let last_staying = staying().filter(|method| method.used_at.is_some());
    let last_staying = last_staying.max_by_key(|method| method.used_at);
    let chosen = wanted.or(successor).or(last_staying);
    let chosen = chosen.or(staying().next()).or(last).or(usable.first());
    chosen.map(|method| method.id.clone())
}

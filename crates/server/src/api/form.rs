//! The code at login as a plain HTML form, for browsers without scripts or WebAssembly. The same
//! checks as behind the JSON interface, because it calls them; the flow's token travels in the form
//! and never in a URL.

use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::{Form, Json};
use maud::{Markup, html};
use nidan_otp::{BackupCode, Code};
use nidan_protocol::{
    BACKUP_METHOD_ID, CallConfirmation, ChallengePost, Channel, ErrorCode, MethodClass,
    MethodState, Purpose, VerificationPost,
};
use serde::Deserialize;
use url::Url;

use super::form_html::{Page, button, form_of, page, passed_form, typing};
use super::{method_view, orders, report, verification};
use crate::Service;
use crate::delivery::FormWords;
use crate::extract::{Body, FlowCaller};
use crate::problem::Refusal;
use crate::store::{Challenge, FlowState, Method};

/// The fields that the page posts, to begin and from then on.
#[derive(Deserialize)]
pub(crate) struct Sent {
    pub(super) flow_token: String,
    #[serde(default)]
    pub(super) lang: String,
    /// The button that the person pressed; none at the beginning.
    #[serde(default)]
    pub(super) press: Press,
    #[serde(default)]
    pub(super) method: String,
    #[serde(default)]
    pub(super) code: String,
    #[serde(default)]
    pub(super) second_code: String,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Press {
    #[default]
    Show,
    Sms,
    Voice,
    Check,
    Report,
}

/// The page, as it stands after what was pressed. Opened by a form post from the host's page with
/// `flow_token`.
#[utoipa::path(post, path = "/form", request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = String, content_type = "text/html")))]
pub(crate) async fn form(State(service): State<Service>, request: Request) -> Response {
    let headers = request.headers().clone();
    let sent = Form::<Sent>::from_request(request, &()).await;
    let wished = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|tags| tags.to_str().ok())
        .unwrap_or("en")
        .to_owned();
    let Ok(Form(sent)) = sent else {
        let words = service.0.catalogue.form(&wished);
        return page(words, &Page::alone(&words.ended));
    };
    let words = service.0.catalogue.form(if sent.lang.is_empty() {
        &wished
    } else {
        &sent.lang
    });
    match answer(&service, &headers, &sent, words).await {
        Ok(content) => page(words, &content),
        // Whatever is wrong before there is a login to go on with: a page that says what to do.
        Err(refusal) => page(words, &Page::alone(sentence_of(words, &refusal))),
    }
}

async fn answer(
    service: &Service,
    headers: &HeaderMap,
    sent: &Sent,
    words: &FormWords,
) -> Result<Page, Refusal> {
    let caller = FlowCaller::of_token(service, &sent.flow_token, false).await?;
    // A report is answered again; whatever else is over is over.
    let caller = if sent.press == Press::Report {
        caller
    } else {
        caller.unless_over()?
    };
    caller.must_be(Purpose::Verify)?;
    let from = headers
        .get(header::ORIGIN)
        .and_then(|origin| origin.to_str().ok());
    let own = Url::parse(&service.0.config.issuer)
        .map(|url| url.origin().ascii_serialization())
        .unwrap_or_default();
    if from.is_none_or(|from| from != caller.flow.opened.origin && from != own) {
        return Err(ErrorCode::OriginMismatch.into());
    }
    let complete_url = caller
        .host
        .form_complete_url
        .clone()
        .ok_or(ErrorCode::NotFound)?;
    let host = caller.host.clone();
    if caller.flow.state != FlowState::Open && !matches!(sent.press, Press::Check | Press::Report) {
        return Err(ErrorCode::FlowConflict.into());
    }
    let error = match sent.press {
        Press::Show => None,
        Press::Sms => order(service, &caller, sent, Channel::Sms).await.err(),
        Press::Voice => order(service, &caller, sent, Channel::Voice).await.err(),
        Press::Report => {
            return Ok(Page::reported(
                host,
                report_page(service, caller, words).await?,
            ));
        }
        Press::Check => {
            match verification::check_and_spend(service, again(&caller), post_of(sent)).await {
                Ok(passed) => {
                    return Ok(Page::of(
                        host,
                        passed_form(words, &complete_url, &passed.result_code),
                    ));
                }
                Err(refusal) if is_over(refusal.code) => return Err(refusal),
                Err(refusal) => Some(refusal),
            }
        }
    };
    let content = ways(service, &caller, sent, words, error.as_ref()).await?;
    Ok(Page::of(host, content))
}

const fn is_over(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::FlowExpired | ErrorCode::FlowConflict | ErrorCode::FlowReported
    )
}

/// Brings what people type to the form that the interface accepts. The interface refuses the rest.
fn post_of(sent: &Sent) -> VerificationPost {
    let digits = |typed: &str| {
        Code::from_typed(typed).map_or_else(|_| typed.to_owned(), |code| code.expose().to_owned())
    };
    let code = if sent.method == BACKUP_METHOD_ID {
        BackupCode::from_typed(&sent.code)
            .map_or_else(|_| sent.code.clone(), |code| code.expose().to_string())
    } else {
        digits(&sent.code)
    };
    let second_code = (!sent.second_code.is_empty()).then(|| digits(&sent.second_code));
    VerificationPost {
        method_id: sent.method.clone(),
        code,
        second_code,
        trust_browser: false,
    }
}

/// For what takes its caller along; the form is drawn with the same one afterwards.
fn again(caller: &FlowCaller) -> FlowCaller {
    FlowCaller {
        flow: caller.flow.clone(),
        host: caller.host.clone(),
    }
}

async fn order(
    service: &Service,
    caller: &FlowCaller,
    sent: &Sent,
    channel: Channel,
) -> Result<(), Refusal> {
    let post = ChallengePost {
        number: None,
        method_id: Some(sent.method.clone()),
        country: None,
        shown: None,
        channel,
        locale: Some(sent.lang.clone()),
        call_confirmation: CallConfirmation::Digits,
    };
    let _ordered: (_, Json<_>) =
        orders::create(State(service.clone()), again(caller), Body(post)).await?;
    Ok(())
}

/// The page that tells what a report did, and who got in lately.
async fn report_page(
    service: &Service,
    caller: FlowCaller,
    words: &FormWords,
) -> Result<Markup, Refusal> {
    let password_url = caller.host.password_url.clone();
    let answer = report::of_flow(service, caller).await?;
    let now = service.0.clock.now_s();
    let mut sentences = Vec::new();
    for login in &answer.logins {
        let minutes = now.saturating_sub(login.at) / 60;
        let (unit, count) = if minutes < 120 {
            (&words.minutes, minutes)
        } else {
            (&words.hours, minutes / 60)
        };
        let ago = unit.replace("{count}", &count.to_string());
        let client_description = login.client_description.as_deref().unwrap_or("?");
        sentences.push(
            words
                .reported_login
                .replace("{ago}", &ago)
                .replace("{client_description}", client_description),
        );
    }
    if answer.logins.is_empty() {
        sentences.push(words.reported_quiet.clone());
    }
    sentences.push(words.reported.clone());
    if answer.host_notified {
        sentences.push(words.reported_host.clone());
    }
    Ok(html! {
        @for sentence in &sentences { p { (sentence) } }
        @if let Some(url) = password_url { p { a href=(url) { (words.password) } } }
    })
}

/// Every way in as a form of its own, with what was wrong above it.
async fn ways(
    service: &Service,
    caller: &FlowCaller,
    sent: &Sent,
    words: &FormWords,
    error: Option<&Refusal>,
) -> Result<Markup, Refusal> {
    let flow = &caller.flow.opened;
    let subject = service.0.store.subject(&flow.host, &flow.subject).await?;
    let challenges = service.0.store.challenges(&flow.id).await?;
    let now = service.0.clock.now_s();
    let view = |method| method_view(method, &caller.host, subject.allowance, now);
    let methods = subject
        .methods
        .iter()
        .map(|method| (method, view(method).state));
    let usable = methods
        .filter(|(_, state)| matches!(state, MethodState::Ready | MethodState::TwoCodes))
        .map(|(method, state)| {
            let live = challenges.iter().rev().find(|challenge| {
                challenge.opened.method_id.as_deref() == Some(&method.id)
                    && challenge.opened.expires_at > now
            });
            let wants_two = error.is_none()
                && state == MethodState::TwoCodes
                && method.detail.kind().class().makes_codes();
            html! {
                @if wants_two { p { (words.two) } }
                (way(sent, words, method, state, live))
            }
        });
    Ok(html! {
        @if let Some(refusal) = error { p role="alert" { (sentence_of(words, refusal)) } }
        @for way in usable { (way) }
        @if subject.backup_codes_left > 0 {
            (typing(sent, words, BACKUP_METHOD_ID, &words.backup, false))
        }
        (form_of(sent, "", &button("report", &words.not_me)))
    })
}

fn way(
    sent: &Sent,
    words: &FormWords,
    method: &Method,
    state: MethodState,
    live: Option<&Challenge>,
) -> Markup {
    let two = state == MethodState::TwoCodes;
    let channel = match method.detail.kind().class() {
        MethodClass::Otp => return typing(sent, words, &method.id, &words.app, two),
        MethodClass::OutOfBand(channel) => channel,
    };
    let Some(challenge) = live else {
        let label = match channel {
            Channel::Sms => &words.text,
            Channel::Voice => &words.call,
        };
        return form_of(sent, &method.id, &button(channel.as_str(), label));
    };
    let label = format!("{} ({})", words.sent, challenge.opened.reference);
    html! {
        @if let Some(keys) = &challenge.opened.call_digits {
            p { (words.keys) " " strong { (keys) } }
        }
        (typing(sent, words, &method.id, &label, challenge.opened.codes > 1))
    }
}

fn sentence_of<'a>(words: &'a FormWords, refusal: &Refusal) -> &'a str {
    match refusal.code {
        ErrorCode::CodeWrong | ErrorCode::RequestInvalid | ErrorCode::MethodNotFound => {
            &words.wrong
        }
        ErrorCode::CodeUsed => &words.used,
        ErrorCode::TwoCodesNeeded => &words.two,
        ErrorCode::CodeExpired | ErrorCode::ChallengeNotFound | ErrorCode::TooManyAttempts => {
            &words.again
        }
        ErrorCode::MethodResting | ErrorCode::MethodSuspended => &words.closed,
        ErrorCode::SendBudgetSpent | ErrorCode::ResendTooSoon | ErrorCode::ResendsSpent => {
            &words.later
        }
        ErrorCode::FlowReported => &words.reported_elsewhere,
        ErrorCode::Unavailable | ErrorCode::TimedOut | ErrorCode::Internal => &words.trouble,
        _over => &words.ended,
    }
}

//! The page without scripts on which people change what they have: the widget's own state machine and
//! screens, as at a login. What is set up needs a browser's own half and is left to the widget, but for
//! backup codes (docs/decisions/0037-managing-without-scripts.md).

mod asking;
mod codes;
mod journey;

use axum::http::HeaderMap;
use axum::response::Response;
use base64ct::{Base64UrlUnpadded, Encoding};
use maud::{Markup, html};
use nidan_flow::{
    Event, Lifecycle, Machine as _, Manage, ManageBookmark, ManageStep, Managing, RequestError,
};
use nidan_protocol::{Channel, ErrorCode, MethodView};
use nidan_screens::messages::Msg;
use nidan_screens::{Device, Shows as _, View};

use super::html::{self, Again, Frame};
use super::plain::Names;
use super::words::Language;
use super::{Sent, asker, is_from_its_page, now, tags};
use crate::Service;
use crate::refusal::Refusal;
use crate::use_cases::{FlowCaller, manage};
use journey::{Journey, Shown};
use nidan_store::FlowState;

/// Where the person was, as the page carries it. It is a hint: whoever changes it is elsewhere on
/// their own page.
fn bookmark_of(at: &str) -> Option<ManageBookmark> {
    let json = Base64UrlUnpadded::decode_vec(at).ok()?;
    serde_json::from_slice(&json).ok()
}

fn text_of(bookmark: &ManageBookmark) -> String {
    let json = serde_json::to_vec(bookmark).unwrap_or_default();
    Base64UrlUnpadded::encode_string(&json)
}

/// The ways to a code, where one is asked for.
fn ways_of(managing: &Managing) -> &[MethodView] {
    match &managing.step {
        ManageStep::Proving(proving) => &proving.signing.opening.methods,
        _another => &[],
    }
}

fn view_of<'a>(service: &'a Service, language: Option<&Language>) -> View<'a> {
    let notice = &service.0.config.outage_notice;
    View {
        now: now(service),
        support_url: service.0.config.support_url.as_deref(),
        outage_notice: language.and_then(|language| notice.read_in(language.tag)),
        device: Device::Other,
        can_print: false,
    }
}

/// The page, as it is after what was pressed.
///
/// # Errors
/// Whatever is wrong before there is a page to go on with.
pub(super) async fn answer(
    service: &Service,
    headers: &HeaderMap,
    sent: &Sent,
    accepted: &str,
    caller: FlowCaller,
) -> Result<Response, Refusal> {
    is_from_its_page(service, headers, &caller)?;
    let Some(complete_url) = caller.host.form_manage_url.clone() else {
        return Err(ErrorCode::NotFound.into());
    };
    let language = service.0.texts.language(tags(sent, accepted));
    match caller.flow.state {
        FlowState::Open => {}
        // Its answer may have been lost on the way, or grown old.
        FlowState::Completed { .. } => {
            let closed = manage::close(service, &caller).await?;
            let frame = frame(
                language,
                &caller,
                &complete_url,
                closed.result_code.as_deref(),
            );
            return Ok(html::passed(&frame));
        }
        FlowState::Reported { .. } => return Err(ErrorCode::FlowReported.into()),
        FlowState::Superseded => return Err(ErrorCode::FlowConflict.into()),
    }
    let at = bookmark_of(&sent.at);
    let mut journey = Journey::of(service, caller, language.tag, sent, at).await?;
    if !sent.press.is_empty() {
        journey.press(sent).await;
    }
    draw(service, sent, language, &complete_url, &journey).await
}

async fn draw(
    service: &Service,
    sent: &Sent,
    language: &Language,
    complete_url: &str,
    journey: &Journey<'_>,
) -> Result<Response, Refusal> {
    let caller = &journey.caller;
    let mut frame = frame(
        language,
        caller,
        complete_url,
        journey.result_code.as_deref(),
    );
    if matches!(journey.manage, Lifecycle::Completed) {
        return Ok(html::passed(&frame));
    }
    let active = journey.manage.active();
    let at = active.and_then(Managing::bookmark);
    let at = at.as_ref().map_or_else(|| sent.at.clone(), text_of);
    let sends = asker::sends(&asker::challenges_of(service, caller).await?);
    let awaited_id = active.and_then(Managing::sent);
    let awaited_id = awaited_id.map_or("", |sent| sent.id.as_str());
    let until = journey.earlier_lines();
    let until = until.map_or_else(String::new, |before| before.to_string());
    frame.hidden = vec![
        ("flow_token", sent.flow_token.as_str()),
        ("lang", language.tag),
        ("at", &at),
        ("sends", &sends),
        ("until", &until),
        ("awaited", awaited_id),
    ];
    if let Some(setup) = journey.setup() {
        frame.hidden.extend([
            ("setup_id", setup.setup_id.as_str()),
            ("client_public_key", &setup.client_public_key),
            ("client_nonce", &setup.client_nonce),
        ]);
    }
    let [methods, browsers] = journey.ids();
    frame.names = Names {
        ways: active.map_or(&[], ways_of),
        methods: &methods,
        browsers: &browsers,
    };
    frame.awaited = awaited(&journey.manage);
    frame.is_too_early = sent.press == "resend" && sent.sends == sends;
    Ok(match &journey.shown {
        Shown::Screen => {
            let screen = journey.manage.screen(view_of(service, Some(language)));
            html::page(&frame, &screen)
        }
        Shown::Codes(page) => {
            html::respond(&frame, language.text(Msg::CodesTitle), &page.draw(language))
        }
        Shown::Elsewhere => {
            let title = language.text(Msg::ElsewhereTitle);
            html::respond(&frame, title, &elsewhere(language))
        }
    })
}

/// Whatever is wrong before there is a page to go on with: a screen that says what to do.
pub(super) fn trouble(
    service: &Service,
    sent: &Sent,
    accepted: &str,
    refusal: &Refusal,
    caller: &FlowCaller,
) -> Response {
    let language = service.0.texts.language(tags(sent, accepted));
    let error = RequestError::Refused(refusal.code);
    let (machine, _nothing) = Manage::loading().on(Event::NotOpened(error), now(service));
    let mut frame = frame(language, caller, "", None);
    if matches!(machine, Lifecycle::Unavailable(_)) {
        // What could not be asked now is asked again, with all that was typed.
        frame.again = Again::Press(&sent.press);
        frame.hidden = vec![
            ("flow_token", sent.flow_token.as_str()),
            ("lang", language.tag),
            ("at", &sent.at),
            ("sends", &sent.sends),
        ];
        frame.hidden.extend(sent.typed());
    }
    html::page(&frame, &machine.screen(view_of(service, Some(language))))
}

fn awaited(machine: &Manage) -> Channel {
    machine.awaited().map_or(Channel::Sms, |sent| sent.channel)
}

/// Something that no form can set up.
fn elsewhere(language: &Language) -> Markup {
    html! {
        h1 { (language.text(Msg::ElsewhereTitle)) }
        p { (language.text(Msg::ElsewhereAdding)) }
        div class="nidan-actions" {
            button class="nidan-main" name="press" value="overview" { (language.text(Msg::CommonBack)) }
        }
    }
}

fn frame<'a>(
    language: &'a Language,
    caller: &'a FlowCaller,
    complete_url: &'a str,
    result_code: Option<&'a str>,
) -> Frame<'a> {
    Frame {
        language,
        host: Some(&caller.host),
        hidden: Vec::new(),
        names: Names::default(),
        again: Again::Site,
        site: Some(&caller.flow.opened.origin),
        awaited: Channel::Sms,
        slip: String::new(),
        support_hours: None,
        warning: None,
        is_too_early: false,
        complete_url: Some(complete_url),
        result_code,
    }
}

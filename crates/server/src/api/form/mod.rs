//! The login as a plain HTML form, for browsers without scripts or WebAssembly: the same state
//! machine and the same screens as the widget, drawn by the service. The same checks as behind the
//! JSON interface: both call [`crate::use_cases`]; the flow's token travels in the form and never
//! in a URL.

mod advice;
mod asker;
mod html;
mod journey;
mod manage;
mod place;
mod plain;
mod words;

use axum::Form;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use nidan_flow::{
    BookmarkedScreen, Event, Lifecycle, Login, LoginStep, Machine as _, Now, RequestError,
    SigningIn,
};
use nidan_otp::BackupCode;
use nidan_protocol::{Channel, ErrorCode, MethodKind, Purpose};
use nidan_screens::messages::Msg;
use nidan_screens::{Arg, Content, Device, Shows as _, View, Words};
use serde::Deserialize;
use url::Url;

use crate::Service;
use crate::config::Host;
use crate::keys::sha256;
use crate::language;
use crate::refusal::Refusal;
use crate::use_cases::FlowCaller;
use crate::use_cases::manage::PlainSetup;
use html::{Again, Frame};
use journey::Journey;
use nidan_store::FlowState;
use place::Place;
use plain::Names;
use words::Language;
pub(crate) use words::Texts;

/// The fields that the page posts, to begin and from then on.
#[derive(Deserialize, Default)]
pub(crate) struct Sent {
    flow_token: String,
    #[serde(default)]
    lang: String,
    /// Where the person was; nothing at the beginning.
    #[serde(default)]
    at: String,
    /// The button that the person pressed; none at the beginning.
    #[serde(default)]
    press: String,
    /// How often codes had been sent when the page was drawn.
    #[serde(default)]
    sends: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    second_code: String,
    #[serde(default)]
    typed_backup: String,
    #[serde(default)]
    trust: String,
    /// The name of a method.
    #[serde(default)]
    name: String,
    /// The id of the message that is awaited.
    #[serde(default)]
    awaited: String,
    /// How far the record was read.
    #[serde(default)]
    until: String,
    /// "I have saved the codes."
    #[serde(default)]
    saved: String,
    #[serde(default)]
    setup_id: String,
    #[serde(default)]
    client_public_key: String,
    #[serde(default)]
    client_nonce: String,
}

impl Sent {
    /// All that was typed, and what the page carries beside where the person was.
    fn typed(&self) -> Vec<(&'static str, &str)> {
        let typed = [
            ("code", &self.code),
            ("second_code", &self.second_code),
            ("typed_backup", &self.typed_backup),
            ("name", &self.name),
            ("until", &self.until),
            ("awaited", &self.awaited),
            ("saved", &self.saved),
            ("setup_id", &self.setup_id),
            ("client_public_key", &self.client_public_key),
            ("client_nonce", &self.client_nonce),
        ];
        typed.map(|(name, typed)| (name, typed.as_str())).to_vec()
    }

    /// A backup code as it goes to the service, where one was typed.
    fn backup_code(&self) -> Option<String> {
        let code = BackupCode::from_typed(&self.typed_backup).ok()?;
        Some(code.expose().to_string())
    }

    /// The set-up of codes that the page has shown.
    fn plain_setup(&self) -> Option<PlainSetup> {
        (!self.setup_id.is_empty()).then(|| PlainSetup {
            setup_id: self.setup_id.clone(),
            client_public_key: self.client_public_key.clone(),
            client_nonce: self.client_nonce.clone(),
        })
    }
}

/// What is drawn.
struct Drawn {
    login: Login,
    /// A result for the host.
    result_code: Option<String>,
    caller: Option<FlowCaller>,
    /// How often codes were sent in this login.
    sends: String,
}

/// The page, as it is after what was pressed. Opened by a form post from the host's page with
/// `flow_token`.
#[utoipa::path(post, path = "/form", request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = String, content_type = "text/html")))]
pub(crate) async fn form(State(service): State<Service>, request: Request) -> Response {
    let headers = request.headers().clone();
    let accepted = language::accepted(&headers);
    let sent = match Form::<Sent>::from_request(request, &()).await {
        Ok(Form(sent)) => sent,
        Err(_) => Sent::default(),
    };
    let drawn = match FlowCaller::of_token(&service, &sent.flow_token, false).await {
        Ok(caller) if caller.flow.opened.purpose == Purpose::Manage => {
            let page = manage::answer(&service, &headers, &sent, accepted, caller.clone()).await;
            return page.unwrap_or_else(|refusal| {
                manage::trouble(&service, &sent, accepted, &refusal, &caller)
            });
        }
        Ok(caller) => answer(&service, &headers, caller, &sent, accepted).await,
        Err(refusal) => Err(refusal),
    };
    let drawn = match drawn {
        Ok(drawn) => drawn,
        // Whatever is wrong before there is a login to go on with: a screen that says what to do.
        Err(refusal) => match of_any_flow(&service, &sent.flow_token).await {
            Some(caller) if caller.flow.opened.purpose == Purpose::Manage => {
                return manage::trouble(&service, &sent, accepted, &refusal, &caller);
            }
            caller => Drawn {
                caller,
                sends: sent.sends.clone(),
                ..refused(&service, &refusal)
            },
        },
    };
    draw(&service, &sent, accepted, &drawn)
}

/// Whose flow it was, however old: the way back to the site is on every page.
async fn of_any_flow(service: &Service, token: &str) -> Option<FlowCaller> {
    let token_hash = sha256(token.as_bytes());
    let flow = service.0.store.flow_by_token(&token_hash).await.ok()??;
    let host = service.host_of(&flow.opened)?;
    Some(FlowCaller { flow, host })
}

/// The tags by which the page's language is chosen: the page's own, else the browser's.
fn tags<'a>(sent: &'a Sent, accepted: &'a str) -> &'a str {
    if sent.lang.is_empty() {
        accepted
    } else {
        &sent.lang
    }
}

fn draw(service: &Service, sent: &Sent, accepted: &str, drawn: &Drawn) -> Response {
    let language = service.0.texts.language(tags(sent, accepted));
    let caller = drawn.caller.as_ref();
    let view = View {
        now: now(service),
        support_url: service.0.config.support_url.as_deref(),
        outage_notice: service.0.config.outage_notice.read_in(language.tag),
        device: Device::Other,
        can_print: false,
    };
    let screen = drawn.login.screen(view);
    let next = Next::of(sent, &drawn.login);
    let mut hidden = vec![
        ("flow_token", sent.flow_token.as_str()),
        ("lang", language.tag),
        ("at", &next.at),
        ("sends", &drawn.sends),
    ];
    hidden.extend(next.typed);
    let is_box = |content: &Content<'_, Login>| matches!(content, Content::Checkbox { .. });
    if !screen.blocks.iter().any(|block| is_box(&block.content)) {
        hidden.push(("trust", &sent.trust));
    }
    let active = drawn.login.active();
    let frame = Frame {
        language,
        host: caller.map(|caller| &caller.host),
        hidden,
        names: Names {
            ways: active.map_or(&[], |signing| signing.opening.methods.as_slice()),
            ..Names::default()
        },
        complete_url: caller.and_then(|caller| caller.host.form_complete_url.as_deref()),
        again: next.again,
        site: caller.map(|caller| caller.flow.opened.origin.as_str()),
        awaited: drawn
            .login
            .awaited()
            .map_or(Channel::Sms, |sent| sent.channel),
        slip: active.map_or_else(String::new, |signing| slip(language, signing, view.now)),
        support_hours: service.0.config.support_hours.read_in(language.tag),
        // Somebody without a method sets it up next, and that needs scripts.
        warning: active
            .is_some_and(|signing| signing.is_temporary() && signing.opening.methods.is_empty())
            .then_some(Msg::ElsewhereTemporary),
        is_too_early: sent.press == "resend" && sent.sends == drawn.sends,
        result_code: drawn.result_code.as_deref(),
    };
    if matches!(drawn.login, Lifecycle::Completed) {
        return html::passed(&frame);
    }
    if caller.is_some_and(|caller| caller.flow.opened.purpose == Purpose::Enroll) {
        return html::elsewhere(&frame, view.support_url);
    }
    html::page(&frame, &screen)
}

/// What support needs to know of somebody who cannot get in: no code, and no number.
fn slip(language: &Language, signing: &SigningIn, now: Now) -> String {
    let opening = &signing.opening;
    let kinds = opening.methods.iter().map(|method| match method.kind {
        MethodKind::Totp => Msg::MethodTotpName,
        MethodKind::Sms => Msg::MethodSmsName,
        MethodKind::Voice => Msg::MethodVoiceName,
        MethodKind::Passkey => Msg::MethodPasskeyName,
    });
    let ways: Vec<_> = kinds.map(|name| language.text(name)).collect();
    language.say(Words::Long(
        Msg::LoginSummary,
        [
            Arg::Text("issuer", &opening.issuer),
            Arg::Text("account", &opening.account),
            Arg::Text("ways", &ways.join(" / ")),
            Arg::Number("count", opening.backup_codes_left.into()),
            Arg::Date("date", now),
        ],
    ))
}

/// What the next post has of this one.
struct Next<'a> {
    at: String,
    typed: Vec<(&'static str, &'a str)>,
    again: Again<'a>,
}

impl<'a> Next<'a> {
    fn of(sent: &'a Sent, login: &Login) -> Self {
        let backup = ("typed_backup", sent.typed_backup.as_str());
        let same = |typed, again| Self {
            at: sent.at.clone(),
            typed,
            again,
        };
        let signing = match login {
            // What could not be asked now is asked again, with all that was typed.
            Lifecycle::Loading | Lifecycle::Unavailable(_) => {
                return same(sent.typed(), Again::Press(&sent.press));
            }
            Lifecycle::Ended(_) | Lifecycle::Completed => return same(Vec::new(), Again::Site),
            Lifecycle::Active(signing) => signing,
        };
        match (&signing.step, Place::of(signing)) {
            // A result does not live as long as people read what stands here: it is asked for
            // once more.
            (LoginStep::LowBackupCodes(_), _) => same(vec![backup], Again::Site),
            (_, Some(place)) => Self {
                at: place.to_string(),
                typed: Vec::new(),
                again: Again::Site,
            },
            (_, None) => same(Vec::new(), Again::Site),
        }
    }
}

fn now(service: &Service) -> Now {
    nidan_otp::UnixSeconds(service.0.clock.now_s())
}

/// What the machine says of a login that cannot begin.
fn refused(service: &Service, refusal: &Refusal) -> Drawn {
    let error = RequestError::Refused(refusal.code);
    let (login, _nothing) = Login::loading().on(Event::NotOpened(error), now(service));
    Drawn {
        login,
        result_code: None,
        caller: None,
        sends: String::new(),
    }
}

async fn answer(
    service: &Service,
    headers: &HeaderMap,
    caller: FlowCaller,
    sent: &Sent,
    accepted: &str,
) -> Result<Drawn, Refusal> {
    caller.must_be(Purpose::Verify)?;
    is_from_its_page(service, headers, &caller)?;
    is_offered(&caller.host)?;
    judged(service, caller, sent, accepted).await
}

/// Plays the person's press on the present screen.
async fn judged(
    service: &Service,
    caller: FlowCaller,
    sent: &Sent,
    accepted: &str,
) -> Result<Drawn, Refusal> {
    let screen = Place::parse(&sent.at).map(|place| place.screen);
    let submitted = screen.filter(|_| sent.press == "submit");
    let state = caller.flow.state.clone();
    match state {
        FlowState::Open => {}
        // Its answer may have been lost on the way, or grown old.
        FlowState::Completed { .. } if submitted == Some(BookmarkedScreen::Code) => {
            let result_code = journey::again(service, &caller, sent).await?;
            return Ok(Drawn {
                login: Lifecycle::Completed,
                result_code: Some(result_code),
                caller: Some(caller),
                sends: String::new(),
            });
        }
        FlowState::Reported { .. } if submitted == Some(BookmarkedScreen::Report) => {}
        FlowState::Reported { .. } => return Err(ErrorCode::FlowReported.into()),
        FlowState::Completed { .. } | FlowState::Superseded => {
            return Err(ErrorCode::FlowConflict.into());
        }
    }
    let locale = service.0.texts.language(tags(sent, accepted)).tag;
    let mut journey = Journey::of(service, &caller, locale, sent).await?;
    journey.press(sent).await;
    let (login, result_code) = journey.end();
    let is_told = login
        .active()
        .is_some_and(|signing| matches!(signing.step, LoginStep::Reported(_)));
    // Whoever is not told of the report learns nothing else either.
    if matches!(state, FlowState::Reported { .. }) && !is_told {
        return Err(ErrorCode::FlowReported.into());
    }
    Ok(Drawn {
        sends: asker::sends(&asker::challenges_of(service, &caller).await?),
        login,
        result_code,
        caller: Some(caller),
    })
}

/// Posted by the host's page, or by this one.
fn is_from_its_page(
    service: &Service,
    headers: &HeaderMap,
    caller: &FlowCaller,
) -> Result<(), Refusal> {
    let from = headers
        .get(header::ORIGIN)
        .and_then(|origin| origin.to_str().ok());
    let own = Url::parse(&service.0.config.issuer)
        .map(|url| url.origin().ascii_serialization())
        .unwrap_or_default();
    if from.is_some_and(|from| from == caller.flow.opened.origin || from == own) {
        Ok(())
    } else {
        Err(ErrorCode::OriginMismatch.into())
    }
}

/// A result has to have somewhere to go.
fn is_offered(host: &Host) -> Result<(), Refusal> {
    if host.form_complete_url.is_some() {
        Ok(())
    } else {
        Err(ErrorCode::NotFound.into())
    }
}

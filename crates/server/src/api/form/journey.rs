//! One press of a person without scripts: the login as it stood on their page, what they did, and
//! what the service did about it.

use nidan_flow::{
    BookmarkedScreen, Effect, Event, Login, LoginAnswer, LoginBookmark, LoginEffect, LoginEvent,
    LoginInput, LoginMethod, LoginOpening, LoginRefusal, LostMethods, Machine as _, Presented,
    Reported, SigningIn, Verified,
};
use nidan_otp::{BackupCode, Code, UnixSeconds};
use nidan_protocol::{
    BACKUP_METHOD_ID, CallConfirmation, ChallengePost, ChallengeView, Channel, ErrorCode,
    MethodKind, VerificationPost,
};
use nidan_screens::{Content, Device, Input, Shows as _, View};

use super::place::Place;
use super::{Sent, html, now};
use crate::Service;
use crate::challenge;
use crate::refusal::Refusal;
use crate::use_cases::orders::ChallengeOrder;
use crate::use_cases::{
    FlowCaller, challenges, method_view, opening, orders, report, verification,
};
use nidan_store::Challenge;

/// How often codes were sent in this login. A page says how often that was when it was drawn, so
/// that a page that is posted again sends nothing again.
pub(super) fn sends(challenges: &[Challenge]) -> String {
    let all: u32 = challenges.iter().map(|one| one.sends).sum();
    all.to_string()
}

/// The result of a login that is through, for the same code in the same post. No screen of it is
/// left to press on: a method that asked for two codes asks for one again.
///
/// # Errors
/// As the service refuses any other post.
pub(super) async fn again(
    service: &Service,
    caller: &FlowCaller,
    sent: &Sent,
) -> Result<String, Refusal> {
    let digits = |typed: &str| {
        Code::from_typed(typed).map_or_else(|_| String::new(), |code| code.expose().to_owned())
    };
    let place = Place::parse(&sent.at).ok_or(ErrorCode::FlowConflict)?;
    let way = place.way;
    let code = if way == BACKUP_METHOD_ID {
        BackupCode::from_typed(&sent.typed_backup)
            .map_or_else(|_| String::new(), |code| code.expose().to_string())
    } else {
        digits(&sent.code)
    };
    let post = VerificationPost {
        method_id: way.to_owned(),
        code,
        second_code: (!sent.second_code.is_empty()).then(|| digits(&sent.second_code)),
        trust_browser: !sent.trust.is_empty(),
        lost_methods: place.lost_but_the_way(),
    };
    let answer = verification::verify(service, caller.clone(), post).await?;
    Ok(answer.result_code)
}

/// A login that is played from one page to the next.
pub(super) struct Journey<'a> {
    service: &'a Service,
    caller: &'a FlowCaller,
    locale: &'a str,
    login: Login,
    /// Whether the person's method is still there: nothing is pressed on a screen of another one.
    is_current: bool,
    /// Whether nothing was sent since the page was drawn.
    is_latest: bool,
    result_code: Option<String>,
}

impl<'a> Journey<'a> {
    /// The login as it stood on the page, or at its beginning.
    ///
    /// # Errors
    /// When the database does not take it now.
    pub(super) async fn of(
        service: &'a Service,
        caller: &'a FlowCaller,
        locale: &'a str,
        sent: &Sent,
    ) -> Result<Self, Refusal> {
        let mut opening = opening_of(service, caller).await?;
        let all = challenges_of(service, caller).await?;
        // Only the first page orders by itself: whoever opens a later one again did not ask for it.
        opening.auto_send &= sent.at.is_empty();
        let there = Place::parse(&sent.at)
            .and_then(|place| Some((place.sent, place.bookmark(&opening.methods)?)));
        let mut journey = Self {
            service,
            caller,
            locale,
            login: Login::loading(),
            is_current: there.is_some(),
            is_latest: sends(&all) == sent.sends,
            result_code: None,
        };
        let awaited = match there {
            Some((sent, _)) => all.iter().find(|one| Some(&*one.opened.id) == sent),
            // Whoever opens the page anew finds the code that is on its way, and gets no other.
            None => all.last().filter(|last| journey.is_on_its_way(last)),
        };
        let awaited = awaited.and_then(|sent| {
            let id = sent.opened.method_id.as_ref()?;
            let place = opening.methods.iter().position(|method| method.id == *id)?;
            Some((place, Box::new(challenge::view(sent))))
        });
        let opened_again = awaited.as_ref().map(|(place, _)| LoginBookmark {
            way: LoginMethod::Method(*place),
            screen: BookmarkedScreen::Code,
            times: 0,
            lost: LostMethods::default(),
        });
        match there.map(|(_, bookmark)| bookmark).or(opened_again) {
            Some(bookmark) => journey.login = Login::resumed(opening, bookmark, awaited),
            None => journey.send(Event::Opened(Box::new(opening))).await,
        }
        Ok(journey)
    }

    fn is_on_its_way(&self, sent: &Challenge) -> bool {
        sent.answered_at.is_none() && sent.opened.expires_at > now(self.service).0
    }

    /// What the person typed, and the button that they pressed, where it is still there.
    pub(super) async fn press(&mut self, sent: &Sent) {
        if !self.is_current {
            return;
        }
        let sends = sent.press.starts_with("send-") || sent.press == "resend";
        if sends && !self.is_latest {
            return;
        }
        for input in [
            LoginInput::Code(sent.code.clone()),
            LoginInput::SecondCode(sent.second_code.clone()),
            LoginInput::Backup(sent.typed_backup.clone()),
            LoginInput::Trust(!sent.trust.is_empty()),
        ] {
            self.send(Event::On(LoginEvent::Enter(input))).await;
        }
        if let Some(event) = self.event_of(&sent.press) {
            self.send(event).await;
        }
    }

    /// Its present state, and the result for the host.
    pub(super) fn end(self) -> (Login, Option<String>) {
        (self.login, self.result_code)
    }

    /// What a button of the screen does.
    fn event_of(&self, press: &str) -> Option<Event<SigningIn>> {
        let view = View {
            now: now(self.service),
            support_url: None,
            outage_notice: None,
            device: Device::Other,
            can_print: false,
        };
        let screen = self.login.screen(view);
        let active = self.login.active();
        let methods = active.map_or(&[][..], |signing| &signing.opening.methods);
        let pressed = screen
            .blocks
            .iter()
            .find_map(|block| match &block.content {
                Content::Button {
                    action,
                    is_disabled: false,
                    ..
                } if html::press_of(*action, block.index, methods) == press => {
                    Some((*action, block.index))
                }
                _other => None,
            })?;
        Some(Login::event(pressed.0, pressed.1, Input::None))
    }

    /// Tells the machine, and does what it asks for until it asks for nothing.
    async fn send(&mut self, event: Event<SigningIn>) {
        let mut next = Some(event);
        while let Some(event) = next.take() {
            let login = std::mem::replace(&mut self.login, Login::loading());
            let (login, effect) = login.on(event, now(self.service));
            self.login = login;
            match effect {
                Some(Effect::Do(effect)) => {
                    let answer = self.perform(effect).await;
                    next = answer.map(|answer| Event::On(LoginEvent::Answer(answer)));
                }
                Some(Effect::Complete(result_code)) => self.result_code = Some(result_code),
                // Another page does both.
                Some(Effect::Open | Effect::Restart) | None => {}
            }
        }
    }

    async fn perform(&self, effect: LoginEffect) -> Option<LoginAnswer> {
        match effect {
            LoginEffect::Order {
                method_id,
                channel,
                confirmation,
            } => Some(ordered(self.order(method_id, channel, confirmation).await)),
            LoginEffect::Resend(id) => Some(ordered(
                challenges::resend(self.service, self.caller, &id).await,
            )),
            LoginEffect::Verify {
                way,
                method_id,
                presented,
                trust,
                lost,
            } => {
                let (code, second_code) = texts(&presented);
                let post = VerificationPost {
                    method_id,
                    code,
                    second_code,
                    trust_browser: trust,
                    lost_methods: lost,
                };
                Some(self.verify(way, post).await)
            }
            LoginEffect::Report => Some(self.report().await),
            // The page that is drawn has it.
            LoginEffect::ShowHelp(_) => None,
        }
    }

    async fn order(
        &self,
        method_id: String,
        channel: Channel,
        call_confirmation: CallConfirmation,
    ) -> Result<ChallengeView, Refusal> {
        let post = ChallengePost {
            number: None,
            method_id: Some(method_id),
            country: None,
            shown: None,
            channel,
            locale: Some(self.locale.to_owned()),
            call_confirmation,
        };
        match orders::order(self.service, self.caller, post).await? {
            ChallengeOrder::New(view) | ChallengeOrder::OnItsWay(view) => Ok(view),
        }
    }

    async fn verify(&self, way: LoginMethod, post: VerificationPost) -> LoginAnswer {
        match verification::verify(self.service, self.caller.clone(), post).await {
            Ok(answer) => LoginAnswer::Verified(Box::new(Verified {
                result_code: answer.result_code,
                backup_codes_left: answer.backup_codes_left,
                answered_at: now(self.service),
            })),
            Err(refusal) => LoginAnswer::Refused(way, refused(&refusal)),
        }
    }

    async fn report(&self) -> LoginAnswer {
        match report::of_flow(self.service, self.caller.clone()).await {
            Ok(answer) => {
                let logins = answer.logins.into_iter();
                LoginAnswer::Reported(Box::new(Reported {
                    logins: logins
                        .map(|login| (UnixSeconds(login.at), login.client_description))
                        .collect(),
                    host_notified: answer.host_notified,
                    password_url: None,
                }))
            }
            Err(refusal) => LoginAnswer::NotReported(refused(&refusal)),
        }
    }
}

fn ordered(sent: Result<ChallengeView, Refusal>) -> LoginAnswer {
    match sent {
        Ok(view) => LoginAnswer::Ordered(Box::new(view)),
        Err(refusal) => LoginAnswer::NotOrdered(refused(&refusal)),
    }
}

fn refused(refusal: &Refusal) -> LoginRefusal {
    LoginRefusal::Service {
        code: refusal.code,
        retry_at: refusal.retry_at.map(UnixSeconds),
        attempts_left: refusal.attempts_left,
        times: 0,
        of_two: false,
    }
}

/// A code as it is posted, and the second one where there are two.
fn texts(presented: &Presented) -> (String, Option<String>) {
    match presented {
        Presented::Code(code) => (code.expose().to_owned(), None),
        Presented::Pair(code, second) => {
            (code.expose().to_owned(), Some(second.expose().to_owned()))
        }
        Presented::Backup(code) => (code.expose().to_string(), None),
    }
}

/// What the widget reads from the flow's first answer.
async fn opening_of(service: &Service, caller: &FlowCaller) -> Result<LoginOpening, Refusal> {
    let (flow, host) = (&caller.flow.opened, &caller.host);
    let now = service.0.clock.now_s();
    let store = &service.0.store;
    let subject = store.subject(&flow.host, &flow.subject, now).await?;
    let methods = subject.methods.iter();
    Ok(LoginOpening {
        issuer: host.name.clone(),
        account: flow.account_name.clone(),
        methods: methods
            .map(|method| method_view(method, host, subject.allowance, now))
            .collect(),
        best: opening::best(&subject, host, flow.purpose, now),
        backup_codes_left: subject.backup_codes_left,
        trust_days: host.trust_days,
        auto_send: host.auto_send,
        calls: service.0.config.methods(host).contains(&MethodKind::Voice),
        allow_unconfirmed_calls: host.allow_unconfirmed_calls,
        recovery_url: host.recovery_url.clone(),
        password_url: host.password_url.clone(),
        // Only a press does.
        submits_itself: false,
        typed: String::new(),
    })
}

/// All [challenges](Challenge) of the login, oldest first.
///
/// # Errors
/// When the database does not take it now.
pub(super) async fn challenges_of(
    service: &Service,
    caller: &FlowCaller,
) -> Result<Vec<Challenge>, Refusal> {
    Ok(service.0.store.challenges(&caller.flow.opened.id).await?)
}

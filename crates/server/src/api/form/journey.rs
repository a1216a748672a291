//! One press of a person without scripts: the login as it stood on their page, what they did, and
//! what the service did about it.

use nidan_flow::{
    BookmarkedScreen, Effect, Event, Login, LoginAnswer, LoginBookmark, LoginEffect, LoginEvent,
    LoginInput, LoginMethod, LostMethods, Machine as _, SigningIn, Verified,
};
use nidan_otp::{BackupCode, Code};
use nidan_protocol::{BACKUP_METHOD_ID, ErrorCode, TEMPORARY_METHOD_ID, VerificationPost};
use nidan_screens::{Device, View};

use super::asker::{Asker, challenges_of, opening_of, refused, sends, texts};
use super::place::Place;
use super::plain::{Names, pressed};
use super::{Sent, now};
use crate::Service;
use crate::challenge;
use crate::refusal::Refusal;
use crate::use_cases::{FlowCaller, verification};
use nidan_store::Challenge;

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
    let is_temporary = way == TEMPORARY_METHOD_ID;
    let code = if way == BACKUP_METHOD_ID || is_temporary {
        BackupCode::from_typed(&sent.typed_backup)
            .map_or_else(|_| String::new(), |code| code.expose().to_string())
    } else {
        digits(&sent.code)
    };
    let post = VerificationPost {
        method_id: way.to_owned(),
        code: Some(code),
        passkey: None,
        second_code: (!sent.second_code.is_empty()).then(|| digits(&sent.second_code)),
        trust_browser: !sent.trust.is_empty() && !is_temporary,
        lost_methods: if is_temporary {
            String::new()
        } else {
            place.lost_but_the_way()
        },
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
        let active = self.login.active();
        let names = Names {
            ways: active.map_or(&[], |signing| &signing.opening.methods),
            ..Names::default()
        };
        pressed(&self.login, view, names, press)
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
            } => Some(self.ask().order(method_id, channel, confirmation).await),
            LoginEffect::Resend(id) => Some(self.ask().resend(&id).await),
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
                    code: Some(code),
                    second_code,
                    passkey: None,
                    trust_browser: trust,
                    lost_methods: lost,
                };
                Some(self.verify(way, post).await)
            }
            LoginEffect::Report => Some(self.ask().report().await),
            // The page that is drawn has it; and none of these pages asks for a passkey, or another browser.
            LoginEffect::ShowHelp(_)
            | LoginEffect::AskForPasskey { .. }
            | LoginEffect::AskForApproval => None,
        }
    }

    const fn ask(&self) -> Asker<'_> {
        Asker {
            service: self.service,
            caller: self.caller,
            locale: self.locale,
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
}

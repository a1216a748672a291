//! What holds on every screen of a login, however it was reached.

use nidan_flow::{
    Effect, Event, Login, LoginAnswer, LoginEffect, LoginEvent, LoginMethod, LoginNav,
    LoginOpening, LoginPhone, LoginRefusal, LoginStep, Machine, Now, PhoneRefusal, Reported,
    RequestError, SigningIn, Verified, merge_passkeys,
};
use nidan_otp::UnixSeconds;
use nidan_protocol::{
    CallConfirmation, ChallengeView, Channel, ErrorCode, MethodKind, MethodState, MethodView,
};

use super::*;
use crate::testing::{are_shapes, have_headings_of_their_own};
use crate::walk::{Walk, Walked, reaches};
use crate::{Block, Device};

const CODES: [ErrorCode; 14] = [
    ErrorCode::CodeWrong,
    ErrorCode::CodeWrong,
    ErrorCode::CodeUsed,
    ErrorCode::CodeExpired,
    ErrorCode::TwoCodesNeeded,
    ErrorCode::MethodResting,
    ErrorCode::MethodSuspended,
    ErrorCode::ChallengeNotFound,
    ErrorCode::ResendTooSoon,
    ErrorCode::ResendsSpent,
    ErrorCode::SendBudgetSpent,
    ErrorCode::CountryNotAllowed,
    ErrorCode::Internal,
    ErrorCode::TooManyAttempts,
];

const PASSKEY_CODES: [ErrorCode; 7] = [
    ErrorCode::PasskeyWrong,
    ErrorCode::CeremonyUsed,
    ErrorCode::CeremonyExpired,
    ErrorCode::CeremonyUnknown,
    ErrorCode::MethodHeld,
    ErrorCode::Unavailable,
    ErrorCode::TooManyAttempts,
];

/// What the code of the host's support is refused for.
const TEMPORARY_CODES: [ErrorCode; 6] = [
    ErrorCode::CodeWrong,
    ErrorCode::CodeUsed,
    ErrorCode::CodeExpired,
    ErrorCode::MethodNotFound,
    ErrorCode::TooManyAttempts,
    ErrorCode::Unavailable,
];

const APPROVAL_CODES: [ErrorCode; 6] = [
    ErrorCode::CodeWrong,
    ErrorCode::CodeUsed,
    ErrorCode::CodeExpired,
    ErrorCode::ChallengeNotFound,
    ErrorCode::Unavailable,
    ErrorCode::TooManyAttempts,
];

const BACKUP_CODES: [ErrorCode; 4] = [
    ErrorCode::CodeWrong,
    ErrorCode::CodeUsed,
    ErrorCode::Unavailable,
    ErrorCode::TooManyAttempts,
];

impl Walked for Login {
    fn typed(walk: &mut Walk<Self>, _key: LoginKey) -> String {
        let typed = ["", "12", "123456", "654321", "0000000000000000", "K7QM"];
        walk.chance.one(&typed).to_owned()
    }

    fn orders(effect: &Effect<SigningIn>) -> Option<String> {
        match effect {
            Effect::Do(LoginEffect::Order { method_id, .. }) => Some(method_id.clone()),
            Effect::Do(LoginEffect::Resend(id)) => Some(id.clone()),
            Effect::Do(LoginEffect::AskForApproval) => Some("approval".to_owned()),
            _other => None,
        }
    }

    fn answer(walk: &mut Walk<Self>, effect: Effect<SigningIn>) -> Option<Event<SigningIn>> {
        walk.answer(effect)
    }
}

impl Walk<Login> {
    fn refusal(&mut self) -> PhoneRefusal {
        self.refusal_of(&CODES)
    }

    fn refusal_of(&mut self, codes: &[ErrorCode]) -> PhoneRefusal {
        if self.chance.below(6) == 0 {
            PhoneRefusal::Unreachable
        } else {
            let code = self.chance.one(codes);
            PhoneRefusal::Service {
                code,
                retry_at: self.chance.flip().then_some(UnixSeconds(self.now + 4_000)),
                attempts_left: (code == ErrorCode::CodeWrong).then(|| self.chance.one(&[0, 1, 4])),
            }
        }
    }

    fn answer(&mut self, effect: Effect<SigningIn>) -> Option<Event<SigningIn>> {
        let is_good = self.chance.below(3) > 0;
        let answer = match effect {
            Effect::Open if is_good => return Some(Event::Opened(Box::new(self.opening()))),
            Effect::Open => {
                return Some(Event::NotOpened(self.chance.one(&[
                    RequestError::Unreachable,
                    RequestError::Refused(ErrorCode::Internal),
                ])));
            }
            Effect::Restart | Effect::Complete(_) => return None,
            Effect::Do(LoginEffect::ShowHelp(_)) => return None,
            Effect::Do(LoginEffect::Order {
                channel,
                confirmation,
                ..
            }) if is_good => {
                let mut fresh = self.challenge(channel, confirmation);
                fresh.codes += u32::from(self.chance.below(4) == 0);
                LoginAnswer::Ordered(Box::new(fresh))
            }
            Effect::Do(LoginEffect::Resend(id)) if is_good => match self.again(&id) {
                Some(again) => LoginAnswer::Ordered(Box::new(again)),
                None => LoginAnswer::NotOrdered(self.refusal().into()),
            },
            Effect::Do(LoginEffect::Order { .. } | LoginEffect::Resend(_)) => {
                LoginAnswer::NotOrdered(self.refusal().into())
            }
            Effect::Do(
                LoginEffect::Verify {
                    method_id, lost, ..
                }
                | LoginEffect::AskForPasskey {
                    method_id, lost, ..
                },
            ) if lost.contains(&[&method_id, " "].concat()) => {
                panic!("what lets in is called lost")
            }
            Effect::Do(LoginEffect::Verify { .. } | LoginEffect::AskForPasskey { .. })
                if is_good && self.chance.below(4) == 0 =>
            {
                LoginAnswer::Verified(Box::new(Verified {
                    result_code: "r".to_owned(),
                    backup_codes_left: self.chance.one(&[0, 2, 9]),
                    answered_at: UnixSeconds(self.now),
                }))
            }
            Effect::Do(LoginEffect::AskForPasskey { way, .. }) => {
                let by_service = self.refusal_of(&PASSKEY_CODES).into();
                let refusal = self.chance.one(&[
                    LoginRefusal::Cancelled,
                    LoginRefusal::Browser,
                    LoginRefusal::Unreachable,
                    by_service,
                ]);
                LoginAnswer::Refused(way, refusal)
            }
            // Nothing that a phone or an app is refused for is said of a backup code.
            Effect::Do(LoginEffect::Verify { way, .. }) => {
                let refusal = match way {
                    LoginMethod::Method(_) => self.refusal(),
                    LoginMethod::Backup => self.refusal_of(&BACKUP_CODES),
                    LoginMethod::Temporary => self.refusal_of(&TEMPORARY_CODES),
                    LoginMethod::Approval => self.refusal_of(&APPROVAL_CODES),
                };
                LoginAnswer::Refused(way, refusal.into())
            }
            Effect::Do(LoginEffect::AskForApproval) if is_good => LoginAnswer::ApprovalAsked,
            Effect::Do(LoginEffect::AskForApproval) => {
                let codes = [ErrorCode::MethodNotOffered, ErrorCode::Unavailable];
                LoginAnswer::ApprovalNotAsked(self.refusal_of(&codes).into())
            }
            Effect::Do(LoginEffect::Report) if is_good => {
                LoginAnswer::Reported(Box::new(self.reported()))
            }
            Effect::Do(LoginEffect::Report) => LoginAnswer::NotReported(self.refusal().into()),
        };
        Some(Event::On(LoginEvent::Answer(answer)))
    }

    fn reported(&mut self) -> Reported {
        let login = (UnixSeconds(self.now - 60), Some("Chrome".to_owned()));
        Reported {
            logins: self.chance.flip().then_some(login).into_iter().collect(),
            host_notified: self.chance.flip(),
            password_url: None,
        }
    }

    fn opening(&mut self) -> LoginOpening {
        let states = [
            MethodState::Ready,
            MethodState::Ready,
            MethodState::TwoCodes,
            MethodState::Resting,
            MethodState::Suspended,
        ];
        let kinds = MethodKind::ALL;
        let mut methods: Vec<_> = (0..self.chance.below(4))
            .map(|place| MethodView {
                id: format!("m{place}"),
                kind: self.chance.one(kinds),
                name: self.chance.flip().then(|| "Work".to_owned()),
                hint: Some("78".to_owned()),
                created_at: 0,
                state: self.chance.one(&states),
                resting_until: self.chance.flip().then_some(self.now + 9_000),
            })
            .collect();
        // What cannot be guessed at neither rests nor is suspended.
        let keys = methods.iter_mut();
        for key in keys.filter(|method| !method.kind.class().has_codes()) {
            if key.state != MethodState::Held {
                key.state = MethodState::Ready;
            }
        }
        let url = || Some("https://shop.example/".to_owned());
        let mut best = methods.first().map(|method| method.id.clone());
        let passkeys = merge_passkeys(&mut methods, &mut best);
        // The service names nothing else then.
        let needs_passkey = passkeys > 0 && self.chance.below(4) == 0;
        if needs_passkey {
            methods.retain(|method| !method.kind.class().has_codes());
            best = methods.first().map(|method| method.id.clone());
        }
        let codes = self.chance.one(&[0, 1, 9]);
        LoginOpening {
            issuer: "Shop".to_owned(),
            account: "hanako@example.com".to_owned(),
            best,
            methods,
            passkeys,
            browser_has_passkeys: self.chance.below(4) > 0,
            needs_passkey,
            backup_codes_left: if needs_passkey { 0 } else { codes },
            temporary_code: !needs_passkey && self.chance.below(4) == 0,
            approval: !needs_passkey && self.chance.flip(),
            trust_days: self.chance.flip().then_some(30),
            auto_send: self.chance.flip(),
            calls: self.chance.flip(),
            allow_unconfirmed_calls: self.chance.flip(),
            recovery_url: self.chance.flip().then(url).flatten(),
            password_url: self.chance.flip().then(url).flatten(),
            submits_itself: self.chance.flip(),
            typed: String::new(),
        }
    }
}

fn find<'s, 'a>(screen: &'s LoginScreen<'a>, key: LoginKey) -> Option<&'s Content<'a, Login>> {
    let mut blocks = screen.blocks.iter();
    blocks
        .find(|block| block.key == key)
        .map(|block| &block.content)
}

fn words<'a>(screen: &LoginScreen<'a>, key: LoginKey) -> Option<Words<'a>> {
    match find(screen, key)? {
        Content::Text(words) => Some(*words),
        _other => None,
    }
}

/// Hint, reference, channel, digits and number of fields are those of the code that is awaited.
fn shows_what_is_awaited(login: &Login, screen: &LoginScreen<'_>, trace: &str) {
    let takes_codes = login
        .active()
        .and_then(SigningIn::method)
        .is_some_and(|method| matches!(method.state, MethodState::Ready | MethodState::TwoCodes));
    let Some(awaited) = login.awaited().filter(|_| takes_codes) else {
        assert!(words(screen, LoginKey::Sent).is_none(), "{trace}");
        return;
    };
    let (msg, args) = match words(screen, LoginKey::Sent) {
        Some(Words::Message(msg, args)) => (msg, args),
        _other => panic!("nothing says where it was sent, {trace}"),
    };
    let expected = match awaited.channel {
        Channel::Sms => Msg::PhoneSmsSent,
        Channel::Voice => Msg::PhoneVoiceSent,
    };
    assert_eq!(msg, expected, "{trace}");
    for (place, value) in [("hint", &awaited.hint), ("reference", &awaited.reference)] {
        let says =
            |arg: &Arg<'_>| matches!(arg, Arg::Text(at, text) if *at == place && text == value);
        assert!(args.iter().any(says), "{place} {trace}");
    }
    let digits = match words(screen, LoginKey::Digits) {
        Some(Words::Verbatim(digits)) => Some(digits),
        _other => None,
    };
    assert_eq!(digits, awaited.call_digits.as_deref(), "{trace}");
    let is_two = find(screen, LoginKey::SecondCode).is_some();
    assert_eq!(is_two, awaited.codes > 1, "{trace}");
}

/// A button that can be pressed, a form or a link: nobody is left where nothing can be done. While
/// the first answer is awaited, and when all is over, there is nothing to do.
fn leads_on(login: &Login, screen: &LoginScreen<'_>, trace: &str) {
    let can = |block: &Block<'_, Login>| match &block.content {
        Content::Button { is_disabled, .. } => !is_disabled,
        Content::Form(_) => true,
        Content::Link { .. } => block.key != LoginKey::SupportLink,
        _other => false,
    };
    let is_over = matches!(login, Login::Loading | Login::Completed);
    assert!(is_over || screen.blocks.iter().any(can), "{trace}");
}

/// Where nothing but a passkey will do, no screen speaks of another way or takes a code.
fn stays_with_the_passkey(login: &Login, screen: &LoginScreen<'_>, trace: &str) {
    const OTHER_WAYS: [Msg; 9] = [
        Msg::LoginAnother,
        Msg::LoginLost,
        Msg::LoginWayBackup,
        Msg::LoginBackupTitle,
        Msg::LoginTitle,
        Msg::LoginHeld,
        Msg::LoginSuspended,
        Msg::LoginNotNow,
        Msg::PasskeyBrowser,
    ];
    let Login::Active(signing) = login else {
        return;
    };
    // A report is refused here for whatever a code is refused for; the service does not do that.
    let is_reporting = matches!(signing.step, LoginStep::Report);
    if is_reporting || !signing.opening.needs_passkey {
        return;
    }
    let of_another = |words: Words<'_>| {
        let said = words.message();
        said.is_some_and(|(msg, _)| OTHER_WAYS.contains(&msg))
    };
    let mut said = crate::testing::texts(screen);
    assert!(!said.any(of_another), "{trace}");
    let takes_text = |block: &Block<'_, Login>| matches!(block.content, Content::Field { .. });
    assert!(!screen.blocks.iter().any(takes_text), "{trace}");
}

#[test]
fn every_screen_leads_on_and_shows_what_is_awaited() {
    let reached = reaches(60, |login, screen, _now, trace| {
        shows_what_is_awaited(login, screen, trace);
        leads_on(login, screen, trace);
        stays_with_the_passkey(login, screen, trace);
    });
    let all = [
        "approval",
        "backup",
        "code",
        "completed",
        "expired",
        "few",
        "lost",
        "passkey",
        "report",
        "reported",
        "temporary",
        "tries-spent",
        "unavailable",
        "ways",
        "which-lost",
    ];
    assert_eq!(reached, all);
    have_headings_of_their_own(&all);
}

#[test]
fn every_shape_is_a_depth_a_tag_and_attributes() {
    are_shapes(LoginKey::ALL);
}

#[test]
fn a_choice_names_the_method_at_its_place() {
    for index in [0, 7, u8::MAX] {
        let event = Login::event(LoginAction::Choose, index, Input::None);
        let Event::On(LoginEvent::Go(LoginNav::Choose(LoginMethod::Method(place)))) = event else {
            panic!("no choice");
        };
        assert_eq!(place, usize::from(index));
    }
}

/// The screens of a login whose first answer has come.
fn begun(change: impl FnOnce(&mut LoginOpening)) -> Login {
    let mut walk = Walk::<Login>::new(1);
    let mut opening = walk.opening();
    opening.methods.truncate(0);
    change(&mut opening);
    let (login, _) = Login::loading().on(Event::Opened(Box::new(opening)), NOW);
    login
}

const NOW: Now = UnixSeconds(1_800_000_000);
const VIEW: View<'static> = View {
    now: NOW,
    support_url: None,
    outage_notice: None,
    device: Device::Other,
    can_print: false,
};

fn ordered(fresh: ChallengeView) -> Event<SigningIn> {
    Event::On(LoginEvent::Answer(LoginAnswer::Ordered(Box::new(fresh))))
}

#[test]
fn a_call_after_a_text_shows_its_own_digits() {
    let login = begun(|opening| {
        opening.methods = vec![MethodView {
            id: "phone".to_owned(),
            kind: MethodKind::Sms,
            name: None,
            hint: Some("78".to_owned()),
            created_at: 0,
            state: MethodState::Ready,
            resting_until: None,
        }];
        opening.best = Some("phone".to_owned());
        opening.calls = true;
        opening.auto_send = true;
    });
    let mut walk = Walk::<Login>::new(1);
    let text = walk.challenge(Channel::Sms, CallConfirmation::Digits);
    let (login, _) = login.on(ordered(text), NOW);
    assert!(words(&login.screen(VIEW), LoginKey::Digits).is_none());
    let scope = login.screen(VIEW).scope;
    let mut call = walk.challenge(Channel::Voice, CallConfirmation::Digits);
    call.call_digits = Some("61".to_owned());
    let (login, _) = login.on(
        Event::On(LoginEvent::Phone(LoginPhone::Send(
            Channel::Voice,
            CallConfirmation::Digits,
        ))),
        NOW,
    );
    let (login, _) = login.on(ordered(call), NOW);
    let screen = login.screen(VIEW);
    let digits = words(&screen, LoginKey::Digits);
    assert!(matches!(digits, Some(Words::Verbatim("61"))));
    assert_ne!(screen.scope, scope, "the focus goes to the field");
    assert!(matches!(
        login.active().map(|signing| &signing.step),
        Some(LoginStep::Code { .. })
    ));
}

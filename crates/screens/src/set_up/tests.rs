//! What holds on every screen of a set-up, however it was reached.

use nidan_flow::{
    Effect, Enrolment, Event, Flow, Machine, Opening, PasskeyRefusal, PendingSecret, PhoneRefusal,
    RequestError, SetUpAnswer, SetUpEffect, SetUpEvent, Step,
};
use nidan_otp::{BackupCode, Label, UnixSeconds};
use nidan_protocol::{
    BackupGate, Channel, EnrolmentAnswer, EnrolmentDuty, ErrorCode, FlowOutcome, MethodKind,
    MethodState, MethodView, SetupKind,
};

use super::*;
use crate::testing::{agreement, are_shapes, have_headings_of_their_own, is_open, texts};
use crate::walk::{Walk, Walked, reaches};

const REGIONS: &str = include_str!("../../../../public/nidan/regions.txt");

const CODES: [ErrorCode; 16] = [
    ErrorCode::CodeWrong,
    ErrorCode::CodeExpired,
    ErrorCode::CodeUsed,
    ErrorCode::ChallengeNotFound,
    ErrorCode::TooManyAttempts,
    ErrorCode::PhoneTooShort,
    ErrorCode::PhoneNotSmsCapable,
    ErrorCode::PhoneKindRefused,
    ErrorCode::CountryNotAllowed,
    ErrorCode::SendBudgetSpent,
    ErrorCode::ResendTooSoon,
    ErrorCode::ResendsSpent,
    ErrorCode::MethodNotOffered,
    ErrorCode::Internal,
    ErrorCode::FlowExpired,
    ErrorCode::FlowConflict,
];

impl Walked for Flow {
    fn typed(walk: &mut Walk<Self>, key: SetUpKey) -> String {
        let (app, backup) = (app_code(walk.now), backup_code(&walk.machine));
        let typed: &[&str] = match key {
            SetUpKey::Code => &["", "12", "123456", &app],
            SetUpKey::Backup => &["K7QM", &backup],
            _a_phone => &[
                "",
                "090",
                "090-1234-5678",
                "03-1234-5678",
                "+82 10 1234 5678",
                "011 15-2345-6789",
            ],
        };
        walk.chance.one(typed).to_owned()
    }

    fn orders(effect: &Effect<Enrolment>) -> Option<String> {
        match effect {
            Effect::Do(SetUpEffect::Resend(id)) => Some(id.clone()),
            _other => None,
        }
    }

    fn answer(walk: &mut Walk<Self>, effect: Effect<Enrolment>) -> Option<Event<Enrolment>> {
        walk.answer(effect)
    }
}

impl Walk<Flow> {
    fn answer(&mut self, effect: Effect<Enrolment>) -> Option<Event<Enrolment>> {
        let is_good = self.chance.below(3) > 0;
        let effect = match effect {
            Effect::Open if is_good => {
                let opening = self.opening();
                let draft = PendingSecret::new(agreement(), &opening);
                return Some(Event::Opened(Box::new((opening, draft))));
            }
            Effect::Open => {
                return Some(match self.chance.below(3) {
                    0 => Event::NothingToDo,
                    1 => Event::NotOpened(RequestError::Unreachable),
                    _ => Event::NotOpened(RequestError::Refused(ErrorCode::Internal)),
                });
            }
            Effect::Complete(_) | Effect::Restart => return None,
            Effect::Do(SetUpEffect::Take(what)) => {
                return Some(Event::On(SetUpEvent::Copied(what, is_good)));
            }
            Effect::Do(effect) => effect,
        };
        let answer = self.service(effect, is_good)?;
        Some(Event::On(SetUpEvent::Answer(answer)))
    }

    fn service(&mut self, effect: SetUpEffect, is_good: bool) -> Option<SetUpAnswer> {
        Some(match effect {
            SetUpEffect::Leave | SetUpEffect::Take(_) | SetUpEffect::ShowHelp(..) => return None,
            SetUpEffect::Look => SetUpAnswer::Looked((!is_good).then(|| {
                self.chance.one(&[
                    RequestError::Unreachable,
                    RequestError::Refused(ErrorCode::FlowConflict),
                ])
            })),
            SetUpEffect::PutOff => SetUpAnswer::PutOff(match is_good {
                true => Ok("result".to_owned()),
                false => Err(self.chance.one(&[
                    RequestError::Unreachable,
                    RequestError::Refused(ErrorCode::PolicyForbids),
                    RequestError::Refused(ErrorCode::Internal),
                    RequestError::Refused(ErrorCode::FlowConflict),
                ])),
            }),
            SetUpEffect::Extend => SetUpAnswer::Extended(match is_good {
                true => Ok(self.now + self.chance.one(&[0, 600])),
                false => Err(self.chance.one(&[
                    RequestError::Unreachable,
                    RequestError::Refused(ErrorCode::Internal),
                    RequestError::Refused(ErrorCode::FlowConflict),
                ])),
            }),
            SetUpEffect::MakePasskey(_) if is_good => {
                let id = self.chance.below(1_000).to_string();
                SetUpAnswer::PasskeyMade(id, "Chrome, Windows".to_owned())
            }
            SetUpEffect::MakePasskey(_) => SetUpAnswer::PasskeyNotMade(self.chance.one(&[
                PasskeyRefusal::Cancelled,
                PasskeyRefusal::Known,
                PasskeyRefusal::Browser,
                PasskeyRefusal::Unreachable,
                PasskeyRefusal::Service(ErrorCode::PasskeyWrong),
                PasskeyRefusal::Service(ErrorCode::CeremonyExpired),
                PasskeyRefusal::Service(ErrorCode::FlowExpired),
            ])),
            SetUpEffect::LoadRegions => SetUpAnswer::Regions(is_good.then(|| REGIONS.to_owned())),
            SetUpEffect::Order { number, .. } if number.e164.is_empty() && is_good => {
                SetUpAnswer::ReadAs("+5491123456789".to_owned())
            }
            SetUpEffect::Order {
                channel,
                confirmation,
                ..
            } if is_good => SetUpAnswer::Ordered(Box::new(self.challenge(channel, confirmation))),
            SetUpEffect::Resend(id) if is_good => SetUpAnswer::Ordered(Box::new(self.again(&id)?)),
            SetUpEffect::Answer { challenge_id, .. } if is_good => {
                SetUpAnswer::Accepted(challenge_id)
            }
            SetUpEffect::Order { .. } | SetUpEffect::Resend(_) | SetUpEffect::Answer { .. } => {
                SetUpAnswer::NotOrdered(self.refusal())
            }
            SetUpEffect::Post(..) if is_good => SetUpAnswer::Stored(Box::new(answer())),
            SetUpEffect::Post(..) => SetUpAnswer::NotStored(self.chance.one(&[
                RequestError::Unreachable,
                RequestError::Refused(ErrorCode::Internal),
                RequestError::Refused(ErrorCode::CodeWrong),
            ])),
        })
    }

    fn refusal(&mut self) -> PhoneRefusal {
        if self.chance.below(6) == 0 {
            return PhoneRefusal::Unreachable;
        }
        let code = self.chance.one(&CODES);
        PhoneRefusal::Service {
            code,
            retry_at: self.chance.one(&[
                None,
                Some(UnixSeconds(self.now + 90)),
                Some(UnixSeconds(self.now + 9_000)),
            ]),
            attempts_left: (code == ErrorCode::CodeWrong).then(|| self.chance.one(&[0, 1, 4])),
        }
    }

    fn opening(&mut self) -> Opening {
        let gates = [BackupGate::Tick, BackupGate::TypeOne];
        let methods: &[MethodKind] = match self.chance.below(3) {
            0 => &[MethodKind::Totp],
            1 => &[MethodKind::Sms, MethodKind::Totp],
            _ => MethodKind::ALL,
        };
        let countries: &[&str] = self.chance.one(&[&["JP"], &["JP", "US", "KR"]]);
        // One person in three sets up one thing beside what there is.
        let adds = (self.chance.below(3) == 0).then(|| self.chance.one(&SetupKind::ALL));
        let only: Vec<_> = adds.and_then(SetupKind::method).into_iter().collect();
        Opening {
            issuer: Label::parse("二段").unwrap(),
            account: Label::parse("hanako@example.com").unwrap(),
            enrolment_id_text: "BwcHBwcHBwcHBwcHBwcHBw".to_owned(),
            backup_gate: self.chance.one(&gates),
            expires_at: UnixSeconds(self.now + 600),
            methods: adds.map_or_else(|| methods.to_vec(), |_| only),
            countries: countries.iter().map(|one| (*one).to_owned()).collect(),
            home: self.chance.one(&[None, Some("KR")]).map(str::to_owned),
            phone_url: self
                .chance
                .flip()
                .then(|| "https://shop.example/2sv".to_owned()),
            allow_unconfirmed_calls: self.chance.flip(),
            browser_has_passkeys: adds == Some(SetupKind::Passkey) || self.chance.below(4) > 0,
            duty: self.duty(),
            adds,
        }
    }

    fn duty(&mut self) -> Option<EnrolmentDuty> {
        self.chance.flip().then(|| EnrolmentDuty {
            required: true,
            deadline: self.chance.one(&[None, Some(self.now + 60)]),
            skips_left: self.chance.one(&[None, Some(1), Some(3)]),
            may_skip: self.chance.flip(),
        })
    }
}

fn app_code(now: u64) -> String {
    let (secret, _) = nidan_otp::derive(&agreement());
    let app = totp_rs::Builder::new().with_secret(totp_rs::Secret::new_stack(*secret.expose()));
    app.build().unwrap().generate(now).to_string()
}

fn backup_code(flow: &Flow) -> String {
    let first = |one: &Enrolment| {
        let codes = one.draft.backup_codes();
        codes.iter().next().map(BackupCode::expose_grouped)
    };
    flow.active()
        .and_then(first)
        .map(|code| code.to_string())
        .unwrap_or_default()
}

fn answer() -> EnrolmentAnswer {
    let method = |kind, hint: Option<&str>, name: Option<&str>| MethodView {
        id: "m".to_owned(),
        kind,
        name: name.map(str::to_owned),
        hint: hint.map(str::to_owned),
        created_at: 1_800_000_000,
        state: MethodState::Ready,
        resting_until: None,
    };
    EnrolmentAnswer {
        outcome: FlowOutcome::Enrolled,
        methods: vec![
            method(MethodKind::Totp, None, None),
            method(MethodKind::Sms, Some("78"), Some("Work")),
            method(MethodKind::Voice, Some("12"), None),
        ],
        backup_codes_left: 10,
        result_code: "r".to_owned(),
    }
}

fn content<'s, 'a>(screen: &'s Screen<'a, Flow>, key: SetUpKey) -> Option<&'s Content<'a, Flow>> {
    let mut blocks = screen.blocks.iter();
    blocks
        .find(|block| block.key == key)
        .map(|block| &block.content)
}

fn words<'a>(screen: &Screen<'a, Flow>, key: SetUpKey) -> Option<Words<'a>> {
    match content(screen, key)? {
        Content::Text(words) => Some(*words),
        _other => None,
    }
}

/// One thing that is set up beside what there is: nothing else is offered, and no more time.
fn sets_up_one_thing_only(flow: &Flow, screen: &Screen<'_, Flow>, trace: &str) {
    let Some(enrolment) = flow.active() else {
        return;
    };
    if enrolment.opening.adds.is_none() {
        return;
    }
    let is_of_all = matches!(
        enrolment.step,
        Step::Start | Step::OnPhone { .. } | Step::Method | Step::Another
    );
    assert!(!is_of_all, "{trace}");
    for key in [SetUpKey::Progress, SetUpKey::MoreTime, SetUpKey::NoApp] {
        assert!(content(screen, key).is_none(), "{key:?} {trace}");
    }
}

/// A button that can be pressed or a form. While an answer is awaited that nobody can hurry, and
/// when all is over, there is nothing to do.
fn leads_on(flow: &Flow, screen: &Screen<'_, Flow>, trace: &str) {
    let waits = match flow {
        Flow::Loading | Flow::Completed => true,
        Flow::Active(enrolment) => matches!(
            enrolment.step,
            Step::Posting {
                delivery: nidan_flow::Delivery::Sending { .. },
                ..
            }
        ),
        Flow::Unavailable(_) | Flow::Ended(_) => false,
    };
    assert!(waits || screen.blocks.iter().any(is_open), "{trace}");
}

/// Where the code went, by what it is known and what to press are those of the awaited code.
fn shows_what_is_awaited(flow: &Flow, screen: &Screen<'_, Flow>, trace: &str) {
    let Some(awaited) = flow.awaited() else {
        assert!(words(screen, SetUpKey::Sent).is_none(), "{trace}");
        return;
    };
    if screen.scope.is_some_and(|scope| scope.name == "phone-help") {
        return;
    }
    let (title, sent) = match awaited.channel {
        Channel::Sms => (Msg::PhoneSmsTitle, Msg::PhoneSmsSent),
        Channel::Voice => (Msg::PhoneVoiceTitle, Msg::PhoneVoiceSent),
    };
    let shown = words(screen, SetUpKey::Title).and_then(|words| Some(words.message()?.0));
    assert_eq!(shown, Some(title), "{trace}");
    let Some(Words::Message(msg, args)) = words(screen, SetUpKey::Sent) else {
        panic!("nothing says where it was sent, {trace}");
    };
    assert_eq!(msg, sent, "{trace}");
    for (place, value) in [("hint", &awaited.hint), ("reference", &awaited.reference)] {
        let says =
            |arg: &Arg<'_>| matches!(arg, Arg::Text(at, text) if *at == place && text == value);
        assert!(args.iter().any(says), "{place} {trace}");
    }
    let digits = match words(screen, SetUpKey::Digits) {
        Some(Words::Verbatim(digits)) => Some(digits),
        _other => None,
    };
    assert_eq!(digits, awaited.call_digits.as_deref(), "{trace}");
}

/// The key, the link's secret and the backup codes are in no words: only what is drawn once has
/// them.
fn keeps_secrets_out_of_words(flow: &Flow, screen: &Screen<'_, Flow>, trace: &str) {
    let Some(enrolment) = flow.active() else {
        return;
    };
    let key = enrolment.draft.key();
    let code = backup_code(flow);
    for words in texts(screen) {
        let args = words.message().map(|(_, args)| args).unwrap_or_default();
        let verbatim = match &words {
            Words::Verbatim(text) => *text,
            _other => "",
        };
        let texts = args.iter().map(|arg| match arg {
            Arg::Text(_, text) => *text,
            _other => "",
        });
        for text in texts.chain([verbatim]) {
            assert!(
                !text.contains(key.expose()) && !text.contains(&code),
                "{trace}"
            );
        }
    }
}

#[test]
fn every_screen_leads_on_and_shows_what_is_awaited() {
    let reached = reaches(80, |flow, screen, _now, trace| {
        shows_what_is_awaited(flow, screen, trace);
        leads_on(flow, screen, trace);
        sets_up_one_thing_only(flow, screen, trace);
        keeps_secrets_out_of_words(flow, screen, trace);
    });
    let all = [
        "add-account",
        "already-on",
        "another",
        "completed",
        "confirm",
        "done",
        "expired",
        "get-app",
        "method",
        "number",
        "on-phone",
        "passkey",
        "passkey-name",
        "phone-code",
        "phone-help",
        "posting",
        "save-codes",
        "start",
        "superseded",
        "to-phone",
        "unavailable",
    ];
    assert_eq!(reached, all);
    have_headings_of_their_own(&all);
}

#[test]
fn every_shape_is_a_depth_a_tag_and_attributes() {
    are_shapes(SetUpKey::ALL);
}

//! The state machine as tables: what a person does, and where it leads.

use std::sync::Arc;

use nidan_otp::{
    Agreement, ClientNonce, ClientShare, EnrolmentId, Label, PublicKey, SharedSecret, TIME_STEP_S,
    UnixSeconds, derive,
};
use nidan_protocol::{
    BackupGate, EnrolmentAnswer, ErrorCode, FlowOutcome, MethodKind, MethodState, MethodView,
};

use super::*;

const NOW: Now = UnixSeconds(1_800_000_000);

fn opening(backup_gate: BackupGate) -> Opening {
    Opening {
        issuer: Label::parse("二段").unwrap(),
        account: Label::parse("hanako@example.com").unwrap(),
        enrolment_id_text: "AAECAwQFBgcICQoLDA0ODw".to_owned(),
        backup_gate,
        expires_at: UnixSeconds(NOW.0 + 600),
        methods: vec![MethodKind::Totp],
        countries: vec![],
        home: None,
        phone_url: None,
        allow_unconfirmed_calls: false,
        browser_has_passkeys: true,
        duty: None,
        adds: None,
    }
}

/// What two sides agreed on that are not here.
pub(super) fn agreement(shared: u8) -> Agreement {
    Agreement {
        shared_secret: SharedSecret::new([shared; 32]),
        enrolment_id: EnrolmentId(std::array::from_fn(|i| i as u8)),
        server_public_key: PublicKey([4; 65]),
        client: ClientShare {
            public_key: PublicKey([5; 65]),
            nonce: ClientNonce::new(std::array::from_fn(|i| i as u8)).unwrap(),
        },
    }
}

/// The app's code at a time, from an implementation that the widget does not call.
fn app_code(now: Now) -> String {
    let (secret, _) = derive(&agreement(9));
    let app = totp_rs::Builder::new().with_secret(totp_rs::Secret::new_stack(*secret.expose()));
    app.build().unwrap().generate(now.0).to_string()
}

fn begun(backup_gate: BackupGate) -> Flow {
    let opening = opening(backup_gate);
    let draft = PendingSecret::new(agreement(9), &opening);
    Flow::Loading
        .on(Event::Opened(Box::new((opening, draft))), NOW)
        .0
}

pub(super) fn at(
    flow: Flow,
    events: impl IntoIterator<Item = Event<Enrolment>>,
) -> (Flow, Option<Effect<Enrolment>>) {
    events
        .into_iter()
        .fold((flow, None), |(flow, _), event| flow.on(event, NOW))
}

pub(super) fn go(to: SetUpNav) -> Event<Enrolment> {
    Event::On(SetUpEvent::Go(to))
}

pub(super) fn enter(input: SetUpInput) -> Event<Enrolment> {
    Event::On(SetUpEvent::Enter(input))
}

pub(super) fn phone(wish: PhoneWish) -> Event<Enrolment> {
    Event::On(SetUpEvent::Phone(wish))
}

pub(super) fn answered(answer: SetUpAnswer) -> Event<Enrolment> {
    Event::On(SetUpEvent::Answer(answer))
}

fn retry_at(flow: &Flow) -> Option<Now> {
    flow.retry().map(|(at, _)| at)
}

fn step(flow: &Flow) -> &Step {
    let Flow::Active(enrolment) = flow else {
        panic!("no enrolment: {flow:?}")
    };
    &enrolment.step
}

fn to_confirm(gate: BackupGate) -> Flow {
    at(
        begun(gate),
        [
            go(SetUpNav::Next),
            go(SetUpNav::Choose(MethodKind::Totp)),
            go(SetUpNav::Next),
            go(SetUpNav::Next),
        ],
    )
    .0
}

fn to_codes(gate: BackupGate) -> Flow {
    at(to_confirm(gate), [enter(SetUpInput::Code(app_code(NOW)))]).0
}

fn to_posting() -> (Flow, Option<Effect<Enrolment>>) {
    at(
        to_codes(BackupGate::Tick),
        [enter(SetUpInput::Saved(true)), go(SetUpNav::Next)],
    )
}

fn answer() -> Box<EnrolmentAnswer> {
    Box::new(EnrolmentAnswer {
        outcome: FlowOutcome::Enrolled,
        methods: vec![MethodView {
            id: "m".to_owned(),
            kind: MethodKind::Totp,
            name: None,
            hint: None,
            created_at: NOW.0,
            state: MethodState::Ready,
            resting_until: None,
        }],
        backup_codes_left: 10,
        result_code: "first".to_owned(),
    })
}

#[test]
fn each_step_leads_on_and_back() {
    let flow = begun(BackupGate::Tick);
    assert!(matches!(step(&flow), Step::Start));
    let (flow, _) = at(flow, [go(SetUpNav::Next)]);
    assert!(matches!(step(&flow), Step::Method));
    let (flow, _) = at(flow, [go(SetUpNav::Choose(MethodKind::Totp))]);
    assert!(matches!(step(&flow), Step::GetApp));
    let (flow, _) = at(flow, [go(SetUpNav::Next)]);
    assert!(matches!(step(&flow), Step::AddAccount));
    let (flow, _) = at(
        flow,
        [
            go(SetUpNav::Next),
            go(SetUpNav::Back),
            go(SetUpNav::Back),
            go(SetUpNav::Back),
            go(SetUpNav::Back),
            go(SetUpNav::Back),
        ],
    );
    assert!(
        matches!(step(&flow), Step::Start),
        "and back at the start stays there"
    );
}

#[test]
fn a_right_code_goes_on_by_itself_and_a_half_typed_one_is_no_mistake() {
    let flow = at(
        to_confirm(BackupGate::Tick),
        [enter(SetUpInput::Code("123".to_owned()))],
    )
    .0;
    assert!(matches!(step(&flow), Step::Confirm { refused: None }));
    let code = app_code(NOW);
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let flow = at(flow, [enter(SetUpInput::Code(spaced))]).0;
    assert!(matches!(step(&flow), Step::SaveCodes { refused: None }));
}

#[test]
fn what_is_wrong_with_a_code_is_told() {
    let refused = |typed: &str, events: Vec<Event<Enrolment>>| {
        let typed = enter(SetUpInput::Code(typed.to_owned()));
        let (flow, _) = at(
            to_confirm(BackupGate::Tick),
            std::iter::once(typed).chain(events),
        );
        match step(&flow) {
            Step::Confirm { refused } => *refused,
            _other => panic!("another step"),
        }
    };
    let submit = || vec![go(SetUpNav::Next)];
    assert_eq!(
        refused("12345", submit()),
        Some(CodeRefusal::Shape(nidan_otp::CodeError::Length {
            actual: 5
        }))
    );
    assert_eq!(
        refused("12345a", submit()),
        Some(CodeRefusal::Shape(nidan_otp::CodeError::NotDigits))
    );
    assert_eq!(
        refused("000000", vec![]),
        Some(CodeRefusal::Wrong { times: 1 })
    );
    assert_eq!(
        refused("000000", submit()),
        Some(CodeRefusal::Wrong { times: 1 }),
        "the same mistake once"
    );
    let second = vec![
        enter(SetUpInput::Code("00000".to_owned())),
        enter(SetUpInput::Code("000001".to_owned())),
    ];
    assert_eq!(
        refused("000000", second),
        Some(CodeRefusal::Wrong { times: 2 })
    );
    assert_eq!(
        refused("000000", vec![enter(SetUpInput::Code("00000".to_owned()))]),
        None,
        "gone while the next is typed"
    );
    assert_eq!(
        refused(&app_code(UnixSeconds(NOW.0 - 90)), vec![]),
        Some(CodeRefusal::Clock(-90))
    );
    assert_eq!(
        refused(&app_code(UnixSeconds(NOW.0 + 10 * TIME_STEP_S)), vec![]),
        Some(CodeRefusal::Clock(300))
    );
}

#[test]
fn going_back_keeps_what_was_typed() {
    let (flow, _) = at(
        to_codes(BackupGate::TypeOne),
        [
            enter(SetUpInput::Backup("K7QM".to_owned())),
            go(SetUpNav::Back),
        ],
    );
    assert!(matches!(step(&flow), Step::Confirm { refused: None }));
    let (flow, _) = at(flow, [enter(SetUpInput::Code(app_code(NOW)))]);
    let Flow::Active(enrolment) = &flow else {
        panic!()
    };
    assert_eq!(enrolment.typed_backup.as_str(), "K7QM");
}

#[test]
fn the_gate_opens_by_one_of_the_codes_or_by_the_tick() {
    let refusal = |gate: BackupGate, event: Event<Enrolment>| {
        let (flow, effect) = at(to_codes(gate), [event, go(SetUpNav::Next)]);
        match step(&flow) {
            Step::SaveCodes { refused } => *refused,
            Step::Posting { .. } => {
                assert!(matches!(effect, Some(Effect::Do(SetUpEffect::Post(..)))));
                None
            }
            _other => panic!("another step"),
        }
    };
    let typed = |text: &str| enter(SetUpInput::Backup(text.to_owned()));
    let opening = opening(BackupGate::TypeOne);
    let draft = PendingSecret::new(agreement(9), &opening);
    let codes: Vec<_> = draft
        .backup_codes()
        .iter()
        .map(|code| code.expose_grouped().to_string())
        .collect();
    let other = PendingSecret::new(agreement(8), &opening);
    let foreign = other
        .backup_codes()
        .iter()
        .next()
        .unwrap()
        .expose_grouped()
        .to_string();
    assert_eq!(refusal(BackupGate::TypeOne, typed(&codes[9])), None);
    assert_eq!(
        refusal(BackupGate::TypeOne, typed(&codes[0].to_lowercase())),
        None
    );
    assert_eq!(
        refusal(BackupGate::TypeOne, typed(&foreign)),
        Some(BackupRefusal::Other)
    );
    assert!(matches!(
        refusal(BackupGate::TypeOne, typed("K7QM")),
        Some(BackupRefusal::Typo(_))
    ));
    assert!(matches!(
        refusal(BackupGate::TypeOne, enter(SetUpInput::Saved(true))),
        Some(BackupRefusal::Typo(_))
    ));
    assert_eq!(
        refusal(BackupGate::Tick, enter(SetUpInput::Saved(true))),
        None
    );
    assert_eq!(
        refusal(BackupGate::Tick, enter(SetUpInput::Saved(false))),
        Some(BackupRefusal::NotTicked)
    );
}

#[test]
fn a_lost_post_is_tried_again_with_the_same_draft_and_proof() {
    let (flow, effect) = to_posting();
    let Some(Effect::Do(SetUpEffect::Post(draft, proof))) = effect else {
        panic!()
    };
    let (flow, effect) = at(
        flow,
        [answered(SetUpAnswer::NotStored(RequestError::Unreachable))],
    );
    assert!(effect.is_none());
    assert_eq!(retry_at(&flow), Some(UnixSeconds(NOW.0 + 2)));
    let (flow, effect) = at(flow, [Event::On(SetUpEvent::Retry)]);
    let Some(Effect::Do(SetUpEffect::Post(again, proof_again))) = effect else {
        panic!()
    };
    assert!(draft == again && Arc::ptr_eq(&proof, &proof_again));
    let (flow, _) = at(
        flow,
        [answered(SetUpAnswer::NotStored(RequestError::Refused(
            ErrorCode::Unavailable,
        )))],
    );
    assert_eq!(
        retry_at(&flow),
        Some(UnixSeconds(NOW.0 + 4)),
        "longer each time"
    );
    let (flow, effect) = at(flow, [Event::On(SetUpEvent::Retry)]);
    assert!(
        matches!(effect, Some(Effect::Do(SetUpEffect::Post(..)))),
        "or at once"
    );
    let (flow, effect) = at(flow, [Event::Again, Event::On(SetUpEvent::Retry)]);
    assert!(effect.is_none(), "never two at a time");
    assert!(matches!(
        step(&at(flow, [answered(SetUpAnswer::Stored(answer()))]).0),
        Step::Done { .. }
    ));
}

#[test]
fn each_refusal_of_the_final_post_leads_somewhere() {
    for code in ErrorCode::ALL {
        let (flow, _) = at(
            to_posting().0,
            [answered(SetUpAnswer::NotStored(RequestError::Refused(
                *code,
            )))],
        );
        let expected = match code {
            ErrorCode::CodeWrong => {
                matches!(flow, Flow::Active(_)) && matches!(step(&flow), Step::Confirm { .. })
            }
            code if code.status() >= 500 => retry_at(&flow).is_some(),
            _ => matches!(flow, Flow::Ended(_)),
        };
        assert!(expected, "{code:?} leads to {flow:?}");
    }
}

#[test]
fn the_result_is_handed_over_fresh() {
    let (flow, _) = at(to_posting().0, [answered(SetUpAnswer::Stored(answer()))]);
    let (done, effect) = flow.on(go(SetUpNav::Next), UnixSeconds(NOW.0 + 40));
    assert!(
        matches!((done, effect), (Flow::Completed, Some(Effect::Complete(code))) if code == "first")
    );
    let (flow, _) = at(to_posting().0, [answered(SetUpAnswer::Stored(answer()))]);
    let (flow, effect) = flow.on(go(SetUpNav::Next), UnixSeconds(NOW.0 + 41));
    assert!(
        matches!(effect, Some(Effect::Do(SetUpEffect::Post(..)))),
        "a stale one is asked for again"
    );
    let fresh = Box::new(EnrolmentAnswer {
        result_code: "second".to_owned(),
        ..*answer()
    });
    let (flow, effect) = at(
        flow,
        [answered(SetUpAnswer::NotStored(RequestError::Unreachable))],
    );
    assert!(
        effect.is_none()
            && matches!(
                step(&flow),
                Step::Done {
                    trouble: Some(_),
                    ..
                }
            ),
        "nothing stale is handed over"
    );
    let (flow, effect) = at(flow, [go(SetUpNav::Next)]);
    assert!(matches!(effect, Some(Effect::Do(SetUpEffect::Post(..)))));
    let (_, effect) = at(flow, [answered(SetUpAnswer::Stored(fresh))]);
    assert!(matches!(effect, Some(Effect::Complete(code)) if code == "second"));
}

#[test]
fn time_ends_what_is_not_stored_and_leaving_warns_while_something_can_be_lost() {
    assert!(matches!(
        at(begun(BackupGate::Tick), [Event::TimeUp]).0,
        Flow::Ended(EndReason::Expired)
    ));
    let (done, _) = at(
        to_posting().0,
        [answered(SetUpAnswer::Stored(answer())), Event::TimeUp],
    );
    assert!(matches!(step(&done), Step::Done { .. }));
    assert!(
        matches!(
            step(&at(to_posting().0, [Event::TimeUp]).0),
            Step::Posting { .. }
        ),
        "it may be stored by now"
    );
    assert!(!done.would_lose());
    assert!(!to_confirm(BackupGate::Tick).would_lose());
    assert!(to_codes(BackupGate::Tick).would_lose());
    assert!(to_posting().0.would_lose());
}

#[test]
fn the_start_has_a_way_on_for_every_trouble() {
    let not_opened = |trouble| Flow::Loading.on(Event::NotOpened(trouble), NOW).0;
    let flow = not_opened(RequestError::Unreachable);
    assert!(matches!(flow, Flow::Unavailable(RequestError::Unreachable)));
    assert!(matches!(
        at(flow, [Event::Again]),
        (Flow::Loading, Some(Effect::Open))
    ));
    let ended = |code| match not_opened(RequestError::Refused(code)) {
        Flow::Ended(ending) => Some(ending),
        _ => None,
    };
    assert_eq!(ended(ErrorCode::FlowExpired), Some(EndReason::Expired));
    assert_eq!(ended(ErrorCode::FlowConflict), Some(EndReason::Superseded));
    assert_eq!(
        ended(ErrorCode::OriginMismatch),
        Some(EndReason::Misconfigured)
    );
    assert_eq!(ended(ErrorCode::Internal), None);
    let (flow, _) = Flow::Loading.on(Event::NothingToDo, NOW);
    assert!(matches!(flow, Flow::Ended(EndReason::AlreadyOn)));
    let again = Flow::Ended(EndReason::Expired).on(Event::Again, NOW).1;
    assert!(matches!(again, Some(Effect::Restart)));
}

#[test]
fn the_code_is_small_again_when_the_person_comes_back() {
    let (flow, _) = at(
        begun(BackupGate::Tick),
        [
            go(SetUpNav::Next),
            go(SetUpNav::Choose(MethodKind::Totp)),
            go(SetUpNav::Next),
            go(SetUpNav::Enlarge),
        ],
    );
    assert!(flow.active().unwrap().is_enlarged);
    let (flow, _) = at(flow, [go(SetUpNav::Next), go(SetUpNav::Back)]);
    assert!(matches!(step(&flow), Step::AddAccount));
    assert!(!flow.active().unwrap().is_enlarged);
}

#[test]
fn a_code_with_many_modules_is_large_at_once() {
    for (account, is_large) in [
        ("hanako@example.com".to_owned(), false),
        ("花".repeat(64), true),
    ] {
        let opening = Opening {
            account: Label::parse(&account).unwrap(),
            ..opening(BackupGate::Tick)
        };
        let draft = PendingSecret::new(agreement(9), &opening);
        let opened = Event::Opened(Box::new((opening, draft)));
        let choose = SetUpNav::Choose(MethodKind::Totp);
        let events = [opened, go(SetUpNav::Next), go(choose), go(SetUpNav::Next)];
        let (flow, _) = at(Flow::Loading, events);
        assert_eq!(flow.active().unwrap().is_enlarged, is_large, "{account}");
    }
}

fn end(flow: &Flow) -> u64 {
    flow.active().unwrap().opening.expires_at.0
}

#[test]
fn a_set_up_that_is_used_asks_for_more_time_by_itself() {
    let flow = begun(BackupGate::Tick);
    assert!(flow.retry().is_none(), "nobody has done anything");
    let (flow, _) = at(flow, [Event::On(SetUpEvent::Go(SetUpNav::Next))]);
    let (due, event) = flow.retry().expect("it is used");
    assert_eq!(due.0, end(&flow) - 300);
    let (flow, effect) = at(flow, [event]);
    assert!(matches!(effect, Some(Effect::Do(SetUpEffect::Extend))));
    assert!(flow.retry().is_none(), "asked already");
    let extended = |end| Event::On(SetUpEvent::Answer(SetUpAnswer::Extended(end)));
    let later = NOW.0 + 900;
    let (flow, _) = at(flow, [extended(Ok(later))]);
    assert_eq!(end(&flow), later);
    assert!(flow.retry().is_none(), "not used since");

    let (flow, effect) = at(flow, [Event::On(SetUpEvent::Extend)]);
    assert!(
        matches!(effect, Some(Effect::Do(SetUpEffect::Extend))),
        "a press asks at once"
    );
    let (flow, effect) = at(flow, [Event::On(SetUpEvent::Extend)]);
    assert!(effect.is_none(), "once");
    let (flow, _) = at(flow, [extended(Err(RequestError::Unreachable))]);
    let refused = extended(Err(RequestError::Refused(ErrorCode::FlowConflict)));
    let (asked, _) = at(begun(BackupGate::Tick), [Event::On(SetUpEvent::Extend)]);
    let (elsewhere, _) = at(asked, [refused]);
    assert!(elsewhere.active().is_none(), "it went on in another window");
    let (again, event) = flow.retry().expect("nobody answered: it is asked again");
    assert_eq!(again.0, NOW.0 + 10);
    let (flow, effect) = at(flow, [event]);
    assert!(effect.is_some(), "no answer is no refusal");
    let (flow, effect) = at(flow, [extended(Ok(later)), Event::On(SetUpEvent::Extend)]);
    assert!(effect.is_none(), "it has lived as long as any may");
    assert!(!flow.active().unwrap().can_extend());
}

#[test]
fn what_is_said_of_a_copy_is_said_on_its_own_screen() {
    let copied = || Event::On(SetUpEvent::Copied(Keepsake::CopyOfKey, true));
    let to_key = [
        go(SetUpNav::Next),
        go(SetUpNav::Choose(MethodKind::Totp)),
        go(SetUpNav::Next),
    ];
    let (flow, _) = at(begun(BackupGate::Tick), to_key);
    let (flow, _) = at(flow, [copied()]);
    let said = |flow: &Flow| flow.active().and_then(|enrolment| enrolment.copied);
    assert_eq!(said(&flow), Some(true));
    let (flow, _) = at(flow, [go(SetUpNav::Back)]);
    assert_eq!(said(&flow), None);
    let (flow, _) = at(flow, [copied()]);
    assert_eq!(
        said(&flow),
        None,
        "the clipboard asked, and the person went on"
    );
}

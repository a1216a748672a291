//! What holds on every screen of the page on which logins are approved, however it was reached.

use nidan_flow::{
    ApproveAnswer, ApproveEffect, ApproveEvent, ApproveOpening, Effect, Machine, Reported,
    RequestError,
};
use nidan_protocol::ErrorCode;

use super::*;
use crate::testing::{have_headings_of_their_own, is_open, texts};
use crate::walk::{Walk, Walked, reaches};

impl Walked for Approve {
    fn typed(_walk: &mut Walk<Self>, _key: LoginKey) -> String {
        String::new()
    }

    fn orders(effect: &Effect<Approving>) -> Option<String> {
        match effect {
            Effect::Do(ApproveEffect::Look) => Some("look".to_owned()),
            _other => None,
        }
    }

    fn answer(walk: &mut Walk<Self>, effect: Effect<Approving>) -> Option<Event<Approving>> {
        let is_good = walk.chance.below(4) > 0;
        let answer = match effect {
            Effect::Open if is_good => {
                return Some(Event::Opened(Box::new(opening())));
            }
            Effect::Open => {
                return Some(Event::NotOpened(walk.chance.one(&[
                    RequestError::Unreachable,
                    RequestError::Refused(ErrorCode::Internal),
                ])));
            }
            Effect::Restart | Effect::Complete(_) => return None,
            Effect::Do(ApproveEffect::Look) if is_good => ApproveAnswer::Logins(walk.logins()),
            // Somebody else has reported, or this person has and did not hear of it.
            Effect::Do(ApproveEffect::Look) if walk.chance.below(12) == 0 => {
                let reported = RequestError::Refused(ErrorCode::FlowReported);
                ApproveAnswer::NotLooked(reported)
            }
            Effect::Do(ApproveEffect::Look) => ApproveAnswer::NotLooked(walk.trouble()),
            Effect::Do(ApproveEffect::Show(id)) if is_good => {
                let code = ShownCode {
                    code: code_of(&id),
                    expires_at: walk.now + 300,
                };
                ApproveAnswer::Shown(id, code)
            }
            Effect::Do(ApproveEffect::Show(id)) => {
                let error = walk.trouble();
                ApproveAnswer::NotShown(id, error)
            }
            Effect::Do(ApproveEffect::Report) if is_good => {
                ApproveAnswer::Reported(Box::new(Reported {
                    logins: Vec::new(),
                    host_notified: walk.chance.flip(),
                    password_url: None,
                }))
            }
            Effect::Do(ApproveEffect::Report) => ApproveAnswer::NotReported(walk.trouble()),
        };
        Some(Event::On(ApproveEvent::Answer(answer)))
    }
}

fn opening() -> ApproveOpening {
    ApproveOpening {
        issuer: "Shop".to_owned(),
        password_url: Some("https://shop.example/password".to_owned()),
    }
}

/// Each login has a code of its own.
fn code_of(id: &str) -> String {
    format!("{id:0>6}")
}

impl Walk<Approve> {
    fn trouble(&mut self) -> RequestError {
        self.chance.one(&[
            RequestError::Unreachable,
            RequestError::Refused(ErrorCode::Internal),
            RequestError::Refused(ErrorCode::ChallengeNotFound),
            RequestError::Refused(ErrorCode::CodeUsed),
        ])
    }

    /// Up to three logins of the last minutes, in any state; they come and go.
    fn logins(&mut self) -> Vec<WaitingLogin> {
        let mut logins = Vec::new();
        for id in ["1", "2", "3"] {
            if self.chance.flip() {
                logins.push(WaitingLogin {
                    id: id.to_owned(),
                    asked_at: self.now - 20,
                    expires_at: self.now + 280,
                    client_description: self.chance.flip().then(|| format!("Browser {id}")),
                    state: self.chance.one(&[
                        ApprovalState::Waiting,
                        ApprovalState::Waiting,
                        ApprovalState::Shown,
                        ApprovalState::Answered,
                    ]),
                });
            }
        }
        logins
    }
}

/// A code is shown beside the login that it is of, while that one waits, and nowhere else; and "It is not
/// me" stands wherever somebody asks.
fn holds(approve: &Approve, screen: &Screen<'_, Approve>, now: Now, trace: &str) {
    let digits = texts(screen).find_map(|words| match words {
        Words::Verbatim(text) if text.len() == 6 => Some(text.to_owned()),
        _other => None,
    });
    let says = |msg: Msg| texts(screen).any(|words| words.message().is_some_and(|it| it.0 == msg));
    let Approve::Active(approving) = approve else {
        assert_eq!(digits, None, "{trace}");
        return;
    };
    let open = |action| {
        let mut blocks = screen.blocks.iter();
        blocks.any(|block| is_open(block) && block.content.action() == Some(action))
    };
    match &approving.step {
        ApproveStep::Code { place, .. } => {
            let seen = &approving.seen()[*place];
            let expected = Some(code_of(&seen.login.id));
            assert!(digits.is_none() || digits == expected, "{trace}");
            let (report, back) = (open(ApproveAction::Report), open(ApproveAction::Back));
            assert!(report && back, "{trace}");
            let is_done = says(Msg::ApproveOverTitle) || says(Msg::ApproveDone);
            assert_eq!(is_done, !seen.waits(now), "{trace}");
            assert!(digits.is_none() || !is_done, "{trace}");
            assert_eq!(digits.is_some(), says(Msg::ApproveSecret), "{trace}");
        }
        ApproveStep::Logins => {
            assert_eq!(digits, None, "{trace}");
            let asks = approving.has_waiting(now);
            assert_eq!(open(ApproveAction::Show), asks, "{trace}");
            assert_eq!(open(ApproveAction::Report), asks, "{trace}");
            assert_eq!(says(Msg::ApproveOnly), asks, "{trace}");
        }
        ApproveStep::Report | ApproveStep::Reported(_) => assert_eq!(digits, None, "{trace}"),
    }
}

#[test]
fn every_screen_leads_on_and_shows_a_code_beside_its_login_alone() {
    let reached = reaches::<Approve>(60, holds);
    let all = [
        "answered",
        "code",
        "expired",
        "none",
        "over",
        "report",
        "reported",
        "unavailable",
        "waiting",
    ];
    assert_eq!(reached, all);
    have_headings_of_their_own(&all);
}

fn login(id: &str, state: ApprovalState) -> WaitingLogin {
    WaitingLogin {
        id: id.to_owned(),
        asked_at: 1,
        expires_at: 400,
        client_description: None,
        state,
    }
}

/// A press means the login that stood there when it was drawn, whatever has come since.
#[test]
fn a_press_means_the_login_that_stands_there() {
    let now = UnixSeconds(100);
    let (approve, _) = Approve::loading().on(Event::Opened(Box::new(opening())), now);
    let told = |logins| Event::On(ApproveEvent::Answer(ApproveAnswer::Logins(logins)));
    let (through, own) = (
        login("through", ApprovalState::Answered),
        login("own", ApprovalState::Waiting),
    );
    // The newest comes first from the service.
    let (approve, _) = approve.on(told(vec![own.clone(), through]), now);
    let screen = approve.screen(VIEW);
    let mut blocks = screen.blocks.iter();
    let way = blocks
        .find(|block| block.key == LoginKey::Way)
        .unwrap()
        .index;
    drop(screen);
    let thief = login("thief", ApprovalState::Waiting);
    let (approve, _) = approve.on(told(vec![thief, own]), now);
    let press = Approve::event(ApproveAction::Show, way, Input::None);
    let (_, effect) = approve.on(press, now);
    let Some(Effect::Do(ApproveEffect::Show(id))) = effect else {
        panic!("nothing is asked for");
    };
    assert_eq!(id, "own");
}

const VIEW: View<'static> = View {
    now: UnixSeconds(100),
    support_url: None,
    outage_notice: None,
    device: crate::Device::Other,
    can_print: false,
};

//! What holds on every screen of the page on which logins are approved, however it was reached.

use nidan_flow::{
    ApproveAnswer, ApproveEffect, ApproveOpening, Effect, Machine, Reported, RequestError,
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
                let issuer = "Shop".to_owned();
                return Some(Event::Opened(Box::new(ApproveOpening { issuer })));
            }
            Effect::Open => {
                return Some(Event::NotOpened(walk.chance.one(&[
                    RequestError::Unreachable,
                    RequestError::Refused(ErrorCode::Internal),
                ])));
            }
            Effect::Restart | Effect::Complete(_) => return None,
            Effect::Do(ApproveEffect::Look) if is_good => ApproveAnswer::Logins(walk.logins()),
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
        Some(Event::On(nidan_flow::ApproveEvent::Answer(answer)))
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
fn holds(approve: &Approve, screen: &Screen<'_, Approve>, trace: &str) {
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
        ApproveStep::Code { login, .. } => {
            let expected = Some(code_of(&login.id));
            assert!(digits.is_none() || digits == expected, "{trace}");
            assert!(
                open(ApproveAction::Report) && open(ApproveAction::Back),
                "{trace}"
            );
            let is_over = says(Msg::ApproveOverTitle) || says(Msg::ApproveDone);
            assert!(digits.is_none() || !is_over, "{trace}");
            assert_eq!(digits.is_some(), says(Msg::ApproveSecret), "{trace}");
        }
        ApproveStep::Logins => {
            assert_eq!(digits, None, "{trace}");
            let asks = approving.waiting().next().is_some();
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

/// A press means the login at its place among those that wait, not among all.
#[test]
fn a_press_means_the_login_that_stands_there() {
    let login = |id: &str, state| WaitingLogin {
        id: id.to_owned(),
        asked_at: 1,
        expires_at: 400,
        client_description: None,
        state,
    };
    let opening = ApproveOpening {
        issuer: "Shop".to_owned(),
    };
    let now = UnixSeconds(100);
    let (approve, _) = Approve::loading().on(Event::Opened(Box::new(opening)), now);
    let logins = vec![
        login("through", ApprovalState::Answered),
        login("first", ApprovalState::Waiting),
        login("second", ApprovalState::Shown),
    ];
    let told = nidan_flow::ApproveEvent::Answer(ApproveAnswer::Logins(logins));
    let (approve, _) = approve.on(Event::On(told), now);
    let press = Approve::event(ApproveAction::Show, 1, Input::None);
    let (_, effect) = approve.on(press, now);
    let Some(Effect::Do(ApproveEffect::Show(id))) = effect else {
        panic!("nothing is asked for");
    };
    assert_eq!(id, "second");
}

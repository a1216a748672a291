//! Approving logins: what a late answer changes, and what a report ends.

#![allow(clippy::unwrap_used, reason = "tests")]

use nidan_otp::UnixSeconds;
use nidan_protocol::{ApprovalState, ErrorCode, ShownCode, WaitingLogin};

use super::*;
use crate::{Effect, Event, Machine};

const NOW: Now = UnixSeconds(1_000);

fn login(id: &str) -> WaitingLogin {
    WaitingLogin {
        id: id.to_owned(),
        asked_at: NOW.0,
        expires_at: NOW.0 + 300,
        client_description: None,
        state: ApprovalState::Waiting,
    }
}

fn answer(approve: Approve, answer: ApproveAnswer) -> (Approve, Option<Effect<Approving>>) {
    approve.on(Event::On(ApproveEvent::Answer(answer)), NOW)
}

fn go(approve: Approve, to: ApproveNav) -> (Approve, Option<Effect<Approving>>) {
    approve.on(Event::On(ApproveEvent::Go(to)), NOW)
}

/// The page, with these logins told, the newest first.
fn told(logins: Vec<WaitingLogin>) -> Approve {
    let opening = ApproveOpening {
        issuer: "Shop".to_owned(),
        password_url: Some("https://shop.example/password".to_owned()),
    };
    let (approve, _) = Approve::loading().on(Event::Opened(Box::new(opening)), NOW);
    answer(approve, ApproveAnswer::Logins(logins)).0
}

fn shown(id: &str) -> ApproveAnswer {
    let code = ShownCode {
        code: "123456".to_owned(),
        expires_at: NOW.0 + 300,
    };
    ApproveAnswer::Shown(id.to_owned(), code)
}

const FLOW_REPORTED: RequestError = RequestError::Refused(ErrorCode::FlowReported);

#[test]
fn a_code_of_another_login_is_not_shown() {
    let (approve, _) = go(told(vec![login("b"), login("a")]), ApproveNav::Show(1));
    let (approve, _) = answer(approve, shown("a"));
    assert!(matches!(
        approve.active().unwrap().step,
        ApproveStep::Code {
            place: 1,
            code: None
        }
    ));
    let (approve, _) = answer(approve, shown("b"));
    let step = &approve.active().unwrap().step;
    assert!(matches!(step, ApproveStep::Code { code: Some(_), .. }));
}

#[test]
fn what_waits_takes_the_place_of_what_is_done() {
    let (approve, _) = go(told(vec![login("a")]), ApproveNav::Show(0));
    let (approve, _) = answer(approve, shown("a"));
    let (approve, _) = answer(approve, ApproveAnswer::Logins(vec![]));
    assert_eq!(
        format!("{approve:?}"),
        "Code",
        "nothing else waits: it says so"
    );
    let (approve, _) = answer(approve, ApproveAnswer::Logins(vec![login("b")]));
    assert_eq!(format!("{approve:?}"), "Logins");
    let seen = approve.active().unwrap().seen();
    assert!(!seen[0].waits(NOW) && seen[1].waits(NOW));
}

#[test]
fn what_was_typed_elsewhere_is_called_through() {
    let (approve, _) = go(told(vec![login("a")]), ApproveNav::Show(0));
    let used = RequestError::Refused(ErrorCode::CodeUsed);
    let (approve, _) = answer(approve, ApproveAnswer::NotShown("a".to_owned(), used));
    let seen = approve.active().unwrap().seen();
    assert_eq!(seen[0].state(NOW), Some(ApprovalState::Answered));
}

#[test]
fn a_code_is_over_when_its_time_is_though_nobody_answers() {
    let approve = told(vec![login("a")]);
    let seen = &approve.active().unwrap().seen()[0];
    assert!(seen.waits(UnixSeconds(NOW.0 + 299)));
    assert_eq!(seen.state(UnixSeconds(NOW.0 + 300)), None);
}

/// A page that asks every three seconds hears that its own report is in before the report's answer comes.
#[test]
fn its_own_report_does_not_end_the_page() {
    let (approve, _) = go(told(vec![login("a")]), ApproveNav::Report);
    let (approve, sent) = go(approve, ApproveNav::Send);
    assert!(matches!(sent, Some(Effect::Do(ApproveEffect::Report))));
    assert!(approve.retry().is_none(), "it does not look meanwhile");
    let (approve, _) = answer(approve, ApproveAnswer::NotLooked(FLOW_REPORTED));
    let (approve, _) = approve.on(Event::TimeUp, NOW);
    let reported = Reported {
        logins: Vec::new(),
        host_notified: true,
        password_url: None,
    };
    let (approve, _) = answer(approve, ApproveAnswer::Reported(Box::new(reported)));
    let ApproveStep::Reported(reported) = &approve.active().unwrap().step else {
        panic!("it is not told");
    };
    assert!(reported.password_url.is_some());
}

#[test]
fn a_report_whose_answer_was_lost_is_asked_for_again_and_one_of_somebody_else_ends_the_page() {
    let (approve, _) = go(told(vec![login("a")]), ApproveNav::Report);
    let (approve, _) = go(approve, ApproveNav::Send);
    let lost = ApproveAnswer::NotReported(RequestError::Unreachable);
    let (approve, _) = answer(approve, lost);
    let (_, again) = answer(approve, ApproveAnswer::NotLooked(FLOW_REPORTED));
    assert!(matches!(again, Some(Effect::Do(ApproveEffect::Report))));
    let (approve, _) = answer(told(vec![]), ApproveAnswer::NotLooked(FLOW_REPORTED));
    assert!(matches!(approve, Approve::Ended(EndReason::Reported)));
}

#[test]
fn a_report_is_sent_once_whoever_goes_back_and_forth() {
    let (approve, _) = go(told(vec![login("a")]), ApproveNav::Report);
    let (approve, _) = go(approve, ApproveNav::Send);
    let (approve, _) = go(approve, ApproveNav::Back);
    let (approve, _) = go(approve, ApproveNav::Report);
    let (_, again) = go(approve, ApproveNav::Send);
    assert!(again.is_none());
}

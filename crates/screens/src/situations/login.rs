//! People who sign in.

use nidan_flow::{
    Effect, EndReason, Event, Login, LoginAnswer, LoginEffect, LoginEvent, LoginOpening,
    LoginRefusal, Machine as _, Reported, RequestError, SigningIn, Verified, merge_passkeys,
};
use nidan_protocol::{
    CallConfirmation, Channel, DeliveryState, ErrorCode, MethodKind, MethodState,
};

use super::{NOW, Person, READY, Served, challenge};
use crate::messages::Msg;

impl Served for Login {
    fn yes(effect: Effect<SigningIn>) -> Option<Event<SigningIn>> {
        let answer = match effect {
            Effect::Open | Effect::Restart | Effect::Complete(_) => return None,
            Effect::Do(effect) => match effect {
                LoginEffect::Order {
                    channel,
                    confirmation,
                    ..
                } => LoginAnswer::Ordered(Box::new(challenge(channel, confirmation))),
                LoginEffect::Resend(_) => {
                    let again = challenge(Channel::Sms, CallConfirmation::Digits);
                    LoginAnswer::Ordered(Box::new(again))
                }
                LoginEffect::Verify { .. } | LoginEffect::AskForPasskey { .. } => {
                    LoginAnswer::Verified(Box::new(Verified {
                        result_code: "r".to_owned(),
                        backup_codes_left: 2,
                        answered_at: NOW,
                    }))
                }
                LoginEffect::AskForApproval => LoginAnswer::ApprovalAsked,
                LoginEffect::ShowHelp(_) => return None,
                LoginEffect::Report => LoginAnswer::Reported(Box::new(Reported {
                    logins: Vec::new(),
                    host_notified: true,
                    password_url: Some("https://shop.example/password".to_owned()),
                })),
            },
        };
        Some(Event::On(LoginEvent::Answer(answer)))
    }

    fn no(effect: Effect<SigningIn>, code: ErrorCode) -> Option<Event<SigningIn>> {
        let refusal = LoginRefusal::Service {
            code,
            retry_at: None,
            attempts_left: (code == ErrorCode::CodeWrong).then_some(4),
            times: 1,
            of_two: false,
        };
        let answer = match effect {
            Effect::Do(
                LoginEffect::Verify { way, .. } | LoginEffect::AskForPasskey { way, .. },
            ) => LoginAnswer::Refused(way, refusal),
            Effect::Do(LoginEffect::AskForApproval) => LoginAnswer::ApprovalNotAsked(refusal),
            Effect::Do(LoginEffect::Order { .. } | LoginEffect::Resend(_)) => {
                LoginAnswer::NotOrdered(refusal)
            }
            Effect::Do(LoginEffect::Report) => LoginAnswer::NotReported(refusal),
            Effect::Do(LoginEffect::ShowHelp(_))
            | Effect::Open
            | Effect::Restart
            | Effect::Complete(_) => return None,
        };
        Some(Event::On(LoginEvent::Answer(answer)))
    }
}

/// Somebody with these methods and so many backup codes, before the first screen.
pub(super) fn with(methods: &[(MethodKind, MethodState)], codes: u32) -> Person<Login> {
    Person::before(Event::Opened(Box::new(opening(methods, codes))))
}

/// What the widget begins with then.
pub(super) fn opening(methods: &[(MethodKind, MethodState)], codes: u32) -> LoginOpening {
    let mut methods = super::methods(methods);
    let mut best = methods.first().map(|method| method.id.clone());
    let passkeys = merge_passkeys(&mut methods, &mut best);
    LoginOpening {
        issuer: "Shop".to_owned(),
        account: "hanako@example.com".to_owned(),
        best,
        methods,
        passkeys,
        browser_has_passkeys: true,
        needs_passkey: false,
        backup_codes_left: codes,
        temporary_code: false,
        approval: false,
        trust_days: None,
        auto_send: false,
        calls: true,
        allow_unconfirmed_calls: true,
        recovery_url: Some("https://shop.example/recover".to_owned()),
        password_url: Some("https://shop.example/password".to_owned()),
        submits_itself: false,
        typed: String::new(),
    }
}

fn with_app(codes: u32) -> Person<Login> {
    with(&[(MethodKind::Totp, READY)], codes)
}

fn with_text() -> Person<Login> {
    with(&[(MethodKind::Sms, READY)], 8)
}

/// What became of the message that was sent.
fn news(delivery: DeliveryState, channel: Channel) -> Event<SigningIn> {
    let mut changed = challenge(channel, CallConfirmation::Digits);
    changed.delivery = delivery;
    Event::On(LoginEvent::Answer(LoginAnswer::Changed(Box::new(changed))))
}

#[test]
fn the_phone_is_at_home_and_the_codes_are_in_the_purse() {
    with_app(8)
        .taps(Msg::LoginAnother)
        .taps(Msg::LoginWayBackup)
        .reads(Msg::LoginBackupTitle)
        .can(Msg::LoginSubmit);
}

#[test]
fn the_phone_is_lost_and_is_out_of_use_with_the_next_code() {
    with_app(8)
        .taps(Msg::LoginAnother)
        .taps(Msg::LoginLose)
        .reads(Msg::LoginBackupTitle)
        .can(Msg::LoginSubmit);
}

#[test]
fn the_phone_with_the_app_is_lost_and_the_landline_is_there() {
    with(&[(MethodKind::Totp, READY), (MethodKind::Voice, READY)], 0)
        .taps(Msg::LoginAnother)
        .taps(Msg::LoginLose)
        .reads(Msg::LoginLoseTitle)
        .taps(Msg::LoginWayApp)
        .reads(Msg::LoginWayLost)
        .can(Msg::LoginWayVoice);
}

#[test]
fn the_phone_is_lost_and_nothing_else_was_set_up() {
    with_app(0)
        .taps(Msg::LoginLost)
        .reads(Msg::LoginLostText)
        .can(Msg::LoginRecover);
}

#[test]
fn everything_burned_with_the_house() {
    with(&[(MethodKind::Totp, READY), (MethodKind::Voice, READY)], 8)
        .taps(Msg::LoginAnother)
        .taps(Msg::LoginLost)
        .can(Msg::LoginRecover);
}

#[test]
fn the_text_does_not_come() {
    with_text()
        .taps(Msg::LoginSmsSend)
        .reads(Msg::PhoneSmsSent)
        .can(Msg::PhoneResend)
        .can(Msg::HelpTitle)
        .taps(Msg::NumberCallInstead)
        .reads(Msg::PhoneVoiceSent);
}

#[test]
fn the_carrier_says_that_the_text_cannot_be_delivered() {
    with_text()
        .taps(Msg::LoginSmsSend)
        .hears(news(DeliveryState::Failed, Channel::Sms))
        .reads(Msg::PhoneFailed)
        .can(Msg::NumberCallInstead)
        .taps(Msg::LoginAnother)
        .can(Msg::LoginWayBackup);
}

#[test]
fn nobody_answers_the_landline() {
    with(&[(MethodKind::Voice, READY)], 8)
        .taps(Msg::LoginVoiceSend)
        .hears(news(DeliveryState::Failed, Channel::Voice))
        .reads(Msg::PhoneCallFailed)
        .taps(Msg::PhoneCallAgain)
        .can(Msg::LoginSubmit);
}

#[test]
fn the_call_asks_for_two_digits_and_the_telephone_has_a_dial() {
    with(&[(MethodKind::Voice, READY)], 8)
        .taps(Msg::LoginVoiceSend)
        .reads(Msg::PhoneVoiceKeys)
        .taps(Msg::NumberWithoutKeys)
        .cannot(Msg::NumberWithoutKeys)
        .can(Msg::LoginSubmit);
}

#[test]
fn the_two_digits_were_not_pressed() {
    with(&[(MethodKind::Voice, READY)], 8)
        .taps(Msg::LoginVoiceSend)
        .hears(news(DeliveryState::WrongDigits, Channel::Voice))
        .reads(Msg::PhoneWrongDigits)
        .can(Msg::PhoneCallAgain);
}

#[test]
fn the_code_of_the_text_came_too_late() {
    with_text()
        .taps(Msg::LoginSmsSend)
        .types("123456")
        .meets_refusal(ErrorCode::CodeExpired)
        .taps(Msg::LoginSubmit)
        .reads(Msg::LoginSendNew)
        .taps(Msg::LoginSmsSend)
        .reads(Msg::PhoneSmsSent);
}

#[test]
fn no_more_texts_are_sent_today() {
    with_text()
        .meets_refusal(ErrorCode::SendBudgetSpent)
        .taps(Msg::LoginSmsSend)
        .reads(Msg::LoginNotNow)
        .taps(Msg::LoginAnother)
        .taps(Msg::LoginWayBackup)
        .can(Msg::LoginSubmit);
}

#[test]
fn the_phone_has_another_number_now() {
    with(&[(MethodKind::Sms, READY), (MethodKind::Totp, READY)], 0)
        .taps(Msg::LoginAnother)
        .taps(Msg::LoginWayApp)
        .reads(Msg::LoginApp)
        .can(Msg::LoginSubmit);
}

#[test]
fn the_app_shows_a_code_that_is_wrong() {
    with_app(8)
        .types("123456")
        .meets_refusal(ErrorCode::CodeWrong)
        .taps(Msg::LoginSubmit)
        .reads(Msg::LoginWrong)
        .can(Msg::LoginSubmit)
        .can(Msg::LoginAnother);
}

#[test]
fn two_apps_have_no_names() {
    with(&[(MethodKind::Totp, READY), (MethodKind::Totp, READY)], 8)
        .taps(Msg::LoginAnother)
        .reads_apart(Msg::ManageAdded, 2);
    with(&[(MethodKind::Totp, READY), (MethodKind::Voice, READY)], 8)
        .taps(Msg::LoginAnother)
        .reads_apart(Msg::ManageAdded, 0);
}

#[test]
fn two_codes_are_asked_for() {
    with(&[(MethodKind::Totp, MethodState::TwoCodes)], 8)
        .reads(Msg::LoginTwoApp)
        .reads(Msg::LoginFirstApp)
        .reads(Msg::LoginSecondApp)
        .can(Msg::LoginSubmit);
}

#[test]
fn the_app_rests_after_wrong_codes() {
    with(&[(MethodKind::Totp, MethodState::Resting)], 8)
        .reads(Msg::LoginResting)
        .taps(Msg::LoginAnother)
        .taps(Msg::LoginWayBackup)
        .can(Msg::LoginSubmit);
}

#[test]
fn the_only_way_is_off() {
    with(&[(MethodKind::Totp, MethodState::Suspended)], 0)
        .reads(Msg::LoginSuspended)
        .taps(Msg::LoginLost)
        .can(Msg::LoginRecover);
}

#[test]
fn support_has_stopped_the_app_and_the_line_is_there() {
    with(
        &[
            (MethodKind::Totp, MethodState::Held),
            (MethodKind::Voice, READY),
        ],
        0,
    )
    .reads(Msg::LoginHeld)
    .taps(Msg::LoginAnother)
    .taps(Msg::LoginWayVoice)
    .can(Msg::LoginVoiceSend);
}

#[test]
fn a_code_came_that_nobody_asked_for() {
    with_text()
        .taps(Msg::LoginNotMe)
        .reads(Msg::ReportText)
        .taps(Msg::ReportSend)
        .reads(Msg::ReportedTitle)
        .can(Msg::ReportedChange);
}

#[test]
fn somebody_on_the_telephone_wants_the_code() {
    // What is said of each text says it too: to nobody.
    with_text()
        .taps(Msg::LoginSmsSend)
        .reads(Msg::PhoneSmsSent)
        .taps(Msg::LoginNotMe)
        .can(Msg::ReportSend);
}

#[test]
fn letters_are_typed_into_the_field_of_the_app() {
    with_app(8)
        .types("ABCD")
        .taps(Msg::LoginSubmit)
        .reads(Msg::ConfirmNotDigits)
        .taps(Msg::LoginAnother)
        .can(Msg::LoginWayBackup);
}

#[test]
fn the_backup_code_was_used_before() {
    with_app(8)
        .taps(Msg::LoginAnother)
        .taps(Msg::LoginWayBackup)
        .types("0000 0000 0000 0000")
        .meets_refusal(ErrorCode::CodeUsed)
        .taps(Msg::LoginSubmit)
        .can(Msg::LoginAnother);
}

#[test]
fn the_line_is_gone_in_the_middle() {
    Person::<Login>::before(Event::NotOpened(RequestError::Unreachable))
        .reads(Msg::TroubleUnreachable)
        .can(Msg::CommonRetry)
        .can(Msg::CommonSupport);
}

#[test]
fn the_page_was_left_for_lunch() {
    with_app(8)
        .hears(Login::time_up())
        .reads(Msg::LoginExpiredTitle)
        .can(Msg::LoginAgain);
}

#[test]
fn the_login_goes_on_in_another_window() {
    let superseded = RequestError::Refused(ErrorCode::FlowConflict);
    let person = Person::<Login>::before(Event::NotOpened(superseded));
    assert!(matches!(
        person.machine,
        Login::Ended(EndReason::Superseded)
    ));
    person.reads(Msg::LoginElsewhereTitle).can(Msg::LoginHere);
}

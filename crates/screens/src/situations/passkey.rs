//! People with passkeys, and without the device that has them.

use nidan_flow::{Event, Login, LoginOpening};
use nidan_protocol::{ErrorCode, MethodKind, MethodState};

use super::login::{opening, with};
use super::set_up::choosing;
use super::{Person, READY};
use crate::messages::Msg;

fn with_passkey(codes: u32) -> Person<Login> {
    with(&[(MethodKind::Passkey, READY)], codes)
}

#[test]
fn the_laptop_with_the_passkey_is_at_home() {
    with_passkey(8)
        .can(Msg::PasskeyUse)
        .taps(Msg::LoginAnother)
        .taps(Msg::LoginWayBackup)
        .reads(Msg::LoginBackupTitle)
        .can(Msg::LoginSubmit);
}

#[test]
fn the_laptop_is_broken_and_no_code_is_left() {
    with_passkey(0)
        .taps(Msg::LoginLost)
        .reads(Msg::LoginLostText)
        .can(Msg::LoginRecover);
}

#[test]
fn the_telephone_with_the_passkey_is_stolen() {
    with_passkey(8)
        .taps(Msg::LoginAnother)
        .taps(Msg::LoginLose)
        .reads(Msg::LoginBackupTitle)
        .can(Msg::LoginSubmit);
}

#[test]
fn somebody_on_the_telephone_says_to_press_the_button() {
    with_passkey(8)
        .taps(Msg::LoginNotMe)
        .reads(Msg::LoginNotMe)
        .can(Msg::ReportSend);
}

#[test]
fn the_browser_of_the_library_knows_no_passkeys() {
    let opened = LoginOpening {
        browser_has_passkeys: false,
        ..opening(&[(MethodKind::Passkey, READY)], 8)
    };
    Person::<Login>::before(Event::Opened(Box::new(opened)))
        .reads(Msg::LoginBackupTitle)
        .can(Msg::LoginSubmit)
        .taps(Msg::LoginAnother)
        .taps(Msg::MethodPasskeyName)
        .reads(Msg::PasskeyBrowser)
        .cannot(Msg::PasskeyUse)
        .can(Msg::LoginAnother);
}

/// The host asks for a passkey, and nothing else is shown: no screen leads to what would be refused.
#[test]
fn the_payment_needs_the_passkey_and_the_browser_knows_none() {
    for browser_has_passkeys in [true, false] {
        let opened = LoginOpening {
            browser_has_passkeys,
            needs_passkey: true,
            ..opening(&[(MethodKind::Passkey, READY)], 0)
        };
        let person = Person::<Login>::before(Event::Opened(Box::new(opened)))
            .reads(Msg::PasskeyNeeded)
            .cannot(Msg::LoginAnother)
            .cannot(Msg::LoginLost)
            .can(Msg::LoginNotMe);
        if browser_has_passkeys {
            person.can(Msg::PasskeyUse);
        } else {
            person
                .reads(Msg::PasskeyNeededBrowser)
                .cannot(Msg::PasskeyUse);
        }
    }
}

#[test]
fn support_holds_the_passkey_and_the_app_is_there() {
    with(
        &[
            (MethodKind::Passkey, MethodState::Held),
            (MethodKind::Totp, READY),
        ],
        8,
    )
    .cannot(Msg::PasskeyUse)
    .taps(Msg::LoginAnother)
    .can(Msg::LoginWayApp);
}

#[test]
fn the_device_has_a_passkey_of_the_account_already() {
    choosing()
        .taps(Msg::MethodPasskeyUse)
        .meets_refusal(ErrorCode::PasskeyKnown)
        .taps(Msg::PasskeyMake)
        .reads(Msg::PasskeyKnown)
        .can(Msg::CommonRetry)
        .taps(Msg::CommonBack)
        .can(Msg::MethodUse);
}

#[test]
fn the_first_passkey_is_made_and_codes_come_with_it() {
    choosing()
        .taps(Msg::MethodPasskeyUse)
        .taps(Msg::PasskeyMake)
        .reads(Msg::PasskeyNameTitle)
        .taps(Msg::CommonNext)
        .reads(Msg::DonePasskey)
        .can(Msg::CommonNext);
}

//! People on the page on which methods are managed.

use nidan_flow::{
    ChangeRefusal, Effect, Event, LoginAnswer, LoginEffect, Manage, ManageAnswer, ManageEffect,
    ManageEvent, Managing, RequestError,
};
use nidan_protocol::{ErrorCode, Intent, MethodKind, MethodState};

use super::account::{Account, browsers, opening, record};
use super::{Person, READY, Served, challenge};
use crate::messages::Msg;

const HELD: MethodState = MethodState::Held;

impl Served for Manage {
    fn yes(effect: Effect<Managing>) -> Option<Event<Managing>> {
        let Effect::Do(effect) = effect else {
            return None;
        };
        let proved = || Box::new(opening(Account::default(), Intent::Overview, true));
        let answer = match effect {
            ManageEffect::Proof(LoginEffect::Verify { .. }, _, number) => {
                ManageAnswer::Proved(number, proved())
            }
            ManageEffect::Proof(
                LoginEffect::Order {
                    channel,
                    confirmation,
                    ..
                },
                _,
                number,
            ) => {
                let sent = challenge(channel, confirmation);
                ManageAnswer::OfProof(number, LoginAnswer::Ordered(Box::new(sent)))
            }
            ManageEffect::Proof(_, _, _)
            | ManageEffect::SetUp(_)
            | ManageEffect::GoOn(_)
            | ManageEffect::EndSetUp => return None,
            ManageEffect::Change(..) => ManageAnswer::Changed(proved()),
            ManageEffect::Reload => ManageAnswer::Reloaded(proved()),
            ManageEffect::Browsers => ManageAnswer::Browsers(Box::new(browsers())),
            ManageEffect::Record(_) => ManageAnswer::Record(Box::new(record())),
            ManageEffect::Close => ManageAnswer::Closed(Some("r".to_owned())),
        };
        Some(Event::On(ManageEvent::Answer(answer)))
    }

    fn no(effect: Effect<Managing>, code: ErrorCode) -> Option<Event<Managing>> {
        let refusal = ChangeRefusal::Service {
            code,
            field: None,
            retry_at: None,
        };
        let answer = match effect {
            Effect::Do(ManageEffect::Change(..)) => ManageAnswer::NotChanged(refusal),
            Effect::Do(_) => ManageAnswer::Refused(refusal),
            Effect::Open | Effect::Restart | Effect::Complete(_) => return None,
        };
        Some(Event::On(ManageEvent::Answer(answer)))
    }
}

fn came_for(intent: Intent) -> Person<Manage> {
    let opening = opening(Account::default(), intent, true);
    Person::before(Event::Opened(Box::new(opening)))
}

fn at_home() -> Person<Manage> {
    came_for(Intent::Overview)
}

fn with(account: Account) -> Person<Manage> {
    let opening = opening(account, Intent::Overview, true);
    Person::before(Event::Opened(Box::new(opening)))
}

#[test]
fn the_new_phone_is_there_and_the_old_one_works() {
    came_for(Intent::NewPhone)
        .reads(Msg::ManageReplaceText)
        .taps(Msg::ManageReplaceKept)
        .reaches("adding");
}

#[test]
fn the_new_phone_is_found_from_the_list_as_well() {
    at_home()
        .taps(Msg::LoginWayApp)
        .taps(Msg::ManageReplace)
        .taps(Msg::ManageReplaceGone)
        .reaches("adding");
}

#[test]
fn the_number_changes_next_week() {
    at_home()
        .taps(Msg::LoginWayVoice)
        .taps(Msg::ManageReplace)
        .can(Msg::ManageReplaceKept)
        .can(Msg::ManageReplaceGone);
}

#[test]
fn the_phone_was_stolen_and_the_computer_is_signed_in() {
    at_home()
        .taps(Msg::LoginWayApp)
        .taps(Msg::ManageLost)
        .taps(Msg::ManageLostYes)
        .reads(Msg::ManageDoneHeld)
        .can(Msg::ManageUndo);
}

#[test]
fn the_shop_s_help_page_leads_to_a_lost_phone() {
    came_for(Intent::Lost)
        .reads(Msg::ManageLostWhich)
        .taps(Msg::LoginWayApp)
        .taps(Msg::ManageLostYes)
        .reads(Msg::ManageDoneHeld);
}

#[test]
fn the_phone_was_in_the_other_coat() {
    with(Account {
        methods: vec![(MethodKind::Totp, HELD), (MethodKind::Voice, READY)],
        ..Account::default()
    })
    .taps(Msg::LoginWayApp)
    .taps(Msg::ManageFound)
    .reads(Msg::ManageDoneReleased);
}

#[test]
fn the_old_phone_is_sold() {
    at_home()
        .taps(Msg::LoginWayApp)
        .taps(Msg::ManageRemove)
        .taps(Msg::ManageRemoveYes)
        .reads(Msg::ManageDoneRemoved);
}

#[test]
fn the_last_method_does_not_go_by_itself() {
    with(Account {
        methods: vec![(MethodKind::Totp, READY)],
        ..Account::default()
    })
    .taps(Msg::LoginWayApp)
    .cannot(Msg::ManageRemove)
    .can(Msg::ManageReplace)
    .taps(Msg::CommonBack)
    .can(Msg::ManageTurnOff);
}

#[test]
fn another_page_has_removed_the_other_method_meanwhile() {
    at_home()
        .taps(Msg::LoginWayApp)
        .taps(Msg::ManageRemove)
        .meets_refusal(ErrorCode::LastMethod)
        .taps(Msg::ManageRemoveYes)
        .reads(Msg::ManageLastMethod)
        .cannot(Msg::ManageRemoveYes)
        .can(Msg::ManageReplace)
        .can(Msg::ManageTurnOff)
        .can(Msg::CommonBack);
}

#[test]
fn the_backup_codes_are_used_up() {
    with(Account {
        codes: 0,
        ..Account::default()
    })
    .reads(Msg::ManageLeftNone)
    .reads(Msg::ManageNoCodes)
    .taps(Msg::ManageNewCodes)
    .taps(Msg::ManageCodesYes)
    .reaches("adding");
}

#[test]
fn nobody_knows_where_the_backup_codes_are() {
    came_for(Intent::Codes)
        .reads(Msg::ManageCodesText)
        .can(Msg::ManageCodesYes)
        .can(Msg::CommonBack);
}

#[test]
fn a_tablet_is_to_have_the_app_as_well() {
    at_home()
        .taps(Msg::ManageAdd)
        .taps(Msg::MethodUse)
        .reaches("adding");
}

#[test]
fn two_apps_are_called_alike() {
    at_home()
        .taps(Msg::LoginWayApp)
        .taps(Msg::ManageRename)
        .types("Tablet")
        .taps(Msg::ManageNameSave)
        .reads(Msg::ManageDoneNamed)
        .can(Msg::ManageUndo);
}

#[test]
fn two_apps_have_no_names() {
    with(Account {
        methods: vec![(MethodKind::Totp, READY), (MethodKind::Totp, READY)],
        ..Account::default()
    })
    .reads_apart(Msg::ManageAdded, 2);
    at_home().reads_apart(Msg::ManageAdded, 0);
}

#[test]
fn the_name_is_too_long() {
    at_home()
        .taps(Msg::LoginWayApp)
        .taps(Msg::ManageRename)
        .types(&"字".repeat(65))
        .taps(Msg::ManageNameSave)
        .reads(Msg::ManageNameWrong)
        .can(Msg::ManageNameSave);
}

#[test]
fn the_landline_is_easier() {
    at_home()
        .taps(Msg::LoginWayVoice)
        .taps(Msg::ManageMakeDefault)
        .reads(Msg::ManageDoneDefault)
        .can(Msg::ManageUndo);
}

#[test]
fn nobody_knows_whether_the_app_still_works() {
    at_home()
        .taps(Msg::LoginWayApp)
        .taps(Msg::ManageTest)
        .reads(Msg::ManageTestLead);
}

#[test]
fn the_shop_asks_to_try_each_method_once() {
    came_for(Intent::Check)
        .reads(Msg::ManageCheckText)
        .taps(Msg::LoginWayApp)
        .reads(Msg::ManageTestLead);
}

#[test]
fn the_ship_has_no_reception() {
    at_home()
        .taps(Msg::ManagePause)
        .taps(Msg::ManageWhyAbroad)
        .taps(Msg::ManageHoursLong)
        .reads(Msg::ManageDonePaused)
        .can(Msg::ManageUndo);
}

#[test]
fn the_holiday_is_over() {
    with(Account {
        is_paused: true,
        ..Account::default()
    })
    .reads(Msg::ManagePausedTitle)
    .taps(Msg::ManageResume)
    .reads(Msg::ManageDoneResumed);
}

#[test]
fn two_codes_at_each_login_are_too_much() {
    at_home()
        .taps(Msg::ManageTurnOff)
        .reads(Msg::ManageOffText)
        .can(Msg::ManagePause)
        .taps(Msg::ManageOffYes)
        .reads(Msg::ManageOffCodeLead);
}

#[test]
fn somebody_on_the_telephone_says_to_turn_it_off() {
    at_home()
        .taps(Msg::ManageTurnOff)
        .reads(Msg::ManagePauseAdvice)
        .can(Msg::CommonBack);
}

#[test]
fn the_company_does_not_let_anybody_turn_it_off() {
    with(Account {
        may_turn_off: false,
        ..Account::default()
    })
    .cannot(Msg::ManageTurnOff)
    .can(Msg::ManagePause);
}

#[test]
fn the_computer_in_the_library_was_trusted() {
    at_home()
        .taps(Msg::ManageBrowsers)
        .can(Msg::ManageBrowserEnd)
        .taps(Msg::ManageBrowsersOthers)
        .reads(Msg::ManageDoneTrust);
}

#[test]
fn a_line_of_the_record_is_strange() {
    at_home()
        .taps(Msg::ManageRecord)
        .reads(Msg::RecordVerified)
        .taps(Msg::ManageNotMe)
        .can(Msg::ReportSend);
}

#[test]
fn the_proof_is_old_and_the_wish_waits() {
    at_home()
        .taps(Msg::LoginWayApp)
        .taps(Msg::ManageRemove)
        .meets_refusal(ErrorCode::ReauthRequired)
        .taps(Msg::ManageRemoveYes)
        .reads(Msg::ManageProofAnother)
        .can(Msg::LoginVoiceSend);
}

#[test]
fn the_page_asks_for_a_code_and_the_phone_is_gone() {
    let opening = opening(Account::default(), Intent::Overview, false);
    Person::<Manage>::before(Event::Opened(Box::new(opening)))
        .reads(Msg::ManageProofLead)
        .taps(Msg::LoginAnother)
        .can(Msg::LoginWayVoice)
        .can(Msg::LoginWayBackup);
}

#[test]
fn nothing_comes_back_from_the_service() {
    Person::<Manage>::before(Event::NotOpened(RequestError::Unreachable))
        .can(Msg::CommonRetry)
        .can(Msg::CommonSupport);
}

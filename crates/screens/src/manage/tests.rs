//! What holds on every screen of the page on which methods are managed, however it was reached.

mod adding;
mod naming;
mod resume;
mod service;

use nidan_flow::{
    Addition, ChangeRefusal, CodeGoes, Effect, Event, LoginAnswer, LoginEffect, LoginMethod,
    LoginOpening, LoginRefusal, Machine as _, Manage, ManageAnswer, ManageEffect, ManageEvent,
    ManageNav, ManageOpening, Managing, ProofFor, Reported, RequestError, Wish,
};
use nidan_otp::UnixSeconds;
use nidan_protocol::{
    BACKUP_METHOD_ID, BackupCodesView, BrowsersView, ErrorCode, EventKind, EventView, EventsView,
    Health, Intent, ManagedMethod, ManagementPolicy, ManagementRights, ManagementView, MethodKind,
    MethodState, MethodView, TrustedBrowser,
};

use service::at_login;

use super::*;
use crate::login::{LoginAction, LoginKey};
use crate::testing::{are_shapes, have_headings_of_their_own};
use crate::walk::{Walk, Walked, reaches};
use crate::{Block, Device};

/// Something to press, a form or a link: nobody is left where nothing can be done.
fn leads_on(manage: &Manage, screen: &Screen<'_, Manage>, trace: &str) {
    let can = |block: &Block<'_, Manage>| match &block.content {
        Content::Button { is_disabled, .. } => !is_disabled,
        Content::Form(_) => true,
        Content::Link { .. } => block.key != ManageKey::Own(OwnKey::SupportLink),
        _other => false,
    };
    let is_over = matches!(manage, Manage::Loading | Manage::Completed);
    // What there is now is on its way, and until then there is nothing: as at the beginning.
    let active = manage.active();
    let loads = active.is_some_and(|one| one.waits() && one.opening.account.is_none());
    assert!(is_over || loads || screen.blocks.iter().any(can), "{trace}");
}

/// What goes does not prove its own going, and a test is of one method.
fn proves_by_what_may(manage: &Manage, trace: &str) {
    let Some(ManageStep::Proving(proving)) = manage.active().map(|managing| &managing.step) else {
        return;
    };
    let methods = &proving.signing.opening.methods;
    match &proving.proof_for {
        ProofFor::Change(Wish::Remove { id } | Wish::Hold { id }) => {
            assert!(methods.iter().all(|method| method.id != *id), "{trace}");
        }
        ProofFor::Test(_) => {
            assert_eq!(methods.len(), 1, "{trace}");
            assert_eq!(proving.signing.opening.backup_codes_left, 0, "{trace}");
        }
        ProofFor::Adding(addition) if !addition.keeps_old => {
            let gone = addition.replaces.as_deref();
            let may = |method: &MethodView| Some(method.id.as_str()) != gone;
            assert!(methods.iter().all(may), "{trace}");
        }
        ProofFor::Opening
        | ProofFor::Change(_)
        | ProofFor::TestAfter(_)
        | ProofFor::Adding(_)
        | ProofFor::TurningOff
        | ProofFor::Report => {}
    }
}

/// Whoever is told on the telephone to type a code reads what it does before typing it.
fn says_what_the_code_does(manage: &Manage, screen: &Screen<'_, Manage>, trace: &str) {
    let Some(ManageStep::Proving(proving)) = manage.active().map(|managing| &managing.step) else {
        return;
    };
    let words: &[Msg] = match &proving.proof_for {
        ProofFor::Change(_) => &[Msg::ManageProofWish, Msg::ManageProofAnother],
        ProofFor::Adding(_) => &[Msg::ManageProofAdding],
        ProofFor::TurningOff => &[Msg::ManageOffCodeLead],
        ProofFor::Opening | ProofFor::Test(_) | ProofFor::TestAfter(_) | ProofFor::Report => &[],
    };
    let takes_a_code = |block: &Block<'_, Manage>| match &block.content {
        Content::Field { .. } => true,
        Content::Button { action, .. } => {
            matches!(action, ManageAction::Proof(LoginAction::Send(..)))
        }
        _other => false,
    };
    let stands_out = |block: &Block<'_, Manage>| block.key == ManageKey::Login(LoginKey::Wish);
    let said = screen.blocks.iter().find(|block| stands_out(block));
    let said = said.and_then(|block| match &block.content {
        Content::Text(words) => words.message().map(|(msg, _)| msg),
        _other => None,
    });
    if screen.blocks.iter().any(takes_a_code) {
        assert_eq!(said.is_some(), !words.is_empty(), "{trace}");
        assert!(
            said.is_none_or(|said| words.contains(&said)),
            "{said:?} {trace}"
        );
    }
}

#[test]
fn every_screen_leads_on_and_nothing_proves_its_own_going() {
    let reached = reaches(60, |manage, screen, _now, trace| {
        leads_on(manage, screen, trace);
        proves_by_what_may(manage, trace);
        says_what_the_code_does(manage, screen, trace);
        resume::goes_on(manage, trace);
    });
    let all = [
        "add",
        "adding",
        "backup",
        "browsers",
        "check-up",
        "code",
        "completed",
        "expired",
        "lost",
        "method-detail",
        "misconfigured",
        "name",
        "new-codes",
        "overview",
        "passkey",
        "pause",
        "pause-length",
        "record",
        "remove",
        "replace",
        "report",
        "reported",
        "superseded",
        "take-out",
        "tries-spent",
        "turn-off",
        "unavailable",
        "ways",
        "which-lost",
    ];
    assert_eq!(reached, all);
    have_headings_of_their_own(&all);
}

#[test]
fn every_shape_is_a_depth_a_tag_and_attributes() {
    are_shapes(OwnKey::ALL);
    // Both kinds of keys have room in one order.
    let last = ManageKey::Own(*OwnKey::ALL.last().unwrap());
    assert_eq!(
        usize::from(crate::Key::order(last)),
        crate::login::LoginKey::ALL.len() + OwnKey::ALL.len() - 1
    );
}

const NOW: nidan_flow::Now = UnixSeconds(1_800_000_000);
const VIEW: View<'static> = View {
    now: NOW,
    support_url: None,
    outage_notice: None,
    device: Device::Other,
    can_print: false,
};

fn go(manage: Manage, to: ManageNav) -> (Manage, Option<Effect<Managing>>) {
    manage.on(Event::On(ManageEvent::Go(to)), NOW)
}

fn answered(manage: Manage, answer: ManageAnswer) -> (Manage, Option<Effect<Managing>>) {
    manage.on(Event::On(ManageEvent::Answer(answer)), NOW)
}

/// The overview of somebody with two methods in order.
fn begun() -> (Manage, ManageOpening) {
    let mut walk = Walk::<Manage>::new(7);
    let opening = loop {
        let mut opening = walk.opening(true);
        opening.intent = Intent::Overview;
        let account = opening.account.as_mut().unwrap();
        if account.methods.len() != 2 {
            continue;
        }
        account.paused_until = None;
        for method in &mut account.methods {
            method.state = MethodState::Ready;
            method.retires_at = None;
            method.is_held_by_person = false;
        }
        opening.login.methods = account.methods.iter().map(at_login).collect();
        break opening;
    };
    let opened = Event::Opened(Box::new(opening.clone()));
    (Manage::loading().on(opened, NOW).0, opening)
}

fn says(manage: &Manage, msg: Msg) -> bool {
    let screen = manage.screen(VIEW);
    let mut texts = crate::testing::texts(&screen);
    texts.any(|words| words.message().is_some_and(|(said, _)| said == msg))
}

#[test]
fn a_wish_waits_for_its_proof_and_is_then_asked_for_under_the_same_id() {
    let (manage, opening) = begun();
    let (manage, _) = go(manage, ManageNav::Method(1));
    let (manage, _) = go(manage, ManageNav::Remove);
    assert!(says(&manage, Msg::ManageRemoveText));
    let (manage, effect) = go(manage, ManageNav::Submit);
    let Some(Effect::Do(ManageEffect::Change(wish, id))) = effect else {
        panic!("nothing is asked for");
    };
    let refused = ManageAnswer::NotChanged(ChangeRefusal::Service {
        code: ErrorCode::ReauthRequired,
        field: None,
        retry_at: None,
    });
    let (manage, _) = answered(manage, refused);
    assert!(says(&manage, Msg::ManageProofAnother), "by another one");
    let proved = ManageAnswer::Proved(1, Box::new(opening.clone()));
    let (manage, effect) = answered(manage, proved);
    let Some(Effect::Do(ManageEffect::Change(again, same))) = effect else {
        panic!("it is not asked for again");
    };
    assert_eq!((&again, &same), (&wish, &id));
    let changed = || ManageAnswer::Changed(Box::new(opening.clone()));
    let (manage, _) = answered(manage, changed());
    assert!(says(&manage, Msg::ManageDoneRemoved));
    assert!(says(&manage, Msg::ManageFinish), "the host hears of it");
    // The next one is another request.
    let (manage, _) = go(manage, ManageNav::Method(0));
    let (_, effect) = go(manage, ManageNav::Default);
    assert!(matches!(effect, Some(Effect::Do(ManageEffect::Change(_, next))) if next != id));
}

#[test]
fn what_was_done_is_undone_from_where_it_is_said() {
    let (manage, opening) = begun();
    let (manage, _) = go(manage, ManageNav::Method(0));
    let (manage, _) = go(manage, ManageNav::Lost);
    let (manage, _) = go(manage, ManageNav::Submit);
    let changed = ManageAnswer::Changed(Box::new(opening.clone()));
    let (manage, _) = answered(manage, changed);
    assert!(says(&manage, Msg::ManageDoneHeld));
    let (_, effect) = go(manage, ManageNav::Undo);
    let id = opening.account.unwrap().methods[0].id.clone();
    let expected = Wish::Release { id };
    assert!(matches!(effect, Some(Effect::Do(ManageEffect::Change(wish, _))) if wish == expected));
}

#[test]
fn a_page_that_another_one_has_changed_says_so_and_shows_what_there_is() {
    let (manage, opening) = begun();
    let (manage, _) = go(manage, ManageNav::Resume);
    let conflict = || ChangeRefusal::Service {
        code: ErrorCode::FlowConflict,
        field: None,
        retry_at: None,
    };
    let (manage, effect) = answered(manage, ManageAnswer::NotChanged(conflict()));
    assert!(matches!(effect, Some(Effect::Do(ManageEffect::Reload))));
    let (manage, _) = answered(manage, ManageAnswer::Reloaded(Box::new(opening)));
    assert!(says(&manage, Msg::ManageGone));
    // Where there is nothing to be had any more, it is over.
    let (manage, _) = go(manage, ManageNav::Resume);
    let (manage, _) = answered(manage, ManageAnswer::NotChanged(conflict()));
    let (manage, _) = answered(manage, ManageAnswer::NotReloaded(conflict()));
    assert!(matches!(manage, Manage::Ended(EndReason::Superseded)));
}

/// A list that was left is refused late: the change that is on its way is waited for all the same, and no
/// other one goes out under its id.
#[test]
fn a_late_no_to_a_list_does_not_come_between_a_change_and_its_answer() {
    let (manage, opening) = begun();
    let (manage, _) = go(manage, ManageNav::Browsers);
    let (manage, _) = go(manage, ManageNav::Back);
    let (manage, _) = go(manage, ManageNav::Method(1));
    let (manage, _) = go(manage, ManageNav::Remove);
    let (manage, effect) = go(manage, ManageNav::Submit);
    assert!(matches!(effect, Some(Effect::Do(ManageEffect::Change(..)))));
    let late = ManageAnswer::Refused(ChangeRefusal::Service {
        code: ErrorCode::ReauthRequired,
        field: None,
        retry_at: None,
    });
    let (manage, effect) = answered(manage, late);
    assert!(effect.is_none() && !says(&manage, Msg::ManageProofTitle));
    let (manage, _) = answered(manage, ManageAnswer::Changed(Box::new(opening)));
    assert!(says(&manage, Msg::ManageDoneRemoved));
}

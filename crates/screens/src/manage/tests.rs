//! What holds on every screen of the page on which methods are managed, however it was reached.

mod adding;
mod naming;
mod resume;

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

use super::*;
use crate::login::{LoginAction, LoginKey};
use crate::testing::{are_shapes, have_headings_of_their_own};
use crate::walk::{Walk, Walked, reaches};
use crate::{Block, Device};

const CHANGE_CODES: [ErrorCode; 15] = [
    ErrorCode::ReauthRequired,
    ErrorCode::FlowConflict,
    ErrorCode::LastMethod,
    ErrorCode::Cooling,
    ErrorCode::ChangeLimit,
    ErrorCode::PolicyForbids,
    ErrorCode::AlreadyPaused,
    ErrorCode::MethodNotFound,
    ErrorCode::NotFound,
    ErrorCode::Unavailable,
    ErrorCode::FlowExpired,
    ErrorCode::FlowReported,
    ErrorCode::MethodLimit,
    ErrorCode::PhoneKnown,
    ErrorCode::SetupUnknown,
];
const PROOF_CODES: [ErrorCode; 6] = [
    ErrorCode::CodeWrong,
    ErrorCode::CodeUsed,
    ErrorCode::TwoCodesNeeded,
    ErrorCode::MethodResting,
    ErrorCode::CodeExpired,
    ErrorCode::TooManyAttempts,
];
const FIELDS: [&str; 5] = [
    "required",
    "reported",
    "guessed",
    "held_by_support",
    "retiring",
];

impl Walked for Manage {
    fn typed(walk: &mut Walk<Self>, key: ManageKey) -> String {
        let typed: &[&str] = match key {
            ManageKey::Own(_) => &["", "tablet", "<b>", "  ", "二段"],
            ManageKey::Login(_) => &["", "12", "123456", "654321", "0000000000000000"],
        };
        walk.chance.one(typed).to_owned()
    }

    fn orders(effect: &Effect<Managing>) -> Option<String> {
        match effect {
            // Whoever goes to another proof may order the same code: it is on its way, and is not sent
            // again.
            // A change that nobody has answered is not asked for under another id.
            Effect::Do(ManageEffect::Change(_, id)) => Some(id.clone()),
            _other => None,
        }
    }

    fn answer(walk: &mut Walk<Self>, effect: Effect<Managing>) -> Option<Event<Managing>> {
        walk.answer(effect)
    }
}

impl Walk<Manage> {
    fn answer(&mut self, effect: Effect<Managing>) -> Option<Event<Managing>> {
        let is_good = self.chance.below(4) > 0;
        let answer = match effect {
            Effect::Open if is_good => {
                let is_proved = self.chance.flip();
                let opening = self.opening(is_proved);
                return Some(Event::Opened(Box::new(opening)));
            }
            Effect::Open => {
                return Some(Event::NotOpened(self.chance.one(&[
                    RequestError::Unreachable,
                    RequestError::Refused(ErrorCode::Internal),
                    RequestError::Refused(ErrorCode::MethodNotOffered),
                ])));
            }
            Effect::Restart | Effect::Complete(_) => return None,
            Effect::Do(ManageEffect::Proof(effect, goes, number)) => {
                return self.proof_answer(effect, &goes, number, is_good);
            }
            Effect::Do(ManageEffect::Change(..)) if is_good => {
                // One in eight: what was proved with is gone by it.
                let is_proved = self.chance.below(8) > 0;
                ManageAnswer::Changed(Box::new(self.opening(is_proved)))
            }
            Effect::Do(ManageEffect::Change(..)) => ManageAnswer::NotChanged(self.refusal()),
            Effect::Do(ManageEffect::SetUp(addition) | ManageEffect::GoOn(addition)) => {
                self.set_up(addition, is_good)
            }
            Effect::Do(ManageEffect::EndSetUp) => return None,
            Effect::Do(ManageEffect::Reload) if is_good => {
                let is_proved = self.chance.below(8) > 0;
                ManageAnswer::Reloaded(Box::new(self.opening(is_proved)))
            }
            Effect::Do(ManageEffect::Reload) => ManageAnswer::NotReloaded(self.refusal()),
            Effect::Do(ManageEffect::Browsers) if is_good => {
                ManageAnswer::Browsers(Box::new(self.browsers()))
            }
            Effect::Do(ManageEffect::Record(_)) if is_good => {
                ManageAnswer::Record(Box::new(self.record()))
            }
            Effect::Do(ManageEffect::Close) if is_good => {
                ManageAnswer::Closed(self.chance.flip().then(|| "r".to_owned()))
            }
            Effect::Do(ManageEffect::Browsers | ManageEffect::Record(_) | ManageEffect::Close) => {
                ManageAnswer::Refused(self.refusal())
            }
        };
        Some(Event::On(ManageEvent::Answer(answer)))
    }

    /// What the module of a set-up says: what it waits for, or what became of it.
    fn set_up(&mut self, addition: Addition, is_good: bool) -> ManageAnswer {
        match self.chance.below(4) {
            0 => ManageAnswer::ProofWanted(self.refusal()),
            1 => ManageAnswer::NotAdded(None),
            _ if is_good => ManageAnswer::Added(addition, Box::new(self.opening(true))),
            _ => ManageAnswer::NotAdded(Some(self.refusal())),
        }
    }

    fn refusal(&mut self) -> ChangeRefusal {
        if self.chance.below(6) == 0 {
            return ChangeRefusal::Unreachable;
        }
        ChangeRefusal::Service {
            code: self.chance.one(&CHANGE_CODES),
            field: Some(self.chance.one(&FIELDS).to_owned()),
            retry_at: self.chance.flip().then_some(UnixSeconds(self.now + 4_000)),
        }
    }

    fn proof_answer(
        &mut self,
        effect: LoginEffect,
        goes: &CodeGoes,
        number: u32,
        is_good: bool,
    ) -> Option<Event<Managing>> {
        let refused = LoginRefusal::Service {
            code: self.chance.one(&PROOF_CODES),
            retry_at: None,
            attempts_left: Some(3),
            times: 0,
            of_two: false,
        };
        let answer = match (effect, goes) {
            (LoginEffect::ShowHelp(_), _) => return None,
            (
                LoginEffect::Order {
                    channel,
                    confirmation,
                    ..
                },
                _,
            ) if is_good => LoginAnswer::Ordered(Box::new(self.challenge(channel, confirmation))),
            (LoginEffect::Order { .. } | LoginEffect::Resend(_), _) => {
                LoginAnswer::NotOrdered(LoginRefusal::Unreachable)
            }
            (LoginEffect::Verify { .. }, CodeGoes::TurnOff(_)) if is_good => {
                let closed = ManageAnswer::Closed(Some("r".to_owned()));
                return Some(Event::On(ManageEvent::Answer(closed)));
            }
            (LoginEffect::Verify { .. }, CodeGoes::Proof | CodeGoes::Test) if is_good => {
                let proved = ManageAnswer::Proved(number, Box::new(self.opening(true)));
                return Some(Event::On(ManageEvent::Answer(proved)));
            }
            (LoginEffect::Verify { way, .. }, _) if self.chance.flip() => {
                let refused = match way {
                    LoginMethod::Method(_) => refused,
                    LoginMethod::Backup => LoginRefusal::Unreachable,
                };
                LoginAnswer::Refused(way, refused)
            }
            (LoginEffect::Verify { .. }, _) => {
                let refused = ManageAnswer::Refused(self.refusal());
                return Some(Event::On(ManageEvent::Answer(refused)));
            }
            (LoginEffect::Report, _) => LoginAnswer::Reported(Box::new(Reported {
                logins: Vec::new(),
                host_notified: true,
                password_url: None,
            })),
        };
        let answer = ManageAnswer::OfProof(number, answer);
        Some(Event::On(ManageEvent::Answer(answer)))
    }

    fn opening(&mut self, is_proved: bool) -> ManageOpening {
        let count = 1 + self.chance.below(3);
        let kinds = MethodKind::ALL;
        let methods: Vec<_> = (0..count).map(|place| self.managed(place, kinds)).collect();
        let login = LoginOpening {
            issuer: "Shop".to_owned(),
            account: "hanako@example.com".to_owned(),
            best: methods.first().map(|method| method.id.clone()),
            methods: methods.iter().map(at_login).collect(),
            backup_codes_left: self.chance.one(&[0, 1, 9]),
            trust_days: None,
            auto_send: self.chance.flip(),
            calls: self.chance.flip(),
            allow_unconfirmed_calls: false,
            recovery_url: None,
            password_url: None,
            submits_itself: self.chance.flip(),
            typed: String::new(),
        };
        let left = login.backup_codes_left;
        let account = is_proved.then(|| Box::new(self.account(methods, left)));
        ManageOpening {
            login,
            intent: self.chance.one(&Intent::ALL),
            account,
            request_prefix: "p".to_owned(),
        }
    }

    fn managed(&mut self, place: usize, kinds: &[MethodKind]) -> ManagedMethod {
        let states = [
            MethodState::Ready,
            MethodState::Ready,
            MethodState::Held,
            MethodState::Suspended,
            MethodState::TwoCodes,
        ];
        let state = self.chance.one(&states);
        let at = |is: bool| is.then_some(1_800_000_000);
        ManagedMethod {
            id: format!("m{place}"),
            kind: self.chance.one(kinds),
            name: self.chance.flip().then(|| "Work".to_owned()),
            hint: Some("78".to_owned()),
            created_at: 1_700_000_000,
            state,
            resting_until: None,
            is_default: self.chance.below(4) == 0,
            used_at: at(self.chance.flip()),
            tested_at: at(self.chance.flip()),
            retires_at: at(self.chance.below(5) == 0),
            cooling_until: at(self.chance.below(5) == 0),
            is_held_by_person: state == MethodState::Held && self.chance.flip(),
        }
    }

    fn account(&mut self, methods: Vec<ManagedMethod>, left: u32) -> ManagementView {
        let mut without_phone: Vec<_> = methods
            .iter()
            .skip(1)
            .map(|method| method.id.clone())
            .collect();
        if left > 0 {
            without_phone.push(BACKUP_METHOD_ID.to_owned());
        }
        ManagementView {
            proved_at: self.now,
            fresh_until: self.now + 300,
            proved_by: "m0".to_owned(),
            methods,
            backup_codes: BackupCodesView {
                left,
                made_at: Some(1_700_000_000),
            },
            paused_until: self.chance.flip().then_some(self.now + 9_000),
            may: ManagementRights {
                add: self
                    .chance
                    .one(&[&[], MethodKind::ALL, &[MethodKind::Totp]])
                    .to_vec(),
                pause: self.chance.flip(),
                turn_off: self.chance.flip(),
            },
            policy: ManagementPolicy {
                required: false,
                min_methods: 1,
            },
            health: self
                .chance
                .flip()
                .then_some(Health::CheckUpDue)
                .into_iter()
                .collect(),
            without_phone,
        }
    }

    fn browsers(&mut self) -> BrowsersView {
        let browsers: Vec<_> = (0..self.chance.below(4))
            .map(|place| TrustedBrowser {
                id: format!("b{place}"),
                client_description: self.chance.flip().then(|| "Firefox".to_owned()),
                created_at: 1,
                used_at: 2,
                expires_at: 3,
            })
            .collect();
        BrowsersView {
            this_browser: self.chance.flip().then(|| "b0".to_owned()),
            browsers,
        }
    }

    fn record(&mut self) -> EventsView {
        let events = (0..self.chance.below(30)).map(|place| EventView {
            seq: place as u64,
            at: 1_800_000_000,
            kind: self.chance.one(&EventKind::ALL),
            method: None,
            hint: None,
            client_description: self.chance.flip().then(|| "Osaka".to_owned()),
            count: None,
            by: None,
            reason: None,
            hash: String::new(),
        });
        EventsView {
            events: events.collect(),
            intact: true,
            before: self.chance.flip().then_some(9),
        }
    }
}

fn at_login(method: &ManagedMethod) -> MethodView {
    MethodView {
        id: method.id.clone(),
        kind: method.kind,
        name: method.name.clone(),
        hint: method.hint.clone(),
        created_at: method.created_at,
        state: method.state,
        resting_until: None,
    }
}

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
    let reached = reaches(60, |manage, screen, trace| {
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

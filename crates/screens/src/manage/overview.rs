//! What there is, at a glance.

use nidan_flow::{Done, Manage, ManageNav, Managing, NewNav, Now};
use nidan_protocol::{BACKUP_METHOD_ID, Health, ManagedMethod, ManagementView, MethodState};

use super::{ManageAction, OwnKey, named};
use crate::draft::Draft;
use crate::login::told_apart;
use crate::messages::Msg;
use crate::{Arg, Content, Words};

impl<'a> Draft<'a, Manage> {
    pub(super) fn overview(&mut self, managing: &'a Managing) {
        let account = managing.opening.account.as_deref();
        let is_paused = account.is_some_and(|account| account.paused_until.is_some());
        let title = if is_paused {
            Msg::ManagePausedTitle
        } else {
            Msg::ManageTitle
        };
        self.begin(managing, title);
        let Some(account) = account else {
            return;
        };
        self.paused(account);
        self.without_phone(account);
        self.own_text(OwnKey::MethodsTitle, Msg::ManageMethods);
        self.own_group(OwnKey::Methods);
        for (index, method) in (0..=u8::MAX).zip(&account.methods) {
            self.line_of(index, &account.methods, method);
        }
        if !account.may.add.is_empty() {
            self.offer(
                OwnKey::AddTools,
                OwnKey::Add,
                Msg::ManageAdd,
                NewNav::Method,
            );
        }
        self.codes(account);
        if !lacks_a_way(account) {
            self.offer(
                OwnKey::CodesTools,
                OwnKey::NewCodes,
                Msg::ManageNewCodes,
                NewNav::Codes,
            );
        }
        if managing.has_changed {
            self.own_group(OwnKey::Actions);
            self.own_button(
                OwnKey::Main,
                Msg::ManageFinish,
                ManageAction::Go(ManageNav::Finish),
            );
        }
        self.own_group(OwnKey::Aside);
        let mut aside = Vec::with_capacity(5);
        if (0..account.methods.len()).any(|place| managing.may_be_tested(place)) {
            aside.push((Msg::ManageCheckAll, ManageAction::Go(ManageNav::Check)));
        }
        aside.extend([
            (Msg::ManageBrowsers, ManageAction::Go(ManageNav::Browsers)),
            (Msg::ManageRecord, ManageAction::Go(ManageNav::Record)),
        ]);
        if account.may.pause {
            aside.push((Msg::ManagePause, ManageAction::Go(ManageNav::Pause)));
        }
        if account.may.turn_off {
            aside.push((Msg::ManageTurnOff, ManageAction::Go(ManageNav::TurnOff)));
        }
        for (index, (words, action)) in (0..=u8::MAX).zip(aside) {
            self.own_nth(
                OwnKey::AsideButton,
                index,
                Content::Button {
                    label: Words::of(words),
                    is_disabled: false,
                    action,
                },
            );
        }
    }

    fn paused(&mut self, account: &ManagementView) {
        let Some(until) = account.paused_until else {
            return;
        };
        let until = Arg::Date("date", moment(until));
        let words = Words::Message(Msg::ManagePaused, [until, Arg::None]);
        self.own(OwnKey::Warning, Content::Text(words));
        self.own_group(OwnKey::WarningTools);
        self.own_button(
            OwnKey::WarningMain,
            Msg::ManageResume,
            ManageAction::Go(ManageNav::Resume),
        );
    }

    /// "If you lose this phone today": what is left, or that nothing is.
    fn without_phone(&mut self, account: &'a ManagementView) {
        if lacks_a_way(account) {
            self.own_text(OwnKey::Warning, Msg::ManageLeftNone);
            self.offer(
                OwnKey::WarningTools,
                OwnKey::WarningMain,
                Msg::ManageNewCodes,
                NewNav::Codes,
            );
            return;
        }
        if account.without_phone.is_empty() {
            self.own_text(OwnKey::LeftLead, Msg::ManageLeftNone);
            return;
        }
        self.own_text(OwnKey::LeftLead, Msg::ManageLeft);
        self.own_group(OwnKey::Left);
        for (index, id) in (0..=u8::MAX).zip(&account.without_phone) {
            let method = account.methods.iter().find(|method| method.id == *id);
            let words = match method {
                Some(method) => named(method),
                None if id == BACKUP_METHOD_ID => {
                    let left = Arg::Number("count", account.backup_codes.left.into());
                    Words::Message(Msg::LoginWayBackup, [left, Arg::None])
                }
                None => continue,
            };
            self.own_nth(OwnKey::LeftItem, index, Content::Text(words));
        }
    }

    pub(super) fn line_of(
        &mut self,
        index: u8,
        methods: &[ManagedMethod],
        method: &'a ManagedMethod,
    ) {
        self.own_nth(
            OwnKey::Method,
            index,
            Content::Button {
                label: Words::None,
                is_disabled: false,
                action: ManageAction::Method,
            },
        );
        self.own_nth(OwnKey::MethodWords, index, Content::Text(named(method)));
        if let Some(name) = name_of(methods, method) {
            self.own_nth(OwnKey::MethodName, index, Content::Text(name));
        }
        if method.is_default {
            let words = Content::Text(Words::of(Msg::ManageIsDefault));
            self.own_nth(OwnKey::MethodDefault, index, words);
        }
        if let Some(words) = state_of(method) {
            self.own_nth(OwnKey::MethodState, index, Content::Text(words));
        }
    }

    fn codes(&mut self, account: &'a ManagementView) {
        let left = account.backup_codes.left;
        let words = if left == 0 {
            Words::of(Msg::ManageNoCodes)
        } else {
            let left = Arg::Number("count", left.into());
            Words::Message(Msg::ManageCodes, [left, Arg::None])
        };
        self.own(OwnKey::Codes, Content::Text(words));
        let made = account.backup_codes.made_at.filter(|_| left > 0);
        let note = match made {
            Some(at) => {
                let at = Arg::Date("date", moment(at));
                Words::Message(Msg::ManageCodesMade, [at, Arg::None])
            }
            None => Words::None,
        };
        self.own(OwnKey::CodesNote, Content::Text(note));
    }

    /// What was done just now, and what undoes it.
    pub(super) fn done(&mut self, managing: &'a Managing) {
        let Some((done, undo)) = &managing.done else {
            return;
        };
        self.own_text(OwnKey::Done, words_of(*done));
        if undo.is_some() {
            self.own_group(OwnKey::DoneTools);
            self.own_button(
                OwnKey::Undo,
                Msg::ManageUndo,
                ManageAction::Go(ManageNav::Undo),
            );
        }
    }
}

/// Whether nothing is left when the phone is lost: then new backup codes are the first thing to do.
/// During a pause its end is.
const fn lacks_a_way(account: &ManagementView) -> bool {
    account.without_phone.is_empty() && account.paused_until.is_none()
}

/// Whether the person should try each method once.
pub(super) fn is_check_due(account: &ManagementView) -> bool {
    account.health.contains(&Health::CheckUpDue)
}

/// A moment of the service's clock.
pub(super) const fn moment(at: u64) -> Now {
    Now(at)
}

/// What tells a method from others.
pub(super) fn name_of<'a>(
    methods: &[ManagedMethod],
    method: &'a ManagedMethod,
) -> Option<Words<'a>> {
    let looks_the_same = |other: &&ManagedMethod| {
        other.name.is_none() && (other.kind, &other.hint) == (method.kind, &method.hint)
    };
    let alike = methods.iter().filter(looks_the_same).count();
    told_apart(method.name.as_deref(), alike, method.created_at)
}

/// Why a method cannot be relied on, or not for long.
pub(super) fn state_of(method: &ManagedMethod) -> Option<Words<'_>> {
    if let Some(at) = method.retires_at {
        let at = Arg::Date("date", moment(at));
        return Some(Words::Message(Msg::ManageRetires, [at, Arg::None]));
    }
    match method.state {
        MethodState::Held => Some(Words::of(Msg::LoginWayHeld)),
        MethodState::Suspended => Some(Words::of(Msg::LoginWaySuspended)),
        MethodState::Resting => Some(Words::of(Msg::LoginWayResting)),
        MethodState::Ready | MethodState::TwoCodes => None,
    }
}

const fn words_of(done: Done) -> Msg {
    match done {
        Done::Named => Msg::ManageDoneNamed,
        Done::Default => Msg::ManageDoneDefault,
        Done::Removed => Msg::ManageDoneRemoved,
        Done::Held => Msg::ManageDoneHeld,
        Done::BroughtBack => Msg::ManageDoneBroughtBack,
        Done::Released => Msg::ManageDoneReleased,
        Done::Paused => Msg::ManageDonePaused,
        Done::Resumed => Msg::ManageDoneResumed,
        Done::TrustEnded => Msg::ManageDoneTrust,
        Done::Tested => Msg::ManageDoneTested,
        Done::Added => Msg::ManageDoneAdded,
        Done::Replaced => Msg::ManageDoneReplaced,
        Done::Codes => Msg::ManageDoneCodes,
    }
}

//! Every way to sign in, each with its end masked; backup codes last.

use nidan_flow::{Login, SigningIn};
use nidan_otp::UnixSeconds;
use nidan_protocol::{MethodState, MethodView};

use super::{LoginAction, LoginKey};
use crate::draft::Draft;
use crate::messages::Msg;
use crate::methods::way;
use crate::{Arg, Content, Words};

impl<'a> Draft<'a, Login> {
    /// Every way in, with its end masked; backup codes last. Or which of the methods was on a lost
    /// phone: pressed once more, it was not after all.
    pub(super) fn method_picker(&mut self, signing: &'a SigningIn, asks_for_lost: bool) {
        self.title(if asks_for_lost {
            Msg::LoginLoseTitle
        } else {
            Msg::LoginWaysTitle
        });
        self.group(LoginKey::Ways);
        let methods = &signing.opening.methods;
        for (index, method) in (0..=u8::MAX).zip(methods) {
            let closed = match method.state {
                _ if signing.lost().has(index.into()) => Some(Msg::LoginWayLost),
                MethodState::Ready | MethodState::TwoCodes => None,
                MethodState::Resting => Some(Msg::LoginWayResting),
                MethodState::Suspended => Some(Msg::LoginWaySuspended),
                MethodState::Held => Some(Msg::LoginWayHeld),
            };
            if asks_for_lost && !signing.may_be_lost(index.into()) {
                continue;
            }
            let is_disabled = closed.is_some() && !asks_for_lost;
            self.choice(LoginKey::Way, index, is_disabled, LoginAction::Choose);
            self.way(index, methods, method, closed);
        }
        if !asks_for_lost {
            self.other_ways_in(signing);
        }
        self.group(LoginKey::Actions);
        self.back();
    }

    fn other_ways_in(&mut self, signing: &'a SigningIn) {
        if signing.may_be_approved() {
            self.button(
                LoginKey::ApprovalWay,
                Msg::ApprovalWay,
                LoginAction::ChooseApproval,
            );
        }
        if signing.may_be_temporary() {
            self.button(
                LoginKey::TemporaryWay,
                Msg::LoginWayTemporary,
                LoginAction::ChooseTemporary,
            );
        }
        if signing.opening.backup_codes_left > 0 {
            let left = signing.opening.backup_codes_left.into();
            self.choice(LoginKey::BackupWay, 0, false, LoginAction::ChooseBackup);
            let left = Arg::Number("count", left);
            self.message(LoginKey::BackupWayWords, Msg::LoginWayBackup, left);
        }
        // Something else has to take it out of use.
        if signing.opening.methods.len() > 1 || signing.opening.backup_codes_left > 0 {
            self.button(LoginKey::Lose, Msg::LoginLose, LoginAction::Lose);
        }
        self.button(LoginKey::Lost, Msg::LoginLost, LoginAction::Recover);
    }

    fn way(
        &mut self,
        index: u8,
        methods: &'a [MethodView],
        method: &'a MethodView,
        closed: Option<Msg>,
    ) {
        let hint = Arg::Text("hint", method.hint.as_deref().unwrap_or_default());
        let words = Words::Message(way(method.kind), [hint, Arg::None]);
        self.add_nth(LoginKey::WayWords, index, Content::Text(words));
        if let Some(name) = name_of(methods, method) {
            self.add_nth(LoginKey::WayName, index, Content::Text(name));
        }
        if let Some(closed) = closed {
            let closed = Content::Text(Words::of(closed));
            self.add_nth(LoginKey::WayClosed, index, closed);
        }
    }

    /// A button whose words stand in blocks inside of it.
    fn choice(&mut self, key: LoginKey, index: u8, is_disabled: bool, action: LoginAction) {
        let label = Words::None;
        let button = Content::Button {
            label,
            is_disabled,
            action,
        };
        self.add_nth(key, index, button);
    }
}

/// What tells a method from others.
fn name_of<'a>(methods: &[MethodView], method: &'a MethodView) -> Option<Words<'a>> {
    let looks_the_same = |other: &&MethodView| {
        other.name.is_none() && (other.kind, &other.hint) == (method.kind, &method.hint)
    };
    let alike = methods.iter().filter(looks_the_same).count();
    told_apart(method.name.as_deref(), alike, method.created_at)
}

/// What tells a method from others in a list: its name, or when it was added (Unix seconds) where so
/// many, itself among them, look the same.
pub(crate) fn told_apart(name: Option<&str>, alike: usize, added: u64) -> Option<Words<'_>> {
    match name {
        Some(name) => Some(Words::Verbatim(name)),
        None => (alike > 1).then(|| {
            let added = Arg::Date("date", UnixSeconds(added));
            Words::Message(Msg::ManageAdded, [added, Arg::None])
        }),
    }
}

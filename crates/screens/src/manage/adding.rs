//! On the way to something new: what it is, and what becomes of the old one. Its set-up is a module
//! of its own, which the page shows in this one's place.

use nidan_flow::{Listed, Manage, ManageNav, Managing, NewNav};

use super::{ManageAction, OwnKey};
use crate::draft::Draft;
use crate::messages::Msg;
use crate::methods::card;

impl<'a> Draft<'a, Manage> {
    pub(super) fn kinds(&mut self, managing: &'a Managing) {
        self.begin(managing, Msg::ManageKindsTitle);
        self.own_group(OwnKey::Choices);
        for (index, kind) in (0..=u8::MAX).zip(managing.addable()) {
            let choose = ManageAction::Go(ManageNav::New(NewNav::Kind(*kind)));
            self.choice_of(index, card(*kind).choose, choose);
        }
        self.own_group(OwnKey::Actions);
        self.back();
    }

    /// The methods, where one of them is to be chosen.
    pub(super) fn listed(&mut self, managing: &'a Managing, listed: Listed) {
        let title = match listed {
            Listed::Lost => Msg::ManageLostWhich,
            Listed::Check => Msg::ManageCheckAll,
        };
        self.begin(managing, title);
        match listed {
            Listed::Lost => {}
            Listed::Check => self.own_text(OwnKey::Lead, Msg::ManageCheckText),
        }
        self.own_group(OwnKey::Methods);
        for (index, method) in (0..=u8::MAX).zip(managing.methods()) {
            let is_shown = match listed {
                Listed::Lost => managing.may_be_lost(index.into()),
                Listed::Check => managing.may_be_tested(index.into()),
            };
            if is_shown {
                self.line_of(index, managing.methods(), method);
            }
        }
        self.own_group(OwnKey::Actions);
        self.back();
    }

    /// Whether the old one is still there: that decides how long it works.
    pub(super) fn replacing(&mut self, managing: &'a Managing, place: usize) {
        self.begin(managing, Msg::ManageReplaceTitle);
        self.about(managing, place);
        self.own_text(OwnKey::LeftLead, Msg::ManageReplaceText);
        self.own_group(OwnKey::Choices);
        let kept = ManageAction::Go(ManageNav::New(NewNav::Kept));
        self.choice_of(0, Msg::ManageReplaceKept, kept);
        if managing.leaves_something(place) {
            let gone = ManageAction::Go(ManageNav::New(NewNav::Gone));
            self.choice_of(1, Msg::ManageReplaceGone, gone);
        }
        self.own_group(OwnKey::Actions);
        self.back();
    }

    /// What is shown until the set-up is there, and behind it.
    pub(super) fn adding(&mut self) {
        self.own_group(OwnKey::Screen);
        self.own_group(OwnKey::Actions);
        self.back();
        self.own_text(OwnKey::Fetches, Msg::CommonLoading);
    }

    /// The offers of the overview, beside the lists that they add to.
    pub(super) fn offer(&mut self, tools: OwnKey, key: OwnKey, msg: Msg, to: NewNav) {
        self.own_group(tools);
        self.own_button(key, msg, ManageAction::Go(ManageNav::New(to)));
    }
}

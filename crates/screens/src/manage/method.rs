//! One method: what is known of it, and what can be done with it.

use nidan_flow::{Manage, ManageNav, Managing, NewNav};
use nidan_protocol::{ManagedMethod, MethodState};

use super::overview::{is_check_due, moment, state_of};
use super::{ManageAction, OwnKey, named, unless_waiting};
use crate::draft::Draft;
use crate::messages::Msg;
use crate::{Arg, Content, Words};

impl<'a> Draft<'a, Manage> {
    pub(super) fn method(&mut self, managing: &'a Managing, place: usize) {
        let Some(method) = managing.methods().get(place) else {
            return self.overview(managing);
        };
        self.begin(managing, Msg::ManageMethodTitle);
        self.own(OwnKey::Lead, Content::Text(named(method)));
        self.facts(managing, method);
        self.own_group(OwnKey::Choices);
        for (index, (words, action)) in (0..=u8::MAX).zip(choices(managing, method)) {
            self.choice_of(index, words, action);
        }
        self.own_group(OwnKey::Actions);
        self.back();
    }

    pub(super) fn choice_of(&mut self, index: u8, words: Msg, action: ManageAction) {
        self.own_nth(
            OwnKey::Choice,
            index,
            Content::Button {
                label: Words::of(words),
                is_disabled: false,
                action,
            },
        );
    }

    fn facts(&mut self, managing: &'a Managing, method: &'a ManagedMethod) {
        let dated = |msg, at| {
            let at = Arg::Date("date", moment(at));
            Words::Message(msg, [at, Arg::None])
        };
        let mut facts = Vec::with_capacity(6);
        if let Some(name) = &method.name {
            facts.push(Words::Verbatim(name));
        }
        facts.push(dated(Msg::ManageAdded, method.created_at));
        facts.push(match method.used_at {
            Some(at) => dated(Msg::ManageUsed, at),
            None => Words::of(Msg::ManageUnused),
        });
        facts.extend(method.tested_at.map(|at| dated(Msg::ManageTested, at)));
        facts.extend(method.is_default.then_some(Words::of(Msg::ManageIsDefault)));
        facts.extend(state_of(method));
        facts.extend(method.cooling_until.map(|at| dated(Msg::ManageCooling, at)));
        let is_due = managing
            .opening
            .account
            .as_deref()
            .is_some_and(is_check_due);
        let is_untried = method.used_at.is_none() && method.tested_at.is_none();
        facts.extend((is_due && is_untried).then_some(Words::of(Msg::ManageCheck)));
        self.own_group(OwnKey::Facts);
        for (index, words) in (0..=u8::MAX).zip(facts) {
            self.own_nth(OwnKey::Fact, index, Content::Text(words));
        }
    }

    pub(super) fn naming(&mut self, managing: &'a Managing, typed: &'a str) {
        self.title(Msg::ManageNameTitle);
        self.done(managing);
        let wrong = self.refusal_words(managing);
        self.own(
            OwnKey::NameForm,
            Content::Form(ManageAction::Go(ManageNav::Submit)),
        );
        self.own_text(OwnKey::NameLabel, Msg::ManageNameLabel);
        self.own(
            OwnKey::Name,
            Content::Field {
                value: typed,
                is_filled_in: false,
                label: (Msg::ManageNameLabel, Arg::None),
                help: None,
                is_invalid: wrong.message().is_some(),
                action: ManageAction::TypeName,
            },
        );
        self.own(OwnKey::NameError, Content::Text(wrong));
        self.own_group(OwnKey::NameActions);
        let save = unless_waiting(managing, Msg::ManageNameSave);
        self.own_button(OwnKey::NameSave, save, ManageAction::Go(ManageNav::Submit));
        self.own_group(OwnKey::Actions);
        self.back();
    }
}

/// What can be done with a method as it is.
fn choices(managing: &Managing, method: &ManagedMethod) -> Vec<(Msg, ManageAction)> {
    let is_one_of_several = managing.methods().len() > 1;
    let is_in_use = method.retires_at.is_none() && method.state.takes_codes();
    let is_held = method.state == MethodState::Held;
    let mut choices = Vec::with_capacity(7);
    if is_in_use {
        choices.push((Msg::ManageTest, ManageAction::Go(ManageNav::Test)));
    }
    if method.retires_at.is_none() {
        let replace = ManageAction::Go(ManageNav::New(NewNav::Replace));
        choices.push((Msg::ManageReplace, replace));
    }
    choices.push((Msg::ManageRename, ManageAction::Go(ManageNav::Rename)));
    if method.is_default {
        choices.push((Msg::ManageNotDefault, ManageAction::Go(ManageNav::Default)));
    } else if is_in_use && is_one_of_several {
        choices.push((Msg::ManageMakeDefault, ManageAction::Go(ManageNav::Default)));
    }
    if method.is_held_by_person {
        choices.push((Msg::ManageFound, ManageAction::Go(ManageNav::Found)));
    } else if !is_held {
        choices.push((Msg::ManageLost, ManageAction::Go(ManageNav::Lost)));
    }
    // The last one goes with two-step verification itself, by its own button.
    if is_one_of_several {
        choices.push((Msg::ManageRemove, ManageAction::Go(ManageNav::Remove)));
    }
    choices
}

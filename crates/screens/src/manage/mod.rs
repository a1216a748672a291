//! What a person has, and everything that can be done about it.

mod action;
mod adding;
mod keys;
mod lists;
mod method;
mod overview;
mod proof;
mod questions;
mod refusal;
#[cfg(test)]
mod tests;

pub use action::ManageAction;
pub use keys::{ManageKey, OwnKey};

use nidan_flow::{
    EndReason, Event, Listed, Manage, ManageNav, ManageStep, Managing, Question, RequestError,
};
use nidan_protocol::ManagedMethod;

use crate::draft::Draft;
use crate::login::step_scope;
use crate::messages::Msg;
use crate::methods::way;
use crate::{Arg, Content, FocusScope, Input, Screen, Shows, View, Words};

impl Shows for Manage {
    type Key = ManageKey;
    type Action = ManageAction;
    type Special<'a> = std::convert::Infallible;

    const FOCUSES_AT_ONCE: bool = false;
    const REMEMBERS_PLAIN_WORDS: bool = false;

    fn screen<'a>(&'a self, view: View<'a>) -> Screen<'a, Self> {
        let mut screen = Draft::new(scope(self), view);
        match self {
            Self::Loading => screen.own_text(OwnKey::Busy, Msg::CommonLoading),
            Self::Completed => screen.own_text(OwnKey::Busy, Msg::CompletedTitle),
            Self::Unavailable(trouble) => screen.unavailable(*trouble),
            Self::Active(managing) => screen.managing(managing),
            Self::Ended(reason) => screen.ended(*reason),
        }
        if let (Some(url), false) = (view.support_url, matches!(self, Self::Loading)) {
            screen.own_group(OwnKey::Support);
            let label = Words::of(Msg::CommonSupport);
            screen.own(OwnKey::SupportLink, Content::Link { label, url });
        }
        screen.screen
    }

    fn event(action: ManageAction, index: u8, input: Input) -> Event<Managing> {
        action.event(index, input)
    }
}

/// What hosts hear of the step, and within what the focus stays where it is.
fn scope(manage: &Manage) -> Option<FocusScope> {
    let at = |name, place: usize| FocusScope {
        method: Some(place),
        ..FocusScope::named(name)
    };
    Some(match manage {
        Manage::Loading => return None,
        Manage::Unavailable(_) => FocusScope::named("unavailable"),
        Manage::Ended(reason) => FocusScope::named(reason.name()),
        Manage::Completed => FocusScope::named("completed"),
        Manage::Active(managing) => match &managing.step {
            ManageStep::Proving(proving) => step_scope(&proving.signing),
            ManageStep::Overview => FocusScope::named("overview"),
            ManageStep::Method(place) => at("method-detail", *place),
            ManageStep::Naming { place, .. } => at("name", *place),
            ManageStep::Asking(Question::Remove(place) | Question::Stays(place)) => {
                at("remove", *place)
            }
            ManageStep::Asking(Question::Lost(place)) => at("take-out", *place),
            ManageStep::Asking(Question::TurnOff) => FocusScope::named("turn-off"),
            ManageStep::Asking(Question::Replace(place)) => at("replace", *place),
            ManageStep::Asking(Question::Codes) => FocusScope::named("new-codes"),
            ManageStep::Kinds => FocusScope::named("add"),
            ManageStep::List(Listed::Lost) => FocusScope::named("which-lost"),
            ManageStep::List(Listed::Check) => FocusScope::named("check-up"),
            ManageStep::Adding(_) => FocusScope::named("adding"),
            ManageStep::PauseReason => FocusScope::named("pause"),
            ManageStep::PauseHours(_) => FocusScope::named("pause-length"),
            ManageStep::Browsers(_) => FocusScope::named("browsers"),
            ManageStep::Record(_) => FocusScope::named("record"),
        },
    })
}

impl<'a> Draft<'a, Manage> {
    fn managing(&mut self, managing: &'a Managing) {
        self.screen.is_aside = !matches!(managing.step, ManageStep::Overview);
        match &managing.step {
            ManageStep::Proving(proving) => self.proof(managing, proving),
            ManageStep::Overview => self.overview(managing),
            ManageStep::Method(place) => self.method(managing, *place),
            ManageStep::Naming { typed, .. } => self.naming(managing, typed),
            ManageStep::Asking(question) => self.asking(managing, *question),
            ManageStep::Kinds => self.kinds(managing),
            ManageStep::List(listed) => self.listed(managing, *listed),
            ManageStep::Adding(_) => self.adding(),
            ManageStep::PauseReason => self.pause_reason(),
            ManageStep::PauseHours(_) => self.pause_hours(managing),
            ManageStep::Browsers(list) => self.browsers(managing, list.as_deref()),
            ManageStep::Record(record) => self.record(managing, record.as_deref()),
        }
        // Where the pressed button does not say it itself.
        let says_it = matches!(
            managing.step,
            ManageStep::Naming { .. } | ManageStep::Asking(_)
        );
        if managing.waits() && !says_it {
            self.own_text(OwnKey::Waits, Msg::CommonLoading);
        }
    }

    /// The screen and its heading, what was done, and what was not.
    fn begin(&mut self, managing: &'a Managing, title: Msg) {
        self.title(title);
        self.done(managing);
        self.refusal(managing);
    }

    fn title(&mut self, msg: Msg) {
        self.own_group(OwnKey::Screen);
        self.heading(ManageKey::Own(OwnKey::Title), msg);
    }

    fn back(&mut self) {
        self.own_button(
            OwnKey::Back,
            Msg::CommonBack,
            ManageAction::Go(ManageNav::Back),
        );
    }

    /// The service could not be asked.
    fn unavailable(&mut self, trouble: RequestError) {
        let (title, words) = match trouble {
            RequestError::Unreachable => (Msg::TroubleTitle, Msg::TroubleUnreachable),
            RequestError::Refused(_) => (Msg::TroubleServerTitle, Msg::TroubleServer),
        };
        self.title(title);
        self.own_text(OwnKey::Trouble, words);
        self.again(Msg::CommonRetry);
    }

    /// Over without a result: why, and the way on.
    fn ended(&mut self, reason: EndReason) {
        let (title, words, again) = match reason {
            EndReason::Expired => (
                Msg::ManageExpiredTitle,
                Msg::ManageExpired,
                Msg::ManageAgain,
            ),
            EndReason::TriesSpent => (Msg::LoginSpentTitle, Msg::ManageSpent, Msg::ManageAgain),
            EndReason::Reported => (Msg::ReportedTitle, Msg::ManageStopped, Msg::ManageAgain),
            EndReason::Superseded | EndReason::OnPhone | EndReason::AlreadyOn => (
                Msg::ManageElsewhereTitle,
                Msg::ManageElsewhere,
                Msg::ManageAgain,
            ),
            EndReason::Misconfigured => (
                Msg::EndedMisconfiguredTitle,
                Msg::EndedMisconfigured,
                Msg::CommonRetry,
            ),
        };
        self.title(title);
        self.own_text(OwnKey::Lead, words);
        self.again(again);
    }

    fn again(&mut self, words: Msg) {
        self.own_group(OwnKey::Actions);
        self.own_button(OwnKey::Main, words, ManageAction::Again);
    }
}

/// What a method is called: its kind, and the end of its number.
fn named(method: &ManagedMethod) -> Words<'_> {
    let hint = Arg::Text("hint", method.hint.as_deref().unwrap_or_default());
    Words::Message(way(method.kind), [hint, Arg::None])
}

/// A button says so while its answer is awaited.
fn unless_waiting(managing: &Managing, label: Msg) -> Msg {
    if managing.waits() {
        Msg::CommonLoading
    } else {
        label
    }
}

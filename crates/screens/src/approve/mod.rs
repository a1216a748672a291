//! Approving a login elsewhere, in a browser that is trusted: who asks, and then the code.

mod action;
#[cfg(test)]
mod tests;

pub use action::ApproveAction;

use nidan_flow::{
    Approve, ApproveStep, Approving, EndReason, Event, Now, RequestError, RequestState, SeenLogin,
};
use nidan_otp::UnixSeconds;
use nidan_protocol::{ApprovalState, ShownCode, WaitingLogin};

use crate::draft::Draft;
use crate::login::LoginKey;
use crate::messages::Msg;
use crate::{Arg, Content, FocusScope, Input, Screen, Shows, View, Words};

impl Shows for Approve {
    type Key = LoginKey;
    type Action = ApproveAction;
    type Special<'a> = std::convert::Infallible;

    // It stands on a page that people have open for something else.
    const FOCUSES_AT_ONCE: bool = false;
    const REMEMBERS_PLAIN_WORDS: bool = false;

    fn screen<'a>(&'a self, view: View<'a>) -> Screen<'a, Self> {
        let mut screen = Draft::new(scope(self, view.now), view);
        match self {
            Self::Loading | Self::Completed => screen.text(LoginKey::Busy, Msg::CommonLoading),
            Self::Active(approving) => screen.approving(approving),
            Self::Unavailable(trouble) => screen.unavailable(*trouble, ApproveAction::Again),
            Self::Ended(reason) => screen.ended(*reason),
        }
        if let (Some(url), false) = (view.support_url, matches!(self, Self::Loading)) {
            screen.group(LoginKey::Support);
            let label = Words::of(Msg::CommonSupport);
            screen.add(LoginKey::SupportLink, Content::Link { label, url });
        }
        screen.screen
    }

    fn event(action: ApproveAction, index: u8, _input: Input) -> Event<Approving> {
        action.event(index)
    }
}

/// What hosts hear of the step, and within what the focus stays where it is.
fn scope(approve: &Approve, now: Now) -> Option<FocusScope> {
    Some(FocusScope::named(match approve {
        Approve::Loading => return None,
        Approve::Unavailable(_) => "unavailable",
        Approve::Ended(reason) => reason.name(),
        Approve::Completed => "completed",
        Approve::Active(approving) => match &approving.step {
            ApproveStep::Logins if approving.logins.is_none() => return None,
            ApproveStep::Logins if !approving.has_waiting(now) => "none",
            ApproveStep::Logins => "waiting",
            ApproveStep::Code { place, .. } => match state_of(approving, *place, now) {
                Some(ApprovalState::Waiting | ApprovalState::Shown) => "code",
                Some(ApprovalState::Answered) => "answered",
                None => "over",
            },
            ApproveStep::Report => "report",
            ApproveStep::Reported(_) => EndReason::Reported.name(),
        },
    }))
}

/// What has become of the login at a place; [`None`] where it is over.
fn state_of(approving: &Approving, place: usize, now: Now) -> Option<ApprovalState> {
    approving.seen().get(place)?.state(now)
}

/// When and where somebody asks.
fn who(login: &WaitingLogin) -> Words<'_> {
    let unknown = Arg::Message("place", Msg::ReportedUnknown);
    let place = login.client_description.as_deref();
    let place = place.map_or(unknown, |place| Arg::Text("place", place));
    let at = Arg::Date("date", UnixSeconds(login.asked_at));
    Words::Message(Msg::ReportedLogin, [at, place])
}

impl<'a> Draft<'a, Approve> {
    fn approving(&mut self, approving: &'a Approving) {
        match &approving.step {
            ApproveStep::Logins => self.logins(approving),
            ApproveStep::Code { place, code } => match approving.seen().get(*place) {
                Some(seen) => self.login(approving, seen, code.as_ref()),
                None => self.logins(approving),
            },
            ApproveStep::Report => self.ask_about_report(approving),
            ApproveStep::Reported(reported) => self.reported(reported, ApproveAction::Again),
        }
    }

    /// The logins that wait, each with a button of its own.
    fn logins(&mut self, approving: &'a Approving) {
        if approving.logins.is_none() {
            return self.text(LoginKey::Busy, Msg::CommonLoading);
        }
        let now = self.view.now;
        let waits = |(_, seen): &(u8, &SeenLogin)| seen.waits(now);
        let mut waiting = (0..=u8::MAX).zip(approving.seen()).filter(waits);
        let Some(first) = waiting.next() else {
            self.title(Msg::ApproveTitle);
            return self.text(LoginKey::Lead, Msg::ApproveNone);
        };
        let rest: Vec<_> = waiting.collect();
        self.title(Msg::ApproveQuestion);
        if rest.is_empty() {
            self.words(LoginKey::Lead, who(&first.1.login));
        }
        self.text(LoginKey::Warning, Msg::ApproveOnly);
        self.group(LoginKey::Ways);
        let is_alone = rest.is_empty();
        for (index, seen) in std::iter::once(first).chain(rest) {
            let button = Content::Button {
                label: Words::None,
                is_disabled: false,
                action: ApproveAction::Show,
            };
            self.add_nth(LoginKey::Way, index, button);
            let me = Content::Text(Words::of(Msg::ApproveMe));
            self.add_nth(LoginKey::WayWords, index, me);
            if !is_alone {
                let who = Content::Text(who(&seen.login));
                self.add_nth(LoginKey::WayName, index, who);
            }
        }
        self.group(LoginKey::Actions);
        self.button(LoginKey::Again, Msg::ApproveNotMe, ApproveAction::Report);
    }

    /// The code of one of them, and what became of it.
    fn login(
        &mut self,
        approving: &'a Approving,
        seen: &'a SeenLogin,
        code: Option<&'a ShownCode>,
    ) {
        let state = seen.state(self.view.now);
        self.title(match (state, code) {
            (None, _) => Msg::ApproveOverTitle,
            (Some(ApprovalState::Answered), _) => Msg::ApproveDone,
            (Some(ApprovalState::Waiting | ApprovalState::Shown), None) => Msg::ApproveTitle,
            (Some(ApprovalState::Waiting | ApprovalState::Shown), Some(_)) => Msg::ApproveCodeTitle,
        });
        self.words(LoginKey::Account, who(&seen.login));
        match (state, code) {
            (None, _) => self.text(LoginKey::Lead, Msg::ApproveOver),
            (Some(ApprovalState::Answered), _) => {
                self.text(LoginKey::Lead, Msg::ApproveDoneLead);
            }
            (Some(_), None) => self.not_shown(approving),
            (Some(_), Some(code)) => {
                let issuer = Arg::Text("issuer", &approving.opening.issuer);
                self.message(LoginKey::Warning, Msg::ApproveSecret, issuer);
                self.group(LoginKey::Pressing);
                let until = Arg::Date("date", UnixSeconds(code.expires_at));
                self.message(LoginKey::PressLead, Msg::ApproveUntil, until);
                self.words(LoginKey::Digits, Words::Verbatim(&code.code));
            }
        }
        self.group(LoginKey::Actions);
        if let (
            Some(ApprovalState::Waiting | ApprovalState::Shown),
            None,
            RequestState::Refused(_),
        ) = (state, code, approving.asked)
        {
            self.button(LoginKey::Main, Msg::CommonRetry, ApproveAction::Send);
        }
        self.button(LoginKey::Again, Msg::ApproveNotMe, ApproveAction::Report);
        self.back();
    }

    fn not_shown(&mut self, approving: &Approving) {
        let trouble = trouble(approving);
        if trouble.message().is_none() {
            self.text(LoginKey::Lead, Msg::CommonLoading);
        }
        self.words(LoginKey::Refusal, trouble);
    }

    /// What it means, and the button that stops it.
    fn ask_about_report(&mut self, approving: &Approving) {
        let send = match approving.asked {
            RequestState::Waiting => Msg::CommonLoading,
            RequestState::Idle | RequestState::Refused(_) => Msg::ReportSend,
        };
        self.question_whether_to_report(trouble(approving), (send, ApproveAction::Send));
        self.back();
    }

    fn back(&mut self) {
        self.button(LoginKey::Back, Msg::CommonBack, ApproveAction::Back);
    }

    /// Over: why, and the way on.
    fn ended(&mut self, reason: EndReason) {
        let (title, words, again) = match reason {
            EndReason::Expired | EndReason::TriesSpent => (
                Msg::ManageExpiredTitle,
                Msg::ApproveExpired,
                Msg::ManageAgain,
            ),
            EndReason::Reported => (Msg::ReportedTitle, Msg::ManageStopped, Msg::ManageAgain),
            EndReason::Superseded | EndReason::OnPhone | EndReason::AlreadyOn => (
                Msg::ManageExpiredTitle,
                Msg::ApproveElsewhere,
                Msg::ManageAgain,
            ),
            EndReason::Misconfigured => (
                Msg::EndedMisconfiguredTitle,
                Msg::EndedMisconfigured,
                Msg::CommonRetry,
            ),
        };
        self.title(title);
        self.text(LoginKey::Lead, words);
        self.group(LoginKey::Actions);
        self.button(LoginKey::Main, again, ApproveAction::Again);
    }
}

/// Why the latest wish of the person is not done; nothing while nothing is wrong.
const fn trouble(approving: &Approving) -> Words<'static> {
    match approving.asked {
        RequestState::Refused(RequestError::Unreachable) => Words::of(Msg::PhoneUnreachable),
        RequestState::Refused(RequestError::Refused(_)) => Words::of(Msg::PhoneServer),
        RequestState::Idle | RequestState::Waiting => Words::None,
    }
}
